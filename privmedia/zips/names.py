"""Names of files in a zip: safe to unpack on every system, each there once, none that leads out of its folder."""
from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from os.path import splitext

from privmedia.delivery.disposition import plain_name

LONGEST = 180
"""Bytes in UTF-8 of one step; file systems take 255, and a number may be added."""
LONGEST_ENDING = 20
# What Windows cannot have in a name, or takes for a device whatever the ending.
FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³")}
)
NAMELESS = "file"


def safe_step(name: str) -> str:
    """One file or folder name that every system takes, as near to the given one as that allows."""
    clean = plain_name(name).translate(FORBIDDEN).strip(" ").rstrip(". ") or NAMELESS
    if clean.partition(".")[0].rstrip().casefold() in DEVICES:
        clean = f"_{clean}"
    stem, ending = splitext(clean)
    if len(ending.encode()) > LONGEST_ENDING:
        stem, ending = clean, ""
    return _cut(stem, LONGEST - len(ending.encode())) + ending


def member_paths(wanted: Iterable[tuple[Sequence[str], str]]) -> list[str]:
    """The path of each member, of its folders' names and its own: unique without regard to case, in the same order."""
    members = [([safe_step(folder) for folder in folders], safe_step(name)) for folders, name in wanted]
    taken = {_key(folders[: depth + 1]) for folders, _name in members for depth in range(len(folders))}
    paths = []
    for folders, name in members:
        stem, ending = splitext(name)
        number, path = 1, [*folders, name]
        while _key(path) in taken:
            number += 1
            path = [*folders, f"{stem} ({number}){ending}"]
        taken.add(_key(path))
        paths.append("/".join(path))
    return paths


def _key(path: Sequence[str]) -> str:
    return unicodedata.normalize("NFC", "/".join(path).casefold())


def _cut(text: str, most: int) -> str:
    """As many whole characters as fit into so many bytes."""
    data = text.encode()
    return text if len(data) <= most else data[:most].decode(errors="ignore").rstrip(". ") or NAMELESS
