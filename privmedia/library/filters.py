"""What the address of a list asks for, and the addresses of the same list with something changed."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from pyramid.request import Request

from privmedia.ids import is_uid
from privmedia.library.lists import Length, Order, Place, Wanted
from privmedia.library.models import Kind, State
from privmedia.text import clean_line, name_key
from privmedia.web.i18n import _

FIELDS = ("kind", "state", "by", "tag", "since", "until", "length", "sort")
NARROWING = ("by", "tag", "since", "until", "length")
"""What is chosen in the panel: with one of these the kinds carry no numbers."""
STATES: dict[str, tuple[State, ...]] = {
    "preparing": (State.WAITING, State.PREPARING),
    "failed": (State.FAILED,),
    "unplayable": (State.UNPLAYABLE,),
}
LONGEST_KEY = 180
DATES = (date(2000, 1, 1), date(2999, 12, 31))
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Filters:
    """The filters and the order of one list. What cannot be meant is left out, as if it had not been asked for."""

    path: str
    fields: Mapping[str, str]
    wanted: Wanted
    problem: str | None
    """What was wrong with a day, in a sentence to translate."""

    @classmethod
    def of(cls, request: Request, *, place: Place = Place.EVERYTHING, folder_id: int | None = None) -> Filters:
        """From the address of the request."""
        given = {name: request.GET.get(name, "") for name in FIELDS}
        since, until = _day(given["since"]), _day(given["until"])
        problem = None
        if (given["since"] and since is None) or (given["until"] and until is None):
            problem = _("That is no day. Write it like 2026-11-30.")
        wanted = Wanted(
            place=place,
            folder_id=folder_id,
            kind=_one_of(Kind, given["kind"]),
            states=STATES.get(given["state"], ()),
            by=given["by"] if is_uid(given["by"]) else "",
            since=_midnight(since) if since else None,
            before=_midnight(until + timedelta(days=1)) if until else None,
            length=_one_of(Length, given["length"]),
            tag=name_key(given["tag"])[:LONGEST_KEY],
            order=_one_of(Order, given["sort"]) or Order.NEWEST,
            after=request.GET.get("after"),
        )
        meant = {
            "kind": wanted.kind or "",
            "state": given["state"] if wanted.states else "",
            "by": wanted.by,
            "tag": clean_line(given["tag"]) if wanted.tag else "",
            "since": since.isoformat() if since else "",
            "until": until.isoformat() if until else "",
            "length": wanted.length or "",
            "sort": "" if wanted.order is Order.NEWEST else wanted.order,
        }
        return cls(request.path, {name: str(value) for name, value in meant.items() if value}, wanted, problem)

    @property
    def are_set(self) -> bool:
        """Whether the list leaves anything out."""
        return any(name in self.fields for name in FIELDS if name != "sort")

    @property
    def are_narrow(self) -> bool:
        return any(name in self.fields for name in NARROWING)

    @property
    def unfiltered(self) -> Wanted:
        """The same list whole: what its numbers are of."""
        return Wanted(place=self.wanted.place, folder_id=self.wanted.folder_id)

    def url(self, **changes: str) -> str:
        """The address of the list with some fields changed, from its first page; "" takes one away."""
        fields = {**self.fields, **changes}
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"{self.path}?{query}" if query else self.path

    def without(self, *names: str) -> str:
        return self.url(**dict.fromkeys(names, ""))

    def next(self, after: str) -> str:
        """The address of the page after this item."""
        return self.url(after=after)

    def others(self, *names: str) -> list[tuple[str, str]]:
        """The fields a form for some of them has to carry along."""
        return [(name, value) for name, value in self.fields.items() if name not in names]


def _one_of(choices: type[Choice], value: str) -> Choice | None:
    return choices(value) if value in tuple(choices) else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if DATES[0] <= day <= DATES[1] else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
