"""Looking every night who has left the directory: what is done, what a dry run says, and what stops it."""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from webtest import TestApp

from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.admin.providers.jobs import sync_in_time
from privmedia.admin.providers.syncing import sync
from privmedia.audit.service import COMMAND_LINE
from privmedia.cli import ldap
from privmedia.console import Line
from privmedia.db import reading, writing
from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.jobs.models import Job
from privmedia.providers.models import ProviderGroup
from privmedia.work.kinds import SYNC
from tests.conftest import FakeClock, Person
from tests.directory import PEOPLE, SHORT, RealDirectory
from tests.functional.test_providers import events, who_is
from tests.mail_server import do_jobs


@pytest.fixture
def more() -> dict[str, str]:
    return {}


@pytest.fixture
def ini(ini: dict[str, str], there: RealDirectory, more: dict[str, str]) -> dict[str, str]:
    return {**ini, **there.in_the_settings(**more)}


@pytest.fixture
def run(installation: Installation) -> Callable[..., str]:
    """`run("--dry-run")`: what `privmedia ldap sync` prints; raises what it refuses with."""

    def run(*words: str) -> str:
        line = Line("unread.ini")
        line.installation = installation
        result = CliRunner().invoke(ldap, ["sync", *words], obj=line)
        if isinstance(result.exception, DomainError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def five(there: RealDirectory, come_by_form: Callable[..., TestApp]) -> dict[str, TestApp]:
    """Five people of the directory, each signed in."""
    names = ("leila", "moe", "nina", "oskar", "pia")
    for name in names:
        there.knows(name, name=name.capitalize())
    return {name: come_by_form(name) for name in names}


def disabled(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        gone = select(User.email).where(User.disabled_at.is_not(None)).order_by(User.email)
        return list(session.scalars(gone))


def test_who_has_left_is_disabled_and_a_dry_run_only_says_so(
    five: dict[str, TestApp], there: RealDirectory, installation: Installation, run: Callable[..., str],
    make_person: Callable[..., Person],
) -> None:
    make_person("local@example.test")
    assert "Nothing has changed." in run()
    there.forgets(f"uid=leila,{PEOPLE}")
    assert "leila@skarvik.example has left and would be disabled." in run("--dry-run")
    assert who_is(five["leila"]) == "leila@skarvik.example"
    assert "leila@skarvik.example has left and is disabled." in run()
    assert (who_is(five["leila"]), who_is(five["moe"])) == (None, "moe@skarvik.example")
    assert disabled(installation) == ["leila@skarvik.example"]
    (*_, line) = events(installation, "directory.sync")
    assert (line.actor, line.detail["disabled"], line.detail["known"]) == ("command line", 1, 5)
    (cut,) = events(installation, "user.disable")
    assert (cut.target, cut.detail["sessions"]) == ("leila@skarvik.example", 1)
    assert json.loads(run("--json", "--dry-run"))["known"] == 4


def test_groups_follow_without_a_sign_in_but_for_those_kept_by_hand(
    five: dict[str, TestApp], there: RealDirectory, installation: Installation, run: Callable[..., str]
) -> None:
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        service, choir = (groups.add_group(name=name) for name in ("Service", "Choir"))
        session.add(ProviderGroup(provider="ldap", value="engineers", group_id=service.id))
        session.add(ProviderGroup(provider="ldap", value="singers", group_id=choir.id))
        moe = Accounts(session, installation).user_by_email("moe@skarvik.example")
        groups.join(group=choir, users=[moe])
    engineers = there.group("engineers", f"uid=moe,{PEOPLE}")
    assert "moe@skarvik.example joins Service." in run("--dry-run")
    run()
    assert groups_of(installation, moe.id) == ["Choir", "Service"]
    there.members(engineers)
    assert "moe@skarvik.example leaves Service." in run()
    assert groups_of(installation, moe.id) == ["Choir"]


def groups_of(installation: Installation, user_id: int) -> list[str]:
    with reading(installation.sessions) as session:
        return list(Accounts(session, installation).group_names(user_id))


def test_more_than_the_settings_allow_are_taken_for_a_mistake(
    five: dict[str, TestApp], there: RealDirectory, installation: Installation, run: Callable[..., str]
) -> None:
    for name in ("leila", "moe", "nina"):
        there.forgets(f"uid={name},{PEOPLE}")
    assert "3 accounts of 5 would be disabled" in run("--dry-run")
    with pytest.raises(DomainError, match="3 accounts of 5 would be disabled"):
        run()
    assert disabled(installation) == []
    (line,) = events(installation, "directory.sync")
    assert line.outcome == "failed"
    assert len(five) == 5


def test_a_directory_with_nobody_in_it_disables_nobody(
    five: dict[str, TestApp], there: RealDirectory, installation: Installation, run: Callable[..., str]
) -> None:
    there.empty()
    with pytest.raises(DomainError, match="says that it has no people at all"):
        run()
    assert disabled(installation) == []
    assert len(five) == 5


@pytest.mark.parametrize("more", [{"sync_most": "100"}])
def test_an_answer_that_is_cut_off_or_does_not_come_disables_nobody(
    five: dict[str, TestApp], there: RealDirectory, installation: Installation, run: Callable[..., str]
) -> None:
    directory = installation.settings.directory
    assert directory is not None
    # An account that the server gives two entries at most.
    settings = replace(installation.settings, directory=replace(directory, bind_dn=SHORT))
    with pytest.raises(DomainError, match="sizeLimitExceeded"):
        sync(replace(installation, settings=settings), by=COMMAND_LINE)
    there.stop()
    with pytest.raises(DomainError, match="did not answer as it should"):
        run()
    assert disabled(installation) == []
    assert len(five) == 5


@pytest.mark.parametrize("more", [{"admin_group": "it"}])
def test_the_last_administrator_stays_and_is_named(
    come_by_form: Callable[..., TestApp], there: RealDirectory, installation: Installation, run: Callable[..., str]
) -> None:
    leila = there.knows("leila")
    there.knows("moe")
    there.group("it", leila)
    come_by_form("leila")
    there.forgets(leila)
    assert "leila@skarvik.example has left and stays: the last administrator." in run()
    assert disabled(installation) == []


def test_it_is_done_every_night_and_when_an_administrator_asks_and_the_page_says_how_it_went(
    five: dict[str, TestApp], there: RealDirectory, installation: Installation, clock: FakeClock,
    make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp],
) -> None:
    there.forgets(f"uid=leila,{PEOPLE}")
    for _ in range(2):
        sync_in_time(installation)
    with reading(installation.sessions) as session:
        (planned,) = session.scalars(select(Job).where(Job.kind == SYNC))
    assert planned.run_after == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    clock.forward(hours=15)
    do_jobs(installation)
    assert disabled(installation) == ["leila@skarvik.example"]
    admin = sign_in(make_person("admin@example.test", admin=True))
    there.forgets(f"uid=moe,{PEOPLE}")
    page = admin.get("/admin/sign-in")
    assert "there, 5 with an account here; 1 disabled, 0 in other groups." in " ".join(page.html.get_text().split())
    (form,) = [form for form in page.forms.values() if "sync" in form.fields]
    form.submit("sync").follow()
    do_jobs(installation)
    assert disabled(installation) == ["leila@skarvik.example", "moe@skarvik.example"]
    assert [line.actor for line in events(installation, "directory.sync")] == ["privmedia", "privmedia"]
