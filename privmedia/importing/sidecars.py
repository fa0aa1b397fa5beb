"""Which files belong to which others, by their names: `film.mp4` with `film.de.vtt`, `film.jpg`, `film.info.json`."""
from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from privmedia.captions.languages import tag_in
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


NOTHING = Sorted()
"""What lies beside most files; one for all, so that a folder may have any number of them."""


class _Owners:
    """Files that others can belong to, films before others, by their whole name and by that without the extension."""

    def __init__(self, names: Iterable[str]) -> None:
        self._whole: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        for name in names:
            stem, extension = split(name)
            self._whole[_same(name)] = name
            before = self._stems.setdefault(_same(stem), name)
            if extension in FILMS and split(before)[1] not in FILMS:
                self._stems[_same(stem)] = name

    def of(self, base: str) -> str | None:
        return self._whole.get(_same(base)) or self._stems.get(_same(base))

    def film_of(self, base: str) -> str | None:
        owner = self.of(base)
        return owner if owner is not None and split(owner)[1] in FILMS else None


def sort_out(names: Iterable[str]) -> tuple[dict[str, Sorted], list[str]]:
    """The files of one folder, each with what belongs to it; and what belongs to none."""
    everything = sorted(names)
    bundles = {name: NOTHING for name in everything if split(name)[1] not in (*TEXTS, *FACTS)}
    if len(bundles) == len(everything) and all(split(name)[1] not in PICTURES for name in bundles):
        return bundles, []
    owners, lonely = _Owners(bundles), []
    for name in sorted(everything, key=lambda name: split(name)[1] != TEXTS[0]):
        base, extension = split(name)
        if extension in PICTURES:
            film = owners.film_of(base)
            if film is not None:
                del bundles[name]
                _put_picture(_beside(bundles, film), name)
        elif extension in FACTS:
            owner = owners.of(base) or owners.of(base.removesuffix(".info"))
            _put_facts(_beside(bundles, owner), name) if owner in bundles else lonely.append(name)
        elif extension in TEXTS:
            owner, language = _spoken_in(base, owners)
            _put_captions(_beside(bundles, owner), name, language) if owner in bundles else lonely.append(name)
    return bundles, sorted(lonely)


def _beside(bundles: dict[str, Sorted], name: str) -> Sorted:
    if bundles[name] is NOTHING:
        bundles[name] = Sorted()
    return bundles[name]


def split(name: str) -> tuple[str, str]:
    """A name without its extension, and that in small letters."""
    stem, dot, extension = name.rpartition(".")
    return (stem, extension.lower()) if dot and stem else (name, "")


def _spoken_in(base: str, owners: _Owners) -> tuple[str | None, str]:
    """Whose captions these are, and the language that the name says; "" if it says none."""
    owner, language = owners.of(base), ""
    while owner is None and "." in base:
        base, _, word = base.rpartition(".")
        if word.lower() not in REMARKS and (language or not (language := tag_in(word))):
            return None, ""
        owner = owners.of(base)
    return owner, language


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
