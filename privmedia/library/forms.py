"""Forms of the library."""
from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from privmedia.library.service import LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_TITLE
from privmedia.web.forms import Form
from privmedia.web.i18n import _


class FolderForm(Form):
    name = StringField(_("Name"), [InputRequired(_("Give the folder a name.")), Length(max=LONGEST_NAME)])


class ItemForm(Form):
    title = StringField(_("Title"), [InputRequired(_("Give it a title.")), Length(max=LONGEST_TITLE)])
    description = TextAreaField(_("Description"), [Length(max=LONGEST_DESCRIPTION)])
