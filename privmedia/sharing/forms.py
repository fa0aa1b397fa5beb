"""The forms of share links."""
from __future__ import annotations

from datetime import datetime, timedelta

from pyramid.request import Request
from wtforms import BooleanField, DateField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as MayBeEmpty

from privmedia.accounts import passwords
from privmedia.errors import Invalid
from privmedia.library.rules import end_of
from privmedia.sharing.service import LONG_NOTE, LONGEST_NAME, LONGEST_NOTE, MOST_VIEWINGS, NO_NAME, USUAL
from privmedia.text import Plural, Sentence
from privmedia.web.forms import Form
from privmedia.web.i18n import _

IN_DAYS = Plural("In ${count} day, ${day}", "In ${count} days, ${day}")
DAYS = (1, 7, 30, 90, 180, 365)
"""The times that are offered, as far as the settings allow them."""
A_NUMBER = _("Write a number of 1 or more, or nothing.")


class EndForm(Form):
    """Until when a link works: for some days from now, or through a day."""

    lasts = SelectField(_("Stops working"), validate_choice=False)
    until = DateField(_("or after the day"), [MayBeEmpty()])

    def offer(self, request: Request, now: datetime) -> None:
        """The times that the settings allow, in days and with the day they end."""
        longest = request.installation.settings.link_longest_days
        offered = [days for days in DAYS if days <= longest] or [longest]
        self["lasts"].choices = [(str(days), _in_days(request, days, now)) for days in offered]
        if self["lasts"].data is None:
            self["lasts"].data = str(min(USUAL.days, offered[-1]))

    def lasting(self, now: datetime) -> timedelta:
        """How long from now. Raises Invalid for what is no time."""
        if self["until"].data is not None:
            end = end_of(self["until"].data)
            if end <= now:
                raise Invalid(_("That day is over."), "until")
            return end - now
        days = self["lasts"].data or ""
        if days not in [str(offered) for offered, _label in self["lasts"].choices]:
            raise Invalid(_("Choose when the link stops working."), "lasts")
        return timedelta(days=int(days))


class LinkForm(EndForm):
    """What every new link is asked."""

    password = StringField(_("Password"))

    def password_hash(self, request: Request) -> str | None:
        """Of what was typed; None for nothing. Raises Invalid, and Unavailable while too many are being hashed."""
        password = (self["password"].data or "").strip()
        rounds = request.installation.settings.bcrypt_rounds
        return passwords.new_hash(password, rounds=rounds) if password else None


class ShareForm(LinkForm):
    name = StringField(
        _("What is this link for?"),
        [
            InputRequired(NO_NAME),
            Length(max=LONGEST_NAME, message=_("A name may have 120 characters.")),
        ],
    )
    download = BooleanField(_("Download the original"))
    most_viewings = IntegerField(
        _("Opened at most"), [MayBeEmpty(), NumberRange(1, MOST_VIEWINGS, message=A_NUMBER)]
    )
    note = StringField(_("Note"), [Length(max=LONGEST_NOTE, message=LONG_NOTE)])
    preview = BooleanField(_("Programs that preview links may show the title and the poster"))


def suggested_password() -> str:
    """Three groups of letters and digits: 60 random bits, short enough to be read out."""
    return "-".join(passwords.generated().split("-")[:3])


def _in_days(request: Request, days: int, now: datetime) -> str:
    day = (now + timedelta(days=days)).date()
    return str(request.localizer.translate(Sentence(IN_DAYS, {"count": days, "day": day})))
