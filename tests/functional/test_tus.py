"""Uploads that can be resumed, by tus 1.0.0: every verb, every refusal, and what is left after each of them."""
from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.tokens import Tokens
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job
from privmedia.library.drafts import Drafts
from privmedia.library.models import Folder, Item, ItemTag, Version
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.scopes import Scope
from privmedia.storage import ORIGINAL, durable
from privmedia.uploads import resuming
from privmedia.uploads.jobs import clear_away
from privmedia.uploads.models import Upload
from tests.conftest import Person
from tests.functional.visitors import token_of
from tests.tus_client import BYTES, PNG, Client, in_base64, path_of
from tests.unit.media.conftest import zipped


@pytest.fixture
def folder(installation: Installation) -> str:
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        return library.add_folder(parent=library.root(), name="Product training").uid


@pytest.fixture
def give(installation: Installation, folder: str) -> Callable[..., None]:
    def given(person: Person, allow: Permission | None) -> None:
        with writing(installation.sessions) as session:
            place = Library(session, installation).folder(folder)
            if allow is None:
                Rules(session, installation).clear(place, user(person.id))
            else:
                Rules(session, installation).set(place, Wanted(user(person.id), allow))

    return given


@pytest.fixture
def person(make_person: Callable[..., Person], give: Callable[..., None]) -> Person:
    leila = make_person("leila@example.test", name="Leila Haddad")
    give(leila, Permission.VIEW | Permission.UPLOAD)
    return leila


@pytest.fixture
def leila(person: Person, sign_in: Callable[[Person], TestApp], folder: str) -> Client:
    app = sign_in(person)
    return Client(app, {"X-CSRF-Token": token_of(app)}, folder)


@pytest.fixture
def jonas(make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp], folder: str) -> Client:
    """In the same library, without any right at the folder."""
    app = sign_in(make_person("jonas@example.test", name="Jonas Lind"))
    return Client(app, {"X-CSRF-Token": token_of(app)}, folder)


def under_way(installation: Installation) -> list[str]:
    return sorted(path.name for path in (installation.storage.incoming / "tus").iterdir())


def rows(installation: Installation) -> tuple[int, int, int]:
    """How many uploads, items and jobs there are."""
    with reading(installation.sessions) as session:
        return tuple(  # type: ignore[return-value] # three tables
            session.scalar(select(func.count()).select_from(table)) for table in (Upload, Item, Job)
        )


def stored(installation: Installation) -> bytes:
    """The one original there is."""
    (path,) = installation.storage.private.glob(f"??/??/*/v1/{ORIGINAL}")
    return path.read_bytes()


def test_what_the_server_can_do_is_told_to_everybody(testapp: TestApp) -> None:
    answer = testapp.options("/uploads/")
    assert answer.status_int == 204
    assert answer.headers["Tus-Resumable"] == answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,termination,expiration,checksum"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert int(answer.headers["Tus-Max-Size"]) > 0


def test_a_file_comes_in_three_parts_and_is_an_item(leila: Client, installation: Installation) -> None:
    address = leila.started(title="Bench 4", tags="bearing, Øre")
    first, second = leila.add(address, 0, PNG[:100]), leila.add(address, 100, PNG[100:101])
    assert [answer.status_int for answer in (first, second)] == [204, 204]
    assert second.headers["Upload-Offset"] == "101"
    assert "Location-Item" not in second.headers
    assert second.headers["Upload-Expires"].endswith("GMT")
    last = leila.add(address, 101, PNG[101:])
    assert last.status_int == 204
    assert last.headers["Upload-Offset"] == str(len(PNG))
    assert stored(installation) == PNG
    assert under_way(installation) == []
    assert list((installation.storage.incoming / "placing").iterdir()) == []
    page = leila.app.get(last.headers["Location-Item"])
    assert "Bench 4" in page
    with reading(installation.sessions) as session:
        assert set(session.scalars(select(ItemTag.name))) == {"bearing", "Øre"}
        assert session.scalars(select(Version.size)).one() == len(PNG)
    assert rows(installation) == (1, 1, 1)


def test_a_draft_is_kept_by_who_manages_the_folder_and_ends_with_that_right(
    leila: Client, person: Person, give: Callable[..., None], installation: Installation
) -> None:
    refused = leila.begin(len(PNG), about={"draft": "yes"})
    assert refused.status_int == 400
    assert "draft" in refused.text
    give(person, Permission.MANAGE | Permission.UPLOAD)
    address = leila.started(draft="yes")
    assert leila.add(address, 0, PNG).status_int == 204
    with reading(installation.sessions) as session:
        item = session.scalars(select(Item)).one()
        assert Drafts(session, installation).is_draft(item)
    begun = leila.started(draft="yes")
    leila.add(begun, 0, PNG[:100])
    give(person, Permission.VIEW | Permission.UPLOAD)
    assert leila.add(begun, 100, PNG[100:]).status_int == 403
    assert under_way(installation) == []
    assert leila.ask("HEAD", begun).status_int == 404


def test_a_file_comes_with_its_announcement(leila: Client, installation: Installation) -> None:
    answer = leila.begin(len(PNG), PNG)
    assert answer.status_int == 201
    assert answer.headers["Upload-Offset"] == str(len(PNG))
    assert answer.headers["Location-Item"].startswith("/m/")
    assert stored(installation) == PNG


def test_the_beginning_of_a_file_comes_with_its_announcement(leila: Client, installation: Installation) -> None:
    answer = leila.begin(len(PNG), PNG[:77])
    assert (answer.status_int, answer.headers["Upload-Offset"]) == (201, "77")
    assert leila.add(path_of(answer), 77, PNG[77:]).status_int == 204
    assert stored(installation) == PNG


@pytest.mark.parametrize(
    ("length", "headers", "status"),
    [(100, {}, 413), (len(PNG), {"Upload_Checksum": f"sha1 {in_base64(bytes(20))}"}, 460)],
)
def test_of_an_announcement_whose_bytes_are_refused_nothing_stays(
    length: int, headers: dict[str, str], status: int, leila: Client, installation: Installation
) -> None:
    answer = leila.begin(length, PNG, **headers)
    assert (answer.status_int, "Location" in answer.headers) == (status, False)
    assert (under_way(installation), rows(installation)) == ([], (0, 0, 0))


def test_a_part_that_begins_elsewhere_is_refused_and_told_where(leila: Client) -> None:
    address = leila.started()
    leila.add(address, 0, PNG[:50])
    for offset in (0, 49, 51, len(PNG)):
        answer = leila.add(address, offset, PNG[offset:])
        assert (answer.status_int, answer.headers["Upload-Offset"]) == (409, "50")
    assert leila.offset(address) == 50


def test_a_part_beyond_the_end_is_refused_and_the_upload_goes_on(leila: Client, installation: Installation) -> None:
    address = leila.started()
    assert leila.add(address, 0, PNG + b"x").status_int == 413
    assert leila.offset(address) in range(len(PNG) + 1)
    offset = leila.offset(address)
    assert leila.add(address, offset, PNG[offset:]).status_int == 204
    assert stored(installation) == PNG


def test_the_answer_to_the_last_part_can_be_asked_for_again(leila: Client, installation: Installation) -> None:
    address = leila.started()
    last = leila.add(address, 0, PNG)
    head = leila.ask("HEAD", address)
    again = leila.add(address, len(PNG), b"")
    for answer in (head, again):
        assert answer.headers["Upload-Offset"] == str(len(PNG))
        assert answer.headers["Location-Item"] == last.headers["Location-Item"]
    assert head.headers["Upload-Length"] == str(len(PNG))
    assert head.headers["Cache-Control"] == "no-store"
    assert rows(installation) == (1, 1, 1)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_part_with_its_checksum_counts_only_if_it_is_met(
    algorithm: str, leila: Client, installation: Installation
) -> None:
    def sum_of(data: bytes) -> str:
        return f"{algorithm} {in_base64(hashlib.new(algorithm, data).digest())}"

    address = leila.started()
    leila.add(address, 0, PNG[:10])
    wrong = leila.add(address, 10, PNG[10:500], Upload_Checksum=sum_of(b"other bytes"))
    assert wrong.status_int == 460
    assert leila.offset(address) == 10
    right = leila.add(address, 10, PNG[10:500], Upload_Checksum=sum_of(PNG[10:500]))
    assert (right.status_int, leila.offset(address)) == (204, 500)
    assert leila.add(address, 500, PNG[500:], Upload_Checksum=sum_of(b"")).status_int == 460
    assert rows(installation)[1] == 0
    assert leila.add(address, 500, PNG[500:], Upload_Checksum=sum_of(PNG[500:])).status_int == 204
    assert stored(installation) == PNG


def test_an_upload_can_be_ended(leila: Client, installation: Installation) -> None:
    address = leila.started()
    leila.add(address, 0, PNG[:500])
    assert leila.ask("DELETE", address).status_int == 204
    assert under_way(installation) == []
    for answer in (leila.ask("HEAD", address), leila.add(address, 500, PNG[500:]), leila.ask("DELETE", address)):
        assert answer.status_int == 404
        assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert rows(installation) == (0, 0, 0)


def test_ending_an_upload_leaves_the_item_it_became(leila: Client, installation: Installation) -> None:
    answer = leila.begin(len(PNG), PNG)
    assert leila.ask("DELETE", path_of(answer)).status_int == 204
    assert leila.app.get(answer.headers["Location-Item"]).status_int == 200
    assert stored(installation) == PNG


def test_a_client_that_can_only_post_says_what_it_means(leila: Client, installation: Installation) -> None:
    address = leila.started()
    headers = {"Content_Type": BYTES, "Upload_Offset": "0", "X_HTTP_Method_Override": "PATCH"}
    assert leila.ask("POST", address, PNG, **headers).status_int == 204
    assert leila.ask("POST", address, X_HTTP_Method_Override="DELETE").status_int == 204
    assert leila.ask("POST", address, X_HTTP_Method_Override="PUT").status_int == 404
    assert stored(installation) == PNG


@pytest.mark.parametrize(
    ("length", "headers", "status"),
    [
        ("10", {"Tus_Resumable": "0.2.2"}, 412),
        ("10", {"Tus_Resumable": ""}, 412),
        ("x", {}, 400),
        ("-1", {}, 400),
        ("1.5", {}, 400),
        ("1" * 19, {}, 400),
        ("10", {"Upload_Defer_Length": "1"}, 400),
        ("10", {"Upload_Metadata": "folder"}, 400),
        ("10", {"Upload_Metadata": "folder !!!"}, 400),
        ("10", {"Upload_Metadata": "folder /w=="}, 400),
        ("10", {"Upload_Metadata": f"filename {in_base64('a')},filename {in_base64('b')}"}, 400),
        ("10", {"Upload_Metadata": f"folder {in_base64('../../etc')}"}, 404),
        ("10", {"Upload_Checksum": "md5 AAAA"}, 400),
        ("10", {"Upload_Checksum": "sha1 AAAA"}, 400),
        (str(10**17), {}, 413),
        ("0", {}, 415),
    ],
)
def test_an_announcement_that_cannot_be_taken_says_why(
    length: str, headers: dict[str, str], status: int, leila: Client, installation: Installation
) -> None:
    answer = leila.begin(length, **headers)
    assert answer.status_int == status
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    if status == 412:
        assert answer.headers["Tus-Version"] == "1.0.0"
    if status != 404:
        assert answer.content_type == "text/plain"
        assert answer.text.strip()
    assert rows(installation) == (0, 0, 0)
    assert under_way(installation) == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "video/mp4"}, 415),
        ({"Upload_Offset": "x"}, 400),
        ({"Upload_Offset": ""}, 400),
        ({"Upload_Checksum": "sha256 zz"}, 400),
        ({"Tus_Resumable": "2.0.0"}, 412),
    ],
)
def test_a_part_that_cannot_be_taken_leaves_the_upload(headers: dict[str, str], status: int, leila: Client) -> None:
    address = leila.started()
    assert leila.add(address, 0, PNG, **headers).status_int == status
    assert leila.offset(address) == 0


def test_no_name_and_no_title_can_be_anything(leila: Client, installation: Installation) -> None:
    names = ("../../x.png", "..\\x.png", "a\0b.png", "x" * 4096 + ".png", ".", "CON", "-rf.png", "   ", "😀%22.png")
    for name in names:
        answer = leila.begin(len(PNG), PNG, about={"filename": name})
        assert answer.status_int == 201, name
    assert leila.begin(10, about={"title": "t" * 301}).status_int == 400
    assert leila.begin(10, about={"tags": ",".join(f"tag {number}" for number in range(31))}).status_int == 400
    assert len(list(installation.storage.private.glob(f"??/??/*/v1/{ORIGINAL}"))) == 9


def test_what_is_no_medium_ends_the_upload_as_soon_as_that_is_known(
    leila: Client, installation: Installation
) -> None:
    sheet = zipped("[Content_Types].xml", "xl/workbook.xml")
    address = leila.started(length=10**6, filename="budget.xlsx")
    answer = leila.add(address, 0, sheet.ljust(65536, b"\0"))
    assert answer.status_int == 415
    assert "Spreadsheets" in answer.text
    assert leila.ask("HEAD", address).status_int == 404
    assert under_way(installation) == []
    assert rows(installation) == (0, 0, 0)
    with reading(installation.sessions) as session:
        denied = session.scalars(select(Event).where(Event.kind == "upload")).all()
    assert [event.target for event in denied] == [f"folder:{leila.folder}"]


def test_to_somebody_else_an_upload_is_missing_to_the_byte(leila: Client, jonas: Client) -> None:
    address = leila.started()
    missing = "/uploads/" + "0" * 16
    for method, more in (("HEAD", {}), ("PATCH", {"Content_Type": BYTES, "Upload_Offset": "0"}), ("DELETE", {})):
        theirs, none = jonas.ask(method, address, **more), jonas.ask(method, missing, **more)
        assert theirs.status_int == none.status_int == 404
        assert theirs.body.replace(address.rpartition("/")[2].encode(), b"") == none.body.replace(b"0" * 16, b"")
    assert leila.offset(address) == 0


def test_nobody_begins_an_upload_where_they_may_not(jonas: Client, give: Any, installation: Installation) -> None:
    assert jonas.begin(10).status_int == 404
    assert jonas.begin(10, about={"folder": "0" * 16}).status_int == 404
    with reading(installation.sessions) as session:
        viewer = session.scalars(select(User).where(User.email == "jonas@example.test")).one()
    give(Person(viewer.id, viewer.email, ""), Permission.VIEW)
    assert jonas.begin(10).status_int == 403
    assert rows(installation) == (0, 0, 0)


def test_who_is_not_signed_in_is_told_so(testapp: TestApp, folder: str) -> None:
    stranger = Client(testapp, {}, folder)
    for answer in (stranger.begin(10), stranger.ask("HEAD", "/uploads/" + "0" * 16)):
        assert answer.status_int == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_another_site_can_neither_begin_nor_add(leila: Client, installation: Installation) -> None:
    address = leila.started()
    forged = Client(leila.app, {}, leila.folder)
    other = Client(leila.app, {**leila.key, "Origin": "https://evil.example"}, leila.folder)
    for client in (forged, other):
        assert client.begin(10).status_int == 403
        assert client.add(address, 0, PNG).status_int == 403
        assert client.ask("DELETE", address).status_int == 403
    assert leila.offset(address) == 0


@pytest.mark.parametrize(("scope", "status"), [(Scope.UPLOAD, 201), (Scope.READ, 403), (Scope.MANAGE, 403)])
def test_a_token_uploads_if_that_is_what_it_is_for(
    scope: Scope, status: int, person: Person, testapp: TestApp, folder: str, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        owner = session.get_one(User, person.id)
        text = Tokens(session, installation).add(user=owner, name="cart", scopes=(scope,), lasts=timedelta(days=1))[1]
    script = Client(testapp, {"Authorization": f"Bearer {text}"}, folder)
    answer = script.begin(len(PNG), PNG)
    assert answer.status_int == status
    assert rows(installation)[1] == (status == 201)


@pytest.mark.parametrize("how", ["the rule", "the folder", "the account"])
def test_a_right_that_is_lost_midway_ends_the_upload(
    how: str, leila: Client, person: Person, give: Any, installation: Installation
) -> None:
    address = leila.started()
    leila.add(address, 0, PNG[:500])
    with writing(installation.sessions) as session:
        if how == "the account":
            Accounts(session, installation).disable(user=session.get_one(User, person.id))
    if how == "the rule":
        give(person, Permission.VIEW)
    if how == "the folder":
        give(person, None)
    answer = leila.add(address, 500, PNG[500:])
    assert answer.status_int == {"the rule": 403, "the folder": 404, "the account": 401}[how]
    assert rows(installation)[1:] == (0, 0)
    assert how == "the account" or under_way(installation) == []


def test_a_right_that_is_lost_while_a_part_arrives_ends_the_upload(
    leila: Client, person: Person, give: Any, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "BLOCK", 100)
    monkeypatch.setattr(resuming, "ASKED_AGAIN", -1.0)
    address = leila.started()
    began: list[int] = []

    def append(part: Any, data: bytes) -> None:
        began.append(len(data))
        if len(began) == 2:
            give(person, None)
        original(part, data)

    original = resuming.Part.append
    monkeypatch.setattr(resuming.Part, "append", append)
    assert leila.add(address, 0, PNG).status_int == 404
    assert began == [100, 100]
    assert under_way(installation) == []
    assert rows(installation) == (0, 0, 0)


def test_the_newest_request_takes_the_upload_over(
    leila: Client, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "BLOCK", 100)
    address, seen = leila.started(), []
    original = resuming.Part.append

    def append(part: Any, data: bytes) -> None:
        original(part, data)
        if part.size == 300 and not seen:
            seen.append(leila.offset(address))

    monkeypatch.setattr(resuming.Part, "append", append)
    old = leila.add(address, 0, PNG)
    assert old.status_int == 423
    assert seen == [300]
    assert leila.offset(address) == 300
    assert leila.add(address, 300, PNG[300:]).status_int == 204
    assert stored(installation) == PNG


def test_a_full_disk_keeps_what_arrived_and_says_so(
    leila: Client, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = leila.started()
    leila.add(address, 0, PNG[:500])
    with monkeypatch.context() as patched:
        patched.setattr(durable, "write_all", full)
        assert leila.add(address, 500, PNG[500:]).status_int == 507
    assert leila.offset(address) == 500
    assert leila.add(address, 500, PNG[500:]).status_int == 204
    assert stored(installation) == PNG


def full(handle: int, data: bytes) -> None:
    raise OSError(28, "No space left on device")


def test_a_disk_that_confirms_nothing_fails_the_upload(
    leila: Client, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = leila.started()

    def refuse(handle: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", refuse)
        assert leila.add(address, 0, PNG).status_int == 503
    assert leila.ask("HEAD", address).status_int == 404
    assert under_way(installation) == []
    assert not list(installation.storage.private.glob("??/??/*/v1"))


def test_a_database_that_fails_at_the_end_loses_nothing(
    leila: Client, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = leila.started()

    def down(*_given: Any, **_named: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(resuming.Uploads, "enter", down)
        assert leila.add(address, 0, PNG).status_int == 503
    clear_away(installation, older_than=timedelta(seconds=-5))
    assert leila.add(address, len(PNG), b"").status_int == 423
    head = leila.ask("HEAD", address)
    assert head.headers["Upload-Offset"] == str(len(PNG))
    assert leila.app.get(head.headers["Location-Item"]).status_int == 200
    assert stored(installation) == PNG
    assert rows(installation) == (1, 1, 1)
    assert list((installation.storage.incoming / "placing").iterdir()) == []


def test_what_nobody_goes_on_with_is_cleared_away(
    leila: Client, installation: Installation, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    left, whole = leila.started(), leila.begin(len(PNG), PNG)
    leila.add(left, 0, PNG[:500])
    # Of one whose bytes were placed before a kill came.
    (installation.storage.incoming / "tus" / f"{'0' * 16}.turn").write_bytes(b"")
    clear_away(installation)
    assert leila.offset(left) == 500
    clock.forward(days=8)
    in_eight_days = time.time() + timedelta(days=8).total_seconds()
    monkeypatch.setattr("privmedia.uploads.jobs.time.time", lambda: in_eight_days)
    clear_away(installation)
    assert under_way(installation) == []
    assert rows(installation) == (0, 1, 1)
    assert stored(installation) == PNG
    assert whole.headers["Location-Item"]


def test_the_folder_that_goes_takes_its_uploads_along(leila: Client, installation: Installation) -> None:
    address = leila.started()
    with writing(installation.sessions) as session:
        session.delete(session.scalars(select(Folder).where(Folder.uid == leila.folder)).one())
    assert leila.add(address, 0, PNG).status_int == 404
    assert rows(installation) == (0, 0, 0)
