"""Lines of nginx's log in the format that `front-config nginx` writes: what was sent of which item."""
from __future__ import annotations

import re
from typing import NamedTuple

from privmedia.traffic.models import Sort

_LINE = re.compile(
    rb'\S+ \[(?P<day>\d{4}-\d\d-\d\d)T[^\]]*\] "(?P<method>[A-Z]+) (?P<address>\S+|\(unusual address\)) [^"]*" '
    rb"(?P<status>\d{3}) (?P<sent>\d+) [\d.]+ [0-9a-f]{32} "
)
_FILE = re.compile(rb"/smedia/(?P<item>[0-9a-z]{16})/(?P<file>.+)")
WATCHED = (b"play.", b"page-", b"hls/")
DOWNLOADED = b"original/"


class Sent(NamedTuple):
    """What one line says. `item` is the public id; empty where the line is about no item."""

    day: str
    item: str
    sort: Sort
    size: int


def read_line(line: bytes) -> Sent | None:
    """None for a line of another format."""
    match = _LINE.match(line)
    if match is None:
        return None
    file = _FILE.fullmatch(match["address"])
    counts = file is not None and match["method"] == b"GET" and match["status"] in (b"200", b"206")
    if file is None or not counts:
        return Sent(match["day"].decode(), "", Sort.OTHER, 0)
    if file["file"].startswith(DOWNLOADED):
        sort = Sort.DOWNLOADED
    else:
        sort = Sort.WATCHED if file["file"].startswith(WATCHED) else Sort.OTHER
    return Sent(match["day"].decode(), file["item"].decode(), sort, int(match["sent"]))
