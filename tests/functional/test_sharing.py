"""Making links, looking after them, and what the log says of it."""
from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.sharing.models import Link
from tests.conftest import FakeClock
from tests.functional.access_site import Site
from tests.shared_links import make_link

ADDRESS = re.compile(r"http://media\.example\.test(/s/[A-Za-z0-9_-]{43})")


@pytest.fixture
def maren(site: Site) -> TestApp:
    """Somebody who manages the folder of the video."""
    site.set("Product training", site.user("maren"), Permission.MANAGE)
    return site.as_("maren")


def made(browser: TestApp, site: Site, **fields: Any) -> tuple[Any, str]:
    """The page after making a link to the video, and the path of its address."""
    form = browser.get(f"/m/{site.video}/share").forms["share-form"]
    for name, value in {"name": "Gdynia contractors", "password": "", **fields}.items():
        form[name] = value
    page = form.submit(status=200)
    return page, ADDRESS.search(page.text)[1]


def lines(site: Site) -> list[tuple[str, str, dict[str, Any]]]:
    with reading(site.installation.sessions) as session:
        found = session.scalars(select(Event).where(Event.kind.like("link.%")).order_by(Event.id)).all()
        return [(line.kind, line.target, line.detail) for line in found]


def links(site: Site) -> list[Link]:
    with reading(site.installation.sessions) as session:
        return list(session.scalars(select(Link).order_by(Link.id)))


def test_the_address_is_shown_once_and_works(maren: TestApp, site: Site, browser: Any) -> None:
    page, path = made(maren, site, download=True, note="For the visit in May")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Copy the address of “Gdynia contractors” now." in page
    again = maren.get(f"/m/{site.video}/share")
    assert ADDRESS.search(again.text) is None
    assert "Gdynia contractors" in again
    assert "30 days left" in again
    assert "For the visit in May" in again
    visitor = browser()
    shown = visitor.get(path).follow().forms["link-form"].submit().follow(status=200)
    assert "Main bearing" in shown
    assert "Shared by Maren Aasen" in shown


def test_a_password_is_suggested_and_stands_beside_the_new_address(maren: TestApp, site: Site, browser: Any) -> None:
    suggested = maren.get(f"/m/{site.video}/share").forms["share-form"]["password"].value
    assert re.fullmatch(r"[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}", suggested)
    page, path = made(maren, site, password=suggested)
    assert suggested in page.html.find(role="status").text
    form = browser().get(path).follow().forms["link-form"]
    form["password"] = suggested
    form.submit(status=303)


def test_nothing_secret_is_kept_or_logged(maren: TestApp, site: Site) -> None:
    _page, path = made(maren, site, password="copper gannet 41")
    (link,) = links(site)
    (line,) = lines(site)
    for kept in (str(vars(link)), str(line)):
        assert path.rpartition("/")[2] not in kept
        assert "copper" not in kept
    assert line[0] == "link.add"
    assert line[2] == {
        "name": "Gdynia contractors",
        "until": "2026-12-23T12:00:00+00:00",
        "may": "view",
        "password": True,
    }


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "Say what it is for"),
        ({"name": "x" * 121}, "120 characters"),
        ({"password": "1234"}, "That is too short."),
        ({"most_viewings": "0"}, "Write a number of 1 or more"),
        ({"most_viewings": "many"}, "Not a valid integer"),
        ({"until": "2020-01-01"}, "That day is over."),
        ({"until": "2036-01-01"}, "365 days is the longest"),
        ({"note": "x" * 501}, "500 characters"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_typed_is_lost(
    fields: dict[str, str], sentence: str, maren: TestApp, site: Site
) -> None:
    form = maren.get(f"/m/{site.video}/share").forms["share-form"]
    for name, value in {"name": "Gdynia", "note": "kept", "password": "copper gannet 41", **fields}.items():
        form[name] = value
    page = form.submit(status=422)
    assert sentence in page
    again = page.forms["share-form"]
    expected = {"name": "Gdynia", "note": "kept", "password": "copper gannet 41", **fields}
    assert {name: again[name].value.strip() for name in expected} == {k: v.strip() for k, v in expected.items()}
    assert links(site) == []


def test_only_who_manages_the_place_may_share_it(site: Site) -> None:
    site.set("Product training", site.user("jonas"), Permission.EDIT | Permission.DOWNLOAD)
    jonas = site.as_("jonas")
    jonas.get(f"/m/{site.video}/share", status=403)
    assert f"/m/{site.video}/share" not in jonas.get(f"/m/{site.video}")
    site.as_("oskar").get(f"/m/{site.video}/share", status=404)


def test_the_library_itself_is_not_shared(site: Site) -> None:
    site.as_("ada").get("/f/top/share", status=404)


def test_a_folder_is_shared_from_its_page(maren: TestApp, site: Site, browser: Any) -> None:
    page = maren.get(f"/f/{site.thruster}").click(href="/share$")
    form = page.forms["share-form"]
    form["name"], form["password"] = "Surveyors", ""
    path = ADDRESS.search(form.submit(status=200).text)[1]
    visitor = browser()
    shown = visitor.get(path).follow().forms["link-form"].submit().follow(status=200)
    assert "Thruster T4" in shown
    assert "Product training" not in shown
    assert "Main bearing" in shown.click("Main bearing")


def test_revoking_asks_on_a_page_of_its_own_and_ends_the_link(maren: TestApp, site: Site, browser: Any) -> None:
    _page, path = made(maren, site)
    asked = maren.get(f"/m/{site.video}/share").click("Revoke")
    assert "Revoke “Gdynia contractors”?" in asked
    assert "The link cannot be brought back." in asked
    back = asked.forms["revoke-form"].submit(status=303).follow()
    assert "“Gdynia contractors” works no more." in back
    assert "1 ended link" in back
    assert "This link has ended" in browser().get(path, status=410)
    (link,) = links(site)
    maren.get(f"/links/{link.uid}/revoke").forms["revoke-form"].submit(status=303)
    assert [kind for kind, *_ in lines(site)] == ["link.add", "link.revoke"]
    extend = maren.get(f"/links/{link.uid}")
    assert "A revoked link cannot be brought back." in extend
    assert "extend-form" not in extend.forms


def test_a_link_that_has_expired_works_again_when_it_is_extended(
    site: Site, browser: Any, maren: TestApp, clock: FakeClock
) -> None:
    _page, path = made(maren, site, lasts="1")
    clock.forward(days=1)
    browser().get(path, status=410)
    maren = site.as_("maren")
    (link,) = links(site)
    form = maren.get(f"/links/{link.uid}").forms["extend-form"]
    form["lasts"] = "7"
    assert "7 days left" in form.submit(status=303).follow()
    browser().get(path, status=303)
    assert lines(site)[-1][0] == "link.extend"


def test_whoever_does_not_manage_the_place_any_more_revokes_a_link_and_does_not_extend_it(
    site: Site, maren: TestApp, browser: Any, clock: FakeClock
) -> None:
    _page, path = made(maren, site, lasts="1")
    (link,) = links(site)
    form = maren.get(f"/links/{link.uid}").forms["extend-form"]
    site.set("Product training", site.user("maren"), Permission.VIEW)
    form["lasts"] = "7"
    assert "You can see it, but you may not do this with it." in form.submit(status=403)
    clock.forward(days=1)
    maren = site.as_("maren")
    assert "Extend" not in maren.get("/links")
    page = maren.get(f"/links/{link.uid}")
    assert "extend-form" not in page.forms
    revoke = page.click("Revoke").forms["revoke-form"]
    maren.post(f"/links/{link.uid}", {"csrf_token": revoke["csrf_token"].value, "lasts": "7"}, status=403)
    browser().get(path, status=410)
    revoke.submit(status=303)
    assert [kind for kind, *_ in lines(site)] == ["link.add", "link.revoke"]


def test_the_links_somebody_made_say_where_they_lead_while_they_may_view_it(maren: TestApp, site: Site) -> None:
    made(maren, site)
    mine = maren.get("/links")
    assert "Main bearing" in mine
    assert "never opened" in mine
    site.set("Product training", site.user("maren"), deny=True)
    lost = maren.get("/links")
    assert "Main bearing" not in lost
    assert "to something you may not view any more" in lost
    assert "stopped: Maren Aasen may not view this any more" in lost
    page = lost.click("Gdynia contractors")
    assert "Main bearing" not in page
    page.click("Revoke").forms["revoke-form"].submit(status=303)
    assert "No links yet" in site.as_("jonas").get("/links")


def test_a_link_concerns_its_maker_and_those_who_manage_the_place(maren: TestApp, site: Site) -> None:
    made(maren, site)
    (link,) = links(site)
    site.set("Product training", site.user("jonas"), Permission.MANAGE)
    site.as_("jonas").get(f"/links/{link.uid}", status=200)
    site.set("Product training", site.user("jonas"), Permission.EDIT)
    site.as_("jonas").get(f"/links/{link.uid}", status=404)


def test_administrators_look_through_all_links(maren: TestApp, site: Site) -> None:
    made(maren, site)
    made(maren, site, name="DNV visit")
    make_link(site.installation, site.thruster, site.people["ada"].id, folder=True, name="Yard", opened=None)
    ada = site.as_("ada")
    everything = ada.get("/admin/links")
    assert [a.text for a in everything.html.select(".linkrow b a")] == ["Yard", "DNV visit", "Gdynia contractors"]
    for q, found in (("dnv", ["DNV visit"]), ("maren", ["DNV visit", "Gdynia contractors"]), ("thruster", ["Yard"])):
        page = ada.get("/admin/links", {"q": q})
        assert [a.text for a in page.html.select(".linkrow b a")] == found, q
    everything.click("Revoke", index=0).forms["revoke-form"].submit(status=303)
    assert "Yard" not in ada.get("/admin/links").html.select_one("#items").text
    assert "Yard" in ada.get("/admin/links", {"show": "ended"})


def test_a_password_can_be_required(site: Site, maren: TestApp, installation: Any) -> None:
    object.__setattr__(installation.settings, "link_passwords", "required")
    form = maren.get(f"/m/{site.video}/share").forms["share-form"]
    form["name"], form["password"] = "Gdynia", ""
    assert "Links need a password here." in form.submit(status=422)
    assert links(site) == []


def test_what_is_not_prepared_yet_is_not_shared(site: Site, maren: TestApp) -> None:
    from privmedia.db import writing
    from privmedia.library.models import Item

    with writing(site.installation.sessions) as session:
        session.scalars(select(Item)).one().shown = False
    form = maren.get(f"/m/{site.video}/share").forms["share-form"]
    form["name"], form["password"] = "Gdynia", ""
    assert "It is still being prepared." in form.submit(status=409)

