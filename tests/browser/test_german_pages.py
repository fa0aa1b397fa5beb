"""Long German words break no page."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from privmedia.access.permissions import Permission
from privmedia.access.principals import user as principal_of
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.db import writing
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from tests.sites import Site, without_front_server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with without_front_server(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def administrator(site: Site) -> tuple[str, str]:
    """A German who is signed in: the session's token, and the public id of a folder with a rule."""
    installation = site.library.installation
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        user: User = accounts.add_user(email="inge@example.test", name="Inge Sonnenschein", admin=True)
        user.language = "de"
        other = accounts.add_user(email="leila@example.test", name="Leila Haddad")
        folder = Paths(session, installation).make_folders("Arbeitssicherheitsunterweisungen/Brückensteuerung")[-1]
        rights = Permission.VIEW | Permission.DOWNLOAD
        Rules(session, installation).set(folder, Wanted(principal_of(other.id), rights))
        return SignIns(session, installation).begin(user=user, keep=False).token, folder.uid


@pytest.fixture(params=[1440, 390])
def page(
    request: pytest.FixtureRequest, chromium: Browser, site: Site, administrator: tuple[str, str]
) -> Iterator[Page]:
    base = f"http://127.0.0.1:{site.port}"
    context = chromium.new_context(base_url=base, viewport={"width": request.param, "height": 900})
    context.add_cookies([{"name": "session", "value": administrator[0], "url": base}])
    yield context.new_page()
    context.close()


def test_no_german_page_scrolls_sideways(page: Page, administrator: tuple[str, str]) -> None:
    folder = administrator[1]
    wide = []
    for address in (
        "/", "/recent", "/starred", "/bin", "/upload/plain", "/account", "/account/reach", f"/f/{folder}",
        f"/f/{folder}/access", f"/f/{folder}/who", f"/f/{folder}/new", "/search?q=Lager", "/admin/users",
        "/admin/users/invite", "/admin/groups", "/admin/links", "/admin/audit", "/nowhere",
    ):
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("lang", "de")
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(address)
    assert wide == []


def test_the_language_is_chosen_below_the_sign_in_form(chromium: Browser, site: Site) -> None:
    context = chromium.new_context(base_url=f"http://127.0.0.1:{site.port}", locale="en-GB")
    page = context.new_page()
    page.goto("/login")
    expect(page.locator("h1")).to_have_text("Sign in")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("h1")).to_have_text("Anmelden")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    context.close()
