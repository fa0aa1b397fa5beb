"""Where people stopped: noted while they watch, shown on cards, offered when they come back, cleared by themselves."""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.playback.models import Playback
from privmedia.playback.times import LONGEST
from privmedia.text import mark as _

BEGUN = 5.0
"""Seconds after which there is something to continue."""
ENDED = 0.97
"""The share from which on it counts as watched to the end: titles roll there."""
KEPT = 1000
"""Items each person's history holds; the oldest make room."""
NO_TIME = _("That is no time in this item.")


@dataclass(frozen=True)
class Shown:
    """The version of an item that is shown: its number, and its length in seconds if that is known."""

    version: int
    duration: float | None

    def length_for(self, noted: Playback) -> float | None:
        """The length that a noted place is measured by; None for a place that this version does not reach."""
        if noted.version == self.version:
            return noted.duration
        return self.duration if self.duration is not None and noted.position <= self.duration else None


class Playbacks:
    """Where one person stopped. Rights are the caller's business."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._clock = installation.clock

    def note(self, *, user_id: int, item_id: int, version: int, position: float, duration: float) -> None:
        """Remember where somebody is, in seconds. Raises Invalid for what is no time."""
        if not (math.isfinite(position) and math.isfinite(duration) and 0 < duration <= LONGEST):
            raise Invalid(NO_TIME)
        if not 0 <= position <= duration + 1:
            raise Invalid(NO_TIME)
        values = {
            "version": version,
            "position": min(position, duration),
            "duration": duration,
            "updated_at": self._clock(),
        }
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        noted: Any = insert(Playback).values(user_id=user_id, item_id=item_id, **values)
        self._session.execute(noted.on_conflict_do_update(index_elements=["user_id", "item_id"], set_=values))
        self._forget_the_oldest(user_id)

    def position(self, *, user_id: int, item_id: int, shown: Shown) -> float | None:
        """Where to continue, in seconds; None at the beginning, after the end, and beyond that of another version."""
        found = self._session.get(Playback, (user_id, item_id))
        length = shown.length_for(found) if found is not None else None
        if found is None or length is None or found.position < BEGUN:
            return None
        return None if found.position >= ENDED * length else found.position

    def shares(self, user_id: int, shown: Mapping[int, Shown]) -> dict[int, int]:
        """How much of each of some items is watched, in percent; 100 near the end, nothing for what is not begun.

        `shown` is which version of each is shown.
        """
        rows = self._session.scalars(
            select(Playback).where(Playback.user_id == user_id, Playback.item_id.in_(shown))
        )
        lengths = [(row, length) for row in rows if (length := shown[row.item_id].length_for(row)) is not None]
        return {
            row.item_id: 100 if row.position >= ENDED * length else max(1, int(100 * row.position / length))
            for row, length in lengths
            if row.position >= BEGUN or row.position >= ENDED * length
        }

    def watched(self, user_id: int) -> list[int]:
        """Numbers of the items somebody has watched, the last one first."""
        return list(
            self._session.scalars(
                select(Playback.item_id).where(Playback.user_id == user_id).order_by(Playback.updated_at.desc())
            )
        )

    def clear(self, user_id: int) -> int:
        """Forget all that somebody has watched; how many items it was."""
        gone = self._session.execute(
            delete(Playback).where(Playback.user_id == user_id).returning(Playback.item_id)
        ).all()
        return len(gone)

    def _forget_the_oldest(self, user_id: int) -> None:
        mine = Playback.user_id == user_id
        if (self._session.scalar(select(func.count()).where(mine)) or 0) <= KEPT:
            return
        newest = select(Playback.item_id).where(mine).order_by(Playback.updated_at.desc()).limit(KEPT).subquery()
        self._session.execute(delete(Playback).where(mine, Playback.item_id.not_in(select(newest.c.item_id))))
