"""Forms about groups."""
from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from privmedia.accounts.forms import NAME_NEEDED
from privmedia.web.forms import Form
from privmedia.web.i18n import _


class GroupForm(Form):
    name = StringField(_("Name"), [InputRequired(NAME_NEEDED)])


class PeopleForm(Form):
    people = TextAreaField(
        _("Add people"),
        [InputRequired(_("A name or an email address is needed."))],
        description=_("Names or email addresses, one in a line."),
    )
