"""People from a file: the preview writes nothing, and the press does exactly what was shown."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp, Upload

from privmedia.accounts.groups import Groups
from privmedia.accounts.models import Group, User
from privmedia.audit.models import Event
from privmedia.audit.service import COMMAND_LINE
from privmedia.db import reading, writing
from privmedia.installation import Installation
from tests.conftest import Person
from tests.functional.visitors import dump

FILE = (
    "Email;NAME;Groups;guest;Admin;Phone\r\n"
    "ewa@gdynia.example;Ewa Kowalska;Service engineers | Gdynia yard;yes;no;1\r\n"
    '"chen@example.test";"Chen; Wei";;;;2\r\n'
    "\r\n"
    "jonas@example.test;Somebody else;service ENGINEERS;no;yes;3\r\n"
    "nonsense;Nobody;;;;4\r\n"
    "CHEN@example.test;Again;;;;5\r\n"
    "maybe@example.test;Maybe;;perhaps;;6\r\n"
)


@pytest.fixture
def admin(make_person: Callable[..., Person], sign_in: Any, installation: Installation) -> TestApp:
    app = sign_in(make_person("ingrid@example.test", name="Ingrid Solheim", admin=True))
    make_person("jonas@example.test", name="Jonas Bakke")
    with writing(installation.sessions) as session:
        Groups(session, installation).add_group(name="Service engineers", by=COMMAND_LINE)
    return app


def look(
    admin: TestApp, data: bytes | str, *, pasted: bool = False, make_groups: bool = False, send: bool = True,
    status: int = 200,
) -> Any:
    form = admin.get("/admin/users/import").forms["import-form"]
    form["make_groups"], form["send"] = make_groups, send
    if pasted:
        form["text"] = data
    else:
        form["file"] = Upload("people.csv", data if isinstance(data, bytes) else data.encode(), "text/csv")
    return form.submit(status=status)


def rows(page: Any) -> list[str]:
    return [" ".join(row.get_text(" ").split()) for row in page.html.select("tbody tr")]


def people(installation: Installation) -> dict[str, User]:
    with reading(installation.sessions) as session:
        found = session.scalars(select(User)).all()
        for user in found:
            assert user.groups is not None
        return {user.email: user for user in found}


def test_the_preview_says_line_by_line_what_would_happen_and_writes_nothing(
    admin: TestApp, installation: Installation
) -> None:
    before = dump(installation)
    page = look(admin, FILE, make_groups=True)
    assert rows(page) == [
        "2 Ewa Kowalska ewa@gdynia.example New New, a guest, in Service engineers and Gdynia yard.",
        "3 Chen; Wei chen@example.test New New.",
        "5 Somebody else jonas@example.test Joins Already there, joins Service engineers.",
        "6 Nobody nonsense Left out That is no email address. It looks like maren@example.org.",
        "7 Again CHEN@example.test Left out It stands in line 3 already.",
        "8 Maybe maybe@example.test Left out “perhaps” is neither yes nor no.",
    ]
    text = " ".join(page.html.find("main").get_text(" ").split())
    assert "2 new people, 1 person joins groups, 0 people stay as they are, 3 lines are left out." in text
    assert "Nothing is done yet." in text
    assert "1 group is made: Gdynia yard" in text
    assert "Columns that are not used: phone" in text
    assert dump(installation) == before


def test_one_press_does_what_was_shown(admin: TestApp, browser: Any, installation: Installation) -> None:
    page = look(admin, FILE, make_groups=True).forms["confirm-form"].submit(status=200)
    assert page.headers["Cache-Control"] == "no-store"
    links = dict(line.split() for line in page.html.find(id="links").get_text().splitlines() if line.strip())
    assert links.keys() == {"ewa@gdynia.example", "chen@example.test"}
    browser().get(links["ewa@gdynia.example"], status=200)
    found = people(installation)
    assert found.keys() == {"ingrid@example.test", "jonas@example.test", "ewa@gdynia.example", "chen@example.test"}
    ewa, jonas = found["ewa@gdynia.example"], found["jonas@example.test"]
    assert (ewa.name, ewa.is_guest, ewa.is_admin) == ("Ewa Kowalska", True, False)
    assert [group.name for group in ewa.groups] == ["Gdynia yard", "Service engineers"]
    assert (jonas.name, jonas.is_admin) == ("Jonas Bakke", False)
    assert [group.name for group in jonas.groups] == ["Service engineers"]
    with reading(installation.sessions) as session:
        kinds = session.scalars(select(Event.kind).order_by(Event.id)).all()
        assert kinds[-5:] == ["group.add", "user.invite", "user.invite", "group.join", "user.import"]


def test_pasted_lines_do_the_same_as_a_file(admin: TestApp, installation: Installation) -> None:
    page = look(admin, "email,name\newa@example.test,Ewa", pasted=True)
    page.forms["confirm-form"].submit(status=200)
    assert people(installation)["ewa@example.test"].name == "Ewa"


def test_nobody_is_invited_if_so_chosen(admin: TestApp, installation: Installation) -> None:
    page = look(admin, "email\newa@example.test", send=False).forms["confirm-form"].submit(status=200)
    assert "Nobody is invited yet" in page.text
    assert page.html.find(id="links") is None
    assert "Invitation ended" in admin.get("/admin/users").text


def test_lines_that_name_an_unknown_group_are_left_out_unless_groups_may_be_made(
    admin: TestApp, installation: Installation
) -> None:
    page = look(admin, "email,groups\newa@example.test,Gdynia yard")
    assert rows(page) == ["2 ewa@example.test Left out There is no group Gdynia yard."]
    assert "confirm-form" in page.forms
    assert page.html.find(id="confirm-form").find("button") is None
    with reading(installation.sessions) as session:
        assert [group.name for group in session.scalars(select(Group))] == ["Service engineers"]


def test_what_changed_meanwhile_is_shown_again_and_nothing_is_done(
    admin: TestApp, make_person: Any, installation: Installation
) -> None:
    page = look(admin, "email\newa@example.test\nchen@example.test")
    make_person("ewa@example.test", name="Ewa")
    again = page.forms["confirm-form"].submit(status=409)
    assert "Something has changed since this was shown." in again.text
    assert rows(again)[0] == "2 ewa@example.test Nothing to do Already there, nothing changes."
    assert "chen@example.test" not in people(installation)
    again.forms["confirm-form"].submit(status=200)
    assert "chen@example.test" in people(installation)


def test_what_is_confirmed_is_what_was_shown(admin: TestApp, installation: Installation) -> None:
    form = look(admin, "email\newa@example.test").forms["confirm-form"]
    form["text"] = "email,admin\nmallory@example.test,yes"
    form.submit(status=409)
    assert "mallory@example.test" not in people(installation)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("email,name\nos@example.test,Øyvind Ås".encode(), "Øyvind Ås"),
        ("\ufeffemail,name\nos@example.test,Øyvind Ås".encode(), "Øyvind Ås"),
        ("email\tname\r\nos@example.test\tØyvind Ås".encode("utf-16"), "Øyvind Ås"),
        ("email;name\r\nos@example.test;Øyvind Ås".encode("cp1252"), "Øyvind Ås"),
        (b'EMAIL,"Name"\nos@example.test,"Bakke, ""Jo"" Jonas"', 'Bakke, "Jo" Jonas'),
        (b"name,email\n'=1+1,os@example.test", "=1+1"),
    ],
)
def test_files_are_read_as_spreadsheets_write_them(data: bytes, name: str, admin: TestApp) -> None:
    page = look(admin, data)
    assert rows(page)[0].startswith(f"2 {name} os@example.test New")
    assert ("read as Windows-1252" in page.text) == (b"\xd8yvind" in data and not data.startswith(b"\xff"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Choose a file, or paste its lines."),
        (b"email", "There is nobody in it"),
        (b"ewa@example.test\nchen@example.test", "The first line has to name the columns"),
        (b"name,groups\nEwa,x", "The first line has to name the columns"),
        (b"PK\x03\x04 a spreadsheet", "Save it as CSV"),
        (b"email\n\x81\x8d\x8f", "neither UTF-8 nor Windows-1252"),
        (b"email\na\0b@example.test", "neither UTF-8 nor Windows-1252"),
        (b'email,name\newa@example.test,"Ewa', "a quotation mark is not closed"),
        (b"email\n" + b"\n".join(b"p%d@example.test" % number for number in range(5001)), "5,000 people is the most"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_lost(
    data: bytes, sentence: str, admin: TestApp, installation: Installation
) -> None:
    before = dump(installation)
    page = look(admin, data, make_groups=True, status=422)
    assert sentence in page.text
    assert page.forms["import-form"]["make_groups"].checked
    assert dump(installation) == before


def test_a_file_that_is_too_large_is_refused(admin: TestApp) -> None:
    assert "900 KB is the most" in look(admin, b"x" * 900_001, status=413).text
    assert "900 KB is the most" in look(admin, b"x" * 3_000_000, status=413).text


def test_a_forged_preview_is_refused_before_anything_is_read(admin: TestApp) -> None:
    files = [("file", "people.csv", b"email\newa@example.test")]
    admin.post("/admin/users/import/preview", {"csrf_token": "x"}, upload_files=files, status=403)
    admin.post(
        "/admin/users/import/preview", {}, upload_files=files, headers={"Origin": "http://evil.example"}, status=403
    )
    admin.post("/admin/users/import/preview", b"email", status=403)
    admin.post("/admin/users/import", {"text": "email\nx@example.test"}, status=403)


def test_only_administrators_import(make_person: Any, sign_in: Any, testapp: TestApp) -> None:
    app = sign_in(make_person("jonas@example.test"))
    files = [("file", "people.csv", b"email\newa@example.test")]
    for path in ("/admin/users/import", "/admin/users/import/preview"):
        app.get(path, status=404)
        assert app.post(path, {}, upload_files=files, expect_errors=True).status_int in (400, 404)
        assert testapp.post(path, {}, expect_errors=True).status_int in (303, 403)


def test_an_exported_list_is_a_file_to_import(admin: TestApp, installation: Installation) -> None:
    exported = admin.get("/admin/users.csv").body
    page = look(admin, exported)
    assert rows(page) == [
        "2 Ingrid Solheim ingrid@example.test Nothing to do Already there, nothing changes.",
        "3 Jonas Bakke jonas@example.test Nothing to do Already there, nothing changes.",
    ]
