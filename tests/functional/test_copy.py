"""Copying an item: a new one with the same bytes, and nothing given that could not be taken before."""
from __future__ import annotations

import pytest

from privmedia.access.permissions import Permission
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import File, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.library.tags import Tags
from privmedia.operations.check_files import files, unreferenced
from privmedia.search.service import Passage, Search
from tests.functional.access_site import Site
from tests.functional.visitors import token_of

THRUSTER = "Product training/Thruster T4"


@pytest.fixture
def film(site: Site, installation: Installation) -> str:
    """An item with files, and a folder to copy it into."""
    uid = new_uid()
    with installation.storage.receive() as incoming:
        incoming.write(b"every byte of it")
        incoming.finish()
        installation.storage.place(incoming, uid, 1, facts={})
    with writing(installation.sessions) as session:
        received = Received(uid=uid, filename="a.mp4", media_type="video/mp4", size=16, kind=Kind.VIDEO)
        folder = Paths(session, installation).folder(THRUSTER)
        version = Library(session, installation).add_item(folder=folder, title="Seal kit", received=received, by=None)
        version.item.shown, version.item.state = True, State.READY
        Tags(session, installation).put(version.item, ["T4"])
        session.add(
            File(version_id=version.id, name="play.mp4", stored_as="original", media_type="video/mp4", size=16)
        )
        Paths(session, installation).make_folders("Brand kit")
    installation.storage.settle(uid, 1)
    site.set("Brand kit", site.user("maren"), Permission.UPLOAD | Permission.VIEW)
    return uid


def test_a_copy_has_its_own_address_and_the_same_bytes_on_the_disk(
    site: Site, film: str, installation: Installation
) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.DOWNLOAD)
    maren = site.as_("maren")
    form = maren.get(f"/m/{film}/copy").forms["choose-form"]
    (target,) = form.fields["to"][0].options
    form["to"] = target[0]
    page = form.submit()
    assert "1 person will see the copy. The original stays with its 1." in page.html.select_one("#copy-form").text
    copy = page.forms["copy-form"].submit(status=303).follow()
    assert "This is the copy." in copy
    assert copy.html.h1.text == "Seal kit"
    assert [tag.text for tag in copy.html.select(".tags .tag")] == ["T4"]
    uid = copy.request.path.removeprefix("/m/")
    assert uid != film
    first, second = (installation.storage.version_folder(one, 1) / "original" for one in (film, uid))
    assert first.stat().st_ino == second.stat().st_ino
    assert maren.get(f"/smedia/{uid}/play.mp4").headers["X-Accel-Redirect"].endswith(f"{uid}/v1/original")
    with reading(installation.sessions) as session:
        assert session.get_one(File, (1, "original"))
    installation.storage.remove_item(film)
    assert second.read_bytes() == b"every byte of it"
    assert unreferenced(installation).problems == []
    assert [problem for problem in files(installation, full=False).problems if uid in problem] == []


def test_a_copy_is_found_by_what_is_said_in_it(site: Site, film: str, installation: Installation) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.DOWNLOAD)
    with writing(installation.sessions) as session:
        item = Library(session, installation).item(film)
        Search(session, installation).put(item.id, "captions-en", [Passage("warm the housing", at=21)], version=1)
    maren = site.as_("maren")
    form = maren.get(f"/m/{film}/copy").forms["choose-form"]
    form["to"] = form.fields["to"][0].options[0][0]
    copy = form.submit().forms["copy-form"].submit(status=303).follow().request.path
    links = maren.get("/search?q=housing").html.select("main a[href]")
    found = {link["href"].partition("?")[0].partition("#")[0] for link in links}
    assert {f"/m/{film}", copy} <= found


def test_who_may_not_download_cannot_copy(site: Site, film: str) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.EDIT)
    site.as_("maren").get(f"/m/{film}/copy", status=403)


def test_a_copy_goes_only_where_one_may_add(site: Site, film: str) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.DOWNLOAD)
    maren = site.as_("maren")
    token = maren.get(f"/m/{film}/copy").forms["choose-form"]
    csrf = token_of(maren)
    for uid in (site.thruster, new_uid()):
        refused = maren.post(f"/m/{film}/copy", {"csrf_token": csrf, "to": uid}, status=409)
        assert "add to" in refused.html.select_one("#choice").text
    assert token
