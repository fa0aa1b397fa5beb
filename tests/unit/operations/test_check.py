"""`privmedia check` finds what does not fit, says it in sentences, and mends only what can be worked out again."""
from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, text, update

from privmedia.access.models import AclChain
from privmedia.access.permissions import Permission
from privmedia.audit.seals import seal_all
from privmedia.console import Line
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import File, Version
from privmedia.operations.check import check
from privmedia.operations.check_commands import check as command
from privmedia.operations.check_repair import repair
from privmedia.search.models import SearchDocument
from tests.private_library import PrivateLibrary

pytestmark = pytest.mark.both_databases


@pytest.fixture
def item(installation: Installation) -> str:
    library = PrivateLibrary(installation)
    library.add_person("Maren", allow=Permission.VIEW)
    uid = library.add_item(b"the original")
    with writing(installation.sessions) as session:
        session.execute(update(Version).values(sha256=hashlib.sha256(b"the original").hexdigest()))
    seal_all(installation)
    return uid


def problems(installation: Installation, *, full: bool = False) -> list[str]:
    return [problem for part in check(installation, full=full) for problem in part.problems]


def test_a_sound_installation_has_no_problems(installation: Installation, item: str) -> None:
    assert problems(installation, full=True) == []


def test_a_file_that_is_gone_or_cut_is_named(installation: Installation, item: str) -> None:
    folder = installation.storage.version_folder(item, 1)
    (folder / "poster.webp").unlink()
    (folder / "original").write_bytes(b"the orig")
    assert problems(installation) == [
        f"Item {item}, version 1: original has 8 bytes instead of 12.",
        f"Item {item}, version 1: play.mp4 has 8 bytes instead of 12.",
        f"Item {item}, version 1: poster.webp is missing.",
    ]


def test_a_changed_byte_is_found_by_the_hash_alone(installation: Installation, item: str) -> None:
    (installation.storage.version_folder(item, 1) / "original").write_bytes(b"the 0riginal")
    assert problems(installation) == []
    assert problems(installation, full=True) == [
        f"Item {item}, version 1: original is not what was uploaded: its hash differs."
    ]


def test_a_hash_that_the_worker_has_still_to_take_is_not_missing(installation: Installation, item: str) -> None:
    with writing(installation.sessions) as session:
        session.execute(update(Version).values(sha256=None))
        version_id = session.scalars(select(Version.id)).one()
    assert problems(installation, full=True) == [f"Item {item}, version 1: original has no hash."]
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue("prepare", version_id)
    assert problems(installation, full=True) == []


def test_a_job_about_nothing_is_named(installation: Installation, item: str) -> None:
    with writing(installation.sessions) as session:
        job = Jobs(session, installation).enqueue("prepare", 999)
    assert problems(installation) == [f"Job {job.id} (prepare) is about something that is gone."]


def test_wrong_chains_of_rules_are_found_and_worked_out_again(installation: Installation, item: str) -> None:
    with writing(installation.sessions) as session:
        session.execute(delete(AclChain).where(AclChain.acl_id != AclChain.ancestor_id))
    assert any("The chain of ACL" in problem for problem in problems(installation))
    assert repair(installation) == ["Chains of rules that were wrong and are worked out again: 1."]
    assert problems(installation) == []
    assert repair(installation) == []


def test_what_is_not_found_as_it_should_be_is_named_and_the_index_made_anew(
    installation: Installation, item: str
) -> None:
    with writing(installation.sessions) as session:
        session.execute(update(SearchDocument).where(SearchDocument.id > 0).values(title="something else"))
    assert f"Item {item} is not found as it should be." in problems(installation)
    assert repair(installation) == ["The index of search is made anew: 2 items and folders."]
    assert problems(installation) == []


def test_the_command_says_it_in_sentences_and_by_its_exit_code(installation: Installation, item: str) -> None:
    line = Line("none.ini")
    line.__dict__["installation"] = installation
    said = CliRunner().invoke(command, [], obj=line)
    assert (said.exit_code, "files: fits (3 files with their sizes)" in said.output) == (0, True)
    with writing(installation.sessions) as session:
        session.execute(delete(File).where(File.name == "poster.webp"))
        if installation.engine.dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER events_no_update"))
        else:
            session.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        session.execute(text("UPDATE events SET actor = 'nobody' WHERE id = 1"))
    said = CliRunner().invoke(command, [], obj=line)
    assert said.exit_code == 1
    assert "audit log: does NOT fit" in said.output
    assert "which seal 1 covers" in said.output
    assert said.stderr == "1 thing does not fit.\n"
    found: Any = json.loads(CliRunner().invoke(command, ["--json"], obj=line).stdout)
    assert found["fits"] is False
    assert [part["name"] for part in found["parts"] if part["problems"]] == ["audit log"]
