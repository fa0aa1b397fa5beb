"""Organising in Chromium: ticking with the keyboard, the effect of a folder as it is chosen, and Undo."""
from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.library.models import Kind, State
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from tests.browser import steps
from tests.browser.axe import violations
from tests.sites import Site

pytestmark = pytest.mark.browser
EDITOR = "organiser@skarvik.example"


@pytest.fixture(scope="module")
def library(site: Site, admin: Page) -> dict[str, str]:
    """A folder with four items, another one, and a second administrator to organise them."""
    steps.add_person(site, EDITOR, "Leila Haddad", admin=True)
    installation = site.library.installation
    uids = {}
    with writing(installation.sessions) as session:
        for name in ("Organise here", "Organise there"):
            uids[name] = Paths(session, installation).make_folders(name)[-1].uid
        for number in range(4):
            received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
            folder = Paths(session, installation).folder("Organise here")
            version = Library(session, installation).add_item(
                folder=folder, title=f"Take {number}", received=received, by=None
            )
            version.item.shown, version.item.state = True, State.READY
    return uids


def titles(page: Page) -> list[str]:
    return page.locator(".mc .ti").all_inner_texts()


def test_items_are_ticked_by_keyboard_moved_and_brought_back(
    library: dict[str, str], visit: Callable[..., Page]
) -> None:
    page = visit(EDITOR)
    page.goto(f"/f/{library['Organise here']}")
    cards = page.locator(".mc .ti a")
    cards.nth(0).focus()
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("1 selected")
    cards.nth(2).focus()
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-count]")).to_have_text("3 selected")
    page.get_by_role("button", name="Select all").click()
    expect(page.locator("[data-count]")).to_have_text("4 selected")
    expect(page.get_by_role("button", name="Select all")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".bulk")).to_be_hidden()
    page.locator(".ck").nth(0).check()
    page.locator(".ck").nth(1).click(modifiers=["Shift"])
    page.click(".bulk [value=move]")
    expect(page.locator("dialog h2")).to_have_text("Move 2 items")
    assert violations(page) == []
    page.fill("[data-find]", "organise there")
    expect(page.locator(".ftree label")).to_have_count(1)
    page.get_by_label("Organise there").check()
    page.click("#move-form button")
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("2 items moved to Organise there.")
    assert len(titles(page)) == 2
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("main")).to_contain_text("They are back where they were.")
    assert len(titles(page)) == 4


def test_chapters_of_what_does_not_play_yet_are_typed_as_text(
    library: dict[str, str], visit: Callable[..., Page]
) -> None:
    page = visit(EDITOR)
    page.goto(f"/f/{library['Organise here']}")
    item = page.locator(".mc .ti a").first.get_attribute("href")
    page.goto(f"{item}/chapters")
    expect(page.get_by_role("button", name="As lines")).to_be_visible()
    expect(page.locator("#chapters")).to_be_visible()


def test_deleting_is_undone_within_the_time_of_the_toast(library: dict[str, str], visit: Callable[..., Page]) -> None:
    page = visit(EDITOR)
    page.goto(f"/f/{library['Organise here']}")
    page.locator(".mc .ti a").first.click()
    name = page.locator("h1").inner_text()
    page.get_by_label("More: move, copy, delete").click()
    page.get_by_role("link", name="Delete…").click()
    page.click("#delete-form button")
    expect(page.locator("[data-toast]")).to_contain_text(f"“{name}” is in the bin.")
    assert name not in titles(page)
    page.goto("/bin")
    assert violations(page) == []
    page.get_by_role("button", name=f"Restore {name}").click()
    expect(page.locator("main")).to_contain_text(f"“{name}” is back.")


def test_without_script_the_bar_appears_with_the_first_tick(
    library: dict[str, str], visit: Callable[..., Page]
) -> None:
    page = visit(EDITOR, java_script_enabled=False)
    page.goto(f"/f/{library['Organise here']}")
    expect(page.locator(".bulk")).to_be_hidden()
    page.locator(".ck").first.check()
    page.click(".bulk [value=move]")
    page.get_by_label("Organise there").check()
    page.click("[data-look] button")
    page.click("#move-form button")
    page.get_by_role("button", name="Move back").click()
    expect(page.locator("main")).to_contain_text("It is back where it was.")


def test_the_description_is_previewed_while_it_is_typed(library: dict[str, str], visit: Callable[..., Page]) -> None:
    page = visit(EDITOR)
    page.goto(f"/f/{library['Organise here']}")
    page.locator(".mc .ti a").first.click()
    page.get_by_role("link", name=re.compile("^Edit")).click()
    page.locator("[name=description]").press_sequentially("The **puller** first")
    expect(page.locator("#preview strong")).to_have_text("puller")
