"""Seals: a hash over a number of lines and the seal before. Whoever changes the past has to change all after it.

Triggers keep honest programs from changing a line. Whoever holds the database can go round them; a seal shows it. The
newest seal's hash goes into the worker's log each time: kept elsewhere, it proves the whole chain up to there.
"""
from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from privmedia.audit.models import Event, Seal, Stretch
from privmedia.audit.service import THE_PROGRAM, Audit
from privmedia.db import milliseconds, reading, writing
from privmedia.installation import Installation

log = logging.getLogger(__name__)

MOST_LINES = 2000
"""Of one seal; more lines get several."""
LATE = timedelta(days=1)
"""How long after its neighbours a line may still appear, because its transaction was open so long."""
LEAST_KEPT = timedelta(days=30)
"""Triggers refuse to drop what is younger, whatever the settings say."""
DROPPED_TOGETHER = 50
"""Seals whose lines are dropped in one transaction, so that it stays short."""

LINE = (
    Event.id,
    Event.at,
    Event.kind,
    Event.outcome,
    Event.actor_id,
    Event.actor,
    Event.target,
    Event.address,
    Event.through,
    Event.request_id,
    Event.detail,
)

# Between stretches, and after the last, there may be lines that no seal covers yet.
_OPEN_LINES = text(
    """
    SELECT events.id FROM (
        SELECT last_id AS after, lead(first_id) OVER (ORDER BY first_id) AS before
        FROM (SELECT first_id, last_id FROM audit_stretches WHERE first_id >= :floor
              UNION ALL SELECT :floor, :floor) AS known
    ) AS gaps
    JOIN events ON events.id > gaps.after AND events.id < coalesce(gaps.before, 9223372036854775807)
    WHERE coalesce(gaps.before, 9223372036854775807) - gaps.after > 1
    ORDER BY events.id LIMIT :most
    """
)


@dataclass(frozen=True)
class Made:
    """A seal that was just set."""

    number: int
    lines: int
    hash: str


def seal_lines(installation: Installation, *, most: int = MOST_LINES) -> Made | None:
    """Seal the oldest lines that no seal covers; None if there are none, or if another worker was faster.

    They are read and hashed before anything is written, so the write transaction is short: lines never change.
    """
    with reading(installation.sessions) as session:
        last = session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))
        rows = _open_lines(session, installation, most)
    if not rows:
        return None
    number, before = (last.number + 1, last.hash) if last else (1, "")
    stretches = stretches_of(row.id for row in rows)
    newest_at = max(row.at for row in rows)
    lines_hash = hash_of_lines(rows)
    seal = Seal(
        number=number, at=installation.clock(), lines=len(rows), newest_at=newest_at, lines_hash=lines_hash, hash=""
    )
    seal.hash = hash_of_seal(seal, stretches, before)
    try:
        with writing(installation.sessions) as session:
            session.add(seal)
            session.flush()
            session.execute(
                insert(Stretch),
                [{"first_id": first, "last_id": last_id, "seal_number": number} for first, last_id in stretches],
            )
    except IntegrityError:
        log.info("another worker has set seal %s", number)
        return None
    log.info("seal %s over %s lines: %s", number, len(rows), seal.hash)
    return Made(number, len(rows), seal.hash)


def seal_all(installation: Installation) -> int:
    """Seal until no line is open; answers how many were sealed."""
    sealed = 0
    while made := seal_lines(installation):
        sealed += made.lines
    return sealed


def drop_old(installation: Installation) -> int:
    """Chore: drop the lines of whole seals that are older than the settings say, the oldest first; the seals stay."""
    dropped = 0
    while lines := _drop_some(installation):
        dropped += lines
    return dropped


def _drop_some(installation: Installation) -> int:
    now = installation.clock()
    too_old = now - timedelta(days=installation.settings.audit_days)
    with reading(installation.sessions) as session:
        seals = _kept_until(session, too_old, DROPPED_TOGETHER)
    if not seals:
        return 0
    with writing(installation.sessions) as session:
        mine = session.execute(
            update(Seal)
            .where(Seal.number.in_(seals), Seal.dropped_at.is_(None))
            .values(dropped_at=now)
            .returning(Seal.number, Seal.lines)
        ).all()
        if not mine:
            return 0
        numbers = [row.number for row in mine]
        lines = sum(int(row.lines) for row in mine)
        detail = {"seals": [min(numbers), max(numbers)], "lines": lines, "days": installation.settings.audit_days}
        Audit(session, installation).record("audit.drop", identity=THE_PROGRAM, detail=detail)
        # Written before the others go: SQLite gives the number after the greatest there is, so none is used twice.
        session.flush()
        for stretch in session.scalars(select(Stretch).where(Stretch.seal_number.in_(numbers))).all():
            session.execute(delete(Event).where(Event.id.between(stretch.first_id, stretch.last_id)))
    return lines


def _kept_until(session: Session, moment: Any, most: int) -> list[int]:
    """Numbers of the oldest seals that still have their lines, up to the first with a line from after `moment`."""
    kept = select(Seal.number, Seal.newest_at).where(Seal.dropped_at.is_(None)).order_by(Seal.number).limit(most)
    numbers = []
    for number, newest_at in session.execute(kept):
        if newest_at >= moment:
            break
        numbers.append(number)
    return numbers


def _open_lines(session: Session, installation: Installation, most: int) -> Sequence[Row[Any]]:
    # Older gaps are not looked into again: nothing appears there any more.
    long_ago = installation.clock() - LATE
    settled = select(func.max(Stretch.last_id)).join(Seal).where(Seal.at < long_ago)
    floor = session.scalar(settled) or 0
    ids = session.scalars(_OPEN_LINES, {"floor": floor, "most": most}).all()
    return session.execute(select(*LINE).where(Event.id.in_(ids)).order_by(Event.id)).all()


def stretches_of(ids: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending ids as pairs of the first and the last of each run without a gap."""
    runs: list[list[int]] = []
    for number in ids:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return [(first, last) for first, last in runs]


def hash_of_lines(rows: Iterable[Row[Any]]) -> str:
    """SHA-256 over the lines in the order of their ids, each as one line of JSON."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(canonical(row))
    return digest.hexdigest()


def canonical(row: Row[Any]) -> bytes:
    """One line of the log, the same bytes whatever database it lies in."""
    values = [milliseconds(value) if name == "at" else value for name, value in row._mapping.items()]
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def hash_of_seal(seal: Seal, stretches: Sequence[tuple[int, int]], before: str) -> str:
    """SHA-256 over the hash of the seal before and all that this one says. It does not need the lines themselves."""
    values = [
        before,
        seal.number,
        milliseconds(seal.at),
        seal.lines,
        milliseconds(seal.newest_at),
        seal.lines_hash,
        [list(pair) for pair in stretches],
    ]
    return hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).hexdigest()


