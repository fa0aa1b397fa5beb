"""Content-Disposition (RFC 6266, RFC 8187): under which name a file is kept, and whether a browser may show it."""
from __future__ import annotations

import unicodedata
from urllib.parse import quote

# What a browser shows without running anything in it. Everything else is only ever saved.
INLINE_TYPES = frozenset(
    {
        "application/json",
        "image/avif",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "text/vtt",
    }
)
INLINE_KINDS = ("audio/", "video/")

# They turn the reading direction, so that "exe.mp4" is shown for what ends in "4pm.exe".
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# RFC 8187 attr-char; quote() leaves letters, digits and "_.-~" anyway.
_ATTRIBUTE_CHARACTERS = "!#$&+^`|"
_NAMELESS = "file"


def shown_inline(media_type: str) -> bool:
    """Whether a file of this type may be shown in the page rather than saved."""
    return media_type in INLINE_TYPES or media_type.startswith(INLINE_KINDS)


def plain_name(name: str) -> str:
    """A file name that says what it seems to say: one line, composed (NFC), no path, no hidden characters."""
    kept = []
    for character in unicodedata.normalize("NFC", name):
        if character in "/\\":
            kept.append("_")
        elif unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp") and character not in BIDI_CONTROLS:
            kept.append(character)
    return "".join(kept).strip() or _NAMELESS


def content_disposition(name: str, *, inline: bool) -> str:
    """The header's value for a file of this human name; ASCII whatever the name is.

    The quoted form is for readers that know no RFC 8187: what it cannot carry becomes "_" there.
    """
    clean = plain_name(name)
    kind = "inline" if inline else "attachment"
    simple = "".join(character if " " <= character <= "~" and character not in '"\\%' else "_" for character in clean)
    value = f'{kind}; filename="{simple}"'
    if simple != clean:
        value += f"; filename*=UTF-8''{quote(clean, safe=_ATTRIBUTE_CHARACTERS)}"
    return value
