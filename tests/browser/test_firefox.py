"""What people upload plays in Firefox as well, through nginx, whatever it was: one file, streams, sound alone."""
from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.db import writing
from tests import missing
from tests.browser import steps
from tests.browser.firefox import Firefox, firefox
from tests.sites import Site
from tests.unit.media.conftest import Studio
from tests.unit.media.inputs import INPUTS

pytestmark = pytest.mark.browser

TEN = (
    "divx.avi", "vp9.webm", "two-languages.mp4", "faststart.mp4", "hvc1.mp4", "dts.mkv", "interlaced.mpg",
    "animation.mov", "lossless.m4a", "sound.flac",
)
MEDIA = "document.querySelector('video, audio')"
READY = f"document.querySelector('[data-player][data-ready]') && {MEDIA}.readyState >= 2"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory, admin: Page, site: Site) -> Iterator[Firefox]:
    """A Firefox in which Jonas is signed in."""
    program = shutil.which("firefox-esr")
    if program is None or not Path("/usr/lib/x86_64-linux-gnu/libavcodec.so.59").exists():
        missing("Firefox or what it decodes H.264 with is missing: apt-get install firefox-esr libavcodec59")
    with firefox(program, tmp_path_factory.mktemp("firefox")) as browser:
        installation = site.library.installation
        with writing(installation.sessions) as session:
            user = Accounts(session, installation).user_by_email("jonas@skarvik.example")
            browser.set_cookie("session", SignIns(session, installation).begin(user=user, keep=False).token)
        yield browser


@pytest.mark.parametrize("name", TEN)
def test_it_plays_seeks_and_shows_its_pictures_in_firefox(
    admin: Page, folder: str, studio: Studio, fox: Firefox, name: str
) -> None:
    wanted, path = INPUTS[name], studio.folder / name
    studio.ffmpeg(*wanted.words, str(path))
    address = steps.upload(admin, folder, path)
    if wanted.sounds > 1:  # those are streamed, once that is made ready
        admin.wait_for_function("document.querySelector('[data-streams]') ?? (location.reload(), false)", polling=1000)
    fox.goto(address)
    fox.wait_for(READY)
    assert fox.evaluate(f"{MEDIA}.src.startsWith('blob:')") is (wanted.sounds > 1)
    half = fox.evaluate(f"{MEDIA}.duration") / 2
    assert half == pytest.approx(wanted.seconds / 2, abs=0.2)
    fox.evaluate(f"Object.assign({MEDIA}, {{ muted: true, currentTime: {half} }}) && null")
    fox.wait_for(f"!{MEDIA}.seeking && {READY}")
    assert fox.evaluate(f"{MEDIA}.currentTime") == pytest.approx(half, abs=0.1)
    if wanted.seen is not None:
        assert fox.evaluate(f"[{MEDIA}.videoWidth, {MEDIA}.videoHeight]") == list(wanted.seen)
    fox.evaluate(f"{MEDIA}.play()")
    fox.wait_for(f"{MEDIA}.ended")
    assert fox.evaluate(f"{MEDIA}.error") is None
