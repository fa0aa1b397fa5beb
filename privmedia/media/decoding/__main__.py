"""Answers one question about one file: `python -I -m privmedia.media.decoding QUESTION`, both in JSON."""
from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL.Image import Image

from privmedia.media.decoding import frames, pages, pictures, storyboard, tracks, waveform
from privmedia.media.errors import Damaged
from privmedia.media.filetype import TYPES, Kind
from privmedia.text import mark as _

TOO_MUCH_MEMORY = _("The file cannot be prepared: it asks for more memory than the server gives one file.")


def probe(path: Path, name: str) -> dict[str, Any]:
    """Everything `media.probe.Probe` holds."""
    file_type = TYPES[name]
    if file_type.kind is Kind.IMAGE:
        return pictures.probe(path, name)
    if file_type.kind is Kind.DOCUMENT:
        return pages.probe(path)
    return tracks.probe(path, file_type)


def poster(path: Path, name: str, out: str, small: str, at: float | None = None) -> bool:
    """Make the poster, large and small, of a film at a moment if one is given; False if there is nothing to show."""
    file_type = TYPES[name]
    if file_type.kind is Kind.IMAGE:
        image: Image | None = pictures.loaded(pictures.opened(path, name), pictures.POSTER_LONGEST)
    elif file_type.kind is Kind.DOCUMENT:
        image = pages.first(path)
    else:
        image = frames.poster(path, file_type, at)
    if image is not None:
        pictures.write_poster(image, out, small)
    return image is not None


def stills(path: Path, name: str, outs: list[str]) -> int:
    """Make frames from all over a film; how many."""
    return frames.stills(path, TYPES[name], outs)


def sheet(path: Path, name: str, out: str, *, tiles: int, columns: int, longest: int) -> list[int] | None:
    """Make small pictures from all over a film on one sheet; how many, their width and height."""
    return storyboard.sheet(path, TYPES[name], out, tiles=tiles, columns=columns, longest=longest)


def picture(path: Path, name: str, out: str, longest: int) -> bool:
    """Make the picture that is shown where browsers cannot show the original, or must not."""
    return pictures.shrink(path, name, out, longest=longest)


def sizes(path: Path, name: str, outs: list[tuple[str, int]]) -> int:
    """Make smaller copies of a picture; how many."""
    return pictures.sizes(path, name, outs)


def outline(path: Path, name: str) -> dict[str, Any] | None:
    """How loud a sound is, bit by bit and as a whole; None if it may not be decoded here."""
    return waveform.outline(path, TYPES[name])


VERBS: dict[str, Callable[..., Any]] = {
    "leaflet": pages.leaflet,
    "pages": pages.draw,
    "picture": picture,
    "poster": poster,
    "probe": probe,
    "sizes": sizes,
    "stills": stills,
    "storyboard": sheet,
    "texts": pages.read,
    "waveform": outline,
}


def main() -> None:
    question = json.loads(sys.argv[1])
    verb = VERBS[question.pop("verb")]
    path = Path(question.pop("path"))
    try:
        answer("done", verb(path, **question))
    except Damaged as problem:
        answer("damaged", str(problem))
    except MemoryError:
        answer("damaged", TOO_MUCH_MEMORY)
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        answer("no space", None)


def answer(outcome: str, value: Any) -> None:
    sys.stdout.write(json.dumps({"outcome": outcome, "value": value}))


if __name__ == "__main__":
    main()
