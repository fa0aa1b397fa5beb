"""Lists in a real browser: more of them and the way back, grid and rows, stars, the tree; with and without script."""
from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.library.models import File, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from tests.browser.axe import DARK_PHONE, faults
from tests.browser.measuring import MOST_BYTES, MOST_SHIFT, weigh
from tests.sites import Site, without_front_server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
ITEMS, FOLDERS = 110, 15
TOP = "link => link.getBoundingClientRect().top"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    """The session of an administrator, in a library of more than two pages."""
    installation = site.library.installation
    with writing(installation.sessions) as session:
        user: User = Accounts(session, installation).add_user(email="ada@example.test", name="Ada Lind", admin=True)
        library, paths = Library(session, installation), Paths(session, installation)
        folder = paths.make_folders("Training/Thruster T4")[-1]
        for number in range(FOLDERS):
            paths.make_folders(f"Place {number:02}")
        for number in range(ITEMS):
            kind = Kind.AUDIO if number % 10 == 0 else Kind.VIDEO
            received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=number, kind=kind)
            version = library.add_item(folder=folder, title=f"Film {number:03}", received=received, by=user.id)
            version.item.shown, version.item.state, version.duration = True, State.READY, 60.0 + number
            session.add(File(version_id=version.id, name="poster.webp", stored_as="a", media_type="image/webp", size=1))
        return SignIns(session, installation).begin(user=user, keep=False).token


@pytest.fixture
def open_(chromium: Browser, site: Site, token: str) -> Iterator[Open]:
    """A page of her browser: `open_("/", java_script_enabled=False)`."""
    contexts = []

    def opened(address: str, **options: object) -> Page:
        base = f"http://127.0.0.1:{site.port}"
        context = chromium.new_context(base_url=base, **options)  # type: ignore[arg-type] # options of Playwright's
        contexts.append(context)
        context.add_cookies([{"name": "session", "value": token, "url": base}])
        page = context.new_page()
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def test_more_is_added_below_and_whoever_comes_back_is_where_they_were(open_: Open) -> None:
    page = open_("/recent")
    expect(page.locator("#items > *")).to_have_count(48)
    page.click("text=Show 48 more")
    expect(page.locator("#items > *")).to_have_count(96)
    expect(page.locator("#items > :nth-child(49) a")).to_be_focused()
    page.click("text=Show 14 more")
    expect(page.locator("#items > *")).to_have_count(ITEMS)
    expect(page.locator("#more")).to_have_count(0)
    link = page.get_by_role("link", name="Film 003")
    link.scroll_into_view_if_needed()
    assert page.evaluate("scrollY") > 1000
    place = link.evaluate(TOP)
    link.evaluate("link => link.click()")  # a click of Playwright's may scroll
    expect(page.locator("h1")).to_have_text("Film 003")
    page.go_back()
    expect(page.locator("#items > *")).to_have_count(ITEMS)
    expect(page.get_by_role("link", name="Film 003")).to_be_in_viewport()
    back_there = f"([link, place]) => Math.abs(({TOP})(link) - place) < 5"
    page.wait_for_function(back_there, arg=[link.element_handle(), place])


def test_without_script_the_pages_follow_one_another_and_everything_is_a_link_or_a_button(open_: Open) -> None:
    page = open_("/recent", java_script_enabled=False)
    page.click("text=Show 48 more")
    expect(page.locator("#items > :first-child")).to_contain_text("Film 061")
    page.goto("/recent")
    page.select_option("#sort", "title")
    page.click("text=Sort")
    expect(page.locator("#items > :first-child")).to_contain_text("Film 000")
    page.click(".chip:has-text('Audio')")
    expect(page.locator("#items > *")).to_have_count(11)
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.locator("table")).to_be_visible()
    page.get_by_role("button", name="Star Film 010").click()
    expect(page.get_by_role("button", name="Star Film 010")).to_have_attribute("aria-pressed", "true")
    page.goto("/starred")
    expect(page.locator("#items > *")).to_have_count(1)
    page.get_by_role("button", name="Star Film 010").click()
    expect(page.locator("main")).to_contain_text("You have not starred anything yet")
    page.get_by_role("button", name="Folders in Training").click()
    expect(page.locator("#tree")).to_contain_text("Thruster T4")
    page.goto("/recent")
    expect(page.locator("#tree")).to_contain_text("Thruster T4")
    page.fill(".tree-find [name=q]", "thrust")
    page.press(".tree-find [name=q]", "Enter")
    expect(page.locator("main")).to_contain_text("Training")


def test_rows_are_remembered_and_put_in_order_by_their_heads(open_: Open) -> None:
    page = open_("/")
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.locator("#items tr")).to_have_count(48)
    page.goto("/mine")
    expect(page.locator("#items tr")).to_have_count(48)
    page.get_by_role("columnheader", name="Length").get_by_role("link").click()
    expect(page.locator("#items > :first-child")).to_contain_text("Film 109")
    expect(page.get_by_role("columnheader", name="Length")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("columnheader", name="Length").get_by_role("link").click()
    expect(page.locator("#items > :first-child")).to_contain_text("Film 000")
    assert "sort=shortest" in page.url
    page.get_by_role("link", name="Grid", exact=True).click()
    expect(page.locator(".mgrid")).to_be_visible()


def test_choices_change_the_list_alone_and_back_undoes_them(open_: Open) -> None:
    page = open_("/recent")
    page.evaluate("window.here = true")
    page.click(".chip:has-text('Audio')")
    expect(page.locator("#items > *")).to_have_count(11)
    page.select_option("#sort", "oldest")
    expect(page.locator("#items > :first-child")).to_contain_text("Film 000")
    page.get_by_role("button", name="Star Film 000").click()
    expect(page.get_by_role("button", name="Star Film 000")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Star Film 000").click()
    expect(page.get_by_role("button", name="Star Film 000")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("window.here") is True
    page.go_back()
    expect(page.locator("#items > :first-child")).to_contain_text("Film 100")


def test_the_tree_opens_finds_and_keeps_what_was_opened(open_: Open) -> None:
    page = open_("/recent")
    page.evaluate("window.here = true")
    page.get_by_role("button", name="Folders in Training").click()
    expect(page.get_by_role("link", name="Thruster T4")).to_be_visible()
    page.locator(".tree-find [name=q]").press_sequentially("place 1")
    expect(page.locator("#tree li")).to_have_count(5)
    page.locator(".tree-find [name=q]").fill("")
    expect(page.get_by_role("link", name="Thruster T4")).to_be_visible()
    assert page.evaluate("window.here") is True
    page.goto("/mine")
    expect(page.get_by_role("link", name="Thruster T4")).to_be_visible()


def test_the_library_page_is_light_and_does_not_jump(open_: Open) -> None:
    weight = weigh(open_("about:blank"), "/")
    assert weight.elsewhere == []
    assert weight.html < MOST_BYTES
    assert weight.scripts < MOST_BYTES
    assert weight.shift < MOST_SHIFT


def test_axe_finds_nothing_wrong_with_lists_and_nothing_stands_out_sideways(open_: Open) -> None:
    page = open_("about:blank", **DARK_PHONE)
    for address in ("/", "/?view=list", "/?filter=on", "/folders", "/folders?q=place", "/starred", "/shared"):
        page.goto(address)
        assert faults(page) == []
