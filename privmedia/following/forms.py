"""What of the notices one wants to get by mail."""
from __future__ import annotations

from wtforms import BooleanField

from privmedia.web.forms import Form
from privmedia.web.i18n import _


class NoticesForm(Form):
    # With ids of their own: the account page has a field called "new" already.
    new = BooleanField(
        _("Something new is ready in a folder you follow"), description=_("Once a day at most."), id="mail-new"
    )
    failed = BooleanField(_("A file you sent cannot be played"), id="mail-failed")
    ready = BooleanField(
        _("A file you sent is ready"),
        description=_("If it took longer than 10 minutes, or you had left."),
        id="mail-ready",
    )
    sent = BooleanField(
        _("Files were sent through a link of yours"), description=_("Once a day at most."), id="mail-sent"
    )
