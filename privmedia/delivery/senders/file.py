"""What a sender is given."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecidedFile:
    """A file that may be sent: where it lies, what it is, how it is to be kept, and whose limits count."""

    uid: str
    version: int
    stored_as: str
    media_type: str
    disposition: str
    person: int = 0
    """The number of the account that gets it; 0 for whoever came by a link, below it for a player that is open."""
    link: int = 0
    """The number of the share link by which somebody gets it; 0 for whoever has an account."""
