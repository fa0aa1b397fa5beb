"""The checklist's points on share links, 32 to 35; docs/security.md says what each is."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from webtest import TestApp

from privmedia.access import principals
from privmedia.access.permissions import Permission
from privmedia.accounts import passwords
from privmedia.accounts.identity import token_hash
from privmedia.accounts.service import Accounts
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.pointers import Pointers
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.sharing.models import Link
from privmedia.sharing.service import Links
from tests.conftest import FakeClock
from tests.private_library import PrivateLibrary
from tests.shared_links import MadeLink, make_link

SECRET = "copper gannet 41"
MISSING = "0000000000000000"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin"}


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("maker", allow=Permission.MANAGE)
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(b"every byte")


@pytest.fixture
def share(library: PrivateLibrary, installation: Installation) -> Callable[..., MadeLink]:
    return lambda place, **wish: make_link(
        installation, place, library.user_ids["maker"], **{"opened": None, **wish}
    )


def enter(browser: TestApp, link: MadeLink, password: str = "", status: int = 303) -> Any:
    form = browser.get(link.path).follow().forms["link-form"]
    if password:
        form["password"] = password
    return form.submit(status=status)


def everything(installation: Installation) -> str:
    with reading(installation.sessions) as session:
        names = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        tables = [name for name in names if re.fullmatch(r"\w+", name)]
        return "\n".join(str(row) for name in tables for row in session.execute(text(f'SELECT * FROM "{name}"')).all())


def test_32_a_links_token_is_random_and_kept_as_a_hash_by_which_it_is_found(
    share: Any, item: str, installation: Installation, testapp: TestApp
) -> None:
    tokens = {share(item).path.removeprefix("/s/") for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    kept = everything(installation)
    for token in tokens:
        assert token not in kept
        assert token_hash(token) in kept
        for wrong in (token[:-1], token + "x", ("B" if token[0] == "A" else "A") + token[1:], token.swapcase()):
            testapp.get(f"/s/{wrong}", status=410)


def test_33_a_link_that_has_ended_is_missing_as_a_page_and_as_files(
    share: Any, item: str, library: PrivateLibrary, installation: Installation, browser: Any, clock: FakeClock
) -> None:
    def revoked(session: Any, link: Link) -> None:
        Links(session, installation).revoke(uid=link.uid)

    def expired(_session: Any, link: Link) -> None:
        link.expires_at = clock.now

    def maker_disabled(session: Any, link: Link) -> None:
        Accounts(session, installation).disable(user=link.maker)

    def maker_lost_it(session: Any, link: Link) -> None:
        Rules(session, installation).clear(library.folder_row(session), principals.user(link.maker_id))

    def moved(session: Any, _link: Link) -> None:
        verbs = Library(session, installation)
        elsewhere = verbs.add_folder(parent=verbs.root(), name=f"Elsewhere {new_uid()}")
        Pointers(session, installation.clock).put_item(verbs.item(item), elsewhere)

    missing = browser().get(f"/smedia/{MISSING}/play.mp4", status=404)
    for end in (revoked, expired, moved, maker_lost_it, maker_disabled):
        visitor, link = browser(), share(item)
        enter(visitor, link)
        visitor.get(f"/smedia/{item}/play.mp4", status=200)
        with writing(installation.sessions) as session:
            found = session.scalars(select(Link).where(Link.uid == link.uid)).one()
            before = library.folder_row(session)
            end(session, found)
        for address in (link.path, f"/link/{link.uid}", f"/link/{link.uid}/m/{item}"):
            assert "This link has ended" in visitor.get(address, status=410), end.__name__
        for file in ("play.mp4", "poster.webp"):
            answer = visitor.get(f"/smedia/{item}/{file}", status=404)
            assert (answer.body, answer.headerlist) == (missing.body, missing.headerlist), end.__name__
        if end is moved:
            with writing(installation.sessions) as session:
                place = Library(session, installation).folder(before.uid)
                Pointers(session, installation.clock).put_item(Library(session, installation).item(item), place)
        elif end is maker_lost_it:
            library.set_rule("maker", Permission.MANAGE)


def test_34_a_links_password_is_posted_throttled_and_told_to_nobody(
    share: Any, item: str, installation: Installation, browser: Any, caplog: pytest.LogCaptureFixture
) -> None:
    link = share(item, password_hash=passwords.hash_password(SECRET, rounds=4))
    visitor = browser()
    visitor.get(f"{link.path}?password={SECRET}", status=303)
    assert "link-form" in visitor.get(f"/link/{link.uid}?password={SECRET}", status=200).forms
    visitor.get(f"/smedia/{item}/play.mp4", status=404)
    for _ in range(5):
        enter(visitor, link, "a wrong password", status=401)
    refused = enter(visitor, link, SECRET, status=429)
    assert int(refused.headers["Retry-After"]) > 0
    assert "Too many tries." in refused
    for where in (everything(installation), caplog.text, refused.text):
        assert SECRET not in where
        assert "a wrong password" not in where
        assert link.path not in where


def test_35_a_link_to_a_file_shows_that_file_and_a_folders_link_keeps_to_the_rules(
    share: Any, item: str, library: PrivateLibrary, installation: Installation, testapp: TestApp
) -> None:
    sibling, hidden = library.add_item(b"sibling"), library.add_item(b"hidden")
    enter(testapp, share(item))
    for file in ("play.mp4", "poster.webp", "original/T4 bench.mp4"):
        testapp.get(f"/smedia/{sibling}/{file}", status=404)
    with writing(installation.sessions) as session:
        verbs, maker = Library(session, installation), principals.user(library.user_ids["maker"])
        inside = verbs.add_folder(parent=verbs.folder(library.folder), name="Closed")
        Rules(session, installation).set(inside, Wanted(maker, deny=True))
        Pointers(session, installation.clock).put_item(verbs.item(hidden), inside)
        closed = inside.uid
    link = share(library.folder, folder=True)
    enter(testapp, link)
    page = testapp.get(f"/link/{link.uid}", status=200)
    assert (sibling in page, hidden in page, "Closed" in page) == (True, False, False)
    testapp.get(f"/smedia/{sibling}/play.mp4", status=200)
    testapp.get(f"/smedia/{hidden}/play.mp4", status=404)
    for address in (f"f/{closed}", f"m/{hidden}"):
        testapp.get(f"/link/{link.uid}/{address}", status=404)
