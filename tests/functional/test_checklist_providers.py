"""What an attacker, or a provider that errs, can try when somebody signs in: refused in words, and in the log."""
from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import func, select
from webtest import TestApp
from webtest.response import TestResponse

from privmedia.accounts.models import SignIn, User
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.providers.tokens import LOGGED_OUT
from tests.conftest import ADDRESS, FakeClock, Person
from tests.providers import ID, SECRET, Liar, in_the_settings, lying_provider

ELSEWHERE = {"jwks_uri": "an address that leads to another"}
REFUSED = "The answer of Contoso does not fit."


@pytest.fixture(scope="module")
def served() -> Iterator[Liar]:
    with lying_provider() as liar:
        yield liar


@pytest.fixture
def liar(served: Liar) -> Liar:
    """The provider, honest as long as a test lets it."""
    vars(served).update(vars(Liar(served.issuer)))
    return served


@pytest.fixture
def clock() -> FakeClock:
    clock = FakeClock()
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return clock


@pytest.fixture
def ini(ini: dict[str, str], served: Liar) -> dict[str, str]:
    """Two providers: one that makes accounts and links by address, and one that does neither."""
    contoso = in_the_settings("contoso", served.issuer, make_accounts="yes", link_by_email="yes")
    return {**ini, **contoso, **in_the_settings("strict", "http://127.0.0.1:9/strict")}


class Trial:
    """One try of a browser to sign in, held at the moment it comes back."""

    def __init__(self, app: TestApp, liar: Liar, there: str = "/", going: str = "") -> None:
        self.app, self.liar = app, liar
        begun = going or f"/login/oidc/contoso?{urlencode({'next': there})}"
        going = app.get(begun, status=303).headers["Location"]
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(going).query).items()}

    def back(self, status: int, token: str | None = None, **more: str) -> TestResponse:
        """Come back with an ID token of these claims."""
        good = token if token is not None else self.liar.sign(self.liar.claims(nonce=self.asked["nonce"]))
        self.liar.id_token = lambda: good
        sent = {"code": "abc", "state": self.asked["state"], **more}
        return self.app.get("/login/oidc/contoso/callback", sent, status=status)


@pytest.fixture
def begin(browser: Callable[[], TestApp], liar: Liar) -> Callable[..., Trial]:
    return lambda there="/": Trial(browser(), liar, there)


def nobody_is_signed_in(installation: Installation) -> bool:
    with reading(installation.sessions) as session:
        return session.scalar(select(func.count(SignIn.id))) == 0


def last(installation: Installation) -> Event:
    with reading(installation.sessions) as session:
        return session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()


def test_a_good_answer_signs_in_and_what_was_asked_is_what_the_standard_wants(
    begin: Callable[..., Trial], liar: Liar
) -> None:
    trial = begin("/recent")
    assert trial.asked["response_type"] == "code"
    assert trial.asked["code_challenge_method"] == "S256"
    assert trial.asked["redirect_uri"] == f"{ADDRESS}/login/oidc/contoso/callback"
    assert len(trial.asked["state"]) == len(trial.asked["nonce"]) == 43
    answer = trial.back(303)
    assert answer.headers["Location"] == f"{ADDRESS}/recent"
    (sent,) = [form for path, form in liar.asked if path == "/token_endpoint"]
    assert sent["code"] == ["abc"]
    assert len(sent["code_verifier"][0]) >= 43


NOW = int(time.time())
WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another receiver": {"aud": "somebody else"},
    "no receiver": {"aud": None},
    "two receivers and nobody named to use it": {"aud": [ID, "other"]},
    "made for another to use": {"azp": "other"},
    "another nonce": {"nonce": "x" * 43},
    "no nonce": {"nonce": None},
    "expired": {"exp": NOW - 120},
    "without an end": {"exp": None},
    "an end that is no time": {"exp": "tomorrow"},
    "from the future": {"iat": NOW + 900, "exp": NOW + 1800},
    "not yet valid": {"nbf": NOW + 900},
    "long ago": {"iat": NOW - 3600},
    "without a beginning": {"iat": None},
    "without a person": {"sub": None},
    "a person that is a list": {"sub": ["leila-1"]},
    "a person without end": {"sub": "x" * 300},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    begin: Callable[..., Trial], liar: Liar, installation: Installation, wrong: str
) -> None:
    trial = begin()
    claims = liar.claims(**{"nonce": trial.asked["nonce"]} | WRONG[wrong])
    assert REFUSED in trial.back(403, liar.sign(claims))
    assert nobody_is_signed_in(installation)
    event = last(installation)
    assert (event.kind, event.outcome, event.detail["through"]) == ("sign-in", "failed", "Contoso")


def unsigned(liar: Liar, claims: dict[str, Any]) -> str:
    _head, body, _signature = liar.sign(claims).split(".")
    return f"eyJhbGciOiJub25lIn0.{body}."


def by_public_key(liar: Liar, claims: dict[str, Any]) -> str:
    """By hand: a library that is careful does not sign like that."""
    _, body, _ = liar.sign(claims).split(".")
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=").decode()
    signed = hmac.digest(liar.key.as_pem(private=False), f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{urlsafe_b64encode(signed).rstrip(b'=').decode()}"


FORGED: dict[str, Callable[[Liar, dict[str, Any]], str]] = {
    "no signature": unsigned,
    "cut off": lambda liar, claims: liar.sign(claims).rpartition(".")[0] + ".",
    "another key under the same name": lambda liar, claims: liar.sign(claims, key=RSAKey.generate_key(2048)),
    "a key nobody knows": lambda liar, claims: liar.sign(claims, kid="second"),
    "the shared secret": lambda liar, claims: liar.sign(claims, key=OctKey.import_key(SECRET * 2), alg="HS256"),
    "the public key as a secret": by_public_key,
    "no token at all": lambda liar, claims: "",
    "words": lambda liar, claims: "a.b.c",
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("forged", FORGED)
def test_a_token_the_provider_has_not_signed_is_refused(
    begin: Callable[..., Trial], liar: Liar, installation: Installation, forged: str
) -> None:
    trial = begin()
    assert REFUSED in trial.back(403, FORGED[forged](liar, liar.claims(nonce=trial.asked["nonce"])))
    assert nobody_is_signed_in(installation)


def test_new_keys_of_the_provider_are_taken_and_asked_for_no_more_than_once_a_minute(
    begin: Callable[..., Trial], liar: Liar, clock: FakeClock
) -> None:
    begin().back(303)
    liar.key = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
    trial = begin()
    signed = liar.sign(liar.claims(nonce=trial.asked["nonce"]), kid="second")
    asked = len([path for path, _ in liar.asked if path == "/jwks_uri"])
    trial.back(403, signed)
    assert len([path for path, _ in liar.asked if path == "/jwks_uri"]) == asked
    clock.forward(seconds=61)
    trial = begin()
    trial.back(303, liar.sign(liar.claims(nonce=trial.asked["nonce"]), kid="second"))


def test_an_answer_belongs_to_the_browser_that_asked(
    begin: Callable[..., Trial], browser: Callable[[], TestApp], installation: Installation
) -> None:
    trial = begin()
    victim = browser()
    page = victim.get(
        "/login/oidc/contoso/callback", {"code": "abc", "state": trial.asked["state"]}, status=400
    )
    assert "This sign-in was begun in another browser, or it took too long." in page
    for state in ("", "x" * 43, "../../etc", "é" * 43):
        trial.app.get("/login/oidc/contoso/callback", {"code": "abc", "state": state}, status=400)
    assert nobody_is_signed_in(installation)


def test_an_answer_counts_once_and_not_after_a_quarter_of_an_hour(
    begin: Callable[..., Trial], clock: FakeClock
) -> None:
    trial = begin()
    trial.back(303)
    trial.back(400)
    late = begin()
    clock.forward(minutes=16)
    late.back(400)


def test_two_tabs_may_sign_in_at_the_same_time(begin: Callable[..., Trial], liar: Liar) -> None:
    first = begin("/recent")
    second = Trial(first.app, liar, "/mine")
    assert first.back(303).headers["Location"] == f"{ADDRESS}/recent"
    assert second.back(303).headers["Location"] == f"{ADDRESS}/mine"


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9/strict", "https://evil.example", ""])
def test_the_answer_of_another_provider_is_not_taken_for_this_ones(
    begin: Callable[..., Trial], liar: Liar, issuer: str
) -> None:
    liar.metadata["authorization_response_iss_parameter_supported"] = True
    trial = begin()
    assert REFUSED in trial.back(403, iss=issuer)
    trial = begin()
    trial.back(303, iss=liar.issuer)


def test_a_try_at_one_provider_does_not_come_back_by_another(begin: Callable[..., Trial]) -> None:
    trial = begin()
    trial.app.get("/login/oidc/strict/callback", {"code": "abc", "state": trial.asked["state"]}, status=400)


@pytest.mark.parametrize("there", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site_afterwards(begin: Callable[..., Trial], there: str) -> None:
    assert begin(there).back(303).headers["Location"] == f"{ADDRESS}/"


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_the_provider_has_not_verified_opens_nobodys_account(
    begin: Callable[..., Trial], liar: Liar, installation: Installation, make_person: Callable[..., Person],
    verified: object,
) -> None:
    make_person("leila@example.test")
    trial = begin()
    page = trial.back(403, liar.sign(liar.claims(nonce=trial.asked["nonce"], email_verified=verified)))
    assert "There is an account with your email address already" in page
    assert nobody_is_signed_in(installation)


def test_a_verified_address_opens_the_account_if_the_settings_allow_it(
    begin: Callable[..., Trial], installation: Installation, make_person: Callable[..., Person]
) -> None:
    leila = make_person("leila@example.test")
    begin().back(303)
    with reading(installation.sessions) as session:
        assert list(session.scalars(select(SignIn.user_id))) == [leila.id]


def test_another_person_of_the_same_address_later_gets_nothing(
    begin: Callable[..., Trial], liar: Liar, installation: Installation
) -> None:
    begin().back(303)
    with writing(installation.sessions) as session:
        first = session.scalars(select(User)).one()
        Accounts(session, installation).change_user(
            user=first, name=first.name, admin=False, guest=False, email="moved@example.test"
        )
    trial = begin()
    trial.back(303, liar.sign(liar.claims(nonce=trial.asked["nonce"], sub="somebody new")))
    with reading(installation.sessions) as session:
        assert {user.email for user in session.scalars(select(User))} == {"moved@example.test", "leila@example.test"}


def test_groups_that_are_too_many_to_tell_turn_nobody_into_somebody_of_none(
    begin: Callable[..., Trial], liar: Liar, installation: Installation
) -> None:
    trial = begin()
    claims = liar.claims(nonce=trial.asked["nonce"], groups=None, _claim_names={"groups": "src1"})
    liar.userinfo = {"sub": "leila-1"}
    assert "because there are too many" in trial.back(403, liar.sign(claims))
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(User.id))) == 0


@pytest.mark.parametrize("claims", [
    {"email": None}, {"email": "no address"}, {"email": ["leila@example.test"]}, {"email": "a@b\r\nBcc: c@d"},
])
def test_without_an_address_there_is_no_account(
    begin: Callable[..., Trial], liar: Liar, claims: dict[str, Any]
) -> None:
    trial = begin()
    liar.userinfo = {"sub": "leila-1"}
    page = trial.back(403, liar.sign(liar.claims(**{"nonce": trial.asked["nonce"]} | claims)))
    assert "did not tell your email address" in page


def test_what_is_told_about_another_person_is_not_believed(begin: Callable[..., Trial], liar: Liar) -> None:
    trial = begin()
    liar.userinfo = {"sub": "the director", "email": "director@example.test", "email_verified": True}
    assert REFUSED in trial.back(403, liar.sign(liar.claims(nonce=trial.asked["nonce"], email=None)))


@pytest.mark.parametrize("said", ["access_denied", "server_error", "<script>alert(1)</script>"])
def test_a_no_of_the_provider_is_said_in_words(begin: Callable[..., Trial], said: str) -> None:
    page = begin().back(403, error=said, error_description="<b>bold</b>")
    assert "Contoso did not sign you in." in page
    assert "<b>bold</b>" not in page
    assert "alert(1)" not in page


@pytest.mark.parametrize("about", [
    {"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": None},
    {"authorization_endpoint": "javascript:alert(1)"}, ELSEWHERE,
])
def test_a_provider_that_errs_about_itself_is_not_asked(
    browser: Callable[[], TestApp], liar: Liar, about: dict[str, Any]
) -> None:
    liar.metadata.update(about)
    if about == ELSEWHERE:
        liar.metadata["jwks_uri"] = f"{liar.issuer}/elsewhere"
    page = browser().get("/login/oidc/contoso", status=503)
    assert "Contoso does not answer right now." in page


def test_a_provider_that_is_away_is_said_to_be_and_a_password_still_works(
    browser: Callable[[], TestApp], liar: Liar, make_person: Callable[..., Person]
) -> None:
    person = make_person("leila@example.test")
    app = browser()
    page = app.get("/login/oidc/strict", {"next": "/recent"}, status=503)
    page = page.click("Sign in with a password")
    form = page.forms["login-form"]
    form["email"], form["password"] = person.email, person.password
    assert form.submit(status=303).headers["Location"] == f"{ADDRESS}/recent"
    app.get("/login/oidc/nobody", status=404)


def test_a_provider_that_did_not_answer_is_left_alone_for_a_moment(
    browser: Callable[[], TestApp], liar: Liar, clock: FakeClock
) -> None:
    liar.status = 500
    browser().get("/login/oidc/contoso", status=503)
    liar.status = 200
    asked = len(liar.asked)
    assert "Contoso does not answer right now." in browser().get("/login/oidc/contoso", status=503)
    assert len(liar.asked) == asked
    clock.forward(seconds=11)
    browser().get("/login/oidc/contoso", status=303)


@pytest.mark.parametrize(("ago", "status"), [(0, 303), (None, 303), (3600, 403)])
def test_who_was_asked_again_has_to_have_signed_in_just_now(
    begin: Callable[..., Trial], liar: Liar, ago: int | None, status: int
) -> None:
    trial = begin()
    trial.back(303)
    going = trial.app.get("/login/oidc/contoso?again=y", status=303).headers["Location"]
    trial.asked = {name: values[0] for name, values in parse_qs(urlsplit(going).query).items()}
    assert (trial.asked["prompt"], trial.asked["max_age"]) == ("login", "0")
    at = None if ago is None else int(time.time()) - ago
    trial.back(status, liar.sign(liar.claims(nonce=trial.asked["nonce"], auth_time=at)))


def signed_out(liar: Liar, **other: Any) -> str:
    claims = liar.claims(**{"nonce": None, "events": {LOGGED_OUT: {}}, "jti": "1", **other})
    return liar.sign(claims, typ="logout+jwt")


@pytest.mark.parametrize("wrong", [
    {"nonce": "x" * 43}, {"events": None}, {"events": {"other": {}}}, {"events": LOGGED_OUT}, {"aud": "other"},
    {"iss": "https://evil.example"}, {"iat": NOW - 3600}, {"sub": None}, {"sub": 7},
])
def test_a_logout_nobody_signed_for_us_ends_nothing(
    begin: Callable[..., Trial], browser: Callable[[], TestApp], liar: Liar, wrong: dict[str, Any],
    installation: Installation,
) -> None:
    trial = begin()
    trial.back(303)
    answer = browser().post("/login/oidc/contoso/back-channel", {"logout_token": signed_out(liar, **wrong)}, status=400)
    assert answer.json == {"error": "invalid_request"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert trial.app.get("/account").status_int == 200
    assert last(installation).kind == "provider.logout"


def test_a_logout_of_a_person_ends_all_their_sessions_and_nobody_elses(
    begin: Callable[..., Trial], browser: Callable[[], TestApp], liar: Liar, make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
) -> None:
    first, second, other = begin(), begin(), begin()
    for trial in (first, second):
        trial.back(303)
    other.back(303, liar.sign(liar.claims(nonce=other.asked["nonce"], sub="moe-1", email="moe@example.test")))
    by_password = sign_in(make_person("local@example.test"))
    browser().post("/login/oidc/contoso/back-channel", {"logout_token": signed_out(liar)}, status=200)
    open_still = [app.get("/account", expect_errors=True).status_int == 200
                  for app in (first.app, second.app, other.app, by_password)]
    assert open_still == [False, False, True, True]
    browser().post("/login/oidc/contoso/back-channel", {"logout_token": ""}, status=400)
    browser().post("/login/oidc/contoso/back-channel", {}, status=400)


def test_the_cookie_of_a_try_opens_nothing_and_cannot_be_made(
    begin: Callable[..., Trial], browser: Callable[[], TestApp]
) -> None:
    trial = begin()
    (cookie,) = [one for one in trial.app.cookiejar if one.name.startswith("away-")]
    forged = browser()
    forged.set_cookie(cookie.name, "A" * len(cookie.value or ""))
    forged.get("/login/oidc/contoso/callback", {"code": "abc", "state": trial.asked["state"]}, status=400)
    assert "csrf" not in (cookie.value or "")


@pytest.mark.parametrize(
    ("prompts", "asked"), [(None, {"prompt": ["login"], "max_age": ["0"]}), (["none"], {"prompt": ["select_account"]})]
)
def test_a_provider_that_cannot_ask_for_the_password_again_is_not_asked_to(
    begin: Callable[..., Trial], liar: Liar, prompts: list[str] | None, asked: dict[str, list[str]]
) -> None:
    liar.metadata = {} if prompts is None else {"prompt_values_supported": prompts}
    trial = begin()
    trial.back(303)
    going = trial.app.get("/login/oidc/contoso?again=y", status=303).headers["Location"]
    query = parse_qs(urlsplit(going).query)
    assert {name: query[name] for name in ("prompt", "max_age") if name in query} == asked
