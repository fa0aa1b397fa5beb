"""Somebody leaves: cut off in one transaction, at the next request, and with nothing left for whoever comes after."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from webtest import TestApp

from privmedia.access.models import Ace
from privmedia.access.permissions import Permission
from privmedia.access.principals import group as group_principal
from privmedia.access.principals import user as user_principal
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import ApiToken, OneTimeLink, SignIn, User, Viewpoint
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.admin.users.leaving import Leaving
from privmedia.asking.models import AccessRequest
from privmedia.audit.models import Event
from privmedia.audit.service import NamedAuthor
from privmedia.db import reading, writing
from privmedia.errors import Conflict, Invalid
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import File, Folder, Item, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from tests.conftest import Person


@pytest.fixture
def ingrid(make_person: Callable[..., Person]) -> Person:
    return make_person("ingrid@example.test", name="Ingrid Solheim", admin=True)


@pytest.fixture
def jonas(make_person: Callable[..., Person]) -> Person:
    return make_person("jonas@example.test", name="Jonas Bakke")


@pytest.fixture
def maren(make_person: Callable[..., Person]) -> Person:
    return make_person("maren@example.test", name="Maren Aasen")


@pytest.fixture
def admin(sign_in: Any, ingrid: Person) -> TestApp:
    return sign_in(ingrid)


def add_item(session: Session, installation: Installation, folder: Folder, by: int) -> Item:
    received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
    version = Library(session, installation).add_item(folder=folder, title="Bearing", received=received, by=by)
    version.item.state, version.item.shown = State.READY, True
    session.add(File(version_id=version.id, name="play.mp4", stored_as="play.mp4", media_type="video/mp4", size=4))
    place = installation.storage.version_folder(received.uid, 1)
    place.mkdir(parents=True)
    (place / "play.mp4").write_bytes(b"abcd")
    return version.item


def furnish(session: Session, installation: Installation, jonas: int, ingrid: int) -> Item:
    """Give Jonas a place he alone manages, an upload, a token, a link, a question, and an onlooker."""
    now = installation.clock()
    folder, other = (Paths(session, installation).make_folders(path)[-1] for path in ("Yard/Films", "Board"))
    Rules(session, installation).set(folder, Wanted(user_principal(jonas), Permission.MANAGE))
    item = add_item(session, installation, folder, jonas)
    person = session.get_one(User, jonas)
    group = Groups(session, installation).add_group(name="Bergen yard")
    Groups(session, installation).join(group=group, users=[person])
    later = now + timedelta(days=9)
    session.add_all(
        [
            ApiToken(uid=new_uid(), token_hash="t", user_id=jonas, name="Copy", scopes="read", created_at=now),
            AccessRequest(uid=new_uid(), user_id=jonas, folder_id=other.id, created_at=now, ends_at=later),
        ]
    )
    OneTimeLinks(session, installation).make(Purpose.RESET, person)
    watching = session.scalars(select(SignIn).where(SignIn.user_id == ingrid)).first()
    if watching is not None:
        session.add(Viewpoint(session_id=watching.id, user_id=jonas, since=now))
    return item


def count(session: Session, model: Any, **fields: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).filter_by(**fields)) or 0


def path_of(installation: Installation, person: Person, what: str = "") -> str:
    with reading(installation.sessions) as session:
        return f"/admin/users/{session.get_one(User, person.id).uid}{what}"


def words(page: Any) -> str:
    return " ".join(page.html.find("main").get_text(" ").split())


def test_the_page_says_beforehand_what_is_cut_and_what_stays(
    admin: TestApp, sign_in: Any, jonas: Person, ingrid: Person, installation: Installation
) -> None:
    sign_in(jonas)
    with writing(installation.sessions) as session:
        furnish(session, installation, jonas.id, -1)
    page = admin.get(path_of(installation, jonas)).click("Disable account")
    for part in (
        "1 session ends",
        "1 API token stops",
        "1 link to invite or reset is dead",
        "1 question for access is closed",
        "1 upload",
        "1 group Bergen yard",
        "Nobody else manages 1 place: Yard / Films.",
    ):
        assert part in words(page)
    sign_in(jonas)  # looking has changed nothing


def test_one_press_cuts_everything_and_the_page_shows_it(
    admin: TestApp, sign_in: Any, jonas: Person, ingrid: Person, installation: Installation
) -> None:
    app = sign_in(jonas)
    other = sign_in(ingrid)
    with writing(installation.sessions) as session:
        item = furnish(session, installation, jonas.id, -1)
        newest = session.scalars(select(SignIn.id).where(SignIn.user_id == ingrid.id).order_by(SignIn.id.desc()))
        session.add(Viewpoint(session_id=newest.first(), user_id=jonas.id, since=installation.clock()))
    for path in (f"/m/{item.uid}", f"/smedia/{item.uid}/play.mp4"):
        app.get(path, status=200)
        other.get(path, status=200)
    page = admin.get(path_of(installation, jonas, "/disable"))
    page = page.forms["disable-form"].submit(status=303).follow()
    assert (
        "1 session, 1 API token, 1 link to invite or reset, 1 view as somebody else, 1 question for access."
        in words(page)
    )
    app.get(f"/m/{item.uid}", status=303)
    app.get(f"/smedia/{item.uid}/play.mp4", status=404)
    assert "You see the library as" not in other.get("/").text
    other.get("/admin/users", status=200)
    with reading(installation.sessions) as session:
        for model in (ApiToken, OneTimeLink, Viewpoint):
            assert count(session, model) == 0
        assert session.scalars(select(AccessRequest.outcome)).one() != ""
        assert session.get_one(Item, item.id).uploader_id == jonas.id


def test_what_was_cut_stays_cut_when_the_account_is_enabled_again(
    admin: TestApp, sign_in: Any, jonas: Person, ingrid: Person, installation: Installation
) -> None:
    app = sign_in(jonas)
    with writing(installation.sessions) as session:
        furnish(session, installation, jonas.id, -1)
    admin.get(path_of(installation, jonas, "/disable")).forms["disable-form"].submit(status=303)
    admin.get(path_of(installation, jonas)).forms["enable-form"].submit(status=303)
    app.get("/account", status=303)
    with reading(installation.sessions) as session:
        assert count(session, ApiToken) == count(session, OneTimeLink) == 0
    sign_in(jonas).get("/account", status=200)


@pytest.mark.both_databases
def test_what_came_at_the_very_moment_of_the_disabling_does_not_come_back(
    session: Session, installation: Installation
) -> None:
    accounts, now = Accounts(session, installation), installation.clock()
    person = accounts.add_user(email="jonas@example.test")
    accounts.disable(user=person)
    SignIns(session, installation).begin(user=person, keep=True)
    session.add(ApiToken(uid=new_uid(), token_hash="t", user_id=person.id, name="Copy", scopes="read", created_at=now))
    OneTimeLinks(session, installation).make(Purpose.EMAIL, person, email="other@example.test")
    accounts.enable(user=person)
    session.flush()
    assert SignIns(session, installation).live(user_id=person.id) == []
    assert count(session, ApiToken) == count(session, OneTimeLink) == 0
    signed_in = SignIns(session, installation).begin(user=person, keep=True)
    accounts.enable(user=person)
    assert len(SignIns(session, installation).live(user_id=signed_in.user_id)) == 1, "a second press ends nothing"


def test_a_disabled_person_cannot_be_disabled_again_by_the_page(
    admin: TestApp, jonas: Person, installation: Installation
) -> None:
    admin.get(path_of(installation, jonas, "/disable")).forms["disable-form"].submit(status=303)
    page = admin.get(path_of(installation, jonas, "/disable"))
    assert "The account is disabled already." in page.text
    assert "disable-form" not in page.forms


@pytest.mark.parametrize("what", ["disable", "delete"])
def test_uploads_and_lonely_places_are_handed_over(
    what: str, admin: TestApp, sign_in: Any, jonas: Person, maren: Person, ingrid: Person, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        item = furnish(session, installation, jonas.id, -1)
    form = admin.get(path_of(installation, jonas, f"/{what}")).forms[f"{what}-form"]
    form["heir"] = "maren"
    form.submit(status=303)
    app = sign_in(maren)
    app.get(f"/m/{item.uid}/edit", status=200)
    assert "Bearing" in app.get("/mine").text
    with reading(installation.sessions) as session:
        folder = session.get_one(Item, item.id).folder
        app.get(f"/f/{folder.uid}/access", status=200)
        line = session.scalars(select(Event).where(Event.kind == f"user.{what}")).one()
        assert (line.detail["heir"], line.detail["items"], line.detail["places"]) == (maren.email, 1, 1)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("nobody at all", "Nobody here is called"),
        ("jonas@example.test", "Nobody can take over from themselves."),
        ("Maren", "Several people fit: Maren Aasen (maren@example.test), Maren Lie (lie@example.test)."),
        ("hilde@example.test", "Nobody here is called"),
    ],
)
def test_an_heir_who_cannot_be_one_is_refused_and_nothing_is_cut(
    typed: str, sentence: str, admin: TestApp, sign_in: Any, jonas: Person, maren: Person, make_person: Any,
    installation: Installation,
) -> None:
    make_person("lie@example.test", name="Maren Lie")
    hilde = make_person("hilde@example.test", name="Hilde Strand")
    with writing(installation.sessions) as session:
        session.get_one(User, hilde.id).disabled_at = installation.clock()
    app = sign_in(jonas)
    form = admin.get(path_of(installation, jonas, "/disable")).forms["disable-form"]
    form["heir"] = typed
    answer = form.submit(status=422)
    assert sentence in words(answer)
    assert answer.forms["disable-form"]["heir"].value == typed
    app.get("/account", status=200)


def test_deleting_takes_every_rule_and_leaves_the_log(
    admin: TestApp, sign_in: Any, jonas: Person, installation: Installation
) -> None:
    app = sign_in(jonas)
    with writing(installation.sessions) as session:
        item = furnish(session, installation, jonas.id, -1)
    page = admin.get(path_of(installation, jonas)).click("Delete and hand over")
    assert "1 rule that names them goes Yard / Films" in words(page)
    page = page.forms["delete-form"].submit(status=303).follow()
    assert "Jonas Bakke is deleted." in page.text
    app.get("/account", status=303)
    app.get(f"/smedia/{item.uid}/play.mp4", status=404)
    with reading(installation.sessions) as session:
        assert count(session, Ace, principal=user_principal(jonas.id)) == 0
        assert count(session, AccessRequest) == count(session, ApiToken) == 0
        assert session.get_one(Item, item.id).uploader_id is None
        assert session.get(User, jonas.id) is None
        line = session.scalars(select(Event).where(Event.kind == "user.delete")).one()
        assert line.target == "Jonas Bakke <jonas@example.test>"
        assert line.detail["rules"] == ["Yard / Films: Manage"]
        assert session.scalars(select(Event.actor).where(Event.kind == "sign-in", Event.actor_id == jonas.id)).all()
    admin.get(f"/m/{item.uid}", status=200)


@pytest.mark.parametrize("what", ["disable", "delete"])
def test_looking_at_the_page_and_a_forged_form_change_nothing(
    what: str, admin: TestApp, sign_in: Any, jonas: Person, installation: Installation
) -> None:
    app = sign_in(jonas)
    admin.get(path_of(installation, jonas, f"/{what}"), status=200)
    admin.post(path_of(installation, jonas, f"/{what}"), {"heir": ""}, status=403)
    app.get("/account", status=200)


@pytest.mark.parametrize("what", ["disable", "delete"])
def test_nobody_leaves_by_their_own_hand(
    what: str, admin: TestApp, make_person: Any, ingrid: Person, installation: Installation
) -> None:
    make_person("second@example.test", admin=True)
    form = admin.get(path_of(installation, ingrid, f"/{what}")).forms[f"{what}-form"]
    assert f"You cannot {what} your own account." in form.submit(status=409).text
    admin.get("/admin/users", status=200)


@pytest.mark.both_databases
def test_when_one_step_fails_nothing_is_cut(
    session: Session, installation: Installation
) -> None:
    session.rollback()
    with writing(installation.sessions) as writer:
        Accounts(writer, installation).add_user(email="a@example.test", admin=True)
        user = Accounts(writer, installation).add_user(email="jonas@example.test")
        furnish(writer, installation, user.id, -1)

    def disable_and_then_fail() -> None:
        with writing(installation.sessions) as writer:
            leaving, leaver = Leaving(writer, installation), writer.get_one(User, user.id)
            leaving.disable(user=leaver)
            leaving.delete(user=leaver, heir=leaver)

    with pytest.raises(Invalid):
        disable_and_then_fail()
    with reading(installation.sessions) as reader:
        assert reader.get_one(User, user.id).disabled_at is None
        assert count(reader, ApiToken) == count(reader, OneTimeLink) == 1
        assert count(reader, AccessRequest, outcome="") == 1


@pytest.mark.both_databases
def test_numbers_of_people_and_groups_are_never_given_again(session: Session, installation: Installation) -> None:
    accounts, groups = Accounts(session, installation), Groups(session, installation)
    accounts.add_user(email="first@example.test", admin=True)
    people, sets = [], []
    for number in range(4):
        user = accounts.add_user(email=f"p{number}@example.test")
        group = groups.add_group(name=f"Group {number}")
        people.append(user.id)
        sets.append(group.id)
        Leaving(session, installation).delete(user=user)
        groups.delete(group=group)
    assert len(set(people)) == len(set(sets)) == 4


@pytest.mark.both_databases
def test_whoever_comes_next_inherits_nothing(session: Session, installation: Installation) -> None:
    accounts = Accounts(session, installation)
    folder = Paths(session, installation).make_folders("Board")[-1]
    accounts.add_user(email="first@example.test", admin=True)
    jonas = accounts.add_user(email="jonas@example.test")
    Rules(session, installation).set(folder, Wanted(user_principal(jonas.id), Permission.MANAGE))
    Leaving(session, installation).delete(user=jonas)
    accounts.add_user(email="ewa@example.test")
    assert Rules(session, installation).audience(folder).rights == {}
    assert session.scalars(select(Ace)).all() == []


@pytest.mark.both_databases
def test_a_place_counts_as_lonely_only_if_nobody_else_manages_it(session: Session, installation: Installation) -> None:
    accounts, groups, rules = (service(session, installation) for service in (Accounts, Groups, Rules))
    accounts.add_user(email="first@example.test", admin=True)
    jonas, maren = (accounts.add_user(email=f"{name}@example.test") for name in ("jonas", "maren"))
    alone, shared, through, many = (
        Paths(session, installation).make_folders(name)[-1] for name in ("Alone", "Shared", "Through", "Many")
    )
    small, large = groups.add_group(name="Small"), groups.add_group(name="Large")
    groups.join(group=small, users=[jonas])
    groups.join(group=large, users=[jonas, maren])
    for place, principals in (
        (alone, [user_principal(jonas.id)]),
        (shared, [user_principal(jonas.id), user_principal(maren.id)]),
        (through, [group_principal(small.id)]),
        (many, [group_principal(large.id)]),
    ):
        for principal in principals:
            rules.set(place, Wanted(principal, Permission.MANAGE))
    leaving = Leaving(session, installation)
    assert [use.path for use in leaving.outlook(jonas).alone] == ["Alone", "Through"]
    accounts.disable(user=maren)
    assert [use.path for use in leaving.outlook(jonas).alone] == ["Alone", "Many", "Shared", "Through"]


def test_the_last_administrator_is_neither_disabled_nor_deleted(session: Session, installation: Installation) -> None:
    user = Accounts(session, installation).add_user(email="a@example.test", admin=True)
    by = NamedAuthor("Somebody", "b@example.test", 99)
    for verb in (Leaving(session, installation).disable, Leaving(session, installation).delete):
        with pytest.raises(Conflict, match="last administrator"):
            verb(user=user, by=by)
