"""The person a page is about. No `__acl__`: the policy lets administrators in by who they are."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.admin.door import for_administrators


@dataclass
class PersonContext:
    user: User


def person_of(request: Request) -> PersonContext:
    """Root factory of `/admin/users/<user>`. Raises NotFound."""
    for_administrators(request)
    return PersonContext(request.read(Accounts).user(request.matchdict["user"]))
