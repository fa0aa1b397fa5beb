from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, select
from webtest import TestApp

from privmedia.access.models import Ace
from privmedia.access.permissions import Permission
from privmedia.access.principals import group as group_principal
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import ApiToken, RecoveryCode, SignIn, TwoFactor, User
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.mail.models import Mail

PASSWORD = "four other words entirely 9"


@pytest.fixture
def ingrid(make_person: Callable[..., Any]) -> Any:
    return make_person("ingrid@example.test", name="Ingrid Solheim", admin=True)


@pytest.fixture
def jonas(make_person: Callable[..., Any]) -> Any:
    return make_person("jonas@example.test", name="Jonas Bakke")


@pytest.fixture
def admin(sign_in: Any, ingrid: Any) -> TestApp:
    return sign_in(ingrid)


def page_of(admin: TestApp, name: str, index: str = "/admin/users") -> Any:
    return admin.get(index).click(name)


def lines(installation: Installation, after: int = 0) -> list[tuple[str, str]]:
    with reading(installation.sessions) as session:
        found = session.scalars(select(Event).where(Event.id > after).order_by(Event.id))
        return [(line.kind, line.target) for line in found]


def make_group(admin: TestApp, name: str) -> Any:
    form = admin.get("/admin/groups").forms["group-form"]
    form["name"] = name
    return form.submit(expect_errors=True)


def test_administration_does_not_exist_for_others(
    sign_in: Any, jonas: Any, ingrid: Any, admin: TestApp, testapp: TestApp, installation: Installation
) -> None:
    with reading(installation.sessions) as session:
        uid = session.get_one(User, ingrid.id).uid
    app = sign_in(jonas)
    bodies = set()
    for path in ("/admin", "/admin/users", "/admin/users/invite", "/admin/users.csv", "/admin/groups",
                 f"/admin/users/{uid}", f"/admin/users/{uid}/disable", f"/admin/users/{uid}/delete",
                 "/admin/users/0000000000000000", "/admin/groups/0000000000000000", "/no/such/page"):
        bodies.add(app.get(path, status=404).text)
        if not path.startswith("/no"):
            testapp.get(path, status=303)
    assert len(bodies) == 1
    token = app.get("/account").forms["password"]["csrf_token"].value
    app.post(f"/admin/users/{uid}", {"csrf_token": token, "do": "disable"}, status=404)
    app.post("/admin/users/invite", {"csrf_token": token, "people": "x@example.test"}, status=404)
    app.post(f"/admin/users/{uid}/delete", {"csrf_token": token}, status=404)


def test_what_somebody_may_not_administer_is_in_the_log(
    sign_in: Any, jonas: Any, installation: Installation
) -> None:
    sign_in(jonas).get("/admin/users", status=404)
    with reading(installation.sessions) as session:
        denied = session.scalars(select(Event).where(Event.outcome == "denied")).one()
    assert (denied.kind, denied.target) == ("access", "GET /admin/users")
    assert denied.actor == "Jonas Bakke <jonas@example.test>"
    assert denied.address == "192.0.2.7"


def invite(app: TestApp, people: str, status: int = 200, **more: Any) -> Any:
    form = app.get("/admin/users/invite").forms["invite-form"]
    form["people"] = people
    for name, value in more.items():
        form[name] = value
    return form.submit(status=status)


def links_on(page: Any) -> list[str]:
    return [link.get_text() for link in page.html.select("pre.code")]


def test_people_are_invited_several_at_once_into_groups(
    admin: TestApp, browser: Any, installation: Installation
) -> None:
    make_group(admin, "Gdynia contractors")
    form = admin.get("/admin/users/invite").forms["invite-form"]
    form["people"] = "Ewa Kowalska <Ewa@Gdynia.example>\n\nchen@example.test, oskar@example.test"
    form["guest"] = True
    form["group"] = True
    page = form.submit(status=200)
    assert page.headers["Cache-Control"] == "no-store"
    links = links_on(page)
    assert len(links) == 3
    listed = admin.get("/admin/users?show=invited").html.find("tbody").get_text(" ")
    for words in ("Ewa Kowalska", "ewa@gdynia.example", "chen@example.test", "oskar@example.test"):
        assert words in listed
    assert listed.count("Gdynia contractors") == listed.count("Guest") == listed.count("Invited") == 3
    form = browser().get(links[0].removeprefix("http://media.example.test")).forms["invite-form"]
    form["password"] = PASSWORD
    form.submit(status=303)
    assert "Ewa Kowalska" not in admin.get("/admin/users?show=invited").text
    assert [kind for kind, _ in lines(installation)].count("user.invite") == 3


@pytest.mark.parametrize(
    ("people", "sentences"),
    [
        ("", ["At least one email address is needed."]),
        ("nonsense", ["That is no email address."]),
        ("ingrid@example.test", ["ingrid@example.test already has an account."]),
        ("a@example.test\nnonsense\nIngrid@example.test", ["Line 2, nonsense:", "Line 3, Ingrid@example.test:"]),
        ("a@example.test\nA@example.test", ["Line 2, A@example.test: a@example.test stands here twice."]),
        ("x" * 121 + " <a@example.test>", ["That is 121 characters; 120 is the most."]),
        ("\n".join(f"p{n}@example.test" for n in range(201)), ["Import them from a file instead."]),
    ],
)
def test_everybody_is_invited_or_nobody(people: str, sentences: list[str], admin: TestApp) -> None:
    answer = invite(admin, people, status=422)
    for sentence in sentences:
        assert sentence in answer.text
    assert answer.forms["invite-form"]["people"].value.replace("\r\n", "\n") == people
    assert "1 person" in admin.get("/admin/users").text


def test_an_administrator_is_no_guest(admin: TestApp) -> None:
    assert "cannot be a guest" in invite(admin, "ewa@example.test", status=422, guest=True, admin=True).text


def test_what_the_form_does_not_offer_is_not_taken(admin: TestApp, installation: Installation) -> None:
    form = admin.get("/admin/users/invite").forms["invite-form"]
    values = {"people": "ewa@example.test", "csrf_token": form["csrf_token"].value, "group": "0" * 16}
    admin.post("/admin/users/invite", values, status=422)
    del values["group"]
    more = {"is_admin": "1", "id": "1", "uid": "0" * 16, "disabled_at": "1", "password_hash": "x", "password": PASSWORD}
    admin.post("/admin/users/invite", {**values, **more}, status=200)
    with reading(installation.sessions) as session:
        ewa = session.scalars(select(User).where(User.email == "ewa@example.test")).one()
        assert (ewa.is_admin, ewa.disabled_at, ewa.password_hash) == (False, None, None)
        assert ewa.id != 1
        assert ewa.uid != "0" * 16


def test_no_page_lets_an_administrator_choose_somebodys_password(admin: TestApp, jonas: Any) -> None:
    for page in (admin.get("/admin/users/invite"), page_of(admin, "Jonas Bakke")):
        assert page.html.find("input", {"type": "password"}) is None
    token = page_of(admin, "Jonas Bakke").forms["profile-form"]["csrf_token"].value
    path = page_of(admin, "Jonas Bakke").request.path
    admin.post(path, {"csrf_token": token, "do": "password", "password": PASSWORD}, status=405)


def do(page: Any, what: str) -> Any:
    """The form of the page that does this."""
    return next(form for form in page.forms.values() if "do" in form.fields and form["do"].value == what)


def test_an_invitation_is_sent_again_and_taken_back(admin: TestApp, browser: Any) -> None:
    first = links_on(invite(admin, "ewa@example.test"))[0]
    page = page_of(admin, "ewa")
    assert "Nobody has chosen a password yet." in page.text
    second = links_on(do(page, "invite").submit(status=200))[0]
    browser().get(first, status=410)
    browser().get(second, status=200)
    page = do(page_of(admin, "ewa"), "revoke_invitation").submit(status=303).follow()
    assert "The invitation is taken back." in page.text
    assert "Invitation ended" in page.text
    browser().get(second, status=410)
    third = links_on(do(page, "invite").submit(status=200))[0]
    browser().get(third, status=200)


def test_a_link_to_a_new_password_is_shown_once(admin: TestApp, jonas: Any, browser: Any, clock: Any) -> None:
    page = do(page_of(admin, "Jonas Bakke"), "reset").submit(status=200)
    link = links_on(page)[0]
    assert "/reset/" in link
    browser().get(link, status=200)
    assert link not in page_of(admin, "Jonas Bakke").text
    clock.forward(minutes=61)
    browser().get(link, status=410)


def test_who_has_not_accepted_gets_no_link_to_a_new_password(admin: TestApp) -> None:
    invite(admin, "ewa@example.test")
    page = page_of(admin, "ewa")
    token = page.forms["profile-form"]["csrf_token"].value
    answer = admin.post(page.request.path, {"csrf_token": token, "do": "reset"}, status=409)
    assert "not accepted the invitation yet" in answer.text


def test_sessions_are_ended_one_by_one_and_all(admin: TestApp, sign_in: Any, jonas: Any) -> None:
    browsers = [sign_in(jonas) for _ in range(3)]
    page = page_of(admin, "Jonas Bakke")
    assert page.html.find(id="sign-in").get_text().count("192.0.2.7") == 3
    page = do(page, "sign_out").submit(status=303).follow()
    assert sorted(app.get("/account", expect_errors=True).status_int for app in browsers) == [200, 200, 303]
    page = do(page, "sign_out_all").submit(status=303).follow()
    assert {app.get("/account", expect_errors=True).status_int for app in browsers} == {303}
    assert "Signed in nowhere" in page.text


def test_a_session_of_somebody_else_is_not_ended(
    admin: TestApp, sign_in: Any, jonas: Any, make_person: Any, installation: Installation
) -> None:
    leila = make_person("leila@example.test", name="Leila Haddad")
    app = sign_in(leila)
    sign_in(jonas)
    page = page_of(admin, "Jonas Bakke")
    with reading(installation.sessions) as session:
        uid = session.scalars(select(SignIn.uid).where(SignIn.user_id == leila.id)).one()
    values = {"csrf_token": page.forms["profile-form"]["csrf_token"].value, "do": "sign_out", "session": uid}
    assert "ended already" in admin.post(page.request.path, values, status=409).text
    app.get("/account", status=200)


def test_two_factor_is_reset_for_who_lost_the_phone(admin: TestApp, jonas: Any, installation: Installation) -> None:
    assert "Off" in page_of(admin, "Jonas Bakke").html.find(id="sign-in").get_text()
    with writing(installation.sessions) as session:
        now = installation.clock()
        session.add(TwoFactor(user_id=jonas.id, secret="x", created_at=now, confirmed_at=now))
        session.add(RecoveryCode(user_id=jonas.id, code_hash="x"))
    assert "Jonas" not in admin.get("/admin/users?show=no-two-factor").html.find("tbody").get_text()
    page = page_of(admin, "Jonas Bakke")
    assert "On since 23 November 2026" in page.text
    do(page, "two_factor_off").submit(status=303)
    assert "Jonas" in admin.get("/admin/users?show=no-two-factor").text
    with reading(installation.sessions) as session:
        assert session.scalars(select(TwoFactor)).all() == []
        assert session.scalars(select(RecoveryCode)).all() == []


def test_tokens_are_listed_and_revoked(admin: TestApp, jonas: Any, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        now, uid = installation.clock(), new_uid()
        session.add(
            ApiToken(uid=uid, token_hash="x", user_id=jonas.id, name="Nightly copy", scopes="read", created_at=now)
        )
    page = page_of(admin, "Jonas Bakke")
    assert "Nightly copy" in page.text
    page = do(page, "revoke_token").submit(status=303).follow()
    assert "Nightly copy" not in page.text
    assert ("token.revoke", "jonas@example.test") in lines(installation)


def test_a_corrected_address_counts_at_once_and_the_old_one_hears_of_it(
    admin: TestApp, jonas: Any, browser: Any, installation: Installation
) -> None:
    form = page_of(admin, "Jonas Bakke").forms["profile-form"]
    form["email"] = "J.Bakke@Example.test"
    form.submit(status=303)
    for email, status in ((jonas.email, 401), ("j.bakke@example.test", 303)):
        login = browser().get("/login").forms["login-form"]
        login["email"], login["password"] = email, jonas.password
        login.submit(status=status)
    with reading(installation.sessions) as session:
        mail = session.scalars(select(Mail)).one()
        assert (mail.kind, mail.recipient) == ("email-changed", jonas.email)
        assert mail.detail["email"] == "j.bakke@example.test"


@pytest.mark.parametrize(
    ("email", "sentence"), [("ingrid@example.test", "already has an account"), ("nonsense", "no email address")]
)
def test_an_address_that_cannot_be_used_changes_nothing(email: str, sentence: str, admin: TestApp, jonas: Any) -> None:
    form = page_of(admin, "Jonas Bakke").forms["profile-form"]
    form["name"], form["email"] = "Jonas B.", email
    answer = form.submit(status=422)
    assert sentence in answer.text
    assert answer.forms["profile-form"]["name"].value == "Jonas B."
    assert "Jonas Bakke" in admin.get("/admin/users").text


def test_the_last_administrator_stays_one(admin: TestApp, ingrid: Any) -> None:
    page = page_of(admin, "Ingrid Solheim")
    form = page.forms["profile-form"]
    form["admin"] = False
    assert "This is the last administrator." in form.submit(status=422).text
    assert "This is you." in page.text
    for what in ("disable", "delete"):
        values = {"csrf_token": form["csrf_token"].value}
        answer = admin.post(f"{page.request.path}/{what}", values, status=409)
        assert "This is the last administrator." in answer.text
    admin.get("/admin/users", status=200)


def test_a_person_is_renamed_and_made_an_administrator(admin: TestApp, sign_in: Any, jonas: Any) -> None:
    app = sign_in(jonas)
    form = page_of(admin, "Jonas Bakke").forms["profile-form"]
    form["name"], form["admin"] = "Jonas B. Bakke", True
    assert "Jonas B. Bakke" in form.submit(status=303).follow().text
    app.get("/admin/users", status=200)
    form = page_of(admin, "Jonas B. Bakke").forms["profile-form"]
    form["admin"] = False
    form.submit(status=303)
    app.get("/admin/users", status=404)


def names_on(page: Any) -> list[str]:
    return [link.get_text() for link in page.html.select("tbody th a")]


def test_people_are_found_by_part_of_name_or_address_and_paged(admin: TestApp, make_person: Any) -> None:
    for number in range(60):
        make_person(f"p{number:02}@example.test", name=f"Person {number:02}")
    first = admin.get("/admin/users")
    assert "61 people, 1 administrator" in " ".join(first.text.split())
    assert "1 to 50 of 61" in first.text
    assert names_on(first)[-1] == "Person 48"
    second = first.click("Next")
    assert names_on(second) == [f"Person {number}" for number in range(49, 60)]
    assert names_on(second.click("Previous")) == names_on(first)
    form = first.forms["search-form"]
    form["q"] = "PERSON p3"
    found = form.submit()
    assert names_on(found) == [f"Person {number}" for number in range(30, 40)]
    assert "Everyone 10" in " ".join(found.html.find("nav", class_="chips").get_text(" ").split())
    form["q"] = "<b>nobody</b>"
    nobody = form.submit()
    assert "Nobody found" in nobody.text
    assert "<b>nobody</b>" not in nobody.text
    for page in ("0", "-1", "x", "9" * 30, "99"):
        admin.get("/admin/users", {"page": page}, status=200)
    assert names_on(admin.get("/admin/users?page=99")) == names_on(second)
    for junk in ("show=x", "sort=x", "group=x", "show=&sort=&group=&q="):
        assert names_on(admin.get(f"/admin/users?{junk}")) == names_on(first)


def test_the_chips_count_what_they_show(admin: TestApp, make_person: Any, installation: Installation) -> None:
    make_person("guest@example.test", name="Guest", guest=True)
    jonas = make_person("jonas@example.test", name="Jonas")
    make_person("hilde@example.test", name="Hilde")
    invite(admin, "ewa@example.test")
    with writing(installation.sessions) as session:
        now = installation.clock()
        session.scalars(select(User).where(User.name == "Hilde")).one().disabled_at = now
        session.add(TwoFactor(user_id=jonas.id, secret="x", created_at=now, confirmed_at=now))
    page = admin.get("/admin/users")
    chips = {chip.contents[0].strip(): chip for chip in page.html.select("a.chip")}
    shown = {name: names_on(admin.get(chip["href"])) for name, chip in chips.items()}
    assert shown == {
        "Everyone": ["ewa", "Guest", "Hilde", "Ingrid Solheim", "Jonas"],
        "Administrators": ["Ingrid Solheim"],
        "Invited": ["ewa"],
        "No two-factor": ["Guest", "Ingrid Solheim"],
        "Disabled": ["Hilde"],
        "Guests": ["Guest"],
    }
    assert {name: int(chip.find(class_="n").get_text()) for name, chip in chips.items()} == {
        name: len(people) for name, people in shown.items()
    }


def test_people_are_sorted_and_found_by_group(admin: TestApp, jonas: Any, sign_in: Any, clock: Any) -> None:
    make_group(admin, "Engineers")
    form = page_of(admin, "Jonas Bakke").forms["groups-form"]
    form["group"] = True
    form.submit(status=303)
    clock.forward(minutes=5)
    sign_in(jonas)
    page = admin.get("/admin/users")
    assert names_on(page.click("Last seen")) == ["Jonas Bakke", "Ingrid Solheim"]
    assert names_on(page.click("Uploads")) == ["Ingrid Solheim", "Jonas Bakke"]
    form = page.forms["group-filter"]
    form["group"].select(text="Engineers")
    assert names_on(form.submit()) == ["Jonas Bakke"]


def test_a_longer_list_takes_no_more_statements(
    admin: TestApp, make_person: Any, installation: Installation
) -> None:
    asked: list[str] = []
    event.listen(installation.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    admin.get("/admin/users", status=200)
    few = len(asked)
    for number in range(40):
        make_person(f"p{number}@example.test")
    asked.clear()
    admin.get("/admin/users", status=200)
    assert len(asked) == few


def test_the_list_is_a_file_in_which_nothing_is_a_formula(admin: TestApp, make_person: Any) -> None:
    make_person("mallory@example.test", name='=HYPERLINK("http://evil.example")', guest=True)
    answer = admin.get("/admin/users").click("Export")
    assert answer.content_type == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert [row["email"] for row in rows] == ["mallory@example.test", "ingrid@example.test"]
    assert rows[0]["name"] == '\'=HYPERLINK("http://evil.example")'
    assert (rows[0]["guest"], rows[1]["admin"]) == ("yes", "yes")


def test_a_group_is_made_named_filled_and_emptied(
    admin: TestApp, jonas: Any, installation: Installation
) -> None:
    page = make_group(admin, "Service  engineers").follow()
    assert "Nobody is in this group yet" in page.text
    form = page.forms["add-form"]
    form["people"] = "Jonas Bakke"
    page = form.submit(status=303).follow()
    assert "1 person joined." in page.text
    form = page.forms["rename-form"]
    form["name"] = "Engineers"
    page = form.submit(status=303).follow()
    assert "Engineers" in admin.get("/admin/users").text
    page = do(page, "remove").submit(status=303).follow()
    assert "Nobody is in this group yet" in page.text
    assert lines(installation)[-4:] == [
        ("group.add", "Service engineers"),
        ("group.join", "Service engineers"),
        ("group.rename", "Engineers"),
        ("group.leave", "Engineers"),
    ]


def test_people_are_added_by_name_or_address_all_or_nobody(admin: TestApp, jonas: Any, make_person: Any) -> None:
    make_person("jonas2@example.test", name="Jonas Lie")
    make_person("maren@example.test", name="Maren Aasen")
    form = make_group(admin, "Board").follow().forms["add-form"]
    form["people"] = "maren\nJonas\nnobody at all"
    answer = form.submit(status=422)
    assert "Several people fit: Jonas Bakke (jonas@example.test), Jonas Lie (jonas2@example.test)." in answer.text
    assert "Nobody here is called “nobody at all”" in answer.text
    form = answer.forms["add-form"]
    assert form["people"].value.split() == ["maren", "Jonas", "nobody", "at", "all"]
    assert "Maren Aasen" not in answer.text
    form["people"] = "maren\n JONAS2@example.test ,\n\n"
    page = form.submit(status=303).follow()
    assert "2 people joined." in page.text
    assert names_on(page) == ["Jonas Lie", "Maren Aasen"]


def test_the_people_of_a_large_group_are_paged_and_found(
    admin: TestApp, make_person: Any, installation: Installation
) -> None:
    page = make_group(admin, "Everybody here").follow()
    made = [make_person(f"p{number:02}@example.test", name=f"Person {number:02}") for number in range(55)]
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        group = groups.group_by_name("Everybody here")
        groups.join(group=group, users=[session.get_one(User, person.id) for person in made])
    page = admin.get(page.request.path)
    assert "55 people" in page.text
    assert len(names_on(page)) == 50
    assert names_on(page.click("Next")) == [f"Person {number}" for number in range(50, 55)]
    form = page.forms["search-form"]
    form["q"] = "p1"
    assert names_on(form.submit()) == [f"Person {number}" for number in range(10, 20)]


def give(installation: Installation, path: str, name: str, **rule: Any) -> Folder:
    """Give a new folder to a group; the rule is what the group has there."""
    with writing(installation.sessions) as session:
        group = Groups(session, installation).group_by_name(name)
        folder = Paths(session, installation).make_folders(path)[-1]
        Rules(session, installation).set(folder, Wanted(group_principal(group.id), **rule))
        return folder


def test_a_group_says_where_it_is_used(admin: TestApp, installation: Installation) -> None:
    page = make_group(admin, "Board").follow()
    assert "Nowhere yet." in page.text
    give(installation, "Yard/Films", "Board", allow=Permission.DOWNLOAD)
    give(installation, "Closed", "Board", deny=True)
    places = [" ".join(tag.get_text().split()) for tag in admin.get(page.request.path).html.select("a.place")]
    assert places == ["Closed Block", "Yard / Films View, Download"]
    row = " ".join(admin.get("/admin/groups").html.find("tbody").get_text(" ").split())
    assert row == "Board 0 2 places 0"
    admin.get(page.request.path).click("Yard / Films")


def test_deleting_a_group_says_who_loses_what_and_takes_its_rules(
    admin: TestApp, jonas: Any, sign_in: Any, make_person: Any, installation: Installation
) -> None:
    make_person("maren@example.test", name="Maren Aasen")
    page = make_group(admin, "Board").follow()
    form = page.forms["add-form"]
    form["people"] = "jonas\nmaren"
    form.submit(status=303)
    films = give(installation, "Yard/Films", "Board", allow=Permission.VIEW)
    closed = give(installation, "Closed", "Board", deny=True)
    with writing(installation.sessions) as session:
        for folder, principal in ((films, f"user:{jonas.id}"), (closed, "everyone")):
            Rules(session, installation).set(session.merge(folder), Wanted(principal, Permission.VIEW))
    app = sign_in(jonas)
    app.get(f"/f/{closed.uid}", status=404)
    page = admin.get(page.request.path).click("Delete…")
    text = " ".join(page.html.find("main").get_text(" ").split())
    assert "2 people leave it and keep their accounts." in text
    assert "Yard / Films View 1 person loses sight of it" in text
    assert "Closed Block nobody loses sight of it, 2 people see it from then on, because the Block goes" in text
    page.forms["delete-form"].submit(status=303).follow()
    app.get(f"/f/{closed.uid}", status=200)
    app.get(f"/f/{films.uid}", status=200)
    admin.get(page.request.path, status=404)
    with reading(installation.sessions) as session:
        line = session.scalars(select(Event).where(Event.kind == "group.delete")).one()
        assert (line.target, line.detail["people"]) == ("Board", 2)
        assert line.detail["rules"] == ["Closed: Block", "Yard / Films: View"]
        assert [ace.principal for ace in session.scalars(select(Ace)) if ace.principal.startswith("group")] == []


def test_looking_at_the_page_that_deletes_changes_nothing(admin: TestApp) -> None:
    page = make_group(admin, "Board").follow()
    page.click("Delete…")
    admin.post(f"{page.request.path}/delete", {}, status=403)
    admin.get(page.request.path, status=200)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "A name is needed."), ("BOARD", "already a group"), ("everyone", "stands for all"), ("x" * 121, "the most")],
)
def test_a_name_that_cannot_be_used_makes_no_group(name: str, sentence: str, admin: TestApp) -> None:
    make_group(admin, "Board")
    answer = make_group(admin, name)
    assert answer.status_int == 422
    assert sentence in answer.text
    make_group(admin, "Marketing")
    form = page_of(admin, "Marketing", "/admin/groups").forms["rename-form"]
    form["name"] = name
    assert sentence in form.submit(status=422).text


def test_groups_of_a_person_are_ticked_on_their_page(
    admin: TestApp, jonas: Any, installation: Installation
) -> None:
    for name in ("Board", "Engineers", "Marketing"):
        make_group(admin, name)

    def ticked(form: Any) -> list[str]:
        return [field.id for field in form.fields["group"] if field.checked]

    form = page_of(admin, "Jonas Bakke").forms["groups-form"]
    for field in form.fields["group"][:2]:
        field.checked = True
    form = form.submit(status=303).follow().forms["groups-form"]
    assert len(ticked(form)) == 2
    form.fields["group"][0].checked = False
    form = form.submit(status=303).follow().forms["groups-form"]
    assert len(ticked(form)) == 1
    assert [kind for kind, _ in lines(installation)][-2:] == ["user.groups", "user.groups"]


@pytest.mark.parametrize("uid", ["", "x", "0000000000000000"])
def test_unknown_people_and_groups_are_refused_clearly(uid: str, admin: TestApp, jonas: Any) -> None:
    page = make_group(admin, "Board").follow()
    token = page.forms["rename-form"]["csrf_token"].value
    answer = admin.post(page.request.path, {"csrf_token": token, "do": "remove", "user": uid}, status=422)
    assert "Choose a person." in answer.text
    person = page_of(admin, "Jonas Bakke").request.path
    answer = admin.post(person, {"csrf_token": token, "do": "groups", "group": uid}, status=422)
    assert "One of the groups is gone." in answer.text
    admin.post(person, {"csrf_token": token, "do": "nonsense"}, status=405)
    admin.get("/admin/users/0000000000000000", status=404)


def test_every_change_is_one_line_with_who_did_it_and_from_where(
    admin: TestApp, jonas: Any, installation: Installation
) -> None:
    before = len(lines(installation))
    page = page_of(admin, "Jonas Bakke")
    page.click("Disable account").forms["disable-form"].submit(status=303)
    page.forms["profile-form"].submit(status=303)
    with reading(installation.sessions) as session:
        new = session.scalars(select(Event).where(Event.id > before).order_by(Event.id)).all()
    assert [(line.kind, line.actor, line.address) for line in new] == [
        ("user.disable", "Ingrid Solheim <ingrid@example.test>", "192.0.2.7"),
        ("user.change", "Ingrid Solheim <ingrid@example.test>", "192.0.2.7"),
    ]
