"""The outermost structure of MP4 and Matroska files, which tells whether they are whole and how they start.

libavformat tells neither: it reads a file whose end is missing as far as it goes, and does not say where the
index is. A player that must fetch the end of a file before it can begin begins late.
"""
from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from privmedia.media.errors import Damaged
from privmedia.text import mark as _

INDEX_MISSING = _("The file is damaged: its index is missing.")
INDEX_CUT = _("The file is damaged: its index is cut off.")
END_MISSING = _("The file is damaged: its end is missing.")

MOST_BOXES = 500_000
EBML_HEADER, SEGMENT = 0x1A45DFA3, 0x18538067


@dataclass(frozen=True)
class Layout:
    """`faststart`: the index stands before the media. `fragmented`: it is spread over the file."""

    faststart: bool
    fragmented: bool


def mp4_layout(path: Path) -> Layout:
    """Where the index of an ISO base media file is (ISO 14496-12, 4.2). Raises Damaged where parts are missing."""
    total = path.stat().st_size
    index_at: int | None = None
    media_at: int | None = None
    fragmented = False
    end_missing = False
    with path.open("rb") as file:
        for kind, start, end in boxes(file, total):
            if kind == b"moov" and index_at is None:
                if end > total:
                    raise Damaged(INDEX_CUT)
                index_at = start
            elif kind == b"mdat" and media_at is None:
                media_at = start
            fragmented = fragmented or kind == b"moof"
            end_missing = end_missing or (end > total and kind in (b"mdat", b"moof"))
    if index_at is None:
        raise Damaged(INDEX_MISSING)
    if end_missing:
        raise Damaged(END_MISSING)
    return Layout(media_at is None or index_at < media_at, fragmented)


def boxes(file: BinaryIO, total: int) -> Iterator[tuple[bytes, int, int]]:
    """Each outermost box: its kind, where it starts, where it says it ends. Stops where nothing sensible follows."""
    at = 0
    for _number in range(MOST_BOXES):
        if at >= total:
            return
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 0:
            size = total - at
        elif size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:
            return
        yield kind, at, at + size
        at += size


def check_matroska(path: Path) -> None:
    """Raise Damaged if the file says it is longer than it is (RFC 8794, 4 and 6).

    A recording that was broken off says nothing about its length, and plays to where it ends.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    identifier, at = number(head, 0, keep_marker=True)
    header_size, at = number(head, at)
    if identifier != EBML_HEADER or header_size is None:
        return
    identifier, at = number(head, at + header_size, keep_marker=True)
    size, at = number(head, at)
    if identifier == SEGMENT and size is not None and at + size > os.path.getsize(path):
        raise Damaged(END_MISSING)


def number(data: bytes, at: int, *, keep_marker: bool = False) -> tuple[int | None, int]:
    """A variable-size integer and where it ends; None for "unknown" and where there is none."""
    if at >= len(data) or not data[at]:
        return None, at
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at:at + length], "big")
    if not keep_marker:
        value &= (1 << 7 * length) - 1
        if value == (1 << 7 * length) - 1:
            return None, at + length
    return value, at + length
