"""What an API token may be used for, of what its person may do."""
from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """From least to most."""

    READ = "read"
    """List, view, download."""
    UPLOAD = "upload"
    """Add files."""
    EDIT = "edit"
    """Change titles and texts, replace, move, delete; make folders."""
    MANAGE = "manage"
    """Change the rules of folders and items."""
