"""`privmedia ingest-log` on the log of the real nginx: the bytes that were sent."""
from __future__ import annotations

import json
import time

from privmedia.access.permissions import Permission
from tests.private_library import POSTER, pattern
from tests.sites import Site


def test_the_bytes_nginx_has_sent_are_known(nginx: Site) -> None:
    assert nginx.stack is not None
    nginx.library.add_person("viewer", allow=Permission.VIEW | Permission.DOWNLOAD)
    item = nginx.library.add_item(pattern(50_000))
    for address, header in (
        ("play.mp4", "bytes=0-999"),
        ("play.mp4", "bytes=-1"),
        ("original/T4%20bench.mp4", "bytes=0-9"),
        ("poster.webp", "items=1"),
    ):
        assert nginx.ask(f"/smedia/{item}/{address}", "viewer", headers={"Range": header}).status in (200, 206)
    assert nginx.ask(f"/smedia/{item}/play.mp4").status == 404
    log = nginx.stack.folder / "log" / "privmedia-access.log"
    wanted = {"watched": 1001, "downloaded": 10, "other": len(POSTER), "total": 1011 + len(POSTER)}
    deadline = time.monotonic() + 20
    while True:
        nginx.privmedia("ingest-log", str(log))
        found = json.loads(nginx.privmedia("traffic", "--json", "--limit", "1000").stdout)
        sums = {key: value for each in found if each["item"] == item for key, value in each.items() if key in wanted}
        if sums == wanted:
            break
        assert time.monotonic() < deadline, sums
