"""Languages of captions: tags as browsers know them (BCP 47), and what people call them."""
from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from privmedia.errors import Invalid

TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2}", re.ASCII)
# What team libraries are in, before the long tail; with the regions whose captions differ in more than spelling.
OFFERED = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "en-gb", "en-us", "es", "es-419", "et", "fa", "fi", "fil",
    "fr", "fr-ca", "ga", "gl", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "ko", "lt", "lv",
    "mk", "mn", "ms", "nb", "nl", "nn", "pa", "pl", "pt", "pt-br", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw",
    "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh", "zh-hans", "zh-hant",
)


def language_tag(text: str) -> str:
    """The tag in small letters, as it stands in addresses. Raises Invalid."""
    tag = text.strip().lower().replace("_", "-")
    if not TAG.fullmatch(tag) or _locale(tag) is None:
        raise Invalid("Choose the language the captions are in.", "language")
    return tag


def tag_in(word: str) -> str:
    """The tag that a word means, `de` for `ger` and `deu` as well, which browsers know it by; "" if it means none."""
    try:
        tag = language_tag(word)
    except Invalid:
        return ""
    return str(get_global("language_aliases").get(tag, tag))


def name_of(tag: str, reader: str = "") -> str:
    """What a language is called by its own speakers, or in the reader's language; the tag where nobody knows."""
    locale = _locale(tag)
    if locale is None:
        return tag
    name = locale.get_display_name(reader or None) or tag
    return name[0].upper() + name[1:]


def offered(reader: str) -> list[tuple[str, str]]:
    """Tags and names to choose from, in the order of the names."""
    return sorted(((tag, name_of(tag, reader)) for tag in OFFERED), key=lambda choice: choice[1].casefold())


@lru_cache(maxsize=512)
def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
