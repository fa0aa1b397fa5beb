"""The checklist's points on receiving files, 43 to 54; docs/security.md says what each is, and where else it is proven.

Each way in is tried: the form and parts, by a person and by a link for people without an account.
"""
from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.accounts.models import User
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.models import File, Item, State, Version
from privmedia.media import find_ffmpeg
from privmedia.operations.worker import run_worker
from privmedia.quotas.service import Quotas
from privmedia.sharing.models import Link
from privmedia.uploads.models import Upload
from tests.functional.test_upload import multipart
from tests.functional.visitors import token_of
from tests.private_library import PrivateLibrary
from tests.shared_links import MadeLink, make_link
from tests.tus_client import PNG, Client
from tests.unit.media.conftest import Studio, pdf, picture, zipped

WAYS = ["the form", "parts", "a link's form", "parts by a link"]
MULTIPART = {"Content-Type": "multipart/form-data; boundary=xYz"}
TAKEN, REFUSED = (201, 204, 303), (400, 413, 415, 422)
MARK = "zq7XmarkXq7z"
FINAL = {State.READY, State.UNPLAYABLE, State.FAILED}


@dataclass
class Desk:
    """A folder, and whoever sends to it, in whichever way."""

    installation: Installation
    library: PrivateLibrary
    person: TestApp
    visitor: TestApp
    link: MadeLink

    def client(self, way: str) -> Client:
        """Of a way that sends parts."""
        if way == "parts":
            return Client(self.person, {"X-CSRF-Token": token_of(self.person)}, self.library.folder)
        key = {"X-CSRF-Token": token_of(self.visitor)}
        return Client(self.visitor, key, "", f"/uploads/send/{self.link.uid}/")

    def form(self, way: str) -> tuple[TestApp, str, list[tuple[str, str]]]:
        """Of a way that sends a form: the browser, the address, and the fields."""
        if way == "the form":
            fields = [("csrf_token", token_of(self.person)), ("folder", self.library.folder)]
            return self.person, "/upload/plain", fields
        return self.visitor, f"/upload/send/{self.link.uid}", [("csrf_token", token_of(self.visitor))]

    def send(self, way: str, filename: str, content: bytes) -> int:
        """Send a whole file; the status of the last answer."""
        if "parts" in way:
            client = self.client(way)
            answer = client.begin(len(content), about={"filename": filename})
            if answer.status_int != 201:
                return int(answer.status_int)
            path = answer.headers["Location"].removeprefix("http://media.example.test")
            return int(client.add(path, 0, content).status_int)
        app, address, fields = self.form(way)
        body = multipart(fields, [(filename, content)])
        return int(app.post(address, body, headers=MULTIPART, expect_errors=True).status_int)

    def items(self) -> list[Item]:
        with reading(self.installation.sessions) as session:
            return list(session.scalars(select(Item).order_by(Item.id)))

    def used(self) -> int:
        """Bytes that count for the quota of the person, who is the link's maker as well."""
        with reading(self.installation.sessions) as session:
            spaces = Quotas(session, self.installation).spaces(self.library.user_ids["maker"])
            return sum(space.used for space in spaces)

    def left(self) -> list[Path]:
        """Every file below the media root."""
        return [path for path in self.installation.settings.media_root.rglob("*") if path.is_file()]


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin"}


@pytest.fixture
def desk(installation: Installation, browser: Callable[[], TestApp]) -> Desk:
    library = PrivateLibrary(installation)
    library.add_person("maker", allow=Permission.MANAGE)
    with writing(installation.sessions) as session:
        session.get_one(User, library.user_ids["maker"]).quota = 10**9
    link = make_link(installation, library.folder, library.user_ids["maker"], folder=True, upload=True)
    person, visitor = browser(), browser()
    person.set_cookie("session", library.tokens["maker"])
    next(iter(person.cookiejar)).value = library.tokens["maker"]
    visitor.set_cookie("visit", link.visit)
    return Desk(installation, library, person, visitor, link)


@pytest.mark.parametrize("way", WAYS)
def test_43_the_name_of_a_file_is_only_shown(way: str, desk: Desk) -> None:
    names = {
        "../../x.png": "x.png",
        "..\\..\\y.png": "y.png",
        "/etc/cron.d/z.png": "z.png",
        "%2e%2e%2fa.png": "%2e%2e%2fa.png",
        "nul\0.png": "nul.png",
        "n" * 4092 + ".png": "n" * 251 + ".png",
        ".": "file",
        "CON": "CON",
        "-i": "-i",
        "   ": "file",
    }
    for sent in names:
        assert desk.send(way, sent, PNG) in TAKEN, sent
    with reading(desk.installation.sessions) as session:
        kept = session.scalars(select(Version.filename).order_by(Version.id)).all()
    assert kept == list(names.values())
    assert {path.name for path in desk.left() if "private" in path.parts} == {"original", "version.json"}
    outside = desk.installation.settings.media_root.parent
    assert not list(outside.rglob("[xyz].png"))


def test_43_no_program_is_given_the_name_of_a_file(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = Studio(tmp_path_factory.mktemp("studio")).make("index-last.mp4").read_bytes()
    started: list[str] = []
    original = subprocess.Popen.__init__

    def begin(self: Any, arguments: Any, *more: Any, **named: Any) -> None:
        started.append(repr(arguments) + repr(named.get("env")))
        original(self, arguments, *more, **named)

    monkeypatch.setattr(subprocess.Popen, "__init__", begin)
    assert desk.send("parts by a link", f"-i {MARK}; touch {MARK}.mp4", film) in TAKEN
    run_worker(desk.installation, once=True)
    assert desk.items()[0].state is State.READY
    assert started
    assert not [line for line in started if MARK in line]


@pytest.mark.parametrize("way", ["the form", "a link's form"])
@pytest.mark.parametrize("lie", [-1000, 1000])
def test_44_a_form_that_lies_about_its_length_leaves_nothing(way: str, lie: int, desk: Desk) -> None:
    app, address, fields = desk.form(way)
    body = multipart(fields, [("seal.png", PNG)])
    request = app.RequestClass.blank(address, environ=app._make_environ(), method="POST", headers=MULTIPART)
    request.environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body) + lie)})
    assert app.do_request(request, expect_errors=True).status_int in REFUSED
    assert (desk.items(), desk.left(), desk.used()) == ([], [], 0)


@pytest.mark.parametrize("way", ["parts", "parts by a link"])
def test_44_a_length_that_is_none_begins_no_upload_and_more_than_it_is_not_taken(way: str, desk: Desk) -> None:
    client = desk.client(way)
    for lie in ("-1", "1.5", "", "1e3", "0x10", str(2**63), "9" * 40):
        assert client.begin(lie).status_int in REFUSED, lie
    deferred = client.ask("POST", client.endpoint, Upload_Defer_Length="1")
    assert deferred.status_int == 400
    assert desk.left() == []
    address = client.started(1)
    assert client.add(address, 0, b"\x89P").status_int == 413
    assert client.offset(address) <= 1
    assert client.ask("DELETE", address).status_int == 204
    assert (desk.items(), desk.left(), desk.used()) == ([], [], 0)


@pytest.mark.parametrize("way", ["parts", "parts by a link"])
def test_44_a_quota_that_is_hit_in_the_last_part_leaves_nothing(way: str, desk: Desk) -> None:
    client = desk.client(way)
    address = client.started(len(PNG))
    client.add(address, 0, PNG[:-1])
    with writing(desk.installation.sessions) as session:
        session.get_one(User, desk.library.user_ids["maker"]).quota = len(PNG) - 1
    assert client.add(address, len(PNG) - 1, PNG[-1:]).status_int == 413
    assert (desk.items(), desk.left(), desk.used()) == ([], [], 0)
    with reading(desk.installation.sessions) as session:
        assert session.scalar(select(func.count(Upload.id))) == 0


@pytest.mark.parametrize("way", ["parts", "parts by a link"])
def test_45_parts_that_do_not_follow_one_another_are_refused_and_the_file_equals_its_source(
    way: str, desk: Desk, browser: Callable[[], TestApp]
) -> None:
    client = desk.client(way)
    address = client.started(len(PNG))
    assert client.add(address, 0, PNG[:500]).status_int == 204
    for wrong in (0, 499, 501, len(PNG), len(PNG) + 1):  # again, over, a gap, the end, beyond it
        answer = client.add(address, wrong, PNG[wrong:])
        assert (answer.status_int, answer.headers["Upload-Offset"]) == (409, "500"), wrong
    other_way = desk.client("parts" if way != "parts" else "parts by a link")
    foreign = f"{other_way.endpoint}{address.rpartition('/')[2]}"
    for method in ("HEAD", "DELETE"):
        assert other_way.ask(method, foreign).status_int == 404
    assert other_way.add(foreign, 500, PNG[500:]).status_int == 404
    assert client.offset(address) == 500
    assert client.add(address, 500, PNG[500:]).status_int == 204
    assert client.add(address, len(PNG), b"x").status_int == 409
    (item,) = desk.items()
    stored = desk.installation.storage.version_folder(item.uid, 1) / "original"
    assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(PNG).digest()


def test_46_a_file_that_was_cut_is_refused_or_ends_in_a_state_that_says_so(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    film = Studio(tmp_path_factory.mktemp("studio")).make("index-last.mp4").read_bytes()
    lengths = [0, 1, *(len(film) * part // 64 for part in (1, 16, 32, 48, 63))]
    for number, length in enumerate(lengths):
        status = desk.send(WAYS[number % len(WAYS)], "cut.mp4", film[:length])
        assert status in ((*TAKEN, *REFUSED) if length > 1 else REFUSED), length
    assert desk.items()
    run_worker(desk.installation, once=True)
    for item in desk.items():
        assert item.state in FINAL
        assert item.state is State.READY or item.reason


HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize("way", WAYS)
def test_47_what_only_is_called_a_film_is_refused(way: str, desk: Desk) -> None:
    for content in (HTML, SVG, XML, b"MZ" + bytes(range(256)) * 8, b"\x7fELF" + bytes(400)):
        for name in ("film.mp4", "picture.jpg", "page.html"):
            assert desk.send(way, name, content) in REFUSED, (content[:10], name)
    assert desk.items() == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", picture("JPEG") + HTML),
        ("applet.jar", picture("GIF") + zipped("META-INF/MANIFEST.MF")),
        ("form.pdf", pdf().replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>")),
    ],
    ids=["JPEG and HTML", "GIF and JAR", "PDF with a script"],
)
def test_47_what_is_two_things_at_once_is_never_shown_as_a_page(name: str, content: bytes, desk: Desk) -> None:
    assert desk.send("parts by a link", name, content) in TAKEN
    run_worker(desk.installation, once=True)
    (item,) = desk.items()
    answers = [desk.person.get(f"/smedia/{item.uid}/original/{name}", status=200)]
    assert answers[0].headers["Content-Disposition"].startswith("attachment")
    with reading(desk.installation.sessions) as session:
        made = session.scalars(select(File.name).where(File.name != "original")).all()
    assert "poster.webp" in made
    answers += [desk.person.get(f"/smedia/{item.uid}/{one}", status=200) for one in made]
    for answer in answers:
        assert answer.content_type in ("image/jpeg", "image/gif", "image/webp", "application/pdf")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    for one, answer in zip(made, answers[1:], strict=True):
        assert one.startswith("play.") or b"script" not in answer.body.lower()


def huge_png(side: int) -> bytes:
    """A picture of this many black points each way, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    squeeze = zlib.compressobj(9)
    lines = b"".join(squeeze.compress(bytes(side // 8 + 1)) for _ in range(side)) + squeeze.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def test_48_a_picture_that_would_fill_the_memory_has_an_outcome_and_the_next_one_is_ready(desk: Desk) -> None:
    bomb = huge_png(16_000)
    assert len(bomb) < 1_000_000
    assert desk.send("a link's form", "bomb.png", bomb) in TAKEN
    assert desk.send("parts", "next.png", PNG) in TAKEN
    run_worker(desk.installation, once=True)
    first, second = desk.items()
    assert first.state in FINAL
    assert second.state is State.READY


@pytest.mark.parametrize("way", WAYS)
def test_49_archives_are_not_taken_and_so_never_unpacked(way: str, desk: Desk) -> None:
    slip = io.BytesIO()
    with zipfile.ZipFile(slip, "w") as archive:
        for name in ("../../slip.png", "/abs.png", "a\\..\\b.png", "A.png", "a.png"):
            archive.writestr(name, PNG)
    for name in ("files.zip", "film.mp4"):
        assert desk.send(way, name, slip.getvalue()) in REFUSED
    assert (desk.items(), desk.left()) == ([], [])


@pytest.mark.parametrize("way", WAYS)
def test_50_a_playlist_is_no_film_whatever_it_is_called(way: str, desk: Desk) -> None:
    lists = [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1/</BaseURL></MPD>',
        b"[playlist]\nFile1=http://127.0.0.1/\n",
    ]
    for content in lists:
        for name in ("film.mp4", "film.ts", "list.m3u8"):
            assert desk.send(way, name, content) in REFUSED, (content[:8], name)
    assert (desk.items(), desk.left()) == ([], [])


def test_51_captions_are_of_a_language_and_nothing_in_them_is_markup(desk: Desk) -> None:
    item = desk.library.add_item(b"a film", by="maker")
    evil = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<img src=x onerror=alert(1)><script>alert(1)</script>Hello\n"

    def add(language: str, content: bytes = evil) -> Any:
        fields = [("csrf_token", token_of(desk.person)), ("language", language), ("label", "")]
        body = multipart(fields, [("en.vtt", content)])
        return desk.person.post(f"/upload/captions/{item}", body, headers=MULTIPART, expect_errors=True)

    for language in ("../../en", "en/../../x", "..", "en\0", "x" * 200, "<b>"):
        assert add(language).status_int in REFUSED, language
    assert add("en", b"#EXTM3U\nfile:///etc/passwd\n").status_int in REFUSED
    assert add("en").status_int == 303
    served = desk.person.get(f"/smedia/{item}/captions-en.vtt", status=200)
    assert served.content_type == "text/vtt"
    for page in (served.text, desk.person.get(f"/m/{item}").text, desk.person.get(f"/m/{item}/transcript").text):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    names = {path.name for path in desk.installation.storage.version_folder(item, 1).iterdir()}
    assert not [name for name in names if ".." in name]


def test_52_what_is_attached_to_a_film_is_never_written_by_its_name(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    folder = tmp_path_factory.mktemp("studio")
    film, attached, with_it = Studio(folder).make("h264.mkv"), folder / "font.ttf", folder / "with.mkv"
    attached.write_bytes(b"\0\1\0\0 a font")
    name = f"filename=../../../../{MARK}.ttf"
    command = [find_ffmpeg(""), "-v", "error", "-i", film, "-map", "0", "-c", "copy", "-attach", attached]
    subprocess.run([*command, "-metadata:s:t", "mimetype=font/ttf", "-metadata:s:t", name, with_it], check=True)
    assert MARK.encode() in with_it.read_bytes()
    assert desk.send("parts by a link", "with.mkv", with_it.read_bytes()) in TAKEN
    run_worker(desk.installation, once=True)
    assert desk.items()[0].state in FINAL
    for place in (tmp_path, Path.cwd(), Path("/tmp")):
        assert not list(place.glob(f"*{MARK}*"))
    assert not [path for path in desk.left() if MARK in path.name or path.suffix == ".ttf"]


@pytest.mark.parametrize("way", ["the form", "parts by a link"])
def test_53_a_title_is_text_wherever_it_stands(way: str, desk: Desk) -> None:
    title = '"><img src=x onerror=alert(1)>'
    assert desk.send(way, f"{title}.png", PNG) in TAKEN
    run_worker(desk.installation, once=True)
    (item,) = desk.items()
    share = make_link(
        desk.installation, item.uid, desk.library.user_ids["maker"], opened=None, preview=True, name=title
    )
    place = f"/m/{item.uid}"
    addresses = [place, f"{place}/edit", f"/f/{desk.library.folder}", "/mine", "/links", "/search?q=onerror"]
    pages = [desk.person.get(address, status=200) for address in addresses]
    pages += [desk.visitor.get(address, status=200) for address in (f"/link/{share.uid}", f"/send/{desk.link.uid}")]
    assert "&lt;img src=x onerror" in pages[0].text
    for page in pages:
        assert "<img src=x" not in page.text, page.request.path


@pytest.mark.both_databases
def test_54_of_two_that_race_for_the_last_bytes_of_a_quota_one_wins(desk: Desk) -> None:
    with writing(desk.installation.sessions) as session:
        session.get_one(User, desk.library.user_ids["maker"]).quota = 2 * len(PNG) - 1
    clients = [desk.client(way) for way in ("parts", "parts by a link")]
    addresses = [client.started(len(PNG)) for client in clients]
    for client, address in zip(clients, addresses, strict=True):
        client.add(address, 0, PNG[:-1])
    last = [
        client.add(address, len(PNG) - 1, PNG[-1:]).status_int
        for client, address in zip(clients, addresses, strict=True)
    ]
    assert last == [204, 413]
    assert desk.used() == len(PNG)
    with reading(desk.installation.sessions) as session:
        assert session.scalars(select(Link.taken_files)).one() == 0
