"""Forms of the library."""
from __future__ import annotations

from collections.abc import Sequence

from wtforms import Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from privmedia.library.service import LONGEST_ALT, LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_TITLE
from privmedia.library.tags import split_tags
from privmedia.web.forms import Form
from privmedia.web.i18n import _


class TagsField(Field):
    """Tags as any number of fields of one name, each with one tag or several with commas between; `data` is a list."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = split_tags(valuelist)


class FolderForm(Form):
    name = StringField(_("Name"), [InputRequired(_("Give the folder a name.")), Length(max=LONGEST_NAME)])


class TagsForm(Form):
    tags = TagsField(_("Tags"), default=list)


class ItemForm(Form):
    title = StringField(_("Title"), [InputRequired(_("Give it a title.")), Length(max=LONGEST_TITLE)])
    alt = StringField(_("What the picture shows"), [Length(max=LONGEST_ALT)])
    description = TextAreaField(_("Description"), [Length(max=LONGEST_DESCRIPTION)])
    tags = TagsField(_("Tags"), default=list)
