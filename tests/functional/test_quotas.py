"""Quotas of people and groups: every way in is held to them, what counts and what does not, who wins the last bytes."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, text, update
from webtest import TestApp, Upload

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.errors import OverQuota
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind, State, Version
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.operations.check import check
from privmedia.operations.worker import run_worker
from privmedia.quotas.service import Quotas
from tests.conftest import Person
from tests.functional.test_upload import left_behind, multipart, send
from tests.functional.visitors import token_of
from tests.tus_client import PNG, Client
from tests.unit.media.conftest import picture

SMALL = picture("PNG", size=(40, 30))
LONGEST_WAIT = 60  # seconds


@dataclass
class Desk:
    """A folder that everybody may add to, people, and what their quotas are."""

    installation: Installation
    make: Callable[..., Person]
    sign_in: Callable[[Person], TestApp]
    folder: str

    def person(self, name: str, **more: Any) -> Person:
        made = self.make(f"{name}@example.test", name=name.title(), **more)
        with writing(self.installation.sessions) as session:
            place = Library(session, self.installation).folder(self.folder)
            Rules(session, self.installation).set(place, Wanted(user(made.id), Permission.MANAGE))
        return made

    def client(self, person: Person) -> Client:
        app = self.sign_in(person)
        return Client(app, {"X-CSRF-Token": token_of(app)}, self.folder)

    def limit(self, person: Person, quota: int | None) -> None:
        with writing(self.installation.sessions) as session:
            Quotas(session, self.installation).limit_person(session.get_one(User, person.id), quota)

    def pool(self, name: str, quota: int | None, *people: Person) -> None:
        with writing(self.installation.sessions) as session:
            groups = Groups(session, self.installation)
            group = groups.add_group(name=name)
            groups.join(group=group, users=[session.get_one(User, person.id) for person in people])
            Quotas(session, self.installation).limit_group(group, quota)

    def put(self, person: Person, size: int, title: str = "An item") -> str:
        """An item of so many bytes, which only its rows say."""
        received = Received(uid=new_uid(), filename="a.png", media_type="image/png", size=size, kind=Kind.IMAGE)
        with writing(self.installation.sessions) as session:
            library = Library(session, self.installation)
            place = library.folder(self.folder)
            version = library.add_item(folder=place, title=title, received=received, by=person.id)
            version.state = version.item.state = State.READY
            version.item.shown = True
        return received.uid

    def used(self, person: Person) -> int:
        with reading(self.installation.sessions) as session:
            return Quotas(session, self.installation).used(person.id)

    def refusals(self) -> list[str]:
        with reading(self.installation.sessions) as session:
            events = session.scalars(select(Event).where(Event.kind == "upload").order_by(Event.id))
            return [event.detail["why"] for event in events]


@pytest.fixture
def desk(installation: Installation, make_person: Any, sign_in: Any) -> Desk:
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        folder = library.add_folder(parent=library.root(), name="Product training").uid
    return Desk(installation, make_person, sign_in, folder)


@pytest.fixture
def leila(desk: Desk) -> Person:
    return desk.person("leila")


def part(sender: Client, address: str, offset: int = 0) -> Any:
    return sender.add(address, offset, PNG[offset:])


class TestSendingInParts:
    def test_what_does_not_fit_is_refused_when_it_is_announced(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, 3_000_000)
        desk.put(leila, 1_000_000)
        before = left_behind(desk.installation)
        answer = desk.client(leila).begin(6_400_000)
        assert answer.status_int == 413
        assert answer.text == (
            "You have 2.0 MB left of your 3.0 MB, and this takes 6.4 MB: 4.4 MB too much. "
            "Delete something you added for good, or ask an administrator for more space.\n"
        )
        (noted,) = desk.refusals()
        assert noted.startswith("You have 2,000,000 bytes left of your 3,000,000 bytes, and this takes 6,400,000 bytes")
        assert left_behind(desk.installation) == before

    @pytest.mark.both_databases
    def test_what_fits_to_the_byte_is_taken_and_not_a_byte_more(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, len(PNG))
        sender = desk.client(leila)
        address = sender.started()
        assert sender.begin(len(PNG) + 1).status_int == 413
        done = part(sender, address)
        assert done.headers["Location-Item"].startswith("/m/")
        assert desk.used(leila) == len(PNG)
        assert sender.begin(1).status_int == 413

    @pytest.mark.both_databases
    def test_a_last_part_for_which_there_is_no_room_any_more_leaves_nothing_behind(
        self, desk: Desk, leila: Person
    ) -> None:
        desk.limit(leila, len(PNG) + 1000)
        sender = desk.client(leila)
        first, second = sender.started(), sender.started()
        assert sender.add(second, 0, PNG[:2000]).status_int == 204
        assert part(sender, first).status_int == 204
        before = left_behind(desk.installation)
        answer = part(sender, second, 2000)
        assert answer.status_int == 413
        assert "You have 1 KB left of your" in answer.text
        assert "Location-Item" not in answer.headers
        assert desk.used(leila) == len(PNG)
        assert sender.ask("HEAD", second).status_int == 404
        # the bytes that had arrived are gone, and so are those that came
        assert [line for line in before if "tus" in line and line not in left_behind(desk.installation)] != []
        assert [line for line in left_behind(desk.installation) if line not in before] == []
        assert len([line for line in left_behind(desk.installation) if line.endswith("original")]) == 1
        assert len(desk.refusals()) == 1

    def test_an_upload_that_is_not_whole_holds_nothing_back(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, len(PNG))
        sender = desk.client(leila)
        abandoned = sender.started()
        sender.add(abandoned, 0, PNG[:-1])
        assert desk.used(leila) == 0
        assert part(sender, sender.started()).status_int == 204

    def test_administrators_are_held_to_it_as_well(self, desk: Desk) -> None:
        ingrid = desk.person("ingrid", admin=True)
        desk.limit(ingrid, 10)
        assert desk.client(ingrid).begin(11).status_int == 413

    def test_nothing_fits_into_nothing(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, 0)
        assert desk.client(leila).begin(1).status_int == 413
        desk.limit(leila, None)
        assert desk.client(leila).begin(1).status_int == 201

    def test_the_limit_lowered_while_it_came_counts(self, desk: Desk, leila: Person) -> None:
        sender = desk.client(leila)
        address = sender.started()
        desk.limit(leila, len(PNG) - 1)
        assert part(sender, address).status_int == 413
        assert desk.used(leila) == 0

    def test_the_answer_that_was_lost_is_made_up_for_only_if_it_fits(
        self, desk: Desk, leila: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sender = desk.client(leila)
        address = sender.started()
        with monkeypatch.context() as broken:
            # killed between the disk and the database
            broken.setattr("privmedia.uploads.resuming.Resuming._enter", lambda *_args: None)
            part(sender, address)
        desk.limit(leila, 1)
        assert sender.ask("HEAD", address).status_int == 413
        assert sender.ask("HEAD", address).status_int == 404
        assert [line for line in left_behind(desk.installation) if "original" in line] == []


class TestAtTheSameTime:
    @pytest.mark.both_databases
    def test_of_those_that_race_for_the_last_bytes_one_wins(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, 3 * len(PNG) - 1)
        desk.put(leila, len(PNG))
        senders = [desk.client(leila) for _ in range(5)]
        addresses = [sender.started() for sender in senders]
        ready = threading.Barrier(len(senders))

        def finish(sender: Client, address: str) -> int:
            ready.wait(LONGEST_WAIT)
            return int(part(sender, address).status_int)

        with ThreadPoolExecutor(len(senders)) as pool:
            statuses = list(pool.map(finish, senders, addresses, timeout=LONGEST_WAIT))
        assert sorted(statuses) == [204, 413, 413, 413, 413]
        assert desk.used(leila) == 2 * len(PNG)

    @pytest.mark.both_databases
    @pytest.mark.parametrize("whose", ["own", "pool"])
    def test_whoever_comes_second_waits_and_sees_what_the_first_used(
        self, desk: Desk, leila: Person, whose: str
    ) -> None:
        other = leila if whose == "own" else desk.person("maren")
        if whose == "own":
            desk.limit(leila, 15)
        else:
            desk.pool("Marketing", 15, leila, other)

        def use(person: Person) -> None:
            with writing(desk.installation.sessions) as session:
                take(desk, session, person, 10)

        with ThreadPoolExecutor() as pool:
            with writing(desk.installation.sessions) as session:
                take(desk, session, leila, 10)
                second = pool.submit(use, other)
                wait_until_it_stands_or_is_done(desk.installation, second)
            with pytest.raises(OverQuota, match="5 bytes too much"):
                second.result(LONGEST_WAIT)
        assert desk.used(leila) == 10


def take(desk: Desk, session: Any, person: Person, size: int) -> None:
    library = Library(session, desk.installation)
    folder = library.folder(desk.folder)
    library.pointers.hold_place(folder)
    Quotas(session, desk.installation).require_room(person.id, size)
    received = Received(uid=new_uid(), filename="a.png", media_type="image/png", size=size, kind=Kind.IMAGE)
    library.add_item(folder=folder, title="One", received=received, by=person.id)


def wait_until_it_stands_or_is_done(installation: Installation, other: Future[None]) -> None:
    """Until the other one waits for a lock or has gone through. SQLite does not tell who waits: go on at once."""
    deadline = time.monotonic() + LONGEST_WAIT
    while installation.engine.dialect.name == "postgresql" and not other.done():
        assert time.monotonic() < deadline
        with installation.engine.connect() as connection:
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if connection.execute(waiting).scalar_one():
                return


class TestThePlainForm:
    @pytest.mark.both_databases
    def test_each_file_is_decided_on_its_own_and_those_refused_are_named(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, 2 * len(SMALL))
        page = send(desk.sign_in(leila), desk.folder, [("a.png", SMALL), ("large.png", PNG), ("b.png", SMALL)])
        (refused,) = page.html.select("#refused-files li")
        assert refused.b.text == "large.png"
        assert "too much. Delete something you added for good" in refused.text
        assert [item.text for item in page.html.select("#added-files a")] == ["a", "b"]
        assert desk.used(leila) == 2 * len(SMALL)
        assert len([line for line in left_behind(desk.installation) if line.endswith("original")]) == 2
        assert len(desk.refusals()) == 1

    def test_where_none_fits_it_is_said_with_its_status(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, 10)
        page = send(desk.sign_in(leila), desk.folder, [("a.png", SMALL), ("b.png", SMALL)], expect_errors=True)
        assert page.status_int == 413
        assert [row.b.text for row in page.html.select("#refused-files li")] == ["a.png", "b.png"]
        assert [line for line in left_behind(desk.installation) if "/" in line] == []

    def test_one_file_that_cannot_fit_is_refused_before_it_is_read(self, desk: Desk, leila: Person) -> None:
        desk.limit(leila, 1000)
        app = desk.sign_in(leila)
        fields = [("csrf_token", token_of(app)), ("folder", desk.folder), ("count", "1")]
        body = multipart(fields, [("film.mp4", b"\0" * (2 << 20))])
        headers = {"Content-Type": "multipart/form-data; boundary=xYz"}
        page = app.post("/upload/plain", body, headers=headers, expect_errors=True)
        assert page.status_int == 413
        assert "You have 1 KB left of your 1 KB" in page.html.select_one("#upload-form .alert.bad").text
        assert [line for line in left_behind(desk.installation) if "/" in line] == []


class TestOtherWaysIn:
    def test_a_file_that_would_replace_another_is_refused_and_the_old_one_stays(
        self, desk: Desk, leila: Person
    ) -> None:
        app = desk.sign_in(leila)
        uid = send(app, desk.folder, [("a.png", SMALL)]).location.rsplit("/", 1)[1]
        desk.limit(leila, len(SMALL) + len(PNG) - 1)
        fields = {"csrf_token": token_of(app), "newest": "1", "file": Upload("b.png", PNG, "image/png")}
        page = app.post(f"/upload/replace/{uid}", fields, expect_errors=True)
        assert page.status_int == 413
        assert "1 byte too much" in page.html.select_one("#replace-form .alert.bad").text
        assert desk.used(leila) == len(SMALL)
        assert not desk.installation.storage.version_folder(uid, 2).exists()
        desk.limit(leila, len(SMALL) + len(PNG))
        fields["file"] = Upload("b.png", PNG, "image/png")
        assert app.post(f"/upload/replace/{uid}", fields).status_int == 303
        assert desk.used(leila) == len(SMALL) + len(PNG)

    def test_a_copy_counts_for_who_copies_and_is_refused_before_anything_is_copied(
        self, desk: Desk, leila: Person
    ) -> None:
        jonas = desk.person("jonas")
        uid = send(desk.sign_in(jonas), desk.folder, [("a.png", SMALL)]).location.rsplit("/", 1)[1]
        with writing(desk.installation.sessions) as session:
            session.execute(update(Item).values(state=State.READY, shown=True))
        desk.limit(leila, len(SMALL) - 3)
        app = desk.sign_in(leila)
        assert "3 bytes too much" in app.get(f"/m/{uid}/copy").html.select_one("#main .alert").text
        before = left_behind(desk.installation)
        fields = {"csrf_token": token_of(app), "to": desk.folder}
        page = app.post(f"/m/{uid}/copy", fields, expect_errors=True)
        assert (page.status_int, left_behind(desk.installation)) == (413, before)
        desk.limit(leila, len(SMALL))
        assert app.post(f"/m/{uid}/copy", fields).status_int == 303
        assert (desk.used(leila), desk.used(jonas)) == (len(SMALL), len(SMALL))


class TestWhatCounts:
    def test_drafts_what_failed_and_the_bin_count_until_it_is_emptied(self, desk: Desk, leila: Person) -> None:
        app = desk.sign_in(leila)
        uid = send(app, desk.folder, [("broken.mp4", SMALL[:8] + b"\0" * 500)]).location.rsplit("/", 1)[1]
        run_worker(desk.installation, once=True)
        with reading(desk.installation.sessions) as session:
            assert session.scalars(select(Item.state)).one() is State.FAILED
        assert desk.used(leila) == 508
        form = app.get(f"/m/{uid}/delete").forms["delete-form"]
        form.submit(status=303)
        assert desk.used(leila) == 508
        app.post("/bin/empty", {"csrf_token": token_of(app)}, status=303)
        run_worker(desk.installation, once=True)
        assert desk.used(leila) == 0

    @pytest.mark.both_databases
    def test_what_is_made_of_a_file_counts_for_nobody(self, desk: Desk, leila: Person) -> None:
        send(desk.sign_in(leila), desk.folder, [("a.png", PNG)])
        run_worker(desk.installation, once=True)
        assert desk.used(leila) == len(PNG)
        with reading(desk.installation.sessions) as session:
            assert session.scalars(select(Item.state)).one() is State.READY

    def test_a_version_counts_for_who_added_it_whoevers_the_item_is(self, desk: Desk, leila: Person) -> None:
        jonas = desk.person("jonas")
        uid = send(desk.sign_in(jonas), desk.folder, [("a.png", SMALL)]).location.rsplit("/", 1)[1]
        app = desk.sign_in(leila)
        fields = {"csrf_token": token_of(app), "newest": "1", "file": Upload("b.png", PNG, "image/png")}
        app.post(f"/upload/replace/{uid}", fields)
        assert (desk.used(jonas), desk.used(leila)) == (len(SMALL), len(PNG))

    @pytest.mark.both_databases
    def test_a_group_is_a_pool_of_what_all_its_people_added(self, desk: Desk, leila: Person) -> None:
        jonas, ewa = desk.person("jonas"), desk.person("ewa")
        desk.pool("Marketing", 1000, leila, jonas)
        desk.pool("Training", 5000, leila)
        desk.put(jonas, 700)
        desk.put(ewa, 10_000)
        sender = desk.client(leila)
        answer = sender.begin(301)
        assert (answer.status_int, sender.begin(300).status_int) == (413, 201)
        assert answer.text.startswith("The group “Marketing” has 300 bytes left of its 1 KB, and this takes 301 bytes:")
        assert "1 byte too much" in answer.text
        # the one that lacks most is named, the person's own among them
        desk.limit(leila, 100)
        assert sender.begin(301).text.startswith("You have 100 bytes left of your 100 bytes")


class TestPages:
    def test_the_upload_page_says_what_is_left_and_refuses_what_does_not_fit_before_it_is_sent(
        self, desk: Desk, leila: Person
    ) -> None:
        app = desk.sign_in(leila)
        assert app.get("/upload").html.select("[data-space]") == []
        desk.limit(leila, 5_000_000)
        desk.put(leila, 1_000_000)
        page = app.get("/upload")
        assert page.html.select_one("[data-space]").text == "You have 4.0 MB left of your 5.0 MB."
        headers = {"X-CSRF-Token": token_of(app), "Content-Type": "application/octet-stream"}

        def look(size: int, before: int) -> Any:
            query = f"/upload/look?name=a.png&size={size}&before={before}"
            return app.post(query, SMALL, headers=headers).json

        assert "refused" not in look(4_000_000, 0)
        assert look(4_000_001, 0)["refused"].startswith("You have 4.0 MB left of your 5.0 MB, and this takes 4.0 MB")
        assert look(2_000_000, 3_000_000)["refused"].startswith("You have 1.0 MB left")
        bad = app.post("/upload/look?name=a.png&size=1&before=much", SMALL, headers=headers, expect_errors=True)
        assert bad.status_int == 422

    def test_the_account_page_says_how_much_is_used_of_what(self, desk: Desk, leila: Person) -> None:
        app = desk.sign_in(leila)
        desk.put(leila, 38_000_000)
        said = app.get("/account").html.select_one("#space").text
        assert "You have added 38.0 MB" in said
        assert "You have no limit of your own." in said
        assert app.get("/").html.select(".quota") == []
        desk.limit(leila, 100_000_000)
        desk.pool("Marketing", 40_000_000, leila)
        page = app.get("/account").html
        assert "what lies in the bin until it is deleted for good" in page.select_one("#space").text
        assert [one.text for one in page.select("#space .space .num")] == ["38.0 MB of 100 MB", "38.0 MB of 40.0 MB"]
        assert [one["value"] for one in page.select("#space progress")] == ["38", "95"]
        side = app.get("/").html.select_one(".side .quota")
        assert side.select_one(".num").text == "38.0 MB of 40.0 MB"
        assert side["href"] == "/account#space"

    def test_who_sees_the_library_as_somebody_sees_their_space_and_is_led_nowhere(
        self, desk: Desk, leila: Person
    ) -> None:
        admin = desk.sign_in(desk.person("ingrid", admin=True))
        desk.limit(leila, 1_000_000)
        form = next(each for each in admin.get("/admin/users").click("Leila").forms.values() if "view" in each.action)
        side = form.submit(status=303).follow().html.select_one(".side .quota")
        assert (side.name, side.select_one(".truncate").text) == ("div", "Leila")

    def test_an_administrator_gives_space_to_a_person_and_takes_the_limit_away(
        self, desk: Desk, leila: Person
    ) -> None:
        admin = desk.sign_in(desk.person("ingrid", admin=True))
        desk.put(leila, 1_500_000)
        form = admin.get("/admin/users").click("Leila").forms["quota-form"]
        assert (form["quota"].value, form["unit"].value) == ("", "GB")
        form["quota"], form["unit"] = "1,5", "TB"
        page = form.submit(status=303).follow()
        assert "1.5 MB of 1.5 TB" in page.html.select_one("#quota-form").text
        form = page.forms["quota-form"]
        assert (form["quota"].value, form["unit"].value) == ("1.5", "TB")
        assert "1.5 MB of 1.5 TB" in admin.get("/admin/users").html.select_one("#items").text
        form["quota"], form["unit"] = "1", "MB"
        page = form.submit(status=303).follow()
        assert "500 KB over" in page.html.select_one("#quota-form").text
        assert "over the limit" in admin.get("/admin/users").html.select_one("#items").text
        form["quota"] = ""
        form.submit(status=303)
        with reading(desk.installation.sessions) as session:
            events = session.scalars(select(Event).where(Event.kind == "user.quota").order_by(Event.id)).all()
            assert [event.detail["quota"] for event in events] == [
                [None, 1_500_000_000_000], [1_500_000_000_000, 1_000_000], [1_000_000, None],
            ]
            assert {event.target for event in events} == {"leila@example.test"}
        assert "changed how much Leila may add" in admin.get("/admin/audit").html.text

    @pytest.mark.parametrize("typed", ["much", "-1", "1.000", "1,000,000", "1e3", "1.5.2", "٣", "9" * 13, "1000001"])
    def test_a_limit_that_is_none_is_refused_and_the_form_comes_back_filled_in(
        self, desk: Desk, leila: Person, typed: str
    ) -> None:
        admin = desk.sign_in(desk.person("ingrid", admin=True))
        desk.limit(leila, 5_000_000)
        form = admin.get("/admin/users").click("Leila").forms["quota-form"]
        form["quota"], form["unit"] = typed, "TB"
        page = form.submit(status=422)
        assert page.forms["quota-form"]["quota"].value == typed
        assert page.html.select_one("#quota-form .invalid-feedback")
        form["unit"].force_value("PB")
        form["quota"] = "1"
        assert form.submit(status=422).html.select_one("#quota-form .invalid-feedback")
        with reading(desk.installation.sessions) as session:
            assert session.get_one(User, leila.id).quota == 5_000_000

    def test_an_administrator_gives_space_to_a_group(self, desk: Desk, leila: Person) -> None:
        admin = desk.sign_in(desk.person("ingrid", admin=True))
        desk.put(leila, 2_000_000)
        desk.pool("Marketing", None, leila)
        assert "2.0 MB" in admin.get("/admin/groups").html.select_one("#main tbody").text
        form = admin.get("/admin/groups").click("Marketing").forms["quota-form"]
        form["quota"], form["unit"] = "2.25", "GB"
        page = form.submit(status=303).follow()
        assert "2.0 MB of 2.2 GB" in page.html.select_one("#quota-form").text
        assert page.forms["quota-form"]["quota"].value == "2.25"
        assert "2.0 MB of 2.2 GB" in admin.get("/admin/groups").html.select_one("#main tbody").text
        form["quota"] = "lots"
        assert form.submit(status=422).html.select_one("#quota-form .invalid-feedback")
        assert "changed how much the group Marketing may add" in admin.get("/admin/audit").html.text

    def test_the_list_of_people_is_sorted_by_what_they_added_themselves(self, desk: Desk, leila: Person) -> None:
        admin = desk.sign_in(desk.person("ingrid", admin=True))
        jonas = desk.person("jonas")
        desk.put(leila, 10)
        desk.put(jonas, 20)
        names = [row.text for row in admin.get("/admin/users?sort=uploads").html.select("#items a.fw-semibold")]
        assert names == ["Jonas", "Leila", "Ingrid"]


class TestTheCheck:
    @pytest.mark.both_databases
    def test_it_tells_who_is_over_and_that_is_no_fault(self, desk: Desk, leila: Person) -> None:
        desk.put(leila, 3_000_000)
        desk.pool("Marketing", 2_500_000, leila)
        desk.pool("Training", 3_000_000, leila)
        desk.limit(leila, 1_000_000)
        (quotas,) = [part for part in check(desk.installation) if part.name == "quotas"]
        assert quotas.problems == []
        assert quotas.notes == [
            "leila@example.test has 3.0 MB of 1.0 MB used, 2.0 MB too much: nothing can be added.",
            "Marketing has 3.0 MB of 2.5 MB used, 500 KB too much: nothing can be added.",
        ]


class TestTheCost:
    def test_what_somebody_added_is_added_up_over_the_index_alone(self, installation: Installation) -> None:
        with reading(installation.sessions) as session:
            plan = "EXPLAIN QUERY PLAN SELECT sum(size) FROM versions WHERE created_by = 1"
            ((*_numbers, said),) = session.execute(text(plan))
        assert "COVERING INDEX ix_versions_created_by" in said

    def test_two_versions_of_one_item_count_both(self, desk: Desk, leila: Person) -> None:
        app = desk.sign_in(leila)
        uid = send(app, desk.folder, [("a.png", SMALL)]).location.rsplit("/", 1)[1]
        fields = {"csrf_token": token_of(app), "newest": "1", "file": Upload("b.png", PNG, "image/png")}
        app.post(f"/upload/replace/{uid}", fields)
        run_worker(desk.installation, once=True)
        assert desk.used(leila) == len(SMALL) + len(PNG)
        app.post(f"/m/{uid}/versions/1/delete", {"csrf_token": token_of(app)}, status=303)
        assert desk.used(leila) == len(PNG)
        with reading(desk.installation.sessions) as session:
            assert session.scalars(select(Version.number)).all() == [2]
