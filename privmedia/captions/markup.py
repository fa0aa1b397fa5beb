"""The markup inside a caption: what WebVTT allows stays (W3C WebVTT, 6.4), the rest becomes text or goes."""
from __future__ import annotations

import re
import unicodedata

from privmedia.media.timed_text import escaped
from privmedia.text import TURNING

# No part may begin with what the part before it takes: looking for the end of a tag that has none would take too long.
TAG = re.compile(r"<(/?)([a-zA-Z]*)(|[^a-zA-Z<>][^<>]*)>")
SIMPLE = frozenset({"b", "i", "u", "ruby", "rt"})
MOMENT = re.compile(r"(?:\d{2,3}:)?[0-5]\d:[0-5]\d\.\d{3}", re.ASCII)
CLASS = re.compile(r"(?:\.[A-Za-z][\w-]{0,30}){1,4}", re.ASCII)
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
# {\an8} and its like, which SubRip files inherit from SubStation Alpha.
OVERRIDE = re.compile(r"\{\\[^{}]*\}")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": "\u00a0", "&quot;": '"', "&#39;": "'", "&lrm;": "", "&rlm;": ""}
ENTITY = re.compile("|".join(map(re.escape, (*ENTITIES, "&amp;"))))
VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s([^<>]*)>")


def cleaned(text: str) -> str:
    """A caption's text with markup of WebVTT alone, composed (NFC), without empty lines and hidden characters."""
    text = OVERRIDE.sub("", text)
    parts: list[str] = []
    opened: list[str] = []
    end = 0
    for tag in TAG.finditer(text):
        parts.append(_escaped(text[end : tag.start()]))
        parts.append(_tag(tag, opened))
        end = tag.end()
    parts.append(_escaped(text[end:]))
    parts += [f"</{name}>" for name in reversed(opened)]
    lines = [" ".join(line.split()) for line in "".join(parts).split("\n")]
    return "\n".join(line for line in lines if line)


def plain(markup: str) -> str:
    """The words of a cleaned caption on one line; who speaks stands before them."""
    named = VOICE.sub(lambda voice: f"{voice[1].strip()}: ", markup)
    return " ".join(_unescaped(TAG.sub("", named)).split())


def _tag(tag: re.Match[str], opened: list[str]) -> str:
    closing, name, rest = tag[1], tag[2].lower(), tag[3].strip()
    if not name and not closing:
        return f"<{rest}>" if MOMENT.fullmatch(rest) else ""
    if closing:
        if name not in opened:
            return ""
        inner = opened[opened.index(name) :]
        del opened[opened.index(name) :]
        return "".join(f"</{one}>" for one in reversed(inner))
    kept = _opening(name, rest)
    if kept:
        opened.append(name)
    return kept


def _opening(name: str, rest: str) -> str:
    if name in SIMPLE:
        return f"<{name}>"
    if name == "c":
        return f"<c{rest}>" if CLASS.fullmatch(rest) else "<c>"
    if name == "v" and rest and not rest.startswith("."):
        return f"<v {_escaped(' '.join(rest.split()))[:100]}>"
    if name == "lang" and LANGUAGE.fullmatch(rest):
        return f"<lang {rest}>"
    return ""


def _escaped(text: str) -> str:
    text = unicodedata.normalize("NFC", _unescaped(text))
    kept = "".join(
        character
        for character in text
        if character == "\n" or (unicodedata.category(character) not in ("Cc", "Cs") and character not in TURNING)
    )
    return escaped(kept)


def _unescaped(text: str) -> str:
    return ENTITY.sub(lambda entity: ENTITIES.get(entity[0], "&"), text)
