"""A database that cannot be read: nothing is shown, nothing is sent, and the answer says to try again."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from webtest import TestApp

from privmedia.ids import new_uid
from privmedia.installation import Installation
from tests.conftest import Person


@pytest.fixture
def ruined(installation: Installation) -> Callable[[], None]:
    """Write something else over the database, as a failing disk would."""

    def ruin() -> None:
        installation.engine.dispose()
        path = Path(installation.settings.sqlalchemy_url.removeprefix("sqlite:///"))
        for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            name.unlink(missing_ok=True)
        path.write_bytes(b"this is no database" * 500)

    return ruin


def test_pages_and_files_answer_503_and_nothing_else(
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp], ruined: Callable[[], None]
) -> None:
    app = sign_in(make_person("ingrid@example.test", admin=True))
    ruined()
    for address in ("/", f"/m/{new_uid()}", f"/smedia/{new_uid()}/play.mp4"):
        answer = app.get(address, status=503)
        assert answer.headers["Retry-After"] == "5"
        assert "Try again in a moment" in answer.text
