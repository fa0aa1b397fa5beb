"""Two-factor in a real browser: set up, asked for at sign-in, a phone that is lost; with and without script."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import faults
from tests.browser.steps import PASSWORD, add_person, sign_in
from tests.sites import Site, without_front_server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def open_(chromium: Browser, site: Site) -> Iterator[Open]:
    contexts = []

    def opened(**options: object) -> Page:
        context = chromium.new_context(base_url=f"http://127.0.0.1:{site.port}", **options)  # type: ignore[arg-type] # options of Playwright's
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def turn_on(page: Page) -> list[str]:
    """Add an app, and answer the recovery codes."""
    page.goto("/account/two-factor")
    look_at(page)
    secret = page.input_value("[name=secret]").partition(".")[0]
    page.fill("#code", pyotp.TOTP(secret).at(int(time.time())))
    page.click("#two-factor-form [type=submit]")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    look_at(page)
    return page.inner_text("#recovery-codes").split()


def look_at(page: Page) -> None:
    """Both widths: nothing beside the page, and nothing that axe finds."""
    before = page.viewport_size
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert faults(page) == []
    if before is not None:
        page.set_viewport_size(before)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_is_set_up_and_lost(scheme: str, site: Site, open_: Open) -> None:
    email = f"{scheme}@skarvik.example"
    add_person(site, email, "Leila Haddad")
    page = open_(color_scheme=scheme)
    sign_in(page, email)
    codes = turn_on(page)
    assert len(codes) == 10
    with page.expect_download() as download:
        page.click("text=Download")
    assert codes[9] in download.value.path().read_text()
    page.click("text=I have kept them")
    expect(page.locator("#two-factor")).to_contain_text("10 of 10 left")

    other = open_(color_scheme=scheme)
    other.goto("/login")
    other.fill("[name=email]", email)
    other.fill("[name=password]", PASSWORD)
    other.click("#login-form [type=submit]")
    expect(other.locator("h1")).to_have_text("Check your phone")
    expect(other.locator("#code")).to_be_focused()
    look_at(other)
    other.click("text=Use a recovery code")
    other.fill("#code", codes[0])
    other.click("#code-form [type=submit]")
    expect(other.locator("h1")).to_have_text("Library")
    other.goto("/account")
    expect(other.locator("#two-factor")).to_contain_text("9 of 10 left")
    look_at(other)


def test_it_needs_no_script(site: Site, open_: Open) -> None:
    add_person(site, "plain@skarvik.example", "Jonas Bakke")
    page = open_()
    sign_in(page, "plain@skarvik.example")
    codes = turn_on(page)
    plain = open_(java_script_enabled=False)
    plain.goto("/login")
    plain.fill("[name=email]", "plain@skarvik.example")
    plain.fill("[name=password]", PASSWORD)
    plain.click("#login-form [type=submit]")
    plain.fill("#code", codes[0])
    plain.click("#code-form [type=submit]")
    expect(plain.locator("h1")).to_have_text("Library")
    plain.goto("/account")
    plain.click("text=Turn off")
    plain.fill("[name=confirm_password]", PASSWORD)
    plain.click("#confirm-form [type=submit]")
    expect(plain.locator("main")).to_contain_text("Two-factor is off")
