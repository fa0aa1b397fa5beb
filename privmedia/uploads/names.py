"""File names as they come with uploads: cleaned to be shown, kept in the database, and offered at download.

Nothing on the disk is ever called by them.
"""
from __future__ import annotations

from privmedia.text import clean_line

LONGEST_FILENAME = 255  # bytes of UTF-8, as file systems count
LONGEST_EXTENSION = 20
NAMELESS = "file"


def clean_filename(sent: str) -> str:
    """A name that can be shown and downloaded under: the last part of a path, one line, not too long.

    The extension survives the cutting. What has nothing left is called "file".
    """
    line = clean_line(sent)
    name = line.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not name.strip(". "):
        return NAMELESS
    return _cut(name)


def title_of(filename: str) -> str:
    """The title of a file that was given none: its name without the extension."""
    stem, _ = _split(filename)
    return clean_line(stem) or filename


def _split(name: str) -> tuple[str, str]:
    """Stem and extension with its dot. ".profile" and "v1. The sequel" have none."""
    stem, dot, extension = name.rpartition(".")
    if not stem.strip(". ") or not extension.isalnum() or len(extension) > LONGEST_EXTENSION:
        return name, ""
    return stem, dot + extension


def _cut(name: str) -> str:
    encoded = name.encode()
    if len(encoded) <= LONGEST_FILENAME:
        return name
    stem, extension = _split(name)
    room = LONGEST_FILENAME - len(extension.encode())
    # A character cut in two is left out.
    return stem.encode()[:room].decode(errors="ignore").rstrip() + extension
