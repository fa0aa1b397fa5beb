from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.installation import Installation

NEW = "four other words entirely 9"
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def leila(make_person: Callable[..., Any]) -> Any:
    return make_person("leila@example.test", name="Leila Haddad")


def change(app: TestApp, old: str, new: str) -> Any:
    form = app.get("/account").forms["password"]
    form["old"], form["new"] = old, new
    return form.submit(expect_errors=True)


def failures(installation: Installation) -> list[tuple[str, str, str]]:
    with reading(installation.sessions) as session:
        found = session.scalars(select(Event).where(Event.outcome == "failed"))
        return [(line.kind, line.actor, line.target) for line in found]


def test_a_new_password_signs_out_every_other_browser(sign_in: Any, leila: Any, browser: Any) -> None:
    here, there = sign_in(leila), sign_in(leila)
    before = here.cookies["session"]
    answer = change(here, leila.password, NEW)
    assert answer.status_int == 303
    assert "You are signed out everywhere else." in answer.follow().text
    there.get("/account", status=303)
    copied = browser()
    copied.set_cookie("session", before)
    copied.get("/account", status=303)
    for password, status in ((leila.password, 401), (NEW, 303)):
        form = browser().get("/login").forms["login-form"]
        form["email"], form["password"] = leila.email, password
        form.submit(status=status)


def test_a_wrong_old_password_changes_nothing_and_is_logged(
    sign_in: Any, leila: Any, installation: Installation
) -> None:
    here, there = sign_in(leila), sign_in(leila)
    answer = change(here, "wrong", NEW)
    assert answer.status_int == 403
    assert "That is not your current password." in answer.text
    there.get("/account", status=200)
    assert failures(installation) == [("user.password", "Leila Haddad <leila@example.test>", leila.email)]


def test_whoever_finds_an_open_browser_cannot_guess_the_password_for_long(sign_in: Any, leila: Any) -> None:
    app = sign_in(leila)
    statuses = [change(app, "wrong", NEW).status_int for _ in range(7)]
    assert statuses == [403] * 5 + [429] * 2


@pytest.mark.parametrize("new", ["short", "leila haddad", "password123"])
def test_a_weak_new_password_is_refused_at_its_field(new: str, sign_in: Any, leila: Any) -> None:
    app = sign_in(leila)
    answer = change(app, leila.password, new)
    assert answer.status_int == 422
    assert "is-invalid" in answer.html.find(attrs={"name": "new"})["class"]
    assert change(app, leila.password, NEW).status_int == 303


def test_a_kept_sign_in_stays_kept_after_the_password_is_changed(testapp: TestApp, leila: Any) -> None:
    form = testapp.get("/login").forms["login-form"]
    form["email"], form["password"], form["keep"] = leila.email, leila.password, True
    form.submit(status=303)
    answer = change(testapp, leila.password, NEW)
    assert "Max-Age=2592000" in str(answer.headers.getall("Set-Cookie"))


def test_one_sees_where_one_is_signed_in_and_ends_it(sign_in: Any, leila: Any, browser: Any) -> None:
    here, there = sign_in(leila), sign_in(leila)
    firefox = browser()
    form = firefox.get("/login").forms["login-form"]
    form["email"], form["password"] = leila.email, leila.password
    form.submit(headers={"User-Agent": LINUX}, status=303)
    page = here.get("/account")
    assert "Firefox on Linux" in page.text
    assert "192.0.2.7" in page.text
    assert page.text.count("this one") == 1
    row = next(form for form in page.forms.values() if "session" in form.fields and "Firefox" in form.text)
    answer = row.submit(status=303)
    assert "That browser is signed out." in answer.follow().text
    firefox.get("/account", status=303)
    there.get("/account", status=200)


def test_all_other_browsers_can_be_signed_out_at_once(sign_in: Any, leila: Any) -> None:
    here, others = sign_in(leila), [sign_in(leila) for _ in range(3)]
    token = here.get("/account").forms["password"]["csrf_token"].value
    here.post("/account", {"csrf_token": token, "do": "sign_out_others"}, status=303)
    for other in others:
        other.get("/account", status=303)
    here.get("/account", status=200)


def test_nobody_ends_the_session_of_somebody_else(sign_in: Any, leila: Any, make_person: Any) -> None:
    here, there = sign_in(leila), sign_in(leila)
    page = here.get("/account")
    uid = next(form["session"].value for form in page.forms.values() if "session" in form.fields)
    mallory = sign_in(make_person("mallory@example.test"))
    token = mallory.get("/account").forms["password"]["csrf_token"].value
    mallory.post("/account", {"csrf_token": token, "do": "sign_out", "session": uid}, status=404)
    there.get("/account", status=200)


def test_the_menu_is_a_page_for_browsers_without_script(sign_in: Any, leila: Any, testapp: TestApp) -> None:
    page = sign_in(leila).get("/menu", status=200)
    assert "My account" in page.text
    assert "Administration" not in page.text
    testapp.get("/menu", status=303)
