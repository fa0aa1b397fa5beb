from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import group as group_principal
from privmedia.accounts.groups import Groups
from privmedia.accounts.invitation_letters import invitation as letter_of
from privmedia.accounts.invitations import Invitations, Newcomer
from privmedia.accounts.models import OneTimeLink, User
from privmedia.audit.models import Event
from privmedia.audit.service import NamedAuthor
from privmedia.db import reading, writing
from privmedia.errors import Conflict, Invalid
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.mail.models import Mail
from tests.conftest import ADDRESS, FakeClock

PASSWORD = "copper gannet mast 41"
EWA = Newcomer(email="ewa@gdynia.example", name="Ewa Kowalska")


@pytest.fixture
def maren(make_person: Callable[..., Any]) -> NamedAuthor:
    person = make_person("maren@example.test", name="Maren Aasen", admin=True)
    return NamedAuthor("Maren Aasen", person.email, person.id)


@pytest.fixture
def invite(installation: Installation, maren: NamedAuthor) -> Callable[..., str]:
    """Invite somebody; answers the link."""

    def invite(newcomer: Newcomer = EWA) -> str:
        with writing(installation.sessions) as session:
            made = Invitations(session, installation).invite(newcomer, by=maren)
        assert made.address is not None
        return made.address

    return invite


def ewa(installation: Installation) -> User:
    with reading(installation.sessions) as session:
        return session.scalars(select(User).where(User.email == EWA.email)).one()


def path_of(link: str) -> str:
    assert link.startswith(f"{ADDRESS}/invite/")
    return link.removeprefix(ADDRESS)


def accept(app: TestApp, link: str, password: str = PASSWORD, name: str = "Ewa Kowalska", status: int = 303) -> Any:
    form = app.get(path_of(link)).forms["invite-form"]
    form["name"], form["password"] = name, password
    return form.submit(status=status)


def test_an_invited_person_chooses_a_password_and_is_in(
    invite: Any, testapp: TestApp, browser: Any, installation: Installation
) -> None:
    page = testapp.get(path_of(invite()))
    for words in ("Maren Aasen", "Welcome, Ewa", "Choose a password and you are in.", "Not you? Close this page"):
        assert words in page.text
    answer = accept(testapp, ADDRESS + page.request.path, name="Ewa M. Kowalska")
    assert "Ewa M. Kowalska" in answer.follow().text
    login = browser().get("/login").forms["login-form"]
    login["email"], login["password"] = EWA.email, PASSWORD
    login.submit(status=303)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Event.kind).order_by(Event.id)).all()[-4:] == [
            "user.invite",
            "user.accept",
            "sign-in",
            "sign-in",
        ]


def test_nobody_can_sign_in_before_the_invitation_is_accepted(invite: Any, testapp: TestApp) -> None:
    invite()
    for password in ("", PASSWORD):
        login = testapp.get("/login").forms["login-form"]
        login["email"], login["password"] = EWA.email, password
        assert login.submit(expect_errors=True).status_int in (401, 422)


def test_an_invitation_works_once(invite: Any, testapp: TestApp, browser: Any) -> None:
    link = invite()
    form = testapp.get(path_of(link)).forms["invite-form"]
    other = browser()
    accept(other, link)
    form["password"] = "another gannet mast 42"
    assert "This invitation has ended" in form.submit(status=410).text
    assert "This invitation has ended" in browser().get(path_of(link), status=410).text


def test_looking_at_an_invitation_changes_nothing(invite: Any, browser: Any, installation: Installation) -> None:
    link = invite()
    for _ in range(3):
        browser().get(path_of(link), status=200)
    user = ewa(installation)
    assert (user.password_hash, user.last_seen_at) == (None, None)


def test_an_invitation_ends_after_seven_days(invite: Any, testapp: TestApp, clock: FakeClock) -> None:
    link = invite()
    clock.forward(days=6, hours=23)
    testapp.get(path_of(link), status=200)
    clock.forward(hours=2)
    assert "older than 7 days" in testapp.get(path_of(link), status=410).text


def test_a_new_link_ends_the_one_before_and_lasts_seven_days_from_then(
    invite: Any, testapp: TestApp, clock: FakeClock, installation: Installation, maren: NamedAuthor
) -> None:
    first = invite()
    clock.forward(days=6)
    with writing(installation.sessions) as session:
        again = Invitations(session, installation).again(user=session.merge(ewa(installation)), by=maren).address
    testapp.get(path_of(first), status=410)
    clock.forward(days=6)
    accept(testapp, again)


def test_a_revoked_invitation_is_dead_and_the_account_waits(
    invite: Any, testapp: TestApp, installation: Installation
) -> None:
    link = invite()
    with writing(installation.sessions) as session:
        Invitations(session, installation).revoke(user=session.merge(ewa(installation)))
    testapp.get(path_of(link), status=410)
    assert ewa(installation).password_hash is None


def test_who_has_accepted_is_not_invited_again(invite: Any, testapp: TestApp, installation: Installation) -> None:
    accept(testapp, invite())
    with writing(installation.sessions) as session, pytest.raises(Conflict, match="accepted already"):
        Invitations(session, installation).again(user=session.merge(ewa(installation)))


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("", PASSWORD, "A name is needed."),
        ("Ewa Kowalska", "", "A password is needed."),
        ("Ewa Kowalska", "short", "too short"),
        ("Ewa Kowalska", "ewa kowalska", "little more than a name"),
        ("x" * 121, PASSWORD, "120 is the most"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_link_still_works(
    name: str, password: str, sentence: str, invite: Any, testapp: TestApp
) -> None:
    link = invite()
    answer = accept(testapp, link, password, name, status=422)
    assert sentence in answer.text
    assert answer.forms["invite-form"]["name"].value == name
    assert password not in answer.forms["invite-form"]["password"].value or not password
    accept(testapp, link)


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 44, "%F0%9F%94%91"])
def test_what_is_no_invitation_looks_like_one_that_has_ended(token: str, testapp: TestApp) -> None:
    assert "This invitation has ended" in testapp.get(f"/invite/{token}", status=410).text


def test_a_link_for_something_else_opens_no_invitation(
    invite: Any, testapp: TestApp, installation: Installation
) -> None:
    link = invite()
    with writing(installation.sessions) as session:
        session.scalars(select(OneTimeLink)).one().purpose = "reset"
    testapp.get(path_of(link), status=410)


def test_the_page_says_what_waits_and_nothing_of_the_rest(
    invite: Any, testapp: TestApp, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        group = Groups(session, installation).add_group(name="Gdynia contractors")
        shown, hidden = (Paths(session, installation).make_folders(path)[-1] for path in ("Thruster T4", "Board"))
        Rules(session, installation).set(shown, Wanted(group_principal(group.id), Permission.VIEW))
        for folder, number in ((shown, 3), (hidden, 5)):
            for _ in range(number):
                received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
                version = Library(session, installation).add_item(folder=folder, title="T", received=received, by=None)
                item = version.item
                item.state, item.shown = State.READY, True
    page = testapp.get(path_of(invite(Newcomer(email=EWA.email, name=EWA.name, groups=(group,), guest=True))))
    text = " ".join(page.html.find("main").get_text(" ").split())
    assert "3 items wait for you in Thruster T4. You are in Gdynia contractors." in text
    assert "Board" not in page.text


def test_the_token_is_in_no_log_and_no_referer(
    invite: Any, testapp: TestApp, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    link = invite()
    page = testapp.get(path_of(link))
    assert page.headers["Referrer-Policy"] in ("strict-origin", "no-referrer")
    token = link.rpartition("/")[2]
    testapp.post(path_of(link), {}, status=403)
    accept(testapp, link)
    assert token not in caplog.text
    with reading(installation.sessions) as session:
        assert not any(token in str(vars(line)) for line in session.scalars(select(Event)))
        assert token not in str([vars(each) for each in session.scalars(select(OneTimeLink))])


def test_accepting_ends_the_session_this_browser_had(
    invite: Any, make_person: Any, sign_in: Any, installation: Installation
) -> None:
    leila = sign_in(make_person("leila@example.test", name="Leila Haddad"))
    before = leila.cookies["session"]
    accept(leila, invite())
    assert "Ewa Kowalska" in leila.get("/").text
    leila.set_cookie("session", before)
    leila.get("/account", status=303)


def test_the_letter_names_who_invites_and_carries_the_link(
    ini: dict[str, str], installation: Installation, maren: NamedAuthor, testapp: TestApp
) -> None:
    with_mail = Installation(
        settings=type(installation.settings).read({**ini, "privmedia.mail_url": "smtp://mail.example.test"}, {}),
        engine=installation.engine,
        sessions=installation.sessions,
        storage=installation.storage,
        clock=installation.clock,
    )
    with writing(installation.sessions) as session:
        made = Invitations(session, with_mail).invite(EWA, by=maren)
    assert made.address is None
    with writing(installation.sessions) as session:
        mail = session.scalars(select(Mail)).one()
        assert (mail.kind, mail.recipient) == ("invite", EWA.email)
        letter = letter_of(session, with_mail, mail)
    assert letter is not None
    assert "Maren Aasen invites you" in letter.subject
    assert "Hello Ewa Kowalska," in letter.text
    link = next(word for word in letter.text.split() if word.startswith(ADDRESS))
    accept(testapp, link)
    with writing(installation.sessions) as session:
        assert letter_of(session, with_mail, session.merge(mail)) is None


def test_nobody_is_invited_twice_or_to_what_is_no_address(invite: Any) -> None:
    invite()
    with pytest.raises(Conflict, match="already has an account"):
        invite()
    with pytest.raises(Invalid, match="no email address"):
        invite(Newcomer(email="nonsense"))
