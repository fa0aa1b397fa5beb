from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.accounts.models import User
from privmedia.audit.models import Event
from privmedia.db import reading
from privmedia.installation import Installation

PASSWORD = "four other words entirely 9"


@pytest.fixture
def ingrid(make_person: Callable[..., Any]) -> Any:
    return make_person("ingrid@example.test", name="Ingrid Solheim", admin=True)


@pytest.fixture
def jonas(make_person: Callable[..., Any]) -> Any:
    return make_person("jonas@example.test", name="Jonas Bakke")


@pytest.fixture
def admin(sign_in: Any, ingrid: Any) -> TestApp:
    return sign_in(ingrid)


def page_of(admin: TestApp, name: str, index: str = "/admin/users") -> Any:
    return admin.get(index).click(name)


def lines(installation: Installation, after: int = 0) -> list[tuple[str, str]]:
    with reading(installation.sessions) as session:
        found = session.scalars(select(Event).where(Event.id > after).order_by(Event.id))
        return [(line.kind, line.target) for line in found]


def make_group(admin: TestApp, name: str) -> Any:
    form = admin.get("/admin/groups").forms["group-form"]
    form["name"] = name
    return form.submit(expect_errors=True)


def test_administration_does_not_exist_for_others(
    sign_in: Any, jonas: Any, ingrid: Any, admin: TestApp, testapp: TestApp, installation: Installation
) -> None:
    with reading(installation.sessions) as session:
        uid = session.get_one(User, ingrid.id).uid
    app = sign_in(jonas)
    bodies = set()
    for path in ("/admin", "/admin/users", "/admin/users/new", "/admin/groups", f"/admin/users/{uid}",
                 "/admin/users/0000000000000000", "/admin/groups/0000000000000000", "/no/such/page"):
        bodies.add(app.get(path, status=404).text)
        if not path.startswith("/no"):
            testapp.get(path, status=303)
    assert len(bodies) == 1
    token = app.get("/account").forms["password"]["csrf_token"].value
    app.post(f"/admin/users/{uid}", {"csrf_token": token, "do": "disable"}, status=404)
    app.post("/admin/users/new", {"csrf_token": token, "email": "x@example.test"}, status=404)


def test_what_somebody_may_not_administer_is_in_the_log(
    sign_in: Any, jonas: Any, installation: Installation
) -> None:
    sign_in(jonas).get("/admin/users", status=404)
    with reading(installation.sessions) as session:
        denied = session.scalars(select(Event).where(Event.outcome == "denied")).one()
    assert (denied.kind, denied.target) == ("access", "GET /admin/users")
    assert denied.actor == "Jonas Bakke <jonas@example.test>"
    assert denied.address == "192.0.2.7"


def test_a_person_is_added_and_can_sign_in(admin: TestApp, browser: Any) -> None:
    form = admin.get("/admin/users").click("Add a person").forms["user-form"]
    form["name"], form["email"], form["password"] = "Ewa Kowalska", "Ewa@Example.test", PASSWORD
    form["guest"] = True
    page = form.submit(status=303).follow()
    assert "Ewa Kowalska can sign in now." in page.text
    assert "Guest" in page.text
    login = browser().get("/login").forms["login-form"]
    login["email"], login["password"] = "ewa@example.test", PASSWORD
    login.submit(status=303)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "nonsense", "That is no email address."),
        ("email", "ingrid@example.test", "already has an account"),
        ("name", "", "A name is needed."),
        ("password", "ewa kowalska", "Try three or four unrelated words."),
        ("guest", True, "cannot be a guest"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(field: str, value: Any, sentence: str, admin: TestApp) -> None:
    form = admin.get("/admin/users/new").forms["user-form"]
    form["name"], form["email"], form["password"] = "Ewa Kowalska", "ewa@example.test", PASSWORD
    form["admin"] = True
    form[field] = value
    answer = form.submit(status=422)
    assert sentence in answer.text
    assert answer.forms["user-form"]["email"].value == (value if field == "email" else "ewa@example.test")
    assert "Ewa" not in admin.get("/admin/users").text


def test_what_the_form_does_not_offer_is_not_taken(admin: TestApp, installation: Installation) -> None:
    form = admin.get("/admin/users/new").forms["user-form"]
    values = {"name": "Ewa", "email": "ewa@example.test", "password": PASSWORD, "csrf_token": form["csrf_token"].value}
    more = {"is_admin": "1", "id": "1", "uid": "0" * 16, "disabled_at": "1", "password_hash": "x"}
    admin.post("/admin/users/new", {**values, **more}, status=303)
    with reading(installation.sessions) as session:
        ewa = session.scalars(select(User).where(User.email == "ewa@example.test")).one()
        assert (ewa.is_admin, ewa.disabled_at) == (False, None)
        assert ewa.id != 1
        assert ewa.uid != "0" * 16
        assert ewa.password_hash != "x"


def test_disabling_somebody_ends_their_session_at_once_and_enabling_lets_them_in_again(
    admin: TestApp, sign_in: Any, jonas: Any
) -> None:
    app = sign_in(jonas)
    answer = page_of(admin, "Jonas Bakke").forms["state-form"].submit(status=303)
    assert "Jonas Bakke is signed out and cannot sign in any more." in answer.follow().text
    app.get("/account", status=303)
    form = app.get("/login").forms["login-form"]
    form["email"], form["password"] = jonas.email, jonas.password
    form.submit(status=401)
    assert "Disabled" in admin.get("/admin/users").text
    page_of(admin, "Jonas Bakke").forms["state-form"].submit(status=303)
    app.get("/account", status=303)
    sign_in(jonas)


def test_the_last_administrator_stays_one(admin: TestApp, ingrid: Any) -> None:
    page = page_of(admin, "Ingrid Solheim")
    form = page.forms["profile-form"]
    form["admin"] = False
    assert "This is the last administrator." in form.submit(status=422).text
    assert "This is you." in page.text
    values = {"csrf_token": form["csrf_token"].value, "do": "disable"}
    assert "This is the last administrator." in admin.post(page.request.path, values, status=409).text
    admin.get("/admin/users", status=200)


def test_a_person_is_renamed_and_made_an_administrator(admin: TestApp, sign_in: Any, jonas: Any) -> None:
    app = sign_in(jonas)
    form = page_of(admin, "Jonas Bakke").forms["profile-form"]
    form["name"], form["admin"] = "Jonas B. Bakke", True
    assert "Jonas B. Bakke" in form.submit(status=303).follow().text
    app.get("/admin/users", status=200)
    form = page_of(admin, "Jonas B. Bakke").forms["profile-form"]
    form["admin"] = False
    form.submit(status=303)
    app.get("/admin/users", status=404)


def test_a_password_that_was_set_works_and_the_old_one_does_not(
    admin: TestApp, sign_in: Any, jonas: Any, browser: Any
) -> None:
    app = sign_in(jonas)
    form = page_of(admin, "Jonas Bakke").forms["password-form"]
    form["password"] = "jonas bakke"
    assert "Try three or four unrelated words." in form.submit(status=422).text
    app.get("/account", status=200)
    form["password"] = PASSWORD
    form.submit(status=303)
    app.get("/account", status=303)
    for password, status in ((jonas.password, 401), (PASSWORD, 303)):
        login = browser().get("/login").forms["login-form"]
        login["email"], login["password"] = jonas.email, password
        login.submit(status=status)


def test_people_are_found_by_part_of_name_or_address_and_paged(admin: TestApp, make_person: Any) -> None:
    for number in range(60):
        make_person(f"p{number:02}@example.test", name=f"Person {number:02}")
    first = admin.get("/admin/users")
    assert "61 people" in first.text
    assert "Person 48" in first.text
    assert "Person 49" not in first.text
    second = first.click("Show more")
    assert "Person 59" in second.text
    assert "Person 48" not in second.text
    form = first.forms["search-form"]
    form["q"] = "PERSON p3"
    found = form.submit()
    assert "10 people" in found.text
    assert "Person 31" in found.text
    assert "Ingrid" not in found.html.find("main").text
    form["q"] = "<b>nobody</b>"
    nobody = form.submit()
    assert "Nobody found" in nobody.text
    assert "<b>nobody</b>" not in nobody.text
    for page in ("0", "-1", "x", "9" * 30, "99"):
        admin.get("/admin/users", {"page": page}, status=200)


def test_a_group_is_made_named_filled_and_emptied(
    admin: TestApp, jonas: Any, installation: Installation
) -> None:
    page = make_group(admin, "Service  engineers").follow()
    assert "Nobody is in this group yet" in page.text
    form = page.forms["add-form"]
    form["user"].select(text="Jonas Bakke (jonas@example.test)")
    page = form.submit(status=303).follow()
    assert "1 person" in page.text
    form = page.forms["rename-form"]
    form["name"] = "Engineers"
    page = form.submit(status=303).follow()
    assert "Engineers" in admin.get("/admin/users").text
    remove = next(form for form in page.forms.values() if form.id is None and "user" in form.fields)
    page = remove.submit(status=303).follow()
    assert "Nobody is in this group yet" in page.text
    assert lines(installation)[-4:] == [
        ("group.add", "Service engineers"),
        ("group.join", "Service engineers"),
        ("group.rename", "Engineers"),
        ("group.leave", "Engineers"),
    ]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "A name is needed."), ("BOARD", "already a group"), ("everyone", "stands for all"), ("x" * 121, "the most")],
)
def test_a_name_that_cannot_be_used_makes_no_group(name: str, sentence: str, admin: TestApp) -> None:
    make_group(admin, "Board")
    answer = make_group(admin, name)
    assert answer.status_int == 422
    assert sentence in answer.text
    make_group(admin, "Marketing")
    form = page_of(admin, "Marketing", "/admin/groups").forms["rename-form"]
    form["name"] = name
    assert sentence in form.submit(status=422).text


def test_groups_of_a_person_are_ticked_on_their_page(
    admin: TestApp, jonas: Any, installation: Installation
) -> None:
    for name in ("Board", "Engineers", "Marketing"):
        make_group(admin, name)

    def ticked(form: Any) -> list[str]:
        return [field.id for field in form.fields["group"] if field.checked]

    form = page_of(admin, "Jonas Bakke").forms["groups-form"]
    for field in form.fields["group"][:2]:
        field.checked = True
    form = form.submit(status=303).follow().forms["groups-form"]
    assert len(ticked(form)) == 2
    form.fields["group"][0].checked = False
    form = form.submit(status=303).follow().forms["groups-form"]
    assert len(ticked(form)) == 1
    assert [kind for kind, _ in lines(installation)][-2:] == ["user.groups", "user.groups"]


@pytest.mark.parametrize("uid", ["", "x", "0000000000000000"])
def test_unknown_people_and_groups_are_refused_clearly(uid: str, admin: TestApp, jonas: Any) -> None:
    page = make_group(admin, "Board").follow()
    token = page.forms["rename-form"]["csrf_token"].value
    answer = admin.post(page.request.path, {"csrf_token": token, "do": "add", "user": uid}, status=422)
    assert "Choose a person." in answer.text
    person = page_of(admin, "Jonas Bakke").request.path
    admin.post(person, {"csrf_token": token, "do": "groups", "group": uid}, status=404)
    admin.post(person, {"csrf_token": token, "do": "nonsense"}, status=405)
    admin.get("/admin/users/0000000000000000", status=404)


def test_every_change_is_one_line_with_who_did_it_and_from_where(
    admin: TestApp, jonas: Any, installation: Installation
) -> None:
    before = len(lines(installation))
    page = page_of(admin, "Jonas Bakke")
    page.forms["state-form"].submit(status=303)
    page.forms["profile-form"].submit(status=303)
    with reading(installation.sessions) as session:
        new = session.scalars(select(Event).where(Event.id > before).order_by(Event.id)).all()
    assert [(line.kind, line.actor, line.address) for line in new] == [
        ("user.disable", "Ingrid Solheim <ingrid@example.test>", "192.0.2.7"),
        ("user.change", "Ingrid Solheim <ingrid@example.test>", "192.0.2.7"),
    ]
