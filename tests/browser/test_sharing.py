"""Sharing outside in a real browser: making a link, opening it without an account, with and without script."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from privmedia.access.permissions import Permission
from tests.browser.axe import DARK_PHONE, faults
from tests.shared_links import make_link
from tests.sites import Site, with_a_library_of_its_own

pytestmark = pytest.mark.browser
MAKER = "Tomasz Wójcik"
Open = Callable[..., Page]


@pytest.fixture
def site(small_site: Site) -> Iterator[Site]:
    with with_a_library_of_its_own(small_site) as site:
        site.library.add_person(MAKER, allow=Permission.MANAGE)
        yield site


@pytest.fixture
def item(site: Site) -> str:
    return site.library.add_item(b"not played here" * 10)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_link_is_made_sent_opened_by_its_password_and_revoked(script: bool, open_: Open, item: str) -> None:
    maker = open_(MAKER, f"/m/{item}", java_script_enabled=script)
    maker.get_by_role("link", name="Share", exact=True).click()
    maker.get_by_label("What is this link for?").fill("Gdynia contractors")
    before = maker.get_by_label("Password").input_value()
    if script:
        maker.get_by_role("button", name="New").click()
        expect(maker.get_by_label("Password")).not_to_have_value(before)
    maker.get_by_role("button", name="Create link").click()
    address = maker.locator("#new-link").inner_text()
    password = maker.locator("#new-password").inner_text()
    assert re.fullmatch(r"[0-9a-z]{4}(-[0-9a-z]{4}){2}", password)

    visitor = open_("", address, java_script_enabled=script)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Someone shared a video with you")
    assert "/s/" not in visitor.url
    visitor.get_by_label("Password").fill("not that one")
    visitor.get_by_role("button", name="Watch").click()
    expect(visitor.get_by_role("alert").first).to_contain_text("That is not the password.")
    visitor.get_by_label("Password").fill(password)
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("T4")
    expect(visitor.locator("main")).to_contain_text(f"Shared by {MAKER}")
    expect(visitor.locator("video")).to_have_count(1)

    maker.goto(f"/m/{item}/share")
    expect(maker.locator("main")).to_contain_text("opened once")
    maker.get_by_role("link", name="Revoke Gdynia contractors").click()
    maker.get_by_role("button", name="Revoke it").click()
    expect(maker.locator("main")).to_contain_text("“Gdynia contractors” works no more.")
    visitor.reload()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("This link has ended")


def test_a_dialog_with_a_new_address_stays_at_the_first_esc_until_it_was_copied(open_: Open, item: str) -> None:
    maker = open_(MAKER, f"/m/{item}")
    dialog = maker.get_by_role("dialog")
    for copied in (False, True):
        maker.get_by_role("link", name="Share", exact=True).click()
        dialog.get_by_label("What is this link for?").fill("Gdynia contractors")
        dialog.get_by_role("button", name="Create link").click()
        expect(dialog.locator("#new-link")).to_be_visible()
        if copied:
            maker.evaluate("document.querySelector('#new-link').dispatchEvent(new Event('copy', { bubbles: true }))")
        else:
            maker.keyboard.press("Escape")
            expect(dialog.get_by_role("alert")).to_contain_text("You have not copied it yet")
            expect(dialog.locator("#new-link")).to_be_visible()
        maker.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


def test_pages_are_free_of_axe_violations_and_fit(open_: Open, site: Site, item: str) -> None:
    found: list[str] = []

    def check(page: Page) -> None:
        found.extend(faults(page))

    installation, maker_id = site.library.installation, site.library.user_ids[MAKER]
    link = make_link(installation, item, maker_id, opened=None, note="For the visit in May")
    folder = make_link(installation, site.library.folder, maker_id, folder=True, opened=None)
    maker = open_(MAKER, f"/m/{item}/share", **DARK_PHONE)
    check(maker)
    maker.get_by_role("button", name="Create link").click()
    maker.get_by_label("What is this link for?").fill("Gdynia contractors")
    maker.get_by_role("button", name="Create link").click()
    expect(maker.locator("#new-link")).to_be_visible()
    check(maker)
    for address in ("/links", f"/links/{link.uid}", f"/links/{link.uid}/revoke", f"/m/{item}", f"/m/{item}/who"):
        maker.goto(address)
        check(maker)
    visitor = open_("", link.path, **DARK_PHONE)
    check(visitor)
    visitor.get_by_role("button", name="Watch").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("T4")
    check(visitor)
    visitor.goto(folder.path)
    visitor.get_by_role("button", name="Open").click()
    expect(visitor.get_by_role("heading", name="In this folder")).to_be_visible()
    check(visitor)
    visitor.goto("/s/" + "x" * 43)
    check(visitor)
    assert found == []
