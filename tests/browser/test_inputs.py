"""What people upload plays in Chromium, through nginx, after the worker has made of it what it needs."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.faults import FULL
from tests.unit.media.conftest import Studio
from tests.unit.media.inputs import INPUTS, NEVER

pytestmark = pytest.mark.browser

A_FEW = ("hvc1.mp4", "interlaced.mpg", "lossless.m4a")
ALL = tuple(name for name, wanted in INPUTS.items() if wanted.becomes is not NEVER)
PLAYED = "() => document.querySelector('video, audio').readyState >= 2"
SEEN = """() => {
  const film = document.querySelector("video"), canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [film.videoWidth, film.videoHeight];
  const context = canvas.getContext("2d");
  context.drawImage(film, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  return [film.videoWidth, film.videoHeight, new Set(pixels).size];
}"""
"""Width and height as the browser sees them, and how many values its pixels have: one picture is not black."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("inputs"))


@pytest.mark.parametrize("name", ALL if FULL else A_FEW)
def test_it_plays_seeks_and_shows_its_pictures(
    admin: Page, folder: str, visit: Callable[..., Page], studio: Studio, name: str
) -> None:
    wanted, path = INPUTS[name], studio.folder / name
    studio.ffmpeg(*wanted.words, str(path))
    page = visit("jonas@skarvik.example")
    page.goto(steps.upload(admin, folder, path))
    expect(page.locator("[data-player][data-ready]")).to_be_visible()  # until then streams may still take over
    page.wait_for_function(PLAYED)
    half = page.evaluate("() => document.querySelector('video, audio').duration") / 2
    assert half == pytest.approx(wanted.seconds / 2, abs=0.2)
    page.evaluate("half => { document.querySelector('video, audio').currentTime = half }", half)
    page.wait_for_function("() => !document.querySelector('video, audio').seeking")
    page.wait_for_function(PLAYED)
    assert page.evaluate("() => document.querySelector('video, audio').currentTime") == pytest.approx(half, abs=0.1)
    assert page.evaluate("() => document.querySelector('video, audio').error") is None
    if wanted.seen is not None:
        width, height, values = page.evaluate(SEEN)
        assert (width, height) == wanted.seen
        assert values > 10
    almost = max(half, 2 * half - 1)
    page.evaluate("at => Object.assign(document.querySelector('video, audio'), {muted: true, currentTime: at})", almost)
    page.evaluate("() => document.querySelector('video, audio').play()")
    page.wait_for_function("() => document.querySelector('video, audio').ended")
