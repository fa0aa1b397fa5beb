"""A proxy signs people in and says who they are: believed in one place, from who may say so, and nowhere else."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from webtest import TestApp
from webtest.response import TestResponse

from privmedia.access.permissions import Permission
from privmedia.access.principals import group
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import SignIn
from privmedia.accounts.service import Accounts
from privmedia.db import reading, writing
from privmedia.header_settings import KEY, read_header
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.providers.header import NotBelieved, key_of, person_in
from privmedia.providers.models import ProviderGroup
from privmedia.settings import Settings
from tests.conftest import ADDRESS, FakeClock, Person
from tests.functional.test_providers import events, who_is
from tests.functional.visitors import token_of

PROXY, STRANGER = "10.1.2.3", "192.0.2.7"
BY_NGINX = {"sent_by": "front-server"}
BY_A_PROXY = {"sent_by": "10.1.2.0/24"}


@pytest.fixture
def more() -> dict[str, str]:
    """The settings of who is believed."""
    return BY_NGINX


@pytest.fixture
def ini(ini: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    keys = {"text": "Skarvik", "make_accounts": "yes", **more}
    return {**ini, **{f"privmedia.header.{key}": text for key, text in keys.items()}}


@pytest.fixture
def said(settings: Settings) -> Callable[..., dict[str, str]]:
    """The headers of our front server about somebody: `said("leila@skarvik.example", groups="a,b")`."""

    def said(user: str, *, key: str | None = None, address: str = STRANGER, **values: str) -> dict[str, str]:
        headers = {"X-Remote-User": user, KEY: key_of(settings.secret) if key is None else key}
        headers |= {f"X-Remote-{name.capitalize()}": value for name, value in values.items()}
        return {"X-Forwarded-For": address, **{name: value for name, value in headers.items() if value}}

    return said


@pytest.fixture
def come(browser: Callable[[], TestApp], said: Callable[..., dict[str, str]]) -> Callable[..., TestApp]:
    """A browser that has come by the proxy: `come("leila@skarvik.example")`."""

    def come(user: str, *, status: int = 303, there: str = "/", **more: str) -> TestApp:
        app = browser()
        app.answer = app.get("/login/header", {"next": there}, headers=said(user, **more), status=status)
        return app

    return come


def nobody_is_signed_in(installation: Installation) -> bool:
    with reading(installation.sessions) as session:
        return session.scalar(select(func.count(SignIn.id))) == 0


def test_who_comes_by_the_proxy_gets_an_account_and_has_it_again(
    come: Callable[..., TestApp], installation: Installation, testapp: TestApp
) -> None:
    button = testapp.get("/login", {"next": "/recent"}).html.select_one(".providers a")
    assert (button.get_text(strip=True), button["href"]) == ("Sign in with Skarvik", "/login/header?next=%2Frecent")
    leila = come("leila", email="leila@skarvik.example", name="Léïla".encode().decode("latin-1"), there="/recent")
    assert leila.answer.headers["Location"] == f"{ADDRESS}/recent"
    assert who_is(leila) == "leila@skarvik.example"
    assert who_is(come("leila", email="new@skarvik.example")) == "leila@skarvik.example"
    with reading(installation.sessions) as session:
        assert Accounts(session, installation).user_by_email("leila@skarvik.example").name == "Léïla"
    assert [event.through for event in events(installation, "sign-in")] == ["Skarvik", "Skarvik"]


def test_groups_follow_what_the_proxy_says(come: Callable[..., TestApp], installation: Installation) -> None:
    with writing(installation.sessions) as session:
        ours = Groups(session, installation).add_group(name="Service")
        session.add(ProviderGroup(provider="header", value="engineers", group_id=ours.id))
        folder = Paths(session, installation).make_folders("Product training")[-1]
        Rules(session, installation).set(folder, Wanted(group(ours.id), Permission.VIEW))
    leila = come("leila@skarvik.example", groups="all, engineers")
    leila.get(f"/f/{folder.uid}", status=200)
    come("leila@skarvik.example", groups="all")
    leila.get(f"/f/{folder.uid}", status=404)


FORGED: dict[str, tuple[str, dict[str, str], str]] = {
    "without a key": ("admin@example.test", {"key": ""}, "it did not come through the place"),
    "with another key": ("admin@example.test", {"key": "0" * 64}, "it did not come through the place"),
    "nobody": ("", {}, "no X-Remote-User came"),
    "twice": ("leila@skarvik.example,admin@example.test", {}, "is no name, or came twice"),
    "two lines": ("leila\tadmin", {}, "is no name, or came twice"),
    "without end": ("x" * 300, {}, "is no name, or came twice"),
    "no UTF-8": ("leil\xe4", {}, "is not UTF-8"),
    "groups without end": ("leila@skarvik.example", {"groups": "g," * 40_000}, "X-Remote-Groups is too long"),
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_is_not_the_word_of_who_may_say_it_is_refused_and_in_the_log(
    come: Callable[..., TestApp], make_person: Callable[..., Person], installation: Installation, forged: str
) -> None:
    make_person("admin@example.test", admin=True)
    user, more, why = FORGED[forged]
    turned = come(user, status=403, **more)
    assert "Skarvik did not say who you are." in turned.answer
    assert who_is(turned) is None
    assert nobody_is_signed_in(installation)
    (event,) = events(installation, "sign-in")
    assert event.outcome == "failed"
    assert why in event.detail["why"]


@pytest.mark.parametrize("more", [BY_A_PROXY])
def test_only_the_proxy_of_the_settings_is_believed(
    come: Callable[..., TestApp], installation: Installation, more: dict[str, str]
) -> None:
    assert who_is(come("leila@skarvik.example", address=PROXY)) == "leila@skarvik.example"
    for address in (STRANGER, "10.1.3.1", "::1", "", "10.1.2.3, 192.0.2.7", "::ffff:192.0.2.7"):
        assert who_is(come("leila@skarvik.example", address=address, status=403)) is None
    assert "is not among those who may say so" in events(installation, "sign-in")[-1].detail["why"]


@pytest.mark.parametrize("more", [BY_A_PROXY])
def test_without_a_front_server_the_line_itself_has_to_come_from_the_proxy(
    ini: dict[str, str], installation: Installation, more: dict[str, str]
) -> None:
    settings = Settings.read({**ini, "privmedia.front_server": "builtin"}, {})
    assert settings.header is not None
    environ = {"HTTP_X_REMOTE_USER": "leila", "REMOTE_ADDR": PROXY}
    assert person_in(environ, settings.header, settings).subject == "leila"
    for address in (STRANGER, "", "localhost"):
        with pytest.raises(NotBelieved):
            person_in({**environ, "REMOTE_ADDR": address}, settings.header, settings)


def test_everywhere_else_the_header_means_nothing(
    browser: Callable[[], TestApp], said: Callable[..., dict[str, str]], come: Callable[..., TestApp],
    make_person: Callable[..., Person],
) -> None:
    make_person("admin@example.test", admin=True)
    headers = said("admin@example.test")
    for address in ("/", "/account", "/admin", "/login", "/smedia/0000000000000000/play.mp4", "/api/v1/me"):
        app = browser()
        answer: TestResponse = app.get(address, headers=headers, expect_errors=True)
        assert answer.status_int in (200, 303, 404)
        assert who_is(app) is None
    leila = come("leila@skarvik.example")
    leila.get("/account", headers=headers)
    assert who_is(leila) == "leila@skarvik.example"
    leila.get("/login/header", headers=headers, status=303)
    assert who_is(leila) == "leila@skarvik.example"


def test_forms_still_need_their_token_and_who_signs_out_is_told_that_the_proxy_knows_them(
    come: Callable[..., TestApp], said: Callable[..., dict[str, str]]
) -> None:
    leila = come("leila@skarvik.example")
    leila.post("/logout", headers=said("leila@skarvik.example"), status=403)
    page = leila.post("/logout", {"csrf_token": token_of(leila)}, status=303).follow()
    assert "Skarvik still knows you: whoever uses this browser next comes in by one click." in page
    assert who_is(leila) is None


def test_who_is_disabled_here_or_has_an_account_of_another_kind_is_turned_away(
    come: Callable[..., TestApp], make_person: Callable[..., Person], installation: Installation
) -> None:
    make_person("admin@example.test", admin=True)
    assert "There is an account with your email address already" in come("admin@example.test", status=403).answer
    come("leila@skarvik.example")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email("leila@skarvik.example"))
    assert "Your account here is disabled." in come("leila@skarvik.example", status=403).answer
    assert "did not tell your email address" in come("moe", status=403).answer


@pytest.mark.parametrize("more", [{**BY_NGINX, "admin_group": "it", "email_domain": "skarvik.example"}])
def test_who_has_no_password_here_proves_by_the_proxy_who_they_are(
    come: Callable[..., TestApp], said: Callable[..., dict[str, str]], make_person: Callable[..., Person],
    clock: FakeClock,
) -> None:
    make_person("local@example.test", admin=True)
    leila = come("leila", groups="it")
    clock.forward(hours=3)
    form = leila.get("/admin/groups").forms["group-form"]
    form["name"] = "Welders"
    again = form.submit(status=403).html.select_one("main a.btn-primary")["href"]
    assert again.startswith("/login/header?again=y")
    leila.get(again, headers=said("moe", groups="it"), status=403)
    leila.get(again, headers=said("leila", groups="it"), status=303)
    form = leila.get("/admin/groups").forms["group-form"]
    form["name"] = "Welders"
    assert "Welders" in form.submit(status=303).follow()


WRONG = {
    "everybody": ({"sent_by": "0.0.0.0/0"}, "nearly everybody"),
    "no address": ({"sent_by": "the proxy"}, "sent_by"),
    "nobody": ({"text": "x"}, "'privmedia.header.sent_by' is missing"),
    "another meaning": ({**BY_NGINX, "user": "Cookie"}, "a header of its own"),
    "one header twice": ({**BY_NGINX, "email": "x-remote-user"}, "names one header twice"),
    "what a browser sets": ({**BY_NGINX, "nginx_user": "$http_x_user"}, "a variable of nginx that no browser sets"),
    "a line of nginx": ({**BY_NGINX, "nginx_include": "/x;}"}, "an absolute path"),
    "unknown": ({**BY_NGINX, "colour": "red"}, "'privmedia.header.colour' is no setting"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_settings_that_would_open_the_door_stop_the_start(wrong: str) -> None:
    keys, sentence = WRONG[wrong]
    found, problems = read_header({f"privmedia.header.{key}": text for key, text in keys.items()}, {}, "nginx")
    assert found is None
    assert sentence in " ".join(problems)
    _, problems = read_header({"privmedia.header.sent_by": "front-server"}, {}, "caddy")
    assert "not with caddy" in problems[0]
