"""The search field: found by its key, walked through by arrows, and a plain form without script."""
from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.axe import DARK_PHONE, faults, violations

Visit = Callable[..., Page]


def test_what_is_typed_is_suggested_and_chosen_with_the_keyboard_alone(visit: Visit, item: str) -> None:
    page = visit("jonas@skarvik.example")
    page.goto("/")
    field, options = page.locator("#q"), page.locator("#suggestions [role=option]")
    expect(field).to_have_role("combobox")  # the script is there
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("uberf")
    expect(options).to_have_count(2)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(options.first.locator("mark")).to_have_text("Überf")
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(field).to_have_value("uberf")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Results for “uberf”")
    expect(field).to_have_role("combobox")
    page.keyboard.press("/")
    page.keyboard.type("uberfahrt")
    expect(options.first.locator("mark")).to_have_text("Überfahrt")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(item)


def test_without_script_it_is_a_form_and_links(visit: Visit, item: str) -> None:
    page = visit("jonas@skarvik.example", java_script_enabled=False)
    page.goto("/")
    page.fill("#q", "überfahrt")
    page.press("#q", "Enter")
    expect(page.locator("#items mark")).to_have_text(["Überfahrt"])
    page.get_by_label("Order").select_option("newest")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("order=newest"))
    page.locator("#items h3 a").click()
    page.wait_for_url(item)


def test_its_pages_are_free_of_axe_violations_and_fit(visit: Visit, item: str) -> None:
    page, found = visit("jonas@skarvik.example", **DARK_PHONE), []
    for address in ("/search?q=uberfahrt", "/search?q=uberfahrz", "/search", "/search?q=zzz&kind=audio"):
        page.goto(address)
        found += faults(page)
    page.fill("#q", "")
    page.locator("#q").press_sequentially("product")
    expect(page.locator("#suggestions")).to_be_visible()
    assert found + violations(page) == []
