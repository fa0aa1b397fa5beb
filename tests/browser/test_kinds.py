"""Sound, documents and pictures, from the upload to the last page; with script and without."""
from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from privmedia.media import find_ffmpeg
from tests.browser.steps import give_view, make_folder
from tests.integration.test_uploading import wait_for
from tests.unit.media.conftest import written_pdf

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
PAGES = ("Main bearing T4", None, "Heat the housing to 80 degrees")


@pytest.fixture(scope="module")
def items(admin: Page, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of a talk, a manual of three pages whose second is missing, and two pictures, all prepared."""
    folder = make_folder(admin, "Papers")
    give_view(admin, folder, "Service engineers")
    files = tmp_path_factory.mktemp("files")
    talk = files / "Deck talk.mp3"
    command = [find_ffmpeg(""), "-v", "error", "-f", "lavfi", "-i", "sine=f=330:d=20", talk]
    subprocess.run(command, check=True)
    (files / "Manual.pdf").write_bytes(written_pdf(*PAGES))
    for name, colour in (("Quay", "navy"), ("Crew", "olive")):
        picture = io.BytesIO()
        Image.new("RGB", (1600, 900), colour).save(picture, "JPEG")
        (files / f"{name}.jpg").write_bytes(picture.getvalue())
    shown = {
        "Deck talk.mp3": "[data-player]",
        "Manual.pdf": ".doc .frame img",
        "Quay.jpg": ".picture img",
        "Crew.jpg": ".picture img",
    }
    addresses = {name: uploaded(admin, folder, files / name) for name in shown}
    for name, address in addresses.items():
        admin.goto(address)
        expect(admin.locator(shown[name]).first).to_be_visible(timeout=60_000)
    return {name.partition(".")[0]: address for name, address in addresses.items()}


def uploaded(page: Page, folder: str, file: Path) -> str:
    """The address of an item that is still to be prepared."""
    page.goto(f"/upload/plain?folder={folder.rsplit('/', 1)[1]}")
    page.set_input_files("#upload-form [name=file]", file)
    page.click("#upload-form [type=submit]")
    page.wait_for_url(re.compile(r"/m/[0-9a-z]{16}$"), timeout=60_000)
    return page.url


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def member(request: pytest.FixtureRequest, visit: Visit) -> Page:
    """Jonas, who may view."""
    return visit("jonas@skarvik.example", java_script_enabled=request.param)


def test_a_document_is_found_by_what_stands_on_a_page_and_opens_there(
    member: Page, admin: Page, items: dict[str, str]
) -> None:
    drawn(admin, items["Manual"], 3)
    member.goto("/search?q=housing+degrees")
    hit = member.locator("#items article", has_text="Manual").locator("a.tline")
    expect(hit).to_contain_text("page 3")
    hit.click()
    expect(member.locator(".doc .frame img")).to_have_attribute("alt", "Page 3 of Manual")
    assert member.locator(".doc .frame img").evaluate("(picture) => picture.naturalWidth") == 1350
    member.get_by_role("link", name="Page before").click()
    expect(member.locator(".doc .frame")).to_contain_text("This page cannot be drawn")
    member.get_by_role("link", name="Page before").click()
    expect(member.locator(".doc .frame img")).to_have_attribute("alt", "Page 1 of Manual")


def drawn(page: Page, manual: str, number: int) -> None:
    """Wait until the worker has drawn a page, and read all of them before."""
    picture = manual.replace("/m/", "/smedia/") + f"/page-{number}.webp"
    wait_for(lambda: page.request.get(picture).ok)


def test_an_address_turns_the_pages_of_a_document(visit: Visit, admin: Page, items: dict[str, str]) -> None:
    drawn(admin, items["Manual"], 3)
    page = visit("jonas@skarvik.example")
    page.goto(f"{items['Manual']}#page=3")
    expect(page.locator(".doc .frame img")).to_have_attribute("alt", "Page 3 of Manual")
    page.locator("[data-viewer]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#page-number")).to_have_value("2")


def test_pictures_lead_to_one_another(member: Page, items: dict[str, str]) -> None:
    member.goto(items["Quay"])
    expect(member.locator(".picture img")).to_be_visible()
    member.locator("a[data-before]").click()
    expect(member).to_have_url(items["Crew"])
    expect(member.locator("h1")).to_have_text("Crew")
    member.locator("a[data-after]").click()
    expect(member).to_have_url(items["Quay"])


def test_a_telephone_fetches_a_small_picture_and_the_whole_one_when_it_is_looked_at_closely(
    member: Page, items: dict[str, str]
) -> None:
    member.set_viewport_size({"width": 390, "height": 844})
    member.goto(items["Quay"])
    shown = member.locator(".picture img")
    expect(shown).to_be_visible()
    assert shown.evaluate("async (picture) => { await picture.decode(); return picture.currentSrc; }").endswith(
        "/picture-640.webp"
    )
    zoom = member.locator("[data-zoom]")
    if zoom.is_visible():
        zoom.click()
        member.wait_for_function("() => document.querySelector('.picture img').currentSrc.endsWith('/play.jpg')")
        assert shown.evaluate("(picture) => picture.getBoundingClientRect().width") == 1600


def test_sound_is_played(member: Page, items: dict[str, str]) -> None:
    member.goto(items["Deck talk"])
    audio = member.locator("audio")
    source = audio.get_attribute("src") or ""
    assert member.request.get(source, headers={"Range": "bytes=0-9"}).status == 206
    if member.locator("[data-ready]").count():
        audio.evaluate("(audio) => { audio.muted = true; return audio.play(); }")
        member.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    else:
        expect(audio).to_have_attribute("controls", "")
