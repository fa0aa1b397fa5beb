"""Asking, answering, and seeing as somebody else in a real browser: without script too, by keyboard, in both themes."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from privmedia.access.permissions import Permission
from privmedia.db import reading
from tests.browser.axe import DARK_PHONE, faults
from tests.sites import Site, with_a_library_of_its_own

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture
def site(small_site: Site) -> Iterator[Site]:
    with with_a_library_of_its_own(small_site) as site:
        site.library.add_person("Oskar Lund")
        site.library.add_person("Tomasz Wójcik", allow=Permission.MANAGE)
        site.library.add_person("Ada Lind", admin=True)
        yield site


@pytest.fixture
def item(site: Site) -> str:
    return f"/m/{site.library.add_item(b'not played here' * 10)}"


def uid_of(site: Site, name: str) -> str:
    with reading(site.library.installation.sessions) as session:
        return site.library.user(session, name).uid


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_who_was_given_an_address_asks_and_the_manager_gives_with_one_press(
    open_: Open, item: str, script: bool
) -> None:
    oskar = open_("Oskar Lund", item, java_script_enabled=script)
    expect(oskar.get_by_role("heading", level=1)).to_have_text("There is nothing here for you")
    oskar.get_by_label("Were you given this address?").fill("The class surveyor comes on Thursday.")
    oskar.get_by_role("button", name="Ask for access").click()
    expect(oskar.get_by_role("heading", level=1)).to_have_text("Your question is on its way")

    tomasz = open_("Tomasz Wójcik", "/", java_script_enabled=script)
    tomasz.get_by_role("link", name=re.compile("Requests")).click()
    card = tomasz.locator(".asks")
    expect(card).to_contain_text("Oskar Lund asks to watch")
    expect(card).to_contain_text("The class surveyor comes on Thursday.")
    expect(card.get_by_label(re.compile("Only this video"))).to_be_checked()
    card.get_by_role("button", name="Give View to Oskar Lund").click()
    expect(tomasz.get_by_role("status").first).to_contain_text("Oskar Lund can see it now, and is told.")

    oskar.reload()
    oskar.get_by_role("link", name="Open it").click()
    expect(oskar.get_by_role("heading", level=1)).not_to_have_text("There is nothing here for you")
    assert oskar.url.endswith(item)


def test_a_question_is_refused_by_keyboard_alone(open_: Open, item: str) -> None:
    oskar = open_("Oskar Lund", item)
    oskar.get_by_role("button", name="Ask for access").press("Enter")
    expect(oskar.get_by_role("heading", level=1)).to_have_text("Your question is on its way")
    tomasz = open_("Tomasz Wójcik", "/requests")
    refuse = tomasz.locator(".asks summary")
    tomasz.get_by_role("button", name="Give View to Oskar Lund").focus()
    tomasz.keyboard.press("Tab")
    expect(refuse).to_be_focused()
    tomasz.keyboard.press("Enter")
    tomasz.keyboard.press("Tab")
    tomasz.keyboard.type("It is not finished.")
    tomasz.keyboard.press("Enter")
    expect(tomasz.get_by_role("status").first).to_contain_text("Refused. Oskar Lund is told.")


def test_the_day_is_asked_for_only_where_it_counts(open_: Open, item: str) -> None:
    open_("Oskar Lund", item).get_by_role("button", name="Ask for access").click()
    tomasz = open_("Tomasz Wójcik", "/requests")
    day = tomasz.get_by_label("Last day, if until a day")
    expect(day).to_be_hidden()
    tomasz.get_by_label("Until", exact=True).select_option("day")
    expect(day).to_be_visible()
    tomasz.get_by_role("button", name="Give View to Oskar Lund").click()
    expect(tomasz.locator(".asks .invalid-feedback").first).to_contain_text("Choose the last day.")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_an_administrator_looks_plays_is_refused_and_stops(open_: Open, site: Site, item: str, script: bool) -> None:
    site.library.set_rule("Oskar Lund", Permission.VIEW | Permission.EDIT)
    ada = open_("Ada Lind", f"/admin/users/{uid_of(site, 'Oskar Lund')}", java_script_enabled=script)
    ada.get_by_role("button", name=re.compile("View the library as")).first.click()
    strip = ada.get_by_role("region", name="Seeing the library as somebody else")
    expect(strip).to_contain_text("You see the library as Oskar Lund.")
    ada.goto(f"{item}/edit")
    ada.get_by_label("Title").fill("Mine now")
    ada.get_by_role("button", name="Save").first.click()
    expect(ada.get_by_role("heading", level=1)).to_have_text("Not while you see the library as Oskar Lund")
    expect(strip).to_be_visible()
    ada.get_by_role("button", name="Stop seeing as Oskar Lund").click()
    expect(strip).to_have_count(0)
    expect(ada.get_by_role("heading", level=1)).to_contain_text("Oskar Lund")


def test_pages_are_free_of_axe_violations_and_fit(open_: Open, site: Site, item: str) -> None:
    oskar = open_("Oskar Lund", item, **DARK_PHONE)
    found = faults(oskar)
    oskar.get_by_role("button", name="Ask for access").click()
    expect(oskar.get_by_role("heading", level=1)).to_have_text("Your question is on its way")
    found += faults(oskar)
    tomasz = open_("Tomasz Wójcik", "/requests", **DARK_PHONE)
    found += faults(tomasz)
    tomasz.locator(".asks summary").click()
    tomasz.get_by_role("button", name="Refuse it").click()
    expect(tomasz.locator(".asks .invalid-feedback")).to_be_visible()
    found += faults(tomasz)
    ada = open_("Ada Lind", f"{item}/access", **DARK_PHONE)
    found += faults(ada)
    ada.goto(f"/admin/users/{uid_of(site, 'Oskar Lund')}")
    ada.get_by_role("button", name=re.compile("View the library as")).first.click()
    for address in ("/", "/account", item):
        ada.goto(address)
        found += faults(ada)
    assert found == []
