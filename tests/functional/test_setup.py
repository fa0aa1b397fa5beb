from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.accounts.first_start import FirstStart
from privmedia.accounts.models import OneTimeLink, User
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation

ANSWERS = {
    "organisation": "Skarvik Marine",
    "name": "Maren Aasen",
    "email": "maren@skarvik.example",
    "password": "three unrelated words 7",
}


@pytest.fixture
def link(installation: Installation) -> str:
    return make_link(installation)


def make_link(installation: Installation) -> str:
    with writing(installation.sessions) as session:
        return FirstStart(session, installation).make_link()


def fill(app: TestApp, link: str, **more: str) -> Any:
    form = app.get(link).forms["setup-form"]
    for name, value in {**ANSWERS, **more}.items():
        form[name] = value
    return form.submit(expect_errors=True)


def test_the_link_makes_the_administrator_and_signs_in(testapp: TestApp, link: str) -> None:
    answer = fill(testapp, link)
    assert (answer.status_int, answer.location) == (303, "http://media.example.test/")
    page = testapp.get("/admin/users", status=200)
    assert "Maren Aasen" in page.text
    assert "Skarvik Marine" in testapp.get("/account").text


def test_the_page_says_how_long_it_works_and_that_there_is_no_standard_password(testapp: TestApp, link: str) -> None:
    page = testapp.get(link)
    assert "Make the first administrator" in page.text
    assert "There is no standard password." in page.text


def test_a_fresh_installation_lets_nobody_in(testapp: TestApp) -> None:
    for email, password in (("admin", "admin"), ("admin@example.com", "admin"), ("root@localhost", "password")):
        form = testapp.get("/login").forms["login-form"]
        form["email"], form["password"] = email, password
        form.submit(status=401)


def test_used_too_old_replaced_and_never_made_links_get_one_page(
    browser: Callable[[], TestApp], installation: Installation, clock: Any
) -> None:
    replaced = make_link(installation)
    old = make_link(installation)
    clock.forward(hours=24)
    pages = [browser().get(link, status=410).text for link in (replaced, old, "/setup/nonsense")]
    link = make_link(installation)
    fill(browser(), link)
    pages.append(browser().get(link, status=410).text)
    # The switch of languages leads back to the very address, and has the browser's token.
    assert len({re.sub(r'<input type="hidden"[^>]*>', "", page) for page in pages}) == 1
    assert "Set-up is done" in pages[0]


def test_a_second_submit_makes_nobody(testapp: TestApp, browser: Any, link: str, installation: Installation) -> None:
    slow = browser().get(link).forms["setup-form"]
    fill(testapp, link)
    for name, value in {**ANSWERS, "email": "second@skarvik.example"}.items():
        slow[name] = value
    assert "Set-up is done" in slow.submit(status=410).text
    with reading(installation.sessions) as session:
        assert [user.email for user in session.scalars(select(User))] == ["maren@skarvik.example"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("organisation", "", "The name of your organisation is needed."),
        ("organisation", "   ", "The name of your organisation is needed."),
        ("organisation", "x" * 81, "80 is the most"),
        ("name", "", "A name is needed."),
        ("email", "nonsense", "That is no email address."),
        ("password", "short", "That is too short."),
        ("password", "skarvik2026", "Try three or four unrelated words."),
        ("password", "password1", "Try three or four unrelated words."),
        ("password", "x" * 1001, "That is too long."),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_made(
    field: str, value: str, sentence: str, testapp: TestApp, link: str, installation: Installation
) -> None:
    answer = fill(testapp, link, **{field: value})
    assert answer.status_int == 422
    control = answer.html.find(attrs={"name": field})
    assert "is-invalid" in control["class"]
    assert sentence in answer.html.find(id=control["aria-describedby"]).text
    assert answer.forms["setup-form"]["password"].value == ""
    if field != "name":
        assert answer.forms["setup-form"]["name"].value == "Maren Aasen"
    with reading(installation.sessions) as session:
        assert not session.scalars(select(User)).all()
        assert session.scalars(select(OneTimeLink)).one().used_at is None
    assert fill(testapp, link).status_int == 303


def test_a_form_without_its_token_makes_nobody(testapp: TestApp, link: str) -> None:
    testapp.post(link, ANSWERS, status=403)
    testapp.get(link, status=200)


def test_the_first_start_is_in_the_log_without_the_link(
    testapp: TestApp, link: str, installation: Installation
) -> None:
    fill(testapp, link)
    with reading(installation.sessions) as session:
        lines = session.scalars(select(Event).order_by(Event.id)).all()
    assert [(line.kind, line.actor) for line in lines] == [
        ("setup-link", "command line"),
        ("user.add", "Maren Aasen <maren@skarvik.example>"),
        ("sign-in", "Maren Aasen <maren@skarvik.example>"),
    ]
    token = link.rsplit("/", 1)[1]
    assert not any(token in str(vars(line)) for line in lines)


def test_the_address_of_a_set_up_page_reaches_no_log_and_no_referer(
    testapp: TestApp, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "hush" + "x" * 39

    def break_down(*_anything: object) -> bool:
        raise RuntimeError("in the middle")

    assert testapp.get(f"/setup/{token}", status=410).headers["Referrer-Policy"] == "strict-origin"
    monkeypatch.setattr(FirstStart, "is_open", break_down)
    testapp.get(f"/setup/{token}", status=500)
    assert "unhandled error in GET /setup/{token}" in caplog.text
    assert "hush" not in caplog.text
