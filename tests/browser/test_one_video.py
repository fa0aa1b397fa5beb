"""One video, end to end, as people do it: in Chromium, through nginx, gunicorn and the worker."""
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import PASSWORD
from tests.sites import Site

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
EXISTS = "() => document.querySelector('video').readyState >= 1"


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


def add_person(page: Page, email: str, name: str) -> None:
    page.goto("/admin/users/new")
    page.fill("[name=email]", email)
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main form [type=submit]")
    expect(page.locator("main")).to_contain_text(name)


def make_folder(page: Page, name: str) -> str:
    page.goto("/f/top/new")
    page.fill("#folder-form [name=name]", name)
    page.click("#folder-form [type=submit]")
    expect(page.locator("h1")).to_have_text(name)
    return page.url


def give_view(page: Page, folder: str, group: str) -> None:
    page.goto(f"{folder}/access")
    page.select_option("#new-group", label=group)
    page.check("#new-allow-0")
    page.click("text=Save access")
    expect(page.locator("main")).to_contain_text("1 person can see this folder")


def upload(page: Page, folder: str, film: Path) -> str:
    """The address of the item, once it can be played: its page becomes the player by itself."""
    page.goto(folder)
    page.click("text=Upload here >> nth=0")
    page.set_input_files("#upload-form [name=file]", film)
    page.click("#upload-form [type=submit]")
    page.wait_for_url(re.compile(r"/m/[0-9a-z]{16}$"), timeout=60_000)
    expect(page.locator("video")).to_be_visible(timeout=120_000)
    expect(page.locator("h1")).to_have_text(film.stem)
    return page.url


def test_from_the_first_start_to_a_colleague_who_seeks(visit: Visit, site: Site, film: Path) -> None:
    admin = visit()
    make_the_first_administrator(admin, site.privmedia("setup-link").stdout.strip().splitlines()[-1])
    add_person(admin, "jonas@skarvik.example", "Jonas Bakke")
    add_person(admin, "ewa@skarvik.example", "Ewa Kowalska")
    site.privmedia("group", "add", "Service engineers")
    site.privmedia("group", "join", "Service engineers", "jonas@skarvik.example")
    folder = make_folder(admin, "Product training")
    give_view(admin, folder, "Service engineers")
    item = upload(admin, folder, film)

    jonas = visit()
    sign_in(jonas, "jonas@skarvik.example")
    answers: list[Response] = []
    jonas.on("response", lambda response: "/play." in response.url and answers.append(response))
    jonas.goto("/")
    jonas.click(f"text={film.stem}")
    jonas.wait_for_function(EXISTS)
    assert jonas.evaluate("document.querySelector('video').duration") == pytest.approx(40, abs=0.5)
    jonas.evaluate("document.querySelector('video').muted = true")
    jonas.evaluate("document.querySelector('video').currentTime = 32")
    jonas.evaluate("document.querySelector('video').play()")
    jonas.wait_for_function("() => document.querySelector('video').currentTime > 33")
    assert answers
    assert {answer.status for answer in answers} == {206}
    assert all(answer.headers["server"].startswith("nginx") for answer in answers)

    ewa = visit()
    sign_in(ewa, "ewa@skarvik.example")
    uid = item.rsplit("/", 1)[-1]
    for address in ("/m/{}", "/smedia/{}/poster.webp", "/smedia/{}/play.mp4", "/smedia/{}/original/film.mp4"):
        denied = ewa.request.get(address.format(uid))
        missing = ewa.request.get(address.format("0" * 16))
        assert denied.status == missing.status == 404
        assert denied.body() == missing.body()
    ewa.goto("/")
    expect(ewa.locator("main")).to_contain_text("Nothing has been shared with you yet")


def test_the_video_plays_without_script(visit: Visit, site: Site) -> None:
    page = visit(java_script_enabled=False)
    sign_in(page, "jonas@skarvik.example")
    page.goto("/")
    page.click("text=Überfahrt")
    expect(page.locator("video[controls]")).to_be_visible()
    assert page.request.get(page.locator("video").get_attribute("src") or "").status == 200


def test_no_page_breaks_its_own_policy_or_runs_over(visit: Visit, site: Site) -> None:
    faults: list[str] = []
    for width in (1440, 390, 320):
        page = visit(viewport={"width": width, "height": 900})
        page.on("console", lambda message: message.type == "error" and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        sign_in(page, "ingrid@skarvik.example")
        page.goto("/")
        folder = page.locator(".fcard").first.get_attribute("href") or ""
        item = page.locator(".mc a").first.get_attribute("href") or ""
        addresses = ["/", "/recent", "/mine", "/upload/plain", "/account", "/menu", "/admin/users", "/admin/groups"]
        addresses += ["/admin/users/new", folder, f"{folder}/access", f"{folder}/new", f"{folder}/edit"]
        addresses += [item, f"{item}/access", f"{item}/edit"]
        for address in addresses:
            page.goto(address)
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                faults.append(f"{address} is {over} px too wide at {width}")
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_free_of_axe_violations(visit: Visit, site: Site, scheme: str, width: int) -> None:
    page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page.goto("/login")
    found = violations(Axe(), page)
    sign_in(page, "ingrid@skarvik.example")
    page.goto("/")
    folder = page.locator(".fcard").first.get_attribute("href") or ""
    item = page.locator(".mc a").first.get_attribute("href") or ""
    addresses = ("/", folder, item, f"{folder}/access", "/upload/plain", "/account", "/admin/users", "/admin/groups")
    for address in addresses:
        page.goto(address)
        found += violations(Axe(), page)
    assert found == []


def violations(axe: object, page: Page) -> list[str]:
    result = axe.run(page)  # type: ignore[attr-defined] # the package has no types
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html'][:120]}" for one in result["violations"]]
