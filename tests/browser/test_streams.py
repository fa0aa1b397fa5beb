"""A film in several sizes, in Chromium: played in pieces, changed between sizes and sounds, refused in the middle."""
from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from privmedia.media import find_ffmpeg
from tests.browser import steps
from tests.sites import Site

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
VIDEO = "document.querySelector('video')"
FAULTS = "addEventListener('securitypolicyviolation', (e) => (window.faults ??= []).push(e.violatedDirective))"


@pytest.fixture(scope="module")
def two_sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 seconds, with sound in English and in German, that browsers would play from one file."""
    path = tmp_path_factory.mktemp("film") / "Two languages.mp4"
    command = [find_ffmpeg(""), "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=854x480:r=25:d=24"]
    for frequency in (330, 660):
        command += ["-f", "lavfi", "-i", f"sine=f={frequency}:d=24"]
    command += ["-map", "0", "-map", "1", "-map", "2", "-metadata:s:a:0", "language=eng"]
    command += ["-metadata:s:a:1", "language=deu", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, "-c:a", "aac", "-movflags", "+faststart", path], check=True)
    return path


@pytest.fixture(scope="module")
def streamed(admin: Page, folder: str, two_sounds: Path) -> str:
    """The address of the film, once its streams are made."""
    address = steps.upload(admin, folder, two_sounds)
    for _look in range(120):
        admin.goto(address)
        if admin.locator("[data-streams]").count():
            return address
        admin.wait_for_timeout(500)
    raise AssertionError("the film has no streams")


@pytest.fixture
def asked() -> list[str]:
    """The names of the streams' files that were asked for, in order."""
    return []


@pytest.fixture
def viewer(visit: Visit, streamed: str, asked: list[str]) -> Iterator[Page]:
    """Jonas, who may view, on the page of the film."""

    def note(request: Request) -> None:
        if found := re.search(r"/hls/v1/([\w-]+)-\w+\.mp4$", request.url):
            asked.append(found[1])

    page = visit("jonas@skarvik.example", viewport={"width": 1440, "height": 900})
    page.add_init_script(FAULTS)
    page.on("request", note)
    page.goto(streamed)
    expect(page.locator("[data-player][data-ready]")).to_be_visible()
    page.wait_for_function(f"() => {VIDEO}.readyState >= 2")
    yield page
    assert page.evaluate("window.faults ?? []") == []


def play(page: Page) -> None:
    page.evaluate(f"{VIDEO}.muted = true; {VIDEO}.play()")
    page.wait_for_function(f"() => {VIDEO}.currentTime > 0.5")


def choose(page: Page, button: str, text: str) -> None:
    """Choose something in a menu of the player, by its words."""
    page.locator("video").hover()
    page.locator(button).click()
    page.locator(button.removesuffix("-button")).get_by_role("menuitemradio").filter(has_text=text).click()


def test_it_is_played_in_pieces_and_any_moment_and_the_end_are_reached(viewer: Page, asked: list[str]) -> None:
    assert viewer.evaluate(f"{VIDEO}.src").startswith("blob:")
    assert viewer.evaluate(f"{VIDEO}.buffered.end(0)") < 12, "before anybody presses play little is loaded"
    play(viewer)
    viewer.evaluate(f"{VIDEO}.currentTime = 17")
    viewer.wait_for_function(f"() => {VIDEO}.currentTime > 17.3 && !{VIDEO}.seeking")
    assert viewer.evaluate(f"{VIDEO}.buffered.start(0)") == 0
    assert {"480p", "sound-1"} <= set(asked)
    viewer.evaluate(f"{VIDEO}.currentTime = 23")
    viewer.wait_for_function(f"() => {VIDEO}.ended")


def test_who_began_before_the_scripts_were_here_goes_on_where_they_are(visit: Visit, streamed: str) -> None:
    page = visit("jonas@skarvik.example")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/streams-\w+\.js$"), hold)
    page.goto(streamed, wait_until="domcontentloaded")
    page.wait_for_function(f"() => {VIDEO}.readyState >= 2")
    page.evaluate(f"{VIDEO}.muted = true; {VIDEO}.currentTime = 9; {VIDEO}.play()")
    page.wait_for_function(f"() => {VIDEO}.currentTime > 9.2")
    assert held
    for route in held:
        route.continue_()
    expect(page.locator("[data-player][data-ready]")).to_be_visible()
    page.wait_for_function(f"() => {VIDEO}.src.startsWith('blob:') && {VIDEO}.currentTime > 9.4 && !{VIDEO}.paused")


def test_another_size_is_chosen_and_automatic_again(viewer: Page) -> None:
    play(viewer)
    choose(viewer, "media-rendition-menu-button", "360p")
    viewer.wait_for_function(f"() => {VIDEO}.videoHeight === 360")
    choose(viewer, "media-rendition-menu-button", "Automatic")
    viewer.wait_for_function(f"() => {VIDEO}.videoHeight === 480")


def test_another_sound_is_chosen_by_its_language(viewer: Page, asked: list[str]) -> None:
    play(viewer)
    assert "sound-2" not in asked
    with viewer.expect_request(re.compile(r"/sound-2-\w+\.mp4$")):
        choose(viewer, "media-audio-track-menu-button", "German")
    begun = viewer.evaluate(f"{VIDEO}.currentTime")
    viewer.wait_for_function(f"() => {VIDEO}.currentTime > {begun} + 0.5")


def test_after_the_right_is_taken_away_the_next_piece_is_refused_and_the_player_says_so(
    visit: Visit, streamed: str, site: Site
) -> None:
    page = visit("ewa@skarvik.example")
    uid = streamed.rpartition("/")[2]
    ewa = ("Product training", "--user", "ewa@skarvik.example")
    site.privmedia("access", "set", *ewa, "--allow", "view")
    page.goto(streamed)
    expect(page.locator("[data-player][data-ready]")).to_be_visible()
    page.wait_for_function(f"() => {VIDEO}.readyState >= 2")
    site.privmedia("access", "clear", *ewa)
    with page.expect_response(re.compile(f"/smedia/{uid}/hls/.*mp4$")) as refused:
        page.evaluate(f"{VIDEO}.currentTime = 20")
    assert refused.value.status == 404
    expect(page.locator("[data-notice]")).to_contain_text("There is nothing here for you any more.")
    assert page.locator("video").get_attribute("src") is None


def test_where_streams_cannot_be_had_the_one_file_plays_on(visit: Visit, streamed: str) -> None:
    page = visit("jonas@skarvik.example")
    page.route("**/hls/**", lambda route: route.abort())
    page.goto(streamed)
    expect(page.locator("[data-player][data-ready]")).to_be_visible()
    page.wait_for_function(f"() => {VIDEO}.src.endsWith('/play.mp4') && {VIDEO}.readyState >= 2")
    play(page)


def test_without_script_the_one_file_plays(visit: Visit, streamed: str) -> None:
    page = visit("jonas@skarvik.example", java_script_enabled=False)
    page.goto(streamed)
    expect(page.locator("video[controls]")).to_have_attribute("src", re.compile("/play.mp4$"))
