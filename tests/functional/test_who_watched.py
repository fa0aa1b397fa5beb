"""Who watched: told by players, added up, shown to editors without names, and to each person about themselves."""
from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import event, select, text
from webtest import TestApp

from privmedia.access.principals import user
from privmedia.accounts.models import User
from privmedia.attention.models import Attention, Watching
from privmedia.attention.service import forget_watched
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, Version
from privmedia.library.rules import Rules
from privmedia.sharing.service import Links
from tests.conftest import FakeClock
from tests.functional.visitors import World, ask, token_of

LENGTH = 600
NAMES = {"privmedia.who_watched": "names"}
OFF = {"privmedia.who_watched": "off"}


@pytest.fixture
def ini(ini: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    return {**ini, **getattr(request, "param", {})}


@pytest.fixture
def item(world: World) -> str:
    return world.ids["item"]


def play(browser: TestApp, item: str, played: str, **others: str) -> int:
    fields = {"position": "1", "duration": str(LENGTH), "version": "1", "played": played, **others}
    headers = {"X-CSRF-Token": token_of(browser)}
    answer = ask(browser, "POST", f"/m/{item}/playback", fields, headers)
    assert browser.app.registry["attention"].settle()
    return answer.status_int


def play_by_link(world: World, item: str, played: str, **others: str) -> int:
    holder = world.browsers["link_holder"]
    fields = {"position": "1", "duration": str(LENGTH), "version": "1", "played": played, **others}
    headers = {"X-CSRF-Token": token_of(holder)}
    answer = ask(holder, "POST", f"/link/{world.ids['opened']}/m/{item}/playback", fields, headers)
    assert holder.app.registry["attention"].settle()
    return answer.status_int


def card_of(browser: TestApp, item: str) -> str:
    card = browser.get(f"/m/{item}").html.select_one("section[aria-labelledby=heading-watched]")
    return " ".join(card.text.split()) if card is not None else ""


def rows_of(file: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.body.decode("utf-8-sig"))))


@pytest.mark.both_databases
def test_editors_read_how_many_watched_and_how_many_to_the_end(world: World, item: str) -> None:
    assert "Nobody has watched it yet." in card_of(world.browsers["editor"], item)
    assert play(world.browsers["viewer"], item, "0-300") == 204
    assert play(world.browsers["viewer"], item, "200-590") == 204
    assert play(world.browsers["downloader"], item, "0-10,20-30.5") == 204
    assert "Watched by 2 people, 1 to the end." in card_of(world.browsers["editor"], item)
    page = " ".join(world.browsers["editor"].get(f"/m/{item}/watched").html.select_one("main").text.split())
    assert "2 people each counted once" in page
    assert "51 % seen on average" in page
    assert "viewer" not in page


def test_who_may_only_view_is_told_nothing(world: World, item: str) -> None:
    play(world.browsers["viewer"], item, "0-300")
    assert card_of(world.browsers["viewer"], item) == ""
    assert "noted who watches" not in world.browsers["viewer"].get(f"/m/{item}")


def test_what_is_no_time_is_refused_and_nothing_that_was_counted_is_lost(
    world: World, item: str, installation: Installation
) -> None:
    viewer = world.browsers["viewer"]
    play(viewer, item, "0-100")
    wrong = ("0-NaN", "-1-5", "5-2", "0-inf", ",".join(["0-1"] * 100_000), "0-1;", "[[0,1]]")
    assert {play(viewer, item, played) for played in wrong} == {422}
    assert {play_by_link(world, item, played) for played in wrong} == {422}
    assert play(viewer, item, "90-120,590-99999") == 204
    with reading(installation.sessions) as session:
        assert session.scalars(select(Watching)).one().seen == "0-1200,5900-6000"


def test_visitors_by_link_are_counted_and_not_named(world: World, item: str) -> None:
    assert play_by_link(world, item, "0-300") == 204
    assert play_by_link(world, item, "300-600") == 204
    card = card_of(world.browsers["editor"], item)
    assert "Nobody has watched it yet." not in card
    assert "1 visitor by link; counted, not named" in card


def test_the_player_of_a_visitor_hears_that_the_link_has_ended(
    world: World, item: str, installation: Installation
) -> None:
    page = world.browsers["link_holder"].get(f"/link/{world.ids['opened']}")
    address = f"/link/{world.ids['opened']}/m/{item}/playback"
    assert page.html.select_one("[data-player]")["data-playback"] == address
    assert play_by_link(world, item, "0-10", version="2") == 409
    with writing(installation.sessions) as session:
        Links(session, installation).revoke(uid=world.ids["opened"])
    assert play_by_link(world, item, "10-20") == 410
    assert play_by_link(world, world.ids["missing"], "10-20") == 410


def test_what_a_visitor_says_writes_nothing_in_its_request(
    world: World, item: str, installation: Installation
) -> None:
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE", "BEGIN"):
            written.append(statement)

    holder = world.browsers["link_holder"]
    headers = {"X-CSRF-Token": token_of(holder)}
    fields = {"version": "1", "played": "0-10"}
    holder.app.registry["attention"].said = lambda **_word: None
    event.listen(installation.engine, "before_cursor_execute", note)
    answer = ask(holder, "POST", f"/link/{world.ids['opened']}/m/{item}/playback", fields, headers)
    event.remove(installation.engine, "before_cursor_execute", note)
    assert answer.status_int == 204
    assert [statement for statement in written if not statement.startswith("BEGIN")] == []


def test_an_administrator_who_looks_as_somebody_counts_nowhere(world: World, item: str) -> None:
    assert play(world.browsers["view_as"], item, "0-300") == 403
    assert "Nobody has watched it yet." in card_of(world.browsers["editor"], item)


def test_moments_that_fewer_than_five_have_seen_are_drawn_nowhere(world: World, item: str) -> None:
    play(world.browsers["viewer"], item, "0-600")
    editor = world.browsers["editor"]
    page = editor.get(f"/m/{item}/watched")
    assert page.html.select_one("svg.curve") is None
    assert "fewer than 5 have seen are not drawn" in page
    assert {row["watchers"] for row in rows_of(editor.get(f"/m/{item}/watched.csv"))} == {""}
    for name in ("downloader", "editor", "manager", "administrator"):
        play(world.browsers[name], item, "0-330")
    page = editor.get(f"/m/{item}/watched")
    assert page.html.select_one("svg.curve path.line")["d"].startswith("M")
    rows = rows_of(editor.get(f"/m/{item}/watched.csv"))
    assert (rows[0]["from"], rows[0]["watchers"]) == ("0.0", "5")
    assert rows[-1]["watchers"] == ""
    cells = [cell.text for cell in page.html.select("details tbody tr:last-child td")]
    assert cells[2] == "fewer than 5"
    assert "seen" not in cells[3]


def test_what_people_came_back_to_is_said_on_the_curve_and_in_the_table(
    world: World, item: str, clock: FakeClock
) -> None:
    everybody = ("viewer", "downloader", "editor", "manager", "administrator")
    for name in everybody:
        play(world.browsers[name], item, "0-600")
    clock.forward(hours=1)
    for name in everybody[2:]:
        play(world.browsers[name], item, "200-240")
    page = world.browsers["editor"].get(f"/m/{item}/watched")
    assert [peak.text for peak in page.html.select("svg text.peak")] == ["3:41, 8 times"]
    assert "3:41 seen 8 times" in page.html.select_one("details table").text


def test_without_the_setting_no_page_and_no_file_has_names(world: World, item: str) -> None:
    play(world.browsers["viewer"], item, "0-600")
    manager = world.browsers["manager"]
    assert "viewer" not in manager.get(f"/m/{item}/watched").html.select_one("main").text
    assert manager.get(f"/m/{item}/watched-people.csv").status_int == 303


@pytest.mark.parametrize("ini", [NAMES], indirect=True)
def test_with_names_everybody_is_told_and_managers_see_them(world: World, item: str) -> None:
    play(world.browsers["viewer"], item, "0-600")
    play(world.browsers["editor"], item, "0-60")
    for name in ("viewer", "editor", "manager"):
        assert "It is noted who watches." in world.browsers[name].get(f"/m/{item}")
    assert "viewer@" not in world.browsers["editor"].get(f"/m/{item}/watched")
    assert world.browsers["editor"].get(f"/m/{item}/watched-people.csv", expect_errors=True).status_int == 403
    manager = world.browsers["manager"]
    page = manager.get(f"/m/{item}/watched")
    people = " ".join(page.html.select_one("table.tstack").text.split())
    assert "viewer@example.test to the end 1 Library" in people
    assert "editor@example.test 10 % 1 Library" in people
    assert "editor@" not in manager.get(f"/m/{item}/watched?show=ended")
    waiting = manager.get(f"/m/{item}/watched?show=not-started").html.select_one("table.tstack").text
    assert "downloader@" in waiting
    assert "viewer@" not in waiting
    assert "stranger@" not in waiting
    file = {row["email"]: row for row in rows_of(manager.get(f"/m/{item}/watched-people.csv"))}
    assert file["viewer@example.test"]["to the end"] == "yes"
    assert file["editor@example.test"]["percent"] == "10"


@pytest.mark.parametrize("ini", [OFF], indirect=True)
def test_switched_off_nothing_is_noted_or_shown_and_what_was_goes(
    world: World, item: str, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        version = session.scalars(select(Version)).one()
        now, one = installation.clock(), session.scalars(select(User).limit(1)).one()
        session.add(
            Watching(
                version_id=version.id, who="user 1", user_id=one.id, way="library", seen="0-10", sitting="0-10",
                tenths=10, times=1, since=now, last_at=now,
            )
        )  # fmt: skip
        session.add(
            Attention(
                version_id=version.id, length=10, since=now, people=1, ended=1, tenths=10, links=0, embeds=0,
                watchers=[1], viewings=[1],
            )
        )  # fmt: skip
    assert play(world.browsers["viewer"], item, "0-600") == 204
    assert card_of(world.browsers["editor"], item) == ""
    for page in ("watched", "watched.csv", "watched-people.csv"):
        assert world.browsers["manager"].get(f"/m/{item}/{page}", expect_errors=True).status_int == 404
    forget_watched(installation)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Watching)).all() == session.scalars(select(Attention)).all() == []


@pytest.mark.both_databases
def test_people_see_what_is_noted_about_them_and_empty_it_and_the_sums_stay(world: World, item: str) -> None:
    viewer = world.browsers["viewer"]
    assert "What I watched" in viewer.get("/")
    play(viewer, item, "0-300")
    play(world.browsers["downloader"], item, "0-600")
    noted = viewer.get("/account/watched").html.select_one("section[aria-labelledby=heading-noted]")
    assert "Bearing 50 % 1 Library" in " ".join(noted.text.split())
    assert "to the end" not in noted.text
    viewer.post("/account/watched", {"csrf_token": token_of(viewer)})
    cleared = viewer.get("/account/watched").html.select_one("section[aria-labelledby=heading-noted]")
    assert "Bearing" not in cleared.text
    assert "Watched by 2 people, 1 to the end." in card_of(world.browsers["editor"], item)
    with reading(viewer.app.registry["installation"].sessions) as session:
        assert session.scalars(select(Watching.user_id)).all() != []
        assert len(session.scalars(select(Watching)).all()) == 1


def test_what_one_may_no_longer_see_is_named_to_nobody(world: World, item: str, installation: Installation) -> None:
    play(world.browsers["viewer"], item, "0-300")
    with writing(installation.sessions) as session:
        viewer = session.scalars(select(User).where(User.email == "viewer@example.test")).one()
        folder = session.scalars(select(Folder).where(Folder.uid == world.ids["folder"])).one()
        Rules(session, installation).clear(folder, user(viewer.id))
    page = world.browsers["viewer"].get("/account/watched").html.select_one("main").text
    assert "Bearing" not in page
    assert "1 item that you cannot see any more" in " ".join(page.split())


@pytest.mark.both_databases
def test_what_is_noted_goes_with_the_person_and_after_its_time(
    world: World, item: str, installation: Installation, clock: FakeClock
) -> None:
    play(world.browsers["viewer"], item, "0-600")
    play(world.browsers["downloader"], item, "0-600")
    with writing(installation.sessions) as session:
        session.delete(session.scalars(select(User).where(User.email == "viewer@example.test")).one())
    with reading(installation.sessions) as session:
        assert session.scalars(select(Watching.who)).all() == [f"user {_id_of(session, 'downloader')}"]
    clock.forward(days=399)
    forget_watched(installation)
    with reading(installation.sessions) as session:
        assert len(session.scalars(select(Watching)).all()) == 1
    clock.forward(days=2)
    forget_watched(installation)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Watching)).all() == []
        sums = session.scalars(select(Attention)).one()
        assert (sums.people, sums.ended, set(sums.watchers)) == (2, 2, {2})


def test_each_version_has_its_own_curve(world: World, item: str, installation: Installation) -> None:
    play(world.browsers["viewer"], item, "0-600")
    with writing(installation.sessions) as session:
        found = session.scalars(select(Item)).one()
        now = installation.clock()
        session.add(Version(item=found, number=2, filename="b.mp4", size=4, created_at=now, duration=60))
        found.current = found.newest = 2
    editor = world.browsers["editor"]
    assert "Nobody has watched it yet." in card_of(editor, item)
    assert play(world.browsers["viewer"], item, "0-60") == 409
    assert play(world.browsers["viewer"], item, "0-60", version="2") == 204
    assert "Watched by 1 person, 1 to the end." in card_of(editor, item)
    assert "10:00 of 10:00" in editor.get(f"/m/{item}/watched?v=1")
    assert "1:00 of 1:00" in editor.get(f"/m/{item}/watched")
    for wrong in ("3", "0", "x", "1e3", "-1"):
        assert editor.get(f"/m/{item}/watched?v={wrong}", expect_errors=True).status_int == 404


def test_in_the_bin_it_is_seen_by_nobody(world: World, item: str) -> None:
    play(world.browsers["viewer"], item, "0-600")
    manager = world.browsers["manager"]
    ask(manager, "POST", f"/m/{item}/delete", {"csrf_token": token_of(manager)})
    assert manager.get(f"/m/{item}/watched", expect_errors=True).status_int == 404


def test_what_has_no_length_is_not_counted(world: World, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        session.scalars(select(Version)).one().duration = None
    assert play(world.browsers["viewer"], world.ids["item"], "0-600") == 204
    assert card_of(world.browsers["editor"], world.ids["item"]) == ""
    assert world.browsers["editor"].get(f"/m/{world.ids['item']}/watched", expect_errors=True).status_int == 404


def test_the_page_reads_no_row_of_a_watcher_however_many_watched(
    world: World, item: str, installation: Installation
) -> None:
    """The sums are one row; without names nothing else is asked."""
    play(world.browsers["viewer"], item, "0-600")
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(installation.engine, "before_cursor_execute", note)
    world.browsers["editor"].get(f"/m/{item}")
    world.browsers["editor"].get(f"/m/{item}/watched")
    event.remove(installation.engine, "before_cursor_execute", note)
    assert any("attention" in statement for statement in asked)
    assert not any("watchings" in statement for statement in asked)


def _id_of(session: Any, name: str) -> int:
    email = f"{name}@example.test"
    return int(session.execute(text("SELECT id FROM users WHERE email = :email"), {"email": email}).scalar_one())
