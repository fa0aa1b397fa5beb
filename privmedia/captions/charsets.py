"""The characters of an uploaded text: told by the file itself, or by whoever sent it and sees what each gives."""
from __future__ import annotations

import codecs
from dataclasses import dataclass

from privmedia.text import mark as _

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

# In the order in which they are offered. `utf-16-le` and `-be` only where no byte order mark told.
CHARSETS = {
    "cp1252": _("Western European (Windows-1252)"),
    "cp1250": _("Central European (Windows-1250)"),
    "cp1251": _("Cyrillic (Windows-1251)"),
    "cp1253": _("Greek (Windows-1253)"),
    "cp1254": _("Turkish (Windows-1254)"),
    "cp1257": _("Baltic (Windows-1257)"),
    "cp1255": _("Hebrew (Windows-1255)"),
    "cp1256": _("Arabic (Windows-1256)"),
    "gb18030": _("Chinese, simplified (GB 18030)"),
    "big5": _("Chinese, traditional (Big5)"),
    "shift_jis": _("Japanese (Shift JIS)"),
    "euc_kr": _("Korean (EUC-KR)"),
    "koi8_r": _("Russian (KOI8-R)"),
    "utf-16-le": _("Unicode (UTF-16, little endian)"),
    "utf-16-be": _("Unicode (UTF-16, big endian)"),
}
PREVIEWED = 3
"""Lines shown of each choice: the first with letters that are not plain."""


@dataclass(frozen=True)
class Reading:
    """What a text would be in one charset."""

    charset: str
    name: str
    lines: list[str]


def told(data: bytes) -> str | None:
    """The text, where the file leaves no doubt: UTF-8, or Unicode with a byte order mark. None: somebody has to say."""
    for mark, charset in MARKS:
        if data.startswith(mark):
            return _decoded(data, charset)
    return _decoded(data, "utf-8")


def as_said(data: bytes, charset: str) -> str | None:
    """The text in a charset somebody chose; None if it is none of ours, or does not fit the bytes."""
    return _decoded(data, charset) if charset in CHARSETS else None


def readings(data: bytes) -> list[Reading]:
    """The charsets that the bytes may be in, each with the lines that tell whether they are."""
    found = []
    for charset, name in CHARSETS.items():
        if charset.startswith("utf-16") and data.count(0) < len(data) // 8:
            continue
        text = _decoded(data, charset)
        if text is not None and "-->" in text:
            found.append(Reading(charset, name, _telling(text)))
    return found


def _telling(text: str) -> list[str]:
    lines = [line.strip()[:80] for line in text.splitlines() if not line.isascii()]
    return lines[:PREVIEWED]


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None
