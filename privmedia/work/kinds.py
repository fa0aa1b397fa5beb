"""Every kind of job in words, and what it is about: a table, and a test that none is missing."""
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from privmedia.asking.service import ASKED
from privmedia.following.rounds import NEWS, SENT, UPLOADS
from privmedia.library.models import (
    CAPTIONS_OF_STREAMS,
    CONVERT,
    CONVERT_ANEW,
    PAGES,
    PREPARE,
    PUBLIC,
    SPOKEN,
    STORYBOARD,
    STREAMS,
    SUBTITLES,
    TAKE_OVER,
    TELL_FOLLOWERS,
    TELL_SENDER,
    TEXTS,
)
from privmedia.mail.service import SEND
from privmedia.organising.bin import PURGE
from privmedia.text import mark as _
from privmedia.zips.models import ZIP


class About(StrEnum):
    """In which table the target of a job stands."""

    VERSION = "version"
    ITEM = "item"
    LETTER = "letter"
    PERSON = "person"
    ZIP = "zip"
    OTHER = "other"

CHECK_UP = "check-up"
"""The kind of job that looks at the installation from outside."""
SYNC = "directory-sync"
"""The kind of job that looks who has left the company's directory."""


@dataclass(frozen=True)
class Words:
    name: str
    about: About


KINDS = {
    PREPARE: Words(_("Opening the file, poster"), About.VERSION),
    CONVERT: Words(_("Playable copy"), About.VERSION),
    CONVERT_ANEW: Words(_("Playable copy, made anew"), About.VERSION),
    STORYBOARD: Words(_("Pictures along the seek bar"), About.VERSION),
    STREAMS: Words(_("Streams in several qualities"), About.VERSION),
    SUBTITLES: Words(_("Captions from subtitles of the film"), About.VERSION),
    CAPTIONS_OF_STREAMS: Words(_("Captions listed with the streams"), About.VERSION),
    PAGES: Words(_("Pages of the document"), About.VERSION),
    TEXTS: Words(_("Words of the document, for search"), About.VERSION),
    SPOKEN: Words(_("Captions and chapters, for search"), About.VERSION),
    TAKE_OVER: Words(_("Show the new version"), About.VERSION),
    TELL_SENDER: Words(_("Tell who sent it"), About.VERSION),
    TELL_FOLLOWERS: Words(_("Tell who follows the folder"), About.VERSION),
    PUBLIC: Words(_("Public copy"), About.ITEM),
    ZIP: Words(_("Zip for a download"), About.ZIP),
    SEND: Words(_("Letter"), About.LETTER),
    NEWS.name: Words(_("Write of what is new"), About.PERSON),
    UPLOADS.name: Words(_("Write of what became of uploads"), About.PERSON),
    SENT.name: Words(_("Write of files that were sent"), About.PERSON),
    ASKED: Words(_("Tell of a question for access"), About.OTHER),
    PURGE: Words(_("Delete for good"), About.OTHER),
    CHECK_UP: Words(_("Check-up"), About.OTHER),
    SYNC: Words(_("Look who has left the directory"), About.OTHER),
}
UNKNOWN = Words(_("Something this version does not know"), About.OTHER)
PREPARING = (PREPARE, CONVERT, CONVERT_ANEW)
"""What makes of an original what is played."""
MADE = (*PREPARING, STORYBOARD, STREAMS, SUBTITLES, CAPTIONS_OF_STREAMS)
"""What is made anew when an item is prepared again."""


def words_of(kind: str) -> Words:
    return KINDS.get(kind, UNKNOWN)


def about(what: About) -> list[str]:
    """The kinds whose targets stand in a table."""
    return [kind for kind, words in KINDS.items() if words.about is what]
