"""The whole way of a private byte: real nginx in front of real gunicorn and real uWSGI."""
from __future__ import annotations

import time
from pathlib import Path

import pytest

from privmedia.delivery.headers import BARE_ANSWER_HEADERS, PRIVATE_FILE_HEADERS
from privmedia.operations.front_servers import STRIPPED
from tests.contracts.ranges import CONTENT, PARTS, SIZE, UNSATISFIABLE, WHOLE
from tests.contracts.spellings import SPELLINGS
from tests.sites import Answer, Site

MISSING = "0000000000000000"


@pytest.fixture(scope="session")
def item(site: Site) -> str:
    return site.library.add_item(CONTENT)


def facts(answer: Answer) -> tuple[object, ...]:
    """Everything of an answer but the time of day."""
    return answer.status, answer.body, [(name, value) for name, value in answer.headers.items() if name != "Date"]


def test_a_member_gets_every_range_right_to_the_byte(site: Site, item: str) -> None:
    address = f"/smedia/{item}/play.mp4"
    for header, start, stop in PARTS:
        answer = site.ask(address, "member", headers={"Range": header})
        assert (answer.status, answer.body) == (206, CONTENT[start:stop]), header
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    for header in WHOLE:
        assert site.ask(address, "member", headers={"Range": header}).body == CONTENT, header
    for header in UNSATISFIABLE:
        assert site.ask(address, "member", headers={"Range": header}).status == 416, header


@pytest.mark.parametrize("file", ["play.mp4", "poster.webp", "original/T4%20bench.mp4"])
def test_a_stranger_gets_for_a_file_what_he_gets_for_a_missing_id(file: str, site: Site, item: str) -> None:
    assert site.ask(f"/smedia/{item}/{file}", "member").status == 200
    missing = facts(site.ask(f"/smedia/{MISSING}/{file}", "stranger"))
    assert missing[0] == 404
    for name in ("stranger", ""):
        assert facts(site.ask(f"/smedia/{item}/{file}", name)) == missing


def test_a_stranger_gets_for_a_page_what_he_gets_for_a_missing_id(site: Site, item: str) -> None:
    missing = facts(site.ask(f"/m/{MISSING}", "stranger"))
    assert missing[0] == 404
    assert facts(site.ask(f"/m/{item}", "stranger")) == missing
    assert site.ask(f"/m/{item}", "member").status == 200
    for which in (item, MISSING):
        unsigned = site.ask(f"/m/{which}")
        assert unsigned.status == 303
        assert unsigned.headers["Location"].endswith(f"/login?next=%2Fm%2F{which}")


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_where_private_files_lie_cannot_be_asked_for(spelling: str, site: Site, item: str) -> None:
    path = site.library.installation.storage.relative_path(item, 1, "original")
    address = spelling.format(path=path, port=site.port)
    cookie = site.library.cookie("member")["Cookie"]
    raw = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"
    answer = site.send(raw.encode())
    assert answer.split(b" ", 2)[1] == b"404", answer[:200]
    assert CONTENT[100:200] not in answer


def test_folders_of_files_are_not_listed(site: Site, item: str) -> None:
    for address in ("/pmedia/", "/media/", "/static/", f"/pmedia/{item[:2]}/", "/smedia/"):
        answer = site.ask(address, "member")
        assert answer.status in (403, 404), address
        assert item.encode() not in answer.body


def test_what_a_client_says_about_sending_files_has_no_effect(site: Site, item: str) -> None:
    storage = site.library.installation.storage
    path = storage.relative_path(item, 1, "original")
    steering = {
        "X-Accel-Redirect": f"/pmedia/{path}",
        "X-Accel-Mapping": f"{storage.root}=/pmedia/",
        "X-Sendfile-Type": "X-Accel-Redirect",
        "X-Sendfile": str(storage.version_folder(item, 1) / "original"),
        "X-Body-File": "/etc/passwd",
        "X-Accel-Limit-Rate": "1",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "203.0.113.9",
        "X-Original-Url": f"/smedia/{item}/play.mp4",
        "X-Rewrite-Url": f"/smedia/{item}/play.mp4",
    }
    for address in (f"/smedia/{item}/play.mp4", f"/m/{item}", "/healthz", "/login"):
        plain, steered = site.ask(address, "stranger"), site.ask(address, "stranger", headers=steering)
        assert (steered.status, steered.headers.get("Location")) == (plain.status, plain.headers.get("Location"))
        assert CONTENT[:100] not in steered.body
        assert b"evil" not in steered.body
    assert site.ask(f"/smedia/{item}/play.mp4", "member", headers=steering).body == CONTENT
    assert {name.lower() for name in steering} - {name.lower() for name in STRIPPED} == {"x-forwarded-for"}


def test_answers_carry_no_trace_of_where_files_lie(site: Site, item: str) -> None:
    for name in ("member", "stranger"):
        for address in (f"/smedia/{item}/play.mp4", f"/smedia/{MISSING}/play.mp4", "/pmedia/ab", "/nothing"):
            headers = str(site.ask(address, name).headers).lower()
            assert "pmedia" not in headers
            assert "x-accel" not in headers
            assert "gunicorn" not in headers
            assert "uwsgi" not in headers
            assert "nginx/" not in headers


@pytest.mark.parametrize(
    ("address", "name", "status"),
    [
        ("/smedia/{item}/play.mp4", "member", 200),
        ("/smedia/{item}/play.mp4", "", 404),
        ("/", "", 303),
        ("/login", "", 200),
        ("/nothing", "member", 404),
        ("/pmedia/x", "", 404),
        ("/media/x", "", 404),
        ("/static/x", "", 404),
        ("/static/manifest.json", "", 200),
        ("/healthz", "", 200),
        ("/" + "x" * 9000, "", 414),
        ("/%00", "", 400),
    ],
)
def test_every_answer_nginxs_own_included_carries_the_protecting_headers(
    address: str, name: str, status: int, site: Site, item: str
) -> None:
    answer = site.ask(address.format(item=item), name)
    assert answer.status == status
    for header in ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"):
        assert len(answer.headers.get_all(header, [])) == 1, header
    assert answer.headers["Server"] == "nginx"
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_no_shared_cache_may_keep_anything_private(site: Site, item: str) -> None:
    for name in ("member", "stranger", ""):
        for address in (f"/smedia/{item}/play.mp4", f"/smedia/{item}/poster.webp", f"/m/{item}", "/"):
            for headers in ({}, {"Range": "bytes=0-1"}, {"Range": f"bytes={SIZE}-"}):
                caching = site.ask(address, name, headers=headers).headers["Cache-Control"]
                assert "private" in caching or "no-store" in caching, (name, address, headers)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "", "media.example.com:443", "127.0.0.1:{port}.evil.example"]
)
def test_other_names_are_refused_and_health_is_not(host: str, site: Site, item: str) -> None:
    host = host.format(port=site.port)
    for address, expected in (("/login", 421), (f"/smedia/{item}/play.mp4", 421), ("/healthz", 200)):
        raw = f"GET {address} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        status = int(site.send(raw.encode()).split(b" ", 2)[1])
        assert status in (expected, 400), (host, address)


def test_the_name_in_an_absolute_address_does_not_overrule_the_host(site: Site) -> None:
    raw = f"GET http://127.0.0.1:{site.port}/login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    answer = site.send(raw.encode())
    assert b"evil" not in answer
    assert int(answer.split(b" ", 2)[1]) in (200, 421)


@pytest.mark.parametrize(
    "address",
    [
        "/login?next=%0d%0aSet-Cookie:%20evil=1",
        "/login?next=/%0d%0aSet-Cookie:%20evil=1",
        "/m/%0d%0aSet-Cookie:%20evil=1",
        "/smedia/{item}/play.mp4%0d%0aSet-Cookie:%20evil=1",
        "/smedia/{item}/original/%0d%0aSet-Cookie:%20evil=1",
        "//evil.example/%2e%2e",
        "/f/%0aSet-Cookie:evil=1?x=%0d%0aSet-Cookie:%20evil=1",
    ],
)
def test_no_address_puts_a_header_into_an_answer(address: str, site: Site, item: str) -> None:
    for name in ("member", ""):
        answer = site.ask(address.format(item=item), name)
        assert "evil=1" not in (answer.headers["Set-Cookie"] or "")
        assert not (answer.headers["Location"] or "").startswith(("//", "http://evil", "https://evil"))


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked, identity",),
        ("Content-Length: -1",),
    ],
)
def test_requests_with_two_ends_get_one_refusal(lines: tuple[str, ...], site: Site) -> None:
    smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    head = "\r\n".join((f"POST /login HTTP/1.1\r\nHost: 127.0.0.1:{site.port}", *lines))
    answer = site.send(f"{head}\r\n\r\n0\r\n\r\n{smuggled}".encode())
    assert answer.count(b"HTTP/1.1 ") == 1
    assert int(answer.split(b" ", 2)[1]) in (400, 501)


def test_addresses_that_are_a_key_are_masked_in_every_log(site: Site, log_folder: Path) -> None:
    key = "Sesame-opens-0123456789"
    for address in (
        f"/setup/{key}",
        f"/s/{key}",
        f"/give/{key}/x",
        f"/invite/{key}",
        f"/reset/{key}",
        f"/smedia/~{key}/{MISSING}/play.mp4",
        f"/Setup/{key}",
        f"//setup/{key}",
        f"/%73etup/{key}",
        f"/x/../setup/{key}",
        f"/setup%2f{key}",
        f"/./s/{key}",
        f"/smedia/%7e{key}/x",
        f"/login?next=/setup/{key}",
    ):
        for name in ("", "member"):
            site.ask(address, name, headers={"Referer": f"http://127.0.0.1:{site.port}/setup/{key}"})
    site.ask("/login?next=/the-last-one", headers={"User-Agent": "the last one"})
    deadline = time.monotonic() + 30
    while "the last one" not in (log_folder / "privmedia-access.log").read_text():
        assert time.monotonic() < deadline, "nginx writes its line after the answer, but it has to come"
    logs = {path.name: path.read_text(errors="replace") for path in log_folder.iterdir()}
    assert "/setup/..." in logs["privmedia-access.log"]
    assert not [name for name, text in logs.items() if key in text or "the-last-one" in text]


def test_private_headers_do_not_depend_on_the_application(site: Site, item: str) -> None:
    answer = site.ask(f"/smedia/{item}/play.mp4", "member", headers={"Range": "bytes=0-1"})
    assert {name: answer.headers[name] for name in PRIVATE_FILE_HEADERS} == PRIVATE_FILE_HEADERS


def test_a_link_put_into_the_storage_is_not_followed(site: Site) -> None:
    """The application refuses to open it; nginx would as well."""
    linked = site.library.add_item(b"x")
    poster = site.library.installation.storage.version_folder(linked, 1) / "poster.webp"
    poster.unlink()
    poster.symlink_to("/etc/hostname")
    assert site.ask(f"/smedia/{linked}/poster.webp", "member").status == 404


def test_the_page_nginx_shows_for_a_file_that_vanished_is_bare(site: Site) -> None:
    assert site.ask("/pmedia/ab/cd", "member").headers["Cache-Control"] == BARE_ANSWER_HEADERS["Cache-Control"]
