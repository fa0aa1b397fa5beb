"""The account page and the page for a new password, in a real browser."""
from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from privmedia.accounts.models import User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.db import writing
from tests.browser.axe import DARK_PHONE, faults
from tests.sites import Site, without_front_server

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def leila(site: Site) -> tuple[str, str]:
    """Somebody who is signed in, and has asked for a new password: the session's token, and the link's address."""
    installation = site.library.installation
    with writing(installation.sessions) as session:
        user: User = Accounts(session, installation).add_user(email="leila@example.test", name="Leila Haddad")
        links = OneTimeLinks(session, installation)
        link = links.address_of(links.make(Purpose.RESET, user))
        return SignIns(session, installation).begin(user=user, keep=False).token, link


@pytest.fixture
def open_(chromium: Browser, site: Site, leila: tuple[str, str]) -> Iterator[Open]:
    """A page of Leila's browser: `open_("/account", color_scheme="dark")`."""
    contexts = []

    def opened(address: str, **options: object) -> Page:
        base = f"http://127.0.0.1:{site.port}"
        context = chromium.new_context(base_url=base, **options)  # type: ignore[arg-type] # options of Playwright's
        contexts.append(context)
        context.add_cookies([{"name": "session", "value": leila[0], "url": base}])
        page = context.new_page()
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("where", ["account", "reset"])
def test_a_password_is_judged_while_it_is_typed_and_can_be_looked_at(
    where: str, open_: Open, leila: tuple[str, str]
) -> None:
    page = open_("/account" if where == "account" else leila[1])
    field, words = page.locator("#new"), page.locator("#new-help")
    field.fill("leila haddad 1")
    expect(words).to_contain_text("little more than a name")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("copper gannet mast 7")
    expect(words).to_have_text("Strong.")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    page.locator("[data-new-password] [data-reveal]").click()
    expect(field).to_have_attribute("type", "text")
    field.fill("")
    expect(words).to_contain_text("8 characters or more")


def test_a_theme_is_seen_before_it_is_saved(open_: Open) -> None:
    page = open_("/account")
    page.locator("#preferences label", has_text="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "auto")


def test_the_list_of_sections_follows_the_page(open_: Open) -> None:
    page = open_("/account")
    entry = page.locator("nav[data-sections] a[aria-current]")
    expect(entry).to_have_text("Name")
    page.locator("nav[data-sections] a", has_text="Sessions").click()
    expect(entry).to_have_text("Sessions")


def test_without_script_nothing_is_offered_that_would_do_nothing(open_: Open) -> None:
    page = open_("/account", java_script_enabled=False)
    expect(page.locator("[data-reveal]")).to_be_hidden()
    page.fill("#name", "Leila Haddad-Berg")
    page.click("text=Change name")
    expect(page.locator("h1")).to_have_text("Leila Haddad-Berg")


def test_pages_are_free_of_axe_violations(open_: Open, leila: tuple[str, str]) -> None:
    page, found = open_("about:blank", **DARK_PHONE), []
    for address in ("/account", leila[1], "/reset", f"/reset/{'x' * 43}", f"/account/email/{'x' * 43}"):
        page.goto(address)
        found += faults(page)
    assert found == []
