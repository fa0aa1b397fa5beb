"""One video, end to end, as people do it: in Chromium, through nginx, gunicorn and the worker."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.axe import DARK_PHONE, violations
from tests.sites import Site

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
EXISTS = "() => document.querySelector('video')?.readyState >= 1"
"""The page may still be on its way here."""


def test_a_member_of_the_group_watches_and_seeks_and_nobody_else_learns_of_it(
    visit: Visit, site: Site, film: Path, item: str
) -> None:
    jonas = visit("jonas@skarvik.example")
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

    ewa = visit("ewa@skarvik.example")
    uid = item.rsplit("/", 1)[-1]
    for address in ("/m/{}", "/smedia/{}/poster.webp", "/smedia/{}/play.mp4", "/smedia/{}/original/film.mp4"):
        denied = ewa.request.get(address.format(uid))
        missing = ewa.request.get(address.format("0" * 16))
        assert denied.status == missing.status == 404
        assert denied.body() == missing.body()
    ewa.goto("/")
    expect(ewa.locator("h1")).to_have_text("Library")
    expect(ewa.locator("main")).not_to_contain_text(film.stem)


def test_the_video_plays_without_script(visit: Visit, item: str) -> None:
    page = visit("jonas@skarvik.example", java_script_enabled=False)
    page.goto(item)
    expect(page.locator("video[controls]")).to_be_visible()
    assert page.request.get(page.locator("video").get_attribute("src") or "").status == 200


STANDS_OUT = """[...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => `${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 40)}`)
    .slice(0, 12)"""
"""Who is wider than the window, from the outside to the inside."""


def test_no_page_breaks_its_own_policy_or_runs_over(visit: Visit, item: str, folder: str) -> None:
    faults: list[str] = []
    page = visit("ingrid@skarvik.example")
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    addresses = ["/", "/recent", "/mine", "/upload/plain", "/account", "/menu", "/admin/users", "/admin/groups"]
    addresses += ["/admin/users/invite", "/admin/users/import", "/admin/audit", "/requests", "/account/reach"]
    addresses += [folder, f"{folder}/access", f"{folder}/who", f"{folder}/new", f"{folder}/edit"]
    addresses += [item, f"{item}/access", f"{item}/edit"]
    for address in addresses:
        page.goto(address)
        for width in (1440, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                faults.append(f"{address} is {over} px too wide at {width}: {page.evaluate(STANDS_OUT)}")
    assert faults == []


def test_pages_are_free_of_axe_violations(visit: Visit, item: str, folder: str) -> None:
    page, found = visit("ingrid@skarvik.example", **DARK_PHONE), []
    for address in ("/", folder, item, f"{folder}/access", "/account", "/admin/users"):
        page.goto(address)
        found += violations(page)
    assert found == []
