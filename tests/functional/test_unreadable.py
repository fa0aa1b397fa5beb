"""Requests that no browser of ours makes: cookies, addresses and forms that cannot be read are refused in words."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import Person

PART = b'--X\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n--X--\r\n'
MULTIPART = "multipart/form-data; boundary=X"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def admin(make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp]) -> TestApp:
    return sign_in(make_person("leila@example.test", admin=True))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{FORM}; charset=bogus", b"email=a"),
        (f"{FORM}; charset=utf-16", b"email=a"),
        ("multipart/form-data", b"email=a"),
        (f"multipart/form-data; boundary={'X' * 300}", b"email=a"),
        (MULTIPART, PART % (b"email", b"\r\nContent-Type: text/plain; charset=bogus", b"a")),
        (MULTIPART, PART % (b"email", b"\r\nContent-Transfer-Encoding: base64", b"\xff!a")),
        (MULTIPART, PART % (b"csrf_token", b'; filename="a.txt"', b"a")),
        (MULTIPART, PART % (b"next", b'; filename="a.txt"', b"a")),
        (MULTIPART, PART % (b"next", b"\r\nContent-Type: multipart/mixed; boundary=Y", b"--Y\r\n\r\na\r\n--Y--")),
        (MULTIPART, (PART % (b"next", b"", b"a"))[:-3] * 11_000),
        (FORM, b"email=a%00b"),
        (FORM, b"a%00b=c"),
        (FORM, b"email=%ED%A0%80"),
        (FORM, b"&".join([b"email=a"] * 11_000)),
    ],
)
@pytest.mark.parametrize("address", ["/login", "/account?do=password", "/admin/groups"])
def test_a_form_that_cannot_be_read_is_refused_with_a_page(
    admin: TestApp, address: str, content_type: str, body: bytes
) -> None:
    answer = admin.post(address, body, headers={"Content-Type": content_type}, status=400)
    assert "That request cannot be read" in answer.text


@pytest.mark.parametrize("number", ["²", "9" * 5000])
def test_rows_of_rules_with_impossible_numbers_are_refused_with_a_page(admin: TestApp, number: str) -> None:
    fields = {"csrf_token": admin.get("/f/top/access").forms["access-form"]["csrf_token"].value}
    answer = admin.post("/f/top/access", {**fields, f"rules-{number}-principal": "everyone"}, status=400)
    assert "The form cannot be read." in answer.text


@pytest.mark.parametrize("cookie", ['theme="\\303"', 'session="\\377"', 'other="\\377"'])
def test_cookies_that_cannot_be_read_count_as_none(testapp: TestApp, cookie: str) -> None:
    assert "login-form" in testapp.get("/login", headers={"Cookie": cookie}, status=200).forms


@pytest.mark.parametrize("path", ["/f/\xff", "/smedia/\xff/play.mp4", "/setup/\xff", "/upload/\xff"])
def test_an_address_that_is_not_utf8_is_refused(app: Any, testapp: TestApp, path: str) -> None:
    answer = testapp.get("/", extra_environ={"PATH_INFO": path}, expect_errors=True)
    assert answer.status_int == 400


@pytest.mark.parametrize("path", ["/f/\0", "/smedia/\0/play.mp4", "/smedia/\0", "/static/\0"])
def test_an_address_with_a_zero_byte_is_refused(admin: TestApp, path: str) -> None:
    admin.get("/", extra_environ={"PATH_INFO": path}, status=400)


@pytest.mark.parametrize("query", ["/login?next=%00", "/?%00=1", "/recent?after=a%00", "/recent?after=%ED%A0%80"])
def test_a_question_that_cannot_be_read_is_refused(admin: TestApp, query: str) -> None:
    admin.get(query, status=400)


@pytest.mark.parametrize("terminated", [False, True])
def test_a_form_longer_than_any_of_ours_is_refused_with_a_page(admin: TestApp, terminated: bool) -> None:
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""} if terminated else {}
    answer = admin.post("/login", b"email=" + b"a" * (1 << 20), extra_environ=environ, status=413)
    assert "That is too large" in answer.text


def test_a_body_that_is_no_form_is_a_form_without_its_token(admin: TestApp) -> None:
    for content_type in ("application/json", "text/plain", "application/xml", "nonsense"):
        admin.post("/admin/groups", b'{"name": ["x"]}', headers={"Content-Type": content_type}, status=403)


def test_of_a_field_sent_twice_one_counts(admin: TestApp) -> None:
    token = admin.get("/admin/groups").forms[1]["csrf_token"].value
    admin.post("/admin/groups", [("csrf_token", token), ("name", "First"), ("name", "Second")])
    page = admin.get("/admin/groups").text
    assert ("First" in page) + ("Second" in page) == 1


def test_a_list_where_a_text_belongs_is_not_taken_for_one(admin: TestApp) -> None:
    token = admin.get("/admin/groups").forms[1]["csrf_token"].value
    answer = admin.post("/admin/groups", {"csrf_token": token, "name[]": "Sneaked", "name[0]": "Sneaked"}, status=422)
    assert "Sneaked" not in answer.text
