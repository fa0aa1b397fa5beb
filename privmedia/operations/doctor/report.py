"""The last report: kept in a file beside the media, so that it is there whatever the database does.

    <root>/check-up.json
"""
from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from privmedia.db import milliseconds
from privmedia.installation import Installation
from privmedia.operations.doctor.findings import Area, Finding, Level, kept, recalled, worst

NAME = "check-up.json"


@dataclass(frozen=True)
class Report:
    """What was found when somebody looked last."""

    at: datetime
    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        return worst(self.findings)

    @property
    def failed(self) -> int:
        """How many checks are red."""
        return sum(one.level is Level.RED for one in self.findings)

    @property
    def alarm(self) -> Finding | None:
        """What is to be mended first, if anything is red: files that are open before all else."""
        red = [one for one in self.findings if one.level is Level.RED]
        return min(red, key=lambda one: one.area is not Area.PROTECTION, default=None)

    def finding(self, name: str) -> Finding | None:
        return next((one for one in self.findings if one.name == name), None)


_read: dict[Path, tuple[tuple[int, int], Report | None]] = {}
"""What was read in this process, and when the file was written: pages of administrators ask each time."""


def last_report(installation: Installation) -> Report | None:
    """The last one; None if there is none, or none that this version can read."""
    path = installation.storage.root / NAME
    try:
        facts = path.stat()
    except OSError:
        return None
    written = (facts.st_mtime_ns, facts.st_ino)
    known = _read.get(path)
    if known is None or known[0] != written:
        known = _read[path] = (written, _parsed(path))
    return known[1]


def keep_report(installation: Installation, findings: list[Finding]) -> Report:
    """Keep a report in place of the last one: what was ill then already is so since then. Raises OSError."""
    before = last_report(installation)
    now = installation.clock()
    whole = Report(now, tuple(one.after(before.finding(one.name) if before else None) for one in findings))
    path = installation.storage.root / NAME
    fresh = path.with_name(f".{NAME}.{os.getpid()}")
    text = json.dumps({"at": milliseconds(now), "findings": [kept(one) for one in whole.findings]}, ensure_ascii=False)
    try:
        fresh.write_text(text)
        fresh.chmod(0o640)
        fresh.replace(path)
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
    return whole


def _parsed(path: Path) -> Report | None:
    try:
        values = json.loads(path.read_text())
        at = datetime.fromtimestamp(values["at"] / 1000, UTC)
        return Report(at, tuple(recalled(each) for each in values["findings"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
