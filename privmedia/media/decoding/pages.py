"""PDF: how many pages, and a picture of the first."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2

from privmedia.media.decoding import pictures
from privmedia.media.errors import Damaged
from privmedia.text import mark as _

UNREADABLE = _("The file is damaged: the PDF cannot be read.")
LONGEST = 1280
# Rendered a little larger than needed: letters come out smoother.
RENDERED = 1600
PAGE_LONGEST = 1800
"""Enough to read small print on a screen with many pixels."""
LOCKED = "incorrect password"


def probe(path: Path) -> dict[str, Any]:
    """The fields of `media.probe.Probe`. A PDF with a password counts as whole, its pages as unknown."""
    try:
        document = pypdfium2.PdfDocument(path)
        pages = len(document)
    except pypdfium2.PdfiumError as problem:
        if LOCKED in str(problem).lower():
            return {"container": "pdf", "locked": True}
        raise Damaged(UNREADABLE) from problem
    if not pages:
        raise Damaged(UNREADABLE)
    return {"container": "pdf", "pages": pages}


def poster(path: Path, out: str) -> bool:
    """A picture of the first page; False for a PDF with a password."""
    try:
        page = pypdfium2.PdfDocument(path)[0]
        width, height = page.get_size()
        image = page.render(scale=RENDERED / max(width, height, 1)).to_pil()
    except pypdfium2.PdfiumError as problem:
        if LOCKED in str(problem).lower():
            return False
        raise Damaged(UNREADABLE) from problem
    pictures.write(image, out, longest=LONGEST)
    return True


def draw(path: Path, first: int, last: int) -> int:
    """Write the pages from `first` to `last` as `page-<n>.webp`; how many it were until one could not be drawn."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as problem:
        raise Damaged(UNREADABLE) from problem
    for number in range(first, last + 1):
        try:
            page = document[number - 1]
            width, height = page.get_size()
            image = page.render(scale=PAGE_LONGEST / max(width, height, 1)).to_pil()
        except pypdfium2.PdfiumError:
            return number - first
        pictures.write(image, f"page-{number}.webp", longest=PAGE_LONGEST)
        page.close()
    return last - first + 1
