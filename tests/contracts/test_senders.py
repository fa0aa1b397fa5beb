"""What every sender has to do, asked of a real server over HTTP."""
from __future__ import annotations

import base64
import os
import re
import threading
import time
import unicodedata
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from urllib.parse import quote, unquote, urlsplit

import pytest

from privmedia.access.permissions import Permission
from privmedia.delivery.headers import (
    PRIVATE_FILE_CACHING,
    PRIVATE_FILE_HEADERS,
    PUBLIC_FILE_CACHING,
    PUBLIC_FILE_HEADERS,
)
from privmedia.delivery.probing import FILE
from privmedia.header_settings import SPOKEN
from privmedia.operations.doctor.probe import probing
from privmedia.operations.doctor.visiting import PublicAddress
from tests.contracts.ranges import CONTENT, PARTS, SIZE, UNSATISFIABLE, WHOLE
from tests.contracts.spellings import SPELLINGS
from tests.sites import Answer, Site
from tests.unit.media.conftest import picture as drawn

PNG = drawn("PNG")
OTHER_DAY = "Mon, 01 Jan 2001 00:00:00 GMT"


@pytest.fixture(scope="session")
def address(site: Site) -> str:
    """A file of yesterday: for Apache a date says something only when it is a minute old (RFC 9110 section 8.8.2.2)."""
    item = site.library.add_item(CONTENT)
    yesterday = time.time() - 86400
    os.utime(site.library.installation.storage.version_folder(item, 1) / "original", (yesterday, yesterday))
    return f"/smedia/{item}/play.mp4"


@pytest.fixture(scope="session")
def whole(site: Site, address: str) -> Answer:
    return site.ask(address, "member")


def has_private_headers(answer: Answer) -> bool:
    # nginx writes the headers of a location twice on 416, and Apache a list without its spaces.
    def said(name: str) -> set[str]:
        return {", ".join(part.strip() for part in line.split(",")) for line in answer.headers.get_all(name, [])}

    return all(said(name) == {value} for name, value in PRIVATE_FILE_HEADERS.items())


def test_a_file_arrives_whole_with_what_describes_and_protects_it(whole: Answer) -> None:
    assert whole.status == 200
    assert whole.body == CONTENT
    assert has_private_headers(whole)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Content-Length"] == str(SIZE)
    assert whole.headers["Content-Disposition"] == 'inline; filename="T4 bench.mp4"'
    assert whole.headers.get_all("Cache-Control") == [PRIVATE_FILE_CACHING]
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["ETag"].startswith('"')
    assert parsedate_to_datetime(whole.headers["Last-Modified"])
    assert "X-Accel-Redirect" not in whole.headers
    assert "pmedia" not in str(whole.headers)


@pytest.mark.parametrize(("header", "start", "stop"), PARTS)
def test_a_range_gets_exactly_its_bytes(header: str, start: int, stop: int, site: Site, address: str) -> None:
    answer = site.ask(address, "member", headers={"Range": header})
    assert answer.status == 206
    assert answer.body == CONTENT[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert has_private_headers(answer)


@pytest.mark.parametrize("header", WHOLE)
def test_several_ranges_and_other_units_get_the_whole_file(header: str, site: Site, address: str) -> None:
    answer = site.ask(address, "member", headers={"Range": header})
    assert (answer.status, answer.body) == (200, CONTENT)


@pytest.mark.parametrize("header", UNSATISFIABLE)
def test_what_lies_outside_the_file_is_416_with_its_size(header: str, site: Site, address: str) -> None:
    answer = site.ask(address, "member", headers={"Range": header})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
    assert has_private_headers(answer)


def test_a_range_counts_if_the_file_is_still_the_one_the_client_has(site: Site, address: str, whole: Answer) -> None:
    statuses = {
        if_range: site.ask(address, "member", headers={"Range": "bytes=10-19", "If-Range": if_range})
        for if_range in (
            whole.headers["ETag"],
            whole.headers["Last-Modified"],
            "W/" + whole.headers["ETag"],
            '"another"',
            OTHER_DAY,
            "nonsense",
        )
    }
    assert [answer.status for answer in statuses.values()] == [206, 206, 200, 200, 200, 200]
    assert all(answer.body == CONTENT for answer in statuses.values() if answer.status == 200)


def test_head_says_what_get_would_and_sends_nothing(site: Site, address: str, whole: Answer) -> None:
    def described(answer: Answer) -> dict[str, str]:
        return {name: value for name, value in answer.headers.items() if name not in ("Date", "Expires")}

    head = site.ask(address, "member", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert described(head) == described(whole)
    part = site.ask(address, "member", method="HEAD", headers={"Range": "bytes=10-19"})
    assert (part.status, part.body, part.headers["Content-Length"]) == (206, b"", "10")


def test_a_file_the_client_has_is_not_sent_again(site: Site, address: str, whole: Answer) -> None:
    etag, modified = whole.headers["ETag"], whole.headers["Last-Modified"]
    for headers in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"another", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
        {"If-None-Match": etag, "If-Modified-Since": modified},
        {"If-None-Match": etag, "Range": "bytes=0-1"},
    ):
        answer = site.ask(address, "member", headers=headers)
        assert (answer.status, answer.body) == (304, b""), headers
        assert answer.headers["ETag"] == etag
        assert has_private_headers(answer)


def test_a_file_the_client_has_another_state_of_is_sent(site: Site, address: str, whole: Answer) -> None:
    for headers in (
        {"If-None-Match": '"another"'},
        {"If-Modified-Since": OTHER_DAY},
        {"If-Modified-Since": "nonsense"},
        {"If-None-Match": '"another"', "If-Modified-Since": whole.headers["Last-Modified"]},
        {"If-Match": whole.headers["ETag"]},
        {"If-Match": "*"},
        {"If-Unmodified-Since": whole.headers["Last-Modified"]},
    ):
        assert site.ask(address, "member", headers=headers).status == 200, headers
    for headers in ({"If-Match": '"another"'}, {"If-Unmodified-Since": OTHER_DAY}):
        answer = site.ask(address, "member", headers=headers)
        assert answer.status == 412, headers
        assert CONTENT not in answer.body
        site.connection.close()  # nginx promises to keep it open after this answer, and does not


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_file_can_only_be_read(method: str, site: Site, address: str) -> None:
    answer = site.ask(address, "member", method=method, headers={"Range": "bytes=0-1"})
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.body[:2] != CONTENT[:2]


def test_an_empty_file_is_sent_empty(site: Site) -> None:
    empty = f"/smedia/{site.library.add_item(b'')}/play.mp4"
    for headers in ({}, {"Range": "bytes=0-"}):
        answer = site.ask(empty, "member", headers=headers)
        assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


def test_the_end_of_a_very_large_file_can_be_asked_for(site: Site) -> None:
    item = site.library.add_item(b"-")
    size = 5 * 2**30
    with (site.library.installation.storage.version_folder(item, 1) / "original").open("r+b") as original:
        original.truncate(size - 4)
        original.seek(0, os.SEEK_END)
        original.write(b"tail")
    answer = site.ask(f"/smedia/{item}/play.mp4", "member", headers={"Range": "bytes=-4"})
    assert (answer.status, answer.body) == (206, b"tail")
    assert answer.headers["Content-Range"] == f"bytes {size - 4}-{size - 1}/{size}"


def test_many_players_at_once_each_get_their_own_part(site: Site, address: str) -> None:
    wrong: list[object] = []

    def play(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
        for step in range(10):
            start = (number * 7919 + step * 104729) % (SIZE - 5000)
            headers = {**site.library.cookie("member"), "Range": f"bytes={start}-{start + 4999}"}
            connection.request("GET", address, headers=headers)
            answer = connection.getresponse()
            if (answer.status, answer.read()) != (206, CONTENT[start : start + 5000]):
                wrong.append((number, step, answer.status))
        connection.close()

    players = [threading.Thread(target=play, args=(number,)) for number in range(8)]
    for player in players:
        player.start()
    for player in players:
        player.join()
    assert not wrong


def test_originals_are_saved_and_posters_are_shown(site: Site) -> None:
    item = site.library.add_item(CONTENT, filename="Prüfstand 🚀 100%.mp4")
    original = site.ask(f"/smedia/{item}/original/Pr%C3%BCfstand%20%F0%9F%9A%80%20100%25.mp4", "member")
    assert original.body == CONTENT
    assert original.headers["Content-Disposition"] == (
        "attachment; filename=\"Pr_fstand _ 100_.mp4\"; filename*=UTF-8''Pr%C3%BCfstand%20%F0%9F%9A%80%20100%25.mp4"
    )
    poster = site.ask(f"/smedia/{item}/poster.webp", "member")
    assert poster.headers["Content-Type"] == "image/webp"
    assert poster.headers["Content-Disposition"].startswith("inline;")


@pytest.mark.parametrize("file", ["play.mp4", "poster.webp", "original/T4%20bench.mp4"])
def test_strangers_get_what_they_get_for_an_id_that_does_not_exist(file: str, site: Site, address: str) -> None:
    def facts(answer: Answer) -> tuple[object, ...]:
        return answer.status, answer.body, [(name, value) for name, value in answer.headers.items() if name != "Date"]

    missing = facts(site.ask(f"/smedia/0000000000000000/{file}", "member"))
    there = address.removesuffix("play.mp4") + file
    assert missing[0] == 404
    for name in ("", "stranger"):
        assert facts(site.ask(there, name)) == missing
        assert facts(site.ask(there, name, headers={"Range": "bytes=0-1"})) == missing
    assert site.ask(there, "member").status == 200


def test_a_right_taken_away_by_another_process_is_gone_at_the_next_request(site: Site) -> None:
    library = site.library
    library.add_person("leaver", allow=Permission.VIEW)
    address = f"/smedia/{library.add_item(CONTENT)}/play.mp4"
    # Often enough that every thread of every worker has asked on its own connection and keeps it.
    for _ in range(40):
        answer = site.ask(address, "leaver", headers={"Range": "bytes=0-9"})
        assert (answer.status, answer.body) == (206, CONTENT[:10])
    with_etag = {"If-None-Match": answer.headers["ETag"]}
    assert site.ask(address, "leaver", headers=with_etag).status == 304

    library.set_rule("leaver")
    for _ in range(40):
        assert site.ask(address, "leaver", headers={"Range": "bytes=0-9"}).status == 404
    assert site.ask(address, "leaver", headers=with_etag).status == 404

    library.set_rule("leaver", Permission.VIEW)
    assert site.ask(address, "leaver", headers=with_etag).status == 304


def test_where_private_files_lie_cannot_be_asked_for(site: Site, address: str) -> None:
    path = site.library.installation.storage.relative_path(address.split("/")[2], 1, "original")
    cookie = site.library.cookie("member")["Cookie"]
    for spelling in SPELLINGS:
        asked = spelling.format(path=path, port=site.port)
        lines = (f"GET {asked} HTTP/1.1", f"Host: 127.0.0.1:{site.port}", f"Cookie: {cookie}", "Connection: close")
        answer = site.send("\r\n".join((*lines, "", "")).encode())
        assert answer.split(b" ", 2)[1] in (b"400", b"404"), (asked, answer[:200])
        assert CONTENT[100:200] not in answer


def test_what_a_client_says_of_sending_files_has_no_effect(site: Site, address: str) -> None:
    storage = site.library.installation.storage
    item = address.split("/")[2]
    steering = {
        "X-Accel-Redirect": f"/pmedia/{storage.relative_path(item, 1, 'original')}",
        "X-Sendfile": str(storage.version_folder(item, 1) / "original"),
        "X-Sendfile-Type": "X-Sendfile",
        "X-Accel-Mapping": f"{storage.root}=/pmedia/",
        "X-Forwarded-Host": "evil.example",
        "X-Body-File": "/etc/passwd",
    }
    for asked in (address, "/login", "/healthz"):
        plain, steered = site.ask(asked, "stranger"), site.ask(asked, "stranger", headers=steering)
        assert (steered.status, steered.headers.get("Location")) == (plain.status, plain.headers.get("Location"))
        assert CONTENT[:100] not in steered.body
        assert b"evil" not in steered.body
    assert site.ask(address, "member", headers=steering).body == CONTENT


@pytest.mark.parametrize("between", ["-", "_"])
def test_nobody_says_themselves_who_they_are(site: Site, between: str) -> None:
    headers = {name.replace("-", between): "admin@example.test" for name in SPOKEN}
    for asked in ("/login/header", "/account", "/"):
        plain, said = site.ask(asked), site.ask(asked, headers=headers)
        assert (said.status, said.headers.get("Location")) == (plain.status, plain.headers.get("Location"))
        assert "Set-Cookie" not in said.headers or "session" not in said.headers["Set-Cookie"]
    if site.stack is None:
        return
    with probing(site.library.installation, PublicAddress(site.stack.base_url), patience=1) as visit:
        visit.fetch(headers=headers)
        assert visit.notes_of(FILE)[-1]["arrived"] == []


@pytest.mark.parametrize("name", ["U\u0308bung e\u0301.mp4", "🚀 100%.mp4", "%41%2e%2e%2f.mp4", 'it is "so"; x=1.mp4'])
def test_names_of_every_kind_are_saved_under_what_they_are_called(name: str, site: Site) -> None:
    item = site.library.add_item(CONTENT, filename=name)
    saved = site.ask(f"/smedia/{item}/original/{quote(name, safe='')}", "member")
    assert (saved.status, saved.body) == (200, CONTENT)
    said = saved.headers["Content-Disposition"]
    kind, _, encoded = said.partition("; filename=")
    assert kind == "attachment"
    called = unquote(encoded.partition("filename*=UTF-8''")[2] or encoded.strip('"'))
    assert called == unicodedata.normalize("NFC", name)


def test_nothing_on_the_way_compresses_a_file(site: Site, address: str) -> None:
    captions = site.library.add_item(b"WEBVTT\n\n" * 2000, media_type="text/vtt", play="captions-en.vtt")
    for asked in (address, f"/smedia/{captions}/captions-en.vtt"):
        answer = site.ask(asked, "member", headers={"Accept-Encoding": "gzip, br, zstd", "Range": "bytes=0-9"})
        assert (answer.status, len(answer.body), answer.headers["Content-Encoding"]) == (206, 10, None)
        assert not answer.headers["ETag"].startswith("W/")


def test_files_are_taken_in_by_form_and_by_tus(site: Site) -> None:
    site.library.add_person("giver", allow=Permission.VIEW | Permission.UPLOAD)
    page = site.ask("/upload/plain", "giver").body.decode()
    token = re.search(r'name="csrf_token" value="(\w+)"', page)
    assert token is not None
    picture = PNG + bytes(3 << 20)
    fields = {"csrf_token": token[1], "folder": site.library.folder, "title": ""}
    body = b"".join(
        f'--xYz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    body += b'--xYz\r\nContent-Disposition: form-data; name="file"; filename="crew.png"\r\n\r\n'
    body += picture + b"\r\n--xYz--\r\n"
    form = {"Content-Type": "multipart/form-data; boundary=xYz"}
    sent = site.ask("/upload/plain", "giver", method="POST", body=body, headers=form)
    assert sent.status == 303, sent.body
    assert "/m/" in sent.headers["Location"]

    about = {"Tus-Resumable": "1.0.0", "X-CSRF-Token": token[1]}
    name = base64.b64encode(b"crew.png").decode()
    folder = base64.b64encode(site.library.folder.encode()).decode()
    announced = {**about, "Upload-Length": str(len(picture)), "Upload-Metadata": f"filename {name},folder {folder}"}
    begun = site.ask("/uploads/", "giver", method="POST", headers=announced)
    assert begun.status == 201, begun.body
    part = {**about, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    where = urlsplit(begun.headers["Location"]).path
    added = site.ask(where, "giver", method="PATCH", headers=part, body=picture)
    assert (added.status, added.headers["Upload-Offset"]) == (204, str(len(picture)))


def test_scripts_and_styles_are_kept_and_public_files_are_asked_for_anew(site: Site) -> None:
    page = site.ask("/login").body.decode()
    style = re.search(r'"(/static/[^"]+\.css)"', page)
    assert style is not None
    answer = site.ask(style[1])
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/css")
    assert len(answer.headers.get_all("Cache-Control")) == 1
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    missing = site.ask("/static/nothing.css")
    assert "max-age" not in (missing.headers["Cache-Control"] or "")
    if site.library.installation.settings.front_server != "builtin":
        assert missing.status == 404
        folder = site.library.installation.storage.root / "public" / "abcdefgh"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.pdf").write_bytes(b"%PDF-1.7")
        (folder / "link.pdf").symlink_to("/etc/hostname")
        public = site.ask("/media/abcdefgh/plan.pdf")
        assert (public.status, public.body, public.headers["Content-Type"]) == (200, b"%PDF-1.7", "application/pdf")
        assert public.headers.get_all("Cache-Control") == [PUBLIC_FILE_CACHING]
        assert public.headers["Content-Disposition"] == "attachment"
        assert {name: public.headers[name] for name in PUBLIC_FILE_HEADERS} == PUBLIC_FILE_HEADERS
        assert site.ask("/media/").status in (403, 404)
        assert site.ask("/media/abcdefgh/").status in (403, 404)
