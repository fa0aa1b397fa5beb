"""Many tests ask one application. Nothing that one of them did is left in it for the next."""
from __future__ import annotations

import gc
import logging
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from webtest import TestApp
from zope.interface.interface import InterfaceClass

from privmedia.accounts.service import Accounts
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.settings import Settings
from tests import applications
from tests.conftest import FakeClock
from tests.functional.test_access_matrix import TABLE
from tests.functional.visitors import World, ask

OF_THE_PROGRAM = (types.ModuleType, type, InterfaceClass, logging.Logger)
"""What is there once in a process, whatever applications there are."""
KEPT_BY_PYTHON = urlsplit
"""It remembers what was asked last, whoever asked."""
NUMBERS = range(7_654_321, 7_654_341)
"""Of the people of the installation that is left."""


@pytest.fixture
def installation(installation: Installation) -> Installation:
    """One whose people have numbers that are found again."""
    with writing(installation.sessions) as session:
        Accounts(session, installation).add_user(email="first@example.test")
        session.flush()
        session.execute(text("UPDATE users SET id = :first"), {"first": NUMBERS.start})
    return installation


@pytest.fixture
def elsewhere(ini: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    """Another installation, in which nothing happens."""
    (tmp_path / "elsewhere").mkdir()
    other = {
        "sqlalchemy.url": f"sqlite:///{tmp_path}/elsewhere.sqlite",
        "privmedia.media_root": str(tmp_path / "elsewhere"),
    }
    installation = Installation.open(Settings.read(ini | other, {}), FakeClock())
    yield installation
    installation.close()


def reachable(start: object) -> Iterator[object]:
    """Everything an object holds, and what that holds, without the program itself."""
    seen, waiting = {id(start), id(KEPT_BY_PYTHON)}, [start]
    while waiting:
        found = waiting.pop()
        yield found
        held: Iterable[Any] = gc.get_referents(found)
        if isinstance(found, types.FunctionType):
            held = (found.__closure__, found.__defaults__, found.__kwdefaults__, found.__dict__)
        elif isinstance(found, dict):
            held = (*held, *found)  # keys that are texts are not among what it refers to
        new = [each for each in held if id(each) not in seen and not isinstance(each, OF_THE_PROGRAM)]
        seen.update(map(id, new))
        waiting.extend(new)


def traces(application: object, objects: Iterable[object], words: Iterable[str]) -> list[object]:
    """What of an installation an application holds: its parts, texts in which its words are, and its numbers."""
    parts, words = {id(each) for each in objects}, tuple(words)
    found = []
    for each in reachable(application):
        told = isinstance(each, str) and any(word in each for word in words)
        if told or id(each) in parts or (isinstance(each, int) and each in NUMBERS):
            found.append(each)
    return found


def test_nothing_of_an_installation_is_left_in_the_application_that_was_put_on_another(
    ini: dict[str, str],
    compiled_templates: dict[str, str],
    installation: Installation,
    elsewhere: Installation,
    world: World,
) -> None:
    application = applications.composed(ini | compiled_templates, elsewhere)
    applications.put_on(application, installation)
    statuses = set()
    for visitor, method in (("administrator", "GET"), ("stranger", "POST")):
        browser = TestApp(application, cookiejar=world.browsers[visitor].cookiejar)
        for rows in TABLE.values():
            for pattern, _expected in rows:
                statuses.add(ask(browser, method, pattern.format(**world.ids)).status_int)
    assert statuses > {200, 303, 403, 404}
    assert application.registry["viewings"].settle()

    settings = installation.settings
    objects = [settings, installation.engine, installation.sessions, installation.storage, installation.clock]
    objects += [application.registry[name] for name in applications.PUT_IN_ANEW]
    cookies = [cookie.value for browser in world.browsers.values() for cookie in browser.cookiejar]
    words = [*world.ids.values(), *cookies, "@example.test", str(settings.media_root), settings.sqlalchemy_url]
    words += map(str, NUMBERS)
    there = traces(application, objects, words)
    assert {id(each) for each in objects} < {id(each) for each in there}

    applications.put_on(application, elsewhere)
    assert traces(application, objects, words) == []
