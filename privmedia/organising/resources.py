"""A deletion as it exists for the caller. No `__acl__`: the factory decides."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from privmedia.accounts.identity import Identity
from privmedia.library.models import Deletion
from privmedia.organising.bin import Bin


@dataclass(frozen=True)
class DeletionContext:
    """Something in the bin, and the caller it exists for."""

    deletion: Deletion
    identity: Identity


def deletion_of(request: Request) -> DeletionContext:
    """The deletion of `/bin/<deletion>`. Raises NotFound for those who do not see it in the bin."""
    identity: Identity | None = request.identity
    if identity is None:
        raise HTTPNotFound
    return DeletionContext(request.read(Bin).find(request.matchdict["deletion"], identity), identity)
