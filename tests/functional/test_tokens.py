"""API tokens: made once, limited to their scopes, and never more than their person."""
from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.accounts.models import ApiToken, User
from privmedia.accounts.service import Accounts
from privmedia.accounts.token_commands import token as command
from privmedia.accounts.tokens import SHAPE, Tokens
from privmedia.audit.models import Event
from privmedia.console import Line
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.scopes import Scope
from tests.conftest import FakeClock, Person
from tests.functional.test_access_matrix import TABLE, World, dump
from tests.functional.test_upload import MULTIPART, PNG, multipart
from tests.private_library import PrivateLibrary

EVERY = tuple(Scope)


class Keyring:
    """Tokens of one person, who may do everything in one folder, and a browser that has no cookies."""

    def __init__(self, installation: Installation, app: TestApp) -> None:
        self.installation, self.app = installation, app
        self.library = PrivateLibrary(installation)
        self.library.add_person("Leila", allow=Permission.MANAGE)
        self.item = self.library.add_item(b"0123456789" * 100)

    def make(self, *scopes: Scope, lasts: timedelta = timedelta(days=90)) -> dict[str, str]:
        """The header of a new token."""
        with writing(self.installation.sessions) as session:
            owner = self.library.user(session, "Leila")
            text = Tokens(session, self.installation).add(user=owner, name="cart", scopes=scopes, lasts=lasts)[1]
        return {"Authorization": f"Bearer {text}"}

    def get(self, address: str, header: dict[str, str], **more: Any) -> Any:
        return self.app.get(address, headers={**header, **more}, expect_errors=True)

    @property
    def addresses(self) -> tuple[str, ...]:
        item = self.item
        played = (f"/smedia/{item}/play.mp4", f"/smedia/{item}/poster.webp", f"/smedia/{item}/original/T4%20bench.mp4")
        return (f"/m/{item}", f"/f/{self.library.folder}", "/recent", *played)


@pytest.fixture
def keys(installation: Installation, testapp: TestApp) -> Keyring:
    return Keyring(installation, testapp)


def test_a_token_for_reading_opens_pages_and_files_of_its_person(keys: Keyring) -> None:
    header = keys.make(Scope.READ)
    assert [keys.get(address, header).status_int for address in keys.addresses] == [200] * 6
    sent = keys.get(f"/smedia/{keys.item}/play.mp4", header)
    assert sent.headers["X-Accel-Redirect"].startswith("/pmedia/")


def test_a_token_without_the_scope_reads_nothing(keys: Keyring) -> None:
    header = keys.make(Scope.UPLOAD)
    answers = [keys.get(address, header).status_int for address in keys.addresses]
    assert set(answers) <= {403, 404}


@pytest.mark.parametrize("how", ["revoked", "ended", "disabled", "made up", "cut short"])
def test_a_token_that_is_over_is_refused_at_the_very_next_request(how: str, keys: Keyring, clock: FakeClock) -> None:
    header = keys.make(Scope.READ, lasts=timedelta(days=7))
    assert keys.get(keys.addresses[0], header).status_int == 200
    with writing(keys.installation.sessions) as session:
        leila = keys.library.user(session, "Leila")
        if how == "revoked":
            token = Tokens(session, keys.installation).of(leila.id)[0]
            Tokens(session, keys.installation).revoke(uid=token.uid, user=leila)
        elif how == "disabled":
            Accounts(session, keys.installation).disable(user=leila)
    if how == "ended":
        clock.forward(days=7)
    if how == "made up":
        header = {"Authorization": "Bearer pm_" + "x" * 43}
    if how == "cut short":
        header = {"Authorization": header["Authorization"][:-1]}
    for address in keys.addresses:
        answer = keys.get(address, header)
        assert answer.status_int == (404 if address.startswith("/smedia/") else 401), address
        assert "X-Accel-Redirect" not in answer.headers
        assert b"T4" not in answer.body


def test_a_right_taken_from_the_person_is_taken_from_the_token(keys: Keyring) -> None:
    header = keys.make(*EVERY)
    keys.library.set_rule("Leila")
    assert [keys.get(address, header).status_int for address in keys.addresses] == [404, 404, 200, 404, 404, 404]
    assert "T4" not in keys.get("/recent", header)


def test_with_a_token_the_cookie_that_comes_along_counts_for_nothing(keys: Keyring) -> None:
    cookie = dict(keys.library.cookie("Leila"))
    assert keys.get(f"/m/{keys.item}", cookie).status_int == 200
    dead = {"Authorization": "bearer pm_" + "x" * 43}
    for address in keys.addresses[:3]:
        answer = keys.get(address, dead, **cookie)
        assert answer.status_int == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert keys.get(keys.addresses[3], dead, **cookie).status_int == 404
    # A browser behind a front server that asks for a password of its own sends that along everywhere.
    assert keys.get(f"/m/{keys.item}", {"Authorization": "Basic bGVpbGE6eA=="}, **cookie).status_int == 200


def test_a_token_in_an_address_is_no_token(keys: Keyring) -> None:
    text = keys.make(Scope.READ)["Authorization"].partition(" ")[2]
    for name in ("token", "access_token", "api_key"):
        assert "/login" in keys.get(f"/m/{keys.item}?{name}={text}", {}).location


def upload(keys: Keyring, header: dict[str, str]) -> Any:
    fields = [("folder", keys.library.folder), ("title", "Sent by a script")]
    sent = multipart(fields, [("one.png", PNG)])
    return keys.app.post("/upload/plain", sent, headers={**MULTIPART, **header}, expect_errors=True)


def titles(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Item.title)))


def test_a_script_adds_a_file_by_its_token_alone(keys: Keyring) -> None:
    assert upload(keys, keys.make(Scope.UPLOAD)).status_int == 303
    assert "Sent by a script" in titles(keys.installation)


@pytest.mark.parametrize("scopes", [(Scope.READ,), (Scope.EDIT,), (Scope.READ, Scope.EDIT, Scope.MANAGE)])
def test_without_its_scope_nothing_is_added(scopes: tuple[Scope, ...], keys: Keyring) -> None:
    assert upload(keys, keys.make(*scopes)).status_int == 403
    assert titles(keys.installation) == ["T4"]


def test_a_script_changes_a_title_only_with_the_scope_for_it(keys: Keyring) -> None:
    change = {"title": "T4, second run", "description": ""}
    for scope, status in ((Scope.READ, 403), (Scope.UPLOAD, 403), (Scope.MANAGE, 403), (Scope.EDIT, 303)):
        answer = keys.app.post(
            f"/m/{keys.item}/edit", change, headers=keys.make(scope, Scope.READ), expect_errors=True
        )
        assert answer.status_int == status, scope
    assert titles(keys.installation) == ["T4, second run"]


def test_another_site_cannot_use_a_token_through_a_browser(keys: Keyring) -> None:
    header = {**keys.make(*EVERY), "Sec-Fetch-Site": "cross-site"}
    change = {"title": "Forged", "description": ""}
    assert keys.app.post(f"/m/{keys.item}/edit", change, headers=header, expect_errors=True).status_int == 403
    assert titles(keys.installation) == ["T4"]


def test_a_token_for_reading_changes_nothing_anywhere(keys: Keyring, world: World) -> None:
    header = keys.make(Scope.READ)
    with writing(keys.installation.sessions) as session:
        session.get_one(User, keys.library.user_ids["Leila"]).is_admin = True
    keys.get(keys.addresses[0], header)  # its use is noted, and not again for a while
    before = dump(keys.installation)
    wrong = []
    for rows in TABLE.values():
        for pattern, *_rest in rows:
            address = pattern.format(**world.ids)
            for method in ("post", "put", "patch", "delete"):
                answer = getattr(keys.app, method)(address, headers=header, expect_errors=True)
                if answer.status_int < 300:
                    wrong.append(f"{method} {address}: {answer.status_int}")
    assert wrong == []
    assert dump(keys.installation) == before


PAGES_OF_KEYS = ("/account", "/admin", "/admin/users", "/admin/users/invite", "/admin/groups", "/admin/audit")


def test_no_token_reaches_accounts_or_the_administration_whatever_its_scopes(keys: Keyring) -> None:
    header = keys.make(*EVERY)
    with writing(keys.installation.sessions) as session:
        session.get_one(User, keys.library.user_ids["Leila"]).is_admin = True
    for address in PAGES_OF_KEYS:
        assert keys.get(address, header).status_int in (403, 404), address
    asked = {"do": "add_token", "name": "another", "scopes": "manage", "days": "365"}
    assert keys.app.post("/account", asked, headers=header, expect_errors=True).status_int == 403
    with reading(keys.installation.sessions) as session:
        assert len(session.scalars(select(ApiToken)).all()) == 1


def test_the_last_use_is_noted_and_the_log_says_which_token_it_was(keys: Keyring, clock: FakeClock) -> None:
    header = keys.make(Scope.EDIT, Scope.READ)
    keys.app.post(f"/m/{keys.item}/edit", {"title": "Renamed", "description": ""}, headers=header)
    with reading(keys.installation.sessions) as session:
        token = session.scalars(select(ApiToken)).one()
        assert (token.last_used_at, token.last_address) == (clock.now, "192.0.2.7")
        event = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
        assert (event.kind, event.through) == ("item.edit", "token cart")


def account(sign_in: Callable[[Person], TestApp], make_person: Callable[..., Person]) -> TestApp:
    return sign_in(make_person("leila@example.test"))


def token_form(app: TestApp) -> Any:
    return next(
        form for form in app.get("/account").forms.values() if "do" in form.fields and form["do"].value == "add_token"
    )


def test_a_token_made_on_the_account_page_is_shown_once_and_kept_only_as_its_hash(
    sign_in: Callable[[Person], TestApp], make_person: Callable[..., Person], installation: Installation
) -> None:
    app = account(sign_in, make_person)
    form = token_form(app)
    form["name"] = "Camera cart"
    form["days"] = "30"
    form.set("scopes", True, index=0)
    page = form.submit(status=200)
    shown = SHAPE.search(page.text)
    assert shown is not None
    assert page.headers["Cache-Control"] == "no-store"
    again = app.get("/account")
    assert shown[0] not in again
    assert "Camera cart" in again
    with reading(installation.sessions) as session:
        token = session.scalars(select(ApiToken)).one()
        assert token.scopes == "read"
        assert shown[0] not in (token.token_hash, token.name)
        assert shown[0] not in str([event.detail for event in session.scalars(select(Event))])


def test_a_token_without_name_or_scope_is_refused_and_what_was_typed_stays(
    sign_in: Callable[[Person], TestApp], make_person: Callable[..., Person]
) -> None:
    app = account(sign_in, make_person)
    form = token_form(app)
    form["name"] = "Camera cart"
    page = form.submit(status=422)
    assert "Choose at least one thing" in page
    assert 'value="Camera cart"' in page


def test_somebody_else_cannot_revoke_ones_token(
    keys: Keyring, sign_in: Callable[[Person], TestApp], make_person: Callable[..., Person]
) -> None:
    header = keys.make(Scope.READ)
    app = account(sign_in, make_person)
    with reading(keys.installation.sessions) as session:
        uid = session.scalars(select(ApiToken.uid)).one()
    asked = {"do": "revoke_token", "token": uid, "csrf_token": token_form(app)["csrf_token"].value}
    app.post("/account", asked, status=404)
    assert keys.get(keys.addresses[0], header).status_int == 200


def run(installation: Installation, *words: str) -> Any:
    line = Line("none.ini")
    line.__dict__["installation"] = installation
    return CliRunner().invoke(command, words, obj=line)


def test_the_command_line_makes_lists_and_revokes_tokens(keys: Keyring) -> None:
    with reading(keys.installation.sessions) as session:
        email = keys.library.user(session, "Leila").email
    made = run(keys.installation, "add", email, "--scope", "read,upload", "--expires", "30d")
    text = made.output.strip()
    assert SHAPE.fullmatch(text)
    assert keys.get(keys.addresses[0], {"Authorization": f"Bearer {text}"}).status_int == 200
    listed = json.loads(run(keys.installation, "list", "--json").output)
    assert [(row["email"], row["scopes"]) for row in listed] == [(email, ["read", "upload"])]
    assert text not in run(keys.installation, "list").output
    assert run(keys.installation, "revoke", listed[0]["id"]).exit_code == 0
    assert keys.get(keys.addresses[0], {"Authorization": f"Bearer {text}"}).status_int == 401
    assert json.loads(run(keys.installation, "list", "--json").output) == []


@pytest.mark.parametrize("words", [("--scope", "everything"), ("--scope", "read", "--expires", "soon"), ()])
def test_the_command_line_refuses_what_it_does_not_know(words: tuple[str, ...], keys: Keyring) -> None:
    assert run(keys.installation, "add", "nobody@example.test", *words).exit_code == 2
