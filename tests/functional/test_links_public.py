"""A share link as people without an account meet it: the address, the button, the password, what it leads to."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp, TestResponse

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.accounts import passwords
from privmedia.accounts.models import SignIn, Viewpoint
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.sharing.models import Link, Visit
from privmedia.sharing.reaching import Reaching
from tests.conftest import FakeClock
from tests.private_library import PrivateLibrary
from tests.shared_links import MadeLink, make_link

SECRET = "copper gannet 41"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin"}


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("Tomasz Wójcik", allow=Permission.MANAGE)
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(b"every byte")


@pytest.fixture
def share(library: PrivateLibrary, installation: Installation) -> Callable[..., MadeLink]:
    def make(place: str, **wish: Any) -> MadeLink:
        return make_link(installation, place, library.user_ids["Tomasz Wójcik"], opened=None, **wish)

    return make


def rows(installation: Installation) -> tuple[int, int]:
    """How many viewings were counted, and how many visits there are."""
    with reading(installation.sessions) as session:
        return sum(session.scalars(select(Link.viewings))), len(session.scalars(select(Visit.id)).all())


def opened(browser: TestApp, link: MadeLink, password: str = "") -> TestResponse:
    form = browser.get(link.path).follow().forms["link-form"]
    if password:
        form["password"] = password
    return form.submit(status=303).follow()


def test_the_address_leads_to_one_without_the_key_at_once(testapp: TestApp, share: Any, item: str) -> None:
    link = share(item)
    answer = testapp.get(link.path, status=303)
    assert answer.location == f"http://media.example.test/link/{link.uid}"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert link.path.rpartition("/")[2] not in "".join(map(str, answer.headerlist)) + answer.text


def test_looking_counts_for_nothing_and_says_no_title(
    testapp: TestApp, share: Any, item: str, installation: Installation
) -> None:
    link = share(item)
    for _ in range(3):
        page = testapp.get(link.path).follow(status=200)
        testapp.head(link.path, status=303)
        testapp.head(f"/link/{link.uid}", status=200)
    assert "Someone shared a video with you" in page
    for hidden in ("T4", "Tomasz", "og:", item):
        assert hidden not in page.text
    assert rows(installation) == (0, 0)
    testapp.get(f"/smedia/{item}/play.mp4", status=404)


def test_after_the_click_it_is_there_and_counted_once(
    testapp: TestApp, share: Any, item: str, installation: Installation
) -> None:
    page = opened(testapp, share(item))
    assert page.html.find("h1").text == "T4"
    assert "Shared by Tomasz Wójcik" in page
    assert "This link works until 23 December 2026" in page
    assert page.html.find("video")["src"] == f"/smedia/{item}/play.mp4"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Download" not in page
    testapp.get(f"/smedia/{item}/play.mp4", status=200)
    testapp.get(page.request.path, status=200)
    assert rows(installation) == (1, 1)


def test_nothing_else_of_the_library_is_on_the_page(
    testapp: TestApp, share: Any, library: PrivateLibrary, item: str
) -> None:
    library.add_item(b"a sibling", filename="sibling.mp4")
    page = opened(testapp, share(item))
    assert page.html.find("aside") is None
    assert "Training" not in page
    assert [a["href"] for a in page.html.find_all("a")] == ["#main", "/"]


def test_a_link_to_download_offers_the_original(testapp: TestApp, share: Any, item: str) -> None:
    page = opened(testapp, share(item, download=True))
    assert page.click("Download").body == b"every byte"


def test_the_password_opens_it_and_a_wrong_one_does_not(
    testapp: TestApp, share: Any, item: str, installation: Installation
) -> None:
    link = share(item, password_hash=passwords.hash_password(SECRET, rounds=4))
    page = testapp.get(link.path).follow()
    assert "It has a password. They sent it to you apart from this link." in page
    form = page.forms["link-form"]
    form["password"] = "not it at all"
    wrong = form.submit(status=401)
    assert "That is not the password. After 4 more tries we wait 5 minutes." in wrong.html.find(role="alert").text
    assert rows(installation) == (0, 0)
    testapp.get(f"/smedia/{item}/play.mp4", status=404)
    form["password"] = SECRET
    form.submit(status=303).follow(status=200)
    testapp.get(f"/smedia/{item}/play.mp4", status=200)
    with reading(installation.sessions) as session:
        lines = session.scalars(select(Event).where(Event.kind == "link.open").order_by(Event.id)).all()
    assert [(line.outcome, line.actor, line.target) for line in lines] == [
        ("denied", "", f"item:{item}"),
        ("done", "Link “Gdynia contractors”", f"item:{item}"),
    ]
    assert SECRET not in str([vars(line) for line in lines])
    assert "not it at all" not in str([vars(line) for line in lines])


def test_a_link_that_may_be_opened_once_is_opened_once_and_goes_on_there(
    browser: Callable[[], TestApp], share: Any, item: str
) -> None:
    link, first, second = share(item, most_viewings=1), browser(), browser()
    waiting = second.get(link.path).follow().forms["link-form"]
    opened(first, link)
    assert "This link has ended" in waiting.submit(status=410)
    assert "This link has ended" in second.get(link.path, status=410)
    first.get(f"/link/{link.uid}", status=200)
    first.get(link.path, status=303)
    first.get(f"/smedia/{item}/play.mp4", status=200)


def test_every_ended_link_looks_the_same_whatever_the_reason(
    browser: Callable[[], TestApp], share: Any, item: str, installation: Installation, clock: FakeClock
) -> None:
    names = ("revoked", "expired", "used up")
    links = {name: share(item, name=name, most_viewings=1 if name == "used up" else None) for name in names}
    opened(browser(), links["used up"])
    with writing(installation.sessions) as session:
        found = {link.name: link for link in session.scalars(select(Link))}
        found["revoked"].revoked_at = clock.now
        found["expired"].expires_at = clock.now
    addresses = [link.path for link in links.values()] + ["/s/" + "x" * 43, "/s/short"]
    addresses += [f"/link/{link.uid}" for link in links.values()] + ["/link/0000000000000000", "/link/x"]
    addresses += [f"/link/{links['revoked'].uid}/m/{item}", f"/link/0000000000000000/m/{item}"]
    answers = [browser().get(address, status=410) for address in addresses]
    said = {(answer.body, tuple(sorted(h for h in answer.headerlist if h[0] != "X-Request-ID"))) for answer in answers}
    assert len(said) == 1


def test_nobody_makes_a_link_to_what_they_may_not_view(share: Any, library: PrivateLibrary, item: str) -> None:
    library.set_rule("Tomasz Wójcik")
    with pytest.raises(Conflict, match="has to be able to view"):
        share(item)


def test_a_browser_that_did_not_come_by_the_address_opens_nothing(
    browser: Callable[[], TestApp], share: Any, item: str
) -> None:
    link, came, other = share(item), browser(), browser()
    form = came.get(link.path).follow().forms["link-form"]
    other.get(f"/link/{link.uid}", status=410)
    token = other.get("/login").forms["login-form"]["csrf_token"].value
    other.post(f"/link/{link.uid}", {"csrf_token": token}, status=410)
    form.submit(status=303)


def test_a_shared_folder_shows_what_its_maker_sees_in_it(
    testapp: TestApp, share: Any, library: PrivateLibrary, installation: Installation
) -> None:
    seen = library.add_item(b"seen")
    with writing(installation.sessions) as session:
        verbs = Library(session, installation)
        parent = verbs.folder(library.folder)
        below = verbs.add_folder(parent=parent, name="Hybrid drives")
        beside = verbs.add_folder(parent=verbs.root(), name="Board papers")
        below_uid, beside_uid, top = below.uid, beside.uid, library.folder
    library.folder = below_uid
    inside = library.add_item(b"inside")
    library.folder = beside_uid
    outside = library.add_item(b"outside")
    link = share(top, folder=True)
    page = opened(testapp, link)
    assert [a["href"] for a in page.html.find_all("a") if "/link/" in a["href"]] == [
        f"/link/{link.uid}/f/{below_uid}",
        f"/link/{link.uid}/m/{seen}",
    ]
    assert "Board papers" not in page
    item_page = page.click("Hybrid drives").click("T4")
    assert item_page.request.path == f"/link/{link.uid}/m/{inside}"
    testapp.get(f"/smedia/{inside}/play.mp4", status=200)
    testapp.get(f"/smedia/{outside}/play.mp4", status=404)
    for address in (f"m/{outside}", f"f/{beside_uid}", "m/0000000000000000", "f/0000000000000000", "f/x"):
        assert "There is nothing here" in testapp.get(f"/link/{link.uid}/{address}", status=404)


def test_drafts_and_folders_cut_off_from_the_shared_ones_rules_are_not_in_it(
    testapp: TestApp, share: Any, library: PrivateLibrary, installation: Installation
) -> None:
    library.add_person("Ada", admin=True)
    top, draft = library.folder, library.add_item(b"draft")
    link = make_link(installation, top, library.user_ids["Ada"], folder=True)
    with writing(installation.sessions) as session:
        verbs, rules = Library(session, installation), Rules(session, installation)
        closed = verbs.add_folder(parent=verbs.folder(top), name="Board papers")
        for place in (closed, verbs.item(draft)):
            rules.set(place, Wanted(user(library.user_ids["Tomasz Wójcik"]), Permission.MANAGE))
            rules.set_inherits(place, False)
        library.folder = closed_uid = closed.uid
    inside = library.add_item(b"inside")
    testapp.set_cookie("visit", link.visit)
    page = testapp.get(f"/link/{link.uid}", status=200)
    assert "Board papers" not in page
    assert [a["href"] for a in page.html.find_all("a") if "/link/" in a["href"]] == []
    for address in (f"m/{draft}", f"m/{inside}", f"f/{closed_uid}"):
        assert "There is nothing here" in testapp.get(f"/link/{link.uid}/{address}", status=404)
    with reading(installation.sessions) as session:
        verbs, reaching = Library(session, installation), Reaching(session, installation)
        for place in (verbs.item(draft), verbs.item(inside), verbs.folder(closed_uid)):
            assert reaching.opening(place) == []
        assert [one.link.uid for one in reaching.opening(verbs.folder(top))] == [link.uid]


def test_an_items_link_shows_no_folder(testapp: TestApp, share: Any, library: PrivateLibrary, item: str) -> None:
    sibling, link = library.add_item(b"sibling"), share(item)
    opened(testapp, link)
    for address in (f"f/{library.folder}", f"m/{sibling}"):
        testapp.get(f"/link/{link.uid}/{address}", status=404)
    testapp.get(f"/link/{link.uid}/m/{item}", status=200)


def test_whoever_holds_a_link_is_nobody_everywhere_else(
    testapp: TestApp, share: Any, library: PrivateLibrary, item: str
) -> None:
    opened(testapp, share(item))
    for address in ("/", f"/m/{item}", f"/f/{library.folder}", "/recent", f"/m/{item}/edit", "/account"):
        assert "/login" in testapp.get(address, status=303).location


def test_the_page_ends_with_what_the_link_hangs_on(
    testapp: TestApp, share: Any, library: PrivateLibrary, item: str, installation: Installation
) -> None:
    link = share(item)
    opened(testapp, link)
    library.set_rule("Tomasz Wójcik")
    assert "This link has ended" in testapp.get(f"/link/{link.uid}", status=410)
    library.set_rule("Tomasz Wójcik", Permission.VIEW)
    testapp.get(f"/link/{link.uid}", status=200)


def test_a_visit_ends_after_half_a_day_and_begins_again_by_the_address(
    testapp: TestApp, share: Any, item: str, clock: FakeClock, installation: Installation
) -> None:
    link = share(item)
    opened(testapp, link)
    clock.forward(hours=12)
    testapp.get(f"/smedia/{item}/play.mp4", status=404)
    assert "link-form" in testapp.get(f"/link/{link.uid}").forms
    opened(testapp, link)
    assert rows(installation) == (2, 1)


def test_a_preview_shows_title_and_poster_only_if_the_maker_allowed_it(
    browser: Callable[[], TestApp], share: Any, item: str, library: PrivateLibrary
) -> None:
    shy, open_to_all = share(item), share(item, preview=True)
    browser().get(f"/link/{shy.uid}", status=410)
    browser().get(f"/smedia/{item}/preview/{shy.uid}.webp", status=404)
    program = browser()
    page = program.get(f"/link/{open_to_all.uid}", status=200)
    told = {tag["property"]: tag["content"] for tag in page.html.find_all("meta") if tag.get("property")}
    picture = f"/smedia/{item}/preview/{open_to_all.uid}.webp"
    assert told["og:title"] == "T4"
    assert told["og:image"] == f"http://media.example.test{picture}"
    assert "link-form" not in page.forms
    assert program.get(picture, status=200).content_type == "image/webp"
    for closed in (f"/smedia/{item}/poster.webp", f"/smedia/{item}/play.mp4"):
        program.get(closed, status=404)
    other = library.add_item(b"another")
    program.get(f"/smedia/{other}/preview/{open_to_all.uid}.webp", status=404)
    token = program.get("/login").forms["login-form"]["csrf_token"].value
    program.post(f"/link/{open_to_all.uid}", {"csrf_token": token}, status=410)
    library.set_rule("Tomasz Wójcik")
    program.get(picture, status=404)
    program.get(f"/link/{open_to_all.uid}", status=410)


def test_looking_at_a_preview_is_no_use_of_the_link(
    testapp: TestApp, share: Any, item: str, installation: Installation, clock: FakeClock
) -> None:
    link = share(item, preview=True)
    testapp.get(f"/smedia/{item}/preview/{link.uid}.webp", status=200)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Link.last_used_at)).one() is None


def test_a_link_that_is_used_up_shows_no_preview(browser: Callable[[], TestApp], share: Any, item: str) -> None:
    link = share(item, preview=True, most_viewings=1)
    picture = f"/smedia/{item}/preview/{link.uid}.webp"
    browser().get(picture, status=200)
    opened(browser(), link)
    browser().get(picture, status=404)
    browser().get(f"/link/{link.uid}", status=410)


def test_a_folders_preview_is_its_name_and_no_poster_of_what_lies_in_it(
    testapp: TestApp, share: Any, item: str, library: PrivateLibrary
) -> None:
    link = share(library.folder, folder=True, preview=True)
    page = testapp.get(f"/link/{link.uid}", status=200)
    assert [tag["property"] for tag in page.html.find_all("meta") if tag.get("property")] == [
        "og:title",
        "og:type",
        "og:site_name",
    ]
    testapp.get(f"/smedia/{item}/preview/{link.uid}.webp", status=404)


def test_whoever_sees_as_somebody_else_opens_no_link_and_is_shown_none(
    testapp: TestApp, share: Any, item: str, library: PrivateLibrary, installation: Installation, clock: FakeClock
) -> None:
    library.add_person("Vic")
    testapp.set_cookie("session", library.add_person("Ada", admin=True))
    link, fresh = share(library.folder, folder=True), share(item)
    opened(testapp, link)
    with writing(installation.sessions) as session:
        held = session.scalars(select(SignIn).where(SignIn.user_id == library.user_ids["Ada"])).one()
        session.add(Viewpoint(session_id=held.id, user_id=library.user_ids["Vic"], since=clock.now))
    before = rows(installation)
    for address in (f"/link/{link.uid}/m/{item}", f"/link/{link.uid}/f/{library.folder}"):
        assert "This link has ended" in testapp.get(address, status=410)
    assert "T4" not in testapp.get(f"/link/{link.uid}").text
    form = testapp.get(fresh.path).follow().forms["link-form"]
    assert "Not while you see the library as Vic" in form.submit(status=403)
    assert rows(installation) == before
    with writing(installation.sessions) as session:
        session.delete(session.scalars(select(Viewpoint)).one())
    testapp.get(f"/link/{link.uid}/m/{item}", status=200)
