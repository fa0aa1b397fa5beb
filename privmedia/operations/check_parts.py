"""What `privmedia check` says, part by part."""
from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One thing that was looked at. `problems` are sentences; empty: all is well. `notes` are worth knowing."""

    name: str
    looked_at: str
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
