"""What a check found: green, amber or red, what was measured, what is to be changed, one sentence each."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from privmedia.db import milliseconds
from privmedia.text import Plural, Sentence, Size, Words
from privmedia.text import mark as _


class Level(StrEnum):
    """From well to ill."""

    GREEN = "green"
    AMBER = "amber"
    """It works, but slower, less safely or not for long."""
    RED = "red"
    """Files are not delivered, not protected or not safe."""

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class Area(StrEnum):
    """Under which heading a check stands."""

    DELIVERY = "delivery"
    PROTECTION = "protection"
    UPLOADS = "uploads"
    STORAGE = "storage"
    WORK = "work"
    SITE = "site"


AREAS = {
    Area.DELIVERY: _("Delivery"),
    Area.PROTECTION: _("Protection"),
    Area.UPLOADS: _("Uploads"),
    Area.STORAGE: _("Storage"),
    Area.WORK: _("Background work"),
    Area.SITE: _("Address, database, mail"),
}


@dataclass(frozen=True)
class Outcome:
    """The answer of a check's function."""

    level: Level
    measured: Sentence
    cure: Sentence | None = None
    lines: Sequence[str] = ()
    """What is to be typed or to be put into a file, to be copied."""


@dataclass(frozen=True)
class Check:
    """One thing that is looked at. `name` is for scripts and never changes."""

    name: str
    area: Area
    title: str
    """What is true when it is well."""
    fails: str
    """What is said instead when it is not."""
    look: Callable[[Any], Outcome]
    """Given the visit, or the installation where no visit is needed."""


@dataclass(frozen=True)
class Finding:
    """A check with its outcome."""

    name: str
    area: Area
    title: str
    level: Level
    measured: Sentence
    cure: Sentence | None
    lines: tuple[str, ...]
    at: datetime
    since: datetime | None = None
    """Since when it is not well; None where it is."""

    @classmethod
    def of(cls, check: Check, outcome: Outcome, at: datetime) -> Finding:
        well = outcome.level is Level.GREEN
        title = check.title if well else check.fails
        return cls(
            name=check.name,
            area=check.area,
            title=title,
            level=outcome.level,
            measured=outcome.measured,
            cure=outcome.cure,
            lines=tuple(outcome.lines),
            at=at,
            since=None if well else at,
        )

    def after(self, before: Finding | None) -> Finding:
        """The same, ill since it was found so first."""
        if before is None or before.since is None or self.since is None:
            return self
        return replace(self, since=before.since)


def say(template: str | Plural, **names: Words) -> Sentence:
    return Sentence(template, names)


def good(template: str | Plural, **names: Words) -> Outcome:
    """All is well; what was measured."""
    return Outcome(Level.GREEN, Sentence(template, names))


def poor(measured: Sentence, cure: Sentence, *lines: str) -> Outcome:
    """It works, and should be changed."""
    return Outcome(Level.AMBER, measured, cure, lines)


def bad(measured: Sentence, cure: Sentence, *lines: str) -> Outcome:
    """It does not work, or does harm."""
    return Outcome(Level.RED, measured, cure, lines)


def worst(findings: Sequence[Finding]) -> Level:
    """The level of the whole."""
    return max((finding.level for finding in findings), key=lambda level: level.rank, default=Level.GREEN)


def for_scripts(findings: Sequence[Finding], *, url: str, at: datetime) -> dict[str, Any]:
    """The report as `--json` prints it, in English. Only ever added to."""
    return {
        "level": worst(findings).value,
        "url": url,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "checks": [
            {
                "name": one.name,
                "area": one.area.value,
                "title": one.title,
                "level": one.level.value,
                "measured": str(one.measured),
                "cure": None if one.cure is None else str(one.cure),
                "lines": list(one.lines),
            }
            for one in findings
        ],
    }


def kept(finding: Finding) -> dict[str, Any]:
    """A finding as it is kept between two looks: its sentences can still be said in any language."""
    return {
        "name": finding.name,
        "area": finding.area.value,
        "title": finding.title,
        "level": finding.level.value,
        "measured": _kept_words(finding.measured),
        "cure": None if finding.cure is None else _kept_words(finding.cure),
        "lines": list(finding.lines),
        "at": milliseconds(finding.at),
        "since": None if finding.since is None else milliseconds(finding.since),
    }


def recalled(values: Mapping[str, Any]) -> Finding:
    """The finding that was kept. Raises KeyError, ValueError or TypeError for what this version cannot read."""
    return Finding(
        name=values["name"],
        area=Area(values["area"]),
        title=values["title"],
        level=Level(values["level"]),
        measured=_recalled_sentence(values["measured"]),
        cure=None if values["cure"] is None else _recalled_sentence(values["cure"]),
        lines=tuple(values["lines"]),
        at=_moment(values["at"]),
        since=None if values["since"] is None else _moment(values["since"]),
    )


def _moment(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


def _kept_words(words: Words) -> Any:
    if isinstance(words, Sentence):
        template = words.template if isinstance(words.template, str) else list(words.template)
        return {"say": template, "names": {name: _kept_words(each) for name, each in words.names.items()}}
    if isinstance(words, Size):
        return {"bytes": int(words)}
    if isinstance(words, datetime):
        return {"moment": milliseconds(words)}
    return words if isinstance(words, int) else str(words)


def _recalled_words(value: Any) -> Words:
    if isinstance(value, dict):
        if "say" in value:
            return _recalled_sentence(value)
        return Size(value["bytes"]) if "bytes" in value else _moment(value["moment"])
    return value if isinstance(value, int) else str(value)


def _recalled_sentence(value: Any) -> Sentence:
    template = value["say"]
    names = {name: _recalled_words(each) for name, each in value["names"].items()}
    return Sentence(template if isinstance(template, str) else Plural(*template), names)
