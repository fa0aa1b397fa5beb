"""Uploading through the plain form: what is added, what is refused and why, and that failures leave nothing behind."""
from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from webtest import TestApp, TestResponse

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job
from privmedia.library.drafts import Drafts
from privmedia.library.models import ROOT_ID, File, Folder, Item, State, Version
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.operations.worker import run_worker
from privmedia.storage import Storage, durable
from privmedia.uploads import resources
from privmedia.uploads.jobs import clear_away
from privmedia.uploads.reading import ENVELOPE
from tests.conftest import Person
from tests.unit.media.conftest import Studio, pdf, picture, zipped

PNG = picture("PNG")
SPREADSHEET = zipped("[Content_Types].xml", "xl/workbook.xml")
SPREADSHEETS = "Spreadsheets cannot be played here. Save it as PDF and add that instead."
MULTIPART = {"Content-Type": "multipart/form-data; boundary=xYz"}
Sent = Sequence[tuple[str, bytes]]


@pytest.fixture
def folder(installation: Installation) -> str:
    """The public id of a folder with no rules of its own."""
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        return library.add_folder(parent=library.root(), name="Product training").uid


@pytest.fixture
def give(installation: Installation, folder: str) -> Callable[[Person, Permission], None]:
    def given(person: Person, allow: Permission) -> None:
        with writing(installation.sessions) as session:
            place = Library(session, installation).folder(folder)
            Rules(session, installation).set(place, Wanted(user(person.id), allow))

    return given


@pytest.fixture
def person(make_person: Callable[..., Person], give: Callable[..., None]) -> Person:
    """Leila, who may view the folder and add to it."""
    leila = make_person("leila@example.test", name="Leila Haddad")
    give(leila, Permission.VIEW | Permission.UPLOAD)
    return leila


@pytest.fixture
def leila(person: Person, sign_in: Callable[[Person], TestApp]) -> TestApp:
    return sign_in(person)


def multipart(fields: Sequence[tuple[str, str]], files: Sent, *, name: str = "file") -> bytes:
    """A form as browsers send it (HTML standard, multipart/form-data encoding algorithm)."""
    parts = [f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}'.encode() for field, value in fields]
    for filename, content in files:
        quoted = filename.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        head = f'Content-Disposition: form-data; name="{name}"; filename="{quoted}"\r\nContent-Type: video/mp4\r\n\r\n'
        parts.append(head.encode() + content)
    return b"".join(b"--xYz\r\n" + part + b"\r\n" for part in parts) + b"--xYz--\r\n"


def token_of(app: TestApp) -> str:
    return str(app.get("/upload/plain").forms["upload-form"]["csrf_token"].value)


def send(
    app: TestApp, folder: str, files: Sent, *, title: str = "", token: str | None = None,
    headers: Mapping[str, str] = MULTIPART, **more: Any,
) -> TestResponse:
    """Send the form, with the token of the page unless another is given."""
    fields = [("csrf_token", token_of(app) if token is None else token), ("folder", folder), ("title", title)]
    return app.post("/upload/plain", multipart(fields, files), headers={**MULTIPART, **headers}, **more)


def send_body(app: TestApp, source: io.BytesIO, length: int | None, status: int, **environ: Any) -> TestResponse:
    """Send a body as a server hands it over."""
    request = app.RequestClass.blank("/upload/plain", environ=app._make_environ(), method="POST", headers=MULTIPART)
    request.environ.update({"wsgi.input": source, **environ})
    request.environ.pop("CONTENT_LENGTH", None)
    if length is not None:
        request.environ["CONTENT_LENGTH"] = str(length)
    return app.do_request(request, status=status)


def left_behind(installation: Installation) -> list[str]:
    """Every file below the media root, and every row an upload writes."""
    root = installation.settings.media_root
    files = [str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()]
    with reading(installation.sessions) as session:
        rows = [
            f"{table.__tablename__} row" for table in (Item, Version, File, Job)
            for _ in range(session.scalar(select(func.count()).select_from(table)) or 0)
        ]
    return files + rows


def items(installation: Installation) -> list[Item]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Item).order_by(Item.id)))


class TestAdding:
    @pytest.mark.both_databases
    def test_one_file_becomes_an_item_and_one_lands_on_its_page(
        self, leila: TestApp, folder: str, installation: Installation, person: Person
    ) -> None:
        form = leila.get(f"/upload/plain?folder={folder}").forms["upload-form"]
        assert form["folder"].value == folder
        form["title"] = "The crew of hull 118"
        form["file"] = [("crew.png", PNG)]
        page = form.submit(status=303).follow(status=200)
        assert page.request.path.startswith("/m/")
        assert "The crew of hull 118" in page
        (item,) = items(installation)
        assert (item.title, item.state, item.uploader_id) == ("The crew of hull 118", State.WAITING, person.id)
        original = installation.storage.version_folder(item.uid, 1) / "original"
        assert original.read_bytes() == PNG
        sidecar = json.loads((original.parent / "version.json").read_text())
        assert sidecar["filename"] == "crew.png"
        assert sidecar["folder"] == "Product training"
        with reading(installation.sessions) as session:
            event = session.scalars(select(Event).where(Event.kind == "item.add")).one()
            assert (event.actor_id, event.target) == (person.id, f"item:{item.uid}")

    def test_a_film_is_ready_to_watch_once_the_worker_has_been_there(
        self, leila: TestApp, folder: str, installation: Installation, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        film = Studio(tmp_path_factory.mktemp("studio")).make("index-last.mp4").read_bytes()
        page = send(leila, folder, [("Launch.mp4", film)], status=303).location
        run_worker(installation, once=True)
        assert leila.get(page).html.find("video")["src"].endswith("/play.mp4")

    def test_several_files_become_an_item_each_and_one_lands_in_the_folder(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        page = send(leila, folder, [("one.png", PNG), ("two.pdf", pdf()), ("three.png", PNG)], status=303).follow()
        assert page.request.path == f"/f/{folder}"
        assert "3 files were added" in page
        assert [item.title for item in items(installation)] == ["one", "two", "three"]

    def test_a_title_for_several_files_is_left_out_and_the_page_says_so(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        page = send(leila, folder, [("one.png", PNG), ("two.png", PNG)], title="Both", status=303).follow()
        assert "The title was left out: it is for a single file." in page
        assert [item.title for item in items(installation)] == ["one", "two"]

    def test_a_drop_box_takes_files_from_people_who_cannot_look_in(
        self, make_person: Any, give: Any, sign_in: Any, folder: str
    ) -> None:
        oskar = make_person("oskar@example.test", name="Oskar Lund")
        give(oskar, Permission.UPLOAD)
        page = send(sign_in(oskar), folder, [("mine.png", PNG)], status=303).follow(status=200)
        assert "mine" in page

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("100 % sure? #1.png", "100 % sure? #1.png"),
            ('say "hello";.png', 'say "hello";.png'),
            ("Grün 🎬.png", "Grün 🎬.png"),
            ("Gru\u0308n.png", "Grün.png"),
            ("two\r\nlines.png", "two lines.png"),
            ("../../../../etc/cron.d/x.png", "x.png"),
            ("..\\..\\x.png", "x.png"),
            ("gnp\u202egpj.png", "gnpgpj.png"),
            ("-rf.png", "-rf.png"),
            ("CON", "CON"),
            ("x" * 4000 + ".png", "x" * 251 + ".png"),
            ("nul\0.png", "nul.png"),
        ],
    )
    def test_a_file_keeps_its_own_name_without_what_could_do_harm(
        self, leila: TestApp, folder: str, installation: Installation, sent: str, kept: str
    ) -> None:
        send(leila, folder, [(sent, PNG)], status=303).follow(status=200)
        with reading(installation.sessions) as session:
            assert session.scalars(select(Version.filename)).one() == kept
        names = {path.name for path in installation.settings.media_root.rglob("*") if path.is_file()}
        assert names == {"original", "version.json"}

    def test_one_refused_file_does_not_lose_the_others(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        page = send(
            leila, folder, [("one.png", PNG), ("T4 parts list.xlsx", SPREADSHEET), ("two.png", PNG)], status=200
        )
        refused = page.html.find(id="refused-files").get_text(" ")
        assert "T4 parts list.xlsx" in refused
        assert SPREADSHEETS in refused
        assert "2 of 3 files are in Product training now." in page
        assert [item.title for item in items(installation)] == ["one", "two"]
        assert [link["href"] for link in page.html.find(id="added-files").find_all("a")] == [
            f"/m/{item.uid}" for item in items(installation)
        ]

    def test_the_report_names_no_folder_that_the_sender_cannot_see(
        self, leila: TestApp, person: Person, folder: str, installation: Installation
    ) -> None:
        with writing(installation.sessions) as session:
            library = Library(session, installation)
            inbox = library.add_folder(parent=library.folder(folder), name="Inbox")
            rules = Rules(session, installation)
            rules.set(inbox, Wanted(user(person.id), Permission.UPLOAD))
            rules.clear(library.folder(folder), user(person.id))
        page = send(leila, inbox.uid, [("one.png", PNG), ("T4 parts list.xlsx", SPREADSHEET)], status=200)
        assert "1 of 2 files are in Inbox now." in page
        assert "Product training" not in page

    @pytest.mark.parametrize("count", ["9" * 5000, "²", "-1"])
    def test_a_number_of_files_that_is_none_is_passed_over(self, leila: TestApp, folder: str, count: str) -> None:
        fields = [("csrf_token", token_of(leila)), ("folder", folder), ("count", count)]
        leila.post("/upload/plain", multipart(fields, [("one.png", PNG)]), headers=MULTIPART, status=303)


class TestDrafts:
    def test_who_manages_the_folder_keeps_what_they_add_a_draft(
        self, leila: TestApp, person: Person, folder: str, give: Any, installation: Installation
    ) -> None:
        give(person, Permission.MANAGE)
        fields = [("csrf_token", token_of(leila)), ("folder", folder), ("draft", "yes")]
        body = multipart(fields, [("a.png", PNG)])
        send_body(leila, io.BytesIO(body), len(body), 303)
        (item,) = items(installation)
        with reading(installation.sessions) as session:
            assert Drafts(session, installation).is_draft(item)
        assert "Draft" in leila.get(f"/f/{folder}")

    def test_who_only_adds_is_told_before_a_file_is_read(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        fields = [("csrf_token", token_of(leila)), ("folder", folder), ("draft", "yes")]
        body = multipart(fields, [("a.png", PNG)])
        page = send_body(leila, io.BytesIO(body), len(body), 422)
        assert "Only who manages the folder can keep a draft in it." in page
        assert page.html.select_one("#upload-draft").has_attr("checked")
        assert items(installation) == []


class TestRefusing:
    @pytest.mark.parametrize(
        ("filename", "content", "sentence"),
        [
            ("T4 parts list.xlsx", SPREADSHEET, SPREADSHEETS),
            ("film.mp4", b"<!DOCTYPE html><script>alert(1)</script>", "Web pages cannot be played here."),
            ("film.mp4", b"#EXTM3U\nhttp://127.0.0.1/secret.ts\n", "Playlists cannot be played here."),
            ("film.mp4", b"MZ" + bytes(range(256)) * 8, "Programs cannot be played here."),
            ("film.mp4", b"", "The file is empty."),
        ],
    )
    def test_what_has_no_place_here_is_refused_in_words_and_leaves_nothing(
        self, leila: TestApp, folder: str, installation: Installation, filename: str, content: bytes, sentence: str
    ) -> None:
        page = send(leila, folder, [(filename, content)], status=422)
        assert sentence in page
        assert filename in page
        assert "Nothing was added" in page
        assert left_behind(installation) == []

    def test_a_form_without_a_file_says_so(self, leila: TestApp, folder: str, installation: Installation) -> None:
        for files in ([], [("", b"")]):
            page = send(leila, folder, files, title="Kept", status=422)
            assert "Choose at least one file." in page
            assert page.forms["upload-form"]["title"].value == "Kept"
        assert left_behind(installation) == []

    def test_a_title_that_is_too_long_is_refused_before_the_file(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        assert "300 is the most" in send(leila, folder, [("one.png", PNG)], title="x" * 301, status=422)
        assert left_behind(installation) == []

    def test_folders_one_may_not_add_to_are_not_offered_and_refuse(
        self, leila: TestApp, folder: str, installation: Installation, make_person: Any, give: Any, sign_in: Any
    ) -> None:
        with writing(installation.sessions) as session:
            library = Library(session, installation)
            hidden = library.add_folder(parent=library.root(), name="Hidden").uid
            root = session.get_one(Folder, ROOT_ID).uid
        jonas = make_person("jonas@example.test", name="Jonas Bakke")
        give(jonas, Permission.VIEW)
        viewer = sign_in(jonas)
        assert "There is no folder you may add to" in viewer.get("/upload/plain")
        token = viewer.get("/account").html.find("input", {"name": "csrf_token"})["value"]
        send(viewer, folder, [("one.png", PNG)], token=token, status=403)
        with reading(installation.sessions) as session:
            refusal = session.scalars(select(Event).where(Event.kind == "upload")).one()
            assert (refusal.actor_id, refusal.target, refusal.outcome) == (jonas.id, f"folder:{folder}", "denied")
        missing = send(leila, "0" * 16, [("one.png", PNG)], status=404)
        denied = send(leila, hidden, [("one.png", PNG)], status=404)
        assert denied.body == missing.body
        for nowhere in ("", root):
            send(leila, nowhere, [("one.png", PNG)], status=(404, 422))
        assert "Hidden" not in leila.get("/upload/plain")
        assert left_behind(installation) == []

    def test_nobody_adds_without_signing_in(self, testapp: TestApp, folder: str, installation: Installation) -> None:
        assert "/login" in testapp.get("/upload/plain", status=303).location
        assert "/login" in send(testapp, folder, [("one.png", PNG)], token="x", status=303).location
        assert left_behind(installation) == []

    def test_a_forged_form_is_refused(
        self, leila: TestApp, folder: str, installation: Installation, make_person: Any, sign_in: Any, give: Any
    ) -> None:
        other = make_person("other@example.test", name="Somebody Else")
        give(other, Permission.UPLOAD)
        token_of_another = token_of(sign_in(other))
        own = token_of(leila)
        for token in ("", "x", token_of_another):
            send(leila, folder, [("one.png", PNG)], token=token, status=403)
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            send(leila, folder, [("one.png", PNG)], token=own, headers=headers, status=403)
        assert left_behind(installation) == []

    def test_the_token_has_to_come_first_or_in_a_header(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        own = token_of(leila)
        late = multipart([("folder", folder), ("csrf_token", own)], [("one.png", PNG)])
        leila.post("/upload/plain", late, headers=MULTIPART, status=403)
        without = multipart([("folder", folder)], [("one.png", PNG)])
        leila.post("/upload/plain", without, headers=MULTIPART | {"X-CSRF-Token": own}, status=303)
        assert len(items(installation)) == 1

    def test_bodies_that_are_no_upload_form_are_refused_with_a_sentence(self, leila: TestApp, folder: str) -> None:
        own = token_of(leila)
        header = {"X-CSRF-Token": own}
        leila.post("/upload/plain", {"folder": folder}, headers=header, status=422)
        without_boundary = {"Content-Type": "multipart/form-data"}
        leila.post("/upload/plain", b"junk", headers=header | without_boundary, status=422)
        leila.post("/upload/plain", b"junk", headers=MULTIPART, status=422)
        form = multipart([("csrf_token", own), ("folder", folder)], [("one.png", PNG)])
        leila.post("/upload/plain", form[:-40], headers=MULTIPART, status=422)
        for ask in (leila.put, leila.delete, leila.patch):
            ask("/upload/plain", status=405)


class TestLimits:
    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return ini | {"privmedia.max_upload_size": "1m"}

    def test_more_than_allowed_is_refused_before_it_is_read_and_the_page_names_the_limit(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        page = send(leila, folder, [("big.png", PNG + bytes(3 * ENVELOPE))], title="Kept", status=413)
        assert page.forms["upload-form"]["folder"].value == folder
        assert page.forms["upload-form"]["title"].value == "Kept"
        assert "1.0 MB is the most that can be sent at once" in page.html.find(attrs={"role": "alert"}).get_text()
        assert left_behind(installation) == []

    def test_the_limit_holds_where_no_length_is_given(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        own = token_of(leila)
        content = multipart([("csrf_token", own), ("folder", folder)], [("big.png", PNG + bytes(3 * ENVELOPE))])
        ends_by_itself = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        send_body(leila, io.BytesIO(content), None, status=413, **ends_by_itself)
        assert left_behind(installation) == []


class TestFaults:
    def test_a_client_that_goes_away_leaves_nothing(
        self, leila: TestApp, folder: str, installation: Installation
    ) -> None:
        own = token_of(leila)
        files = [("one.png", PNG), ("two.png", PNG + bytes(99_999))]
        whole = multipart([("csrf_token", own), ("folder", folder)], files)
        send_body(leila, io.BytesIO(whole[:-5000]), len(whole), status=422)
        assert left_behind(installation) == []

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_a_full_disk_gives_a_clear_page_and_nothing_stays(
        self, leila: TestApp, folder: str, installation: Installation, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        def full(*_arguments: Any) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(durable, "write_all", full)
        page = send(leila, folder, [("one.png", PNG)], status=507)
        assert "no space left" in page
        assert left_behind(installation) == []

    def test_what_cannot_fit_is_refused_before_it_is_sent(
        self, leila: TestApp, folder: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Storage, "free_space", lambda _storage: 1000)
        page = send(leila, folder, [("one.png", PNG + bytes(1000))], status=507)
        assert "The server has no space left." in page
        assert left_behind(installation) == []

    def test_a_failing_fsync_is_never_a_success(
        self, leila: TestApp, folder: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_handle: int) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        token = token_of(leila)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", broken)
            page = send(leila, folder, [("one.png", PNG)], token=token, status=503)
        assert "The disk of the server refused the file." in page
        assert left_behind(installation) == []

    def test_a_database_that_fails_at_the_end_leaves_no_file(
        self, leila: TestApp, folder: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_arguments: Any, **_more: Any) -> None:
            raise OperationalError("INSERT", {}, RuntimeError("disk I/O error"))

        monkeypatch.setattr(Library, "add_item", broken)
        send(leila, folder, [("one.png", PNG)], status=503)
        assert left_behind(installation) == []

    def test_a_right_that_is_taken_away_while_the_file_arrives_counts(
        self, leila: TestApp, folder: str, installation: Installation, give: Any, person: Person,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        token = token_of(leila)
        real = Storage.receive

        def while_it_arrives(storage: Storage) -> Any:
            give(person, Permission.VIEW)
            return real(storage)

        monkeypatch.setattr(Storage, "receive", while_it_arrives)
        send(leila, folder, [("one.png", PNG)], token=token, status=403)
        assert left_behind(installation) == []

    def test_no_transaction_is_open_while_the_file_arrives(
        self, leila: TestApp, folder: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = token_of(leila)
        out: list[int] = []
        real = Storage.receive

        def while_it_arrives(storage: Storage) -> Any:
            pool: Any = installation.engine.pool
            out.append(pool.checkedout())
            return real(storage)

        monkeypatch.setattr(Storage, "receive", while_it_arrives)
        send(leila, folder, [("one.png", PNG)], token=token, status=303)
        assert out == [0]

    def test_what_a_kill_left_between_disk_and_database_is_cleared_away_after_a_day(
        self, leila: TestApp, folder: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Killed(BaseException):
            pass

        def killed(*_arguments: Any, **_more: Any) -> None:
            raise Killed

        token = token_of(leila)
        with monkeypatch.context() as patch:
            patch.setattr(Library, "add_item", killed)
            patch.setattr(Storage, "remove_version", lambda *_arguments: None)
            with pytest.raises(Killed):
                send(leila, folder, [("lost.png", PNG)], token=token)
        send(leila, folder, [("kept.png", PNG)], status=303)
        before = left_behind(installation)
        clear_away(installation)
        assert left_behind(installation) == before, "an upload of this minute may still be under way"
        clear_away(installation, older_than=timedelta(seconds=-5))
        (kept,) = items(installation)
        on_disk = {Path(name).parent.parent.name for name in left_behind(installation) if name.startswith("private")}
        assert on_disk == {kept.uid}
        assert not any(name.startswith("incoming") for name in left_behind(installation))


def test_the_page_leads_to_the_form_where_scripts_are_off(leila: TestApp, folder: str) -> None:
    without = leila.get(f"/upload?folder={folder}").html.select_one("noscript a")
    assert leila.get(without["href"]).forms["upload-form"]["folder"].value == folder


def test_the_form_says_who_will_see_what_is_added(leila: TestApp, folder: str) -> None:
    assert "only you and administrators will see it" in leila.get("/upload/plain")


def test_the_rest_of_a_refused_body_is_taken_after_the_answer(leila: TestApp, folder: str) -> None:
    own = token_of(leila)
    body = multipart([("csrf_token", own), ("folder", "0" * 16)], [("one.png", PNG + bytes(1_000_000))])
    source = io.BytesIO(body)
    send_body(leila, source, len(body), status=404)
    assert source.tell() == min(len(body), resources.READ_ON)
