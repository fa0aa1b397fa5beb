"""The upload page: what it sends arrives whole, whatever happens to the connection, the page or the folder."""
from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from privmedia.accounts.service import Accounts
from privmedia.db import writing
from privmedia.quotas.service import Quotas
from tests.browser import steps
from tests.browser.axe import DARK_PHONE, faults
from tests.sites import Site

pytestmark = pytest.mark.browser
SLOW = 3_000_000
"""Bytes a second while something is to happen in the middle of an upload."""
AT_FULL_SPEED = -1


@pytest.fixture(scope="module")
def place(admin: Page) -> str:
    """The address of a folder for what is uploaded here."""
    return steps.make_folder(admin, "Sea trials")


@pytest.fixture
def page(visit: Callable[..., Page], admin: Page, place: str) -> Iterator[Page]:
    """The upload page for that folder, in a browser of its own, of the administrator."""
    page = visit("ingrid@skarvik.example")
    page.goto(f"/upload?folder={place.rsplit('/', 1)[1]}")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def film_of(folder: Path, name: str, size: int, seed: str) -> Path:
    """Something that begins as a film does, and can be told from others to the byte."""
    path = folder / name
    head = b"\0\0\0\x18ftypisom\0\0\0\0isommp42"
    noise = hashlib.shake_256(seed.encode()).digest(1 << 20)
    path.write_bytes((head + noise * (size // len(noise) + 1))[:size])
    return path


def slow_down(page: Page, speed: int) -> None:
    session = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": speed}
    session.send("Network.emulateNetworkConditions", limits)


def answer_once(page: Page, method: str, status: int) -> None:
    """Have the next request about an upload answered so, and all after it by the server."""
    left = [status]

    def answer(route: Route) -> None:
        if route.request.method == method and left:
            route.fulfill(status=left.pop())
        else:
            route.continue_()

    page.route(re.compile("/uploads/[^/]+$"), answer)


def arrived(page: Page, name: str) -> str:
    """The SHA-256 of an item's original, as the library serves it."""
    expect(page.get_by_role("group", name=name).locator("[data-edit]")).to_be_visible(timeout=60_000)
    item = page.get_by_role("group", name=name).get_by_role("link", name="Open", exact=True).get_attribute("href")
    assert item is not None
    original = page.evaluate(
        """async (address) => {
            const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
            const link = page.querySelector("a[href*='/original/']").getAttribute("href");
            const bytes = await (await fetch(link)).arrayBuffer();
            const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
            return [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        }""",
        item,
    )
    return str(original)


def sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_film_is_sent_prepared_and_played_and_what_has_no_place_is_refused_before_it_is_sent(
    page: Page, film: Path, tmp_path: Path
) -> None:
    # As a film that is here already this one would be asked about: an empty box at the end makes it another file.
    film = Path(shutil.copy(film, tmp_path / "Sea trial, 100% “Ende” 🎬.mp4"))
    film.write_bytes(film.read_bytes() + b"\0\0\0\x08free")
    sheet = tmp_path / "T4 parts list.csv"
    sheet.write_text("part;number\nseal;31\n" * 1000)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/uploads/") else None)
    expect(page.locator("[data-who]:not(option)")).to_contain_text("As soon as a file is ready.")
    page.fill("[data-tags]", "T4, Bergen yard")
    page.set_input_files("#upload-files", [film, sheet])
    refused = page.get_by_role("group", name=sheet.name)
    expect(refused).to_contain_text("not accepted")
    done = page.get_by_role("group", name=film.name)
    expect(done.locator("[data-tag]")).to_have_text("ready", timeout=120_000)
    expect(done.locator("img")).to_have_attribute("src", re.compile(r"^/smedia/.*poster"))
    assert len(sent) == 1, "nothing was announced for what was refused"
    refused.get_by_label(f"Remove {sheet.name}").click()
    expect(refused).to_have_count(0)
    expect(page.locator("[data-heading]")).to_have_text("1 of 1 done")
    done.get_by_role("link", name="Open", exact=True).click()
    expect(page.locator("h1")).to_have_text(film.stem)
    expect(page.locator("video")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Bergen yard")


def test_the_cable_is_pulled_out_and_put_in_again(page: Page, tmp_path: Path) -> None:
    film = film_of(tmp_path, "Cable.mp4", 12_000_000, "cable")
    slow_down(page, SLOW)
    page.set_input_files("#upload-files", film)
    there = page.get_by_role("group", name="Cable.mp4")
    expect(there.locator("[data-bar]")).not_to_have_js_property("value", 0)
    page.context.set_offline(True)
    expect(there).to_contain_text("Waiting for the connection.")
    expect(there).to_contain_text("is safe on the server.")
    page.context.set_offline(False)
    slow_down(page, AT_FULL_SPEED)
    assert arrived(page, "Cable.mp4") == sum_of(film)


def test_an_upload_goes_on_after_the_page_was_closed_by_choosing_the_file_again(page: Page, tmp_path: Path) -> None:
    film = film_of(tmp_path, "Another day.mp4", 40_000_000, "day")
    slow_down(page, 12_000_000)
    page.set_input_files("#upload-files", film)
    there = page.get_by_role("group", name="Another day.mp4")
    with page.expect_response(lambda response: response.request.method == "PATCH", timeout=60_000):
        pass  # one part of 16 MiB is there for certain
    expect(there.locator("[data-percent]")).to_have_text(re.compile("^(4[5-9]|5.) %"))
    there.get_by_label("Pause Another day.mp4").click()
    # Whole parts: of what is under way nginx keeps nothing.
    expect(there).to_contain_text(re.compile(r"Paused\. (16\.8|33\.6) MB of 40 MB is safe on the server\."))
    page.reload()
    expect(there).to_contain_text("Choose this file again and it goes on.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.headers.get('upload-offset', '')}"))
    answer_once(page, "HEAD", 502)  # the server is just starting again
    page.set_input_files("#upload-files", film)
    assert arrived(page, "Another day.mp4") == sum_of(film)
    offsets = [int(line.split()[1]) for line in asked if line.startswith("PATCH ")]
    assert min(offsets) >= 16 << 20, "what was there was not sent again"
    page.reload()
    expect(page.locator("[data-list]")).to_be_hidden()


def test_what_was_cleared_away_meanwhile_is_sent_from_its_beginning(page: Page, tmp_path: Path) -> None:
    film = film_of(tmp_path, "Too late.mp4", 11_000_000, "late")
    slow_down(page, SLOW)
    there = page.get_by_role("group", name="Too late.mp4")
    with page.expect_request(lambda request: request.method == "PATCH"):
        page.set_input_files("#upload-files", film)
    there.get_by_label("Pause Too late.mp4").click()
    expect(there).to_contain_text("Paused.")
    page.reload()
    expect(there).to_contain_text("Choose this file again and it goes on.")
    answer_once(page, "HEAD", 404)
    page.set_input_files("#upload-files", film)
    assert arrived(page, "Too late.mp4") == sum_of(film)


def test_uploading_goes_on_while_one_moves_through_the_library(page: Page, place: str, tmp_path: Path) -> None:
    film = film_of(tmp_path, "On the way.mp4", 16_000_000, "way")
    slow_down(page, SLOW)
    page.set_input_files("#upload-files", film)
    expect(page.locator("[data-bar]")).not_to_have_js_property("value", 0)
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.locator("h1")).to_have_text("Library")
    expect(page.locator(".updock")).to_contain_text("0 of 1 done")
    page.get_by_role("link", name="Sea trials").first.click()
    expect(page.locator("h1")).to_have_text("Sea trials")
    assert page.url == place
    page.go_back()
    expect(page.locator("h1")).to_have_text("Library")
    page.fill("#q", "nothing like it")
    page.press("#q", "Enter")
    expect(page.locator("main")).to_contain_text("nothing like it")
    slow_down(page, AT_FULL_SPEED)
    page.locator(".updock a").click()
    assert arrived(page, "On the way.mp4") == sum_of(film)


def test_a_tree_keeps_its_folders_and_what_is_here_already_is_said(page: Page, place: str, tmp_path: Path) -> None:
    tree = tmp_path / "Crew"
    (tree / "Day 2").mkdir(parents=True)
    first = film_of(tree, "Briefing.mp4", 300_000, "briefing")
    film_of(tree / "Day 2", "Drill.mp4", 300_001, "drill")
    (tree / ".DS_Store").write_bytes(b"of a system")
    (tree / "Day 2" / "Thumbs.db").write_bytes(b"of another")
    page.set_input_files("#upload-folder-files", tree)
    expect(page.locator("[data-note]")).to_contain_text("are left out: 2.")
    expect(page.locator(".up")).to_have_count(2)
    assert arrived(page, "Briefing.mp4") == sum_of(first)
    arrived(page, "Drill.mp4")
    expect(page.get_by_role("group", name="Briefing.mp4").locator("[data-tag]")).not_to_have_text(
        "preparing", timeout=60_000
    )
    page.goto(place)
    page.get_by_role("link", name="Crew").first.click()
    expect(page.locator("main")).to_contain_text("Briefing")
    page.get_by_role("link", name="Day 2").first.click()
    expect(page.locator("main")).to_contain_text("Drill")
    page.goto(f"/upload?folder={place.rsplit('/', 1)[1]}")
    again = tmp_path / "Briefing, copy.mp4"
    again.write_bytes(first.read_bytes())
    page.set_input_files("#upload-files", again)
    there = page.get_by_role("group", name="Briefing, copy.mp4")
    expect(there).to_contain_text("You already have this file here:")
    expect(there.get_by_role("link", name="Briefing")).to_be_visible()
    there.get_by_role("button", name="Upload anyway").click()
    assert arrived(page, "Briefing, copy.mp4") == sum_of(first)


def test_of_many_files_a_hundred_are_asked_about_at_a_time_until_all_are_ready(page: Page, tmp_path: Path) -> None:
    """The server is played: of so many files only the page is to be seen."""
    asked: list[int] = []
    whole: list[str] = []

    def sent(route: Route) -> None:
        if route.request.method == "POST":
            size = route.request.headers["upload-length"]
            route.fulfill(status=201, headers={"Location": f"/uploads/{int(size):016}"})
        else:
            number = route.request.url.rsplit("/", 1)[1]
            whole.append(number)
            route.fulfill(status=204, headers={"Upload-Offset": str(int(number)), "Location-Item": f"/m/{number}"})

    def told(route: Route) -> None:
        items = parse_qs(urlsplit(route.request.url).query)["item"]
        asked.append(len(items))
        ready = {"state": "ready", "final": len(whole) == 120, "text": "", "poster": None, "twin": None}
        route.fulfill(json={"items": dict.fromkeys(items, ready)})

    page.route(re.compile("/upload/look"), lambda route: route.fulfill(json={"kind": "image", "known": False}))
    page.route(re.compile("/uploads/"), sent)
    page.route(re.compile("/upload/state"), told)
    files = [film_of(tmp_path, f"{number}.mp4", 100 + number, "many") for number in range(120)]
    page.set_input_files("#upload-files", files)
    expect(page.locator(".up[data-state=ready]")).to_have_count(120, timeout=60_000)
    assert max(asked) <= 100


def test_files_dropped_on_a_folder_are_added_to_it(page: Page, place: str) -> None:
    page.goto(place)
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            const bytes = new Uint8Array(200_000);
            bytes.set([0, 0, 0, 24, 102, 116, 121, 112, 105, 115, 111, 109, 0, 0, 0, 0, 105, 115, 111, 109]);
            transfer.items.add(new File([bytes], "Dropped.mp4", { lastModified: 1 }));
            for (const name of ["dragover", "drop"]) {
                const event = new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true });
                document.querySelector("main").dispatchEvent(event);
            }
        }"""
    )
    expect(page.locator("h1")).to_have_text("Upload")
    arrived(page, "Dropped.mp4")
    page.goto(place)
    expect(page.locator("main")).to_contain_text("Dropped")


def test_who_was_signed_out_signs_in_in_another_tab_and_goes_on(page: Page, tmp_path: Path) -> None:
    film = film_of(tmp_path, "Signed out.mp4", 12_000_000, "out")
    slow_down(page, SLOW)
    page.set_input_files("#upload-files", film)
    there = page.get_by_role("group", name="Signed out.mp4")
    expect(there.locator("[data-bar]")).not_to_have_js_property("value", 0)
    there.get_by_label("Pause Signed out.mp4").click()
    page.context.clear_cookies()
    there.get_by_label("Resume Signed out.mp4").click()
    expect(there).to_contain_text("You are signed out.")
    steps.sign_in(page.context.new_page(), "ingrid@skarvik.example")
    slow_down(page, AT_FULL_SPEED)
    there.get_by_role("button", name="Retry").click()
    assert arrived(page, "Signed out.mp4") == sum_of(film)


def test_one_file_is_sent_by_one_of_two_tabs(page: Page, tmp_path: Path) -> None:
    film = film_of(tmp_path, "Two tabs.mp4", 13_000_000, "tabs")
    slow_down(page, SLOW)
    page.set_input_files("#upload-files", film)
    expect(page.locator("[data-bar]")).not_to_have_js_property("value", 0)
    other = page.context.new_page()
    other.goto(page.url)
    other.set_input_files("#upload-files", film)
    there = other.get_by_role("group", name="Two tabs.mp4")
    expect(there).to_contain_text("It is sent by another tab")
    refused: list[int] = []
    page.on("response", lambda response: refused.append(response.status) if response.status >= 400 else None)
    other.reload()
    expect(there).to_contain_text("It is sent by another tab")
    expect(there.get_by_label("Resume Two tabs.mp4")).to_be_hidden()
    slow_down(page, AT_FULL_SPEED)
    assert arrived(page, "Two tabs.mp4") == sum_of(film)
    assert refused == [], "the second tab's question stops nobody"
    expect(other.locator(".up")).to_have_count(0)


def test_a_file_that_changes_while_it_is_sent_stops_with_the_reason_and_is_sent_when_chosen_again(
    page: Page, tmp_path: Path
) -> None:
    film = film_of(tmp_path, "Still recording.mp4", 20_000_000, "before")
    slow_down(page, SLOW)
    page.set_input_files("#upload-files", film)
    there = page.get_by_role("group", name="Still recording.mp4")
    expect(there.locator("[data-bar]")).not_to_have_js_property("value", 0)
    film_of(tmp_path, "Still recording.mp4", 21_000_000, "after")
    slow_down(page, AT_FULL_SPEED)
    expect(there).to_contain_text("cannot be read any more", timeout=30_000)
    there.get_by_label("Remove Still recording.mp4").click()
    page.set_input_files("#upload-files", film)
    assert arrived(page, "Still recording.mp4") == sum_of(film)


def test_a_folder_whose_name_cannot_be_used_is_named_and_nothing_of_it_is_sent(page: Page, tmp_path: Path) -> None:
    tree = tmp_path / ("Long " * 41)
    tree.mkdir()
    film_of(tree, "In it.mp4", 300_000, "in it")
    page.set_input_files("#upload-folder-files", tree)
    expect(page.locator("[data-note]")).to_contain_text("200 is the most")
    expect(page.locator(".up")).to_have_count(0)


def test_the_page_with_files_on_it_is_free_of_axe_violations_and_fits(
    visit: Callable[..., Page], admin: Page, place: str, tmp_path: Path
) -> None:
    window = {"width": 320, "height": 800}
    page = visit("ingrid@skarvik.example", **DARK_PHONE | {"viewport": window}, reduced_motion="reduce")
    page.goto(f"/upload?folder={place.rsplit('/', 1)[1]}")
    slow_down(page, 100_000)
    sheet = tmp_path / "A parts list with a name that is longer than a telephone is wide.csv"
    sheet.write_text("part;number\nseal;31\n" * 1000)
    page.set_input_files("#upload-files", [sheet, film_of(tmp_path, "Paused.mp4", 400_000, "paused")])
    page.get_by_label("Pause Paused.mp4").click()
    expect(page.locator(".up")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("not accepted")
    assert faults(page) == []


def test_without_script_the_page_leads_to_the_plain_form(visit: Callable[..., Page], admin: Page, place: str) -> None:
    page = visit("ingrid@skarvik.example", java_script_enabled=False)
    page.goto(f"/upload?folder={place.rsplit('/', 1)[1]}")
    expect(page.locator("[data-uploads]")).to_be_hidden()
    page.get_by_role("link", name="plain form").click()
    expect(page.locator("#upload-form [name=folder]")).to_have_value(place.rsplit("/", 1)[1])


def give_quota(site: Site, email: str, size: int) -> None:
    installation = site.library.installation
    with writing(installation.sessions) as session:
        Quotas(session, installation).limit_person(Accounts(session, installation).user_by_email(email), size)


def test_what_does_not_fit_the_quota_is_refused_before_it_is_sent_with_what_comes_before_it(
    visit: Callable[..., Page], site: Site, place: str, tmp_path: Path
) -> None:
    email = "karin@skarvik.example"
    steps.add_person(site, email, "Karin", admin=True)
    give_quota(site, email, 3_000_000)
    page = visit(email)
    page.goto(f"/upload?folder={place.rsplit('/', 1)[1]}")
    expect(page.locator(".side .quota")).to_contain_text("0 bytes of 3.0 MB")
    expect(page.locator("[data-space]")).to_have_text("You have 3.0 MB left of your 3.0 MB.")
    slow_down(page, SLOW // 15)  # both are to be under way for long enough that the quota can change
    sizes = {"First.mp4": 2_000_000, "Second.mp4": 1_500_000, "Third.mp4": 750_000}
    films = [film_of(tmp_path, name, size, name) for name, size in sizes.items()]
    page.set_input_files("#upload-files", films)
    refused = page.get_by_role("group", name="Second.mp4")
    expect(refused).to_contain_text("You have 1.0 MB left of your 3.0 MB, and this takes 1.5 MB: 500 KB too much.")
    expect(refused).to_contain_text("not accepted")
    for name in ("First.mp4", "Third.mp4"):
        expect(page.get_by_role("group", name=name).locator("[data-bar]")).not_to_have_js_property("value", 0)
    give_quota(site, email, 1_750_000)
    slow_down(page, AT_FULL_SPEED)
    # meanwhile the first one does not fit any more: nothing of it is kept, and the third one has its place
    first = page.get_by_role("group", name="First.mp4")
    expect(first).to_contain_text("and this takes 2.0 MB", timeout=60_000)
    expect(first).not_to_contain_text("is kept")
    assert arrived(page, "Third.mp4") == sum_of(films[2])
    first.get_by_role("button", name="Retry").click()
    expect(first).to_contain_text("You have 1.0 MB left of your 1.8 MB, and this takes 2.0 MB: 1.0 MB too much.")
