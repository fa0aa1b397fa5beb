"""One decision: what one caller may do at one place, worked out from what the rules give."""
from __future__ import annotations

from dataclasses import dataclass

from privmedia.access.permissions import ALL, DENIED, NOTHING, Permission

UPLOADERS_OWN = Permission.VIEW | Permission.EDIT
"""What people may do with what they added themselves, as long as they may still add there."""


_ALL_BITS = int(ALL)  # arithmetic with flags is slow, and the gate does it for each file


@dataclass(frozen=True)
class Decision:
    """What the rules along the chain give one caller, and what follows from who he is to the place."""

    allow: Permission = NOTHING
    """The union of the Allow rules that count, before anything below is looked at."""
    denied: bool = False
    admin: bool = False
    own: bool = False
    """The item is the caller's own upload."""
    shown: bool = True
    """The item has something to view; folders always have."""

    @classmethod
    def of_bits(cls, bits: int, *, admin: bool = False, own: bool = False, shown: bool = True) -> Decision:
        """From the number that the statements of `privmedia.access.visible` answer."""
        return cls(Permission(bits & _ALL_BITS), bool(bits & DENIED), admin, own, shown)

    @property
    def rights(self) -> Permission:
        """The final answer for an item, or for a folder's rules as they stand."""
        if self.admin:
            return ALL
        if self.denied:
            return NOTHING
        rights = self.allow
        if self.own and Permission.UPLOAD in rights:
            rights |= UPLOADERS_OWN
        if not (self.shown or self.own or Permission.EDIT in rights):
            return NOTHING
        return rights

    @property
    def folder_rights(self) -> Permission:
        """The final answer for a folder's page: who may only add files there sees the folder as well."""
        rights = self.rights
        return rights | Permission.VIEW if Permission.UPLOAD in rights else rights

    @property
    def drop_box(self) -> bool:
        """Whether the caller may add here, and sees only what he added."""
        return Permission.UPLOAD in self.rights and Permission.VIEW not in self.rights


NOBODY = Decision()
