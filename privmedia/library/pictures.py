"""The sizes a picture is there in, for a browser to choose from: `srcset` of HTML."""
from __future__ import annotations

import re
from collections.abc import Mapping

from privmedia import media
from privmedia.storage import ORIGINAL

NAME = re.compile(r"picture-([0-9]{1,5})\.webp")


def picture_name(width: int) -> str:
    """What stands in the address of a smaller copy that is so many pixels wide."""
    return f"picture-{width}.webp"


def srcset(uid: str, files: Mapping[str, str], *, shown: str, width: int | None, height: int | None) -> str | None:
    """The addresses of an item's picture with their widths, narrow ones first; None if there is one size only.

    `files`: what each name in an address is stored as; `shown`: the one at its own size; `width` and `height` are
    those of the original.
    """
    narrow = sorted(int(found[1]) for name in files if (found := NAME.fullmatch(name)))
    if not narrow or not width or not height:
        return None
    if files[shown] != ORIGINAL:
        width = round(width * min(1, media.LARGEST / max(width, height)))
    sizes = [(wide, picture_name(wide)) for wide in narrow if wide < width]
    return ", ".join(f"/smedia/{uid}/{name} {wide}w" for wide, name in [*sizes, (width, shown)])
