"""The forms of asking and answering."""
from __future__ import annotations

from datetime import datetime, timedelta

from wtforms import DateField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.validators import Optional as MayBeEmpty

from privmedia.asking.answering import A_GROUP, THE_FOLDER, THE_PLACE, Given
from privmedia.asking.service import LONGEST_MESSAGE
from privmedia.errors import Invalid
from privmedia.library.rules import end_of
from privmedia.web.forms import Form
from privmedia.web.i18n import _

FOR_GOOD, UNTIL_A_DAY = "for-good", "day"
DAYS = ("7", "30")


class AskForm(Form):
    message = TextAreaField(_("Message"), [Length(max=LONGEST_MESSAGE, message=_("Say it in 500 characters."))])


class GiveForm(Form):
    """What is given, and until when."""

    how = RadioField(validate_choice=False, validators=[InputRequired(_("Choose an answer."))])
    end = SelectField(
        _("Until"),
        default="7",
        choices=[
            SelectChoice("7", _("for 7 days")),
            SelectChoice("30", _("for 30 days")),
            SelectChoice(UNTIL_A_DAY, _("until a day…")),
            SelectChoice(FOR_GOOD, _("without an end")),
        ],
    )
    day = DateField(_("Last day"), [MayBeEmpty()])

    def given(self, now: datetime) -> Given:
        """What the manager chose. Raises Invalid for what the page did not offer, and for days that are over."""
        how, _colon, group = (self.how.data or "").partition(":")
        if how == A_GROUP:
            return Given(how, group)
        if how not in (THE_PLACE, THE_FOLDER):
            raise Invalid(_("Choose an answer."), "how")
        return Given(how, until=self._until(now))

    def _until(self, now: datetime) -> datetime | None:
        if self.end.data in DAYS:
            return end_of((now + timedelta(days=int(self.end.data))).date())
        if self.end.data == FOR_GOOD:
            return None
        if self.day.data is None:
            raise Invalid(_("Choose the last day."), "day")
        until = end_of(self.day.data)
        if until <= now:
            raise Invalid(_("That day is over."), "day")
        return until


class RefuseForm(Form):
    reason = StringField(
        _("Why not? One sentence; they get it by mail."),
        [
            InputRequired(_("Say in one sentence why.")),
            Length(max=LONGEST_MESSAGE, message=_("Say it in 500 characters.")),
        ],
    )
