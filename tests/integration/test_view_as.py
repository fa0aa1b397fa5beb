"""Seeing as somebody else, through the real nginx: pages, files, forms, and the moment it ends."""
from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from sqlalchemy import delete

from privmedia.access.permissions import Permission
from privmedia.accounts.models import User, Viewpoint
from privmedia.db import writing
from tests.sites import Answer, Site, with_a_library_of_its_own

CONTENT = b"every byte of it" * 100
ORIGINAL = "original/T4%20bench.mp4"


@pytest.fixture
def site(nginx: Site) -> Iterator[Site]:
    with with_a_library_of_its_own(nginx) as site:
        site.library.add_person("Maren", admin=True)
        site.library.add_person("Jonas", allow=Permission.DOWNLOAD | Permission.EDIT)
        site.library.add_person("Leila")
        yield site


def send(site: Site, address: str, **fields: str) -> Answer:
    """A form of Maren's, with the token of her own pages."""
    token = re.search(rb'name="csrf_token" value="([0-9a-f]+)"', site.ask("/", "Maren").body)
    assert token is not None
    body = urlencode({"csrf_token": token[1].decode(), **fields}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return site.ask(address, "Maren", method="POST", headers=kind, body=body)


def look_as(site: Site, name: str) -> None:
    with writing(site.library.installation.sessions) as session:
        uid = session.get_one(User, site.library.user_ids[name]).uid
    assert send(site, f"/view-as/{uid}").status == 303


def statuses(site: Site, item: str) -> dict[str, int]:
    files = ("play.mp4", "poster.webp", ORIGINAL)
    asked = [f"/m/{item}", "/admin/users", *(f"/smedia/{item}/{file}" for file in files)]
    return {address.rpartition("/")[2]: site.ask(address, "Maren").status for address in asked}


def test_the_gate_gives_who_looks_what_the_other_may_view_and_no_original(site: Site) -> None:
    item = site.library.add_item(CONTENT)
    name = ORIGINAL.rpartition("/")[2]
    everything = {item: 200, "users": 200, "play.mp4": 200, "poster.webp": 200, name: 200}
    assert statuses(site, item) == everything
    look_as(site, "Jonas")
    assert statuses(site, item) == {**everything, "users": 403, name: 403}
    part = site.ask(f"/smedia/{item}/play.mp4", "Maren", headers={"Range": "bytes=16-31"})
    assert (part.status, part.body) == (206, CONTENT[16:32])
    assert CONTENT[:16] not in site.ask(f"/smedia/{item}/{ORIGINAL}", "Maren").body
    refused = send(site, f"/m/{item}/edit", title="Mine now")
    assert refused.status == 403
    assert b"Not while you see the library as Jonas" in refused.body
    assert send(site, "/view-as/stop").status == 303
    assert statuses(site, item) == everything
    look_as(site, "Leila")
    nothing = dict.fromkeys(everything, 404)
    assert statuses(site, item) == {**nothing, "users": 403}
    send(site, "/view-as/stop")


def test_a_view_that_is_taken_away_ends_at_the_next_request_of_every_kind(site: Site) -> None:
    item = site.library.add_item(CONTENT)
    look_as(site, "Leila")
    assert site.ask(f"/smedia/{item}/play.mp4", "Maren").status == 404
    with writing(site.library.installation.sessions) as session:
        session.execute(delete(Viewpoint))
    assert site.ask(f"/smedia/{item}/play.mp4", "Maren").status == 200
    assert site.ask(f"/smedia/{item}/{ORIGINAL}", "Maren").status == 200
    assert b"You see the library as" not in site.ask("/", "Maren").body
