"""Asking for access: the one page, the question, the answer, and what nobody learns on the way."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event, select
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import group as group_principal
from privmedia.access.principals import user as user_principal
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import as_identity
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.asking.answering import Answering
from privmedia.asking.jobs import end_questions
from privmedia.asking.models import AccessRequest
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.library.models import File, Item, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from tests.conftest import ADDRESS, FakeClock, Person
from tests.mail_server import MailServer, do_jobs, mail_server

REASON = "The class surveyor comes on Thursday."


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def ini(ini: dict[str, str], server: MailServer) -> dict[str, str]:
    return {**ini, "privmedia.mail_url": server.url}


@dataclass
class Yard:
    """A folder with two films that Tomasz manages, a group that sees it, and Oskar, who sees nothing."""

    installation: Installation
    people: dict[str, Person]
    sign_in: Callable[[Person], TestApp]
    server: MailServer
    folder: str = ""
    item: str = ""
    group: str = ""
    browsers: dict[str, TestApp] = field(default_factory=dict)

    def as_(self, name: str) -> TestApp:
        if name not in self.browsers:
            self.browsers[name] = self.sign_in(self.people[name])
        return self.browsers[name]

    def ask(self, address: str = "", message: str = REASON, name: str = "oskar") -> Any:
        form = self.as_(name).get(address or f"/m/{self.item}", status=404).forms["ask-form"]
        form["message"] = message
        return form.submit(status=303).follow()

    def work(self) -> None:
        do_jobs(self.installation)

    def card(self, name: str = "tomasz", where: str = "") -> Any:
        return self.as_(name).get(where or "/requests")

    def answer(self, name: str = "tomasz", **fields: str) -> Any:
        form = next(form for form in self.card(name).forms.values() if "how" in form.fields)
        for key, value in fields.items():
            form[key] = value
        return form.submit(expect_errors=True)

    def question(self) -> AccessRequest:
        with reading(self.installation.sessions) as session:
            return session.scalars(select(AccessRequest).order_by(AccessRequest.id.desc())).first()  # type: ignore[return-value]

    def letters_to(self, name: str) -> list[str]:
        return [str(letter["Subject"]) for letter in self.server.letters if letter["To"] == self.people[name].email]


@pytest.fixture
def yard(
    installation: Installation,
    make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
    server: MailServer,
) -> Yard:
    names = {"oskar": "Oskar Lund", "tomasz": "Tomasz Wójcik", "leila": "Leila Haddad", "jonas": "Jonas Bakke"}
    people = {key: make_person(f"{key}@example.test", name=name) for key, name in names.items()}
    people["ada"] = make_person("ada@example.test", name="Ada Lind", admin=True)
    yard = Yard(installation, people, sign_in, server)
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders("Product training/Thruster T4")[-1]
        rules, groups = Rules(session, installation), Groups(session, installation)
        group = groups.add_group(name="Service engineers")
        groups.join(group=group, users=[session.get_one(User, people["jonas"].id)])
        rules.set(folder, Wanted(user_principal(people["tomasz"].id), Permission.MANAGE))
        rules.set(folder, Wanted(group_principal(group.id), Permission.VIEW | Permission.DOWNLOAD))
        for title in ("Replacing the main bearing", "Seal kit"):
            uid = new_uid()
            received = Received(uid=uid, filename="t4.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
            version = Library(session, installation).add_item(folder=folder, title=title, received=received, by=None)
            version.item.state, version.item.shown = State.READY, True
            for name, kind in (("play.mp4", "video/mp4"), ("poster.webp", "image/webp")):
                session.add(File(version_id=version.id, name=name, stored_as=name, media_type=kind, size=4))
            place = installation.storage.version_folder(uid, 1)
            place.mkdir(parents=True)
            for name in ("original", "play.mp4", "poster.webp"):
                (place / name).write_bytes(b"abcd")
            yard.item = yard.item or uid
        yard.folder, yard.group = folder.uid, group.uid
    return yard


def words(page: Any) -> str:
    return " ".join(page.html.find("main").get_text(" ").split())


def facts(answer: Any, *new: str) -> tuple[Any, ...]:
    """All of an answer but what is new in each: addresses, ids, tokens."""
    text = "\n".join(f"{name}: {value}" for name, value in answer.headerlist if name != "X-Request-ID")
    text = re.sub(r"[0-9a-z]{16}(?![0-9a-z])|[0-9a-f]{64}", "-", f"{text}\n{answer.text}")
    return answer.status_int, text


@pytest.mark.parametrize("below", ["", "/edit", "/access", "/nothing/of/the/kind"])
def test_what_is_missing_and_what_is_denied_is_one_page_that_offers_to_ask(yard: Yard, below: str) -> None:
    oskar = yard.as_("oskar")
    for kind, there in (("m", yard.item), ("f", yard.folder)):
        denied, missing = (oskar.get(f"/{kind}/{uid}{below}", status=404) for uid in (there, new_uid()))
        assert facts(denied) == facts(missing)
        assert "There is nothing here for you" in words(denied)
        assert "This page looks the same in all three cases." in words(denied)
        assert "Were you given this address? Ask for access." in words(denied)
        assert there not in denied.text


@pytest.mark.parametrize("path", ["/nothing", "/f/top2", "/m/short", "/admin/users", "/x/aaaaaaaaaaaaaaaa"])
def test_other_addresses_offer_nothing_to_ask_for(yard: Yard, path: str) -> None:
    page = yard.as_("oskar").get(path, status=404)
    assert "ask-form" not in page.forms
    assert "Ask for access" not in page.text


def test_nobody_is_offered_to_ask_without_signing_in(yard: Yard, testapp: TestApp) -> None:
    assert "/login" in testapp.get(f"/m/{yard.item}", status=303).location


@pytest.mark.both_databases
def test_asking_is_answered_alike_for_what_exists_what_does_not_and_what_one_can_see(yard: Yard) -> None:
    pages = [yard.ask(address) for address in (f"/m/{yard.item}", f"/m/{new_uid()}", f"/f/{yard.folder}")]
    assert "Your question is on its way" in words(pages[0])
    assert (
        "You get a mail when they answer, at the latest after 14 days, when the question ends by itself."
        in words(pages[0])
    )
    assert "Asking again does not send a second one." in words(pages[0])
    assert len({facts(page) for page in pages}) == 1


def test_whoever_was_let_in_meanwhile_comes_to_what_they_asked_for(yard: Yard) -> None:
    jonas = yard.as_("jonas")
    token = jonas.get(f"/m/{new_uid()}", status=404).forms["ask-form"]["csrf_token"].value
    answer = jonas.post(f"/m/{yard.item}?ask", {"csrf_token": token, "message": REASON}, status=303)
    assert answer.location.endswith(f"/m/{yard.item}")


def test_asking_is_the_same_statements_for_what_exists_and_what_does_not(yard: Yard) -> None:
    oskar = yard.as_("oskar")
    token = oskar.get(f"/m/{yard.item}", status=404).forms["ask-form"]["csrf_token"].value

    def statements(method: str, address: str) -> list[str]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(yard.installation.engine, "before_cursor_execute", note)
        try:
            if method == "GET":
                oskar.get(address, status=404)
            else:
                oskar.post(f"{address}?ask", {"csrf_token": token, "message": ""}, status=303)
        finally:
            event.remove(yard.installation.engine, "before_cursor_execute", note)
        return seen

    for address in (f"/m/{yard.item}", f"/f/{yard.folder}"):
        missing = address[:3] + new_uid()
        assert statements("POST", address) == statements("POST", missing)
        assert statements("POST", address) == statements("POST", missing)  # again, while it is open
        assert len(statements("GET", address)) == len(statements("GET", missing))


def test_asking_again_is_one_question_and_one_letter(yard: Yard) -> None:
    first, second = yard.ask(), yard.ask(message="Once more")
    assert first.request.path == second.request.path
    yard.work()
    assert yard.letters_to("tomasz") == ["Oskar Lund asks to watch “Replacing the main bearing”"]


@pytest.mark.both_databases
def test_the_managers_of_the_place_hear_of_it_and_nobody_else(yard: Yard) -> None:
    yard.ask()
    yard.work()
    assert len(yard.letters_to("tomasz")) == 1
    for name in ("ada", "leila", "jonas", "oskar"):
        assert yard.letters_to(name) == []
    assert REASON in yard.server.last_text
    link = re.search(rf"^{ADDRESS}(/requests/\w+)\s*$", yard.server.last_text, re.MULTILINE)
    assert link is not None
    page = yard.as_("tomasz").get(link[1])
    assert "Oskar Lund asks to watch “Replacing the main bearing”" in words(page)
    for name in ("oskar", "jonas", "leila"):
        yard.as_(name).get(link[1], status=404)


def test_a_place_without_managers_is_the_administrators(yard: Yard) -> None:
    with writing(yard.installation.sessions) as session:
        folder = Library(session, yard.installation).folder(yard.folder)
        Rules(session, yard.installation).clear(folder, user_principal(yard.people["tomasz"].id))
    yard.ask()
    yard.work()
    assert len(yard.letters_to("ada")) == 1
    assert yard.letters_to("tomasz") == []


def test_nobody_hears_of_an_address_that_leads_nowhere_or_that_one_can_see_already(yard: Yard) -> None:
    yard.ask(f"/m/{new_uid()}")
    jonas = yard.as_("jonas")
    token = jonas.get(f"/m/{new_uid()}", status=404).forms["ask-form"]["csrf_token"].value
    jonas.post(f"/m/{yard.item}?ask", {"csrf_token": token, "message": REASON}, status=303)
    yard.work()
    assert yard.server.letters == []
    assert "Nobody waits for your answer" in words(yard.card("tomasz"))
    assert "Nobody waits for your answer" in words(yard.card("ada"))


def test_the_side_bar_counts_the_questions_one_may_answer(yard: Yard) -> None:
    assert "Requests" not in yard.as_("tomasz").get("/").text
    yard.ask()
    for name in ("tomasz", "ada"):
        link = yard.as_(name).get("/").html.find("a", href="/requests")
        assert link is not None
        assert link.get_text(" ").split() == ["Requests", "1"]
    for name in ("oskar", "jonas", "leila"):
        assert "Requests" not in yard.as_(name).get("/").text


def test_the_card_stands_on_the_access_pages_with_the_smallest_answer_first(yard: Yard) -> None:
    yard.ask()
    for where in (f"/m/{yard.item}/access", f"/f/{yard.folder}/access", "/requests"):
        text = words(yard.card("tomasz", where))
        assert "Oskar Lund asks to watch “Replacing the main bearing”" in text
        assert REASON in text
        assert text.index("Only this video, View") < text.index("The folder Thruster T4, View")
        assert "1 person, 1 item" in text
        assert "Oskar Lund gains View on 2 items and everything added later." in text
        assert "Put Oskar Lund in" not in text
    text = words(yard.card("ada"))
    assert "Put Oskar Lund in Service engineers" in text
    assert "Oskar Lund gains all that its 1 member has, without an end. 1 person, 2 items" in text


def everywhere(yard: Yard) -> dict[str, int]:
    """What Oskar gets for the page, the poster, the film and the original."""
    addresses = {
        "page": f"/m/{yard.item}",
        "poster": f"/smedia/{yard.item}/poster.webp",
        "play": f"/smedia/{yard.item}/play.mp4",
        "original": f"/smedia/{yard.item}/original/t4.mp4",
    }
    oskar = yard.as_("oskar")
    return {name: oskar.get(address, expect_errors=True).status_int for name, address in addresses.items()}


NOWHERE = {"page": 404, "poster": 404, "play": 404, "original": 404}
WATCHES = {"page": 200, "poster": 200, "play": 200, "original": 404}


@pytest.mark.both_databases
def test_one_press_gives_view_on_the_one_item_for_seven_days(yard: Yard, clock: FakeClock) -> None:
    yard.ask()
    page = yard.answer().follow()
    assert page.request.path == f"/m/{yard.item}/access"
    assert "Oskar Lund can see it now, and is told." in page.text
    assert everywhere(yard) == WATCHES
    assert words(yard.as_("oskar").get("/")).count("Seal kit") == 0
    yard.work()
    assert yard.letters_to("oskar") == ["You have access now, at media.example.test"]
    assert f"{ADDRESS}/m/{yard.item}" in yard.server.last_text
    mine = yard.as_("oskar").get(f"/ask/{yard.question().uid}")
    assert "You have access now" in words(mine)


def test_time_boxed_access_ends_by_itself_at_the_next_request(yard: Yard, clock: FakeClock) -> None:
    yard.ask()
    yard.answer(end="7")
    clock.now = clock.now.replace(day=30, hour=23, minute=59)
    yard.browsers.pop("oskar")
    assert everywhere(yard) == WATCHES
    clock.forward(minutes=1)
    assert everywhere(yard) == NOWHERE


def test_until_a_day_holds_through_that_day_and_for_good_has_no_end(yard: Yard, clock: FakeClock) -> None:
    yard.ask()
    answer = yard.answer(end="day")
    assert answer.status_int == 422
    assert "Choose the last day." in answer.text
    assert "That day is over." in yard.answer(end="day", day="2026-11-22").text
    assert everywhere(yard) == NOWHERE
    assert yard.answer(end="for-good").status_int == 303
    clock.forward(days=400)
    yard.browsers.pop("oskar")
    assert everywhere(yard) == WATCHES


def test_the_folder_can_be_given_by_who_manages_it(yard: Yard) -> None:
    yard.ask()
    assert yard.answer(how="folder").status_int == 303
    assert "Seal kit" in words(yard.as_("oskar").get(f"/f/{yard.folder}"))


def test_the_folder_is_neither_offered_to_nor_taken_from_who_manages_the_item_alone(yard: Yard) -> None:
    with writing(yard.installation.sessions) as session:
        item = Library(session, yard.installation).item(yard.item)
        Rules(session, yard.installation).set(
            item, Wanted(user_principal(yard.people["leila"].id), Permission.MANAGE)
        )
    yard.ask()
    page = yard.card("leila")
    assert "The folder Thruster T4" not in words(page)
    form = next(form for form in page.forms.values() if "how" in form.fields)
    fields = {"csrf_token": form["csrf_token"].value, "do": "give", "how": "folder", "end": "7"}
    yard.as_("leila").post(form.action, fields, status=404)
    yard.as_("leila").post(form.action, {**fields, "how": f"group:{yard.group}"}, status=404)
    assert everywhere(yard) == NOWHERE


@pytest.mark.both_databases
def test_an_administrator_can_put_who_asks_into_a_group(yard: Yard) -> None:
    yard.ask()
    assert yard.answer("ada", how=f"group:{yard.group}").status_int == 303
    with reading(yard.installation.sessions) as session:
        names = Accounts(session, yard.installation).group_names(yard.people["oskar"].id)
    assert list(names) == ["Service engineers"]
    assert everywhere(yard)["page"] == 200


def test_a_refusal_needs_a_sentence_and_names_nothing_but_the_address(yard: Yard) -> None:
    yard.ask()
    form = next(form for form in yard.card().forms.values() if "reason" in form.fields)
    assert "Say in one sentence why." in form.submit(status=422).text
    form["reason"] = "Ask Kari for the public cut."
    assert "Refused. Oskar Lund is told." in form.submit(status=303).follow().text
    yard.work()
    letter = yard.server.last_text
    assert "Ask Kari for the public cut." in letter
    assert f"{ADDRESS}/m/{yard.item}" in letter
    for secret in ("bearing", "Thruster", "Tomasz"):
        assert secret not in letter
    page = yard.as_("oskar").get(f"/ask/{yard.question().uid}")
    assert "Access was not given" in words(page)
    assert "Tomasz" not in page.text
    assert everywhere(yard) == NOWHERE


@pytest.mark.both_databases
def test_who_answers_second_is_told_who_was_first(yard: Yard) -> None:
    yard.ask()
    form = next(form for form in yard.card("ada").forms.values() if "how" in form.fields)
    yard.answer("tomasz")
    answer = form.submit(status=409)
    assert "Tomasz Wójcik answered this question already: View was given." in answer.text
    page = yard.as_("ada").get(f"/requests/{yard.question().uid}")
    assert "Tomasz Wójcik gave access" in words(page)


def test_who_lost_manage_meanwhile_cannot_answer(yard: Yard) -> None:
    yard.ask()
    form = next(form for form in yard.card().forms.values() if "how" in form.fields)
    with writing(yard.installation.sessions) as session:
        folder = Library(session, yard.installation).folder(yard.folder)
        Rules(session, yard.installation).clear(folder, user_principal(yard.people["tomasz"].id))
    form.submit(status=404)
    assert everywhere(yard) == NOWHERE
    yard.work()
    assert yard.letters_to("tomasz") == []


def test_a_block_is_said_before_and_cannot_be_answered_away(yard: Yard) -> None:
    yard.ask()
    form = next(form for form in yard.card().forms.values() if "how" in form.fields)
    with writing(yard.installation.sessions) as session:
        folder = Library(session, yard.installation).folder(yard.folder)
        blocked = Wanted(user_principal(yard.people["oskar"].id), NOTHING, deny=True)
        Rules(session, yard.installation).set(folder, blocked)
    assert "A Block keeps them out" in form.submit(status=422).text
    assert "A Block keeps Oskar Lund out, whatever is given." in words(yard.card())
    assert yard.question().outcome == ""
    with reading(yard.installation.sessions) as session:
        item = session.scalars(select(Item).where(Item.uid == yard.item)).one()
        assert item.acl_id is None


def test_a_block_on_the_very_place_is_not_replaced_by_an_answer(yard: Yard) -> None:
    yard.ask()
    form = next(form for form in yard.card().forms.values() if "how" in form.fields)
    with writing(yard.installation.sessions) as session:
        item = session.scalars(select(Item).where(Item.uid == yard.item)).one()
        blocked = Wanted(user_principal(yard.people["oskar"].id), NOTHING, deny=True)
        Rules(session, yard.installation).set(item, blocked)
    form["how"] = "place"
    form["end"] = "for-good"
    assert "A Block keeps them out" in form.submit(status=422).text
    yard.as_("oskar").get(f"/m/{yard.item}", status=404)


def test_a_letter_to_somebody_who_is_gone_does_not_tell_of_the_next_ones_question(yard: Yard) -> None:
    yard.ask()
    first = yard.question()
    with writing(yard.installation.sessions) as session:
        answering = Answering(session, yard.installation)
        answering.refuse(first.uid, "No.", by=as_identity(session.get_one(User, yard.people["tomasz"].id), frozenset()))
        Accounts(session, yard.installation).delete(user=session.get_one(User, yard.people["oskar"].id))
    yard.ask(name="leila")
    assert yard.question().id == first.id, "SQLite gives the number again"
    yard.answer()
    yard.work()
    assert yard.letters_to("oskar") == []
    assert "You have access now, at media.example.test" in yard.letters_to("leila")


def test_who_can_see_it_by_now_is_told_so_with_one_press(yard: Yard) -> None:
    yard.ask()
    with writing(yard.installation.sessions) as session:
        groups = Groups(session, yard.installation)
        oskar = session.get_one(User, yard.people["oskar"].id)
        groups.join(group=groups.group(yard.group), users=[oskar])
    page = yard.card()
    assert "Oskar Lund can see it by now." in words(page)
    form = next(form for form in page.forms.values() if "do" in form.fields and form["do"].value == "settle")
    form.submit(status=303)
    assert yard.question().outcome == "given"


def test_a_disabled_or_deleted_asker_is_gone_from_the_lists(yard: Yard) -> None:
    yard.ask()
    uid = yard.question().uid
    with writing(yard.installation.sessions) as session:
        accounts = Accounts(session, yard.installation)
        accounts.disable(user=session.get_one(User, yard.people["oskar"].id))
    assert "Nobody waits for your answer" in words(yard.card())
    assert "The question has ended." in words(yard.as_("tomasz").get(f"/requests/{uid}"))
    yard.work()
    assert yard.server.letters == []


@pytest.mark.both_databases
@pytest.mark.parametrize("exists", [True, False])
def test_a_question_ends_by_itself_after_fourteen_days_and_says_so_once(
    yard: Yard, clock: FakeClock, exists: bool
) -> None:
    yard.ask(f"/m/{yard.item if exists else new_uid()}")
    yard.work()
    yard.server.raw.clear()
    clock.forward(days=14)
    yard.browsers.clear()
    assert "Nobody waits for your answer" in words(yard.card("tomasz"))
    assert "Your question has ended" in words(yard.as_("oskar").get(f"/ask/{yard.question().uid}"))
    for _twice in range(2):
        end_questions(yard.installation)
        yard.work()
    assert yard.letters_to("oskar") == ["Your question for access at media.example.test has ended"]
    assert "Your question has ended" in words(yard.as_("oskar").get(f"/ask/{yard.question().uid}"))
    assert "Your question is on its way" in words(yard.ask(f"/m/{yard.item}"))


def test_a_question_can_be_taken_back_by_who_asked_and_by_nobody_else(yard: Yard) -> None:
    page = yard.ask()
    path = page.request.path
    yard.as_("leila").get(path, status=404)
    form = next(form for form in page.forms.values() if form.action in ("", path))
    assert "You took the question back" in words(form.submit(status=303).follow())
    assert "Nobody waits for your answer" in words(yard.card())
    yard.work()
    assert yard.server.letters == []


def test_questions_are_limited_for_a_person_and_a_day_whatever_they_are_about(yard: Yard, clock: FakeClock) -> None:
    oskar = yard.as_("oskar")
    token = oskar.get(f"/m/{yard.item}", status=404).forms["ask-form"]["csrf_token"].value

    def send(address: str) -> Any:
        return oskar.post(f"{address}?ask", {"csrf_token": token, "message": ""}, expect_errors=True)

    for _each in range(20):
        assert send(f"/m/{new_uid()}").status_int == 303
    for address in (f"/m/{yard.item}", f"/m/{new_uid()}"):
        refused = send(address)
        assert refused.status_int == 429
        assert int(refused.headers["Retry-After"]) > 80_000
    clock.forward(days=1)
    yard.browsers.clear()
    yard.ask()


@pytest.mark.parametrize("path", ["/", "/admin", "/m/short", "/f/top", "/nothing", "/x/aaaaaaaaaaaaaaaa"])
def test_only_folders_and_items_can_be_asked_for(yard: Yard, path: str) -> None:
    oskar = yard.as_("oskar")
    token = oskar.get(f"/m/{yard.item}", status=404).forms["ask-form"]["csrf_token"].value
    oskar.post(f"{path}?ask", {"csrf_token": token, "message": "hello"}, status=[303, 404, 405])
    assert yard.question() is None


def test_a_question_that_another_site_sent_is_not_asked(yard: Yard) -> None:
    oskar = yard.as_("oskar")
    oskar.post(f"/m/{yard.item}?ask", {"message": "hello"}, status=403)
    token = oskar.get(f"/m/{yard.item}", status=404).forms["ask-form"]["csrf_token"].value
    fields, foreign = {"csrf_token": token, "message": "hello"}, {"Origin": "https://evil.example"}
    oskar.post(f"/m/{yard.item}?ask", fields, headers=foreign, status=403)
    assert yard.question() is None


def test_a_message_that_is_too_long_comes_back_with_every_word(yard: Yard) -> None:
    oskar = yard.as_("oskar")
    form = oskar.get(f"/m/{yard.item}", status=404).forms["ask-form"]
    form["message"] = "long " * 120
    page = form.submit(status=422)
    assert "Say it in 500 characters." in page.text
    assert page.forms["ask-form"]["message"].value.strip() == ("long " * 120).strip()
    page.forms["ask-form"]["message"] = "short"
    page.forms["ask-form"].submit(status=303)


def test_every_step_is_one_line_of_the_log(yard: Yard) -> None:
    yard.ask()
    yard.answer()
    with reading(yard.installation.sessions) as session:
        lines = session.execute(
            select(Event.kind, Event.actor, Event.target).where(Event.kind.like("access.%")).order_by(Event.id)
        ).all()
    oskar, tomasz = "Oskar Lund <oskar@example.test>", "Tomasz Wójcik <tomasz@example.test>"
    target = f"item:{yard.item}"
    assert [tuple(line) for line in lines if line.actor in (oskar, tomasz)] == [
        ("access.ask", oskar, target),
        ("access.set", tomasz, target),
        ("access.answer", tomasz, target),
    ]


def test_an_item_that_is_deleted_takes_its_question_off_the_lists(yard: Yard) -> None:
    yard.ask()
    with writing(yard.installation.sessions) as session:
        question = session.scalars(select(AccessRequest)).one()
        question.item_id = None  # as the database does it when the item goes
    assert "Nobody waits for your answer" in words(yard.card("ada"))
    yard.as_("ada").get(f"/requests/{yard.question().uid}", status=404)
    assert "Your question is on its way" in words(yard.as_("oskar").get(f"/ask/{yard.question().uid}"))


def test_a_question_about_what_lies_in_the_bin_tells_nobody_of_it_and_is_not_answered(yard: Yard) -> None:
    yard.ask()
    address = f"/requests/{yard.question().uid}"
    form = next(form for form in yard.card().forms.values() if "how" in form.fields)
    ada = yard.as_("ada")
    deleted = ada.get(f"/m/{yard.item}/delete").forms["delete-form"].submit(status=303).follow()
    yard.work()
    assert yard.letters_to("tomasz") == []
    with reading(yard.installation.sessions) as session:
        assert session.scalars(select(Job).where(Job.state != JobState.DONE)).all() == []
    assert "Replacing" not in words(yard.as_("tomasz").get("/requests"))
    for name in ("tomasz", "ada"):
        gone = yard.as_(name).get(address, status=404)
        assert "Replacing" not in gone
    assert "Replacing" not in form.submit(status=404)
    next(form for form in deleted.forms.values() if form.action == "/bin/undo").submit(status=303)
    assert "asks to watch “Replacing the main bearing”" in words(yard.as_("tomasz").get(address))


def test_programs_get_every_refusal_as_a_problem(yard: Yard, testapp: TestApp) -> None:
    json = {"Accept": "application/json"}
    denied, missing = (
        yard.as_("oskar").get(f"/m/{uid}", headers=json, status=404) for uid in (yard.item, new_uid())
    )
    assert denied.content_type == "application/problem+json"
    assert denied.json["title"] == "There is nothing here for you"
    assert denied.json["status"] == 404
    assert facts(denied) == facts(missing)
    signed_out = testapp.get(f"/m/{yard.item}", headers=json, status=401)
    assert signed_out.content_type == "application/problem+json"
    assert signed_out.headers["WWW-Authenticate"] == "Bearer"
    assert testapp.get("/", headers={"Accept": "text/html,application/json;q=0.9"}, status=303)


def test_a_key_that_opens_nothing_is_said_to_be_one(testapp: TestApp) -> None:
    answer = testapp.get("/", headers={"Authorization": "Bearer nonsense"}, status=401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert "The API token is mistyped, has ended, or was revoked." in answer.text
    assert "/login" in testapp.get("/", headers={"Authorization": "Basic b3A6ZW4="}, status=303).location
