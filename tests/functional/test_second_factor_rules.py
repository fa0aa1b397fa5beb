"""Two-factor sign-in that is asked for: told, counted down, and then the one thing one can do."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.accounts.duty import ADMINISTRATORS, EVERYONE
from privmedia.accounts.factor_commands import two_factor as commands
from privmedia.accounts.factor_rules import FactorRules
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.tokens import Tokens
from privmedia.audit.models import Event
from privmedia.console import Line
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.scopes import Scope
from tests.authenticator import App, secret_on
from tests.conftest import PASSWORD, FakeClock, Person
from tests.functional.access_site import Site
from tests.functional.visitors import token_of

PAGE = "http://media.example.test/account/second-factor"


@pytest.fixture
def maren(make_person: Callable[..., Person]) -> Person:
    return make_person("maren@example.test", name="Maren Aasen")


def require(installation: Installation, who: str, *, days: int = 14, group: str = "") -> None:
    with writing(installation.sessions) as session:
        found = Groups(session, installation).group_by_name(group) if group else None
        FactorRules(session, installation).require(who=who, group=found, days=days)


def lacking(installation: Installation) -> dict[str, Any]:
    with reading(installation.sessions) as session:
        return {each.user.email: each.due for each in FactorRules(session, installation).lacking()}


def form_of(page: Any, do: str) -> Any:
    return next(form for form in page.forms.values() if "do" in form.fields and form["do"].value == do)


def give_password(browser: TestApp, person: Person, there: str = "/login") -> Any:
    form = browser.get(there).forms["login-form"]
    form["email"], form["password"] = person.email, person.password
    return form.submit(status=303)


def test_people_are_told_at_sign_in_and_on_every_page_and_then_can_only_set_it_up(
    maren: Person, browser: Any, installation: Installation, clock: FakeClock
) -> None:
    clock.forward(days=100)
    require(installation, EVERYONE)
    hers = browser()
    told = give_password(hers, maren, "/login?next=%2Frecent")
    assert told.location == f"{PAGE}?next=%2Frecent"
    page = told.follow()
    assert "You have time until" in page.text
    assert page.click("Later").request.path == "/recent"
    assert "needed here in 14 days" in hers.get("/").html.select_one(".strip.due").get_text()
    clock.forward(days=13, hours=18)
    give_password(other := browser(), maren)
    assert "needed here in 1 day." in other.get("/").html.select_one(".strip.due").get_text()
    clock.forward(hours=6)
    for address in ("/", "/recent", "/account", "/upload/plain", "/search?q=x", "/menu", "/admin/users"):
        led = other.get(address, status=303)
        while led.location != PAGE and "second-factor" not in led.location:
            led = led.follow(status=303)
    page = other.get("/account/second-factor", status=200)
    assert "your password alone is not enough here" in page.text
    assert "Later" not in page.text
    assert page.html.select_one("nav") is None
    set_up = page.click("Use an authenticator app")
    assert set_up.html.select_one("aside") is None
    other = browser()
    assert give_password(other, maren).location == PAGE
    app = App(other, clock)
    assert len(app.codes) == 10
    assert other.get("/recent", status=200).html.select_one(".strip.due") is None
    assert lacking(installation) == {}


def test_after_the_days_no_byte_and_no_player_goes_on(site: Site, installation: Installation, clock: FakeClock) -> None:
    jonas, address = site.as_("jonas"), f"/m/{site.video}"
    site.set("Product training/Thruster T4", site.user("jonas"), Permission.EDIT)
    assert jonas.get(address, status=200)
    require(installation, EVERYONE, days=0)
    answer = jonas.get(address, expect_errors=True)
    assert answer.status_int == 303
    played = jonas.get(f"/smedia/{site.video}/play.mp4", expect_errors=True)
    assert played.status_int in (303, 404)
    assert "X-Accel-Redirect" not in played.headers
    sent = {"csrf_token": "x", "title": "mine"}
    assert jonas.post(f"{address}/edit", sent, expect_errors=True).status_int in (303, 403, 404)
    programs = jonas.get(address, headers={"Accept": "application/json"}, expect_errors=True)
    assert programs.status_int == 401


def test_api_tokens_go_on_and_none_is_made_by_who_is_held(
    maren: Person, browser: Any, sign_in: Callable[[Person], TestApp], installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        owner, lasts = session.get_one(User, maren.id), timedelta(days=9)
        key = Tokens(session, installation).add(user=owner, name="cart", scopes=(Scope.READ,), lasts=lasts)[1]
    hers = sign_in(maren)
    token = token_of(hers)
    require(installation, EVERYONE, days=0)
    browser().get("/recent", headers={"Authorization": f"Bearer {key}"}, status=200)
    sent = {"csrf_token": token, "do": "add_token", "name": "another", "days": "7", "scopes": "read"}
    assert hers.post("/account", sent, expect_errors=True).status_int in (303, 403)
    with reading(installation.sessions) as session:
        assert len(Tokens(session, installation).of(maren.id)) == 1


@pytest.mark.both_databases
def test_whom_a_rule_is_for_and_from_when_on(
    installation: Installation, make_person: Callable[..., Person], clock: FakeClock
) -> None:
    people = {name: make_person(f"{name}@example.test", admin=name == "ingrid") for name in ("ingrid", "jonas", "chen")}
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        yard = groups.add_group(name="Gdynia yard")
        groups.join(group=yard, users=[session.get_one(User, people["jonas"].id)])
    clock.forward(days=10)
    began = clock()
    require(installation, ADMINISTRATORS, days=7)
    assert lacking(installation) == {"ingrid@example.test": began + timedelta(days=7)}
    require(installation, "", group="Gdynia yard", days=30)
    clock.forward(days=5)
    with writing(installation.sessions) as session:
        group = Groups(session, installation).group_by_name("Gdynia yard")
        Groups(session, installation).join(group=group, users=[session.get_one(User, people["chen"].id)])
    newcomer = make_person("newcomer@example.test")
    assert lacking(installation) == {
        "ingrid@example.test": began + timedelta(days=7),
        "jonas@example.test": began + timedelta(days=30),
        "chen@example.test": clock() + timedelta(days=30),
    }
    require(installation, EVERYONE, days=1)
    clock.forward(hours=12)
    late = make_person("late@example.test")
    found = lacking(installation)
    assert found["jonas@example.test"] == began + timedelta(days=6)
    assert found["newcomer@example.test"] == began + timedelta(days=6)
    assert found["late@example.test"] == clock() + timedelta(days=1)
    with writing(installation.sessions) as session:
        session.get_one(User, newcomer.id).password_hash = None
        session.get_one(User, late.id).disabled_at = clock()
        rules = FactorRules(session, installation)
        rules.relax_named(who=ADMINISTRATORS, group=None)
        session.delete(session.merge(group))
    assert set(lacking(installation)) == {"ingrid@example.test", "jonas@example.test", "chen@example.test"}
    with reading(installation.sessions) as session:
        assert [rule.who for rule in FactorRules(session, installation).rules()] == [EVERYONE]


def test_on_the_page_a_rule_is_made_shown_and_ended(
    make_person: Callable[..., Person], maren: Person, sign_in: Callable[[Person], TestApp], clock: FakeClock,
    installation: Installation,
) -> None:
    admin = sign_in(make_person("ingrid@example.test", name="Ingrid", admin=True))
    assert "Nobody has to" in admin.get("/admin/two-factor").text
    form = admin.get("/admin/two-factor").forms["factor-rule-form"]
    form["who"], form["days"] = "everyone", "14"
    assert "you have no second factor yet" in form.submit(status=422).text
    assert lacking(installation) == {}
    with writing(installation.sessions) as session:
        yard = Groups(session, installation).add_group(name="Gdynia yard").uid
    form = admin.get("/admin/two-factor").forms["factor-rule-form"]
    form["who"] = yard
    form.submit(status=303)
    app = App(admin, clock)
    for days, status in (("91", 422), ("", 422), ("x", 422), ("14", 303)):
        form = admin.get("/admin/two-factor").forms["factor-rule-form"]
        form["who"], form["days"] = "everyone", days
        answer = form.submit(status=status)
    page = answer.follow()
    assert "1 person has none yet" in page.text
    assert "Maren Aasen" in page.text
    assert "7 December 2026" in page.text
    clock.forward(days=15)
    give_password(admin, Person(0, "ingrid@example.test", PASSWORD))
    code = admin.get("/login/code").forms["code-form"]
    code["code"] = app.code()
    code.submit(status=303)
    page = admin.get("/admin/two-factor")
    assert "can only set it up" in page.text
    clock.forward(minutes=11)
    asked = next(each for each in page.forms.values() if each.id != "factor-rule-form" and "remove" in each.fields)
    again = asked.submit("remove", index=1, status=403).forms["confirm-form"]
    assert again["remove"].value
    again["confirm_password"], again["confirm_code"] = PASSWORD, app.code()
    assert "The rule is gone" in again.submit(status=303).follow().text
    with reading(installation.sessions) as session:
        asked_for = Event.kind.in_(["two-factor.require", "two-factor.relax"])
        kinds = session.scalars(select(Event.kind).where(asked_for).order_by(Event.id)).all()
    assert kinds == ["two-factor.require", "two-factor.require", "two-factor.relax"]


def test_the_last_factor_of_who_has_to_have_one_stays_but_for_a_reset(
    maren: Person, sign_in: Callable[[Person], TestApp], clock: FakeClock, installation: Installation,
    make_person: Callable[..., Person], browser: Any,
) -> None:
    hers = sign_in(maren)
    App(hers, clock)
    require(installation, EVERYONE, days=0)
    asked = form_of(hers.get("/account"), "off").submit(status=403).forms["confirm-form"]
    asked["confirm_password"] = PASSWORD
    assert "Add another one before you take the last away" in asked.submit(status=303).follow().text
    boss = make_person("boss@example.test", admin=True)
    admin = sign_in(boss)
    app = App(admin, clock)
    assert app.codes
    with reading(installation.sessions) as session:
        uid = session.get_one(User, maren.id).uid
    form_of(admin.get(f"/admin/users/{uid}"), "two_factor_off").submit(status=303)
    assert give_password(browser(), maren).location == PAGE
    assert hers.get("/recent", status=303)


def test_the_command_line_asks_lists_and_gives_the_way_back(
    maren: Person, installation: Installation, sign_in: Callable[[Person], TestApp]
) -> None:
    line = Line("unused")
    line.__dict__["installation"] = installation

    def run(*words: str) -> Any:
        return CliRunner().invoke(commands, list(words), obj=line)

    assert run("require").exit_code == 2
    assert run("require", "--everyone", "--days", "0").output == "everyone have 0 days to set up two-factor sign-in.\n"
    assert "maren@example.test" in run("list").output
    assert '"without"' in run("list", "--json").output
    hers = sign_in(maren)
    hers.get("/recent", status=303)
    assert run("relax", "--everyone").exit_code == 0
    hers.get("/recent", status=200)
    assert run("relax", "--everyone").exit_code == 1


def test_what_is_open_while_held_is_open_to_nobody_else(
    maren: Person, sign_in: Callable[[Person], TestApp], browser: Any, installation: Installation, clock: FakeClock
) -> None:
    hers = sign_in(maren)
    require(installation, EVERYONE, days=0)
    for address in ("/account/second-factor", "/account/two-factor", "/account/confirm"):
        assert browser().get(address, status=303).location.startswith("http://media.example.test/login")
        page = hers.get(address, status=200)
        assert page.html.select_one(".snav") is None, "no folder and no count beside it"
    clock.forward(hours=3)
    form = hers.get("/account/two-factor").forms["two-factor-form"]
    form["code"] = "123456"
    asked = form.submit(status=403)
    assert "Say your password again" in asked.text
    assert asked.html.select_one(".snav") is None
    assert secret_on(hers.get("/account/two-factor"))
    out = hers.get("/account/second-factor")
    next(each for each in out.forms.values() if each.action.endswith("/logout")).submit(status=303)
    hers.get("/account/second-factor", status=303)


def test_a_sign_in_for_a_player_stays_tied_to_its_page(
    maren: Person, browser: Any, installation: Installation
) -> None:
    require(installation, EVERYONE)
    window = "%2Fembed%2F0123456789abcdef%2Fsignin"
    told = give_password(browser(), maren, f"/login?next={window}").follow()
    assert "Cross-Origin-Opener-Policy" not in told.headers
    assert told.html.find("a", string="Later")["href"] == "/embed/0123456789abcdef/signin"
    assert "Cross-Origin-Opener-Policy" in browser().get("/login").headers


def test_a_second_factor_that_is_set_up_for_a_player_leads_back_to_it_and_never_to_another_site(
    maren: Person, browser: Any, installation: Installation, clock: FakeClock
) -> None:
    require(installation, EVERYONE, days=0)
    hers, window = browser(), "/embed/0123456789abcdef/signin?flow=f1f1f1f1f1f1f1f1"
    told = give_password(hers, maren, f"/login?{urlencode({'next': window})}").follow()
    clock.forward(hours=3)
    page = told.click("Use an authenticator app")
    form = page.forms["two-factor-form"]
    form["code"] = pyotp.TOTP(secret_on(page)).at(int(clock().timestamp()))
    asked = form.submit(status=403)
    again = asked.forms["confirm-form"]
    again["confirm_password"] = PASSWORD
    codes = again.submit(status=200)
    assert codes.html.find("a", string="I have kept them")["href"] == window
    for answer in (told, page, asked, codes):
        assert "Cross-Origin-Opener-Policy" not in answer.headers
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        page = hers.get("/account/two-factor", {"next": elsewhere})
        assert page.forms["two-factor-form"]["next"].value == "/"
        assert "Cross-Origin-Opener-Policy" in page.headers
