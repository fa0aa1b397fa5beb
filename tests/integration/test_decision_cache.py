"""Decisions that nginx keeps for a moment, where that is switched on; and the limits of persons and links."""
from __future__ import annotations

import time
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from privmedia.access.permissions import Permission
from privmedia.delivery.headers import PRIVATE_FILE_CACHING, PRIVATE_FILE_HEADERS
from tests.private_library import POSTER, PrivateLibrary, pattern
from tests.sites import QUICK, Answer, Site, behind_nginx

CONTENT = pattern(300_000)
SECONDS = 2
KEPT = {"PRIVMEDIA_DECISION_CACHE": str(SECONDS), "PRIVMEDIA_PERSON_CONNECTIONS": "3"}


@pytest.fixture(scope="module", params=["gunicorn", "uwsgi"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(request.param)
    with behind_nginx(folder, request.param, environment={**QUICK, **KEPT}) as site:
        for name in ("member", "other"):
            site.library.add_person(name, allow=Permission.VIEW | Permission.DOWNLOAD)
        site.library.add_person("stranger")
        yield site


@pytest.fixture
def item(site: Site) -> str:
    return site.library.add_item(CONTENT)


def questions(site: Site, item: str) -> int:
    """How often the application was asked about an item: nginx has kept its own word otherwise."""
    assert site.stack is not None
    kept = list((site.stack.folder / "nginx" / "decisions").rglob("*"))
    return sum(item.encode() in path.read_bytes() for path in kept if path.is_file())


def facts(answer: Answer) -> tuple[int, bytes]:
    return answer.status, answer.body


def test_a_yes_is_kept_for_nobody_else_and_for_nothing_else(site: Site, item: str) -> None:
    """Member, stranger, nobody, then the member on another item, all within the time a decision is kept."""
    closed = PrivateLibrary(site.library.installation).add_item(CONTENT)
    began = time.monotonic()
    for file, content in (("play.mp4", CONTENT), ("poster.webp", POSTER)):
        assert facts(site.ask(f"/smedia/{item}/{file}", "member")) == (200, content)
        assert questions(site, item) >= 1, "the decision is kept at all"
        refused = facts(site.ask("/smedia/0000000000000000/play.mp4", "stranger"))
        for name in ("stranger", ""):
            assert facts(site.ask(f"/smedia/{item}/{file}", name)) == refused
        assert facts(site.ask(f"/smedia/{closed}/{file}", "member")) == refused
        assert facts(site.ask(f"/smedia/{item}/{file}", "other")) == (200, content)
        assert facts(site.ask(f"/smedia/{item}/{file}", "member")) == (200, content)
    both = {"Cookie": site.library.cookie("stranger")["Cookie"] + "; x=" + site.library.tokens["member"]}
    assert site.ask(f"/smedia/{item}/play.mp4", headers=both).status == 404
    assert time.monotonic() - began < 5


def test_what_is_kept_is_answered_as_what_is_not(site: Site, item: str) -> None:
    address = f"/smedia/{item}/play.mp4"

    def described(answer: Answer) -> dict[str, str]:
        return {name.lower(): value for name, value in answer.headers.items() if name not in ("Date", "Connection")}

    for headers in ({}, {"Range": "bytes=5-9"}, {"Range": "bytes=0-1,3-4"}, {"Range": "bytes=900000-"}):
        kept = site.ask(address, "member", headers=headers)
        strict = site.ask(f"{address}?v=1", "member", headers=headers)
        assert facts(kept) == facts(strict), headers
        assert described(kept) == described(strict), headers
    whole = site.ask(address, "member")
    assert {name: whole.headers[name] for name in PRIVATE_FILE_HEADERS} == PRIVATE_FILE_HEADERS
    assert whole.headers.get_all("Cache-Control") == [PRIVATE_FILE_CACHING]
    assert site.ask(address, "member", headers={"If-None-Match": whole.headers["ETag"]}).status == 304
    assert site.ask(address, "member", method="HEAD").headers["Content-Length"] == str(len(CONTENT))
    assert site.ask(address, "member", method="POST").status == 405


def test_a_right_that_is_taken_away_is_gone_within_the_time_that_is_said(site: Site, item: str) -> None:
    site.library.add_person("leaver", allow=Permission.VIEW)
    address = f"/smedia/{item}/play.mp4"
    assert site.ask(address, "leaver").status == 200
    site.library.set_rule("leaver")
    taken = time.monotonic()
    while site.ask(address, "leaver").status == 200:
        assert time.monotonic() - taken < SECONDS
        time.sleep(0.02)
    for _ in range(10):
        assert site.ask(address, "leaver").status == 404


def test_only_view_of_the_current_version_is_kept(site: Site) -> None:
    site.library.add_person("editor", allow=Permission.VIEW | Permission.DOWNLOAD | Permission.EDIT)
    item = site.library.add_item(CONTENT)
    site.library.add_version(item, b"the newer one")
    assert site.ask(f"/smedia/{item}/play.mp4?v=1", "editor").body == CONTENT
    assert site.ask(f"/smedia/{item}/original/T4%20newer.mp4", "editor").status == 200
    assert questions(site, item) == 0
    assert site.ask(f"/smedia/{item}/play.mp4", "editor").body == b"the newer one"
    assert site.ask(f"/smedia/{item}/play.mp4?v=1", "member").status == 404


def test_nobody_but_nginx_may_ask_for_a_decision(site: Site, item: str) -> None:
    for address in (f"/decision/{item}/play.mp4", f"/decision/{item}/hls/v1/x.m3u8", "/privmedia-decides"):
        answer = site.ask(address, "member")
        assert answer.status == 404
        assert "x-accel" not in str(answer.headers).lower()


def test_one_person_fetches_no_more_at_once_than_the_settings_say(site: Site) -> None:
    item = site.library.add_item(bytes(64 << 20))
    held = []
    for _ in range(3):
        connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request("GET", f"/smedia/{item}/play.mp4?v=1", headers=site.library.cookie("member"))
        answer = connection.getresponse()
        assert answer.status == 200
        held.append((connection, answer))
    assert site.ask(f"/smedia/{item}/play.mp4?v=1", "member").status == 429
    assert site.ask(f"/smedia/{item}/poster.webp?v=1", "other").status == 200
    for connection, answer in held:
        answer.close()
        connection.close()
