"""Attacks on passkeys that a black box can try (WebAuthn level 3, sections 7.1, 7.2 and 13): each is refused, in words,
and is a line of the audit log."""
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.accounts.models import Passkey, User
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.mail.models import Mail
from tests.conftest import FakeClock, Person
from tests.functional.visitors import token_of
from tests.passkeys import ES256, PRESENT, VERIFIED, Authenticator, add, b64, options_for, sign_in

ORIGIN = "https://media.example.test"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return ini | {"privmedia.base_url": ORIGIN}


@pytest.fixture
def leila(make_person: Callable[..., Person]) -> Person:
    return make_person("leila@example.test", name="Leila Haddad")


@pytest.fixture
def hers(leila: Person, sign_in: Callable[[Person], TestApp]) -> TestApp:
    return sign_in(leila)


@pytest.fixture
def laptop(hers: TestApp) -> Authenticator:
    """Leila's, with one passkey in it."""
    authenticator = Authenticator(ORIGIN)
    add(hers, authenticator)
    return authenticator


def last_line(installation: Installation) -> tuple[str, str, str, str]:
    with reading(installation.sessions) as session:
        event = session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert event is not None
        return (event.kind, event.outcome, event.target, str(event.detail.get("why", "")))


def is_signed_in(browser: TestApp) -> bool:
    return bool(browser.get("/account", expect_errors=True).status_int == 200)


def require_refused(installation: Installation, browser: TestApp, answer: Any, why: str, who: str | None) -> None:
    assert answer.status_int == 401
    assert "That passkey does not let you in." in answer.text
    assert not is_signed_in(browser)
    kind, outcome, target, said = last_line(installation)
    assert (kind, outcome) == ("sign-in", "failed")
    assert why in said
    assert who is None or target == who


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a challenge of its own": ({"client": {"challenge": b64(b"x" * 32)}}, "challenge was not expected"),
    "no challenge": ({"client": {"challenge": ""}}, "challenge was not expected"),
    "another origin": ({"client": {"origin": "https://evil.example"}}, "Unexpected client data origin"),
    "a subdomain": ({"client": {"origin": "https://x.media.example.test"}}, "Unexpected client data origin"),
    "without TLS": ({"client": {"origin": "http://media.example.test"}}, "Unexpected client data origin"),
    "another port": ({"client": {"origin": f"{ORIGIN}:8443"}}, "Unexpected client data origin"),
    "origin null": ({"client": {"origin": "null"}}, "Unexpected client data origin"),
    "another relying party": ({"rp_id": "evil.example"}, "RP ID hash"),
    "the domain above": ({"rp_id": "example.test"}, "RP ID hash"),
    "made, not signed": ({"client": {"type": "webauthn.create"}}, "Unexpected client data type"),
    "a type of payments": ({"client": {"type": "payment.get"}}, "Unexpected client data type"),
    "in a frame of another site": ({"client": {"crossOrigin": True}}, "frame of another site"),
    "under another page": ({"client": {"topOrigin": "https://evil.example"}}, "frame of another site"),
    "nobody was there": ({"flags": VERIFIED}, "not present"),
    "a spoiled signature": ({"spoil": True}, "signature"),
    "the name of somebody else": ({"handle": b"y" * 32}, "carries another name"),
    "a credential that is unknown": ({"credential_id": b"z" * 32}, "no such passkey"),
    "no public key": ({"outside": {"type": "password"}}, "unexpected type"),
    "another id inside": ({"outside": {"rawId": b64(b"q" * 32)}}, "id and raw_id"),
}


def test_what_was_not_signed_as_asked_signs_nobody_in(
    laptop: Authenticator, browser: Any, installation: Installation, leila: Person, clock: FakeClock
) -> None:
    for otherwise, why in WRONG.values():
        thief = browser()
        asked = options_for(thief, "sign-in")
        answer = sign_in(thief, asked, laptop.sign(asked["options"], **otherwise))
        require_refused(installation, thief, answer, why, None if "credential_id" in otherwise else leila.email)
        clock.forward(minutes=6)
    thief = browser()
    asked = options_for(thief, "sign-in")
    assert sign_in(thief, asked, laptop.sign(asked["options"])).status_int == 303


def test_a_challenge_is_used_up_by_a_wrong_answer_too(
    laptop: Authenticator, browser: Any, installation: Installation, leila: Person
) -> None:
    one = browser()
    asked = options_for(one, "sign-in")
    refused = sign_in(one, asked, laptop.sign(asked["options"], spoil=True))
    require_refused(installation, one, refused, "signature", leila.email)
    again = sign_in(one, asked, laptop.sign(asked["options"]))
    require_refused(installation, one, again, "answered before", leila.email)


def test_the_same_answer_sent_twice_from_one_browser_is_a_replay(
    laptop: Authenticator, browser: Any, installation: Installation, leila: Person
) -> None:
    one = browser()
    asked = options_for(one, "sign-in")
    token, signed = token_of(one), json.dumps(laptop.sign(asked["options"]))
    sent = {"csrf_token": token, "ticket": asked["ticket"], "passkey": signed}
    one.post("/login", sent, status=303)
    out = browser()
    out.set_cookie("__Host-csrf", one.cookies["__Host-csrf"])
    require_refused(installation, out, out.post("/login", sent, expect_errors=True), "answered before", leila.email)


def test_an_answer_counts_in_the_browser_that_asked_alone(
    laptop: Authenticator, browser: Any, installation: Installation, leila: Person
) -> None:
    asked = options_for(browser(), "sign-in")
    signed = laptop.sign(asked["options"])
    thief = browser()
    require_refused(installation, thief, sign_in(thief, asked, signed), "challenge was not expected", leila.email)


def test_a_challenge_ends_after_five_minutes_and_its_time_cannot_be_moved(
    laptop: Authenticator, browser: Any, installation: Installation, clock: FakeClock
) -> None:
    late = browser()
    asked = options_for(late, "sign-in")
    signed = laptop.sign(asked["options"])
    clock.forward(minutes=5)
    answer = sign_in(late, asked, signed)
    assert answer.status_int == 401
    assert "That took too long" in answer.text
    assert last_line(installation)[3] == "the challenge is too old"
    random, _dot, until = asked["ticket"].partition(".")
    moved = sign_in(late, {"ticket": f"{random}.{int(until) + 600}"}, signed)
    require_refused(installation, late, moved, "challenge was not expected", None)
    for ticket in ("", ".", "x.1", f"{random}.", f"{random}.{'9' * 40}", "\u00e9" * 43 + ".1799999999"):
        answer = sign_in(late, {"ticket": ticket}, signed)
        assert answer.status_int in (401, 429), ticket


def test_a_challenge_for_one_thing_is_none_for_another(
    laptop: Authenticator, hers: TestApp, browser: Any, installation: Installation, leila: Person
) -> None:
    signed_in = options_for(hers, "confirm")
    answer = sign_in(other := browser(), signed_in, laptop.sign(signed_in["options"]))
    require_refused(installation, other, answer, "challenge was not expected", leila.email)
    half = browser()
    form = half.get("/login").forms["login-form"]
    form["email"], form["password"] = leila.email, leila.password
    form.submit(status=303)
    second = options_for(half, "second")
    answer = sign_in(half, second, laptop.sign(second["options"], flags=PRESENT | VERIFIED))
    require_refused(installation, half, answer, "challenge was not expected", leila.email)


def test_in_place_of_the_password_it_has_to_make_sure_who_it_is(
    laptop: Authenticator, browser: Any, installation: Installation, leila: Person
) -> None:
    thief = browser()
    asked = options_for(thief, "sign-in")
    answer = sign_in(thief, asked, laptop.sign(asked["options"], flags=PRESENT))
    assert answer.status_int == 401
    assert "did not make sure that it is you" in answer.text
    assert not is_signed_in(thief)
    assert last_line(installation) == ("sign-in", "failed", leila.email, "it did not verify the person")


@pytest.mark.parametrize("back", [0, 1])
def test_a_counter_that_goes_back_is_refused_and_the_person_hears_of_it(
    back: int, laptop: Authenticator, browser: Any, installation: Installation, leila: Person
) -> None:
    one = browser()
    for counter in (7, 7 - back):
        one = browser()
        asked = options_for(one, "sign-in")
        answer = sign_in(one, asked, laptop.sign(asked["options"], counter=counter))
    require_refused(installation, one, answer, "there may be a copy", leila.email)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Mail.kind).order_by(Mail.id.desc())).first() == "passkey-copied"
        assert session.scalars(select(Passkey.counter)).one() == 7


def test_a_disabled_person_is_refused_like_an_unknown_one(
    laptop: Authenticator, browser: Any, installation: Installation, leila: Person
) -> None:
    one, other = browser(), browser()
    asked = options_for(one, "sign-in")
    unknown = sign_in(one, asked, laptop.sign(asked["options"], credential_id=b"z" * 32))
    with writing(installation.sessions) as session:
        session.get_one(User, leila.id).disabled_at = installation.clock()
    asked = options_for(other, "sign-in")
    answer = sign_in(other, asked, laptop.sign(asked["options"]))
    require_refused(installation, other, answer, "disabled account", leila.email)
    assert said(answer) == said(unknown)


def said(page: Any) -> str:
    return str(page.html.select_one("[role=alert]").get_text(" ", strip=True))


def test_after_the_password_of_one_the_passkey_of_another_is_none(
    laptop: Authenticator, browser: Any, installation: Installation, make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
) -> None:
    milo = make_person("milo@example.test", name="Milo")
    his = Authenticator(ORIGIN)
    add(sign_in(milo), his)
    thief = browser()
    form = thief.get("/login").forms["login-form"]
    form["email"], form["password"] = milo.email, milo.password
    form.submit(status=303)
    asked = options_for(thief, "second")
    sent = {
        "csrf_token": token_of(thief), "ticket": asked["ticket"], "passkey": json.dumps(laptop.sign(asked["options"])),
    }
    refused = thief.post("/login/code", sent, status=401)
    assert "That passkey does not let you in." in refused.text
    assert "After 4 more tries" in refused.text
    assert not is_signed_in(thief)
    assert last_line(installation) == ("sign-in", "failed", "leila@example.test", "the passkey of somebody else")


def test_the_second_step_needs_the_first(laptop: Authenticator, browser: Any) -> None:
    stranger = browser()
    options_for(stranger, "second", status=401)
    sent = {"csrf_token": token_of(stranger), "ticket": "x", "passkey": "{}"}
    assert stranger.post("/login/code", sent, status=303).location == f"{ORIGIN}/login"


def test_where_it_is_asked_again_who_one_is_nobody_elses_passkey_does(
    laptop: Authenticator, hers: TestApp, installation: Installation, clock: FakeClock, leila: Person,
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp],
) -> None:
    admin = make_person("ingrid@example.test", name="Ingrid", admin=True)
    browser, own = sign_in(admin), Authenticator(ORIGIN)
    add(browser, own)
    clock.forward(hours=3)
    for name, otherwise in {"hers": {}, "spoiled": {"spoil": True}, "of her session": {}}.items():
        asked = options_for(hers if name == "of her session" else browser, "confirm")
        signed = (own if name == "spoiled" else laptop).sign(asked["options"], **otherwise)
        sent = {
            "csrf_token": token_of(browser), "name": "Gdynia yard",
            "confirm_passkey": json.dumps(signed), "confirm_ticket": asked["ticket"],
        }
        answer = browser.post("/admin/groups", sent, status=403)
        assert "That passkey does not let you in." in answer.text
        assert answer.forms["confirm-form"]["name"].value == "Gdynia yard"
        assert last_line(installation)[:2] == ("confirm", "failed")
    assert "Gdynia yard" not in browser.get("/admin/groups").text


def test_who_guesses_has_to_wait_as_with_passwords(
    laptop: Authenticator, browser: Any, installation: Installation, clock: FakeClock
) -> None:
    thief = browser()
    for _try in range(5):
        asked = options_for(thief, "sign-in")
        assert sign_in(thief, asked, laptop.sign(asked["options"], spoil=True)).status_int == 401
    asked = options_for(thief, "sign-in")
    waits = sign_in(thief, asked, laptop.sign(asked["options"]))
    assert waits.status_int == 429
    assert 0 < int(waits.headers["Retry-After"]) <= 301
    assert last_line(installation)[:2] == ("sign-in", "denied")
    clock.forward(minutes=6)
    asked = options_for(thief, "sign-in")
    assert sign_in(thief, asked, laptop.sign(asked["options"])).status_int == 303


def test_what_is_asked_for_tells_nobody_who_has_an_account(laptop: Authenticator, browser: Any, leila: Person) -> None:
    def shape(email: str) -> Any:
        one = browser()
        sent = {"csrf_token": token_of(one), "for": "sign-in", "email": email}
        options = one.post("/login/passkey", sent).json["options"]
        return {name: value for name, value in options.items() if name != "challenge"}

    assert shape(leila.email) == shape("nobody@example.test")


def test_a_forged_form_is_refused_before_anything_is_looked_at(laptop: Authenticator, browser: Any) -> None:
    thief = browser()
    asked = options_for(thief, "sign-in")
    sent = {"csrf_token": "x", "ticket": asked["ticket"], "passkey": json.dumps(laptop.sign(asked["options"]))}
    thief.post("/login", sent, status=403)
    thief.post("/login/passkey", {"csrf_token": "x", "for": "sign-in"}, status=403)


UNREADABLE = [
    "", "{", "null", "[]", "7", '"x"', "{}", '{"id": 7}', '{"id": "!", "response": {}}',
    json.dumps({"id": "eHh4", "rawId": "eHh4", "type": "public-key", "response": {"clientDataJSON": b64(b"[]")}}),
    json.dumps({"id": "eHh4", "rawId": "eHh4", "type": "public-key", "response": {"clientDataJSON": b64(b"\xff")}}),
    json.dumps({"id": "eHh4", "rawId": "eHh4", "type": "public-key", "response": []}),
    json.dumps({"id": b64(b"x" * 1024), "response": {"clientDataJSON": b64(b"{}")}}),
    "[" * 5000, "x" * 20_001,
]


def test_what_is_no_answer_is_no_fault_of_the_server(
    laptop: Authenticator, hers: TestApp, browser: Any, installation: Installation, leila: Person, clock: FakeClock
) -> None:
    thief = browser()
    for number, text in enumerate(UNREADABLE):
        thief.extra_environ["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        assert sign_in(thief, options_for(thief, "sign-in"), text).status_int == 401
        assert last_line(installation)[:2] == ("sign-in", "failed")
        asked = options_for(hers, "add")
        sent = {"csrf_token": token_of(hers), "do": "add", "name": "x", "ticket": asked["ticket"], "passkey": text}
        hers.post("/account/passkeys", sent, status=422)
        assert last_line(installation)[:2] == ("passkey.add", "failed")


NOT_MADE: dict[str, tuple[dict[str, Any], str]] = {
    "another challenge": ({"client": {"challenge": b64(b"x" * 32)}}, "challenge was not expected"),
    "another origin": ({"client": {"origin": "https://evil.example"}}, "Unexpected client data origin"),
    "another relying party": ({"rp_id": "evil.example"}, "RP ID hash"),
    "signed, not made": ({"client": {"type": "webauthn.get"}}, "Unexpected client data type"),
    "in a frame of another site": ({"client": {"crossOrigin": True}}, "frame of another site"),
    "nobody was there": ({"flags": VERIFIED}, "presence"),
    "no algorithm": ({"algorithm": 0}, "missing alg"),
    "an algorithm that was not asked for": ({"algorithm": -65535}, "Unsupported credential public key alg"),
    "an attestation that was not asked for": ({"attestation": "android-safetynet"}, ""),
    "one that signs itself wrongly": ({"attestation": "packed"}, ""),
    "an unknown attestation": ({"attestation": "mine"}, ""),
    "another id outside": ({"outside": {"id": b64(b"q" * 32), "rawId": b64(b"q" * 32)}}, "not the one that it says"),
}


def test_what_was_not_made_as_asked_is_no_passkey(hers: TestApp, installation: Installation, leila: Person) -> None:
    for otherwise, why in NOT_MADE.values():
        answer = add(hers, Authenticator(ORIGIN, algorithm=ES256), status=422, **otherwise)
        assert "That passkey cannot be used here." in answer.text
        kind, outcome, target, said_why = last_line(installation)
        assert (kind, outcome, target) == ("passkey.add", "failed", leila.email)
        assert why in said_why
    with reading(installation.sessions) as session:
        assert session.scalars(select(Passkey)).all() == []


def test_one_that_is_registered_is_registered_once_whosever_it_is(
    laptop: Authenticator, hers: TestApp, installation: Installation, make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
) -> None:
    known = laptop.kept[0].credential_id
    again = add(hers, laptop, credential_id=known, status=409)
    assert "registered already" in again.text
    milo = sign_in(make_person("milo@example.test", name="Milo"))
    assert said(add(milo, Authenticator(ORIGIN), credential_id=known, status=409)) == said(again)
    assert last_line(installation)[:2] == ("passkey.add", "failed")
    with reading(installation.sessions) as session:
        assert [each.public_key for each in session.scalars(select(Passkey))] != []
        assert len(session.scalars(select(Passkey)).all()) == 1


def test_an_answer_of_making_counts_once_and_in_its_session(
    hers: TestApp, installation: Installation, leila: Person, sign_in: Callable[[Person], TestApp]
) -> None:
    authenticator = Authenticator(ORIGIN)
    asked = options_for(hers, "add")
    sent = {
        "do": "add", "name": "x", "ticket": asked["ticket"],
        "passkey": json.dumps(authenticator.make(asked["options"])),
    }
    elsewhere = sign_in(leila)
    elsewhere.post("/account/passkeys", {**sent, "csrf_token": token_of(elsewhere)}, status=422)
    assert "challenge was not expected" in last_line(installation)[3]
    hers.post("/account/passkeys", {**sent, "csrf_token": token_of(hers)}, status=200)
    hers.post("/account/passkeys", {**sent, "csrf_token": token_of(hers)}, status=422)
    assert last_line(installation)[3] == "the challenge was answered before"


def test_nobody_renames_or_removes_what_is_somebody_elses(
    laptop: Authenticator, installation: Installation, make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
) -> None:
    with reading(installation.sessions) as session:
        uid = session.scalars(select(Passkey.uid)).one()
    milo = sign_in(make_person("milo@example.test", name="Milo"))
    for fields in ({"do": "rename", "name": "mine"}, {"do": "remove", "confirm_password": "three unrelated words 7"}):
        sent = {"csrf_token": token_of(milo), "passkey": uid, **fields}
        assert milo.post("/account/passkeys", sent, expect_errors=True).status_int == 404
    with reading(installation.sessions) as session:
        assert session.scalars(select(Passkey.name)).all() == ["Laptop"]


def test_a_new_password_ends_the_sessions_and_leaves_the_passkeys(
    laptop: Authenticator, hers: TestApp, browser: Any, installation: Installation, leila: Person
) -> None:
    waiting = options_for(hers, "confirm")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        user = accounts.user_by_email(leila.email)
        accounts.set_password(user=user, password_hash=str(user.password_hash))
    assert not is_signed_in(hers)
    other = browser()
    answer = sign_in(other, waiting, laptop.sign(waiting["options"]))
    require_refused(installation, other, answer, "challenge was not expected", leila.email)
    asked = options_for(other, "sign-in")
    assert sign_in(other, asked, laptop.sign(asked["options"])).status_int == 303
