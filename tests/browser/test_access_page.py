"""The access page in a browser: adding by typing, ticks that bring others, the effect while one types, keyboard."""
from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.axe import DARK_PHONE, faults


@pytest.fixture
def fresh(admin: Page) -> str:
    """The access page of a new folder, open in the administrator's browser."""
    number = admin.evaluate("performance.now()")
    address = steps.make_folder(admin, f"Access {number}")
    admin.goto(f"{address}/access")
    return address


def effect(page: Page) -> object:
    return expect(page.locator("#access-effect"))


def test_a_group_is_added_by_typing_edit_brings_view_and_the_effect_is_told_before_saving(
    admin: Page, fresh: str
) -> None:
    admin.fill("[data-adder]", "servi")
    admin.get_by_role("option", name="Service engineers").click()
    admin.get_by_label("Service engineers: View").uncheck()
    admin.get_by_label("Service engineers: Edit").check()
    expect(admin.get_by_label("Service engineers: View")).to_be_checked()
    effect(admin).to_contain_text("1 change not saved.")
    effect(admin).to_contain_text("Jonas Bakke gains View and Edit, nobody loses anything.")
    expect(admin.locator("tr.chg")).to_have_count(1)
    admin.get_by_role("button", name="Save access").click()
    expect(admin.locator(".flashes")).to_contain_text("Access saved.")
    expect(admin.get_by_label("Service engineers: Edit")).to_be_checked()
    effect(admin).to_contain_text("1 person can see this folder")


def test_the_page_can_be_used_with_the_keyboard_alone(admin: Page, fresh: str) -> None:
    admin.locator("[data-adder]").focus()
    admin.keyboard.type("ewa")
    expect(admin.get_by_role("option")).to_have_count(1)
    admin.keyboard.press("ArrowDown")
    admin.keyboard.press("Enter")
    expect(admin.get_by_label("Ewa Kowalska: View")).to_be_focused()
    admin.keyboard.press("Tab")
    admin.keyboard.press("Space")
    expect(admin.get_by_label("Ewa Kowalska: Download")).to_be_checked()
    effect(admin).to_contain_text("Ewa Kowalska gains View and Download")
    admin.keyboard.press("Enter")
    expect(admin.locator(".flashes")).to_contain_text("Access saved.")


def test_manage_brings_everything_and_taking_view_away_takes_what_needs_it(admin: Page, fresh: str) -> None:
    steps.type_and_choose(admin, "Ewa Kowalska")
    boxes = [admin.get_by_label(f"Ewa Kowalska: {right}") for right in ("View", "Download", "Upload", "Edit", "Manage")]
    boxes[4].check()
    assert all(box.is_checked() for box in boxes)
    boxes[0].uncheck()
    assert [box.is_checked() for box in boxes] == [False, False, True, False, False]
    expect(admin.get_by_text("drop box", exact=True)).to_be_visible()


def test_a_block_replaces_the_ticks_and_a_save_that_takes_rights_asks_first(admin: Page, fresh: str) -> None:
    steps.type_and_choose(admin, "Service engineers")
    effect(admin).to_contain_text("gains View")
    admin.get_by_role("button", name="Save access").click()
    admin.locator("tr.own select").select_option("block")
    expect(admin.get_by_label("Service engineers: View")).to_be_hidden()
    expect(admin.get_by_text("Sees nothing in here, whatever other rules say.")).to_be_visible()
    effect(admin).to_contain_text("Jonas Bakke loses View, nobody gains anything.")
    admin.get_by_role("button", name="Save access").click()
    expect(admin.locator("h1")).to_contain_text("Save the rules of")
    admin.get_by_role("button", name="Back").click()
    expect(admin.locator("tr.own select")).to_have_value("block")
    admin.get_by_role("button", name="Save access").click()
    admin.get_by_role("button", name="Save access, 1 person loses View").click()
    expect(admin.locator(".flashes")).to_contain_text("Access saved.")


def test_a_manager_is_kept_from_locking_herself_out_and_one_press_mends_it(
    admin: Page, fresh: str, visit: Callable[..., Page]
) -> None:
    steps.type_and_choose(admin, "Ewa Kowalska")
    admin.get_by_label("Ewa Kowalska: Manage").check()
    effect(admin).to_contain_text("all rights, Manage included")
    admin.get_by_role("button", name="Save access").click()
    expect(admin.locator(".flashes")).to_contain_text("Access saved.")
    ewa = visit("ewa@skarvik.example")
    ewa.goto(f"{fresh}/access")
    ewa.get_by_label("Ewa Kowalska: Manage").uncheck()
    effect(ewa).to_contain_text("1 change cannot be saved.")
    ewa.get_by_role("button", name="Save access").click()
    expect(ewa.get_by_role("alert")).to_contain_text("You would lose Manage yourself.")
    ewa.get_by_role("button", name="Add myself").click()
    expect(ewa.get_by_label("Ewa Kowalska: Manage")).to_be_checked()
    expect(ewa.get_by_role("alert")).to_have_count(0)


def test_every_state_of_the_page_is_free_of_axe_violations_and_fits(
    admin: Page, fresh: str, visit: Callable[..., Page]
) -> None:
    page = visit("ingrid@skarvik.example", **DARK_PHONE)
    found: list[str] = []

    def look(state: str) -> None:
        found.extend(f"{state}: {fault}" for fault in faults(page))

    page.goto(f"{fresh}/access")
    page.fill("[data-adder]", "e")
    expect(page.get_by_role("option", name="Ewa Kowalska")).to_be_visible()
    page.keyboard.press("ArrowDown")
    look("suggestions")
    page.fill("[data-adder]", "")
    steps.type_and_choose(page, "Ewa Kowalska")
    steps.type_and_choose(page, "Service engineers")
    page.locator("tr.own select").last.select_option("block")
    effect(page).to_contain_text("2 changes not saved.")
    page.locator(".whom summary").click()
    look("changed")
    page.locator("[role=switch]").uncheck()
    effect(page).to_contain_text("3 changes not saved.")
    look("cut")
    page.get_by_role("button", name="Save access").click()
    expect(page.locator(".flashes")).to_contain_text("Access saved.")
    page.get_by_role("button", name="Remove Ewa Kowalska, or keep it").click()
    effect(page).to_contain_text("Ewa Kowalska loses View, nobody gains anything.")
    look("removed")
    page.get_by_role("button", name="Save access").click()
    expect(page.locator("#confirm-form")).to_be_visible()
    look("confirm")
    page.get_by_role("button", name="Back").click()
    page.fill("[data-adder]", "nobody at all")
    page.keyboard.press("Enter")
    expect(page.locator("#add-error")).to_be_visible()
    look("unknown")
    assert found == []


def test_everything_works_without_script(admin: Page, fresh: str, visit: Callable[..., Page]) -> None:
    page = visit("ingrid@skarvik.example", java_script_enabled=False)
    page.goto(f"{fresh}/access")
    page.fill("[data-adder]", "service")
    page.keyboard.press("Enter")
    page.get_by_label("Service engineers: Edit").check()
    page.get_by_role("button", name="Remove Service engineers, or keep it").click()
    expect(page.get_by_label("Service engineers: Edit")).to_have_count(0)
    page.fill("[data-adder]", "e")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name=re.compile("Ewa Kowalska")).click()
    page.get_by_role("button", name="Save access").click()
    expect(page.locator("main")).to_contain_text("Ewa Kowalska gains View, nobody loses anything.")
    page.get_by_role("button", name="Save access").click()
    expect(page.locator(".flashes")).to_contain_text("Access saved.")
    expect(page.get_by_label("Ewa Kowalska: View")).to_be_checked()
