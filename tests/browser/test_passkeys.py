"""Passkeys in a real browser, with the virtual authenticator of Chromium: made, used both ways, lost."""
from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import faults
from tests.browser.steps import PASSWORD, add_person
from tests.sites import Site, without_front_server

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
EMAIL = "leila@skarvik.example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        add_person(site, EMAIL, "Leila Haddad")
        yield site


class Device:
    """The authenticator built into the device of a page."""

    def __init__(self, page: Page) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": False,
        }
        self._id = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def touch(self, ready: bool = True) -> None:
        """Answer by itself from now on, as a person does who touches it; or not any more."""
        self._cdp.send(
            "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": self._id, "enabled": ready}
        )

    def know(self, finger: bool) -> None:
        """Whether it knows the finger that touches it."""
        self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": finger})

    def forget(self) -> None:
        self._cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self._id})


def look_at(page: Page) -> None:
    """Both widths: nothing beside the page, and nothing that axe finds."""
    before = page.viewport_size
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert faults(page) == []
    if before is not None:
        page.set_viewport_size(before)


def give_password(page: Page) -> None:
    page.goto("/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form [type=submit]")
    page.wait_for_url(lambda url: not url.endswith("/login"))


def sign_out(page: Page) -> None:
    page.goto("/")
    page.click("details.menu > summary")
    page.click("form[action$='/logout'] button")
    expect(page.locator("h1")).to_have_text("Sign in")


def make_one(page: Page, device: Device) -> list[str]:
    """A passkey on the account page; answers the recovery codes."""
    give_password(page)
    page.goto("/account")
    page.click("#two-factor >> text=Add a passkey")
    expect(page.locator("h1")).to_have_text("Add a passkey")
    look_at(page)
    device.touch()
    page.fill("#name", "Work laptop")
    page.click("text=Make the passkey")
    expect(page.locator("h1")).to_have_text("Recovery codes")
    codes = page.inner_text("#recovery-codes").split()
    page.click("text=I have kept them")
    expect(page.locator("#two-factor")).to_contain_text("Work laptop")
    look_at(page)
    return codes


def test_a_passkey_is_made_used_both_ways_lost_and_removed(visit: Visit) -> None:
    page = visit(host="localhost", color_scheme="dark")
    device = Device(page)
    codes = make_one(page, device)

    page.goto("/account/passkeys")
    page.fill("#name", "The same once more")
    page.click("text=Make the passkey")
    expect(page.locator("[data-problem]")).to_have_text("This device has a passkey for this account already.")

    device.touch(ready=False)
    sign_out(page)
    look_at(page)
    device.touch()
    page.check("[name=keep]")
    page.click("text=Sign in with a passkey")
    expect(page.locator("h1")).to_have_text("Library")
    (cookie,) = [each for each in page.context.cookies() if each["name"] == "session"]
    assert cookie["expires"] > 0

    device.touch(ready=False)
    sign_out(page)
    device.know(finger=False)
    device.touch()
    page.click("text=Sign in with a passkey")
    expect(page.locator("[data-problem]")).to_contain_text("No passkey came from the browser.")
    device.touch(ready=False)
    device.know(finger=True)
    give_password(page)
    expect(page.locator("h1")).to_have_text("Use your passkey")
    look_at(page)
    device.touch()
    page.click("main button:has-text('Use your passkey')")
    expect(page.locator("h1")).to_have_text("Library")

    device.touch(ready=False)
    sign_out(page)
    device.forget()
    give_password(page)
    page.click("text=Use a recovery code")
    page.fill("#code", codes[0])
    page.click("#code-form [type=submit]")
    expect(page.locator("h1")).to_have_text("Library")
    page.goto("/account")
    page.click("[aria-label='Remove Work laptop']")
    page.fill("[name=confirm_password]", PASSWORD)
    page.click("#confirm-form [type=submit]")
    expect(page.locator("main")).to_contain_text("Your password alone lets you in now.")


def test_without_script_and_under_another_name_the_pages_say_so(visit: Visit) -> None:
    plain = visit(host="localhost", java_script_enabled=False)
    plain.goto("/login")
    expect(plain.locator("text=Signing in with a passkey needs JavaScript.")).to_be_visible()
    expect(plain.locator("[data-passkey]")).to_be_hidden()
    give_password(plain)
    plain.goto("/account/passkeys")
    expect(plain.locator("text=Passkeys need JavaScript.")).to_be_visible()
    look_at_plainly(plain)
    elsewhere = visit()
    give_password(elsewhere)
    elsewhere.goto("/account/passkeys")
    expect(elsewhere.locator("main .alert")).to_contain_text("Passkeys of this library work at http://localhost:")


def look_at_plainly(page: Page) -> None:
    """Without script axe cannot look; a page that is wider than its window can be told all the same."""
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 1280
