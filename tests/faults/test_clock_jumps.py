"""The clock jumps while an upload is under way: what is whole stays, what is not goes on or begins anew."""
from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.audit.seals import seal_all
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.operations.check_files import files, unreferenced
from privmedia.operations.worker import run_worker
from privmedia.uploads import jobs
from tests.conftest import FakeClock, Person
from tests.functional.test_tus import PNG, Client
from tests.functional.visitors import token_of

FAR = timedelta(days=3653)
JUMPS = (timedelta(hours=1), -timedelta(hours=1), timedelta(days=2), FAR, -FAR)


@pytest.fixture
def client(
    installation: Installation, make_person: Callable[..., Person], sign_in: Callable[[Person], Any]
) -> Callable[[], Client]:
    """Leila, who signs in anew: sessions may be over."""
    leila = make_person("leila@example.test")
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        folder = library.add_folder(parent=library.root(), name="Sea trials")
        allow = Permission.VIEW | Permission.UPLOAD
        Rules(session, installation).set(folder, Wanted(user(leila.id), allow))
        uid = folder.uid

    def signed_in() -> Client:
        app = sign_in(leila)
        return Client(app, {"X-CSRF-Token": token_of(app)}, uid)

    return signed_in


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_what_is_whole_stays_and_what_is_not_goes_on_or_begins_anew(
    jump: timedelta, client: Callable[[], Client], installation: Installation, clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def originals() -> list[bytes]:
        return [path.read_bytes() for path in installation.storage.private.glob("??/??/*/v1/original")]

    def look_after() -> None:
        """All that is done from time to time."""
        run_worker(installation, once=True)
        jobs.clear_away(installation)
        seal_all(installation)

    leila = client()
    assert leila.add(leila.started(), 0, PNG).status_int == 204
    half = leila.started()
    assert leila.add(half, 0, PNG[:2000]).status_int == 204
    look_after()
    clock.now += jump
    real = time.time
    monkeypatch.setattr(jobs, "time", SimpleNamespace(time=lambda: real() + jump.total_seconds()))
    look_after()
    assert originals() == [PNG]
    leila = client()
    asked = leila.ask("HEAD", half)
    if asked.status_int == 200:
        assert leila.add(half, int(asked.headers["Upload-Offset"]), PNG[2000:]).status_int == 204
    else:
        assert (asked.status_int, jump >= jobs.KEPT_IN_PARTS) == (404, True)
        assert leila.add(leila.started(), 0, PNG).status_int == 204
    look_after()
    clock.now -= jump
    monkeypatch.undo()
    look_after()
    assert originals() == [PNG, PNG]
    assert files(installation, full=True).problems == []
    assert unreferenced(installation).problems == []
