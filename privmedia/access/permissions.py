"""The five permissions, as bits, and what each implies."""
from __future__ import annotations

from enum import IntFlag


class Permission(IntFlag):
    """What a rule may allow. Alphabetical would hide the order people think in, so: from least to most."""

    VIEW = 1
    """See that it exists, open its page, watch, read, look at it."""
    DOWNLOAD = 2
    """Fetch the original file."""
    UPLOAD = 4
    """Add files. Alone it is a drop box: one sees the folder and what one added oneself."""
    EDIT = 8
    """Change titles, texts, captions; replace, move and delete."""
    MANAGE = 16
    """Everything, and change the rules."""

    @property
    def word(self) -> str:
        """The permission's name as people read it: `View`."""
        return (self.name or "").capitalize()


NOTHING = Permission(0)
ALL = Permission.VIEW | Permission.DOWNLOAD | Permission.UPLOAD | Permission.EDIT | Permission.MANAGE
# The bit that stands for "denied" beside the permissions when both travel in one number.
DENIED = 32


def closed(permissions: Permission) -> Permission:
    """The permissions with all they imply: Download and Edit bring View, Manage brings everything."""
    if permissions & Permission.MANAGE:
        return ALL
    if permissions & (Permission.DOWNLOAD | Permission.EDIT):
        return permissions | Permission.VIEW
    return permissions
