"""The transcript of an item: what is said, line by line with its time, in one of the languages it has captions in."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.captions import cues
from privmedia.captions.cues import Cue
from privmedia.captions.service import Captioning, Track
from privmedia.library.models import Item, Kind
from privmedia.text import clean_line

HAS_TIME = (Kind.VIDEO, Kind.AUDIO)
LONGEST_QUERY = 100


@dataclass(frozen=True)
class Transcript:
    """`lines` are those shown: all, or those that have `query` in them."""

    language: str
    tracks: list[Track]
    lines: list[Cue]
    count: int
    """How many there are without the query."""
    query: str


def transcript_of(request: Request, item: Item) -> Transcript | None:
    """The transcript that the address asks for (`lang`, `q`), in the reader's own language first; None without any."""
    service = request.read(Captioning)
    tracks = service.tracks(item)
    if not tracks:
        return None
    known = {track.language for track in tracks}
    wished = (request.GET.get("lang", ""), request.locale_name.lower().replace("_", "-"))
    language = next((tag for tag in wished if tag in known), tracks[0].language)
    lines = cues.read(service.text(item, language))
    query = clean_line(request.GET.get("q", ""))[:LONGEST_QUERY]
    found = [line for line in lines if query.casefold() in line.spoken.casefold()] if query else lines
    return Transcript(language, tracks, found, len(lines), query)
