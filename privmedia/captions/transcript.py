"""The transcript of an item: what is said, line by line with its time, in one of the languages it has captions in.

Its lines are those that search knows, so that no page reads a file of captions.
"""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.captions.service import Captioning, Line, Track
from privmedia.library.models import Item, Kind
from privmedia.text import clean_line

HAS_TIME = (Kind.VIDEO, Kind.AUDIO)
LONGEST_QUERY = 100
AT_ONCE = 1000
"""Lines on one page."""


@dataclass(frozen=True)
class Transcript:
    """`lines` are those shown: a page of all, or of those that have `query` in them."""

    language: str
    tracks: list[Track]
    lines: list[Line]
    found: int
    """How many there are, on this page and others."""
    query: str
    page: int
    pages: int


def transcript_of(request: Request, item: Item) -> Transcript | None:
    """The transcript that the address asks for (`lang`, `q`, `part`), in the reader's own language first.

    None without any.
    """
    service = request.read(Captioning)
    tracks = service.tracks(item)
    if not tracks:
        return None
    known = {track.language: track for track in tracks}
    wished = (request.GET.get("lang", ""), request.locale_name.lower().replace("_", "-"))
    language = next((tag for tag in wished if tag in known), tracks[0].language)
    query = clean_line(request.GET.get("q", ""))[:LONGEST_QUERY]
    having = service.lines(item, language, having=query) if query else []
    found = len(having) if query else known[language].count
    pages = max(1, -(-found // AT_ONCE))
    page = min(_number(request.GET.get("part", "")), pages)
    first = (page - 1) * AT_ONCE
    lines = having[first:][:AT_ONCE] if query else service.lines(item, language, first=first, most=AT_ONCE)
    return Transcript(language, tracks, lines, found, query, page, pages)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
