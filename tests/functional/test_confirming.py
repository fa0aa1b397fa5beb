"""Saying the password again: what administrators change, and what makes keys, asks for a proof that is not old."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response
from pyramid_retry import mark_error_retryable
from sqlalchemy import select
from webtest import TestApp

from privmedia import compose
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import ApiToken, Membership, User
from privmedia.accounts.tokens import Tokens
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.scopes import Scope
from privmedia.web.rights import Right
from tests.conftest import ADDRESS, FakeClock, Person
from tests.functional.visitors import World, dump, token_of

WITHOUT = {"admin_users_import_preview"}
"""Routes of administration whose POST changes nothing."""
TITLE = "Say your password again"


@pytest.fixture
def ingrid(make_person: Callable[..., Person]) -> Person:
    return make_person("ingrid@example.test", name="Ingrid Solheim", admin=True)


@pytest.fixture
def admin(sign_in: Callable[[Person], TestApp], ingrid: Person, clock: FakeClock) -> TestApp:
    """Ingrid's browser, in which she signed in three hours ago."""
    browser = sign_in(ingrid)
    clock.forward(hours=3)
    return browser


def asks(answer: Any) -> bool:
    return answer.status_int == 403 and TITLE in answer.text


def group_form(admin: TestApp, name: str = "Gdynia yard") -> Any:
    form = admin.get("/admin/groups", status=200).forms["group-form"]
    form["name"] = name
    return form


def confirm(page: Any, password: str, **more: Any) -> Any:
    form = page.forms["confirm-form"]
    form["confirm_password"] = password
    return form.submit(**more)


def lines(installation: Installation, *kinds: str) -> list[tuple[str, str]]:
    with reading(installation.sessions) as session:
        found = session.scalars(select(Event).where(Event.kind.in_(kinds)).order_by(Event.id))
        return [(line.kind, line.outcome) for line in found]


def administered(app: Any) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each form that administrators send: the route, its pattern, and the fields that choose the view."""
    introspector = app.registry.introspector
    patterns = {each["introspectable"]["name"]: each["introspectable"]["pattern"]
                for each in introspector.get_category("routes")}
    for each in introspector.get_category("views"):
        view = each["introspectable"]
        permissions = {other["value"] for other in each["related"] if other.category_name == "permissions"}
        if Right.ADMINISTER in permissions and "POST" in (view["request_methods"] or ()):
            chosen = [param.split("=", 1) for param in as_tuple(view["request_param"]) if "=" in param]
            yield view["route_name"], patterns[view["route_name"]], dict(chosen)


def as_tuple(found: Any) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else tuple(found or ())


def test_every_form_of_administration_asks_whoever_signed_in_hours_ago(
    app: Any, world: World, clock: FakeClock, installation: Installation
) -> None:
    browser = world.browsers["administrator"]
    clock.forward(hours=3)
    token, before = token_of(browser), dump(installation)
    seen, wrong = set(), []
    for route, pattern, chosen in administered(app):
        seen.add(route)
        sent = [("csrf_token", token), *chosen.items(), ("group", "one"), ("group", "two"), ("name", "Å & <b>")]
        answer = browser.post("/" + pattern.format(**world.ids).lstrip("/"), sent, expect_errors=True)
        if asks(answer) == (route in WITHOUT):
            wrong.append(f"{route} {chosen}: {answer.status}")
        if asks(answer):
            carried = [field for field in answer.forms["confirm-form"].submit_fields() if field[0] != "csrf_token"]
            assert [field for field in carried if not field[0].startswith("confirm_")] == sent[1:], route
    assert wrong == []
    assert {*WITHOUT, "admin_user", "admin_user_disable", "admin_group_delete", "admin_users_invite"} < seen
    assert dump(installation) == before


def test_whoever_signed_in_a_while_ago_is_asked_before_what_decides_over_everything_alone(
    app: Any, world: World, clock: FakeClock
) -> None:
    browser = world.browsers["administrator"]
    clock.forward(minutes=119)
    token = token_of(browser)
    asked = {
        (route, chosen.get("do", ""))
        for route, pattern, chosen in administered(app)
        if asks(
            browser.post(
                "/" + pattern.format(**world.ids).lstrip("/"), {"csrf_token": token, **chosen}, expect_errors=True
            )
        )
    }
    assert asked == {
        ("admin_user", "two_factor_off"), ("admin_user_delete", ""), ("admin_second_factor", ""),
        ("admin_site_keys", ""),
    }


def test_the_pages_of_administration_are_shown_without_asking(admin: TestApp) -> None:
    for address in ("/admin/users", "/admin/groups", "/admin/users/invite", "/admin/users/import", "/admin/audit"):
        assert TITLE not in admin.get(address, status=200).text


def test_after_the_right_password_it_is_done_with_all_that_was_typed(
    admin: TestApp, ingrid: Person, installation: Installation, clock: FakeClock
) -> None:
    asked = group_form(admin, "Gdynia “yard” & <docks>").submit(status=403)
    assert asked.headers["Cache-Control"] == "no-store"
    assert asked.html.find("a", string="Cancel")["href"] == "/admin/groups"
    assert group_names(admin) == []
    done = confirm(asked, ingrid.password, status=303)
    assert "/admin/groups/" in done.location
    assert "Gdynia “yard” & <docks>" in done.follow(status=200).html.h1.get_text()
    assert lines(installation, "confirm", "group.add", "access", "refused") == [
        ("confirm", "done"), ("group.add", "done")
    ]
    clock.forward(minutes=119)
    assert group_form(admin, "Another").submit().status_int == 303
    clock.forward(minutes=2)
    assert asks(group_form(admin, "A third").submit(status=403))


def group_names(admin: TestApp) -> list[str]:
    return [link.get_text() for link in admin.get("/admin/groups").html.select('a[href*="/admin/groups/"]')]


def test_boxes_that_were_ticked_are_still_ticked_afterwards(
    admin: TestApp, ingrid: Person, make_person: Callable[..., Person], installation: Installation
) -> None:
    people = [make_person(f"{name}@example.test", name=name) for name in ("Jonas", "Maren", "Chen")]
    with writing(installation.sessions) as session:
        users = [session.get_one(User, person.id) for person in people]
        group = Groups(session, installation).add_group(name="Gdynia yard")
        Groups(session, installation).join(group=group, users=users)
    ticked = [("user", user.uid) for user in users[:2]]
    sent = [("csrf_token", token_of(admin)), ("do", "remove"), *ticked]
    asked = admin.post(f"/admin/groups/{group.uid}", sent, status=403)
    confirm(asked, ingrid.password, status=303)
    with reading(installation.sessions) as session:
        left = session.scalars(select(Membership.user_id).where(Membership.group_id == group.id)).all()
    assert left == [people[2].id]


def test_after_a_wrong_password_nothing_is_done_and_nothing_is_lost(
    admin: TestApp, ingrid: Person, installation: Installation
) -> None:
    again = confirm(group_form(admin).submit(status=403), "not the right words", status=403)
    assert "That is not your password." in again.text
    assert "After 4 more tries we wait 5 minutes." in again.text
    assert again.forms["confirm-form"]["confirm_password"].value == ""
    assert "not the right words" not in again.text
    assert group_names(admin) == []
    assert lines(installation, "confirm", "access", "refused") == [("confirm", "failed")]
    assert confirm(again, ingrid.password, status=303)
    assert group_names(admin) == ["Gdynia yard"]


def test_without_a_password_it_says_that_one_is_needed(admin: TestApp, installation: Installation) -> None:
    again = confirm(group_form(admin).submit(status=403), "", status=422)
    assert "Your password is needed." in again.text
    assert again.forms["confirm-form"]["name"].value == "Gdynia yard"


def test_who_guesses_has_to_wait_even_with_the_right_password(
    admin: TestApp, ingrid: Person, installation: Installation, clock: FakeClock
) -> None:
    page = group_form(admin).submit(status=403)
    for left in (4, 3, 2, 1, 0):
        page = confirm(page, f"wrong {left}", status=403)
    waits = confirm(page, ingrid.password, status=429)
    assert int(waits.headers["Retry-After"]) <= 301
    assert "Too many tries." in waits.text
    assert group_names(admin) == []
    assert lines(installation, "confirm") == [("confirm", "failed")] * 5 + [("confirm", "denied")]
    clock.forward(minutes=6)
    confirm(waits, ingrid.password, status=303)
    assert group_names(admin) == ["Gdynia yard"]


def test_passwords_are_never_carried_along(app: Any, admin: TestApp) -> None:
    token = token_of(admin)
    secret = {"password": "s3cret-a", "old": "s3cret-b", "new": "s3cret-c", "proof": "s3cret-d"}
    asked = admin.post("/admin/groups", {"csrf_token": token, "name": "x", **secret}, expect_errors=True)
    assert asks(asked)
    assert "s3cret" not in asked.text


def test_the_session_has_a_new_token_afterwards_and_the_old_one_is_dead(
    admin: TestApp, browser: Callable[[], TestApp], ingrid: Person
) -> None:
    asked, old = group_form(admin).submit(status=403), admin.cookies["session"]
    assert admin.cookies["session"] == old
    confirm(asked, ingrid.password, status=303)
    assert admin.cookies["session"] != old
    thief = browser()
    thief.set_cookie("session", old)
    assert "/login" in thief.get("/admin/groups", status=303).location


def test_a_proof_counts_in_the_browser_it_was_given_in_alone(
    admin: TestApp, sign_in: Callable[[Person], TestApp], ingrid: Person
) -> None:
    sign_in(ingrid)
    assert asks(group_form(admin).submit(status=403))


def test_programs_that_ask_for_json_are_told_so(admin: TestApp) -> None:
    token = token_of(admin)
    answer = admin.post(
        "/admin/groups", {"csrf_token": token, "name": "x"}, headers={"Accept": "application/json"}, status=403
    )
    assert answer.content_type == "application/problem+json"
    assert answer.json["title"] == TITLE


def test_a_token_of_an_administrator_is_refused_and_not_asked(
    admin: TestApp, ingrid: Person, browser: Callable[[], TestApp], app: Any, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        owner = session.get_one(User, ingrid.id)
        text = Tokens(session, installation).add(
            user=owner, name="cart", scopes=tuple(Scope), lasts=timedelta(days=7)
        )[1]
    script = browser()
    for route, pattern, chosen in administered(app):
        if "{" in pattern:
            continue
        answer = script.post(
            pattern,
            {**chosen, "confirm_password": ingrid.password},
            headers={"Authorization": f"Bearer {text}"},
            expect_errors=True,
        )
        assert answer.status_int == 403, route
        assert TITLE not in answer.text
    assert lines(installation, "confirm") == []


def test_who_sees_as_somebody_else_is_refused_and_not_asked(
    admin: TestApp, ingrid: Person, make_person: Callable[..., Person], installation: Installation
) -> None:
    jonas = make_person("jonas@example.test", name="Jonas Bakke")
    with reading(installation.sessions) as session:
        uid = session.get_one(User, jonas.id).uid
    token = token_of(admin)
    asked = admin.post(f"/view-as/{uid}", {"csrf_token": token}, expect_errors=True)
    assert asks(asked)
    assert asked.html.find("a", string="Cancel")["href"] == "/"
    confirm(asked, ingrid.password, status=303)
    token = token_of(admin)
    for address in ("/admin/groups", "/account/confirm"):
        sent = {"csrf_token": token, "name": "x", "confirm_password": jonas.password}
        answer = admin.post(address, sent, expect_errors=True)
        assert answer.status_int in (403, 404)
        assert TITLE not in answer.text
    assert admin.post("/view-as/stop", {"csrf_token": token}).status_int == 303


def test_whoever_is_no_administrator_is_not_told_that_there_is_anything_to_ask_for(
    sign_in: Callable[[Person], TestApp], make_person: Callable[..., Person], clock: FakeClock
) -> None:
    jonas = sign_in(make_person("jonas@example.test"))
    clock.forward(hours=3)
    token = token_of(jonas)
    refused = jonas.post("/admin/groups", {"csrf_token": token, "name": "x"}, status=404)
    missing = jonas.post("/admin/nothing", {"csrf_token": token, "name": "x"}, status=404)
    assert refused.text == missing.text


def test_a_forged_form_is_refused_before_anybody_is_asked(admin: TestApp, ingrid: Person) -> None:
    sent = {"csrf_token": "made up", "name": "x", "confirm_password": ingrid.password}
    answer = admin.post("/admin/groups", sent, status=403)
    assert TITLE not in answer.text
    assert group_names(admin) == []


def test_making_an_api_token_asks_too(admin: TestApp, ingrid: Person, installation: Installation) -> None:
    fields = [("do", "add_token"), ("name", "Ålesund"), ("days", "7"), ("scopes", "read"), ("scopes", "upload")]
    asked = admin.post("/account", [("csrf_token", token_of(admin)), *fields], expect_errors=True)
    assert asks(asked)
    made = confirm(asked, ingrid.password, status=200)
    assert "pm_" in made.text
    with reading(installation.sessions) as session:
        token = session.scalars(select(ApiToken)).one()
    assert (token.name, token.scopes) == ("Ålesund", "read,upload")
    revoke = next(form for form in made.forms.values() if "do" in form.fields and form["do"].value == "revoke_token")
    assert revoke.submit().status_int == 303


def test_an_import_is_shown_without_asking_and_done_after_it(
    admin: TestApp, ingrid: Person, installation: Installation
) -> None:
    form = admin.get("/admin/users/import").forms["import-form"]
    form["text"] = "email,name\newa@gdynia.example,Ewa Kowalska\n"
    preview = form.submit(status=200)
    asked = preview.forms["confirm-form"].submit(expect_errors=True)
    assert asks(asked)
    assert asked.forms["confirm-form"].enctype == "multipart/form-data"
    assert "ewa@gdynia.example" not in emails(installation)
    confirm(asked, ingrid.password, status=200)
    assert "ewa@gdynia.example" in emails(installation)


def emails(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(User.email)))


def test_a_request_that_is_tried_again_does_not_ask_again(
    ini: dict[str, str], installation: Installation, ingrid: Person, clock: FakeClock
) -> None:
    tries = []

    def busy_at_first(request: Request) -> Response:
        tries.append(request.POST["text"])
        if len(tries) == 1:
            error = RuntimeError("busy")
            mark_error_retryable(error)
            raise error
        return HTTPNoContent()

    config = Configurator(settings=dict(ini))
    config.add_route("try", "/try")
    config.add_view(busy_at_first, route_name="try", request_method="POST", permission=Right.ADMINISTER)
    app = compose(config, installation)
    host = ADDRESS.removeprefix("http://")
    browser = TestApp(app, extra_environ={"HTTP_HOST": host, "REMOTE_ADDR": "192.0.2.7"})
    form = browser.get("/login").forms["login-form"]
    form["email"], form["password"] = ingrid.email, ingrid.password
    form.submit(status=303)
    clock.forward(hours=3)
    asked = browser.post("/try", {"csrf_token": token_of(browser), "text": "kept"}, status=403)
    confirm(asked, ingrid.password, status=204)
    assert tries == ["kept", "kept"]
    assert lines(installation, "confirm") == [("confirm", "done")]
    assert browser.get("/admin/groups").status_int == 200
