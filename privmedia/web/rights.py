"""What a view may ask of the caller."""
from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """Alphabetical. The five of a rule are decided by the context's `__acl__`, the other two by who is signed in."""

    ADMINISTER = "administer"
    """Be an administrator. The default of every view that does not say."""
    DOWNLOAD = "download"
    """Fetch the original file."""
    EDIT = "edit"
    """Change titles and texts, replace, move, delete; make folders below."""
    MANAGE = "manage"
    """Change the rules."""
    SIGNED_IN = "signed-in"
    """Be signed in, whoever it is."""
    UPLOAD = "upload"
    """Add files."""
    VIEW = "view"
    """See that it exists."""
