"""What of the notices one wants to get by mail."""
from __future__ import annotations

from wtforms import BooleanField

from privmedia.web.forms import Form
from privmedia.web.i18n import _


class NoticesForm(Form):
    new = BooleanField(_("Something new is ready in a folder you follow"), description=_("Once a day at most."))
    failed = BooleanField(_("A file you sent cannot be played"))
    ready = BooleanField(
        _("A file you sent is ready"), description=_("If it took longer than 10 minutes, or you had left.")
    )
