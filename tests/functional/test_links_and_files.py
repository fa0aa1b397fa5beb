"""Files by share links, through the whole application: with and without an account beside the link."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp, TestResponse

from privmedia.access.permissions import Permission
from privmedia.accounts.models import SignIn, Viewpoint
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.sharing.models import Link
from tests.conftest import ADDRESS, FakeClock
from tests.private_library import PrivateLibrary
from tests.shared_links import make_link

CONTENT = b"every byte of the original"
PLAY, POSTER_FILE, ORIGINAL = "play.mp4", "poster.webp", "original/T4 bench.mp4"
MISSING = "0000000000000000"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin"}


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("maker", allow=Permission.MANAGE)
    library.add_person("stranger")
    library.add_person("viewer", allow=Permission.VIEW)
    library.add_person("blocked", deny=True)
    library.add_person("administrator", admin=True)
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(CONTENT)


def get(testapp: TestApp, address: str, *cookies: Mapping[str, str], **headers: str) -> TestResponse:
    sent = {"Cookie": "; ".join(cookie["Cookie"] for cookie in cookies)} if cookies else {}
    return testapp.get(ADDRESS + address, headers={**sent, **headers}, expect_errors=True)


def link_to(library: PrivateLibrary, item: str, **wish: Any) -> Mapping[str, str]:
    return make_link(library.installation, item, library.user_ids["maker"], **wish).cookie


def test_a_link_opens_the_film_and_its_poster_and_not_the_original(
    testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    link = link_to(library, item)
    assert get(testapp, f"/smedia/{item}/{PLAY}", link).body == CONTENT
    assert get(testapp, f"/smedia/{item}/{PLAY}", link, Range="bytes=0-4").status_int == 206
    assert get(testapp, f"/smedia/{item}/{POSTER_FILE}", link).status_int == 200
    assert get(testapp, f"/smedia/{item}/{ORIGINAL}", link).status_int == 404
    download = link_to(library, item, download=True)
    assert get(testapp, f"/smedia/{item}/{ORIGINAL}", download).body == CONTENT


def test_what_a_link_does_not_open_is_missing_to_the_byte(testapp: TestApp, library: PrivateLibrary, item: str) -> None:
    other = library.add_item(CONTENT)
    link = link_to(library, item)

    def facts(address: str) -> tuple[object, ...]:
        answer = get(testapp, address, link)
        return answer.status, answer.body, sorted(answer.headerlist)

    missing = facts(f"/smedia/{MISSING}/{PLAY}")
    assert missing[0] == "404 Not Found"
    for address in (
        f"{other}/{PLAY}",
        f"{other}/{POSTER_FILE}",
        f"{item}/{ORIGINAL}",
        f"{item}/original",
        f"{item}/version.json",
        f"{item}/{PLAY}?v=2",
        "no-id/play.mp4",
    ):
        assert facts(f"/smedia/{address}") == missing, address


@pytest.mark.parametrize("name", ["stranger", "viewer", "blocked"])
def test_with_an_account_and_a_link_either_may_allow(
    name: str, testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    """A Block reaches the account, not the link that somebody was given."""
    download = link_to(library, item, download=True)
    assert get(testapp, f"/smedia/{item}/{PLAY}", library.cookie(name), download).status_int == 200
    assert get(testapp, f"/smedia/{item}/{ORIGINAL}", library.cookie(name), download).body == CONTENT
    assert get(testapp, f"/smedia/{item}/{ORIGINAL}", library.cookie(name)).status_int == 404


def test_an_account_opens_what_its_dead_link_does_not(testapp: TestApp, library: PrivateLibrary, item: str) -> None:
    link = link_to(library, item)
    with writing(library.installation.sessions) as session:
        session.scalars(select(Link)).one().revoked_at = library.installation.clock()
    assert get(testapp, f"/smedia/{item}/{PLAY}", link).status_int == 404
    assert get(testapp, f"/smedia/{item}/{PLAY}", library.cookie("viewer"), link).status_int == 200


def test_whoever_sees_as_somebody_else_is_given_nothing_by_a_link(
    testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    link = link_to(library, item)
    with writing(library.installation.sessions) as session:
        held = session.scalars(select(SignIn).where(SignIn.user_id == library.user_ids["administrator"])).one()
        session.add(
            Viewpoint(
                session_id=held.id, user_id=library.user_ids["stranger"], since=library.installation.clock()
            )
        )
    assert get(testapp, f"/smedia/{item}/{PLAY}", link).status_int == 200
    assert get(testapp, f"/smedia/{item}/{PLAY}", library.cookie("administrator"), link).status_int == 404


def test_a_token_for_scripts_is_known_by_itself_alone(testapp: TestApp, library: PrivateLibrary, item: str) -> None:
    link = link_to(library, item)
    answer = get(testapp, f"/smedia/{item}/{PLAY}", link, Authorization="Bearer pm_" + "x" * 43)
    assert answer.status_int == 404


def test_a_viewing_by_a_link_is_one_line_that_names_the_link(
    app: Any, testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    link = link_to(library, item)
    for start in range(4):
        get(testapp, f"/smedia/{item}/{PLAY}", link, Range=f"bytes={start}-{start}")
    assert app.registry["viewings"].settle()
    with reading(library.installation.sessions) as session:
        (line,) = session.scalars(select(Event).where(Event.kind == "item.view")).all()
    assert (line.actor, line.actor_id, line.target) == ("Link “Gdynia contractors”", None, f"item:{item}")
    assert line.through.startswith("link ")
    assert line.through.endswith(" of maker")
    assert link["Cookie"].partition("=")[2] not in repr(vars(line))


def test_that_a_link_is_used_is_noted_now_and_then(
    testapp: TestApp, library: PrivateLibrary, item: str, clock: FakeClock
) -> None:
    link = link_to(library, item)
    opened = clock.now

    def last_used() -> object:
        get(testapp, f"/smedia/{item}/{PLAY}", link)
        with reading(library.installation.sessions) as session:
            return session.scalars(select(Link.last_used_at)).one()

    clock.forward(minutes=5)
    assert last_used() == opened
    clock.forward(minutes=5)
    assert last_used() == clock.now
