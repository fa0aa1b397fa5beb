"""Several originals as one zip: made by the worker, for one person, and decided again whenever it is fetched."""
from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind, State, Version
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.operations.check_files import unreferenced
from privmedia.operations.worker import run_worker
from privmedia.storage import Storage
from privmedia.zips.jobs import remove_over
from privmedia.zips.models import Zip
from privmedia.zips.service import MOST_WAITING
from tests.functional.access_site import Site
from tests.functional.visitors import token_of

TRAINING = "Product training"
THRUSTER = "Product training/Thruster T4"


def add(installation: Installation, path: str, title: str, filename: str = "a.mp4", content: bytes = b"") -> str:
    """An item with an original; answers its id."""
    uid, content = new_uid(), content or title.encode()
    with installation.storage.receive() as incoming:
        incoming.write(content)
        incoming.finish()
        installation.storage.place(incoming, uid, 1, facts={})
    with writing(installation.sessions) as session:
        received = Received(
            uid=uid, filename=filename, media_type="video/mp4", size=len(content), kind=Kind.VIDEO
        )
        folder = Paths(session, installation).folder(path)
        version = Library(session, installation).add_item(folder=folder, title=title, received=received, by=None)
        version.item.shown, version.item.state = True, State.READY
    installation.storage.settle(uid, 1)
    return uid


@pytest.fixture
def three(site: Site, installation: Installation) -> list[str]:
    """Two originals that Maren may download, of one name, and one that she may only see."""
    with writing(installation.sessions) as session:
        Library(session, installation).item(site.video).shown = False  # its file does not exist
    site.set(TRAINING, site.user("maren"), Permission.VIEW)
    site.set(THRUSTER, site.user("maren"), Permission.DOWNLOAD)
    return [
        add(installation, THRUSTER, "Seal kit"),
        add(installation, THRUSTER, "Bearing"),
        add(installation, TRAINING, "Q3 town hall"),
    ]


@pytest.fixture
def maren(site: Site, three: list[str]) -> TestApp:
    return site.as_("maren")


def ask(app: TestApp, uids: list[str]) -> TestApp:
    """Tick items and press Download; answers the page that asks."""
    form = app.get("/recent").forms["bulk-form"]
    for box in form.fields["item"]:
        box.checked = box._value in uids
    return form.submit("do", value="download", status=303).follow()


def make(app: TestApp, uids: list[str], installation: Installation) -> TestApp:
    """Have a zip made; answers its page when it is ready."""
    page = ask(app, uids).forms["zip-form"].submit(status=303).follow()
    run_worker(installation, once=True)
    return app.get(page.request.path)


def opened(app: TestApp, page: TestApp, installation: Installation) -> dict[str, bytes]:
    """What is in the zip that a page hands out, by name."""
    answer = app.get(page.html.select_one("#fetch")["href"], status=200)
    assert answer.headers["Content-Type"] == "application/zip"
    path = installation.storage.private / answer.headers["X-Accel-Redirect"].removeprefix("/pmedia/")
    return unpacked(path)


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert {entry.compress_type for entry in file.infolist()} == {zipfile.ZIP_STORED}
        return {name: file.read(name) for name in file.namelist()}


def test_what_may_be_downloaded_comes_as_one_zip_and_the_rest_is_named_before(
    maren: TestApp, three: list[str], installation: Installation
) -> None:
    page = ask(maren, three)
    assert "1 of 3 cannot be downloaded: “Q3 town hall”." in page.html.main.text
    assert page.html.h1.text == "Download 2 files"
    waiting = page.forms["zip-form"].submit(status=303).follow()
    assert "Your zip is being made" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert "fetch" not in waiting
    maren.get(f"{waiting.request.path}/file", status=303)
    run_worker(installation, once=True)
    ready = maren.get(waiting.request.path)
    assert "Your zip is ready" in ready
    assert opened(maren, ready, installation) == {"a.mp4": b"Bearing", "a (2).mp4": b"Seal kit"} or opened(
        maren, ready, installation
    ) == {"a.mp4": b"Seal kit", "a (2).mp4": b"Bearing"}
    maren.app.registry["viewings"].settle()
    with reading(installation.sessions) as session:
        downloads = session.scalars(select(Event.target).where(Event.kind == "item.download")).all()
        made = session.scalars(select(Event).where(Event.kind == "zip.make")).one()
    assert sorted(downloads) == sorted(f"item:{uid}" for uid in three[:2])
    assert made.detail["count"] == 2


def test_asked_twice_it_is_made_once(maren: TestApp, three: list[str], installation: Installation) -> None:
    form = ask(maren, three).forms["zip-form"]
    first, second = (form.submit(status=303).location for _time in range(2))
    assert first == second
    run_worker(installation, once=True)
    assert form.submit(status=303).location == first


def test_it_is_there_for_nobody_else(
    site: Site, maren: TestApp, three: list[str], installation: Installation
) -> None:
    address = make(maren, three, installation).request.path
    for name in ("ada", "jonas"):
        other = site.as_(name)
        missing = other.get(f"/zip/{new_uid()}", status=404)
        for tail in ("", "/file"):
            assert len(other.get(address + tail, status=404).body) == len(missing.body)
    maren.post("/logout", {"csrf_token": token_of(maren)})
    assert maren.get(f"{address}/file", status=303).location.startswith("http://media.example.test/login")


@pytest.mark.parametrize("loss", ["revoked", "blocked", "binned", "replaced", "purged"])
def test_a_member_that_is_lost_keeps_the_whole_zip_back(
    loss: str, site: Site, maren: TestApp, three: list[str], installation: Installation
) -> None:
    page = make(maren, three, installation)
    address = page.request.path
    if loss == "revoked":
        site.set(THRUSTER, site.user("maren"), Permission.VIEW)
    elif loss == "blocked":
        site.set(THRUSTER, site.user("maren"), deny=True)
    elif loss == "binned":
        site.as_("ada").get(f"/m/{three[0]}/delete").forms["delete-form"].submit(status=303)
    else:
        with writing(installation.sessions) as session:
            item = session.scalars(select(Item).where(Item.uid == three[0])).one()
            if loss == "purged":
                session.delete(item)
            else:
                session.add(
                    Version(item_id=item.id, number=2, filename="b.mp4", size=1, created_at=installation.clock())
                )
                item.current = 2
    refused = maren.get(f"{address}/file", status=303)
    assert "X-Accel-Redirect" not in refused.headers
    told = refused.follow()
    assert "not yours to download any more" in told
    assert "fetch" not in told.html.main.get_text()
    assert told.html.select_one("#fetch") is None


def test_a_new_one_has_what_is_left(
    site: Site, maren: TestApp, three: list[str], installation: Installation
) -> None:
    address = make(maren, three, installation).request.path
    site.as_("ada").get(f"/m/{three[0]}/delete").forms["delete-form"].submit(status=303)
    again = maren.get(address).forms["again-form"].submit(status=303)
    assert again.location != f"http://media.example.test{address}"
    run_worker(installation, once=True)
    assert opened(maren, again.follow(), installation) == {"a.mp4": b"Bearing"} or opened(
        maren, again.follow(), installation
    ) == {"a (2).mp4": b"Bearing"}
    maren.get(address, status=404)


def test_a_right_that_ended_before_it_was_made_is_decided_then(
    site: Site, maren: TestApp, three: list[str], installation: Installation
) -> None:
    page = ask(maren, three).forms["zip-form"].submit(status=303).follow()
    site.as_("ada").get(f"/m/{three[0]}/delete").forms["delete-form"].submit(status=303)
    run_worker(installation, once=True)
    ready = maren.get(page.request.path)
    assert "One file is not in it: you cannot download it any more." in ready
    assert list(opened(maren, ready, installation).values()) == [b"Bearing"]
    site.set(THRUSTER, site.user("maren"), Permission.VIEW)
    waiting = maren.get(page.request.path)
    assert waiting.html.select_one("#fetch") is None


def test_nothing_left_is_said(site: Site, maren: TestApp, three: list[str], installation: Installation) -> None:
    page = ask(maren, three).forms["zip-form"].submit(status=303).follow()
    site.set(THRUSTER, site.user("maren"), Permission.VIEW)
    run_worker(installation, once=True)
    failed = maren.get(page.request.path)
    assert "The zip could not be made" in failed
    assert "There is nothing in it that you can download." in failed
    assert "There is nothing in it" in failed.forms["again-form"].submit(status=422)


def test_a_folder_comes_with_its_folders_and_names_none_that_does_not_exist_for_the_caller(
    site: Site, maren: TestApp, three: list[str], installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders(f"{THRUSTER}/Drafts: secret/Final")
    site.set(f"{THRUSTER}/Drafts: secret", site.user("jonas"), Permission.VIEW)
    add(installation, f"{THRUSTER}/Drafts: secret/Final", "Inner", "CON.mp4")
    page = maren.get(f"/f/{site.thruster}").click("Download folder…")
    assert page.html.h1.text == "Download “Thruster T4”"
    done = page.forms["zip-form"].submit(status=303).follow()
    run_worker(installation, once=True)
    ready = maren.get(done.request.path)
    assert set(opened(maren, ready, installation)) == {
        "a.mp4", "a (2).mp4", "Drafts_ secret/Final/_CON.mp4"
    }
    assert maren.get(ready.html.select_one("#fetch")["href"]).headers["Content-Disposition"] == (
        'attachment; filename="Thruster T4.zip"'
    )
    with writing(installation.sessions) as session:
        from privmedia.library.rules import Rules

        folder = Paths(session, installation).folder(f"{THRUSTER}/Drafts: secret")
        Rules(session, installation).set_inherits(folder, False)
    site.set(f"{THRUSTER}/Drafts: secret/Final", site.user("maren"), Permission.DOWNLOAD)
    assert "secret" not in maren.get(f"/f/{site.thruster}/download")
    assert "CON.mp4" in maren.get(f"/f/{site.thruster}/download")


def test_too_much_is_refused_with_numbers(
    maren: TestApp, three: list[str], installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = ask(maren, three).forms["zip-form"]
    monkeypatch.setattr(Storage, "free_space", lambda _self: 1 << 30)
    assert "The server has no room for a zip of 15 bytes right now." in form.submit(status=507)
    monkeypatch.undo()
    object.__setattr__(installation.settings, "max_zip_size", 10)
    assert "That is 15 bytes together. At most 10 bytes go into one zip: choose fewer." in form.submit(status=422)


def test_only_a_few_are_made_at_once(maren: TestApp, three: list[str], installation: Installation) -> None:
    more = [add(installation, THRUSTER, f"More {number}") for number in range(MOST_WAITING + 1)]
    for uid in more[:MOST_WAITING]:
        ask(maren, [uid]).forms["zip-form"].submit(status=303)
    refused = ask(maren, more[-1:]).forms["zip-form"].submit(status=409)
    assert "3 of your zips are still being made. Wait for one of them." in refused


def test_a_full_disk_is_told_and_leaves_nothing(
    maren: TestApp, three: list[str], installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ask(maren, three).forms["zip-form"].submit(status=303).follow()
    shutil.rmtree(installation.storage.version_folder(three[0], 1))
    run_worker(installation, once=True)
    failed = maren.get(page.request.path)
    assert "A file of it is missing on the server. Tell your administrator." in failed
    assert list((installation.storage.incoming / "work").iterdir()) == []
    assert [path.name for path in installation.storage.private.rglob("*.zip")] == []


def test_it_is_gone_after_a_day_and_when_it_is_deleted(
    maren: TestApp, three: list[str], installation: Installation, clock: object
) -> None:
    address = make(maren, three, installation).request.path
    assert unreferenced(installation).problems == []
    second = make(maren, three[:1], installation)
    second.forms["delete-form"].submit(status=303)
    maren.get(second.request.path, status=404)
    remove_over(installation)
    assert len(list(installation.storage.private.rglob("*.zip"))) == 1
    clock.forward(hours=25)  # type: ignore[attr-defined]
    site_page = maren.get(address, status="*")
    assert site_page.status_int in (303, 404)
    remove_over(installation)
    assert list(installation.storage.private.rglob("*.zip")) == []
    with reading(installation.sessions) as session:
        assert session.scalars(select(Zip)).all() == []
