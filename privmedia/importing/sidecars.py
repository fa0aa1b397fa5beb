"""Which files belong to which others, by their names: `film.mp4` with `film.de.vtt`, `film.jpg`, `film.info.json`."""
from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from babel.core import get_global

from privmedia.captions.languages import language_tag
from privmedia.errors import Invalid
from privmedia.media.filetype import TYPES, Kind

TEXTS = ("vtt", "srt")
"""Captions; the first of two in the same language is taken."""
FACTS = ("json",)
PICTURES = ("jpg", "jpeg", "png", "webp")
# Names that files of film and sound have besides those that we give them.
FILMS = {known.extension for known in TYPES.values() if known.kind in (Kind.VIDEO, Kind.AUDIO)} | {
    "3gp", "f4v", "m2ts", "m4b", "mka", "mpeg", "mts", "oga", "opus", "qt", "vob",
}
REMARKS = ("cc", "default", "forced", "full", "sdh")
"""Words that stand at the language and are none."""


@dataclass
class Sorted:
    """What lies beside a file."""

    captions: dict[str, str] = field(default_factory=dict)
    """Names by language; "" where the name says none."""
    picture: str | None = None
    facts: str | None = None
    spare: list[str] = field(default_factory=list)
    """What there is already from another file."""


class _Owners:
    """Files that others can belong to, by their whole name and by their name without the extension."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by: dict[str, str] = {}
        for name in names:
            for key in (name, split(name)[0]):
                self._by.setdefault(_same(key), name)

    def of(self, base: str) -> str | None:
        return self._by.get(_same(base))


def sort_out(names: Iterable[str]) -> tuple[dict[str, Sorted], list[str]]:
    """The files of one folder, each with what belongs to it; and what belongs to none."""
    everything = sorted(names)
    films = _Owners(name for name in everything if split(name)[1] in FILMS)
    pictures: dict[str, str] = {}
    for name in everything:
        base, extension = split(name)
        owner = films.of(base) if extension in PICTURES else None
        if owner is not None:
            pictures[name] = owner
    bundles = {
        name: Sorted() for name in everything if split(name)[1] not in (*TEXTS, *FACTS) and name not in pictures
    }
    owners, lonely = _Owners(sorted(bundles, key=lambda name: split(name)[1] not in FILMS)), []
    for name in sorted(everything, key=lambda name: split(name)[1] != TEXTS[0]):
        base, extension = split(name)
        if name in pictures:
            _put_picture(bundles[pictures[name]], name)
        elif extension in FACTS:
            owner = owners.of(base) or owners.of(base.removesuffix(".info"))
            _put_facts(bundles[owner], name) if owner is not None else lonely.append(name)
        elif extension in TEXTS:
            owner, language = _spoken_in(base, owners)
            _put_captions(bundles[owner], name, language) if owner is not None else lonely.append(name)
    return bundles, sorted(lonely)


def split(name: str) -> tuple[str, str]:
    """A name without its extension, and that in small letters."""
    stem, dot, extension = name.rpartition(".")
    return (stem, extension.lower()) if dot and stem else (name, "")


def _spoken_in(base: str, owners: _Owners) -> tuple[str | None, str]:
    """Whose captions these are, and the language that the name says; "" if it says none."""
    owner, language = owners.of(base), ""
    while owner is None and "." in base:
        base, _, word = base.rpartition(".")
        if word.lower() not in REMARKS and (language or not (language := _language(word))):
            return None, ""
        owner = owners.of(base)
    return owner, language


def _language(word: str) -> str:
    try:
        tag = language_tag(word)
    except Invalid:
        return ""
    # `ger` and `deu` are `de`: browsers and our own lists know the short ones.
    return str(get_global("language_aliases").get(tag, tag))


def _put_captions(beside: Sorted, name: str, language: str) -> None:
    if language in beside.captions:
        beside.spare.append(name)
    else:
        beside.captions[language] = name


def _put_picture(beside: Sorted, name: str) -> None:
    if beside.picture is None:
        beside.picture = name
    else:
        beside.spare.append(name)


def _put_facts(beside: Sorted, name: str) -> None:
    if beside.facts is None:
        beside.facts = name
    else:
        beside.spare.append(name)


def _same(name: str) -> str:
    """What names are compared by: macOS takes letters apart that others keep together."""
    return unicodedata.normalize("NFC", name)
