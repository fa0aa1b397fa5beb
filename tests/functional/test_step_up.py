"""Confirm it is you: what decides over everything asks for a proof of the last ten minutes, with no way around."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.accounts.models import TwoFactor, User
from privmedia.accounts.passwords import hash_password
from privmedia.accounts.service import Accounts
from privmedia.db import reading, writing
from privmedia.installation import Installation
from tests.conftest import PASSWORD, FakeClock, Person
from tests.functional.access_site import Site
from tests.functional.visitors import token_of

TITLE = "Say your password again"
ROOT = "/f/top/access"


@pytest.fixture
def ada(site: Site, clock: FakeClock) -> TestApp:
    """An administrator's browser, eleven minutes after signing in."""
    browser = site.as_("ada")
    clock.forward(minutes=11)
    return browser


def uid_of(installation: Installation, person: Person) -> str:
    with reading(installation.sessions) as session:
        return session.get_one(User, person.id).uid


def confirm(page: Any, **more: Any) -> Any:
    form = page.forms["confirm-form"]
    form["confirm_password"] = PASSWORD
    return form.submit(**more)


def rules_form(browser: TestApp, address: str, typed: str) -> Any:
    form = browser.get(address).forms["access-form"]
    form["add"] = typed
    return form


def has_app(installation: Installation, person: Person) -> bool:
    with reading(installation.sessions) as session:
        return session.get(TwoFactor, person.id) is not None


def give_app(installation: Installation, person: Person) -> None:
    now = installation.clock()
    with writing(installation.sessions) as session:
        session.add(TwoFactor(user_id=person.id, secret="A" * 32, created_at=now, confirmed_at=now))


def test_rules_of_the_library_itself_ask_and_what_was_typed_goes_on(ada: TestApp, site: Site) -> None:
    asked = rules_form(ada, ROOT, "jonas@example.test").submit(status=403)
    assert TITLE in asked.text
    shown = confirm(asked, status=200)
    assert "Jonas Bakke" in shown.text


def test_rules_of_a_folder_do_not(ada: TestApp, site: Site) -> None:
    shown = rules_form(ada, f"/f/{site.training}/access", "jonas@example.test").submit(status=200)
    assert TITLE not in shown.text
    assert "Jonas Bakke" in shown.text


def test_whoever_manages_the_library_without_being_an_administrator_is_asked_too(
    site: Site, clock: FakeClock
) -> None:
    site.set("", site.user("maren"), Permission.MANAGE)
    maren = site.as_("maren")
    assert TITLE not in rules_form(maren, ROOT, "jonas@example.test").submit(status=200).text
    clock.forward(minutes=11)
    assert TITLE in rules_form(maren, ROOT, "jonas@example.test").submit(status=403).text


def test_deleting_somebody_asks_and_keeps_who_takes_over(
    ada: TestApp, site: Site, installation: Installation
) -> None:
    uid = uid_of(installation, site.people["oskar"])
    page = ada.get(f"/admin/users/{uid}/delete")
    form = next(form for form in page.forms.values() if "heir" in form.fields)
    form["heir"] = "maren@example.test"
    asked = form.submit(status=403)
    assert TITLE in asked.text
    assert asked.forms["confirm-form"]["heir"].value == "maren@example.test"
    assert ada.get(f"/admin/users/{uid}", status=200)
    confirm(asked, status=303)
    assert ada.get(f"/admin/users/{uid}", status=404)


def test_taking_two_factor_away_asks(ada: TestApp, site: Site, installation: Installation) -> None:
    oskar = site.people["oskar"]
    give_app(installation, oskar)
    page = ada.get(f"/admin/users/{uid_of(installation, oskar)}")
    form = next(each for each in page.forms.values() if "do" in each.fields and each["do"].value == "two_factor_off")
    asked = form.submit(status=403)
    assert TITLE in asked.text
    assert has_app(installation, oskar)
    confirm(asked, status=303)
    assert not has_app(installation, oskar)


def attempt(browser: TestApp, installation: Installation, site: Site, **more: str) -> Any:
    """Take two-factor away from Oskar; answers what the server says."""
    sent = {"csrf_token": token_of(browser), "do": "two_factor_off", **more}
    return browser.post(f"/admin/users/{uid_of(installation, site.people['oskar'])}", sent, expect_errors=True)


def test_what_was_proved_in_another_session_counts_there_alone(
    ada: TestApp, site: Site, installation: Installation
) -> None:
    give_app(installation, site.people["oskar"])
    site.as_("ada")
    assert TITLE in attempt(ada, installation, site).text
    stolen = site.as_("maren")
    stolen.set_cookie("second-step", "x" * 43)
    assert attempt(stolen, installation, site, confirm_password=PASSWORD).status_int == 404
    assert has_app(installation, site.people["oskar"])


def test_the_session_before_the_proof_is_dead_so_that_nobody_rides_along(
    ada: TestApp, site: Site, installation: Installation, browser: Callable[[], TestApp]
) -> None:
    give_app(installation, site.people["oskar"])
    planted = ada.cookies["session"]
    asked = attempt(ada, installation, site)
    rider = browser()
    rider.set_cookie("session", planted)
    confirm(asked, status=303)
    give_app(installation, site.people["oskar"])
    assert attempt(rider, installation, site).status_int in (303, 403)
    assert has_app(installation, site.people["oskar"])


@pytest.mark.parametrize("by", ["an administrator", "oneself"])
def test_a_proof_from_before_a_new_password_is_worth_nothing(
    by: str, site: Site, installation: Installation, clock: FakeClock
) -> None:
    give_app(installation, site.people["oskar"])
    fresh = site.as_("ada")
    elsewhere = site.as_("ada")
    if by == "oneself":
        form = elsewhere.get("/account").forms["password"]
        form["old"], form["new"] = PASSWORD, "gannet copper mast 99"
        form.submit(status=303)
    else:
        with writing(installation.sessions) as session:
            user = session.get_one(User, site.people["ada"].id)
            new = hash_password("new words 12", rounds=4)
            Accounts(session, installation).set_password(user=user, password_hash=new)
    assert attempt(fresh, installation, site).status_int in (303, 403)
    assert has_app(installation, site.people["oskar"])


def test_a_proof_ends_after_ten_minutes_and_a_clock_that_goes_back_makes_none(
    site: Site, installation: Installation, clock: FakeClock
) -> None:
    give_app(installation, site.people["oskar"])
    browser = site.as_("ada")
    clock.forward(minutes=10)
    assert TITLE in attempt(browser, installation, site).text
    clock.forward(seconds=-1)
    assert attempt(browser, installation, site).status_int == 303


def test_fields_that_only_look_like_a_proof_are_none(ada: TestApp, site: Site, installation: Installation) -> None:
    give_app(installation, site.people["oskar"])
    for more in (
        {"confirmed": "y"}, {"confirm_password": ""}, {"confirm_password": "wrong one"}, {"confirm_code": "000000"},
        {"confirm_passkey": ""}, {"confirm_passkey": "{}", "confirm_ticket": "x"}, {"within": "0"},
    ):
        assert attempt(ada, installation, site, **more).status_int in (403, 409, 422, 429), more
    assert has_app(installation, site.people["oskar"])
    with reading(installation.sessions) as session:
        assert session.scalars(select(User.email).where(User.email == "oskar@example.test")).all()


def test_making_a_key_for_a_site_asks_and_then_shows_it_once(ada: TestApp) -> None:
    form = ada.get("/admin/embeds/keys").forms["site-key-form"]
    form["name"], form["sites"] = "Intranet", "https://intranet.example.test"
    asked = form.submit(status=403)
    assert TITLE in asked.text
    assert asked.forms["confirm-form"]["name"].value == "Intranet"
    assert "Intranet" in confirm(asked, status=200).text
