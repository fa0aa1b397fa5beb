"""What a sender is given."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecidedFile:
    """A file that may be sent: where it lies, what it is, how it is to be kept."""

    uid: str
    version: int
    stored_as: str
    media_type: str
    disposition: str
