"""Making an item public and taking it back: who may, what is told, and what is on the disk at each moment."""
from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.errors import Conflict, NoSpace, NotAllowed, Unavailable
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import File, Item, Kind, PublicCopy, State, Version
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.operations.check import public as check_public
from privmedia.operations.check_repair import repair
from privmedia.operations.worker import run_worker
from privmedia.public.jobs import ON_ITS_WAY, reconcile
from privmedia.public.service import PublicCopies, make_public
from privmedia.storage import durable
from privmedia.storage.public import PublicFiles
from tests.functional.access_site import Site
from tests.functional.visitors import token_of
from tests.unit.media.conftest import pdf

THRUSTER = "Product training/Thruster T4"
BYTES = b"every byte of it"


def add(
    installation: Installation, content: bytes = BYTES, *, title: str = "Seal kit", filename: str = "a.mp4",
    kind: Kind = Kind.VIDEO, media_type: str = "video/mp4", play: bool = True,
) -> str:
    """An item as the worker leaves it; answers its id."""
    uid = new_uid()
    with installation.storage.receive() as incoming:
        incoming.write(content)
        incoming.finish()
        installation.storage.place(incoming, uid, 1, facts={})
    with writing(installation.sessions) as session:
        received = Received(uid=uid, filename=filename, media_type=media_type, size=len(content), kind=kind)
        folder = Paths(session, installation).folder(THRUSTER)
        version = Library(session, installation).add_item(folder=folder, title=title, received=received, by=None)
        version.item.shown, version.item.state = True, State.READY
        if play:
            session.add(
                File(version_id=version.id, name="play.mp4", stored_as="original", media_type=media_type, size=16)
            )
        else:
            version.pages = 2
    installation.storage.settle(uid, 1)
    return uid


@pytest.fixture
def film(installation: Installation, site: Site) -> str:
    site.set(THRUSTER, site.user("maren"), Permission.MANAGE)
    site.set(THRUSTER, site.user("jonas"), Permission.EDIT)
    return add(installation)


@pytest.fixture
def maren(site: Site, film: str) -> TestApp:
    return site.as_("maren")


def files(installation: Installation) -> list[Path]:
    return sorted(path for path in installation.storage.public.root.rglob("*") if not path.is_dir())


def copy_of(installation: Installation, uid: str) -> PublicCopy | None:
    with reading(installation.sessions) as session:
        return PublicCopies(session, installation).of_uid(uid)


def events(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Event.kind).where(Event.kind.like("public.%")).order_by(Event.id)))


def publish(app: TestApp, uid: str) -> str:
    """Make it public on its page; answers its address."""
    page = app.get(f"/m/{uid}/public").forms["public-form"].submit(status=303).follow()
    return str(page.html.select_one("#public-address").text)


def test_a_manager_makes_it_public_and_every_page_says_so(
    site: Site, film: str, maren: TestApp, installation: Installation
) -> None:
    page = maren.get(f"/m/{film}/public")
    assert "Public files have no check." in page
    assert "Now 2 people can see it." in page
    address = publish(maren, film)
    (file,) = files(installation)
    assert address == f"http://media.example.test/media/{file.parent.name}/seal-kit.mp4"
    assert file.read_bytes() == BYTES
    assert file.stat().st_ino == (installation.storage.version_folder(film, 1) / "original").stat().st_ino
    for where in ("", "/access", "/share", "/edit", "/who"):
        assert "Everybody on the internet: this file is public." in maren.get(f"/m/{film}{where}").text, where
    jonas = site.as_("jonas").get(f"/m/{film}")
    assert "Everybody on the internet: this file is public." in jonas
    assert f"/m/{film}/public" not in jonas
    for listed in (f"/f/{site.thruster}", f"/f/{site.thruster}?view=list", "/recent"):
        assert [tag.text.strip() for tag in maren.get(listed).html.select(".tag.warn")] == ["Public"], listed
    assert "stays open to everybody" not in maren.get(f"/m/{film}/move")
    admin = site.as_("ada").get("/admin/public")
    assert "Seal kit" in admin
    assert "made public by Maren Aasen" in admin
    assert "Nothing is public" in site.as_("ada").get("/admin/public?q=nobody")
    assert "public: everybody on the internet can fetch it" in site.as_("ada").get("/admin/audit").html.main.text
    assert events(installation) == ["public.make"]


def test_taken_back_it_is_off_the_disk_and_the_next_address_is_another(
    film: str, maren: TestApp, installation: Installation
) -> None:
    first = publish(maren, film)
    page = maren.get(f"/m/{film}/public").forms["public-form"].submit(status=303).follow()
    assert "Its public address is gone for good." in page
    assert files(installation) == []
    assert list(installation.storage.public.root.iterdir()) == []
    assert "this file is public" not in maren.get(f"/m/{film}")
    assert publish(maren, film) != first
    assert events(installation) == ["public.make", "public.withdraw", "public.make"]


def test_both_are_done_once_however_often_they_are_asked(
    film: str, maren: TestApp, installation: Installation
) -> None:
    make = maren.get(f"/m/{film}/public").forms["public-form"]
    again = maren.get(f"/m/{film}/public").forms["public-form"]
    make.submit(status=303)
    again.submit(status=303)
    assert len(files(installation)) == 1
    withdraw = maren.get(f"/m/{film}/public").forms["public-form"]
    withdraw.submit(status=303)
    withdraw.submit(status=303)
    assert files(installation) == []
    assert events(installation) == ["public.make", "public.withdraw"]


def test_of_two_who_make_it_public_at_once_one_leaves_nothing_behind(
    site: Site, film: str, maren: TestApp, installation: Installation
) -> None:
    publish(maren, film)
    with pytest.raises(Conflict, match="public already"):
        make_public(installation, identity(site, installation, "maren"), film)
    assert len(files(installation)) == 1


def identity(site: Site, installation: Installation, name: str) -> object:
    from privmedia.accounts.models import User
    from privmedia.sharing.shelf import SharedShelf

    with reading(installation.sessions) as session:
        return SharedShelf(session, installation).maker(session.get_one(User, site.people[name].id))


def test_who_lost_manage_meanwhile_makes_nothing_public(
    site: Site, film: str, maren: TestApp, installation: Installation
) -> None:
    form = maren.get(f"/m/{film}/public").forms["public-form"]
    site.set(THRUSTER, site.user("maren"), Permission.EDIT)
    form.submit(status=403)
    with pytest.raises(NotAllowed):
        make_public(installation, identity(site, installation, "maren"), film)
    assert files(installation) == []
    assert copy_of(installation, film) is None


@pytest.mark.parametrize("broken", ["link", "fsync", "commit"])
def test_what_breaks_off_leaves_nothing_public(
    broken: str, site: Site, film: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    if broken == "link":
        monkeypatch.setattr(os, "link", full)
    elif broken == "fsync":
        monkeypatch.setattr(durable, "sync_folders", full)
    else:
        monkeypatch.setattr(PublicFiles, "link", _link_and_die(PublicFiles.link))
    with pytest.raises((NoSpace, Unavailable, KeyboardInterrupt)):
        make_public(installation, identity(site, installation, "maren"), film)  # type: ignore[arg-type]
    monkeypatch.undo()
    assert files(installation) == []
    assert copy_of(installation, film) is None


def _link_and_die(link: Callable[..., None]) -> Callable[..., None]:
    def linked(*args: object) -> None:
        link(*args)
        raise KeyboardInterrupt

    return linked


def test_a_disk_that_does_not_let_go_is_told_and_nothing_is_called_private(
    film: str, maren: TestApp, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(maren, film)
    form = maren.get(f"/m/{film}/public").forms["public-form"]

    def refuse(*_args: object) -> None:
        raise Unavailable

    monkeypatch.setattr(PublicFiles, "remove", refuse)
    form.submit(status=503)
    maren.post(f"/m/{film}/delete", {"csrf_token": token_of(maren)}, status=503)
    monkeypatch.undo()
    assert copy_of(installation, film) is not None
    assert "this file is public" in maren.get(f"/m/{film}")


def test_a_crash_between_unlink_and_commit_is_ended_on_the_safe_side(
    film: str, maren: TestApp, installation: Installation
) -> None:
    publish(maren, film)
    copy = copy_of(installation, film)
    assert copy is not None
    installation.storage.public.remove(copy.token or "")
    assert check_public(installation).problems == [
        f"Item {film} counts as public, and its public file is missing."
    ]
    reconcile(installation)
    assert copy_of(installation, film) is None
    assert files(installation) == []
    assert check_public(installation).problems == []
    assert events(installation) == ["public.make", "public.end"]


def test_a_file_that_no_row_names_goes_when_no_transaction_can_be_about_it(
    film: str, maren: TestApp, installation: Installation
) -> None:
    publish(maren, film)
    source = installation.storage.version_folder(film, 1) / "original"
    token = "0123456789abcdef" * 2
    installation.storage.public.link(token, "lost.mp4", source)
    reconcile(installation)
    assert len(files(installation)) == 2
    past = time.time() - 2 * ON_ITS_WAY
    for path in (installation.storage.public.root / token, files(installation)[0].parent):
        os.utime(path, (past, past))
    assert check_public(installation).problems == [f"What is public as {token} belongs to no item."]
    reconcile(installation)
    assert [file.name for file in files(installation)] == ["seal-kit.mp4"]


def test_what_somebody_put_among_public_files_is_named_and_put_into_quarantine(
    film: str, maren: TestApp, installation: Installation
) -> None:
    publish(maren, film)
    [ours], root = files(installation), installation.storage.public.root
    (root / "notes.pdf").write_bytes(b"by hand")
    (root / "talks").mkdir()
    (ours.parent / "second.mp4").write_bytes(b"by hand")
    past = time.time() - 2 * ON_ITS_WAY
    for path in (root / "notes.pdf", root / "talks", ours.parent):
        os.utime(path, (past, past))
    assert sorted(check_public(installation).problems) == [
        f"What is public as {ours.parent.name}/second.mp4 belongs to no item.",
        "What is public as notes.pdf belongs to no item.",
        "What is public as talks belongs to no item.",
    ]
    repair(installation)
    assert files(installation) == [ours]
    assert check_public(installation).problems == []
    kept = sorted(path.name for path in (installation.storage.root / "quarantine").rglob("*") if path.is_file())
    assert kept == ["manifest.jsonl", "notes.pdf", "second.mp4"]


def test_what_goes_to_the_bin_is_not_public_from_then_on_and_comes_back_private(
    site: Site, film: str, maren: TestApp, installation: Installation
) -> None:
    publish(maren, film)
    page = maren.get(f"/m/{film}/delete")
    assert "1 public address stops now, and does not come back." in page
    after = page.forms["delete-form"].submit(status=303).follow()
    assert files(installation) == []
    undo = next(form for form in after.forms.values() if form.action.endswith("/bin/undo"))
    undo.submit(status=303)
    assert "this file is public" not in maren.get(f"/m/{film}")
    assert files(installation) == []
    assert events(installation) == ["public.make", "public.withdraw"]


def test_the_same_when_a_folder_above_it_is_deleted(
    site: Site, film: str, maren: TestApp, installation: Installation
) -> None:
    publish(maren, film)
    admin = site.as_("ada")
    page = admin.get(f"/f/{site.training}/delete")
    assert "1 public address stops now" in page
    page.forms["delete-form"].submit(status=303)
    assert files(installation) == []


def test_a_move_says_that_it_stays_public(site: Site, film: str, maren: TestApp, installation: Installation) -> None:
    publish(maren, film)
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders("Board papers")
    form = site.as_("ada").get(f"/m/{film}/move").forms["choose-form"]
    form["to"] = next(value for value, *_rest in form.fields["to"][0].options if value not in (site.thruster, "top"))
    assert "1 public file stays open to everybody on the internet." in form.submit()


@pytest.fixture
def second_version(installation: Installation) -> Callable[[str, State], None]:
    def add_one(uid: str, state: State) -> None:
        with installation.storage.receive() as incoming:
            incoming.write(b"newer bytes")
            incoming.finish()
            installation.storage.place(incoming, uid, 2, facts={})
        with writing(installation.sessions) as session:
            item = session.scalars(select(Item).where(Item.uid == uid)).one()
            item.current, item.state = 2, state
            version = Version(
                item_id=item.id, number=2, filename="b.webm", size=11, created_at=installation.clock()
            )
            session.add(version)
            session.flush()
            for name in ("original", "play.webm"):
                session.add(
                    File(version_id=version.id, name=name, stored_as="original", media_type="video/webm", size=11)
                )
        installation.storage.settle(uid, 2)

    return add_one


def test_a_new_version_takes_the_place_of_the_public_copy(
    film: str, maren: TestApp, installation: Installation, second_version: Callable[[str, State], None]
) -> None:
    address = publish(maren, film)
    second_version(film, State.READY)
    assert "The address still has the version before." in maren.get(f"/m/{film}/public")
    reconcile(installation)
    run_worker(installation, once=True)
    (file,) = files(installation)
    assert file.read_bytes() == b"newer bytes"
    assert address.replace("mp4", "webm").endswith(f"/media/{file.parent.name}/{file.name}")
    run_worker(installation, once=True)
    assert events(installation) == ["public.make", "public.follow"]


def test_nothing_old_stays_public_when_the_new_version_cannot_be_played(
    film: str, maren: TestApp, installation: Installation, second_version: Callable[[str, State], None]
) -> None:
    publish(maren, film)
    second_version(film, State.UNPLAYABLE)
    reconcile(installation)
    run_worker(installation, once=True)
    assert files(installation) == []
    assert copy_of(installation, film) is None
    assert events(installation) == ["public.make", "public.end"]


def test_of_a_document_pictures_of_its_pages_are_public_and_never_the_original(
    maren: TestApp, installation: Installation
) -> None:
    original = pdf(2)
    uid = add(
        installation, original, title="Größe & Maß.pdf", filename="x.pdf", kind=Kind.DOCUMENT,
        media_type="application/pdf", play=False,
    )
    page = maren.get(f"/m/{uid}/public").forms["public-form"].submit(status=303).follow()
    assert "The pages are being drawn." in page
    assert 'http-equiv="refresh"' in page
    assert files(installation) == []
    assert "this file is public" not in maren.get(f"/m/{uid}")
    run_worker(installation, once=True)
    (file,) = files(installation)
    assert file.name == "groe-ma-pdf.pdf"
    assert file.read_bytes().startswith(b"%PDF-")
    assert file.read_bytes() != original
    assert b"/DCTDecode" in file.read_bytes()
    maren.get(f"/m/{uid}/public").forms["public-form"].submit(status=303)
    assert files(installation) == []


def test_what_is_taken_back_while_its_pages_are_drawn_does_not_appear(
    maren: TestApp, installation: Installation
) -> None:
    uid = add(installation, pdf(1), filename="x.pdf", kind=Kind.DOCUMENT, media_type="application/pdf", play=False)
    maren.get(f"/m/{uid}/public").forms["public-form"].submit(status=303)
    maren.get(f"/m/{uid}/public").forms["public-form"].submit(status=303)
    run_worker(installation, once=True)
    assert files(installation) == []


def test_what_is_not_ready_cannot_be_public(site: Site, maren: TestApp) -> None:
    page = maren.get(f"/m/{site.video}/public")
    assert "“Main bearing” cannot be made public: it is not ready." in page
    assert "public-form" not in page.forms
    maren.post(f"/m/{site.video}/public", {"csrf_token": token_of(maren), "do": "make"}, status=409)
