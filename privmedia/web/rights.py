"""What a view may ask of the caller, and what a caller who came in by a token, or only looks, may be given."""
from __future__ import annotations

from enum import StrEnum

from privmedia.scopes import Scope


class Right(StrEnum):
    """Alphabetical. The five of a rule are decided by the context's `__acl__`, the others by who asks and how."""

    ACCOUNT = "account"
    """Look after one's own account and its keys: by a browser one signed in with oneself, never by a token."""
    ADD = "add"
    """Send files to a folder that is named in what is sent; the view decides with it."""
    ADMINISTER = "administer"
    """Be an administrator. The default of every view that does not say."""
    DOWNLOAD = "download"
    """Fetch the original file."""
    EDIT = "edit"
    """Change titles and texts, replace, move, delete; make folders below."""
    LEAVE = "leave"
    """Sign out, or stop seeing the library as somebody else."""
    MANAGE = "manage"
    """Change the rules."""
    SIGNED_IN = "signed-in"
    """Be signed in, whoever it is."""
    UPLOAD = "upload"
    """Add files."""
    VIEW = "view"
    """See that it exists."""


# For whoever is signed in, whatever the context.
OF_ANYBODY = frozenset({Right.ACCOUNT, Right.ADD, Right.LEAVE, Right.SIGNED_IN})
# What a token needs for a request that changes something, and for one that only reads. What is not here, no token may.
SCOPE_TO_CHANGE = {
    Right.ADD: Scope.UPLOAD,
    Right.UPLOAD: Scope.UPLOAD,
    Right.EDIT: Scope.EDIT,
    Right.MANAGE: Scope.MANAGE,
}
SCOPE_TO_READ = {
    Right.ADD: Scope.UPLOAD,
    Right.DOWNLOAD: Scope.READ,
    Right.EDIT: Scope.EDIT,
    Right.MANAGE: Scope.MANAGE,
    Right.SIGNED_IN: Scope.READ,
    Right.UPLOAD: Scope.UPLOAD,
    Right.VIEW: Scope.READ,
}
# Who sees the library as somebody else only looks.
NOT_WHILE_LOOKING = frozenset({Right.ACCOUNT, Right.ADD, Right.ADMINISTER, Right.DOWNLOAD})
