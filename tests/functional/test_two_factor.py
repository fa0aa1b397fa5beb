"""Two-factor sign-in, as people meet it: set up, asked for, remembered, replaced, turned off, and the phone lost."""
from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from webtest import TestApp

from privmedia.accounts.commands import user as user_commands
from privmedia.accounts.models import OneTimeLink, RecoveryCode, SignIn, TwoFactor, User
from privmedia.accounts.one_time_links import Purpose
from privmedia.accounts.passwords import hash_password
from privmedia.accounts.second_factor import WrongCode, prepare, take
from privmedia.accounts.service import Accounts
from privmedia.accounts.two_factor import new_secret, step_of
from privmedia.audit.models import Event
from privmedia.console import Line
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.mail.models import Mail
from privmedia.operations.worker import WRITERS
from tests.authenticator import App, codes_on, secret_on
from tests.conftest import PASSWORD, FakeClock, Person

CODE_PAGE = "http://media.example.test/login/code"


@pytest.fixture
def leila(make_person: Callable[..., Person]) -> Person:
    return make_person("leila@example.test", name="Leila Haddad")


@pytest.fixture
def hers(leila: Person, sign_in: Callable[[Person], TestApp]) -> TestApp:
    """The browser in which she set two-factor up."""
    return sign_in(leila)


@pytest.fixture
def app_of_hers(hers: TestApp, clock: FakeClock) -> App:
    return App(hers, clock)


def first_step(browser: TestApp, person: Person, *, keep: bool = False, there: str = "/login") -> Any:
    form = browser.get(there).forms["login-form"]
    form["email"], form["password"], form["keep"] = person.email, person.password, keep
    return form.submit(status=303)


def second_step(browser: TestApp, person: Person, code: str, *, remember: bool = False, **more: Any) -> Any:
    form = first_step(browser, person, **more).follow().forms["code-form"]
    form["code"], form["remember"] = code, remember
    return form.submit(expect_errors=True)


def is_signed_in(browser: TestApp) -> bool:
    return bool(browser.get("/account", expect_errors=True).status_int == 200)


def letters(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Mail.kind).order_by(Mail.id)))


def lines(installation: Installation) -> list[tuple[str, str, str]]:
    with reading(installation.sessions) as session:
        events = session.scalars(select(Event).order_by(Event.id)).all()
        return [(event.kind, event.outcome, event.through) for event in events if event.kind != "user.add"]


def form_of(page: Any, do: str) -> Any:
    return next(form for form in page.forms.values() if "do" in form.fields and form["do"].value == do)


def test_an_app_counts_only_after_its_first_code(hers: TestApp, leila: Person, browser: Any, clock: FakeClock) -> None:
    page = hers.get("/account/two-factor")
    assert page.headers["Cache-Control"] == "no-store"
    assert "data:image/svg+xml" in page.text
    secret = secret_on(page)
    assert " ".join(secret[at : at + 4] for at in range(0, 32, 4)) in page.text
    assert secret_on(hers.get("/account/two-factor")) != secret
    refused = page.forms["two-factor-form"]
    refused["code"] = "000000"
    answer = refused.submit(status=422)
    assert "That code is not right" in answer.text
    assert secret_on(answer) == secret, "what was scanned still counts"
    other = browser()
    first_step(other, leila)
    assert is_signed_in(other)


def test_it_is_asked_for_at_the_next_sign_in_and_the_page_asked_for_comes_after(
    app_of_hers: App, browser: Any, leila: Person
) -> None:
    other = browser()
    there = other.get("/account?x=1", status=303).location
    asked = first_step(other, leila, there=there)
    assert asked.location.startswith(f"{CODE_PAGE}?")
    assert not is_signed_in(other)
    page = asked.follow()
    field = page.forms["code-form"]["code"]
    assert field.attrs["autocomplete"] == "one-time-code"
    assert field.attrs["inputmode"] == "numeric"
    form = page.forms["code-form"]
    form["code"] = app_of_hers.next_code()
    assert form.submit(status=303).location == "http://media.example.test/account?x=1"
    assert is_signed_in(other)


def test_a_wrong_code_lets_nobody_in_and_says_how_many_tries_are_left(
    app_of_hers: App, browser: Any, leila: Person, installation: Installation
) -> None:
    other = browser()
    answer = second_step(other, leila, "123123")
    assert answer.status_int == 401
    assert "After 4 more tries" in answer.text
    assert not is_signed_in(other)
    assert ("sign-in", "failed", "") in lines(installation)


def test_five_wrong_codes_and_then_even_the_right_one_has_to_wait_wherever_it_comes_from(
    app_of_hers: App, browser: Any, leila: Person, clock: FakeClock, installation: Installation
) -> None:
    for number in range(5):
        elsewhere = browser()
        elsewhere.extra_environ["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        assert second_step(elsewhere, leila, "123123").status_int == 401
    other = browser()
    answer = second_step(other, leila, app_of_hers.next_code())
    assert answer.status_int == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    assert letters(installation)[-1] == "codes-wrong"
    clock.forward(minutes=5, seconds=1)
    assert second_step(other, leila, app_of_hers.next_code()).status_int == 303


def test_a_code_may_be_one_step_old_or_early_and_no_more(
    app_of_hers: App, browser: Any, leila: Person, clock: FakeClock
) -> None:
    clock.forward(minutes=10)
    assert second_step(browser(), leila, app_of_hers.code(-2)).status_int == 401
    assert second_step(browser(), leila, app_of_hers.code(2)).status_int == 401
    assert second_step(browser(), leila, app_of_hers.code(-1)).status_int == 303
    assert second_step(browser(), leila, app_of_hers.code(1)).status_int == 303


def test_after_a_later_code_an_earlier_one_is_dead(
    app_of_hers: App, browser: Any, leila: Person, clock: FakeClock
) -> None:
    clock.forward(minutes=10)
    assert second_step(browser(), leila, app_of_hers.code(1)).status_int == 303
    assert second_step(browser(), leila, app_of_hers.code()).status_int == 401


@pytest.mark.both_databases
def test_of_two_that_bring_one_code_at_the_same_moment_one_gets_in(
    installation: Installation, make_person: Callable[..., Person], clock: FakeClock
) -> None:
    person, secret = make_person("leila@example.test"), new_secret()
    with writing(installation.sessions) as session:
        user = session.get_one(User, person.id)
        session.add(
            TwoFactor(user_id=user.id, secret=secret, created_at=clock(), confirmed_at=clock(), last_step=0)
        )
    current = App.__new__(App)
    current.secret, current.clock = secret, clock
    together, got_in = threading.Barrier(4), []

    def bring() -> None:
        proof = prepare(installation, user_id=person.id, typed=current.code())
        together.wait()
        try:
            with writing(installation.sessions) as session:
                take(session, installation, proof)
            got_in.append(True)
        except WrongCode:
            got_in.append(False)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got_in) == [False, False, False, True]


def test_the_half_signed_in_state_is_no_session_ends_after_five_minutes_and_works_once(
    app_of_hers: App, browser: Any, leila: Person, clock: FakeClock
) -> None:
    other = browser()
    page = first_step(other, leila).follow()
    token = other.cookies["second-step"]
    for address in ("/", "/account", "/upload/plain", "/smedia/aaaaaaaaaaaaaaaa/play.mp4"):
        thief = browser()
        thief.set_cookie("session", token)
        assert thief.get(address, expect_errors=True).status_int in (303, 404)
    clock.forward(minutes=5, seconds=1)
    form = page.forms["code-form"]
    form["code"] = app_of_hers.next_code()
    late = form.submit(status=303)
    assert late.location == "http://media.example.test/login"
    assert "That took too long" in late.follow().text
    assert not is_signed_in(other)
    second_step(other, leila, app_of_hers.code())
    assert is_signed_in(other)
    used = browser()
    used.set_cookie("second-step", token)
    assert used.get("/login/code").location == "http://media.example.test/login"


def test_another_browser_cannot_finish_what_one_began(app_of_hers: App, browser: Any, leila: Person) -> None:
    first_step(browser(), leila)
    stranger = browser()
    assert stranger.get("/login/code", status=303).location == "http://media.example.test/login"


def test_a_wait_for_a_code_dies_with_the_password_and_with_the_account(
    app_of_hers: App, browser: Any, leila: Person, installation: Installation
) -> None:
    for change in ("password", "disable"):
        other = browser()
        form = first_step(other, leila).follow().forms["code-form"]
        with writing(installation.sessions) as session:
            accounts = Accounts(session, installation)
            user = accounts.user_by_email(leila.email)
            if change == "password":
                accounts.set_password(user=user, password_hash=str(user.password_hash))
            else:
                user.disabled_at = installation.clock()
        form["code"] = app_of_hers.next_code()
        assert form.submit(status=303).location == "http://media.example.test/login"
        assert not is_signed_in(other)


def test_a_session_that_was_there_before_stays_when_only_the_password_was_given(
    app_of_hers: App, hers: TestApp, leila: Person, installation: Installation, clock: FakeClock, browser: Any
) -> None:
    before = hers.cookies["session"]
    thief = browser()
    thief.set_cookie("session", before)
    form = thief.get("/account")  # signed in by the same cookie
    assert form.status_int == 200
    other = browser()
    token = first_step(other, leila).request.cookies.get("session")
    assert token is None
    assert is_signed_in(hers), "the password alone ends nobody's session"
    clock.forward(seconds=30)
    answer = second_step(other, leila, app_of_hers.code())
    assert answer.status_int == 303
    assert other.cookies["session"] != before


def test_kept_for_thirty_days_is_remembered_through_the_second_step(
    app_of_hers: App, browser: Any, leila: Person
) -> None:
    answer = second_step(browser(), leila, app_of_hers.next_code(), keep=True)
    cookie = next(each for each in answer.headers.getall("Set-Cookie") if each.startswith("session="))
    assert "Max-Age=2592000" in cookie


def test_a_known_browser_is_not_asked_for_thirty_days(
    app_of_hers: App, browser: Any, leila: Person, clock: FakeClock
) -> None:
    other = browser()
    second_step(other, leila, app_of_hers.next_code(), remember=True)
    cookie = other.cookies["known-browser"]
    for days, asked in ((29, False), (2, True)):
        clock.forward(days=days)
        later = browser()
        later.set_cookie("known-browser", cookie)
        first_step(later, leila)
        assert is_signed_in(later) != asked


def test_a_browser_is_known_only_when_that_was_ticked(app_of_hers: App, browser: Any, leila: Person) -> None:
    other = browser()
    second_step(other, leila, app_of_hers.next_code())
    assert "known-browser" not in other.cookies


@pytest.mark.parametrize("change", ["password", "app", "person", "forged", "time"])
def test_a_known_browser_is_a_stranger_again_when(
    change: str,
    app_of_hers: App,
    browser: Any,
    leila: Person,
    installation: Installation,
    make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
    clock: FakeClock,
) -> None:
    other = browser()
    second_step(other, leila, app_of_hers.next_code(), remember=True)
    mark = other.cookies["known-browser"]
    person = leila
    if change == "password":  # to the same one: the browser's mark cannot tell
        with writing(installation.sessions) as session:
            Accounts(session, installation).set_password(
                user=session.get_one(User, leila.id), password_hash=hash_password(PASSWORD, rounds=4)
            )
    elif change == "app":
        with writing(installation.sessions) as session:
            session.get_one(TwoFactor, leila.id).secret = new_secret()
    elif change == "person":
        person = make_person("milo@example.test", name="Milo")
        App(sign_in(person), clock)
    elif change == "forged":
        mark = mark[:-1] + ("0" if mark[-1] != "0" else "1")
    else:
        seconds, _dot, signature = mark.partition(".")
        mark = f"{int(seconds) + 1}.{signature}"
    later = browser()
    later.set_cookie("known-browser", mark)
    assert first_step(later, person).location == CODE_PAGE


@pytest.mark.parametrize("mark", ["", ".", "x.y", "99999999999999.0", "1.é", "4102444800." + "0" * 64])
def test_marks_that_are_none_are_no_error(mark: str, app_of_hers: App, browser: Any, leila: Person) -> None:
    other = browser()
    other.set_cookie("known-browser", mark.encode().decode("latin-1"))
    assert first_step(other, leila).location == CODE_PAGE


def test_each_recovery_code_works_once_and_the_person_hears_of_it(
    app_of_hers: App, browser: Any, leila: Person, installation: Installation
) -> None:
    assert len(set(app_of_hers.codes)) == 10
    other = browser()
    page = first_step(other, leila).follow().click("Use a recovery code")
    form = page.forms["code-form"]
    form["code"] = app_of_hers.codes[0].upper().replace("-", " ")
    form.submit(status=303)
    assert is_signed_in(other)
    assert "9 of 10 left" in other.get("/account").text
    assert letters(installation)[-1] == "recovery-code-used"
    assert lines(installation)[-1] == ("sign-in", "done", "recovery code")
    assert second_step(browser(), leila, app_of_hers.codes[0]).status_int == 401
    assert second_step(browser(), leila, app_of_hers.codes[1]).status_int == 303


def test_recovery_codes_and_tokens_are_kept_as_hashes_only(app_of_hers: App, installation: Installation) -> None:
    with reading(installation.sessions) as session:
        kept = session.scalars(select(RecoveryCode.code_hash)).all()
    assert len(set(kept)) == 10
    for code in app_of_hers.codes:
        assert not any(code in each or code.replace("-", "") in each for each in kept)


def test_new_recovery_codes_need_the_password_and_end_the_old_ones(
    app_of_hers: App, hers: TestApp, leila: Person, browser: Any, installation: Installation
) -> None:
    asked = form_of(hers.get("/account"), "codes").submit(status=403)
    assert "Say your password again" in asked.text
    again = asked.forms["confirm-form"]
    again["confirm_password"] = PASSWORD
    shown = again.submit(status=200)
    assert shown.headers["Cache-Control"] == "no-store"
    codes = codes_on(shown)
    assert not set(codes) & set(app_of_hers.codes)
    assert second_step(browser(), leila, app_of_hers.codes[0]).status_int == 401
    assert second_step(browser(), leila, codes[0]).status_int == 303
    assert "recovery-codes-new" in letters(installation)


def test_turning_it_off_needs_the_password_and_tells_the_person(
    app_of_hers: App, hers: TestApp, leila: Person, browser: Any, installation: Installation
) -> None:
    wrong = form_of(hers.get("/account"), "off").submit(status=403).forms["confirm-form"]
    wrong["confirm_password"] = "something else 99"
    refused = wrong.submit(status=403)
    assert "That is not your password" in refused.text
    right = refused.forms["confirm-form"]
    right["confirm_password"] = PASSWORD
    assert "Two-factor is off" in right.submit(status=303).follow().text
    first_step(other := browser(), leila)
    assert is_signed_in(other)
    assert letters(installation)[-1] == "two-factor-off"
    assert [line[:2] for line in lines(installation)][-3:] == [
        ("confirm", "done"), ("two-factor.off", "done"), ("sign-in", "done"),
    ]
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(RecoveryCode.id))) == 0


def test_replacing_the_app_asks_for_the_password_first_and_the_old_app_counts_until_then(
    app_of_hers: App, hers: TestApp, leila: Person, browser: Any, clock: FakeClock
) -> None:
    clock.forward(minutes=11)
    asked = hers.get("/account").click("Replace")
    form = asked.forms["confirm-form"]
    form["confirm_password"], form["confirm_code"] = PASSWORD, app_of_hers.code()
    page = form.submit(status=303).follow()
    clock.forward(minutes=1)
    assert second_step(browser(), leila, app_of_hers.code()).status_int == 303
    old, app_of_hers.secret = app_of_hers.secret, secret_on(page)
    change = page.forms["two-factor-form"]
    change["code"] = app_of_hers.next_code()
    change.submit(status=303)
    new, app_of_hers.secret = app_of_hers.secret, old
    assert second_step(browser(), leila, app_of_hers.next_code()).status_int == 401
    app_of_hers.secret = new
    assert second_step(browser(), leila, app_of_hers.next_code()).status_int == 303
    assert second_step(browser(), leila, app_of_hers.codes[0]).status_int == 303, "recovery codes stay"


def test_replacing_without_having_said_the_password_is_asked_for_it(
    app_of_hers: App, hers: TestApp, clock: FakeClock, installation: Installation
) -> None:
    page = hers.get("/account/two-factor")
    clock.forward(minutes=11)
    form = page.forms["two-factor-form"]
    form["code"] = "123456"
    assert "Say your password again" in form.submit(status=403).text
    with reading(installation.sessions) as session:
        assert session.scalars(select(TwoFactor.secret)).one() == app_of_hers.secret


def test_where_the_password_is_asked_for_again_a_code_is_as_well(
    app_of_hers: App, hers: TestApp, installation: Installation, clock: FakeClock
) -> None:
    clock.forward(hours=3)
    asked = form_of(hers.get("/account"), "off").submit(status=403).forms["confirm-form"]
    asked["confirm_password"] = PASSWORD
    missing = asked.submit(status=422).forms["confirm-form"]
    missing["confirm_password"], missing["confirm_code"] = PASSWORD, "000000"
    wrong = missing.submit(status=403)
    assert "That code is not right" in wrong.text
    again = wrong.forms["confirm-form"]
    again["confirm_password"], again["confirm_code"] = "something else 99", app_of_hers.code()
    again = again.submit(status=403).forms["confirm-form"]
    with reading(installation.sessions) as session:
        assert session.get(TwoFactor, 1) is not None
    again["confirm_password"], again["confirm_code"] = PASSWORD, app_of_hers.code()
    again.submit(status=303)
    with reading(installation.sessions) as session:
        assert session.get(TwoFactor, 1) is None


def test_a_recovery_code_does_where_a_code_is_asked_for_again(
    app_of_hers: App, hers: TestApp, installation: Installation, clock: FakeClock
) -> None:
    clock.forward(hours=3)
    asked = form_of(hers.get("/account"), "codes").submit(status=403).forms["confirm-form"]
    asked["confirm_password"], asked["confirm_code"] = PASSWORD, app_of_hers.codes[3]
    assert len(codes_on(asked.submit(status=200))) == 10


def test_a_secret_that_was_not_made_here_is_refused(hers: TestApp, installation: Installation) -> None:
    form = hers.get("/account/two-factor").forms["two-factor-form"]
    mine = "A" * 32
    form["secret"] = f"{mine}." + form["secret"].value.partition(".")[2]
    form["code"] = "123456"
    form.submit(status=422)
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count()).select_from(TwoFactor)) == 0


def test_an_administrator_takes_it_away_from_who_lost_the_phone(
    app_of_hers: App,
    leila: Person,
    browser: Any,
    installation: Installation,
    make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
) -> None:
    admin = sign_in(make_person("admin@example.test", admin=True))
    with reading(installation.sessions) as session:
        uid = session.get_one(User, leila.id).uid
    form_of(admin.get(f"/admin/users/{uid}"), "two_factor_off").submit(status=303)
    first_step(other := browser(), leila)
    assert is_signed_in(other)
    assert letters(installation)[-1] == "two-factor-off"
    assert ("two-factor.reset", "done", "") in lines(installation)


def test_no_code_secret_or_token_is_in_the_log_or_the_mails(
    app_of_hers: App, browser: Any, leila: Person, installation: Installation
) -> None:
    other = browser()
    code = app_of_hers.next_code()
    second_step(other, leila, code, remember=True)
    secrets = [code, app_of_hers.secret, *app_of_hers.codes, *dict(other.cookies).values()]
    with reading(installation.sessions) as session:
        for table in ("events", "mails", "jobs"):
            for row in session.execute(text(f"SELECT * FROM {table}")).all():
                assert not [each for each in secrets if each and each in repr(tuple(map(str, row)))]


def test_old_waits_for_a_code_are_cleared_away(
    app_of_hers: App, browser: Any, leila: Person, clock: FakeClock, installation: Installation
) -> None:
    for _ in range(3):
        first_step(browser(), leila)
        clock.forward(minutes=6)
    first_step(browser(), leila)
    with reading(installation.sessions) as session:
        kept = session.scalar(select(func.count()).where(OneTimeLink.purpose == Purpose.SECOND_STEP))
    assert kept == 1


def test_the_time_step_of_a_code_is_found_within_the_drift(clock: FakeClock) -> None:
    secret, now = new_secret(), int(clock().timestamp())
    code = pyotp.TOTP(secret).at(now)
    assert step_of(secret, f" {code[:3]} {code[3:]} ", now=clock(), after=0) == now // 30
    assert step_of(secret, code, now=clock(), after=now // 30) is None


def test_the_log_says_by_what_somebody_signed_in(
    app_of_hers: App, browser: Any, leila: Person, installation: Installation
) -> None:
    second_step(browser(), leila, app_of_hers.next_code())
    assert lines(installation)[-1] == ("sign-in", "done", "authenticator app")
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(SignIn.id)).where(SignIn.user_id == leila.id)) == 2


def test_a_second_app_is_no_way_around_replacing_the_first(
    hers: TestApp, clock: FakeClock, installation: Installation
) -> None:
    form = hers.get("/account/two-factor").forms["two-factor-form"]
    first = App(hers, clock)
    form["code"] = pyotp.TOTP(form["secret"].value.partition(".")[0]).at(int(clock().timestamp()))
    assert "Two-factor is on already" in form.submit(status=422).text
    with reading(installation.sessions) as session:
        assert session.scalars(select(TwoFactor.secret)).one() == first.secret


def test_the_command_line_takes_it_away(
    app_of_hers: App, leila: Person, installation: Installation, browser: Any
) -> None:
    line = Line("unused")
    line.__dict__["installation"] = installation
    done = CliRunner().invoke(user_commands, ["two-factor-off", leila.email], obj=line)
    assert (done.exit_code, done.output) == (0, "leila@example.test signs in with the password alone now.\n")
    first_step(other := browser(), leila)
    assert is_signed_in(other)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("two-factor-on", "asks for codes of the authenticator app"),
        ("two-factor-off", "your password alone lets you in"),
        ("recovery-codes-new", "The old ones no longer work."),
        ("recovery-code-used", "7 are left."),
        ("codes-wrong", "several codes that were wrong"),
    ],
)
def test_letters_say_what_happened_and_hold_no_link(kind: str, says: str, installation: Installation) -> None:
    mail = Mail(
        kind=kind, recipient="leila@example.test", created_at=installation.clock(), detail={"name": "Leila", "left": 7}
    )
    with writing(installation.sessions) as session:
        letter = WRITERS[kind](session, installation, mail)
    assert letter is not None
    assert says in " ".join(letter.text.split())
    assert letter.text.startswith("Hello Leila,")
    assert "23 November 2026, 12:00 UTC" in " ".join(letter.text.split())
    assert "http" not in letter.text
    assert "$" not in letter.subject + letter.text
