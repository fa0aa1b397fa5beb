"""Links by which people without an account send files: what they may, what they see, and everything that ends it."""
from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from webtest import TestApp, TestResponse

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.accounts import passwords
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import SiteValue, User
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.following.models import Happening
from privmedia.following.rounds import SENT, Rounds
from privmedia.giving import plain_views, resources
from privmedia.giving.models import SentFile
from privmedia.giving.sending import FILES_UNDER_WAY, LARGEST_UNDER_WAY
from privmedia.installation import Installation
from privmedia.jobs.models import Job
from privmedia.library.drafts import Drafts
from privmedia.library.models import Folder, Item, ItemTag, Version
from privmedia.library.rules import Wanted
from privmedia.library.service import Library
from privmedia.organising.bin import Bin
from privmedia.sharing.models import Link, Visit
from privmedia.sharing.service import Links
from privmedia.sharing.stopping import Stopping
from privmedia.uploads import resuming
from privmedia.uploads.models import Upload
from tests.conftest import FakeClock
from tests.functional.visitors import token_of
from tests.private_library import PrivateLibrary
from tests.shared_links import MadeLink, make_link
from tests.tus_client import PNG, Client
from tests.unit.media.conftest import picture

JPEG = picture("JPEG", size=(400, 300))
SECRET = "copper gannet 41"
MAKER = "Tomasz Wójcik"
ENDED = "This link has ended"


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person(MAKER, allow=Permission.MANAGE)
    library.add_person("Ada Lind", admin=True)
    return library


@pytest.fixture
def ask(library: PrivateLibrary, installation: Installation) -> Callable[..., MadeLink]:
    def make(**wish: Any) -> MadeLink:
        settings = {"name": "Thruster photos, hull 118", "text": "Close-ups of the seal.", "upload": True, **wish}
        return make_link(
            installation, library.folder, library.user_ids[MAKER], folder=True, opened=None, **settings
        )

    return make


def opened(browser: TestApp, link: MadeLink, **fields: str) -> TestResponse:
    """The page, once the link is open in a browser."""
    form = browser.get(link.path).follow(status=200).forms["give-form"]
    for name, value in fields.items():
        form[name] = value
    return form.submit(status=303).follow(status=200)


def sent_by_form(browser: TestApp, link: MadeLink, *files: tuple[str, bytes], status: int = 303) -> TestResponse:
    """What the plain form answers."""
    token = browser.get(f"/upload/send/{link.uid}").html.select_one("input[name=csrf_token]")["value"]
    uploads = [("file", name, content) for name, content in files]
    return browser.post(
        f"/upload/send/{link.uid}", {"csrf_token": token}, upload_files=uploads, status=status
    )


def by_tus(browser: TestApp, link: MadeLink) -> Client:
    return Client(browser, {"X-CSRF-Token": token_of(browser)}, "", f"/uploads/send/{link.uid}/")


def whole(client: Client, content: bytes, filename: str = "Seal.png") -> Any:
    return client.begin(len(content), content, about={"filename": filename})


def as_maker(browser: Callable[[], TestApp], library: PrivateLibrary, name: str = MAKER) -> TestApp:
    app = browser()
    app.set_cookie("session", library.tokens[name])
    (cookie,) = app.cookiejar
    cookie.value = library.tokens[name]
    return app


def ada_lind(library: PrivateLibrary) -> Identity:
    with reading(library.installation.sessions) as session:
        return as_identity(session.get_one(User, library.user_ids["Ada Lind"]), frozenset())


def items(installation: Installation) -> list[Item]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Item).order_by(Item.id)))


def taken(installation: Installation) -> tuple[int, int]:
    with reading(installation.sessions) as session:
        return tuple(session.execute(select(Link.taken_files, Link.taken_bytes)).one())  # type: ignore[return-value]


def nothing_is_left(installation: Installation) -> bool:
    root = installation.settings.media_root
    files = [path for where in ("incoming", "private") for path in (root / where).rglob("*") if path.is_file()]
    with reading(installation.sessions) as session:
        rows = session.scalar(select(func.count(Item.id))) or session.scalar(select(func.count(Upload.id)))
    return not files and not rows


# The address, and what it tells


def test_the_address_leads_to_one_without_the_key_at_once(testapp: TestApp, ask: Any) -> None:
    link = ask()
    assert re.fullmatch(r"/give/[A-Za-z0-9_-]{43}", link.path)
    answer = testapp.get(link.path, status=303)
    assert answer.location == f"http://media.example.test/send/{link.uid}"
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
    page = answer.follow(status=200)
    key = link.path.rpartition("/")[2]
    assert key not in page.text + "".join(map(str, answer.headerlist)) + answer.text
    assert (page.headers["Referrer-Policy"], page.headers["Cache-Control"]) == ("same-origin", "no-store")
    assert 'content="noindex, nofollow"' in page


def test_the_page_says_who_asks_for_what_and_nothing_of_the_library(
    testapp: TestApp, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    library.add_item(b"somebody's film")
    page = testapp.get(ask().path).follow(status=200)
    assert page.html.find("h1").text == "Send files to Tomasz Wójcik"
    for said in ("Thruster photos, hull 118", "Close-ups of the seal.", "23 December 2026", "up to 21.5 GB each"):
        assert said in page.html.text, said
    assert "Only the people of this project see them." in page.html.text
    assert "You cannot see what others sent, and they cannot see yours." in page.html.text
    for hidden in ("Training", library.folder, "T4"):
        assert hidden not in page.text
    with reading(installation.sessions) as session:
        assert session.scalars(select(Visit.id)).all() == []
        assert session.scalars(select(Link.viewings)).all() == [0]


def test_the_organisation_is_named_where_there_is_one(
    testapp: TestApp, ask: Any, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        session.merge(SiteValue(name="organisation", value="Skarvik Marine"))
    page = testapp.get(ask().path).follow(status=200)
    assert page.html.find("h1").text == "Send files to Skarvik Marine"


def test_a_link_is_known_by_its_own_kind_of_address_alone(
    testapp: TestApp, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    request = ask()
    share = make_link(installation, library.folder, library.user_ids[MAKER], folder=True, opened=None)
    testapp.get(request.path.replace("/give/", "/s/"), status=410)
    testapp.get(share.path.replace("/s/", "/give/"), status=410)
    testapp.get(request.path, status=303)
    testapp.get(share.path, status=303)
    testapp.get(f"/link/{request.uid}", status=410)
    testapp.get(f"/send/{share.uid}", status=410)
    testapp.get(f"/send/{request.uid}", status=200)


def test_whoever_has_not_come_by_the_address_gets_nothing(testapp: TestApp, ask: Any) -> None:
    link = ask()
    assert ENDED in testapp.get(f"/send/{link.uid}", status=410)
    assert ENDED in testapp.get("/give/" + "x" * 43, status=410)
    testapp.get(f"/upload/send/{link.uid}", status=410)
    assert by_tus(testapp, link).begin(10).status_int == 410


# Sending by the form


def test_files_sent_by_the_form_become_drafts_of_the_maker_and_the_receipt_has_their_sums(
    testapp: TestApp, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    link = ask()
    opened(testapp, link, sender="P. Nowak,  DNV", message="Port side")
    page = sent_by_form(testapp, link, ("seal.png", PNG), ("shaft.jpg", JPEG)).follow(status=200)
    assert "Tomasz Wójcik has your 2 files." in page.html.text
    for content in (PNG, JPEG):
        assert hashlib.sha256(content).hexdigest() in page
    assert "the checksums match" not in page  # nobody compared them
    first, second = items(installation)
    assert [first.title, second.title] == ["seal", "shaft"]
    with reading(installation.sessions) as session:
        assert {first.uploader_id, second.uploader_id} == {library.user_ids[MAKER]}
        drafts = Drafts(session, installation)
        assert all(drafts.is_draft(session.get_one(Item, item.id)) for item in (first, second))
        sent = session.scalars(select(SentFile)).first()
        assert sent is not None
        assert (sent.sender, sent.message, sent.filename) == ("P. Nowak, DNV", "Port side", "seal.png")
        visit = session.scalars(select(Visit)).one()
        assert visit.expires_at == installation.clock() + timedelta(days=7)
    assert taken(installation) == (2, len(PNG) + len(JPEG))


def test_the_maker_sees_who_sent_it_and_people_who_may_only_view_do_not(
    testapp: TestApp, browser: Any, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    library.add_person("Leila", allow=Permission.VIEW)
    link = ask()
    opened(testapp, link, sender="P. Nowak", message="Port side")
    sent_by_form(testapp, link, ("seal.png", PNG))
    uid = items(installation)[0].uid
    page = as_maker(browser, library).get(f"/m/{uid}", status=200)
    said = " ".join(page.html.text.split())
    assert "Sent by P. Nowak through the link “Thruster photos, hull 118”: Port side" in said
    leila = as_maker(browser, library, "Leila")
    leila.get(f"/m/{uid}", status=404)  # it is a draft
    with writing(installation.sessions) as session:
        item = session.scalars(select(Item)).one()
        item.shown = True
        Drafts(session, installation).release(item, ada_lind(library))
    assert "Sent by" not in leila.get(f"/m/{uid}", status=200)


def test_a_sent_file_is_in_the_log_by_its_link(testapp: TestApp, ask: Any, installation: Installation) -> None:
    link = ask()
    opened(testapp, link)
    sent_by_form(testapp, link, ("seal.png", PNG))
    with reading(installation.sessions) as session:
        line = session.scalars(select(Event).where(Event.kind == "item.add")).one()
        written = " ".join(map(str, session.execute(select(Event)).scalars().all()))
    assert line.actor == "Link “Thruster photos, hull 118”"
    assert line.through == f"link {link.uid} of Tomasz Wójcik"
    assert line.address == "192.0.2.7"
    assert link.path.rpartition("/")[2] not in written


def test_the_maker_is_told_at_the_bell_and_by_one_letter_a_day(
    testapp: TestApp, browser: Any, ask: Any, library: PrivateLibrary, installation: Installation, clock: FakeClock
) -> None:
    link, maker = ask(), as_maker(browser, library)
    opened(testapp, link)
    sent_by_form(testapp, link, ("seal.png", PNG), ("shaft.jpg", JPEG))
    whole(by_tus(testapp, link), PNG, "port.png")
    page = maker.get("/notices")
    assert [found.text for found in page.html.select(".notices a.ink")] == ["port", "shaft", "seal"]
    assert "Sent through a link of yours." in page
    with writing(installation.sessions) as session:
        rounds, maker_id = Rounds(session, installation), library.user_ids[MAKER]
        planned = session.scalars(select(Job).where(Job.kind == SENT.name)).one()
        assert (planned.target_id, planned.run_after) == (maker_id, clock.now + timedelta(minutes=30))
        rounds.plan(SENT, [maker_id])
        assert len(session.scalars(select(Job).where(Job.kind == SENT.name)).all()) == 1
        told = rounds.notices.waiting(rounds.as_reader(session.get_one(User, maker_id)), [Happening.SENT])
    assert len(told) == 3


def test_what_has_no_place_is_refused_and_the_rest_kept(
    testapp: TestApp, ask: Any, installation: Installation
) -> None:
    link = ask()
    opened(testapp, link)
    page = sent_by_form(testapp, link, ("seal.png", PNG), ("budget.xlsx", b"PK\3\4 no picture"), status=200)
    assert page.html.select_one("#refused-files b").text == "budget.xlsx"
    assert "seal.png" in page.html.select_one("#sent-files").text
    assert len(items(installation)) == 1
    page = sent_by_form(testapp, link, ("budget.xlsx", b"PK\3\4 no picture"), status=422)
    assert len(items(installation)) == 1
    assert "Choose at least one file." in sent_by_form(testapp, link, ("", b""), status=422)


def test_a_form_that_is_too_long_is_refused_before_it_is_read(
    testapp: TestApp, ask: Any, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "TOGETHER", 1000)
    monkeypatch.setattr(plain_views, "ENVELOPE", 1000)
    link = ask()
    opened(testapp, link)
    page = sent_by_form(testapp, link, ("seal.png", PNG), status=413)
    assert "too large together" in page.html.text
    assert nothing_is_left(installation)


# Sending in parts


def test_a_file_sent_in_parts_becomes_a_draft_and_is_compared(
    testapp: TestApp, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    link = ask()
    opened(testapp, link, sender="P. Nowak")
    client = by_tus(testapp, link)
    # What is asked for in vain: another folder, no draft, tags.
    address = client.started(folder="zzzzzzzzzzzzzzz0", title="My title", draft="no", tags="mine")
    assert address.startswith(f"/uploads/send/{link.uid}/")
    client.add(address, 0, PNG[:500])
    assert client.offset(address) == 500
    done = client.add(address, 500, PNG[500:])
    (item,) = items(installation)
    assert done.headers["Location-Item"] == f"/send/{link.uid}/files/{item.uid}"
    with reading(installation.sessions) as session:
        assert session.get_one(Folder, item.folder_id).uid == library.folder
        assert item.uploader_id == library.user_ids[MAKER]
        assert Drafts(session, installation).is_draft(session.get_one(Item, item.id))
        assert session.scalars(select(ItemTag)).all() == []

    def compared(own: bytes) -> Any:
        fields = {"sha256": hashlib.sha256(own).hexdigest(), "csrf_token": token_of(testapp)}
        return testapp.post(f"/send/{link.uid}/files/{item.uid}", fields).json

    assert compared(PNG)["final"] is False
    assert "checksums are being taken" in testapp.get(f"/send/{link.uid}")
    with writing(installation.sessions) as session:
        session.scalars(select(Version)).one().sha256 = hashlib.sha256(PNG).hexdigest()
    answer = compared(PNG)
    assert (answer["final"], answer["state"]) == (True, "ready")
    assert hashlib.sha256(PNG).hexdigest() in answer["text"]
    assert "It is complete: the checksums match." in testapp.get(f"/send/{link.uid}").html.text
    assert compared(JPEG)["state"] == "failed"
    page = testapp.get(f"/send/{link.uid}").html.text
    assert "the checksums differ. Send it again." in page
    assert "the checksums match" not in page


def test_a_sum_nobody_compared_is_not_said_to_match(testapp: TestApp, ask: Any, installation: Installation) -> None:
    link = ask()
    opened(testapp, link)
    whole(by_tus(testapp, link), PNG)
    with writing(installation.sessions) as session:
        session.scalars(select(Version)).one().sha256 = hashlib.sha256(PNG).hexdigest()
    page = testapp.get(f"/send/{link.uid}").html.text
    assert "The checksums below are of what arrived." in page
    assert "match" not in page


@pytest.mark.parametrize("wrong", ["x", "0" * 63, "g" * 64])
def test_what_is_no_sum_is_refused(wrong: str, testapp: TestApp, ask: Any, installation: Installation) -> None:
    link = ask()
    opened(testapp, link)
    whole(by_tus(testapp, link), PNG)
    uid = items(installation)[0].uid
    fields = {"sha256": wrong, "csrf_token": token_of(testapp)}
    testapp.post(f"/send/{link.uid}/files/{uid}", fields, status=422)


def test_types_and_sizes_are_refused_before_they_are_sent(testapp: TestApp, ask: Any) -> None:
    link = ask(most_bytes=1000)
    opened(testapp, link)
    headers = {"X-CSRF-Token": token_of(testapp), "Content-Type": "application/octet-stream"}

    def looked(name: str, size: int, head: bytes) -> Any:
        return testapp.post(f"/send/{link.uid}/look?name={name}&size={size}", head, headers=headers).json

    assert looked("seal.png", 900, PNG[:500]) == {"kind": "image", "known": False}
    assert "not enough room" in looked("seal.png", 1001, PNG[:500])["refused"]
    assert looked("budget.xlsx", 900, b"PK\3\4 no picture")["refused"]
    testapp.post(f"/send/{link.uid}/look?name=a.png&size=x", b"", headers=headers, status=422)


# What one sender sees


def test_nobody_sees_or_touches_what_another_sent(
    testapp: TestApp, browser: Any, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    link, other = ask(), browser()
    opened(testapp, link)
    sent_by_form(testapp, link, ("seal.png", PNG))
    begun = by_tus(testapp, link).started(len(JPEG), filename="shaft.jpg")
    opened(other, link)
    assert "seal.png" not in other.get(f"/send/{link.uid}")
    assert "1 file" not in other.get(f"/send/{link.uid}").html.text
    client, uid = by_tus(other, link), items(installation)[0].uid
    for method in ("HEAD", "DELETE"):
        assert client.ask(method, begun).status_int == 404
    assert client.add(begun, 0, JPEG).status_int == 404
    testapp.post(f"/send/{link.uid}/files/{uid}", {"csrf_token": token_of(testapp)}, status=200)
    answer = other.post(f"/send/{link.uid}/files/{uid}", {"csrf_token": token_of(other)}, expect_errors=True)
    assert answer.status_int in (303, 404)
    # The maker, whose the items will be, does not go on with it either, and nobody with the maker's by the link.
    maker = as_maker(browser, library)
    account = Client(maker, {"X-CSRF-Token": token_of(maker)}, library.folder)
    upload = begun.rpartition("/")[2]
    assert account.ask("HEAD", f"/uploads/{upload}").status_int == 404
    own = account.started(len(JPEG), filename="own.jpg").rpartition("/")[2]
    assert client.ask("HEAD", f"/uploads/send/{link.uid}/{own}").status_int == 404
    assert by_tus(testapp, link).add(begun, 0, JPEG).status_int == 204


def test_an_open_link_to_send_files_by_opens_nothing_of_the_library(
    testapp: TestApp, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    there = library.add_item(b"somebody's film")
    link = ask()
    opened(testapp, link)
    sent_by_form(testapp, link, ("seal.png", PNG))
    own = next(item.uid for item in items(installation) if item.uid != there)
    with writing(installation.sessions) as session:
        session.scalars(select(Item).where(Item.uid == own)).one().shown = True
    for uid in (there, own):
        preview = f"preview/{link.uid}.webp"
        for name in ("play.mp4", "poster.webp", "original/seal.png", "original/T4 bench.mp4", preview):
            testapp.get(f"/smedia/{uid}/{name}", status=404)
        assert "/login" in testapp.get(f"/m/{uid}", status=303).location
        testapp.get(f"/link/{link.uid}/m/{uid}", status=410)
    assert "/login" in testapp.get(f"/f/{library.folder}", status=303).location
    for address in (f"/link/{link.uid}", f"/link/{link.uid}/f/{library.folder}"):
        testapp.get(address, status=410)


def test_an_open_share_link_takes_no_file(
    testapp: TestApp, library: PrivateLibrary, installation: Installation
) -> None:
    share = make_link(installation, library.folder, library.user_ids[MAKER], folder=True, download=True)
    testapp.set_cookie("visit", share.visit)
    testapp.get(f"/link/{share.uid}", status=200)
    testapp.get(f"/upload/send/{share.uid}", status=410)
    assert by_tus(testapp, share).begin(10).status_int == 410
    headers = {"X-CSRF-Token": token_of(testapp)}
    testapp.post(f"/upload/send/{share.uid}", {}, headers=headers, status=410)
    testapp.post(f"/send/{share.uid}", {}, headers=headers, status=410)
    testapp.post(f"/send/{share.uid}/look?name=a.png&size=1", b"", headers=headers, status=410)


def test_the_quota_of_the_maker_holds_and_is_not_told(
    testapp: TestApp, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        session.get_one(User, library.user_ids[MAKER]).quota = len(PNG) + 1
    link = ask()
    opened(testapp, link)
    client = by_tus(testapp, link)
    assert whole(client, PNG).status_int == 201
    answer = client.begin(2)
    assert (answer.status_int, "quota" in answer.text) == (413, False)
    page = sent_by_form(testapp, link, ("shaft.jpg", JPEG), status=413)
    assert "This link has not enough room left for that." in page.html.select_one("#refused-files").text
    assert taken(installation) == (1, len(PNG))
    assert len(items(installation)) == 1


def test_who_has_an_account_as_well_sends_for_the_links_maker(
    browser: Any, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    library.add_person("Oskar")
    app, link = as_maker(browser, library, "Oskar"), ask()
    opened(app, link)
    form = app.get(f"/send/{link.uid}").forms["give-form"]
    key = {"X-CSRF-Token": form["csrf_token"].value}
    assert whole(Client(app, key, "", f"/uploads/send/{link.uid}/"), PNG).status_int == 201
    assert items(installation)[0].uploader_id == library.user_ids[MAKER]
    app.get(f"/m/{items(installation)[0].uid}", status=404)


# Everything that ends it

ENDERS = ["revoked", "expired", "the maker's rule", "the maker is disabled", "the folder is gone", "the visit is over"]


def end(how: str, link: MadeLink, library: PrivateLibrary, installation: Installation, clock: FakeClock) -> None:
    if how == "the maker's rule":
        library.set_rule(MAKER, Permission.EDIT | Permission.UPLOAD)
    with writing(installation.sessions) as session:
        if how == "revoked":
            Links(session, installation).revoke(uid=link.uid)
        if how == "expired":
            session.scalars(select(Link)).one().expires_at = clock.now
        if how == "the maker is disabled":
            Accounts(session, installation).disable(user=session.get_one(User, library.user_ids[MAKER]))
        if how == "the visit is over":
            session.scalars(select(Visit)).one().expires_at = clock.now
        if how == "the folder is gone":
            folder = session.scalars(select(Folder).where(Folder.uid == library.folder)).one()
            Bin(session, installation).put(folder, ada_lind(library))


@pytest.mark.parametrize("how", ENDERS)
def test_what_ends_a_link_ends_every_verb(
    how: str, testapp: TestApp, ask: Any, library: PrivateLibrary, installation: Installation, clock: FakeClock
) -> None:
    link = ask()
    opened(testapp, link)
    client = by_tus(testapp, link)
    address, token = client.started(), token_of(testapp)
    client.add(address, 0, PNG[:500])
    end(how, link, library, installation, clock)
    begun = client.begin(10)
    assert begun.status_int == 410
    assert ENDED in begun.text
    for answer in (client.ask("HEAD", address), client.add(address, 500, PNG[500:])):
        assert answer.status_int == 410
    assert items(installation) == []
    known = how == "the visit is over"  # the address is still good for another visit
    testapp.get(f"/send/{link.uid}", status=200 if known else 410)
    testapp.get(link.path, status=303 if known else 410)
    testapp.get(f"/upload/send/{link.uid}", status=410)
    fields = {"csrf_token": token}
    testapp.post(f"/upload/send/{link.uid}", fields, upload_files=[("file", "a.png", PNG)], status=410)
    testapp.post(f"/send/{link.uid}/look?name=a.png&size=1", fields, status=410)
    testapp.post(f"/send/{link.uid}/files/zzzzzzzzzzzzzzz0", fields, status=410)
    assert items(installation) == []
    if how not in ("the visit is over", "the folder is gone"):
        with reading(installation.sessions) as session:
            assert session.scalars(select(Upload.id)).all() == []


@pytest.mark.parametrize("how", ["revoked", "the maker's rule", "the maker is disabled"])
def test_a_link_that_ends_while_a_part_arrives_ends_the_upload(
    how: str,
    testapp: TestApp,
    ask: Any,
    library: PrivateLibrary,
    installation: Installation,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resuming, "BLOCK", 100)
    monkeypatch.setattr(resuming, "ASKED_AGAIN", -1.0)
    link = ask()
    opened(testapp, link)
    client, began = by_tus(testapp, link), []
    address, original = client.started(), resuming.Part.append

    def append(part: Any, data: bytes) -> None:
        began.append(len(data))
        if len(began) == 2:
            end(how, link, library, installation, clock)
        original(part, data)

    monkeypatch.setattr(resuming.Part, "append", append)
    answer = client.add(address, 0, PNG)
    assert (answer.status_int, began) == (410, [100, 100])
    assert ENDED in answer.text
    assert nothing_is_left(installation)


@pytest.mark.parametrize("how", ["revoked", "the maker's rule", "the maker is disabled"])
@pytest.mark.parametrize("way", ["form", "parts"])
def test_a_link_that_ends_once_all_bytes_are_there_takes_nothing(
    how: str,
    way: str,
    testapp: TestApp,
    ask: Any,
    library: PrivateLibrary,
    installation: Installation,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = ask()
    opened(testapp, link)
    original = type(installation.storage).place

    def place(*arguments: Any, **named: Any) -> Any:
        done = original(*arguments, **named)
        end(how, link, library, installation, clock)
        return done

    token, client = token_of(testapp), by_tus(testapp, link)
    monkeypatch.setattr(type(installation.storage), "place", place)
    if way == "parts":
        answer = whole(client, PNG)
    else:
        files = [("file", "seal.png", PNG)]
        answer = testapp.post(
            f"/upload/send/{link.uid}", {"csrf_token": token}, upload_files=files, expect_errors=True
        )
    assert answer.status_int == 410
    assert ENDED in answer.text
    assert nothing_is_left(installation)
    assert taken(installation) == (0, 0)


# How much it takes


def test_what_is_too_much_is_refused_when_it_is_announced(
    testapp: TestApp, ask: Any, installation: Installation
) -> None:
    link = ask(most_bytes=len(PNG) + 100)
    opened(testapp, link)
    client = by_tus(testapp, link)
    answer = client.begin(len(PNG) + 101)
    assert answer.status_int == 413
    assert answer.text == "This link has not enough room left for that. Ask the person who sent it.\n"
    assert whole(client, PNG).status_int == 201
    assert client.begin(101).status_int == 413
    sent_by_form(testapp, link, ("shaft.jpg", JPEG), status=413)
    assert taken(installation) == (1, len(PNG))


def test_no_more_is_begun_by_a_link_than_can_lie_there_unfinished(
    testapp: TestApp, browser: Any, ask: Any, installation: Installation
) -> None:
    link, other, second = ask(), ask(), browser()
    opened(testapp, link)
    opened(second, link)
    client, too = by_tus(testapp, link), by_tus(second, link)
    begun = [client.started() for _file in range(FILES_UNDER_WAY - 1)]
    assert too.begin(5).status_int == 201  # whoever sends by the link
    refused = client.begin(5)
    assert refused.status_int == 413
    assert refused.text.startswith("Too many files are on their way by this link.")
    opened(testapp, other)
    assert whole(by_tus(testapp, other), PNG).status_int == 201
    opened(testapp, link)
    assert client.ask("DELETE", begun[0]).status_int == 204
    assert whole(client, PNG).status_int == 201


def test_what_is_under_way_by_a_link_is_no_more_than_a_few_of_the_largest_files(
    testapp: TestApp, ask: Any, installation: Installation
) -> None:
    object.__setattr__(installation.settings, "max_upload_size", 1_000_000)
    client = by_tus(testapp, link := ask())
    opened(testapp, link)
    for _file in range(LARGEST_UNDER_WAY):
        assert client.begin(1_000_000).status_int == 201
    assert client.begin(len(PNG)).status_int == 413


@pytest.mark.both_databases
def test_the_last_room_raced_by_two_has_one_winner(
    testapp: TestApp, browser: Any, ask: Any, installation: Installation
) -> None:
    link, both = ask(most_bytes=2 * len(PNG) - 1), [testapp, browser()]
    clients = []
    for app in both:
        opened(app, link)
        clients.append(by_tus(app, link))
    addresses = [client.started() for client in clients]
    for client, address in zip(clients, addresses, strict=True):
        client.add(address, 0, PNG[:-1])
    ready, answers = threading.Barrier(2), {}

    def finish(number: int) -> None:
        ready.wait()
        answers[number] = clients[number].add(addresses[number], len(PNG) - 1, PNG[-1:]).status_int

    threads = [threading.Thread(target=finish, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [204, 413]
    assert taken(installation) == (1, len(PNG))
    (item,) = items(installation)
    folders = list((installation.settings.media_root / "private").rglob("original"))
    assert [path.parent.parent.name for path in folders] == [item.uid]
    loser = next(number for number, status in answers.items() if status == 413)
    assert clients[loser].ask("HEAD", addresses[loser]).status_int in (404, 413)


def test_a_link_takes_so_many_files_and_says_so_afterwards(
    testapp: TestApp, browser: Any, ask: Any, installation: Installation
) -> None:
    link = ask(most_files=2)
    opened(testapp, link)
    page = sent_by_form(testapp, link, ("a.png", PNG), ("b.png", PNG), ("c.png", PNG), status=200)
    assert page.html.select_one("#refused-files b").text == "c.png"
    assert [item.title for item in items(installation)] == ["a", "b"]
    page = testapp.get(f"/send/{link.uid}")
    assert "has your 2 files" in page.html.text
    assert "This link takes no more files." in page.html.text
    assert "upload-form" not in page.forms
    assert "give-form" not in page.forms
    assert by_tus(testapp, link).begin(10).text == "This link takes no more files.\n"
    browser().get(link.path, status=410)


# Passwords, forged requests, and what is typed


def test_a_password_is_asked_for_and_slowed_down(testapp: TestApp, ask: Any, installation: Installation) -> None:
    link = ask(password_hash=passwords.new_hash(SECRET, rounds=4))
    page = testapp.get(link.path).follow(status=200)
    assert page.html.select_one("[data-drop]") is None
    form = page.forms["give-form"]
    form["password"] = "wrong"
    refused = form.submit(status=401)
    assert "That is not the password." in refused
    testapp.get(f"/upload/send/{link.uid}", status=410)
    assert by_tus(testapp, link).begin(10).status_int == 410
    for _try in range(20):
        answer = form.submit(expect_errors=True)
        if answer.status_int == 429:
            break
    assert int(answer.headers["Retry-After"]) > 0
    form["password"] = SECRET
    assert form.submit(expect_errors=True).status_int == 429
    with reading(installation.sessions) as session:
        assert session.scalars(select(Visit.id)).all() == []


def test_with_the_password_it_opens(testapp: TestApp, ask: Any) -> None:
    link = ask(password_hash=passwords.new_hash(SECRET, rounds=4))
    page = opened(testapp, link, password=SECRET, sender="P. Nowak")
    assert page.html.select_one("[data-drop]") is not None
    assert page.forms["give-form"]["sender"].value == "P. Nowak"


def test_no_form_is_taken_without_its_token(testapp: TestApp, ask: Any, installation: Installation) -> None:
    link = ask()
    testapp.get(link.path).follow()
    testapp.post(f"/send/{link.uid}", {}, status=403)
    opened(testapp, link)
    files = [("file", "seal.png", PNG)]
    testapp.post(f"/upload/send/{link.uid}", {}, upload_files=files, status=403)
    testapp.post(f"/send/{link.uid}/look?name=a.png&size=1", b"", status=403)
    testapp.post(f"/send/{link.uid}/files/zzzzzzzzzzzzzzz0", {}, status=403)
    assert Client(testapp, {}, "", f"/uploads/send/{link.uid}/").begin(10).status_int == 403
    other = {"X-CSRF-Token": token_of(testapp), "Sec-Fetch-Site": "cross-site"}
    assert Client(testapp, other, "", f"/uploads/send/{link.uid}/").begin(10).status_int == 403
    assert nothing_is_left(installation)


def test_what_is_too_long_is_refused_and_opens_nothing(testapp: TestApp, ask: Any, installation: Installation) -> None:
    link = ask()
    form = testapp.get(link.path).follow().forms["give-form"]
    form["sender"] = "x" * 121
    assert "A name may have 120 characters." in form.submit(status=422)
    form["sender"], form["message"] = "<b>P. Nowak</b>", "y" * 501
    assert "500 characters" in form.submit(status=422)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Link.viewings)).one() == 0
    form["message"] = ""
    page = form.submit(status=303).follow()
    assert "<b>P. Nowak" not in page.text


def test_who_sends_can_be_changed_before_the_next_file(testapp: TestApp, ask: Any, installation: Installation) -> None:
    link = ask()
    opened(testapp, link, sender="P. Nowak")
    sent_by_form(testapp, link, ("a.png", PNG))
    form = testapp.get(f"/send/{link.uid}").forms["give-form"]
    form["sender"] = "K. Lis"
    form.submit(status=303)
    sent_by_form(testapp, link, ("b.png", PNG))
    with reading(installation.sessions) as session:
        assert session.scalars(select(SentFile.sender).order_by(SentFile.id)).all() == ["P. Nowak", "K. Lis"]
        assert session.scalars(select(Link.viewings)).one() == 1


# Asking for files


def test_who_manages_a_folder_asks_for_files(browser: Any, library: PrivateLibrary, installation: Installation) -> None:
    app = as_maker(browser, library)
    page = app.get(f"/f/{library.folder}/share").click("Ask for files")
    form = page.forms["request-form"]
    form["name"], form["text"], form["most_bytes"], form["most_files"] = "Photos", "With a ruler.", "5 GB", "20"
    form["password"] = SECRET
    made = form.submit(status=200)
    assert made.headers["Cache-Control"] == "no-store"
    address = made.html.select_one("#new-link").text
    assert re.fullmatch(r"http://media\.example\.test/give/[A-Za-z0-9_-]{43}", address)
    assert address not in app.get(f"/f/{library.folder}/request")
    with reading(installation.sessions) as session:
        link = session.scalars(select(Link)).one()
        line = session.scalars(select(Event).where(Event.kind == "link.add")).one()
    assert (link.most_bytes, link.most_files, link.text) == (5 * 10**9, 20, "With a ruler.")
    assert link.expires_at == installation.clock() + timedelta(days=30)
    assert line.detail["may"] == "upload"
    visitor = browser()
    page = opened(visitor, MadeLink(link.uid, address.removeprefix("http://media.example.test")), password=SECRET)
    assert "Photos" in page


def test_only_who_manages_it_asks_for_files_there(browser: Any, library: PrivateLibrary) -> None:
    library.add_person("Leila", allow=Permission.EDIT | Permission.UPLOAD)
    library.add_person("Oskar")
    as_maker(browser, library, "Leila").get(f"/f/{library.folder}/request", status=403)
    as_maker(browser, library, "Oskar").get(f"/f/{library.folder}/request", status=404)
    as_maker(browser, library, "Ada Lind").get("/f/top/request", status=404)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Say what you ask for"),
        ("name", "x" * 121, "120 characters"),
        ("text", "x" * 1001, "1,000 characters"),
        ("most_bytes", "much", "Write a size such as 500 MB or 10 GB"),
        ("most_bytes", "0 GB", "Write a size of 1 byte or more"),
        ("most_files", "0", "Write a number of 1 or more"),
        ("most_files", "x", "Not a valid integer"),
        ("password", "1234", "too short"),
        ("until", "2020-01-01", "That day is over."),
    ],
)
def test_what_cannot_be_asked_for_is_refused_with_its_sentence(
    field: str, typed: str, sentence: str, browser: Any, library: PrivateLibrary, installation: Installation
) -> None:
    form = as_maker(browser, library).get(f"/f/{library.folder}/request").forms["request-form"]
    form["name"] = "Photos"
    form[field] = typed
    assert sentence in form.submit(status=422).html.text
    with reading(installation.sessions) as session:
        assert session.scalars(select(Link.id)).all() == []


def test_a_request_stands_in_every_list_and_is_extended_and_revoked(
    testapp: TestApp, browser: Any, ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    link = ask(most_bytes=10**9)
    opened(testapp, link)
    sent_by_form(testapp, link, ("seal.png", PNG))
    maker, admin = as_maker(browser, library), as_maker(browser, library, "Ada Lind")
    lists = [
        maker.get("/links"),
        maker.get(f"/f/{library.folder}/share"),
        maker.get(f"/f/{library.folder}/request"),
        admin.get("/admin/links"),
    ]
    for page in lists:
        row = " ".join(page.html.select_one(".linkrow").text.split())
        for said in ("Thruster photos, hull 118", "takes files", "1 file,", "of 1.0 GB", "last", "30 days left"):
            assert said in row, (page.request.path, said, row)
    form = maker.get(f"/links/{link.uid}").forms["extend-form"]
    form["lasts"] = "90"
    form.submit(status=303)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Link.expires_at)).one() == installation.clock() + timedelta(days=90)
    admin.get(f"/links/{link.uid}/revoke").forms["revoke-form"].submit(status=303)
    assert ENDED in testapp.get(f"/send/{link.uid}", status=410)
    assert "revoked" in maker.get("/links").html.select_one(".linkrow").text


def test_a_request_is_told_of_before_a_change_of_rules_ends_it(
    ask: Any, library: PrivateLibrary, installation: Installation
) -> None:
    link = ask()
    with reading(installation.sessions) as session:
        reader, folder = ada_lind(library), Library(session, installation).folder(library.folder)
        maker = user(library.user_ids[MAKER])
        stopping = Stopping(session, installation)
        for allow, stops in ((Permission.EDIT | Permission.UPLOAD, [link.uid]), (Permission.MANAGE, [])):
            rules = [Wanted(maker, allow)]
            found = stopping.by_rules(folder, rules, True, reader=reader)
            assert [one.link.uid for one in found] == stops


def test_a_request_opens_nothing_in_the_eyes_of_who_asks_who_can_see_it(
    browser: Any, ask: Any, library: PrivateLibrary
) -> None:
    ask()
    page = as_maker(browser, library).get(f"/f/{library.folder}")
    assert "share link" not in page.html.select_one(".who").text
