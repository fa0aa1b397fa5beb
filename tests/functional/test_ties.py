"""By what one signs in: connecting a provider to an account, disconnecting it, and what administrators see of it."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from privmedia.accounts.duty import EVERYONE
from privmedia.accounts.factor_rules import FactorRules
from privmedia.accounts.groups import Groups
from privmedia.accounts.service import Accounts
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.providers.models import ProviderGroup
from tests.conftest import ADDRESS, FakeClock, Person
from tests.functional.test_checklist_providers import Trial
from tests.functional.test_providers import events, who_is
from tests.functional.visitors import token_of
from tests.providers import Liar, in_the_settings, lying_provider


@pytest.fixture(scope="module")
def served() -> Iterator[Liar]:
    with lying_provider() as liar:
        yield liar


@pytest.fixture
def liar(served: Liar) -> Liar:
    vars(served).update(vars(Liar(served.issuer)))
    return served


@pytest.fixture
def clock() -> FakeClock:
    clock = FakeClock()
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return clock


@pytest.fixture
def ini(ini: dict[str, str], served: Liar) -> dict[str, str]:
    return {**ini, **in_the_settings("contoso", served.issuer, make_accounts="yes")}


@pytest.fixture
def local(make_person: Callable[..., Person]) -> Person:
    return make_person("local@example.test")


def connect(app: TestApp, liar: Liar, status: int = 303, **claims: object) -> TestResponse:
    """Connect an account of the provider to the one that is signed in."""
    page = app.get("/account")
    (form,) = [form for form in page.forms.values() if "provider" in form.fields and form["do"].value == "connect"]
    going = form.submit(status=303).headers["Location"].removeprefix(ADDRESS)
    return back(Trial(app, liar, going=going), status, **claims)


def back(trial: Trial, status: int = 303, **claims: object) -> TestResponse:
    """Come back with a token that says this."""
    return trial.back(status, trial.liar.sign(trial.liar.claims(nonce=trial.asked["nonce"], **claims)))


def ties(app: TestApp) -> list[str]:
    return [row.get_text() for row in app.get("/account").html.select("#ties .row-i b")]


def disconnect(app: TestApp, address: str, status: int = 303) -> TestResponse:
    (form,) = [form for form in app.get(address).forms.values() if "tie" in form.fields]
    return form.submit(status=status)


def test_a_provider_is_connected_to_an_account_and_opens_it_from_then_on(
    local: Person, sign_in: Callable[[Person], TestApp], browser: Callable[[], TestApp], liar: Liar,
    installation: Installation,
) -> None:
    app = sign_in(local)
    assert ties(app) == ["None yet"]
    done = connect(app, liar, email="other@skarvik.example")
    assert done.headers["Location"] == f"{ADDRESS}/account#ties"
    assert "From now on you can sign in with Contoso as well." in app.get("/account")
    assert ties(app) == ["Contoso"]
    elsewhere = browser()
    Trial(elsewhere, liar).back(303)
    assert who_is(elsewhere) == local.email
    disconnect(app, "/account")
    assert (ties(app), who_is(elsewhere)) == (["None yet"], None)
    assert [event.target for event in events(installation, "provider.unlink")] == [local.email]


def test_who_needs_a_second_factor_for_the_password_is_told_after_the_provider_as_well(
    local: Person, sign_in: Callable[[Person], TestApp], browser: Callable[[], TestApp], liar: Liar,
    installation: Installation,
) -> None:
    connect(sign_in(local), liar, email="other@skarvik.example")
    with writing(installation.sessions) as session:
        FactorRules(session, installation).require(who=EVERYONE, group=None, days=14)
    there = Trial(browser(), liar, going="/login/oidc/contoso?next=%2Frecent").back(303)
    assert there.headers["Location"] == f"{ADDRESS}/account/second-factor?next=%2Frecent"
    assert there.follow().click("Later").request.path == "/recent"


def test_connecting_asks_who_it_is_after_a_while(
    local: Person, sign_in: Callable[[Person], TestApp], clock: FakeClock
) -> None:
    app = sign_in(local)
    clock.forward(minutes=11)
    (form,) = [form for form in app.get("/account").forms.values() if "provider" in form.fields]
    asked = form.submit(status=403).forms["confirm-form"]
    asked["confirm_password"] = local.password
    assert "/login/oidc/contoso?" in asked.submit(status=303).headers["Location"]


def test_nobody_connects_an_account_by_an_address_they_were_given(
    local: Person, sign_in: Callable[[Person], TestApp], make_person: Callable[..., Person], liar: Liar,
    installation: Installation,
) -> None:
    victim, attacker = sign_in(local), sign_in(make_person("attacker@example.test"))
    (form,) = [form for form in attacker.get("/account").forms.values() if "provider" in form.fields]
    going = form.submit(status=303).headers["Location"].removeprefix(ADDRESS)
    for address in (going, "/login/oidc/contoso?link=y", "/login/oidc/contoso?link=", going.replace("link=", "link=x")):
        assert victim.get(address, status=303).headers["Location"].startswith(ADDRESS)
    victim.post("/account", {"do": "connect", "provider": "contoso"}, status=403)
    # Who signs out on the way and lets somebody else in connects nothing to them.
    trial = Trial(attacker, liar, going=going)
    attacker.cookiejar.clear("media.example.test", "/", "session")
    page = trial.back(403)
    assert "You signed in there as somebody else." in page
    assert ties(victim) == ["None yet"]
    assert events(installation, "provider.link") == []


def test_an_account_of_somebody_else_is_not_connected(
    local: Person, sign_in: Callable[[Person], TestApp], browser: Callable[[], TestApp], liar: Liar
) -> None:
    Trial(browser(), liar).back(303)
    app = sign_in(local)
    assert "That account of Contoso belongs to somebody else here." in connect(app, liar, 403)
    assert ties(app) == ["None yet"]


def test_the_last_way_in_stays_until_there_is_another(
    browser: Callable[[], TestApp], liar: Liar, make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp], installation: Installation,
) -> None:
    leila = browser()
    Trial(leila, liar).back(303)
    assert "This is your only way in." in disconnect(leila, "/account", 409)
    with writing(installation.sessions) as session:
        user = Accounts(session, installation).user_by_email("leila@example.test")
        ours = Groups(session, installation).add_group(name="Service")
        session.add(ProviderGroup(provider="contoso", value="engineers", group_id=ours.id))
    back(Trial(leila_again := browser(), liar), groups=["engineers"])
    admin = sign_in(make_person("admin@example.test", admin=True))
    page = admin.get(f"/admin/users/{user.uid}")
    assert "Signs in with Contoso" in page
    assert "Invitation" not in [heading.get_text() for heading in page.html.select("h2")]
    assert "leila@example.test" not in admin.get("/admin/users?show=invited")
    disconnect(admin, f"/admin/users/{user.uid}")
    assert (who_is(leila), who_is(leila_again)) == (None, None)
    with reading(installation.sessions) as session:
        assert list(Accounts(session, installation).group_names(user.id)) == []


def test_a_tie_of_somebody_else_cannot_be_undone(
    local: Person, sign_in: Callable[[Person], TestApp], browser: Callable[[], TestApp], liar: Liar
) -> None:
    Trial(browser(), liar).back(303)
    app = sign_in(local)
    for tie in ("1", "2", "x", ""):
        app.post("/account", {"do": "disconnect", "tie": tie, "csrf_token": token_of(app)}, status=404)
