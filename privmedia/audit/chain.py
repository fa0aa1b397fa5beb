"""Verifying the audit log: every seal against the one before, and its lines against the seal."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.audit.models import Event, Seal, Stretch
from privmedia.audit.seals import LEAST_KEPT, LINE, hash_of_lines, hash_of_seal
from privmedia.db import reading
from privmedia.installation import Installation

UNSEALED_FOR = timedelta(minutes=10)
"""A worker seals every few seconds; lines that wait longer mean that none runs."""

Pair = tuple[int, int]


class Chain:
    """The seals of an installation and what they cover. It only reads."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def problems(self) -> list[str]:
        """What is not as it was sealed, a sentence each, the oldest first; empty when all is well."""
        return list(self._found())

    def newest(self) -> str:
        """The newest seal in words: note it elsewhere, and it proves everything before."""
        with reading(self._installation.sessions) as session:
            seal = session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))
        return "no seal yet" if seal is None else f"seal {seal.number}, {seal.hash}"

    def _found(self) -> Iterator[str]:
        with reading(self._installation.sessions) as session:
            covered: dict[int, list[Pair]] = defaultdict(list)
            for first, last, number in session.execute(
                select(Stretch.first_id, Stretch.last_id, Stretch.seal_number).order_by(Stretch.first_id)
            ):
                covered[number].append((first, last))
            before, expected = "", 1
            for seal in session.scalars(select(Seal).order_by(Seal.number)):
                while expected < seal.number:
                    yield f"Seal {expected} is missing from the audit log."
                    expected += 1
                if hash_of_seal(seal, covered[seal.number], before) != seal.hash:
                    yield f"Seal {seal.number} of the audit log, or the one before it, was changed."
                elif seal.dropped_at is None:
                    yield from self._lines_of(session, seal, covered[seal.number])
                elif seal.dropped_at < seal.newest_at + LEAST_KEPT:
                    yield (
                        f"The lines of seal {seal.number} of the audit log were dropped "
                        f"before they were {LEAST_KEPT.days} days old."
                    )
                elif any(self._are_there(session, *stretch) for stretch in covered[seal.number]):
                    yield (
                        f"Lines of seal {seal.number} of the audit log are there, although it says they were dropped."
                    )
                before, expected = seal.hash, seal.number + 1
            yield from self._unsealed(session)

    @staticmethod
    def _are_there(session: Session, first: int, last: int) -> bool:
        return session.scalar(select(Event.id).where(Event.id.between(first, last)).limit(1)) is not None

    def _lines_of(self, session: Session, seal: Seal, stretches: list[Pair]) -> Iterator[str]:
        rows = [
            row
            for first, last in stretches
            for row in session.execute(select(*LINE).where(Event.id.between(first, last)).order_by(Event.id))
        ]
        if hash_of_lines(rows) == seal.lines_hash:
            return
        there = {row.id for row in rows}
        missing = [number for first, last in stretches for number in range(first, last + 1) if number not in there]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            yield f"Line {missing[0]}{more} of the audit log is gone, which seal {seal.number} covers."
        else:
            span = f"{stretches[0][0]} to {stretches[-1][1]}"
            yield f"Something was changed in lines {span} of the audit log, which seal {seal.number} covers."

    def _unsealed(self, session: Session) -> Iterator[str]:
        now = self._installation.clock()
        under = (
            select(Stretch.last_id)
            .where(Stretch.first_id <= Event.id)
            .order_by(Stretch.first_id.desc())
            .limit(1)
            .correlate(Event)
            .scalar_subquery()
        )
        waiting = func.coalesce(under, 0) < Event.id
        count, oldest = session.execute(select(func.count(Event.id), func.min(Event.at)).where(waiting)).one()
        if count and now - oldest > UNSEALED_FOR:
            minutes = int((now - oldest).total_seconds() // 60)
            lines = "1 line" if count == 1 else f"{count} lines"
            has = "has" if count == 1 else "have"
            yield f"{lines} of the audit log {has} no seal, the oldest for {minutes} minutes: no worker runs."
