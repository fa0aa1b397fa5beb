"""What is shown of an item above its title: which page of a document, the outline of a sound."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.request import Request

from privmedia.library.cards import ItemDetails
from privmedia.library.models import STREAMS_FOLDER, Kind
from privmedia.library.page_jobs import MOST_PAGES, page_name
from privmedia.library.preparation import WAVEFORM
from privmedia.media import MASTER
from privmedia.renditions.storyboard_jobs import TIMES


@dataclass(frozen=True)
class DocumentPage:
    """One page: its number of how many, how many can be shown, and its picture once it is drawn."""

    number: int
    count: int
    shown: int
    url: str | None
    lost: bool
    """It could not be drawn."""


def shown_of(request: Request, item: ItemDetails) -> dict[str, Any]:
    """What `library/stage.jinja2` needs beside the item and its player, for whoever may see the item."""
    return {
        "page": page_asked_for(request, item) if item.kind == Kind.DOCUMENT else None,
        "storyboard_url": f"/smedia/{item.uid}/{TIMES}" if TIMES in item.files else None,
        "streams_url": streams_url(item),
        "waveform_url": f"/smedia/{item.uid}/{WAVEFORM}" if WAVEFORM in item.files else None,
    }


def streams_url(item: ItemDetails) -> str | None:
    """The address of the playlist by which a film is had in several sizes; None for what is played from one file."""
    if STREAMS_FOLDER + MASTER not in item.files:
        return None
    return f"/smedia/{item.uid}/{STREAMS_FOLDER}v{item.version}/{MASTER}"


def page_asked_for(request: Request, item: ItemDetails) -> DocumentPage:
    """The page that the address asks for (`page`), or the nearest there is."""
    count = item.pages or 0
    shown = min(count, MOST_PAGES)
    asked = request.GET.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    number = max(1, min(number, shown))
    name = page_name(number)
    url = f"/smedia/{item.uid}/{name}" if name in item.files else None
    return DocumentPage(number, count, shown, url, lost=url is None and not item.drawing)
