"""Forms about groups."""
from __future__ import annotations

from wtforms import StringField
from wtforms.validators import InputRequired

from privmedia.accounts.forms import NAME_NEEDED
from privmedia.web.forms import Form
from privmedia.web.i18n import _


class GroupForm(Form):
    name = StringField(_("Name"), [InputRequired(NAME_NEEDED)])
