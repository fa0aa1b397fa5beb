"""Pages and letters in the language of whoever reads them."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from bs4.element import Comment
from sqlalchemy import update
from webtest import TestApp

from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.languages import language
from tests.functional.visitors import PEOPLE, World, token_of
from tests.mail_server import MailServer, do_jobs, mail_server

GERMAN = {"Accept-Language": "de-CH, de;q=0.9, en;q=0.5"}
PAGES = (
    "/",
    "/recent",
    "/mine",
    "/account",
    "/account/reach",
    "/account/two-factor",
    "/upload",
    "/upload/plain",
    "/requests",
    "/f/{folder}",
    "/f/{folder}/access",
    "/f/{folder}/who",
    "/f/{folder}/new",
    "/m/{item}",
    "/m/{item}/edit",
    "/m/{item}/access",
    "/m/{item}/who",
    "/admin/users",
    "/admin/users/invite",
    "/admin/users/import",
    "/admin/users/{user}",
    "/admin/users/{user}/reach",
    "/admin/groups",
    "/admin/groups/{group}",
    "/admin/audit",
    "/m/0000000000000000",
)
READ = ("title", "placeholder", "aria-label", "alt", "data-l", "data-busy")
NAMES = {"Closed", "Training", "Bearing", "Lockout", "Another group", "Gdynia contractors"} | {
    name.replace("_", "-") for name in PEOPLE
}
"""What is called so in the little library stays so in any language."""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def ours() -> str:
    """The language of the settings."""
    return "en"


@pytest.fixture
def ini(ini: dict[str, str], server: MailServer, ours: str) -> dict[str, str]:
    return {**ini, "privmedia.mail_url": server.url, "privmedia.language": ours}


@pytest.fixture
def leila(make_person: Callable[..., Any]) -> Any:
    return make_person("leila@example.test", name="Leila Haddad")


def speaks(installation: Installation, tag: str, email: str | None = None) -> None:
    """Everybody, or one, has chosen that language."""
    with writing(installation.sessions) as session:
        people = update(User).values(language=tag)
        session.execute(people if email is None else people.where(User.email == email))


def texts_of(page: str) -> Iterator[str]:
    """Everything that somebody reads or hears of a page, but what people wrote."""
    soup = BeautifulSoup(page, "html.parser")
    for hidden in soup(["script", "style", "svg"]):
        hidden.decompose()
    for text in soup.find_all(string=True):
        if not isinstance(text, Comment):
            yield " ".join(text.split())
    for tag in soup.find_all(True):
        yield from (" ".join(tag[name].split()) for name in READ if tag.has_attr(name))


def left_in_english(page: str) -> list[str]:
    """The messages of a page that German says otherwise."""
    german = language("de")
    texts = {text for text in texts_of(page) if text and text not in NAMES}
    return sorted(text for text in texts if german.text(text) not in ("", text))


def lang(page: Any) -> str:
    return str(page.html.html["lang"])


def test_before_signing_in_the_browser_decides(testapp: TestApp) -> None:
    assert lang(testapp.get("/login")) == "en"
    page = testapp.get("/login", headers=GERMAN)
    assert lang(page) == "de"
    assert "Passwort vergessen?" in page
    assert lang(testapp.get("/login", headers={"Accept-Language": "fr, nb"})) == "en", "there is neither"


def test_a_language_is_chosen_below_the_sign_in_form_and_kept_in_that_browser(testapp: TestApp) -> None:
    page = testapp.get("/login?next=/account")
    form = next(form for form in page.forms.values() if form.action == "/language")
    back = form.submit("language", value="de", status=303)
    assert back.location.endswith("/login?next=/account")
    cookie = back.headers["Set-Cookie"]
    assert "language=de" in cookie
    assert "HttpOnly" in cookie
    assert lang(back.follow()) == "de"
    assert lang(testapp.get("/nowhere", headers={"Accept-Language": "en"}, status=404)) == "de"


@pytest.mark.parametrize("tag", ["xx", "", "de_DE", "../de"])
def test_what_is_no_language_of_ours_changes_nothing(testapp: TestApp, tag: str) -> None:
    fields = {"csrf_token": token_of(testapp), "language": tag, "next": "//other.example"}
    back = testapp.post("/language", fields, status=303)
    assert back.location == "http://media.example.test/"
    assert not [cookie for cookie in back.headers.getall("Set-Cookie") if cookie.startswith("language=")]
    testapp.set_cookie("language", tag or "none")
    assert lang(testapp.get("/login")) == "en"


def test_the_account_wins_over_the_browser(
    installation: Installation, sign_in: Callable[[Any], TestApp], leila: Any
) -> None:
    browser = sign_in(leila)
    assert lang(browser.get("/", headers=GERMAN)) == "de"
    form = browser.get("/account").forms["preferences"]
    form["language"] = "de"
    saved = form.submit(status=303).follow(headers={"Accept-Language": "en"})
    assert lang(saved) == "de"
    assert "Gespeichert." in saved
    browser.set_cookie("language", "en")
    assert lang(browser.get("/")) == "de"


def test_no_page_leaves_a_message_in_english(world: World, installation: Installation) -> None:
    speaks(installation, "de")
    wrong = {}
    for visitor, pages in (("administrator", PAGES), ("viewer", PAGES[:10]), ("stranger", PAGES[:7])):
        for pattern in pages:
            answer = world.browsers[visitor].get(pattern.format(**world.ids), expect_errors=True).maybe_follow()
            assert lang(answer) == "de", pattern
            if found := left_in_english(answer.text):
                wrong[visitor, pattern] = found
    assert not wrong, "\n".join(f"{where}: {found}" for where, found in wrong.items())


def test_a_page_knows_its_own_words_in_english_too(world: World) -> None:
    """The test above can fail: on an English page it finds what it looks for."""
    assert "Library" in left_in_english(world.browsers["administrator"].get("/").text)


def test_numbers_days_and_refusals_read_as_german(
    installation: Installation, sign_in: Callable[[Any], TestApp], make_person: Callable[..., Any]
) -> None:
    browser = sign_in(make_person("admin@example.test", admin=True))
    speaks(installation, "de")
    form = browser.get("/account").forms["your-name"]
    form["name"] = "x" * 1234
    refused = form.submit(expect_errors=True)
    assert re.search(r"Das sind 1\.234 Zeichen; \d+ sind das Höchste\.", refused.text)
    entry = browser.get("/admin/audit")
    assert "hat sich angemeldet" in entry
    options = [option.text for option in entry.html.find("select", {"name": "what"})("option")]
    assert options[0] == "Alles"


def test_missing_and_denied_are_one_page_in_german_as_well(world: World, installation: Installation) -> None:
    speaks(installation, "de")
    stranger = world.browsers["stranger"]
    denied, missing = (stranger.get(f"/m/{world.ids[name]}", status=404) for name in ("item", "missing"))
    assert "Hier ist nichts für Sie" in denied
    assert denied.text.replace(world.ids["item"], "") == missing.text.replace(world.ids["missing"], "")


def test_a_letter_is_in_the_language_of_whoever_gets_it(
    testapp: TestApp, installation: Installation, server: MailServer, leila: Any
) -> None:
    speaks(installation, "de")
    form = testapp.get("/reset", headers={"Accept-Language": "en"}).forms["reset-form"]
    form["email"] = leila.email
    form.submit()
    do_jobs(installation)
    assert "Hallo Leila Haddad," in server.last_text
    assert "Der Link gilt 1 Stunde, einmal." in " ".join(server.last_text.split())


@pytest.mark.parametrize("ours", ["de"])
def test_who_chose_none_gets_letters_and_pages_in_the_language_of_the_settings(
    testapp: TestApp, installation: Installation, server: MailServer, leila: Any
) -> None:
    page = testapp.get("/reset", headers={"Accept-Language": "nb"})
    assert lang(page) == "de"
    form = page.forms["reset-form"]
    form["email"] = leila.email
    form.submit()
    do_jobs(installation)
    assert "Hallo Leila Haddad," in server.last_text
