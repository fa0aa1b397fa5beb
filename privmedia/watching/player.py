"""What the player on an item's page is given: where to begin, where to say so, its words."""
from __future__ import annotations

import json
from dataclasses import dataclass

from pyramid.csrf import get_csrf_token
from pyramid.request import Request

from privmedia.library.models import Item
from privmedia.library.resources import ItemContext
from privmedia.playback.service import Playbacks, Shown
from privmedia.playback.times import seconds
from privmedia.versions.service import Versions
from privmedia.web.i18n import _

# By the keys of media-chrome, whose elements say them.
WORDS = {
    "Play": _("Play"),
    "Pause": _("Pause"),
    "play": _("Play"),
    "pause": _("Pause"),
    "Mute": _("Mute"),
    "Unmute": _("Unmute"),
    "mute": _("Mute"),
    "unmute": _("Unmute"),
    "volume": _("Volume"),
    "Captions": _("Captions"),
    "closed captions": _("Captions"),
    "Enable captions": _("Show captions"),
    "Disable captions": _("Hide captions"),
    "Off": _("Off"),
    "Playback rate": _("Speed"),
    "Playback rate {playbackRate}": _("Speed {playbackRate}"),
    "current playback rate": _("Speed"),
    "Quality": _("Quality"),
    "quality": _("Quality"),
    "Auto": _("Automatic"),
    "Audio": _("Sound track"),
    "Enter picture in picture mode": _("Picture in picture"),
    "Exit picture in picture mode": _("Leave picture in picture"),
    "enter picture in picture mode": _("Picture in picture"),
    "exit picture in picture mode": _("Leave picture in picture"),
    "Enter fullscreen mode": _("Full screen"),
    "Exit fullscreen mode": _("Leave full screen"),
    "enter fullscreen mode": _("Full screen"),
    "exit fullscreen mode": _("Leave full screen"),
    "Seek backward": _("Back 10 seconds"),
    "seek back {seekOffset} seconds": _("Back {seekOffset} seconds"),
    "media loading": _("Loading"),
    "video player": _("Video player"),
    "audio player": _("Audio player"),
    "chapter: {chapterName}": _("Chapter: {chapterName}"),
    "video not loaded, unknown time.": _("Not loaded yet"),
    "{currentTime} of {totalTime}": _("{currentTime} of {totalTime}"),
    # Ours.
    "Seek": _("Seek"),
    "position": _("{time} of {total}"),
    "positionInChapter": _("{time} of {total}, chapter {number}: {title}"),
    "gone": _("There is nothing here for you any more. It was deleted, or your access has ended."),
    "replaced": _("The file was replaced by another one. Reload the page to see it."),
    "signedOut": _("You were signed out. Sign in and you come back to this page."),
}


@dataclass(frozen=True, kw_only=True)
class Player:
    """What the page gives its player. `playback` is where it says what it plays; None where nobody is told."""

    words: str
    csrf: str
    version: int
    playback: str | None
    resume: float | None
    """Seconds where the viewer stopped."""
    start: float | None
    """Seconds the address asks for."""
    autoplay: bool = False
    """By itself, muted."""
    loop: bool = False
    captions: bool = False
    """Whether they are on unless the viewer has chosen otherwise."""


def player_for(request: Request, context: ItemContext) -> Player:
    """The player of an item's page, for whoever asks for the page."""
    identity, item = context.identity, context.item
    keeps_place = not identity.looks_only and identity.session_id is not None
    resume = None
    if keeps_place:
        shown = Shown(item.current, request.read(Versions).shown(item).duration)
        resume = request.read(Playbacks).position(user_id=identity.user_id, item_id=item.id, shown=shown)
    place = request.route_path("item_playback", item=item.uid) if keeps_place else None
    return _player(request, item, playback=place, resume=resume)


def visitors_player(request: Request, item: Item, *, playback: str) -> Player:
    """The player for somebody without an account, whose place is not kept; `playback` is where it says that it plays.
    """
    return _player(request, item, playback=playback, resume=None)


def embedded_player(
    request: Request, item: Item, *, start: float | None, autoplay: bool, loop: bool, captions: bool
) -> Player:
    """The player in a page of another site: it changes nothing, and nobody's place is kept."""
    return Player(
        words=_words(request),
        csrf="",
        version=item.current,
        playback=None,
        resume=None,
        start=start,
        autoplay=autoplay,
        loop=loop,
        captions=captions,
    )


def _words(request: Request) -> str:
    return json.dumps({key: request.localizer.translate(text) for key, text in WORDS.items()})


def _player(request: Request, item: Item, *, playback: str | None, resume: float | None) -> Player:
    return Player(
        words=_words(request),
        csrf=get_csrf_token(request),
        version=item.current,
        playback=playback,
        resume=resume,
        start=seconds(request.GET.get("t", "")),
    )
