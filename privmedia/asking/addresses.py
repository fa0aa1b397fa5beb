"""Which addresses one may ask for access to: those of folders and items, and of the pages below them."""
from __future__ import annotations

import re

from privmedia.ids import PATTERN

ASKABLE = re.compile(rf"/(?P<kind>[fm])/(?P<uid>{PATTERN.pattern})(?:/.*)?", re.ASCII | re.DOTALL)
THINGS = {"f": "folder", "m": "item"}


def askable(path: str) -> str:
    """The address of the folder or item that a path speaks of, by its shape alone; empty for any other."""
    found = ASKABLE.fullmatch(path)
    return f"/{found['kind']}/{found['uid']}" if found else ""


def thing_of(address: str) -> tuple[str, str]:
    """`folder` or `item`, and the public id, of an address made by `askable`."""
    _, kind, uid = address.split("/")
    return THINGS[kind], uid
