"""What people do on the pages, step by step."""
from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from privmedia.accounts.groups import Groups
from privmedia.accounts.passwords import hash_password
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.library.paths import Paths
from privmedia.organising.copying import copy_item
from privmedia.sharing.shelf import SharedShelf
from tests.sites import Site

PASSWORD = "copper gannet mast 7"


def sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.fill("#login-form [name=email]", email)
    page.fill("#login-form [name=password]", PASSWORD)
    page.click("#login-form [type=submit]")
    page.wait_for_url(re.compile(r"^http://[^/]+/(?!login)"))


def sign_in_without_the_form(context: BrowserContext, site: Site, email: str) -> None:
    """Give a browser what it has after the form: the cookie of a new session."""
    installation = site.library.installation
    with writing(installation.sessions) as session:
        user = Accounts(session, installation).user_by_email(email)
        token = SignIns(session, installation).begin(user=user, keep=False).token
    context.add_cookies([{"name": "session", "value": token, "url": f"http://127.0.0.1:{site.port}"}])


def make_the_first_administrator(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("[name=organisation]", "Skarvik Marine")
    page.fill("[name=name]", "Ingrid Solheim")
    page.fill("[name=email]", "ingrid@skarvik.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit]")
    expect(page.locator("h1")).to_have_text("Library")


def add_person(site: Site, email: str, name: str, *, admin: bool = False) -> None:
    installation = site.library.installation
    password_hash = hash_password(PASSWORD, rounds=installation.settings.bcrypt_rounds)
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.add_user(email=email, name=name, admin=admin, password_hash=password_hash)


def add_group(site: Site, name: str, *emails: str) -> None:
    installation = site.library.installation
    with writing(installation.sessions) as session:
        groups, accounts = Groups(session, installation), Accounts(session, installation)
        groups.join(group=groups.add_group(name=name), users=[accounts.user_by_email(email) for email in emails])


def make_folder(page: Page, name: str) -> str:
    page.goto("/f/top/new")
    page.fill("#folder-form [name=name]", name)
    page.click("#folder-form [type=submit]")
    expect(page.locator("h1")).to_have_text(name)
    return page.url


def give_view(page: Page, folder: str, group: str) -> None:
    page.goto(f"{folder}/access")
    type_and_choose(page, group)
    expect(page.locator("#access-effect")).to_contain_text("1 change not saved.")
    expect(page.locator("#access-effect")).not_to_have_attribute("data-digest", "")
    page.click("text=Save access")
    expect(page.locator("main")).to_contain_text("1 person can see this folder")


def type_and_choose(page: Page, name: str) -> None:
    """Add a row to the access page for somebody, by the field that suggests."""
    page.fill("[data-adder]", name)
    page.get_by_role("option", name=name).click()
    expect(page.get_by_label(f"{name}: View")).to_be_checked()


def copy(site: Site, item: str, name: str) -> str:
    """The address of a copy of an item, in a folder that only administrators see: prepared like the one it is of."""
    installation = site.library.installation
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders(f"{name} {new_uid()}")[-1].uid
        ingrid = Accounts(session, installation).user_by_email("ingrid@skarvik.example")
        maker = SharedShelf(session, installation).maker(ingrid)
    base, uid = item.rsplit("/", 1)
    return f"{base}/{copy_item(installation, maker, uid, folder)}"


def upload(page: Page, folder: str, film: Path) -> str:
    """The address of the item, once it can be played: its page becomes the player by itself."""
    page.goto(f"/upload/plain?folder={folder.rsplit('/', 1)[1]}")
    page.set_input_files("#upload-form [name=file]", film)
    page.click("#upload-form [type=submit]")
    page.wait_for_url(re.compile(r"/m/[0-9a-z]{16}$"), timeout=60_000)
    expect(page.locator("[data-player]")).to_be_visible(timeout=120_000)
    expect(page.locator("h1")).to_have_text(film.stem)
    return page.url
