"""Still pictures: their size, and smaller copies that stand upright and say nothing about where they were taken."""
from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pi_heif  # type: ignore[import-untyped]  # ships no types
from PIL import Image, ImageOps

from privmedia.media.errors import Damaged
from privmedia.media.words import TOO_LARGE, said
from privmedia.text import mark as _

UNREADABLE = _("The file is damaged: the picture cannot be read.")

PILLOW_FORMATS = {
    "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "avif": "AVIF", "heic": "HEIF", "tiff": "TIFF",
}
POSTER_LONGEST = 1280
CARD = (480, 270)
"""Pixels of the widest place a list has for a poster, on a screen with two for one. It is filled, and the rest cut off.
"""
MOST_PIXELS = 120_000_000
# JPEG is decoded at an eighth of its size if need be: cameras of 200 megapixels exist.
MOST_PIXELS_OF_JPEG = 400_000_000
EXIF_GPS = 0x8825
WEBP_QUALITY = 82
LONGEST_WEBP = 16383

# A broken picture raises nearly anything: decoders know their own errors and trip over others.
# These alone say something else went wrong.
NOT_THE_FILE = (FileNotFoundError, PermissionError, MemoryError)

# The limit is ours, below, with a sentence; Pillow's own is a warning first.
Image.MAX_IMAGE_PIXELS = None
pi_heif.register_heif_opener()


def opened(path: Path, name: str) -> Image.Image:
    """The picture under one format, its header read, its size within limits. Raises Damaged."""
    try:
        image = Image.open(path, formats=[PILLOW_FORMATS[name]])
    except NOT_THE_FILE:
        raise
    except Exception as problem:
        raise Damaged(UNREADABLE) from problem
    width, height = image.size
    if width * height > (MOST_PIXELS_OF_JPEG if name == "jpeg" else MOST_PIXELS):
        raise Damaged(said(TOO_LARGE, width=str(width), height=str(height)))
    return image


def loaded(image: Image.Image, longest: int) -> Image.Image:
    """Every pixel of the first frame decoded, a JPEG no larger than needed. Raises Damaged."""
    try:
        image.draft("RGB", (longest, longest))
        image.load()
        return ImageOps.exif_transpose(image)
    except NOT_THE_FILE:
        raise
    except Exception as problem:
        raise Damaged(UNREADABLE) from problem


def probe(path: Path, name: str) -> dict[str, Any]:
    """The fields of `media.probe.Probe`; the size is that of the picture standing upright."""
    image = opened(path, name)
    width, height = image.size
    # PNG keeps what it tells about itself behind its pixels, so these are read first.
    loaded(image, POSTER_LONGEST)
    located = has_place(image)
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return {
        "container": name,
        "width": height if turned else width,
        "height": width if turned else height,
        "located": located,
    }


def has_place(image: Image.Image) -> bool:
    """Whether it tells where it was taken, in EXIF or in XMP."""
    try:
        exif = image.getexif().get_ifd(EXIF_GPS)
    except NOT_THE_FILE:
        raise
    except Exception:
        # What cannot be read here may be read by others: as good as a place.
        return True
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return bool(exif) or (b"GPSLatitude" if isinstance(xmp, bytes) else "GPSLatitude") in xmp


def shrink(path: Path, name: str, out: str, *, longest: int) -> bool:
    """Write a WebP of the first frame, at most `longest` pixels either way."""
    write(loaded(opened(path, name), longest), out, longest=longest)
    return True


def sizes(path: Path, name: str, outs: list[tuple[str, int]]) -> int:
    """Write WebPs of a picture, each at most so many pixels either way, the largest first; how many.

    It is decoded once. One that moves has none: its copies would stand still.
    """
    image = opened(path, name)
    if getattr(image, "is_animated", False):
        return 0
    image = loaded(image, outs[0][1])
    for out, longest in outs:
        write(image.copy(), out, longest=longest)
    return len(outs)


def write_poster(image: Image.Image, out: str, small: str) -> None:
    """Write a poster, at most POSTER_LONGEST pixels either way, and the same as large as lists show it."""
    width, height = image.size
    filling = max(CARD[0] / width, CARD[1] / height)
    write(image.copy(), out, longest=POSTER_LONGEST)
    write(image, small, longest=min(POSTER_LONGEST, math.ceil(max(width, height) * filling)))


def write(image: Image.Image, out: str, *, longest: int) -> None:
    """As WebP, with its colour profile and nothing else of what the file told about itself."""
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    image = plain(image)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    image.save(out, "WEBP", quality=WEBP_QUALITY, method=4, icc_profile=profile or b"", exif=b"", xmp=b"")


def plain(image: Image.Image) -> Image.Image:
    """Eight bits of red, green and blue, with transparency if there is any."""
    if image.mode in ("RGB", "RGBA"):
        return image
    if image.mode.startswith("I"):
        # Sixteen bits per pixel: the upper eight are what can be seen.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
