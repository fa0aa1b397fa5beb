"""Pages as dialogs, the list of keys, and dragging, in Chromium."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.library.models import Kind, State
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from tests.browser import steps
from tests.browser.axe import faults, violations
from tests.sites import Site

pytestmark = pytest.mark.browser
EDITOR = "keys@skarvik.example"


@pytest.fixture(scope="module")
def folders(site: Site, admin: Page) -> dict[str, str]:
    """A folder with four items, another one, and an administrator beside the first."""
    steps.add_person(site, EDITOR, "Kari", admin=True)
    installation = site.library.installation
    uids = {}
    with writing(installation.sessions) as session:
        for name in ("Keys here", "Keys here/Keys there"):
            uids[name] = Paths(session, installation).make_folders(name)[-1].uid
        for number in range(4):
            received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
            folder = Paths(session, installation).folder("Keys here")
            version = Library(session, installation).add_item(
                folder=folder, title=f"Take {number}", received=received, by=None
            )
            version.item.shown, version.item.state = True, State.READY
    return uids


@pytest.fixture
def page(folders: dict[str, str], visit: Callable[..., Page]) -> Page:
    page = visit(EDITOR)
    page.goto(f"/f/{folders['Keys here']}")
    return page


def test_the_list_of_keys_opens_and_closes_and_says_what_works(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_contain_text("Select all between")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("?gl")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#q")).to_have_value("?gl")


def test_a_dialog_that_was_closed_keeps_no_key_though_it_has_the_focus_until_the_page_is_drawn(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("dialog[open] :focus")).to_have_count(1)
    page.evaluate("""() => {
        const inside = document.activeElement;
        inside.closest("dialog").close();
        inside.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
    }""")
    expect(page.locator("#q")).to_be_focused()


def test_two_keys_lead_to_the_library_and_none_do_when_letters_are_off(page: Page) -> None:
    page.evaluate("document.body.dataset.shortcuts = 'off'")
    page.keyboard.press("?")
    page.keyboard.press("u")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.locator("h1")).to_have_text("Keys here")
    page.evaluate("delete document.body.dataset.shortcuts")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.locator("h1")).to_have_text("Library")


def test_items_are_walked_ticked_and_moved_by_keys_alone(page: Page) -> None:
    page.keyboard.press("j")
    expect(page.locator(".mc a").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1 selected")
    page.keyboard.press("m")
    expect(page.locator("dialog[open] h2").first).to_have_text("Move this video")
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("[data-count]")).to_have_text("1 selected")
    page.keyboard.press("Escape")
    expect(page.locator(".bulk")).to_be_hidden()


def test_the_focus_stays_in_a_dialog_and_comes_back_to_what_opened_it(page: Page) -> None:
    opener = page.locator(".phead").get_by_role("link", name="New folder")
    opener.click()
    expect(page.locator("dialog #name")).to_be_focused()
    for _press in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.get_by_role("link", name="Cancel").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(opener).to_be_focused()


def test_what_is_wrong_is_said_in_the_dialog_and_what_is_right_leads_on(page: Page) -> None:
    page.locator(".phead").get_by_role("link", name="New folder").click()
    page.fill("dialog #name", "Keys there")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .invalid-feedback")).to_contain_text("There is a folder “Keys there” here already.")
    expect(page.locator("dialog #name")).to_be_focused()
    page.fill("dialog #name", "Keys elsewhere")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Keys elsewhere")


@pytest.mark.parametrize("where", [".fcard", "#tree a"])
def test_an_item_dragged_onto_a_folder_is_moved_after_its_effect_was_shown(page: Page, where: str) -> None:
    before = page.locator(".mc").count()
    page.locator(".mc .ti a").last.drag_to(page.locator(where, has_text="Keys there"))
    expect(page.locator("dialog #move-form")).to_contain_text("Move it")
    assert page.locator(".mc").count() == before
    page.click("dialog #move-form button")
    expect(page.locator("[data-toast]")).to_contain_text("moved to Keys there.")
    expect(page.locator("h1")).to_have_text("Keys here")
    expect(page.locator(".mc")).to_have_count(before - 1)


def test_axe_finds_nothing_wrong_with_what_is_told_and_nothing_stands_out_sideways(
    folders: dict[str, str], visit: Callable[..., Page]
) -> None:
    page = visit(EDITOR, reduced_motion="reduce")
    for address in (f"/f/{folders['Keys here']}", "/notices", "/shortcuts", "/account", "/upload/plain"):
        page.goto(address)
        for width, scheme in ((1440, "light"), (1440, "dark"), (320, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert faults(page) == []


def test_following_is_one_press_and_says_so(page: Page) -> None:
    button = page.locator("#follow")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_text("Following")
    page.goto("/account")
    expect(page.locator("#followed")).to_contain_text("Keys here")
