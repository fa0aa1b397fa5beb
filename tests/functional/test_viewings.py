"""One viewing is one line of the audit log, however many requests a player makes of it."""
from __future__ import annotations

import logging
import sqlite3
from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import select, update
from webtest import TestApp

from privmedia import compose
from privmedia.access.permissions import Permission
from privmedia.accounts.models import SignIn, Viewpoint
from privmedia.accounts.sign_ins import SignIns
from privmedia.audit.models import Event, Viewing
from privmedia.db import reading, writing
from privmedia.delivery.viewings import forget_viewings
from privmedia.installation import Installation
from tests.conftest import ADDRESS, FakeClock
from tests.private_library import PrivateLibrary

CONTENT = bytes(range(256)) * 40
PLAY, ORIGINAL = "play.mp4", "original/T4 bench.mp4"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin"}


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("Maren", allow=Permission.VIEW | Permission.DOWNLOAD)
    library.add_person("Ingrid", admin=True)
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(CONTENT)


class Player:
    """Asks for files as a person of the library, and looks into the log."""

    def __init__(self, app: Any, library: PrivateLibrary, item: str) -> None:
        self.app, self.library, self.item = app, library, item

    def get(self, name: str, file: str = PLAY, part: str = "", method: str = "GET", status: Any = "2*") -> None:
        headers = {**self.library.cookie(name), **({"Range": part} if part else {})}
        host = {"HTTP_HOST": ADDRESS.removeprefix("http://"), "REMOTE_ADDR": "192.0.2.7"}
        browser = TestApp(self.app, extra_environ=host)
        answer = browser.request(f"{ADDRESS}/smedia/{self.item}/{file}", method=method, headers=headers, status="*")
        assert str(answer.status_int).startswith(str(status).rstrip("*"))

    def lines(self) -> list[Event]:
        assert self.app.registry["viewings"].settle()
        with reading(self.library.installation.sessions) as session:
            kinds = ("item.view", "item.download")
            return list(session.scalars(select(Event).where(Event.kind.in_(kinds)).order_by(Event.id)).all())


@pytest.fixture
def player(app: Any, library: PrivateLibrary, item: str) -> Player:
    return Player(app, library, item)


def test_the_parts_a_player_asks_for_are_one_line(player: Player) -> None:
    for start in range(0, 10_000, 500):
        player.get("Maren", part=f"bytes={start}-{start + 499}", status=206)
    (line,) = player.lines()
    assert (line.kind, line.outcome, line.target) == ("item.view", "done", f"item:{player.item}")
    assert line.actor_id == player.library.user_ids["Maren"]
    assert (line.address, line.detail) == ("192.0.2.7", {"version": 1, "file": "play.mp4"})
    assert line.request_id


def test_what_shows_nothing_of_the_content_is_no_viewing(player: Player) -> None:
    player.get("Maren", "poster.webp")
    player.get("Maren", method="HEAD")
    player.get("Maren", part="bytes=999999-", status=416)
    assert player.lines() == []


def test_a_download_is_a_line_of_its_own(player: Player) -> None:
    player.get("Maren")
    player.get("Maren", ORIGINAL)
    player.get("Maren", ORIGINAL, part="bytes=0-9")
    assert [line.kind for line in player.lines()] == ["item.view", "item.download"]


def test_half_an_hour_without_a_request_ends_a_viewing(player: Player, clock: FakeClock) -> None:
    player.get("Maren")
    for _ in range(6):
        player.lines()
        clock.forward(minutes=20)
        player.get("Maren")
    assert len(player.lines()) == 1
    clock.forward(minutes=31)
    player.get("Maren")
    assert len(player.lines()) == 2


def test_several_processes_write_one_line_together(
    player: Player, ini: dict[str, str], installation: Installation
) -> None:
    other = Player(compose(Configurator(settings=dict(ini)), installation), player.library, player.item)
    for _ in range(3):
        player.get("Maren")
        other.get("Maren")
    other.lines()
    assert len(player.lines()) == 1


def test_each_person_and_each_browser_views_apart(player: Player, installation: Installation) -> None:
    player.get("Maren")
    player.get("Ingrid")
    with writing(installation.sessions) as session:
        maren = player.library.user(session, "Maren")
        player.library.tokens["Maren"] = SignIns(session, installation).begin(user=maren, keep=False).token
    player.get("Maren")
    assert [line.actor for line in player.lines()].count(player.lines()[0].actor) == 2
    assert len(player.lines()) == 3


def test_a_viewing_as_somebody_else_is_the_administrators(
    player: Player, installation: Installation, clock: FakeClock
) -> None:
    player.get("Ingrid")
    with writing(installation.sessions) as session:
        holder = session.scalars(
            select(SignIn.id).where(SignIn.user_id == player.library.user_ids["Ingrid"])
        ).one()
        session.add(Viewpoint(session_id=holder, user_id=player.library.user_ids["Maren"], since=clock()))
    player.get("Ingrid")
    own, as_maren = player.lines()
    assert own.actor_id == as_maren.actor_id == player.library.user_ids["Ingrid"]
    assert own.through == ""
    assert as_maren.through.startswith("seeing as Maren")


def test_a_database_that_cannot_write_refuses_nobody_the_file_and_the_line_comes_later(
    player: Player, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    player.get("Maren", "poster.webp")
    blocker = sqlite3.connect(installation.settings.sqlalchemy_url.removeprefix("sqlite:///"), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    try:
        with caplog.at_level(logging.WARNING):
            player.get("Maren")
    finally:
        blocker.execute("ROLLBACK")
        blocker.close()
    assert len(player.lines()) == 1


def test_a_viewing_that_can_never_be_written_stands_in_the_log_of_the_program(
    player: Player, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    with writing(installation.sessions) as session:
        session.connection().exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    player.get("Maren")
    assert player.lines() == []
    assert "missing from the audit log" in caplog.text
    assert player.item in caplog.text


def test_what_nobody_views_any_more_is_forgotten(
    player: Player, installation: Installation, clock: FakeClock
) -> None:
    player.get("Maren")
    player.lines()
    with writing(installation.sessions) as session:
        session.execute(update(SignIn).values(last_used_at=clock()))
    forget_viewings(installation)
    with reading(installation.sessions) as session:
        assert len(session.scalars(select(Viewing)).all()) == 1
    clock.forward(hours=2)
    forget_viewings(installation)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Viewing)).all() == []
