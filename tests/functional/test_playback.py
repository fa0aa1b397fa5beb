"""Where people stop: noted while they watch, offered when they come back, shown on cards, cleared by themselves."""
from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.accounts.models import User
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.models import Item, Version
from privmedia.playback.models import Playback
from tests.functional.visitors import World, ask, token_of

LENGTH = 600


@pytest.fixture
def item(world: World, installation: Installation) -> str:
    with writing(installation.sessions) as session:
        session.scalars(select(Version)).one().duration = LENGTH
    return world.ids["item"]


def stop_at(browser: TestApp, item: str, position: Any, **others: Any) -> int:
    fields = {"position": str(position), "duration": str(LENGTH), "version": "1", **others}
    headers = {"X-CSRF-Token": token_of(browser)}
    return ask(browser, "POST", f"/m/{item}/playback", fields, headers).status_int


def test_who_comes_back_is_offered_to_go_on_where_they_stopped(world: World, item: str) -> None:
    viewer = world.browsers["viewer"]
    assert "Continue from" not in viewer.get(f"/m/{item}")
    assert stop_at(viewer, item, 246) == 204
    page = viewer.get(f"/m/{item}")
    assert "Continue from 4:06" in page
    assert page.html.select_one("[data-continue]")["data-continue"] == "246.0"
    assert "Continue from" not in world.browsers["downloader"].get(f"/m/{item}")


@pytest.mark.both_databases
def test_a_card_says_how_much_is_watched_to_whoever_watched_it(world: World, item: str) -> None:
    viewer = world.browsers["viewer"]
    stop_at(viewer, item, 150)
    assert viewer.get("/recent").html.select_one("progress.seen")["value"] == "25"
    stop_at(viewer, item, 590)
    assert viewer.get("/recent").html.select_one("progress.seen")["value"] == "100"
    assert world.browsers["editor"].get("/recent").html.select_one("progress.seen") is None


@pytest.mark.parametrize("position", [0, 4.9, 590])
def test_neither_the_first_seconds_nor_the_end_are_continued(world: World, item: str, position: float) -> None:
    stop_at(world.browsers["viewer"], item, position)
    assert "Continue from" not in world.browsers["viewer"].get(f"/m/{item}")


def test_a_replaced_file_begins_at_its_beginning(world: World, item: str, installation: Installation) -> None:
    stop_at(world.browsers["viewer"], item, 246)
    with writing(installation.sessions) as session:
        found = session.scalars(select(Item)).one()
        session.add(Version(item=found, number=2, filename="b.mp4", size=4, created_at=installation.clock()))
        found.current = 2
    assert "Continue from" not in world.browsers["viewer"].get(f"/m/{item}")


@pytest.mark.parametrize(
    "others",
    [
        {"position": "NaN"},
        {"position": "inf"},
        {"position": "-1"},
        {"position": "soon"},
        {"position": "9" * 400},
        {"position": "700"},
        {"position": ""},
        {"duration": "0"},
        {"duration": "1e12"},
        {"version": "0x1"},
        {"version": "99999999999"},
        {"version": "2"},
    ],
)
def test_what_is_no_time_is_refused_and_changes_nothing(world: World, item: str, others: dict[str, str]) -> None:
    viewer = world.browsers["viewer"]
    stop_at(viewer, item, 100)
    assert stop_at(viewer, item, **{"position": 200, **others}) == 422
    assert "Continue from 1:40" in viewer.get(f"/m/{item}")


def test_who_may_not_see_it_learns_nothing_from_saying_where_they_are(world: World, item: str) -> None:
    stranger = world.browsers["stranger"]
    headers = {"X-CSRF-Token": token_of(stranger)}
    fields = {"position": "1", "duration": "2", "version": "1"}
    there = ask(stranger, "POST", f"/m/{item}/playback", fields, headers)
    missing = ask(stranger, "POST", f"/m/{world.ids['missing']}/playback", fields, headers)
    assert there.status_int == missing.status_int == 404
    assert there.text.replace(item, "") == missing.text.replace(world.ids["missing"], "")


def test_seeing_as_somebody_else_neither_shows_nor_moves_their_place(
    world: World, item: str, installation: Installation
) -> None:
    stop_at(world.browsers["viewer"], item, 246)
    looking = world.browsers["view_as"]
    page = looking.get(f"/m/{item}")
    assert "Continue from" not in page
    assert "data-playback" not in page
    assert stop_at(looking, item, 10) == 403
    with reading(installation.sessions) as session:
        assert session.scalars(select(Playback)).one().position == 246


@pytest.mark.both_databases
def test_people_see_and_clear_what_they_have_watched(world: World, item: str, installation: Installation) -> None:
    viewer, editor = world.browsers["viewer"], world.browsers["editor"]
    stop_at(viewer, item, 100)
    stop_at(editor, item, 100)
    page = viewer.get("/account/watched")
    assert "Bearing" in page
    cleared = _clear(viewer).follow()
    assert "Bearing" not in cleared
    assert "is forgotten" in cleared
    with reading(installation.sessions) as session:
        assert len(session.scalars(select(Playback)).all()) == 1


def test_what_one_may_no_longer_see_is_not_in_the_list(world: World, item: str, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        revoked = session.scalars(select(User).where(User.email == "revoked@example.test")).one()
        found = session.scalars(select(Item)).one()
        now = installation.clock()
        session.add(
            Playback(user_id=revoked.id, item_id=found.id, version=1, position=9, duration=LENGTH, updated_at=now)
        )
    page = world.browsers["revoked"].get("/account/watched")
    assert "Bearing" not in page
    assert "Clear it all" in page


def test_the_place_goes_with_the_person(world: World, item: str, installation: Installation) -> None:
    stop_at(world.browsers["viewer"], item, 100)
    with writing(installation.sessions) as session:
        session.delete(session.scalars(select(User).where(User.email == "viewer@example.test")).one())
    with reading(installation.sessions) as session:
        assert session.scalars(select(Playback)).all() == []


@pytest.mark.parametrize(("asked", "begins"), [("4:06", "#t=246.0"), ("246", "#t=246.0"), ("1:02:03", "#t=3723.0")])
def test_an_address_can_say_where_to_begin_without_script(world: World, item: str, asked: str, begins: str) -> None:
    source = world.browsers["viewer"].get(f"/m/{item}?t={asked}").html.video["src"]
    assert source == f"/smedia/{item}/play.mp4{begins}"


@pytest.mark.parametrize("asked", ["x", "-1", "1e9", "4:99:99:99", "<b>", "٣", "9" * 30])
def test_what_is_no_time_in_an_address_begins_at_the_beginning(world: World, item: str, asked: str) -> None:
    source = world.browsers["viewer"].get(f"/m/{item}", {"t": asked}).html.video["src"]
    assert source == f"/smedia/{item}/play.mp4"


def test_the_page_lets_in_the_players_own_styles_and_no_others(world: World, item: str) -> None:
    policy = world.browsers["viewer"].get(f"/m/{item}").headers["Content-Security-Policy"]
    styles = next(part for part in policy.split("; ") if part.startswith("style-src"))
    assert "unsafe" not in policy
    assert styles.startswith("style-src 'self' 'sha256-")
    elsewhere = world.browsers["viewer"].get("/recent").headers["Content-Security-Policy"]
    assert "style-src 'self';" in elsewhere


def test_the_words_of_the_player_are_complete(world: World, item: str) -> None:
    words = json.loads(world.browsers["viewer"].get(f"/m/{item}").html.select_one("[data-player]")["data-words"])
    assert words["Play"] == "Play"
    assert all(words.values())


def _clear(browser: TestApp) -> Any:
    return browser.post("/account/watched", {"csrf_token": token_of(browser)})
