"""Signing in at the company's identity provider: the first time, again, with other groups, and out again."""
from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import group
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.operations.doctor.inside import the_providers_answer
from privmedia.provider_settings import read_providers
from tests.conftest import ADDRESS, FakeClock, Person
from tests.functional.visitors import token_of
from tests.providers import RealProvider, in_the_settings, real_provider

LEILA = {"email": "leila@skarvik.example", "email_verified": True, "name": "Leila Haddad", "groups": ["engineers"]}


@pytest.fixture(scope="module")
def provider() -> Iterator[RealProvider]:
    with real_provider(ADDRESS, "skarvik") as provider:
        yield provider


@pytest.fixture
def clock() -> FakeClock:
    """Now: the provider's clock is a real one."""
    clock = FakeClock()
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return clock


@pytest.fixture
def ini(ini: dict[str, str], provider: RealProvider) -> dict[str, str]:
    more = {"make_accounts": "yes", "scope": "openid email profile groups", "admin_group": "it-admins"}
    return {**ini, **in_the_settings("skarvik", provider.issuer, **more)}


@pytest.fixture
def come(browser: Callable[[], TestApp], provider: RealProvider) -> Callable[..., TestApp]:
    """A browser in which somebody has signed in at the provider: `come("leila")`."""

    def come(
        account: str, *, there: str = "/", status: int = 303, known: requests.Session | None = None
    ) -> TestApp:
        app = browser()
        going = app.get("/login/oidc/skarvik", {"next": there}, status=303)
        back = provider.sign_in(going.headers["Location"], account, known)
        app.answer = app.get(back.removeprefix(ADDRESS), status=status)
        return app

    return come


def who_is(app: TestApp) -> str | None:
    """The address of who is signed in there, if somebody is."""
    answer = app.get("/account", expect_errors=True)
    return answer.html.select_one(".whoami .dim").get_text() if answer.status_int == 200 else None


def events(installation: Installation, kind: str) -> list[Event]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def test_somebody_of_the_company_gets_an_account_at_the_first_sign_in_and_has_it_at_the_second(
    come: Callable[..., TestApp], provider: RealProvider, installation: Installation, testapp: TestApp
) -> None:
    button = testapp.get("/login", {"next": "/recent"}).html.select_one(".providers a")
    assert button.get_text(strip=True) == "Sign in with Skarvik"
    assert button["href"] == "/login/oidc/skarvik?next=%2Frecent"
    provider.knows("first-1", **LEILA)
    first = come("first-1", there="/recent")
    assert first.answer.headers["Location"] == f"{ADDRESS}/recent"
    assert who_is(first) == "leila@skarvik.example"
    provider.knows("first-1", **{**LEILA, "email": "leila.haddad@skarvik.example"})
    again = come("first-1")
    assert who_is(again) == "leila@skarvik.example"
    with reading(installation.sessions) as session:
        assert [user.name for user in session.scalars(select(User))] == ["Leila Haddad"]
    assert [event.through for event in events(installation, "sign-in")] == ["Skarvik", "Skarvik"]


def test_groups_there_open_what_groups_here_may_see_and_close_it_again(
    come: Callable[..., TestApp], provider: RealProvider, installation: Installation,
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp],
) -> None:
    with writing(installation.sessions) as session:
        ours, by_hand = (Groups(session, installation).add_group(name=name) for name in ("Service", "Choir"))
        folder = Paths(session, installation).make_folders("Product training")[-1]
        Rules(session, installation).set(folder, Wanted(group(ours.id), Permission.VIEW))
    admin = sign_in(make_person("admin@example.test", admin=True))
    form = admin.get("/admin/sign-in").forms["provider-group-form"]
    form["value"], form["group"] = "engineers", ours.uid
    page = form.submit().follow()
    assert "engineers" in page
    provider.knows("group-1", **{**LEILA, "groups": []})
    leila = come("group-1")
    leila.get(f"/f/{folder.uid}", status=404)
    with writing(installation.sessions) as session:
        user = Accounts(session, installation).user_by_email("leila@skarvik.example")
        Groups(session, installation).join(group=by_hand, users=[user])
    provider.knows("group-1", **{**LEILA, "groups": ["engineers", "unknown here"]})
    leila = come("group-1")
    leila.get(f"/f/{folder.uid}", status=200)
    provider.knows("group-1", **{**LEILA, "groups": ["unknown here"]})
    come("group-1")
    leila.get(f"/f/{folder.uid}", status=404)  # in the browser of before as well
    with reading(installation.sessions) as session:
        assert list(Accounts(session, installation).group_names(user.id)) == ["Choir"]
    changes = [(event.detail["joined"], event.detail["left"]) for event in events(installation, "user.groups")]
    assert changes == [(["Service"], []), ([], ["Service"])]


def test_who_was_put_into_a_group_by_hand_stays_in_it_whatever_the_provider_says(
    come: Callable[..., TestApp], provider: RealProvider, installation: Installation,
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp],
) -> None:
    provider.knows("hand-1", **LEILA)
    come("hand-1")
    with writing(installation.sessions) as session:
        ours = Groups(session, installation).add_group(name="Service")
        user = Accounts(session, installation).user_by_email("leila@skarvik.example")
        Groups(session, installation).join(group=ours, users=[user])
    admin = sign_in(make_person("admin@example.test", admin=True))
    form = admin.get("/admin/sign-in").forms["provider-group-form"]
    form["value"], form["group"] = "engineers", ours.uid
    form.submit()
    come("hand-1")
    provider.knows("hand-1", **{**LEILA, "groups": []})
    come("hand-1")
    with reading(installation.sessions) as session:
        assert list(Accounts(session, installation).group_names(user.id)) == ["Service"]


def test_an_administrator_by_the_provider_is_one_as_long_as_it_says_so(
    come: Callable[..., TestApp], provider: RealProvider, make_person: Callable[..., Person]
) -> None:
    make_person("local@example.test", admin=True)
    provider.knows("admin-1", **{**LEILA, "groups": ["it-admins"]})
    come("admin-1").get("/admin/users", status=200)
    provider.knows("admin-1", **LEILA)
    come("admin-1").get("/admin/users", status=404)


def test_the_last_administrator_stays_one(come: Callable[..., TestApp], provider: RealProvider) -> None:
    provider.knows("last-1", **{**LEILA, "groups": ["it-admins"]})
    come("last-1")
    provider.knows("last-1", **LEILA)
    come("last-1").get("/admin/users", status=200)


def test_who_is_disabled_here_is_turned_away(
    come: Callable[..., TestApp], provider: RealProvider, installation: Installation, make_person: Callable[..., Person]
) -> None:
    make_person("admin@example.test", admin=True)
    provider.knows("disabled-1", **LEILA)
    come("disabled-1")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email("leila@skarvik.example"))
    turned = come("disabled-1", status=403)
    assert "Your account here is disabled." in turned.answer
    assert who_is(turned) is None
    (*_, last) = events(installation, "sign-in")
    assert (last.outcome, last.target, last.detail["why"]) == ("failed", "leila@skarvik.example", "disabled account")


def test_signing_out_there_ends_the_sessions_here(
    come: Callable[..., TestApp], provider: RealProvider, browser: Callable[[], TestApp]
) -> None:
    provider.knows("out-1", **LEILA)
    known = requests.Session()
    leila, elsewhere = come("out-1", known=known), come("out-1")
    page = known.get(f"{provider.issuer}/session/end", timeout=10)
    secret = page.text.split('name="xsrf" value="')[1].split('"')[0]
    known.post(f"{provider.issuer}/session/end/confirm", data={"xsrf": secret, "logout": "yes"}, timeout=10)
    (token,) = provider.told()
    browser().post("/login/oidc/skarvik/back-channel", {"logout_token": token}, status=200)
    assert (who_is(leila), who_is(elsewhere)) == (None, "leila@skarvik.example")


def test_who_signs_out_here_may_sign_out_there_too(come: Callable[..., TestApp], provider: RealProvider) -> None:
    provider.knows("leave-1", **LEILA)
    leila = come("leave-1")
    page = leila.post("/logout", {"csrf_token": token_of(leila)}, status=303).follow()
    link = page.html.select_one("a[href$='/leave']")
    assert link.get_text() == "Sign out of Skarvik too"
    there = leila.get(link["href"], status=303).headers["Location"]
    assert there.startswith(f"{provider.issuer}/session/end?id_token_hint=ey")
    assert requests.get(there, timeout=10).status_code == 200
    assert "Sign out of Skarvik too" not in leila.get("/login")


def test_a_person_who_is_signed_in_is_sent_on(come: Callable[..., TestApp], provider: RealProvider) -> None:
    provider.knows("signed-in-1", **LEILA)
    answer = come("signed-in-1").get("/login/oidc/skarvik", {"next": "/recent"}, status=303)
    assert answer.headers["Location"] == f"{ADDRESS}/recent"


def test_who_has_no_password_here_proves_there_who_they_are(
    come: Callable[..., TestApp], provider: RealProvider, make_person: Callable[..., Person], clock: FakeClock
) -> None:
    make_person("local@example.test", admin=True)
    provider.knows("again-1", **{**LEILA, "groups": ["it-admins"]})
    known = requests.Session()
    leila = come("again-1", known=known)
    clock.forward(hours=3)
    form = leila.get("/admin/groups").forms["group-form"]
    form["name"] = "Welders"
    page = form.submit(status=403)
    assert "confirm_password" not in page
    assert page.html.select_one("main a.btn-primary").get_text(strip=True) == "Sign in with Skarvik again"
    clock.forward(hours=-3)  # the provider's clock did not go on
    going = leila.get(page.html.select_one("main a.btn-primary")["href"], status=303).headers["Location"]
    back = provider.sign_in(going, "again-1", known)
    done = leila.get(back.removeprefix(ADDRESS), status=303)
    assert done.headers["Location"] == f"{ADDRESS}/admin/groups"
    form = leila.get("/admin/groups").forms["group-form"]
    form["name"] = "Welders"
    assert "Welders" in form.submit(status=303).follow()


def test_proving_who_one_is_as_somebody_else_changes_nothing(
    come: Callable[..., TestApp], provider: RealProvider, installation: Installation
) -> None:
    provider.knows("again-2", **LEILA)
    provider.knows("again-3", **{**LEILA, "email": "moe@skarvik.example"})
    leila = come("again-2")
    going = leila.get("/login/oidc/skarvik?again=y", status=303).headers["Location"]
    page = leila.get(provider.sign_in(going, "again-3").removeprefix(ADDRESS), status=403)
    assert "You signed in there as somebody else." in page
    assert who_is(leila) == "leila@skarvik.example"
    with reading(installation.sessions) as session:
        assert [user.email for user in session.scalars(select(User))] == ["leila@skarvik.example"]


def test_the_window_of_a_player_goes_straight_to_the_only_provider_and_comes_back(
    browser: Callable[[], TestApp], provider: RealProvider
) -> None:
    provider.knows("window-1", **LEILA)
    app, window = browser(), f"/embed/{'0' * 16}/signin?flow=none"
    there = app.get(window, status=303).headers["Location"]
    assert there.startswith(f"{ADDRESS}/login/oidc/skarvik?next=")
    going = app.get(there.removeprefix(ADDRESS), status=303)
    back = app.get(provider.sign_in(going.headers["Location"], "window-1").removeprefix(ADDRESS), status=303)
    assert back.headers["Location"] == f"{ADDRESS}{window}"
    for answer in (going, back):
        assert "Cross-Origin-Opener-Policy" not in answer.headers, "the player would lose its window"


def test_the_doctor_says_whether_a_provider_answers(provider: RealProvider, installation: Installation) -> None:
    def looked(**issuers: str) -> tuple[str, str]:
        ini = {key: text for name, issuer in issuers.items() for key, text in in_the_settings(name, issuer).items()}
        providers, problems = read_providers(ini, {})
        assert not problems
        changed = replace(installation, settings=replace(installation.settings, providers=providers))
        outcome = the_providers_answer(changed)
        return outcome.level, str(outcome.measured)

    assert looked()[0] == "green"
    level, measured = looked(skarvik=provider.issuer)
    assert (level, measured.startswith("Skarvik told who they are")) == ("green", True), measured
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        level, measured = looked(skarvik=provider.issuer, away=nobody)
    assert (level, "Away: it does not answer" in measured, "Skarvik" in measured) == ("red", True, False), measured
    level, measured = looked(skarvik=f"{provider.issuer}/")
    assert (level, "it calls itself" in measured) == ("red", True), measured
