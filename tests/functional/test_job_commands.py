"""Jobs at the console: listed, tried again, cancelled, held up, begun anew."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from privmedia.cli import cli
from privmedia.db import writing
from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from tests.functional.test_jobs_page import add, states

Run = Callable[..., Result]


@pytest.fixture
def run(ini: dict[str, str], tmp_path: Path) -> Run:
    config = tmp_path / "test.ini"
    config.write_text("[app:main]\nuse = egg:privmedia\n" + "".join(f"{key} = {ini[key]}\n" for key in ini))

    def command(*arguments: Any) -> Result:
        result = CliRunner().invoke(cli, ["-c", str(config), *map(str, arguments)])
        if result.exception and not isinstance(result.exception, SystemExit | DomainError):
            raise result.exception
        return result

    return command


def test_jobs_are_listed_for_people_and_for_scripts(run: Run, installation: Installation) -> None:
    number = add(installation, "Interview", fails="The disk is full.")
    waiting = add(installation, "Launch")
    lines = run("jobs").output.splitlines()
    assert lines[0].split() == [str(waiting), "queued", "no.", "1", "prepare", "Launch"]
    assert lines[1].split() == [str(number), "failed", "prepare", "Interview"]
    assert lines[2].strip() == "The disk is full."
    (only,) = json.loads(run("jobs", "--failed", "--json").output)
    assert (only["id"], only["state"], only["error"]) == (number, "failed", "The disk is full.")
    assert only["subject"]["name"] == "Interview"


def test_jobs_are_cancelled_and_tried_again(run: Run, installation: Installation) -> None:
    number = add(installation, "Launch")
    assert run("jobs", "cancel", number).output == "It is cancelled.\n"
    assert states(installation) == [JobState.CANCELLED]
    assert run("jobs", "retry", number).output == "It is tried again.\n"
    assert states(installation) == [JobState.QUEUED]
    assert str(run("jobs", "retry", number).exception) == "It is waiting or being done already."
    assert str(run("jobs", "retry").exception) == "Name one job by its ID, or say --all."


def test_all_that_failed_is_tried_again(run: Run, installation: Installation) -> None:
    for title in ("One", "Two"):
        add(installation, title, fails="The disk is full.")
    assert run("jobs", "retry", "--all").output == "Jobs that are tried again: 2.\n"


def test_the_queue_is_paused_and_goes_on(run: Run, installation: Installation) -> None:
    add(installation, "Launch")
    assert run("jobs", "pause").output == "The queue is paused.\n"
    assert run("worker", "--once").exit_code == 0
    assert states(installation) == [JobState.QUEUED]
    assert run("jobs", "go-on").output == "The queue goes on.\n"


def test_an_item_or_everything_is_prepared_anew(run: Run, installation: Installation) -> None:
    for title in ("One", "Two"):
        number = add(installation, title)
        with writing(installation.sessions) as session:
            session.delete(session.get_one(Job, number))
    assert run("reprocess", "One films/One").output == "It is prepared anew.\n"
    assert run("reprocess", "--all").output == "Items that are prepared anew: 1.\n"
    assert states(installation) == [JobState.QUEUED] * 2
    assert "folder" in str(run("reprocess", "One films").exception)
    assert "or say --all" in str(run("reprocess").exception)
