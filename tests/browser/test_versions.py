"""Replacing a file and choosing its poster in Chromium, through nginx, with script and without."""
from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from privmedia.media import find_ffmpeg
from tests.browser import steps
from tests.browser.axe import DARK_PHONE, faults
from tests.sites import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shorter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another film, of 12 seconds."""
    path = tmp_path_factory.mktemp("shorter") / "second-cut.mp4"
    command = [find_ffmpeg(""), "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc=s=640x360:r=25:d=12"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
def cut(site: Site, item: str) -> str:
    """The address of a film of its own, prepared."""
    return steps.copy(site, item, "Cuts")


def test_a_replaced_film_is_shown_as_soon_as_it_is_ready(admin: Page, cut: str, shorter: Path) -> None:
    admin.goto(cut)
    admin.click("text=Replace the file")
    admin.set_input_files("#file", shorter)
    admin.click("#replace-form [type=submit]")
    expect(admin.locator("main")).to_contain_text("Version 1 is shown until it is ready.")
    # By itself: the page looks again every few seconds.
    expect(admin.locator("#versions tbody tr").first).to_contain_text("shown", timeout=60_000)
    expect(admin.locator("#replacing")).to_have_count(0)
    expect(admin.locator("#versions tbody tr").first).to_contain_text("0:12")
    expect(admin.locator("video")).to_have_js_property("duration", 12)
    admin.locator("#versions tbody tr").nth(1).get_by_role("button", name="Show this one").click()
    expect(admin.locator("main")).to_contain_text("Version 1 is shown now.")
    expect(admin.locator("#versions tbody tr").nth(1)).to_contain_text("shown")
    expect(admin.locator("video")).to_have_js_property("readyState", 4)
    assert admin.locator("video").evaluate("film => film.duration") > 39


def test_without_script_a_film_is_replaced_and_its_poster_is_a_still(
    admin: Page, visit: Callable[..., Page], cut: str, shorter: Path
) -> None:
    plain = visit("ingrid@skarvik.example", java_script_enabled=False)
    plain.goto(f"{cut}/replace")
    plain.set_input_files("#file", shorter)
    plain.click("#replace-form [type=submit]")
    expect(plain.locator("main")).to_contain_text("The new file has arrived.")
    plain.goto(f"{cut}/poster")
    before = plain.locator(".poster-frame img").get_attribute("src")
    plain.locator(".still").nth(1).click()
    expect(plain.locator("main")).to_contain_text("The poster is changed.")
    assert plain.locator(".poster-frame img").get_attribute("src") != before


def test_the_poster_follows_the_player(admin: Page, cut: str) -> None:
    admin.goto(f"{cut}/poster")
    film, field = admin.locator(".poster-film"), admin.locator("#poster-time")
    expect(film).to_have_js_property("readyState", 4)
    film.evaluate("film => { film.currentTime = 21.4 }")
    expect(field).to_have_value("0:21.4")
    field.fill("0:33")
    field.press("Tab")
    expect(film).to_have_js_property("currentTime", 33)
    admin.click("text=Use this moment as the poster")
    expect(admin.locator("main")).to_contain_text("The poster is changed.")
    expect(admin.locator(".poster-frame img")).to_have_attribute("src", re.compile(r"poster\.webp\?of=1-frame-"))
    expect(admin.locator(".poster-frame img")).to_have_js_property("naturalWidth", 640)


def test_axe_finds_nothing(visit: Callable[..., Page], cut: str) -> None:
    page, found = visit("ingrid@skarvik.example", **DARK_PHONE), []
    for address in (cut, f"{cut}/replace", f"{cut}/poster"):
        page.goto(address)
        found += faults(page)
    assert found == []
