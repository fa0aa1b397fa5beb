"""The form of a file request."""
from __future__ import annotations

from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as MayBeEmpty

from privmedia.errors import Invalid
from privmedia.quotas.sizes import read_quota
from privmedia.sharing.forms import A_NUMBER, LinkForm
from privmedia.sharing.service import LONG_TEXT, LONGEST_NAME, LONGEST_TEXT, MOST_FILES
from privmedia.web.i18n import _

USUAL_SIZE = "10 GB"
NO_SIZE = _("Write a size such as 500 MB or 10 GB, or nothing.")


class RequestForm(LinkForm):
    """Links by which files are sent."""

    name = StringField(
        _("What do you ask for?"),
        [
            InputRequired(_("Say what you ask for: the senders read it.")),
            Length(max=LONGEST_NAME, message=_("A name may have 120 characters.")),
        ],
    )
    text = TextAreaField(_("Text for the senders"), [Length(max=LONGEST_TEXT, message=LONG_TEXT)])
    most_bytes = StringField(_("Together at most"))
    most_files = IntegerField(_("Files at most"), [MayBeEmpty(), NumberRange(1, MOST_FILES, message=A_NUMBER)])

    def bytes_together(self) -> int | None:
        """The size as a number of bytes; None for no limit. Raises Invalid."""
        typed = (self["most_bytes"].data or "").strip()
        try:
            return read_quota(typed) if typed else None
        except Invalid:
            raise Invalid(NO_SIZE, "most_bytes") from None
