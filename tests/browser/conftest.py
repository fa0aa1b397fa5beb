from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from privmedia.media import find_ffmpeg
from tests import missing
from tests.browser import steps
from tests.browser.embed_films import films, sites
from tests.faults import FULL
from tests.sites import Site, behind_nginx, without_front_server

# Firefox takes longer to install than to be tested: `make faults` has it.
collect_ignore = [] if FULL else ["test_firefox.py", "test_embeds_firefox.py"]

__all__ = ["films", "sites"]

# Chromium as root needs no sandbox, and no network but ours.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """nginx, gunicorn and a worker, as `make stack` starts them."""
    with behind_nginx(tmp_path_factory.mktemp("stack"), "gunicorn", worker=True) as site:
        yield site


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application alone, for tests that are not about files: each with a library of its own."""
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one of this process: there can be no second."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium_program() -> str:
    program = shutil.which("chromium-headless-shell")
    if program is None:
        missing("Chromium without a window is missing: apt-get install chromium-headless-shell")
    return program


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, chromium_program: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium_program, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """A page of a new browser profile, signed in or not: `visit("ewa@skarvik.example", color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def visited(email: str = "", *, host: str = "127.0.0.1", **options: object) -> Page:
        context = chromium.new_context(base_url=f"http://{host}:{site.port}", **options)  # type: ignore[arg-type] # options of Playwright's
        contexts.append(context)
        if email:
            steps.sign_in_without_the_form(context, site, email)
        return context.new_page()

    yield visited
    for context in contexts:
        context.close()


@pytest.fixture
def open_(visit: Callable[..., Page], site: Site) -> Callable[..., Page]:
    """A page of somebody's browser, or of nobody's: `open_("", "/s/…")`."""

    def opened(name: str, address: str, **options: object) -> Page:
        page = visit(**options)
        if name:
            base = f"http://127.0.0.1:{site.port}"
            page.context.add_cookies([{"name": "session", "value": site.library.tokens[name], "url": base}])
        page.goto(address)
        return page

    return opened


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 seconds of real H.264 and AAC whose index is at the end, about 6 MB: more than a browser loads at once."""
    path = tmp_path_factory.mktemp("film") / "Überfahrt 100% “Ende” 🎬.mp4"
    picture = "testsrc2=s=640x360:r=25:d=40"
    command = [find_ffmpeg(""), "-v", "error", "-nostdin", "-f", "lavfi", "-i", picture]
    command += ["-f", "lavfi", "-i", "sine=f=330:d=40", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "1200k"]
    command += ["-pix_fmt", "yuv420p", "-g", "50", "-c:a", "aac", "-shortest", path]
    subprocess.run(command, check=True)
    head = path.read_bytes()
    assert head.index(b"moov") > head.index(b"mdat"), "the index has to be at the end"
    return path


@pytest.fixture(scope="session")
def admin(chromium: Browser, site: Site) -> Iterator[Page]:
    """The first administrator, made by the set-up link, in a browser of her own; two people and a group are there."""
    context = chromium.new_context(base_url=f"http://127.0.0.1:{site.port}")
    page = context.new_page()
    steps.make_the_first_administrator(page, site.privmedia("setup-link").stdout.strip().splitlines()[-1])
    steps.add_person(site, "jonas@skarvik.example", "Jonas Bakke")
    steps.add_person(site, "ewa@skarvik.example", "Ewa Kowalska")
    steps.add_group(site, "Service engineers", "jonas@skarvik.example")
    yield page
    context.close()


@pytest.fixture(scope="session")
def folder(admin: Page) -> str:
    """The address of a folder that the group may view, made and given on the pages."""
    address = steps.make_folder(admin, "Product training")
    steps.give_view(admin, address, "Service engineers")
    return address


@pytest.fixture(scope="session")
def item(admin: Page, folder: str, film: Path) -> str:
    """The address of the film, uploaded through the form and prepared by the worker."""
    return steps.upload(admin, folder, film)
