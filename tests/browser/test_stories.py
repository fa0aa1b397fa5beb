"""Stories of what people do, from the first press to the last, with script and without."""
from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.library.models import Kind, State
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from tests.browser import steps
from tests.browser.axe import violations
from tests.sites import Site

pytestmark = pytest.mark.browser
INGRID, JONAS, EWA = "ingrid@skarvik.example", "jonas@skarvik.example", "ewa@skarvik.example"
HERE = "window.here = true"


@dataclass(frozen=True)
class Way:
    """Somebody's browsers, with script or without."""

    script: bool
    visit: Callable[..., Page]

    def page(self, email: str = "", **options: object) -> Page:
        return self.visit(email, java_script_enabled=self.script, **options)


@pytest.fixture(params=[True, False], ids=["with script", "without"])
def way(request: pytest.FixtureRequest, visit: Callable[..., Page], admin: Page) -> Way:
    return Way(request.param, visit)


def make_folder(site: Site, path: str, *titles: str) -> str:
    """The path of a folder's page; in it are items that are ready."""
    installation = site.library.installation
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders(path)[-1]
        for title in titles:
            received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
            version = Library(session, installation).add_item(folder=folder, title=title, received=received, by=None)
            version.item.shown, version.item.state = True, State.READY
        return f"/f/{folder.uid}"


def check(page: Page, name: str) -> None:
    page.get_by_label("Person", exact=True).fill(name)
    page.get_by_role("button", name="Check", exact=True).last.click()


def log_says(page: Page, *sentences: str) -> None:
    page.goto("/admin/audit")
    for sentence in sentences:
        expect(page.locator("#items")).to_contain_text(sentence)


def test_a_group_is_given_a_folder_one_of_them_is_checked_and_the_log_tells_of_it(way: Way, site: Site) -> None:
    group = f"Contractors {way.script}"
    steps.add_group(site, group, EWA)
    folder = make_folder(site, f"Gdynia yard {way.script}")
    ewa = way.page(EWA)
    ewa.goto(folder)
    expect(ewa.locator("h1")).to_have_text("There is nothing here for you")
    page = way.page(INGRID)
    page.goto(folder)
    page.get_by_role("link", name="Manage access").click()
    answer = page.locator("#check-answer")
    if way.script:
        steps.type_and_choose(page, group)
        expect(page.locator("#access-effect")).to_contain_text("Ewa Kowalska gains View, nobody loses anything.")
        check(page, "ewa")
        expect(answer).to_contain_text("cannot see this")
        expect(page.get_by_label(f"{group}: View")).to_be_checked()  # looking has cost nothing
        page.get_by_role("button", name="Save access").click()
    else:
        page.get_by_label("Add a group or a person").fill(group)
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("button", name="Save access").click()
        expect(page.locator("main")).to_contain_text("Ewa Kowalska gains View, nobody loses anything.")
        page.get_by_role("button", name="Save access").click()
    expect(page.locator(".flashes")).to_contain_text("Access saved.")
    check(page, "ewa")
    expect(answer).to_contain_text(f"{group}, which has View")
    ewa.reload()
    expect(ewa.locator("h1")).to_have_text(f"Gdynia yard {way.script}")
    log_says(page, f"Gdynia yard {way.script}")
    expect(page.locator("#items tr", has_text=f"Gdynia yard {way.script}").first).to_contain_text("Ingrid Solheim")


def test_whoever_saves_rules_second_sees_both_changes_and_saves_on_top(way: Way, site: Site) -> None:
    folder = make_folder(site, f"Two managers {way.script}")
    first, second = (way.page(INGRID) for _times in range(2))
    for page in (first, second):
        page.goto(f"{folder}/access")
    for page, name in ((first, "Jonas Bakke"), (second, "Ewa Kowalska")):
        if way.script:
            steps.type_and_choose(page, name)
            expect(page.locator("#access-effect")).to_contain_text(f"{name} gains View")
        else:
            page.get_by_label("Add a group or a person").fill(name)
            page.get_by_role("button", name="Add", exact=True).click()
            page.get_by_role("button", name="Save access").click()
            expect(page.locator("h1")).to_contain_text("Save the rules of")
    for page in (first, second):
        page.get_by_role("button", name="Save access").click()
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("while this page was open. Nothing of yours is saved yet")
    expect(alert).to_be_focused()
    for name in ("Jonas Bakke", "Ewa Kowalska"):
        expect(second.get_by_label(f"{name}: View")).to_be_checked()


def test_it_is_told_why_somebody_cannot_watch_from_the_item_and_from_the_person(
    way: Way, site: Site, item: str
) -> None:
    page = way.page(INGRID)
    page.goto(item)
    page.get_by_label("Can someone see this?").fill("ewa")
    page.keyboard.press("Enter")
    answer = page.locator("#check-answer")
    expect(answer).to_contain_text("cannot see this")
    if way.script:
        page.evaluate(HERE)
    check(page, "jonas")
    expect(answer).to_contain_text("Service engineers, which has View")
    expect(answer.locator(".caps .y")).to_have_text(["View: yes"])
    if way.script:
        assert page.evaluate("window.here") is True
    page.locator("#items").get_by_role("link", name="Jonas Bakke").click()
    page.get_by_role("link", name="Everything they can reach").click()
    page.get_by_label("What if they leave").select_option("Service engineers")
    page.locator("#leave-form button").click()
    expect(page.get_by_role("status").first).to_contain_text("If Jonas Bakke left Service engineers:")
    expect(page.locator("#items")).to_contain_text("Product training")


def test_an_administrator_sees_the_library_as_somebody_else_and_changes_nothing(way: Way, item: str) -> None:
    page = way.page(INGRID)
    page.goto(f"{item}/access")
    check(page, "jonas")
    page.get_by_role("button", name="View the library as Jonas Bakke").click()
    strip = page.get_by_role("region", name="Seeing the library as somebody else")
    expect(strip).to_contain_text("You see the library as Jonas Bakke. Nothing can be changed.")
    page.goto(item)
    expect(page.locator("video")).to_be_visible()
    for offered in ("Share", "Edit"):
        expect(page.get_by_role("link", name=offered, exact=True)).to_have_count(0)
    page.goto("/admin/users")
    expect(page.locator("h1")).not_to_have_text("Users")
    strip.get_by_role("button", name="Stop").click()
    expect(strip).to_have_count(0)
    log_says(page, "Jonas Bakke")


def test_what_was_deleted_is_found_in_the_bin_brought_back_and_put_away_again(way: Way, site: Site) -> None:
    folder = make_folder(site, f"Bin here {way.script}", "Old cut", "Older cut")
    make_folder(site, f"Kept {way.script}")
    page = way.page(INGRID)
    page.goto(folder)
    if way.script:
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.locator("[data-count]")).to_have_text("1 selected")
        page.keyboard.press("Delete")
        expect(page.locator("dialog h2").first).to_contain_text("Delete “")
        page.get_by_role("button", name="Delete it").click()
        page.locator("[data-toast]").get_by_role("button", name="Undo").click()
        expect(page.locator("main")).to_contain_text("is back.")
    page.goto(folder)
    page.get_by_role("link", name="Old cut", exact=True).click()
    page.get_by_label("More: move, copy, delete").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete it").click()
    jonas = way.page(JONAS)
    jonas.goto("/bin")
    expect(jonas.locator("main")).to_contain_text("The bin is empty")
    page.goto("/bin")
    row = page.locator("#items tr", has_text="Old cut").filter(has_text=f"Bin here {way.script}")
    row.get_by_role("button", name="Restore").click()
    toast = page.locator("[data-toast]")
    expect(toast).to_contain_text("“Old cut” is back.")
    expect(row).to_have_count(0)
    toast.get_by_role("button", name="Undo" if way.script else "Put it back in the bin").click()
    expect(page.locator("h1")).to_have_text("Bin")
    expect(row).to_contain_text("29 days")
    page.goto(f"{folder}/delete")
    page.get_by_role("button", name="Delete it").click()
    page.goto("/bin")
    expect(row.first).to_contain_text("Its folder was deleted too")
    row.get_by_role("link", name="Restore to…").click()
    page.get_by_label(f"Kept {way.script}").check()
    if not way.script:
        page.get_by_role("button", name="See who will see it").click()
    page.get_by_role("button", name="Restore it").click()
    expect(page.locator("main")).to_contain_text("“Old cut” is back.")
    expect(page.locator("h1")).to_have_text("Old cut")


def test_a_copy_is_made_after_telling_who_will_see_it(way: Way, site: Site, item: str) -> None:
    target = make_folder(site, f"Copies {way.script}")
    page = way.page(INGRID)
    page.goto(item)
    title = page.locator("h1").inner_text()
    page.get_by_label("More: move, copy, delete").click()
    page.get_by_role("link", name="Copy…").click()
    page.get_by_label(f"Copies {way.script}").check()
    if not way.script:
        page.get_by_role("button", name="See who will see it").click()
    expect(page.locator("#copy-form")).to_contain_text("The original stays with its 1.")
    page.get_by_role("button", name="Copy it").click()
    expect(page).not_to_have_url(re.compile(f"^{item}"))
    expect(page.locator("h1")).to_have_text(title)
    page.goto(target)
    expect(page.locator("#items .mc")).to_have_count(1)
    page.goto(item)
    expect(page.locator("h1")).to_have_text(title)


def test_a_link_is_made_in_a_dialog_and_revoked_while_somebody_watches(
    visit: Callable[..., Page], item: str
) -> None:
    maker, visitor = visit(INGRID), visit()
    maker.goto(item)
    share = maker.get_by_role("link", name="Share", exact=True)
    share.click()
    dialog = maker.locator("dialog[open]")
    expect(dialog.get_by_label("What is this link for?")).to_be_focused()
    assert violations(maker) == []
    maker.keyboard.press("Escape")
    expect(share).to_be_focused()
    maker.keyboard.press("Enter")
    expect(dialog.get_by_label("What is this link for?")).to_be_focused()
    maker.keyboard.type("Class surveyor")
    dialog.get_by_label("Password").fill("")
    maker.keyboard.press("Enter")
    address = dialog.locator("#new-link").inner_text()
    maker.keyboard.press("Escape")  # it stays: the address is shown once, and was not copied
    expect(dialog.locator("[data-once]")).to_be_visible()
    maker.keyboard.press("Escape")
    expect(maker.get_by_role("complementary", name="About this item")).to_contain_text("Link “Class surveyor”")
    visitor.goto(address)
    visitor.get_by_role("button", name="Watch").click()
    expect(visitor.locator("[data-player][data-ready]")).to_be_visible()
    visitor.evaluate("document.querySelector('video').muted = true; document.querySelector('video').play()")
    visitor.wait_for_function("() => document.querySelector('video').currentTime > 0.2")
    share.click()
    dialog.get_by_role("link", name="Revoke Class surveyor").click()
    expect(maker.locator("h1")).to_have_text("Revoke “Class surveyor”?")
    maker.get_by_role("button", name="Revoke it").click()
    expect(maker.locator("main")).to_contain_text("“Class surveyor” works no more.")
    visitor.evaluate("document.querySelector('video').currentTime = 39")
    expect(visitor.locator("[data-notice]")).to_contain_text("There is nothing here for you any more.")


def test_an_item_is_made_public_and_private_again(way: Way, item: str) -> None:
    page, anybody = way.page(INGRID), way.page()
    page.goto(item)
    page.get_by_label("More: move, copy, delete").click()
    page.get_by_role("link", name="Public…").click()
    expect(page.locator("main")).to_contain_text("Public files have no check.")
    page.get_by_role("button", name="Make it public").click()
    address = page.locator("#public-address").inner_text()
    answer = anybody.request.get(address)
    assert answer.status == 200
    assert answer.headers["content-type"] == "video/mp4"
    for told in (item, f"{item}/access", f"{item}/share"):
        page.goto(told)
        expect(page.locator("main")).to_contain_text("Everybody on the internet: this file is public.")
    page.get_by_role("link", name="Address, and taking it back").first.click()
    page.get_by_role("button", name="Take it back").click()
    assert anybody.request.get(address).status == 404
    page.goto(item)
    expect(page.locator("main")).not_to_contain_text("Everybody on the internet")
    log_says(page, "public")


def test_a_selection_comes_as_one_zip(way: Way, site: Site, item: str, folder: str, film: Path) -> None:
    page = way.page(INGRID)
    page.goto(folder)
    card = page.locator("#items .mc", has=page.locator(f"a[href='{re.sub('^http://[^/]+', '', item)}']"))
    card.locator(".ck").check()
    page.locator(".bulk [value=download]").click()
    page.get_by_role("button", name="Make the zip").click()
    with page.expect_download() as fetched:
        page.get_by_role("link", name=re.compile("^Download ")).click()
    with zipfile.ZipFile(fetched.value.path()) as file:
        assert [entry.file_size for entry in file.infolist()] == [film.stat().st_size]
    page.get_by_role("button", name="Delete the zip").click()
    expect(page.locator("main")).not_to_contain_text("Your zip is ready")


def test_the_ways_through_the_library_are_one_press_away_on_a_phone(way: Way) -> None:
    page = way.page(JONAS, viewport={"width": 390, "height": 844})
    page.goto("/recent")
    menu = page.get_by_label("Menu", exact=True)
    menu.click()
    if way.script:
        expect(page.locator("#side.show")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#side")).to_be_hidden()
        menu.click()
    else:
        expect(page.locator("h1")).to_have_text("Menu")
    page.get_by_role("link", name="Product training").last.click()
    expect(page.locator("h1")).to_have_text("Product training")


@pytest.fixture(scope="module")
def said(admin: Page, item: str) -> str:
    """A word that is said once, in the 21st second of the film."""
    admin.goto(f"{item}/captions")
    admin.select_option("select[name=language]", "nb")
    admin.fill("[name=text]", "WEBVTT\n\n00:00:21.000 --> 00:00:24.000\nThe zirconium ring goes first.")
    admin.click("text=Add captions")
    expect(admin.locator(".flashes")).to_contain_text("The captions are saved.")
    return "zirconium"


def test_what_was_said_is_found_and_leads_to_the_second(way: Way, said: str) -> None:
    page = way.page(JONAS)
    page.goto("/")
    page.fill("#q", said)
    page.press("#q", "Enter")
    hit = page.locator("#items a.tline")
    expect(hit.locator("mark")).to_have_text(said)
    hit.click()
    expect(page).to_have_url(re.compile(r"#t=21$"))
    if way.script:
        page.wait_for_function("() => document.querySelector('video').currentTime >= 21")
    else:
        assert (page.locator("video").get_attribute("src") or "").endswith("#t=21.0")
