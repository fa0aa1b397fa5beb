"""What people do on the pages, step by step."""
from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.sites import Site

PASSWORD = "copper gannet mast 7"


def sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.fill("#login-form [name=email]", email)
    page.fill("#login-form [name=password]", PASSWORD)
    page.click("#login-form [type=submit]")
    page.wait_for_url(re.compile(r"^http://[^/]+/(?!login)"))


def make_the_first_administrator(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("[name=organisation]", "Skarvik Marine")
    page.fill("[name=name]", "Ingrid Solheim")
    page.fill("[name=email]", "ingrid@skarvik.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit]")
    expect(page.locator("h1")).to_have_text("Library")


def add_person(site: Site, email: str, name: str) -> None:
    site.privmedia("user", "add", email, "--name", name, "--password-stdin", typed=PASSWORD)


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


def upload(page: Page, folder: str, film: Path) -> str:
    """The address of the item, once it can be played: its page becomes the player by itself."""
    page.goto(f"/upload/plain?folder={folder.rsplit('/', 1)[1]}")
    page.set_input_files("#upload-form [name=file]", film)
    page.click("#upload-form [type=submit]")
    page.wait_for_url(re.compile(r"/m/[0-9a-z]{16}$"), timeout=60_000)
    expect(page.locator("video")).to_be_visible(timeout=120_000)
    expect(page.locator("h1")).to_have_text(film.stem)
    return page.url
