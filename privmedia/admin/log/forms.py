"""What the audit log is filtered by."""
from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from pyramid.request import Request
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional, ValidationError

from privmedia.admin.log.kinds import TOPICS, Topic
from privmedia.admin.log.service import Wanted
from privmedia.text import clean_line
from privmedia.web.forms import Form
from privmedia.web.i18n import _

LONGEST = 100
NO_DAY = _("That is no day. Write it as 2026-11-23.")
TOO_LONG = _("That is too long.")
LAST_YEAR = 9000
CHOICES = [SelectChoice("", _("Anything")), *(SelectChoice(str(topic), _(name)) for topic, name in TOPICS.items())]
OUTCOMES = [
    SelectChoice("", _("Any")),
    SelectChoice("done", _("Done")),
    SelectChoice("refused", _("Refused or failed")),
]


class Day(DateField):
    """A day of the calendar, or empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(NO_DAY) from None


def in_the_calendar(form: Form, field: Day) -> None:
    """Validator: the last days that can be counted are of no use to anybody."""
    if field.data is not None and field.data.year > LAST_YEAR:
        raise ValidationError(NO_DAY)


class LogFilter(Form):
    who = StringField(_("Who"), [Length(max=LONGEST, message=TOO_LONG)])
    what = SelectField(_("Did what"), [Optional()], choices=CHOICES)
    to = StringField(_("To what"), [Length(max=LONGEST, message=TOO_LONG)])
    outcome = SelectField(_("Outcome"), [Optional()], choices=OUTCOMES)
    since = Day(_("From"), [Optional(), in_the_calendar])
    until = Day(_("To"), [Optional(), in_the_calendar])

    @classmethod
    def asked(cls, request: Request) -> LogFilter:
        """As the address says. What cannot be used is said at its field, and filters nothing."""
        form = cls(request.GET)
        form.validate()
        return form

    @property
    def wanted(self) -> Wanted:
        usable = {field.name: field.data for field in self if not field.errors and field.data}
        since, until = usable.get("since"), usable.get("until")
        return Wanted(
            who=clean_line(usable.get("who", "")),
            what=Topic(usable["what"]) if "what" in usable else None,
            to=clean_line(usable.get("to", "")),
            refused={"done": False, "refused": True}.get(usable.get("outcome", "")),
            since=datetime.combine(since, time.min, UTC) if since else None,
            until=datetime.combine(until, time.min, UTC) + timedelta(days=1) if until else None,
        )

    @property
    def query(self) -> dict[str, str]:
        """The filter as it stands in an address."""
        return {field.name: field.raw_data[0] for field in self if field.raw_data and field.raw_data[0]}
