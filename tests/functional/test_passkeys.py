"""Passkeys, as people meet them: made, used in place of the password and after it, renamed, removed, lost."""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.accounts.models import Passkey, RecoveryCode, User
from privmedia.accounts.relying_party import NoPasskeys, relying_party
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.mail.models import Mail
from privmedia.operations.worker import WRITERS
from tests.authenticator import App, codes_on
from tests.conftest import PASSWORD, FakeClock, Person
from tests.functional.visitors import token_of
from tests.passkeys import EDDSA, PRESENT, RS256, Authenticator, add, options_for, sign_in, unb64

ORIGIN = "https://media.example.test"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return ini | {"privmedia.base_url": ORIGIN}


@pytest.fixture
def leila(make_person: Callable[..., Person]) -> Person:
    return make_person("leila@example.test", name="Leila Haddad")


@pytest.fixture
def hers(leila: Person, sign_in: Callable[[Person], TestApp]) -> TestApp:
    """The browser in which she makes passkeys."""
    return sign_in(leila)


@pytest.fixture
def laptop() -> Authenticator:
    return Authenticator(ORIGIN)


def lines(installation: Installation, *kinds: str) -> list[tuple[str, str, str]]:
    with reading(installation.sessions) as session:
        events = session.scalars(select(Event).where(Event.kind.in_(kinds)).order_by(Event.id)).all()
        return [(event.kind, event.outcome, event.through or event.detail.get("why", "")) for event in events]


def letters(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Mail.kind).order_by(Mail.id)))


def is_signed_in(browser: TestApp) -> bool:
    return bool(browser.get("/account", expect_errors=True).status_int == 200)


def first_step(browser: TestApp, person: Person) -> Any:
    form = browser.get("/login").forms["login-form"]
    form["email"], form["password"] = person.email, person.password
    return form.submit(status=303)


def form_of(page: Any, do: str) -> Any:
    return next(form for form in page.forms.values() if "do" in form.fields and form["do"].value == do)


def confirmed(page: Any, **fields: str) -> Any:
    form = page.forms["confirm-form"]
    form["confirm_password"] = PASSWORD
    for name, value in fields.items():
        form[name] = value
    return form.submit()


def test_the_first_passkey_brings_recovery_codes_and_signs_in_without_the_password(
    hers: TestApp, laptop: Authenticator, browser: Any, installation: Installation, clock: FakeClock
) -> None:
    made = add(hers, laptop, "Work laptop")
    assert len(codes_on(made)) == 10
    page = hers.get("/account").html.select_one("#two-factor").get_text(" ")
    assert "Work laptop" in page
    assert "Windows Hello" in page
    assert "not used yet" in page
    clock.forward(hours=1)
    other = browser()
    assert other.get("/login").forms["login-form"]["email"].attrs["autocomplete"] == "username webauthn"
    asked = options_for(other, "sign-in")
    assert asked["options"]["userVerification"] == "required"
    assert asked["options"]["rpId"] == "media.example.test"
    assert not asked["options"].get("allowCredentials")
    sent = {
        "csrf_token": token_of(other), "ticket": asked["ticket"], "next": "/recent", "keep": "y",
        "passkey": json.dumps(laptop.sign(asked["options"])),
    }
    done = other.post("/login", sent, status=303)
    assert done.location == f"{ORIGIN}/recent"
    cookie = next(each for each in done.headers.getall("Set-Cookie") if each.startswith("__Host-session="))
    assert "Max-Age=2592000" in cookie
    assert is_signed_in(other)
    assert "Added 23 November 2026, last used" in other.get("/account").html.select_one("#two-factor").get_text(" ")
    assert lines(installation, "passkey.add", "sign-in")[1:] == [
        ("passkey.add", "done", ""), ("sign-in", "done", "passkey"),
    ]
    assert letters(installation) == ["passkey-new"]


def test_in_the_small_window_of_a_player_it_leads_back_there_and_the_window_stays_tied(
    hers: TestApp, laptop: Authenticator, browser: Any
) -> None:
    add(hers, laptop)
    window = "/embed/0123456789abcdef/signin"
    for spoil, status in ((True, 401), (False, 303)):
        other = browser()
        asked = options_for(other, "sign-in")
        sent = {
            "csrf_token": token_of(other), "ticket": asked["ticket"], "next": window,
            "passkey": json.dumps(laptop.sign(asked["options"], spoil=spoil)),
        }
        done = other.post("/login", sent, status=status)
        assert "Cross-Origin-Opener-Policy" not in done.headers
    assert done.location == f"{ORIGIN}{window}"


def test_what_a_passkey_knows_of_its_person_is_random_and_the_same_in_all_of_theirs(
    hers: TestApp, laptop: Authenticator, leila: Person, installation: Installation
) -> None:
    first = options_for(hers, "add")["options"]
    assert first["user"]["name"] == leila.email
    assert first["attestation"] == "none"
    assert [each["alg"] for each in first["pubKeyCredParams"]] == [-7, -8, -257]
    assert first["authenticatorSelection"]["residentKey"] == "preferred"
    add(hers, laptop)
    second = options_for(hers, "add")["options"]
    handle = unb64(second["user"]["id"])
    assert len(handle) == 32
    assert handle == laptop.kept[0].handle
    assert unb64(first["user"]["id"]) != handle, "of a person without passkeys nothing is kept"
    assert [unb64(each["id"]) for each in second["excludeCredentials"]] == [laptop.kept[0].credential_id]


def test_after_the_password_it_is_asked_for_and_the_browser_may_be_remembered(
    hers: TestApp, laptop: Authenticator, leila: Person, browser: Any, installation: Installation
) -> None:
    add(hers, laptop)
    other = browser()
    page = first_step(other, leila).follow()
    assert "Use your passkey" in page.html.h1.get_text()
    assert "Passkeys need JavaScript" in page.html.select_one(".without-script").get_text()
    assert not is_signed_in(other)
    asked = options_for(other, "second")
    assert [unb64(each["id"]) for each in asked["options"]["allowCredentials"]] == [laptop.kept[0].credential_id]
    sent = {
        "csrf_token": token_of(other), "ticket": asked["ticket"], "remember": "y",
        "passkey": json.dumps(laptop.sign(asked["options"], flags=PRESENT)),
    }
    other.post("/login/code", sent, status=303)
    assert is_signed_in(other)
    assert lines(installation, "sign-in")[-1] == ("sign-in", "done", "passkey")
    later = browser()
    later.set_cookie("__Host-known-browser", other.cookies["__Host-known-browser"])
    first_step(later, leila)
    assert is_signed_in(later)
    with writing(installation.sessions) as session:
        session.delete(session.scalars(select(Passkey)).one())
    add(hers, laptop)
    later.get("/login")
    stranger = browser()
    stranger.set_cookie("__Host-known-browser", other.cookies["__Host-known-browser"])
    assert first_step(stranger, leila).location == f"{ORIGIN}/login/code"


def test_a_lost_one_is_replaced_by_a_recovery_code(
    hers: TestApp, laptop: Authenticator, leila: Person, browser: Any, installation: Installation
) -> None:
    codes = codes_on(add(hers, laptop))
    other = browser()
    form = first_step(other, leila).follow().click("Use a recovery code").forms["code-form"]
    form["code"] = codes[0]
    form.submit(status=303)
    assert is_signed_in(other)
    gone = form_of(other.get("/account"), "remove").submit(status=403)
    assert "was removed" not in gone.text
    confirmed(gone)
    assert letters(installation)[-2:] == ["passkey-removed", "two-factor-off"]
    with reading(installation.sessions) as session:
        assert session.scalars(select(Passkey)).all() == []
        assert session.scalars(select(RecoveryCode)).all() == []
    assert lines(installation, "passkey.remove") == [("passkey.remove", "done", "")]
    first_step(third := browser(), leila)
    assert is_signed_in(third)


def test_who_has_no_app_is_not_asked_for_a_code_of_one(hers: TestApp, laptop: Authenticator, clock: FakeClock) -> None:
    add(hers, laptop)
    clock.forward(hours=3)
    asked = form_of(hers.get("/account"), "codes").submit(status=403)
    assert "One of your recovery codes." in asked
    assert "From your authenticator app" not in asked


def test_an_administrator_takes_them_away_from_who_lost_them(
    hers: TestApp, laptop: Authenticator, leila: Person, browser: Any, installation: Installation,
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp],
) -> None:
    add(hers, laptop)
    admin = sign_in(make_person("admin@example.test", admin=True))
    with reading(installation.sessions) as session:
        uid = session.get_one(User, leila.id).uid
    page = admin.get(f"/admin/users/{uid}")
    assert "1 passkey" in page.text
    assert "passkey" in admin.get("/admin/users").html.select_one(f'a[href$="{uid}"]').find_parent("tr").get_text()
    form_of(page, "two_factor_off").submit(status=303)
    first_step(other := browser(), leila)
    assert is_signed_in(other)
    assert letters(installation)[-1] == "two-factor-off"


def test_several_passkeys_are_named_and_removed_one_by_one(
    hers: TestApp, laptop: Authenticator, installation: Installation, leila: Person
) -> None:
    add(hers, laptop, "Laptop")
    phone = Authenticator(ORIGIN, algorithm=EDDSA, aaguid=bytes(16))
    assert "counts from now on" in add(hers, phone, "Phone", status=303).follow().text
    key = Authenticator(ORIGIN, algorithm=RS256, flags=PRESENT)
    add(hers, key, "Key on my ring", status=303)
    page = hers.get("/account")
    assert "after the password" in page.text
    form = form_of(page, "rename")
    form["name"] = " Old  laptop "
    form.submit(status=303)
    wrong = form_of(hers.get("/account"), "rename")
    wrong["name"] = " "
    assert "A name is needed" in wrong.submit(status=422).text
    with reading(installation.sessions) as session:
        names = session.scalars(select(Passkey.name).order_by(Passkey.id)).all()
    assert names == ["Old laptop", "Phone", "Key on my ring"]
    confirmed(form_of(hers.get("/account"), "remove").submit(status=403))
    text = hers.get("/account").html.select_one("#two-factor").get_text(" ")
    assert "Old laptop" not in text
    assert "10 of 10 left" in text
    assert letters(installation)[-1] == "passkey-removed"
    assert [kind for kind, *_rest in lines(installation, "passkey.add", "passkey.rename", "passkey.remove")] == [
        "passkey.add", "passkey.add", "passkey.add", "passkey.rename", "passkey.remove",
    ]


@pytest.mark.parametrize("algorithm", [EDDSA, RS256])
def test_each_algorithm_that_is_asked_for_signs_in(
    algorithm: int, hers: TestApp, browser: Any, installation: Installation
) -> None:
    phone = Authenticator(ORIGIN, algorithm=algorithm, step=0)
    add(hers, phone)
    for _again in range(2):  # a counter that never moves is none
        other = browser()
        asked = options_for(other, "sign-in")
        assert sign_in(other, asked, phone.sign(asked["options"])).status_int == 303
        assert is_signed_in(other)


def test_beside_an_app_either_does(
    hers: TestApp, laptop: Authenticator, leila: Person, browser: Any, clock: FakeClock, installation: Installation
) -> None:
    app = App(hers, clock)
    add(hers, laptop, status=303)
    page = first_step(browser(), leila).follow()
    assert page.html.h1.get_text() == "Check your phone"
    assert page.html.select_one("[data-for=second]") is not None
    clock.forward(seconds=61)
    answer = confirmed(form_of(hers.get("/account"), "off").submit(status=403), confirm_code=app.code())
    assert "Your passkeys still do" in answer.follow().text
    assert letters(installation)[-1] == "app-removed"
    assert "Use your passkey" in first_step(browser(), leila).follow().text


def confirm_with(browser: TestApp, page: Any, authenticator: Authenticator, **otherwise: Any) -> Any:
    asked = options_for(browser, "confirm")
    fields = dict(page.forms["confirm-form"].submit_fields())
    fields["confirm_passkey"] = json.dumps(authenticator.sign(asked["options"], **otherwise))
    fields["confirm_ticket"] = asked["ticket"]
    return browser.post(page.forms["confirm-form"].action, fields, expect_errors=True)


def test_where_it_is_asked_again_who_one_is_a_passkey_is_enough_and_what_was_typed_is_done(
    laptop: Authenticator, make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp],
    clock: FakeClock, installation: Installation,
) -> None:
    admin = sign_in(make_person("ingrid@example.test", admin=True))
    add(admin, laptop)
    clock.forward(hours=3)
    form = admin.get("/admin/groups").forms["group-form"]
    form["name"] = "Gdynia yard"
    asked = form.submit(status=403)
    assert asked.html.select_one("[data-for=confirm]") is not None
    before = admin.cookies["__Host-session"]
    assert "/admin/groups/" in confirm_with(admin, asked, laptop).location
    assert admin.cookies["__Host-session"] != before
    assert "Gdynia yard" in admin.get("/admin/groups").text
    assert lines(installation, "confirm") == [("confirm", "done", "")]


def test_a_passkey_that_did_not_look_who_it_is_stands_in_for_the_code_and_not_for_the_password(
    hers: TestApp, laptop: Authenticator, clock: FakeClock, installation: Installation
) -> None:
    add(hers, laptop)
    clock.forward(hours=3)
    page = form_of(hers.get("/account"), "codes").submit(status=403)
    refused = confirm_with(hers, page, laptop, flags=PRESENT)
    assert refused.status_int == 422
    assert "Your password is needed" in refused.text
    refused.forms["confirm-form"]["confirm_password"] = PASSWORD
    assert len(codes_on(confirm_with(hers, refused, laptop, flags=PRESENT))) == 10


def test_making_one_asks_first_who_one_is(hers: TestApp, clock: FakeClock) -> None:
    assert hers.get("/account/passkeys", status=200).headers["Cache-Control"] == "no-store"
    clock.forward(minutes=11)
    asked = hers.get("/account/passkeys", status=303)
    assert asked.location.startswith(f"{ORIGIN}/account/confirm")
    options_for(hers, "add", status=403)
    assert "Add a passkey" in confirmed(asked.follow()).follow().html.h1.get_text()
    assert options_for(hers, "add")["ticket"]


def test_whoever_has_no_password_here_makes_none(
    hers: TestApp, leila: Person, laptop: Authenticator, installation: Installation
) -> None:
    asked = options_for(hers, "add")
    with writing(installation.sessions) as session:
        session.get_one(User, leila.id).password_hash = None
    options_for(hers, "add", status=409)
    sent = {
        "csrf_token": token_of(hers), "do": "add", "name": "x", "ticket": asked["ticket"],
        "passkey": json.dumps(laptop.make(asked["options"])),
    }
    assert "Passkeys are for accounts with a password" in hers.post("/account/passkeys", sent, status=409).text
    assert "You sign in elsewhere" in hers.get("/account").text


def test_twenty_are_the_most(hers: TestApp, laptop: Authenticator, installation: Installation) -> None:
    add(hers, laptop)
    with writing(installation.sessions) as session:
        first = session.scalars(select(Passkey)).one()
        for number in range(19):
            more = {column.name: getattr(first, column.name) for column in Passkey.__table__.columns}
            session.add(Passkey(**more | {"id": None, "uid": f"{number:016}", "credential_id": str(number)}))
    options_for(hers, "add", status=409)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://media.example.test", ("media.example.test", "https://media.example.test")),
        ("https://media.example.test:8443", ("media.example.test", "https://media.example.test:8443")),
        ("http://127.0.0.1:6543", ("localhost", "http://localhost:6543")),
        ("http://localhost:6543", ("localhost", "http://localhost:6543")),
        ("http://media.example.test", "over HTTPS only"),
        ("https://192.0.2.7", "need a host name"),
        ("https://[2001:db8::1]", "need a host name"),
    ],
)
def test_for_which_name_they_are_made(address: str, expected: Any, installation: Installation) -> None:
    settings = replace(installation.settings, base_url=address)
    if isinstance(expected, str):
        with pytest.raises(NoPasskeys, match=expected):
            relying_party(settings)
    else:
        party = relying_party(settings)
        assert (party.id, party.origin) == expected


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("passkey-new", "the passkey “Laptop” was added"),
        ("passkey-removed", "the passkey “Laptop” was removed"),
        ("passkey-copied", "looked like a copy"),
        ("app-removed", "Your passkeys still count."),
    ],
)
def test_letters_say_what_happened(kind: str, says: str, installation: Installation) -> None:
    detail = {"name": "Leila", "passkey": "Laptop"}
    mail = Mail(kind=kind, recipient="leila@example.test", created_at=installation.clock(), detail=detail)
    with writing(installation.sessions) as session:
        letter = WRITERS[kind](session, installation, mail)
    assert letter is not None
    assert says in " ".join(letter.text.split())
    assert "Change your password now" in " ".join(letter.text.split())
    assert "http" not in letter.text
