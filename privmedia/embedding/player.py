"""The player of an item as the frame shows it: the item page's own, its files under the addresses the frame may ask."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyramid.request import Request

from privmedia.accounts.models import User
from privmedia.attention.service import WhoWatched
from privmedia.captions.service import Captioning
from privmedia.embedding.models import Embed
from privmedia.embedding.standing import Standing
from privmedia.library.cards import Around
from privmedia.library.models import CHAPTERS
from privmedia.library.shelves import Shelves
from privmedia.sharing.shelf import SharedShelf
from privmedia.watching.pages import shown_of
from privmedia.watching.player import embedded_player

FILES = "/smedia/"
PLAYER = "privmedia:templates/embedding/player.jinja2"


def base_of(token: str) -> str:
    """Under which addresses the files of a token lie."""
    return f"{FILES}~{token}/"


def shown(
    request: Request, standing: Standing, watcher: User, base: str = FILES, look: Embed | None = None
) -> dict[str, Any]:
    """What `embedding/player.jinja2` needs, for somebody who may watch. `base` goes in front of every file; `look` says
    how it begins, if not as the player is kept.
    """

    def at(address: str | None) -> str | None:
        return None if address is None else base + address.removeprefix(FILES)

    item, embed = standing.item, look or standing.embed
    details = request.read(Shelves).item(request.read(SharedShelf).maker(watcher), item, may_download=False)
    service = request.read(Captioning)
    parts = shown_of(request, details)
    return {
        **parts,
        **{name: at(address) for name, address in parts.items() if name.endswith("_url")},
        "item": replace(details, play_url=at(details.play_url), poster_url=at(details.poster_url), uploader=""),
        "captions": [replace(track, url=at(track.url)) for track in service.tracks(item)],
        "chapters": [],
        "chapters_url": at(f"{FILES}{item.uid}/{CHAPTERS}") if service.marks(item) else None,
        "around": Around(),
        "player": embedded_player(
            request,
            item,
            start=embed.start or None,
            autoplay=embed.autoplay,
            loop=embed.loop,
            captions=embed.captions,
        ),
        "embed": embed,
        "names": request.read(WhoWatched).names,
    }
