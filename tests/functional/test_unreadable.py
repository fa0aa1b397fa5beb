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
