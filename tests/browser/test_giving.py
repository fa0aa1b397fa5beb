"""Sending files by a link in a real browser, through the real front server: with script and without."""
from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.axe import violations
from tests.browser.test_upload_page import AT_FULL_SPEED, SLOW, film_of, slow_down, sum_of
from tests.sites import Site
from tests.unit.media.conftest import picture

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
ASKED = "Thruster photos and clips, hull 118"


@pytest.fixture(scope="module")
def place(admin: Page) -> str:
    """The address of a folder that files are asked for in."""
    return steps.make_folder(admin, "Hull 118")


@pytest.fixture
def address(admin: Page, place: str) -> str:
    """The address of a link to send files by, made on the pages."""
    admin.goto(place)
    admin.get_by_role("link", name="Share", exact=True).click()
    admin.get_by_role("link", name="Ask for files").click()
    admin.get_by_label("What do you ask for?").fill(ASKED)
    admin.get_by_label("Text for the senders").fill("Close-ups of the seal.\nA phone is good enough.")
    admin.get_by_role("button", name="Create link").click()
    return admin.locator("#new-link").inner_text().strip()


def drawn(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(picture("PNG", size=(640, 480)))
    return path


def test_files_are_sent_without_an_account_go_on_after_a_reload_and_match(
    visit: Visit, admin: Page, place: str, address: str, film: Path, tmp_path: Path, site: Site
) -> None:
    page = visit()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    assert "/give/" not in page.url
    expect(page.get_by_role("heading", level=1)).to_have_text("Send files to Skarvik Marine")
    expect(page.get_by_text("Only the people of this project see them.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Your name or company").fill("DNV Gdynia, P. Nowak")
    page.get_by_label("A line about the files").fill("Port side")
    slow_down(page, SLOW)
    large = film_of(tmp_path, "seal-port-01.mp4", 12_000_000, "seal")
    page.locator("[data-choose]").set_input_files(large)
    row = page.get_by_role("group", name=large.name)
    expect(row.locator("[data-bar]")).not_to_have_js_property("value", 0, timeout=30_000)
    row.get_by_role("button", name=f"Pause {large.name}").click()
    expect(row).to_have_attribute("data-state", "paused")
    page.reload()
    expect(row).to_contain_text("Choose this file again", timeout=30_000)
    slow_down(page, AT_FULL_SPEED)
    photo = drawn(tmp_path, "shaft-ruler.png")
    page.locator("[data-choose]").set_input_files([large, photo])
    receipt = page.locator("[data-receipt]")
    expect(receipt).to_contain_text("Skarvik Marine has your 2 files.", timeout=90_000)
    expect(receipt).to_contain_text("They are complete: the checksums match.")
    for path in (large, photo):
        expect(receipt).to_contain_text(sum_of(path))
    expect(page.get_by_role("group")).to_have_count(0)
    assert violations(page) == []
    assert errors == []

    admin.goto(place)
    admin.get_by_role("link", name="shaft-ruler").first.click()
    expect(admin.get_by_text(f"Sent by DNV Gdynia, P. Nowak through the link “{ASKED}”: Port side")).to_be_visible()


def test_a_link_that_is_revoked_says_so_where_something_is_under_way(
    visit: Visit, address: str, tmp_path: Path, site: Site
) -> None:
    page = visit()
    page.goto(address)
    slow_down(page, SLOW)
    large = film_of(tmp_path, "seal-starboard.mp4", 40_000_000, "starboard")
    page.locator("[data-choose]").set_input_files(large)
    row = page.get_by_role("group", name=large.name)
    expect(row.locator("[data-bar]")).not_to_have_js_property("value", 0, timeout=30_000)
    site.privmedia("link", "revoke", page.url.rsplit("/", 1)[1])
    slow_down(page, AT_FULL_SPEED)
    expect(row).to_contain_text("This link has ended. Ask the person who sent it for a new one.", timeout=60_000)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("This link has ended")


def test_files_are_sent_without_script(visit: Visit, address: str, tmp_path: Path) -> None:
    page = visit(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(address)
    expect(page.get_by_text("Drop files here")).to_be_hidden()
    page.get_by_label("Your name or company").fill("K. Lis")
    page.get_by_role("button", name="Go on to the files").click()
    photos = [drawn(tmp_path, name) for name in ("one.png", "two.png", "three.png")]
    page.get_by_label("Files", exact=True).set_input_files(photos)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status").first).to_contain_text("Skarvik Marine has your 3 files.")
    expect(page.get_by_role("status").first).to_contain_text("The checksums below are of what arrived.")
    sums = page.locator("#sent-files code").all_inner_texts()
    assert sums == [hashlib.sha256(photo.read_bytes()).hexdigest() for photo in photos]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
