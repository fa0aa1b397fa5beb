"""A decision as Pyramid's `__acl__`: what the security policy reads from every context."""
from __future__ import annotations

from typing import Protocol

from pyramid.authorization import ALL_PERMISSIONS, DENY_ALL, Allow, Deny

from privmedia.access.permissions import ALL, NOTHING, Permission
from privmedia.web.rights import Right

RIGHTS = {
    Permission.VIEW: Right.VIEW,
    Permission.DOWNLOAD: Right.DOWNLOAD,
    Permission.UPLOAD: Right.UPLOAD,
    Permission.EDIT: Right.EDIT,
    Permission.MANAGE: Right.MANAGE,
}
# Looked up by number: the gate needs one of them for each file.
_GIVEN = [
    [right for permission, right in RIGHTS.items() if permission.value & bits] for bits in range(ALL.value + 1)
]
Entry = tuple[str, str, object]


class OneCaller(Protocol):
    """Whom a context was loaded for."""

    @property
    def principal(self) -> str:
        """What means this caller and nobody else."""


def acl_of(rights: Permission, identity: OneCaller | None) -> list[Entry]:
    """The rules of a context for the one caller it was loaded for, from the final answer of his `Decision`."""
    if identity is None:
        return [DENY_ALL]
    me = identity.principal
    if rights == NOTHING:
        return [(Deny, me, ALL_PERMISSIONS), DENY_ALL]
    if rights == ALL:
        return [(Allow, me, ALL_PERMISSIONS), DENY_ALL]
    return [(Allow, me, _GIVEN[rights.value]), DENY_ALL]
