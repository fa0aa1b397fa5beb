"""The player, in Chromium: played, captioned, sought and left by keys alone, gone on with later, and without script."""
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import DARK_PHONE, faults
from tests.browser.measuring import MOST_BYTES, MOST_SHIFT, weigh

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
LINES = ("Lock the shaft.", "Warm the housing to 80 degrees.", "Now take up the slack.", "Listen.")
CAPTIONS = "WEBVTT\n\n" + "\n\n".join(
    f"00:00:{number * 10:02}.000 --> 00:00:{number * 10 + 9:02}.000\n{line}" for number, line in enumerate(LINES)
)
CHAPTERS = "0:00 Lockout and tools\n0:10 Open the housing\n0:25 Draw the old bearing"
TIME = "document.querySelector('video').currentTime"
FAULTS = "addEventListener('securitypolicyviolation', (e) => (window.faults ??= []).push(e.violatedDirective))"


@pytest.fixture(scope="module")
def talk(admin: Page, item: str) -> str:
    """The address of the film, with captions and chapters that somebody typed."""
    admin.goto(f"{item}/captions")
    admin.select_option("select[name=language]", "en")
    admin.fill("[name=text]", CAPTIONS)
    admin.click("text=Add captions")
    expect(admin.locator(".flashes")).to_contain_text("The captions are saved.")
    admin.goto(f"{item}/chapters")
    admin.click("text=As text")
    admin.fill("[name=chapters]", CHAPTERS)
    admin.click("text=Save chapters")
    expect(admin.locator(".flashes")).to_contain_text("The chapters are saved.")
    return item


@pytest.fixture
def viewer(visit: Visit, talk: str) -> Page:
    """Jonas, who may view, on the page of the film."""
    return watching(visit("jonas@skarvik.example"), talk)


def watching(page: Page, address: str) -> Page:
    page.add_init_script(FAULTS)
    page.goto(address)
    expect(page.locator("[data-player][data-ready]")).to_be_visible()
    page.wait_for_function("() => document.querySelector('video').readyState >= 1")
    return page


def focus(page: Page) -> None:
    page.locator("video").evaluate("(video) => { video.muted = true; video.focus(); }")


def play(page: Page) -> None:
    """Play until the server was told of it, and a little more."""
    focus(page)
    with page.expect_response(re.compile("/playback$")):
        page.evaluate("document.querySelector('video').play()")
    page.wait_for_function(f"() => !document.querySelector('video').paused && {TIME} > 0.2")


def stop_at(page: Page, second: float) -> None:
    page.evaluate("(second) => Object.assign(document.querySelector('video'), { currentTime: second }).pause()", second)


def from_the_start(page: Page) -> None:
    """Wherever this person stopped before."""
    stop_at(page, 0)
    page.wait_for_function(f"() => {TIME} === 0 && !document.querySelector('video').seeking")


def wait_for_time(page: Page, least: float, most: float) -> None:
    page.wait_for_function(f"() => {TIME} >= {least} && {TIME} < {most}")


def test_browse_play_caption_and_seek_by_keys_alone(visit: Visit, talk: str, film: Path) -> None:
    page = visit("jonas@skarvik.example")
    page.add_init_script(FAULTS)
    page.goto("/")
    page.locator("article a", has_text=film.stem).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-player][data-ready]")).to_be_visible()
    page.evaluate("document.querySelector('video').muted = true; localStorage.setItem('privmedia-captions', 'off')")
    page.locator("media-play-button.bigplay").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('video').paused")
    page.locator("video").focus()
    page.keyboard.press("c")
    page.wait_for_function("() => [...document.querySelector('video').textTracks].some((t) => t.mode === 'showing')")
    page.keyboard.press("k")
    page.wait_for_function("() => document.querySelector('video').paused")
    page.evaluate("document.querySelector('video').currentTime = 0")
    page.keyboard.press("l")
    wait_for_time(page, 10, 10.5)
    page.keyboard.press("ArrowLeft")
    wait_for_time(page, 5, 5.5)
    page.keyboard.press("n")
    wait_for_time(page, 10, 10.5)
    page.keyboard.press("?")
    expect(page.locator("dialog.page-dialog")).to_contain_text("Back 10 seconds")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.wait_for_function("() => !document.querySelector('video').muted")
    assert page.evaluate("window.faults ?? []") == []


def test_letters_can_be_switched_off_and_arrows_stay(viewer: Page) -> None:
    focus(viewer)
    viewer.evaluate("document.body.dataset.shortcuts = 'off'; document.querySelector('video').currentTime = 0")
    viewer.keyboard.press("l")
    viewer.keyboard.press("ArrowRight")
    wait_for_time(viewer, 5, 5.5)


def test_the_seek_bar_says_time_and_chapter_in_words(viewer: Page) -> None:
    focus(viewer)
    viewer.evaluate("document.querySelector('video').currentTime = 26")
    bar = viewer.locator("pm-time-range").get_by_role("slider")
    expect(bar).to_have_attribute(
        "aria-valuetext", "26 seconds of 40 seconds, chapter 3: Draw the old bearing"
    )
    assert viewer.locator("pm-time-range").evaluate("(bar) => bar.mediaChaptersCues.length") == 3


def test_chapters_and_the_transcript_seek_and_follow(viewer: Page) -> None:
    # Slowly: what is looked at must not be over before it was looked at.
    viewer.evaluate("Object.assign(document.querySelector('video'), {muted: true, playbackRate: 0.1})")
    viewer.locator("[data-chapter]", has_text="Open the housing").click()
    wait_for_time(viewer, 10, 20)
    expect(viewer.locator("[data-chapter][aria-current]")).to_contain_text("Open the housing")
    expect(viewer).to_have_url(re.compile("#t=10$"))
    viewer.get_by_role("tab", name="Transcript").click()
    viewer.click("text=Now take up the slack.")
    wait_for_time(viewer, 20, 29)
    expect(viewer.locator("[data-line][aria-current]")).to_contain_text("Now take up the slack.")
    viewer.fill("#transcript-q", "housing")
    expect(viewer.locator("[data-line]:visible")).to_have_count(1)
    assert viewer.evaluate("window.faults ?? []") == []


def test_an_address_begins_where_it_says(visit: Visit, talk: str) -> None:
    page = watching(visit("jonas@skarvik.example"), f"{talk}#t=0:12")
    wait_for_time(page, 12, 12.5)


def test_it_goes_on_where_one_stopped(visit: Visit, talk: str) -> None:
    page = watching(visit("jonas@skarvik.example"), talk)
    play(page)
    with page.expect_response(lambda answer: "position=17" in (answer.request.post_data or "")) as told:
        stop_at(page, 17)
    assert told.value.status == 204
    again = watching(visit("jonas@skarvik.example"), talk)
    expect(again.locator("[data-go-on]")).to_contain_text("Continue from 0:17")
    wait_for_time(again, 17, 18)
    again.click("[data-start-over]")
    wait_for_time(again, 0, 5)
    expect(again.locator("[data-continue]")).to_have_count(0)


def test_what_was_played_is_told_as_ranges_and_what_was_jumped_over_is_not(visit: Visit, talk: str) -> None:
    page = watching(visit("jonas@skarvik.example"), talk)
    told: list[str] = []
    from_the_start(page)
    page.on("request", lambda request: told.append(request.post_data or "") if "/playback" in request.url else None)
    play(page)
    page.wait_for_function(f"() => {TIME} > 1.5")  # where one jumped from is known to the quarter of a second
    page.evaluate("document.querySelector('video').currentTime = 20")
    wait_for_time(page, 21, 24)
    with page.expect_response(re.compile("/playback$")) as answer:
        page.evaluate("document.querySelector('video').pause()")
    assert answer.value.status == 204
    played = ",".join(parse_qs(fields).get("played", [""])[0] for fields in told)
    ranges = [tuple(map(float, part.split("-"))) for part in played.split(",") if part]
    assert any(start < 0.5 and 1 <= end < 5 for start, end in merged(ranges))
    assert any(19.5 <= start < 20.5 and end >= 21 for start, end in merged(ranges))
    assert sum(end - start for start, end in ranges) < 8


def merged(ranges: list[tuple[float, ...]]) -> list[tuple[float, float]]:
    """Ranges that touch as one, to the tenth of a second."""
    apart: list[tuple[float, float]] = []
    for start, end in sorted(ranges):
        if apart and start - apart[-1][1] < 0.1:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def test_a_player_whose_right_was_taken_away_stops_and_says_so(viewer: Page) -> None:
    play(viewer)
    viewer.route("**/playback", lambda route: route.fulfill(status=404, body=""))
    stop_at(viewer, 20)
    expect(viewer.locator("[data-notice]")).to_contain_text("There is nothing here for you any more.")
    assert viewer.locator("video").get_attribute("src") is None


def test_the_page_is_light_and_does_not_jump(visit: Visit, talk: str) -> None:
    page = visit("jonas@skarvik.example")
    weight = weigh(page, talk)
    assert weight.elsewhere == []
    assert weight.html < MOST_BYTES
    assert weight.shift < MOST_SHIFT


def test_nothing_moves_by_itself_for_whoever_asks_for_that(visit: Visit, talk: str) -> None:
    page = watching(visit("jonas@skarvik.example", reduced_motion="reduce"), talk)
    page.locator("media-mute-button").hover()
    page.get_by_role("tab", name="Transcript").click()
    page.get_by_role("link", name="Listen.").click()
    wait_for_time(page, 30, 39)
    moving = "document.getAnimations().filter((one) => one.effect.getTiming().duration > 1).length"
    assert page.evaluate(moving) == 0
    assert page.locator(".transcript").evaluate("(list) => getComputedStyle(list).scrollBehavior") == "auto"


def test_all_of_it_is_there_without_script(visit: Visit, talk: str) -> None:
    page = visit("jonas@skarvik.example", java_script_enabled=False)
    page.goto(talk)
    expect(page.locator("video[controls]")).to_be_visible()
    expect(page.locator("track[kind=subtitles][srclang=en]")).to_have_count(1)
    for heading in ("Chapters", "Transcript", "Details"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    page.click("text=Draw the old bearing")
    assert (page.locator("video").get_attribute("src") or "").endswith("#t=25.0")


def test_controls_leave_when_nobody_needs_them_and_come_back(viewer: Page) -> None:
    viewer.evaluate("document.querySelector('video').muted = true; document.querySelector('video').play()")
    viewer.mouse.move(5, 5)
    controller = viewer.locator("media-controller")
    expect(controller).to_have_attribute("userinactive", "", timeout=6000)
    viewer.keyboard.press("Tab")
    viewer.locator("media-mute-button").focus()
    viewer.keyboard.press("Shift")
    expect(controller).not_to_have_attribute("userinactive", "")


def test_the_page_with_captions_and_its_forms_are_free_of_axe_violations(visit: Visit, talk: str) -> None:
    page, found = visit("ingrid@skarvik.example", **DARK_PHONE), []
    for address in ("", "/captions", "/captions/en", "/chapters", "/transcript"):
        page.goto(talk + address)
        if not address:
            expect(page.locator("[data-ready]")).to_be_visible()
            page.get_by_role("tab", name="Transcript").click()
        found += faults(page)
    assert found == []
