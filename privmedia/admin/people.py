"""People that administrators type: by address, or by a name that fits only one."""
from __future__ import annotations

from collections.abc import Sequence

from pyramid.request import Request

from privmedia.access.directory import Directory, Named
from privmedia.access.principals import id_of
from privmedia.accounts.addresses import normal_email
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.errors import Invalid
from privmedia.text import Sentence
from privmedia.text import mark as _

NOBODY = _("Nobody here is called “${typed}”, or has that address.")
SEVERAL = _("Several people fit: ${names}. Type the address.")

NAMED = 4
"""How many a sentence names when several fit."""


def people_meant(request: Request, typed: str) -> Sequence[Named]:
    """Whom a line means: one person, or all it may mean; empty for nobody. Groups are no people."""
    found = request.read(Directory).meant(typed, request.identity)
    return [each for each in found if each.is_person]


def one_person(request: Request, typed: str, *, field: str) -> User:
    """The one whom a line means. Raises Invalid, for the form's field, for nobody and for several."""
    accounts = request.read(Accounts)
    if accounts.known_emails({normal_email(typed)}):
        exactly: User = accounts.user_by_email(typed)
        if exactly.disabled_at is None:
            return exactly
    found = people_meant(request, typed)
    if not found:
        raise Invalid(Sentence(NOBODY, {"typed": typed}), field)
    if len(found) > 1:
        names = ", ".join(f"{each.name} ({each.email})" for each in found[:NAMED])
        raise Invalid(Sentence(SEVERAL, {"names": names}), field)
    user_id = id_of(found[0].principal)
    user: User = accounts.user_by_number(user_id or 0)
    return user
