"""Two-factor in a real browser: set up, asked for at sign-in and by a rule, a phone that is lost; without script."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from privmedia.accounts.models import SignIn
from privmedia.accounts.service import Accounts
from privmedia.db import writing
from tests.browser.axe import faults
from tests.browser.steps import PASSWORD, add_group, add_person, sign_in
from tests.sites import Site, without_front_server

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        yield site


def turn_on(page: Page) -> list[str]:
    """Add an app, and answer the recovery codes."""
    page.goto("/account/two-factor")
    look_at(page)
    codes = scan(page)
    look_at(page)
    return codes


def scan(page: Page) -> list[str]:
    """Add the app of the page that is open, and answer the recovery codes."""
    secret = page.input_value("[name=secret]").partition(".")[0]
    page.fill("#code", pyotp.TOTP(secret).at(int(time.time())))
    page.click("#two-factor-form [type=submit]")
    expect(page.locator("h1")).to_have_text("Recovery codes")
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
def test_a_phone_is_set_up_and_lost(scheme: str, site: Site, visit: Visit) -> None:
    email = f"{scheme}@skarvik.example"
    add_person(site, email, "Leila Haddad")
    page = visit(color_scheme=scheme)
    sign_in(page, email)
    codes = turn_on(page)
    assert len(codes) == 10
    with page.expect_download() as download:
        page.click("text=Download")
    assert codes[9] in download.value.path().read_text()
    page.click("text=I have kept them")
    expect(page.locator("#two-factor")).to_contain_text("10 of 10 left")

    other = visit(color_scheme=scheme)
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


def test_it_needs_no_script(site: Site, visit: Visit) -> None:
    add_person(site, "plain@skarvik.example", "Jonas Bakke")
    page = visit()
    sign_in(page, "plain@skarvik.example")
    codes = turn_on(page)
    plain = visit(java_script_enabled=False)
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


def long_ago(site: Site, email: str) -> None:
    """Let hours have gone by since somebody said who they are."""
    installation = site.library.installation
    with writing(installation.sessions) as session:
        user = Accounts(session, installation).user_by_email(email)
        told = installation.clock() - timedelta(hours=3)
        session.execute(update(SignIn).where(SignIn.user_id == user.id).values(confirmed_at=told))


def test_a_rule_is_made_who_it_is_for_sets_it_up_and_goes_on_to_the_page_they_wanted(site: Site, visit: Visit) -> None:
    people = {name: f"{name}@skarvik.example" for name in ("ingrid", "ewa", "tomasz")}
    add_person(site, people["ingrid"], "Ingrid Solheim", admin=True)
    add_person(site, people["ewa"], "Ewa Kowalska")
    add_person(site, people["tomasz"], "Tomasz Wójcik")
    add_group(site, "Gdynia yard", people["ewa"])
    add_group(site, "Bergen yard", people["tomasz"])

    # It decides over everything: who said long ago who they are says it again, and what was chosen is done then.
    admin = visit()
    sign_in(admin, people["ingrid"])
    for group, days in (("Gdynia yard", "14"), ("Bergen yard", "0")):
        long_ago(site, people["ingrid"])
        admin.goto("/admin/two-factor")
        admin.select_option("[name=who]", label=group)
        admin.fill("[name=days]", days)
        admin.click("#factor-rule-form [type=submit]")
        expect(admin.locator("h1")).to_have_text("Say your password again")
        expect(admin.get_by_label("Your password")).to_be_focused()
        admin.fill("[name=confirm_password]", PASSWORD)
        admin.click("#confirm-form [type=submit]")
        expect(admin.locator("main")).to_contain_text("The rule holds.")
    expect(admin.locator("tr", has_text="Ewa Kowalska")).not_to_contain_text("can only set it up")
    expect(admin.locator("tr", has_text="Tomasz Wójcik")).to_contain_text("can only set it up")

    # With days left: told, later for now, and from the strip of a page back to that page.
    ewa = visit()
    come_for(ewa, "/starred", people["ewa"])
    expect(ewa.locator("main")).to_contain_text("You have time until")
    ewa.click("text=Later")
    expect(ewa.locator("h1")).to_have_text("Starred")
    expect(ewa.locator(".strip.due")).to_contain_text("in 14 days")
    look_at(ewa)
    ewa.click(".strip.due >> text=Set it up")
    ewa.click("text=Use an authenticator app")
    scan(ewa)
    ewa.click("text=I have kept them")
    expect(ewa.locator("h1")).to_have_text("Starred")
    expect(ewa.locator(".strip.due")).to_have_count(0)

    # Without: nothing else opens, and then the page that was wanted.
    tomasz = visit()
    come_for(tomasz, "/recent?page=1", people["tomasz"])
    expect(tomasz.locator("main")).to_contain_text("your password alone is not enough here")
    expect(tomasz.locator("text=Later")).to_have_count(0)
    tomasz.goto("/starred")
    expect(tomasz.locator("h1")).to_have_text("Set up two-factor sign-in")
    tomasz.click("text=Use an authenticator app")
    tomasz.click("text=Cancel")
    tomasz.click("text=Use an authenticator app")
    tomasz.fill("#code", "000000")
    tomasz.click("#two-factor-form [type=submit]")
    expect(tomasz.locator(".invalid-feedback").first).to_be_visible()
    scan(tomasz)
    tomasz.click("text=I have kept them")
    expect(tomasz.locator("h1")).to_have_text("Starred")


def come_for(page: Page, address: str, email: str) -> None:
    """Open a page, and sign in where it leads to."""
    page.goto(address)
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form [type=submit]")
    expect(page.locator("h1")).to_have_text("Set up two-factor sign-in")
    look_at(page)
