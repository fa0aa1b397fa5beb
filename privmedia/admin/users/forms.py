"""Forms about people."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wtforms import BooleanField, EmailField, StringField, TextAreaField
from wtforms.validators import InputRequired

from privmedia.accounts.forms import EMAIL_NEEDED, NAME_NEEDED
from privmedia.web.forms import Form
from privmedia.web.i18n import _

NAMED_ADDRESS = re.compile(r'"?(?P<name>[^"<>]*?)"?\s*<\s*(?P<email>[^<>]*?)\s*>')


class RolesForm(Form):
    guest = BooleanField(
        _("Guest"), description=_("Sees only what is given to them or a group of theirs, not what everyone sees.")
    )
    admin = BooleanField(
        _("Administrator"), description=_("Sees everything and can change every setting. All of it is logged.")
    )


class ProfileForm(RolesForm):
    name = StringField(_("Name"), [InputRequired(NAME_NEEDED)])
    email = EmailField(_("Email, used to sign in"), [InputRequired(EMAIL_NEEDED)])


class InviteForm(RolesForm):
    people = TextAreaField(
        _("Whom"),
        [InputRequired(_("At least one email address is needed."))],
        description=_("One in a line: an email address, or a name and the address in angle brackets."),
    )


class HeirForm(Form):
    heir = StringField(
        _("Who takes over"),
        description=_("A name or an email address. Left empty, nobody does."),
    )


@dataclass(frozen=True)
class Line:
    """One person as typed: `ewa@example.org` or `Ewa Kowalska <ewa@example.org>`."""

    number: int
    name: str
    email: str


def lines_of(text: str) -> Sequence[Line]:
    """The people somebody typed, each line counted from 1; several addresses may stand in one, apart by `,` or `;`."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        parts = re.split(r"[;\t]" if "<" in line else r"[;,\s]", line)
        for part in filter(None, map(str.strip, parts)):
            named = NAMED_ADDRESS.fullmatch(part.strip(" ,"))
            found.append(Line(number, named["name"].strip(), named["email"]) if named else Line(number, "", part))
    return found
