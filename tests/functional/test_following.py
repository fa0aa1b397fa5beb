"""Following folders: who is told of what, when a letter goes out, and what nobody learns by it."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import user as user_principal
from privmedia.accounts.identity import as_identity
from privmedia.accounts.models import SignIn, User
from privmedia.audit.models import Event
from privmedia.db import reading, write_mode, writing
from privmedia.following.jobs import forget_notices
from privmedia.following.models import Follow, Happening, Notice
from privmedia.following.rounds import NEWS, SENT, Rounds
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.drafts import Drafts
from privmedia.library.jobs import have_told
from privmedia.library.models import Item, Kind, State, Version
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.mail.models import Mail
from privmedia.organising.bin import Bin
from privmedia.organising.moving import Moves
from tests.conftest import FakeClock, Person
from tests.mail_server import MailServer, do_jobs, mail_server

LINK = re.compile(r"http://\S+(/unfollow/\S+)")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def ini(ini: dict[str, str], server: MailServer) -> dict[str, str]:
    return {**ini, "privmedia.mail_url": server.url}


@dataclass
class Shelf:
    """A folder in a folder. Tomasz adds to it, Jonas may see it, and so may Ewa, who is a guest; Oskar sees nothing."""

    installation: Installation
    people: dict[str, Person]
    sign_in: Callable[[Person], TestApp]
    server: MailServer
    clock: FakeClock
    training: str = ""
    thruster: str = ""
    browsers: dict[str, TestApp] = field(default_factory=dict)

    def as_(self, name: str) -> TestApp:
        if name not in self.browsers:
            self.browsers[name] = self.sign_in(self.people[name])
        return self.browsers[name]

    def press_follow(self, name: str, folder: str = "") -> Any:
        page = self.as_(name).get(f"/f/{folder or self.training}")
        form = next(form for form in page.forms.values() if form.action.endswith("/follow"))
        return form.submit(headers={"Referer": page.request.url}, status=303).follow()

    def add(
        self,
        title: str = "Main bearing",
        by: str = "tomasz",
        state: State = State.READY,
        folder: str = "",
        told: bool = True,
    ) -> str:
        """A file that came of an upload, as the worker leaves it while its sender looks on; answers its public id."""
        self.as_(by).get("/account")
        received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO)
        with writing(self.installation.sessions) as session:
            library = Library(session, self.installation)
            version = library.add_item(
                folder=library.folder(folder or self.thruster), title=title, received=received, by=self.people[by].id
            )
            version.item.state = version.state = state
            version.item.shown = state == State.READY
            version.item.reason = version.reason = "" if state == State.READY else "The file is damaged."
            if told:
                have_told(session, self.installation, version.id)
        do_jobs(self.installation)
        return received.uid

    def tell(self, uid: str) -> None:
        """The worker has prepared it now."""
        with writing(self.installation.sessions) as session:
            Library(session, self.installation).tell_followers(Library(session, self.installation).item(uid))
        do_jobs(self.installation)

    def wait(self, **time: float) -> None:
        self.clock.forward(**time)
        do_jobs(self.installation)

    def allow(self, name: str, permission: Permission) -> None:
        with writing(self.installation.sessions) as session:
            place = Library(session, self.installation).folder(self.training)
            principal = user_principal(self.people[name].id)
            if permission == NOTHING:
                Rules(session, self.installation).clear(place, principal)
            else:
                Rules(session, self.installation).set(place, Wanted(principal, permission))

    def bell(self, name: str) -> str:
        return str(self.as_(name).get("/notices").html.select_one("a.bell")["aria-label"])

    def listed(self, name: str) -> list[str]:
        return [found.get_text() for found in self.as_(name).get("/notices").html.select(".notices a.ink")]


@pytest.fixture
def shelf(
    installation: Installation,
    make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
    server: MailServer,
    clock: FakeClock,
) -> Shelf:
    people = {
        "ada": make_person("ada@example.test", name="Ada Lind", admin=True),
        "tomasz": make_person("tomasz@example.test", name="Tomasz Wójcik"),
        "jonas": make_person("jonas@example.test", name="Jonas Bakke"),
        "ewa": make_person("ewa@example.test", name="Ewa Kowalska", guest=True),
        "oskar": make_person("oskar@example.test", name="Oskar Lund"),
    }
    shelf = Shelf(installation, people, sign_in, server, clock)
    with writing(installation.sessions) as session:
        training, thruster = Paths(session, installation).make_folders("Product training/Thruster T4")
        shelf.training, shelf.thruster = training.uid, thruster.uid
    shelf.allow("tomasz", Permission.MANAGE)
    shelf.allow("jonas", Permission.VIEW)
    shelf.allow("ewa", Permission.VIEW)
    return shelf


@pytest.mark.both_databases
def test_who_follows_a_folder_is_told_of_what_is_ready_below_it(shelf: Shelf) -> None:
    page = shelf.press_follow("jonas")
    assert page.html.select_one("#follow")["aria-pressed"] == "true"
    shelf.add("Main bearing")
    assert shelf.bell("jonas") == "Notices, 1 new"
    assert shelf.listed("jonas") == ["Main bearing"]
    assert shelf.server.letters == []
    shelf.wait(minutes=31)
    (letter,) = shelf.server.letters
    assert letter["To"] == "jonas@example.test"
    assert letter["Subject"].startswith("1 new item at ")
    assert "Main bearing, in Thruster T4" in letter.get_content()


def test_a_guest_who_sees_the_folder_is_told_too(shelf: Shelf) -> None:
    shelf.press_follow("ewa")
    shelf.add()
    shelf.wait(minutes=31)
    assert [letter["To"] for letter in shelf.server.letters] == ["ewa@example.test"]


def test_several_new_things_are_one_letter_and_a_second_letter_waits_a_day(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add("One")
    shelf.wait(minutes=10)
    shelf.add("Two")
    shelf.wait(minutes=31)
    shelf.add("Three")
    shelf.wait(hours=23)
    (letter,) = shelf.server.letters
    assert "One" in letter.get_content()
    assert "Two" in letter.get_content()
    shelf.wait(hours=1)
    assert len(shelf.server.letters) == 2
    assert "Three" in shelf.server.last_text
    assert "Two" not in shelf.server.last_text


def test_what_was_read_at_the_bell_needs_no_letter(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    page = shelf.as_("jonas").get("/notices")
    next(form for form in page.forms.values() if form.action.endswith("/notices")).submit(status=303)
    assert shelf.bell("jonas") == "Notices"
    assert shelf.listed("jonas") == ["Main bearing"]
    shelf.wait(minutes=31)
    assert shelf.server.letters == []


def test_nobody_is_told_of_what_they_may_not_see_when_it_is_ready(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.allow("jonas", NOTHING)
    shelf.add()
    shelf.wait(minutes=31)
    shelf.allow("jonas", Permission.VIEW)
    assert shelf.bell("jonas") == "Notices"
    assert shelf.server.letters == []


def test_a_right_taken_away_before_the_letter_is_made_takes_it_out_of_the_letter_and_of_the_bell(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    shelf.allow("jonas", NOTHING)
    shelf.wait(minutes=31)
    assert shelf.server.letters == []
    assert shelf.bell("jonas") == "Notices"
    assert shelf.listed("jonas") == []
    assert "Product training" not in shelf.as_("jonas").get("/account").text


def test_a_right_taken_away_while_the_letter_waits_at_the_post_keeps_it_from_being_sent(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    shelf.clock.forward(minutes=31)
    with writing(shelf.installation.sessions) as session:
        Rounds(session, shelf.installation).go(NEWS, shelf.people["jonas"].id)
        assert session.scalar(select(func.count(Mail.id))) == 1
    shelf.allow("jonas", NOTHING)
    do_jobs(shelf.installation)
    assert shelf.server.letters == []


def test_a_disabled_person_gets_no_letter(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    with writing(shelf.installation.sessions) as session:
        session.get_one(User, shelf.people["jonas"].id).disabled_at = shelf.clock()
    shelf.wait(minutes=31)
    assert shelf.server.letters == []


def test_who_added_it_is_not_told_that_it_is_new(shelf: Shelf) -> None:
    shelf.press_follow("tomasz")
    shelf.add(by="tomasz")
    assert shelf.bell("tomasz") == "Notices"


@pytest.mark.both_databases
def test_a_draft_is_told_to_nobody_until_it_is_released(shelf: Shelf) -> None:
    shelf.press_follow("ada")
    shelf.press_follow("jonas")
    uid = shelf.add(told=False)
    by = as_identity_of(shelf, "tomasz")
    with writing(shelf.installation.sessions) as session:
        Drafts(session, shelf.installation).begin(Library(session, shelf.installation).item(uid), by)
    shelf.tell(uid)
    assert shelf.bell("ada") == shelf.bell("jonas") == "Notices"
    shelf.wait(minutes=31)
    assert shelf.server.letters == []
    with writing(shelf.installation.sessions) as session:
        Drafts(session, shelf.installation).release(Library(session, shelf.installation).item(uid), by)
    do_jobs(shelf.installation)
    assert shelf.bell("ada") == shelf.bell("jonas") == "Notices, 1 new"
    shelf.wait(minutes=31)
    assert sorted(letter["To"] for letter in shelf.server.letters) == ["ada@example.test", "jonas@example.test"]


def test_what_went_into_the_bin_meanwhile_is_told_to_nobody(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    uid = shelf.add()
    with writing(shelf.installation.sessions) as session:
        item = Library(session, shelf.installation).item(uid)
        Bin(session, shelf.installation).put(item, as_identity_of(shelf, "tomasz"))
    assert shelf.bell("jonas") == "Notices"
    shelf.wait(minutes=31)
    assert shelf.server.letters == []


def test_what_is_moved_into_a_followed_folder_is_told_once(shelf: Shelf) -> None:
    with writing(shelf.installation.sessions) as session:
        other = Paths(session, shelf.installation).make_folders("Elsewhere")[-1].uid
    shelf.press_follow("jonas")
    uid = shelf.add(folder=other)
    assert shelf.bell("jonas") == "Notices"
    for to in (shelf.thruster, other, shelf.thruster):
        with writing(shelf.installation.sessions) as session:
            library = Library(session, shelf.installation)
            by = as_identity_of(shelf, "ada")
            Moves(session, shelf.installation).move(library.item(uid), library.folder(to), by)
        do_jobs(shelf.installation)
    assert shelf.bell("jonas") == "Notices, 1 new"


def test_following_ends_on_the_account_page_and_what_waits_is_not_sent(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    page = shelf.as_("jonas").get("/account")
    assert [found.get_text() for found in page.html.select("#followed a")] == ["Product training"]
    next(form for form in page.forms.values() if form.action.endswith("/follow")).submit(status=303)
    assert "You follow no folder" in shelf.as_("jonas").get("/account").text
    shelf.wait(minutes=31)
    assert shelf.server.letters == []


def test_the_link_in_the_letter_ends_it_without_signing_in_and_only_when_it_is_pressed(
    shelf: Shelf, browser: Callable[[], TestApp]
) -> None:
    shelf.press_follow("jonas")
    shelf.press_follow("jonas", shelf.thruster)
    shelf.add()
    shelf.wait(minutes=31)
    of_folder = dict(re.findall(r"(Product training|Thruster T4)\s+http://\S+?(/unfollow/\S+)", shelf.server.last_text))
    stranger = browser()
    assert "Follow “Product training” no more?" in stranger.get(of_folder["Product training"])
    assert len(follows_of(shelf)) == 2
    # As a mail program sends it: no cookie, no token of ours (RFC 8058).
    one_click = {"List-Unsubscribe": "One-Click"}
    done = stranger.post(of_folder["Product training"], one_click, status=200)
    assert "You follow “Product training” no more" in done
    assert follows_of(shelf) == [shelf.thruster]
    stranger.post(of_folder["Product training"], one_click, status=200)
    header = re.fullmatch(r"<http://[^/]+(/unfollow/\S+)>", shelf.server.letters[-1]["List-Unsubscribe"])
    assert header is not None
    stranger.post(header[1], one_click, status=200)
    assert follows_of(shelf) == []
    with reading(shelf.installation.sessions) as session:
        lines = session.scalars(select(Event).where(Event.kind == "folder.unfollow")).all()
    assert [(line.actor_id, line.through) for line in lines] == [(shelf.people["jonas"].id, "the link in a letter")] * 2


def test_a_link_that_was_changed_ends_nothing(shelf: Shelf, browser: Callable[[], TestApp]) -> None:
    shelf.press_follow("jonas")
    shelf.press_follow("ewa")
    shelf.add()
    shelf.wait(minutes=31)
    by_person = {letter["To"]: LINK.findall(letter.get_content())[0] for letter in shelf.server.letters}
    jonas, folder, proof = by_person["jonas@example.test"].removeprefix("/unfollow/").split(".")
    ewa = by_person["ewa@example.test"].removeprefix("/unfollow/").split(".")[0]
    own = f"{jonas}.{folder}"
    for forged in (f"{ewa}.{folder}.{proof}", f"{jonas}.all.{proof}", f"{own}.", f"{own}.%C3%A9", "x"):
        answer = browser().post(f"/unfollow/{forged}", {}, expect_errors=True)
        assert answer.status_int == 410
    with reading(shelf.installation.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Follow)) == 2


def test_the_page_of_the_link_names_the_folder_only_to_who_may_still_see_it(
    shelf: Shelf, browser: Callable[[], TestApp]
) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    shelf.wait(minutes=31)
    link = LINK.findall(shelf.server.last_text)[0]
    shelf.allow("jonas", NOTHING)
    page = browser().get(link)
    assert "Follow this folder no more?" in page
    assert "Product training" not in page
    assert "Product training" not in page.forms["unfollow-form"].submit()
    assert follows_of(shelf) == []


def test_a_letter_is_written_in_the_language_of_its_reader(shelf: Shelf) -> None:
    with writing(shelf.installation.sessions) as session:
        session.get_one(User, shelf.people["jonas"].id).language = "de"
    shelf.press_follow("jonas")
    shelf.add()
    shelf.wait(minutes=31)
    assert shelf.server.letters[-1]["Subject"].startswith("1 neues Medium bei ")
    assert "das ist neu in Ordnern, denen Sie folgen:" in shelf.server.last_text


def test_who_wants_no_mail_is_told_at_the_bell_and_gets_nothing_old_when_they_want_it_later(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    choose(shelf, "jonas", new=False)
    shelf.add("Old")
    assert shelf.bell("jonas") == "Notices, 1 new"
    shelf.wait(minutes=31)
    choose(shelf, "jonas", new=True)
    shelf.add("New")
    shelf.wait(minutes=31)
    (letter,) = shelf.server.letters
    assert "New" in letter.get_content()
    assert "Old" not in letter.get_content()


@pytest.mark.both_databases
def test_a_letter_that_is_begun_twice_is_claimed_once(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    shelf.clock.forward(minutes=31)
    for _time in range(2):
        with writing(shelf.installation.sessions) as session:
            Rounds(session, shelf.installation).go(NEWS, shelf.people["jonas"].id)
    do_jobs(shelf.installation)
    assert len(shelf.server.letters) == 1


def test_a_letter_that_was_not_committed_was_not_claimed(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    shelf.clock.forward(minutes=31)
    with shelf.installation.sessions() as session:
        Rounds(write_mode(session), shelf.installation).go(NEWS, shelf.people["jonas"].id)
        session.rollback()
    do_jobs(shelf.installation)
    assert len(shelf.server.letters) == 1


def test_who_sent_a_file_that_cannot_be_played_is_told_why(shelf: Shelf) -> None:
    shelf.as_("tomasz")
    shelf.add("Launch", state=State.FAILED)
    assert shelf.bell("tomasz") == "Notices, 1 new"
    assert "A file you sent cannot be played." in shelf.as_("tomasz").get("/notices")
    shelf.wait(minutes=6)
    (letter,) = shelf.server.letters
    assert letter["To"] == "tomasz@example.test"
    assert "The file is damaged." in letter.get_content()


def test_who_was_not_here_when_the_file_was_sent_has_not_left(shelf: Shelf) -> None:
    with writing(shelf.installation.sessions) as session:
        session.get_one(User, shelf.people["tomasz"].id).last_seen_at = None
        session.execute(delete(SignIn).where(SignIn.user_id == shelf.people["tomasz"].id))
    shelf.browsers["tomasz"] = shelf.as_("jonas")
    shelf.add()
    del shelf.browsers["tomasz"]
    assert shelf.bell("tomasz") == "Notices"


def test_who_waits_for_a_short_upload_is_not_told_that_it_is_ready(shelf: Shelf) -> None:
    shelf.as_("tomasz").get("/")
    shelf.add()
    assert shelf.bell("tomasz") == "Notices"


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.both_databases
def test_who_left_or_waits_long_is_told_that_it_is_ready(shelf: Shelf, left: bool) -> None:
    shelf.as_("tomasz").get("/")
    uid = shelf.add(told=False)
    if left:
        with writing(shelf.installation.sessions) as session:
            session.execute(delete(SignIn).where(SignIn.user_id == shelf.people["tomasz"].id))
        shelf.browsers.clear()
    else:
        shelf.clock.forward(minutes=11)
    with writing(shelf.installation.sessions) as session:
        version = select(Version.id).join(Item, Item.id == Version.item_id).where(Item.uid == uid)
        have_told(session, shelf.installation, session.scalars(version).one())
    do_jobs(shelf.installation)
    shelf.wait(minutes=6)
    (letter,) = shelf.server.letters
    assert letter["Subject"].startswith("1 file that you sent to ")
    assert letter["Subject"].endswith(" is ready")


def test_letters_about_own_uploads_can_be_chosen_away(shelf: Shelf) -> None:
    choose(shelf, "tomasz", failed=False)
    shelf.add(state=State.FAILED)
    shelf.wait(minutes=6)
    assert shelf.server.letters == []
    assert shelf.bell("tomasz") == "Notices, 1 new"


def sent_by_link(shelf: Shelf, *titles: str) -> list[str]:
    """Files that came through a link of Tomasz's, as its maker is told of them; their public ids."""
    uids = [shelf.add(title, told=False) for title in titles]
    with writing(shelf.installation.sessions) as session:
        rounds, tomasz = Rounds(session, shelf.installation), shelf.people["tomasz"].id
        for uid in uids:
            item = session.scalars(select(Item).where(Item.uid == uid)).one()
            rounds.plan(SENT, rounds.notices.tell([tomasz], item, Happening.SENT))
    return uids


def test_files_sent_through_a_link_are_one_letter_a_day_to_its_maker(shelf: Shelf) -> None:
    sent_by_link(shelf, "seal", "shaft")
    assert shelf.bell("tomasz") == "Notices, 2 new"
    shelf.wait(minutes=31)
    (letter,) = shelf.server.letters
    assert letter["Subject"].startswith("2 files were sent to ")
    assert letter["Subject"].endswith(" through links of yours")
    assert letter["To"].endswith("tomasz@example.test")
    text = letter.get_content()
    assert "seal" in text
    assert "shaft" in text
    sent_by_link(shelf, "port")
    shelf.wait(hours=2)
    assert len(shelf.server.letters) == 1
    shelf.wait(days=1)
    assert shelf.server.letters[1]["Subject"].startswith("1 file was sent to ")


def test_letters_about_sent_files_can_be_chosen_away(shelf: Shelf) -> None:
    choose(shelf, "tomasz", sent=False)
    sent_by_link(shelf, "seal")
    shelf.wait(minutes=31)
    assert shelf.server.letters == []
    assert shelf.bell("tomasz") == "Notices, 1 new"


def test_what_was_sent_through_a_link_is_not_told_again_when_it_is_ready(shelf: Shelf) -> None:
    (uid,) = sent_by_link(shelf, "seal")
    shelf.clock.forward(minutes=11)
    with writing(shelf.installation.sessions) as session:
        version = select(Version.id).join(Item, Item.id == Version.item_id).where(Item.uid == uid)
        have_told(session, shelf.installation, session.scalars(version).one())
    do_jobs(shelf.installation)
    assert shelf.listed("tomasz") == ["seal"]


def test_the_library_itself_is_followed_by_nobody(shelf: Shelf) -> None:
    token = shelf.as_("jonas").get("/account").forms[0]["csrf_token"].value
    shelf.as_("jonas").post("/f/top/follow", {"csrf_token": token, "do": "follow"}, status=404)


def test_what_was_told_long_ago_goes(shelf: Shelf) -> None:
    shelf.press_follow("jonas")
    shelf.add()
    shelf.clock.forward(days=91)
    forget_notices(shelf.installation)
    with reading(shelf.installation.sessions) as session:
        assert session.scalar(select(func.count(Notice.id))) == 0


class TestWithoutMail:
    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {**ini, "privmedia.mail_url": ""}

    def test_everything_stands_at_the_bell_and_the_account_page_says_so(self, shelf: Shelf) -> None:
        shelf.press_follow("jonas")
        shelf.add()
        shelf.wait(minutes=31)
        assert shelf.bell("jonas") == "Notices, 1 new"
        assert "Mail is not set up here, so notices stand at the bell only." in shelf.as_("jonas").get("/account")
        with reading(shelf.installation.sessions) as session:
            assert session.scalar(select(func.count(Mail.id))) == 0


def choose(shelf: Shelf, name: str, **wanted: bool) -> None:
    page = shelf.as_(name).get("/account")
    form = next(form for form in page.forms.values() if "ready" in form.fields)
    for field_name, value in wanted.items():
        form[field_name] = value
    form.submit(status=303)


def follows_of(shelf: Shelf) -> list[str]:
    with reading(shelf.installation.sessions) as session:
        library = Library(session, shelf.installation)
        mine = select(Follow.folder_id).where(Follow.user_id == shelf.people["jonas"].id).order_by(Follow.folder_id)
        return [library.uid_of(number) for number in session.scalars(mine)]


def as_identity_of(shelf: Shelf, name: str) -> Any:
    with reading(shelf.installation.sessions) as session:
        return as_identity(session.get_one(User, shelf.people[name].id), frozenset())
