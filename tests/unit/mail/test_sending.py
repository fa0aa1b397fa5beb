"""The job that sends letters: tried again, given up, killed, and without a mail server."""
from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import select

from privmedia import compose
from privmedia.accounts.letter_kinds import RESET, TWO_FACTOR_ON
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.service import Accounts
from privmedia.clock import utcnow
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import LEASE
from privmedia.mail.jobs import KEPT_SENT, forget_sent
from privmedia.mail.models import Mail
from privmedia.mail.service import Mails
from privmedia.operations.stack import beside_python
from privmedia.settings import Settings
from tests.conftest import ADDRESS, FakeClock
from tests.mail_server import MailServer, do_jobs, mail_server


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def ini(ini: dict[str, str], server: MailServer) -> dict[str, str]:
    return {**ini, "privmedia.mail_url": server.url}


def post(installation: Installation, recipient: str = "leila@example.test", *, kind: str = RESET) -> int:
    with writing(installation.sessions) as session:
        return Mails(session, installation).post(kind, recipient, detail={"name": "Leila"}).id


def rows(installation: Installation) -> list[Mail]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Mail)))


def job(installation: Installation) -> Job:
    with reading(installation.sessions) as session:
        return session.scalars(select(Job)).one()


@pytest.mark.both_databases
def test_a_letter_is_sent_once_and_its_row_holds_no_secret(
    installation: Installation, server: MailServer, make_person: Any
) -> None:
    make_person("leila@example.test", name="Leila Haddad")
    post(installation)
    do_jobs(installation)
    do_jobs(installation)
    (letter,) = server.letters
    assert "Hello Leila Haddad," in server.last_text
    token = server.last_text.split(f"{ADDRESS}/reset/")[1].split()[0]
    (row,) = rows(installation)
    assert row.sent_at == installation.clock()
    assert token not in repr(vars(row))
    assert letter["To"] == "leila@example.test"
    with reading(installation.sessions) as session:
        assert OneTimeLinks(session, installation).find(Purpose.RESET, token) is not None


def test_of_a_letter_to_nobody_nothing_is_kept(installation: Installation, server: MailServer) -> None:
    post(installation, "my secret password")
    do_jobs(installation)
    assert (server.letters, rows(installation)) == ([], [])


def test_disabled_people_get_no_link(installation: Installation, server: MailServer, make_person: Any) -> None:
    make_person("ingrid@example.test", admin=True)
    leila = make_person("leila@example.test")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email(leila.email))
    post(installation)
    do_jobs(installation)
    assert server.letters == []


def test_a_server_that_is_busy_gets_the_letter_later(
    installation: Installation, server: MailServer, make_person: Any, clock: FakeClock
) -> None:
    make_person("leila@example.test")
    post(installation)
    server.to_letter = b"451 busy"
    do_jobs(installation)
    assert job(installation).state == JobState.QUEUED
    assert "451 busy" in job(installation).error
    server.to_letter = b"250 taken"
    do_jobs(installation)
    assert server.letters == [], "not before its pause is over"
    clock.forward(minutes=2)
    do_jobs(installation)
    assert len(server.letters) == 1
    assert rows(installation)[0].sent_at is not None


def test_a_refused_recipient_is_not_asked_again(
    installation: Installation, server: MailServer, make_person: Any, clock: FakeClock
) -> None:
    make_person("leila@example.test")
    post(installation)
    server.to_recipient = b"550 no such mailbox"
    do_jobs(installation)
    assert job(installation).state == JobState.FAILED
    assert "550 no such mailbox" in job(installation).error
    assert rows(installation)[0].sent_at is None
    clock.forward(hours=3)
    do_jobs(installation)
    assert server.commands.count("RCPT") == 1


def test_in_the_end_it_gives_up_and_says_to_whom_nothing_came(
    installation: Installation,
    server: MailServer,
    make_person: Any,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_person("leila@example.test")
    post(installation, kind=TWO_FACTOR_ON)
    server.to_letter = b"451 busy"
    begun = clock()
    while job(installation).state == JobState.QUEUED:
        do_jobs(installation)
        clock.forward(hours=1)
    assert job(installation).state == JobState.FAILED
    assert timedelta(days=2) < clock() - begun < timedelta(days=3)
    assert "the letter two-factor-on to leila@example.test is not sent" in caplog.text


def test_a_link_that_has_ended_is_not_sent_any_more(
    installation: Installation, server: MailServer, make_person: Any, clock: FakeClock
) -> None:
    make_person("leila@example.test")
    post(installation)
    server.to_letter = b"451 busy"
    do_jobs(installation)
    server.to_letter = b"250 taken"
    clock.forward(hours=2)
    do_jobs(installation)
    assert (server.letters, rows(installation)) == ([], [])


def test_killed_after_the_server_took_the_letter_it_sends_the_same_one_again(
    installation: Installation, ini: dict[str, str], server: MailServer, make_person: Any, tmp_path: Path
) -> None:
    make_person("leila@example.test")
    now = Installation(installation.settings, installation.engine, installation.sessions, installation.storage, utcnow)
    post(now)
    config = tmp_path / "site.ini"
    config.write_text("[app:main]\nuse = egg:privmedia\n" + "".join(f"{key} = {ini[key]}\n" for key in ini))
    came = threading.Event()
    program = subprocess.Popen(
        [beside_python("privmedia"), "-c", str(config), "worker"], env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )

    def kill() -> None:
        program.send_signal(signal.SIGKILL)
        program.wait(30)
        came.set()

    server.after_letter = kill
    try:
        assert came.wait(60)
    finally:
        program.kill()
        program.wait(30)
    assert rows(installation)[0].sent_at is None
    server.after_letter = lambda: None
    later = Installation(
        installation.settings,
        installation.engine,
        installation.sessions,
        installation.storage,
        lambda: utcnow() + LEASE + timedelta(seconds=1),
    )
    do_jobs(later)
    first, again = server.letters
    assert first["Message-ID"] == again["Message-ID"]
    assert first.get_content() == again.get_content(), "with the same link, so that either works"
    assert rows(installation)[0].sent_at is not None


def test_letters_sent_long_ago_are_forgotten(
    installation: Installation, make_person: Any, clock: FakeClock
) -> None:
    make_person("leila@example.test")
    post(installation)
    do_jobs(installation)
    clock.now += KEPT_SENT
    forget_sent(installation)
    assert len(rows(installation)) == 1
    clock.forward(seconds=1)
    forget_sent(installation)
    assert rows(installation) == []


class TestWithoutMailServer:
    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {**ini, "privmedia.mail_url": ""}

    def test_production_sends_nothing_and_keeps_nothing_for_later(
        self, installation: Installation, make_person: Any, server: MailServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        make_person("leila@example.test")
        post(installation)
        caplog.set_level(logging.INFO)
        do_jobs(installation)
        assert (rows(installation), server.letters) == ([], [])
        assert "/reset/" not in caplog.text

    def test_production_says_at_the_start_that_mail_is_off(
        self, ini: dict[str, str], installation: Installation, caplog: pytest.LogCaptureFixture
    ) -> None:
        compose(Configurator(settings=dict(ini)), installation)
        said = [record.getMessage() for record in caplog.records]
        assert [line[:12] for line in said if "mail" in line] == ["mail is off:"]


class TestInDevelopment:
    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {
            **ini,
            "privmedia.mail_url": "",
            "privmedia.base_url": "http://127.0.0.1:6543",
            "privmedia.front_server": "builtin",
        }

    def test_the_letter_stands_in_the_log(
        self, installation: Installation, make_person: Any, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert not settings.production
        make_person("leila@example.test")
        post(installation)
        caplog.set_level(logging.INFO)
        do_jobs(installation)
        assert "http://127.0.0.1:6543/reset/" in caplog.text
        assert rows(installation)[0].sent_at is not None
