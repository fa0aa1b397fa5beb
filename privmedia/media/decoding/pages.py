"""PDF: how many pages, pictures of them, and what stands on them."""
from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdfium2
from PIL.Image import Image

from privmedia.media.decoding import pictures
from privmedia.media.errors import Damaged
from privmedia.text import mark as _

UNREADABLE = _("The file is damaged: the PDF cannot be read.")
# Rendered a little larger than needed: letters come out smoother.
RENDERED = 1600
PAGE_LONGEST = 1800
"""Enough to read small print on a screen with many pixels."""
MOST_LETTERS = 20_000
"""Read of one page. A page of a newspaper has about 15,000."""
LEAFLET_QUALITY = 85
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


def first(path: Path) -> Image | None:
    """A picture of the first page; None for a PDF with a password."""
    try:
        page = pypdfium2.PdfDocument(path)[0]
        width, height = page.get_size()
        image: Image = page.render(scale=RENDERED / max(width, height, 1)).to_pil()
    except pypdfium2.PdfiumError as problem:
        if LOCKED in str(problem).lower():
            return None
        raise Damaged(UNREADABLE) from problem
    return image


def draw(path: Path, numbers: list[int]) -> list[int]:
    """Write pages as `page-<n>.webp`; the numbers, from 1, of those that could be drawn."""
    document = _opened(path)
    return [number for number in numbers if _drawn(document, number)]


def read(path: Path, numbers: list[int]) -> list[int]:
    """Write what stands on pages as `page-<n>.txt`; the numbers, from 1, of those that could be read."""
    document = _opened(path)
    return [number for number in numbers if _read(document, number)]


def _opened(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as problem:
        raise Damaged(UNREADABLE) from problem


def _drawn(document: pypdfium2.PdfDocument, number: int) -> bool:
    try:
        page = document[number - 1]
        width, height = page.get_size()
        image = page.render(scale=PAGE_LONGEST / max(width, height, 1)).to_pil()
    except (pypdfium2.PdfiumError, ValueError):  # ValueError: a page without a size
        return False
    pictures.write(image, f"page-{number}.webp", longest=PAGE_LONGEST)
    page.close()
    return True


def _read(document: pypdfium2.PdfDocument, number: int) -> bool:
    try:
        page = document[number - 1]
        words = page.get_textpage().get_text_bounded(errors="ignore")[:MOST_LETTERS]
    except pypdfium2.PdfiumError:
        return False
    Path(f"page-{number}.txt").write_text(words, encoding="utf-8", errors="ignore")
    page.close()
    return True


def leaflet(path: Path, last: int, out: str) -> int:
    """Write a PDF of nothing but pictures of the pages up to `last` that can be drawn; how many it has.

    No script, link, form, attachment, hidden text or name of an author comes along.
    """
    document, made = _opened(path), pypdfium2.PdfDocument.new()
    pages = sum(_copied(made, document, number) for number in range(1, min(last, len(document)) + 1))
    if not pages:
        raise Damaged(UNREADABLE)
    made.save(out)
    return pages


def _copied(made: pypdfium2.PdfDocument, document: pypdfium2.PdfDocument, number: int) -> bool:
    try:
        page = document[number - 1]
        width, height = page.get_size()
        rendered = page.render(scale=PAGE_LONGEST / max(width, height, 1)).to_pil()
    except (pypdfium2.PdfiumError, ValueError):  # ValueError: a page without a size
        return False
    drawn = io.BytesIO()
    rendered.convert("RGB").save(drawn, "JPEG", quality=LEAFLET_QUALITY)
    image = pypdfium2.PdfImage.new(made)
    image.load_jpeg(drawn, inline=True)
    image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
    sheet = made.new_page(width, height)
    sheet.insert_obj(image)
    sheet.gen_content()
    sheet.close()
    page.close()
    return True
