"""A zip as it exists for who asked for it: for nobody else, administrators included."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from privmedia.access.permissions import Permission
from privmedia.access.resources import acl_of
from privmedia.accounts.identity import Identity
from privmedia.zips.models import Zip
from privmedia.zips.service import Zips


@dataclass(frozen=True)
class ZipContext:
    """A zip and the one it is for."""

    zip: Zip
    identity: Identity

    @property
    def __acl__(self) -> list[Any]:
        return acl_of(Permission.DOWNLOAD | Permission.VIEW, self.identity)


def zip_of(request: Request) -> ZipContext:
    """The zip of `/zip/<zip>`. Raises NotFound for everybody else, and when it is over."""
    identity: Identity | None = request.identity
    if identity is None:
        raise HTTPNotFound
    return ZipContext(request.read(Zips).find(request.matchdict["zip"], identity), identity)
