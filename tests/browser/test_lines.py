"""Captions and chapters line by line, beside what plays; and as text where there is no script."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.axe import faults
from tests.sites import Site

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
LINES = ("So the puller is square.", "Warm the housing.", "Now take up the slack.")
CAPTIONS = "WEBVTT\n\n" + "\n\n".join(
    f"00:00:{10 * number:02}.000 --> 00:00:{10 * number + 5:02}.000\n{line}" for number, line in enumerate(LINES)
)


@pytest.fixture(scope="module")
def bench(site: Site, item: str) -> str:
    """The address of a film whose captions and chapters are changed here alone."""
    return steps.copy(site, item, "Bench")


@pytest.fixture
def editor(visit: Visit, bench: str) -> Page:
    """Ingrid, who may edit, on the page of the film's Danish captions, of which there are three lines."""
    page = visit("ingrid@skarvik.example", reduced_motion="reduce")
    page.goto(f"{bench}/captions/da")
    as_text(page, "[name=text]", CAPTIONS)
    save(page)
    page.goto(f"{bench}/captions/da")
    expect(rows(page)).to_have_count(3)
    return page


def as_text(page: Page, field: str, text: str) -> None:
    page.get_by_role("button", name="As text").click()
    page.fill(field, text)


def save(page: Page) -> None:
    page.locator("#lines-form button.btn-primary").click()
    expect(page.locator(".flashes")).to_contain_text("are saved.")


def rows(page: Page) -> Locator:
    return page.locator("[data-row]")


def texts(page: Page) -> list[str]:
    fields = page.locator("[data-row] [data-field=text]")
    values: list[str] = fields.evaluate_all("(all) => all.map((field) => field.value)")
    return values


def seek(page: Page, second: float) -> None:
    page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    page.evaluate("(second) => { document.querySelector('video').currentTime = second; }", second)


def test_a_line_is_added_where_the_player_stands_and_kept_in_its_place(editor: Page, bench: str) -> None:
    seek(editor, 6.5)
    editor.get_by_label("Line 1, text").focus()
    editor.keyboard.press("Alt+Enter")
    expect(editor.get_by_label("Line 2, text")).to_be_focused()
    editor.keyboard.type("Is it tight? Turn & push.")
    expect(editor.get_by_label("Line 2, from")).to_have_value("0:06.5")
    save(editor)
    editor.goto(f"{bench}/captions/da")
    assert texts(editor) == [LINES[0], "Is it tight? Turn & push.", *LINES[1:]]
    served = editor.request.get(bench.replace("/m/", "/smedia/") + "/captions-da.vtt").text()
    assert "00:00:06.500 --> 00:00:09.500" in served


def test_times_are_mended_where_they_are_wrong_and_nothing_wrong_is_sent(editor: Page) -> None:
    begins = editor.get_by_label("Line 2, from")
    begins.fill("soon")
    editor.get_by_label("Line 2, text").focus()
    expect(editor.locator("#lines-form")).to_contain_text("This is no time.")
    editor.locator("#lines-form button.btn-primary").click()
    expect(begins).to_be_focused()
    begins.fill("0:04")
    editor.get_by_label("Line 2, text").focus()
    expect(editor.locator("#lines-form")).to_contain_text("Starts 1.0 s before the line above ends.")
    editor.get_by_role("button", name="Start it at 0:05").click()
    expect(begins).to_have_value("0:05")
    expect(editor.locator("[data-lines-said]")).to_have_text("")
    begins.fill("0:30")
    begins.press("Tab")
    expect(editor.get_by_label("Line 3, from")).to_have_value("0:30")
    expect(editor.locator("#lines-form")).to_contain_text("It ends before it begins.")


def test_a_line_is_heard_deleted_and_brought_back(editor: Page) -> None:
    editor.get_by_role("button", name="Play line 3").click()
    editor.wait_for_function("() => document.querySelector('video').currentTime >= 20")
    expect(editor.locator("[data-row].on [data-field=text]")).to_have_value(LINES[2])
    editor.get_by_role("button", name="Delete line 1").click()
    assert texts(editor) == list(LINES[1:])
    editor.get_by_role("button", name="Bring it back").click()
    assert texts(editor) == list(LINES)


def test_whoever_saves_second_is_told_and_loses_nothing(editor: Page, bench: str) -> None:
    other = editor.context.new_page()
    other.goto(f"{bench}/captions/da")
    editor.get_by_label("Line 1, text").fill("Mine.")
    save(editor)
    other.get_by_label("Line 1, text").fill("Theirs.")
    other.locator("#lines-form button.btn-primary").click()
    expect(other.get_by_role("alert")).to_contain_text("Somebody has saved other lines while this page was open.")
    assert texts(other)[0] == "Theirs."
    other.get_by_role("button", name="Put mine in its place").click()
    expect(other.locator(".flashes")).to_contain_text("The captions are saved.")


def test_many_thousands_are_edited_a_few_at_a_time(editor: Page) -> None:
    moments = [f"{n // 60:02}:{n % 60:02}" for n in range(5900)]
    many = "WEBVTT\n\n" + "\n\n".join(f"{moment}.000 --> {moment}.900\nLine" for moment in moments)
    as_text(editor, "[name=text]", "")
    editor.locator("[name=text]").evaluate("(field, many) => { field.value = many; }", many)
    editor.get_by_role("button", name="As lines").click()
    expect(rows(editor)).to_have_count(50)
    expect(editor.locator("#lines-form")).to_contain_text("Lines 1 to 50 of 5900")
    editor.get_by_role("button", name="Later lines").click()
    expect(editor.get_by_label("Line 51, text")).to_be_focused()
    editor.get_by_role("button", name="As text").click()
    assert editor.locator("[name=text]").input_value().count("-->") == 5900


def test_chapters_are_a_list_as_well(editor: Page, bench: str) -> None:
    editor.goto(f"{bench}/chapters")
    as_text(editor, "[name=chapters]", "0:00 Lockout")
    editor.get_by_role("button", name="As lines").click()
    seek(editor, 12)
    editor.get_by_role("button", name="Chapter at the playhead").click()
    editor.keyboard.type("Open the housing")
    save(editor)
    editor.goto(bench)
    expect(editor.locator(".chapter-list")).to_contain_text("Open the housing")
    editor.goto(f"{bench}/chapters")
    assert texts(editor) == ["Lockout", "Open the housing"]


@pytest.mark.parametrize("width", [1440, 320])
def test_the_lists_are_free_of_axe_violations_and_fit(editor: Page, bench: str, width: int) -> None:
    editor.set_viewport_size({"width": width, "height": 900})
    found: list[str] = []
    for scheme in ("light", "dark"):
        editor.emulate_media(color_scheme=scheme)
        editor.get_by_label("Line 2, from").fill("soon")
        editor.get_by_label("Line 2, text").focus()
        found += faults(editor)
    assert found == []


def test_without_script_each_is_one_text(visit: Visit, bench: str) -> None:
    page = visit("ingrid@skarvik.example", java_script_enabled=False)
    page.goto(f"{bench}/captions/nl")
    expect(page.get_by_role("button", name="Line at the playhead")).to_be_hidden()
    page.fill("[name=text]", CAPTIONS)
    save(page)
    page.goto(f"{bench}/captions/nl")
    assert LINES[1] in page.locator("[name=text]").input_value()
    page.goto(f"{bench}/chapters")
    page.fill("[name=chapters]", "0:00 Lockout\n0:10 Open the housing")
    save(page)
    page.goto(bench)
    page.click("text=Open the housing")
    assert (page.locator("video").get_attribute("src") or "").endswith("#t=10.0")
