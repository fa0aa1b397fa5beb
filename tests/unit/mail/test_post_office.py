"""Handing letters over to a real server, one that is not there, and ones that say no."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from privmedia.errors import Unavailable
from privmedia.jobs.worker import Hopeless
from privmedia.mail.letters import Letter
from privmedia.mail.post_office import message, send
from privmedia.mail_settings import parse_mail_url
from privmedia.settings import Settings
from tests.mail_server import MailServer, certificate, mail_server

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mail(settings: Settings) -> EmailMessage:
    return written(settings)


def written(settings: Settings, **changed: Any) -> EmailMessage:
    values = {"recipient": "leila@example.test", "number": 7, "language": "", "written": NOON, "now": NOON, **changed}
    return message(Letter("Grüße", "Hello Åse,\n\nhttps://media.example.test/reset/abc\n"), settings=settings, **values)


def test_a_letter_arrives_as_it_was_written(server: MailServer, mail: EmailMessage) -> None:
    send(mail, parse_mail_url(server.url), name="media.example.test")
    (letter,) = server.letters
    assert letter["Subject"] == "Grüße"
    assert letter["To"] == "leila@example.test"
    assert letter["From"] == "privmedia <privmedia@media.example.test>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert server.last_text.replace("\r", "") == "Hello Åse,\n\nhttps://media.example.test/reset/abc\n"
    assert max(server.raw[0]) < 128


@pytest.mark.parametrize(("scheme", "one_click"), [("https", "List-Unsubscribe=One-Click"), ("http", None)])
def test_a_letter_that_can_be_ended_says_how_and_one_click_is_for_https_alone(
    settings: Settings, scheme: str, one_click: str | None
) -> None:
    link = f"{scheme}://media.example.test/unfollow/abc"
    values = {"recipient": "leila@example.test", "number": 7, "language": "", "written": NOON, "now": NOON}
    mail = message(Letter("News", "Hello", link), settings=settings, **values)
    assert mail["List-Unsubscribe"] == f"<{link}>"
    assert mail["List-Unsubscribe-Post"] == one_click


def test_both_letters_of_one_row_have_one_id(settings: Settings) -> None:
    first, again = written(settings), written(settings, now=NOON + timedelta(hours=1))
    assert first["Message-ID"] == again["Message-ID"] != written(settings, number=8)["Message-ID"]
    assert first["Date"] != again["Date"]


def test_the_sender_of_the_settings_is_used(settings: Settings) -> None:
    mail = written(replace(settings, mail_from="Skarvik Medien <medien@skarvik.example>"))
    assert mail["From"] == "Skarvik Medien <medien@skarvik.example>"


def test_an_address_cannot_bring_lines_of_its_own(settings: Settings) -> None:
    with pytest.raises(ValueError, match="cannot contain CR or LF"):
        written(settings, recipient="leila@example.test\r\nBcc: all@example.test")


def test_it_signs_in_over_an_encrypted_line(
    server: MailServer, mail: EmailMessage, own_certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.certificate, server.password = own_certificate, "a/b:c@d"
    monkeypatch.setenv("SSL_CERT_FILE", str(own_certificate))
    url = f"smtp://privmedia:a%2Fb%3Ac%40d@127.0.0.1:{server.port}?starttls=yes"
    send(mail, parse_mail_url(url), name="media.example.test")
    assert server.encrypted == [True]
    assert server.commands[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_a_certificate_that_nobody_vouches_for_gets_no_letter(
    server: MailServer, mail: EmailMessage, own_certificate: Path
) -> None:
    server.certificate = own_certificate
    with pytest.raises(Unavailable, match=r"(?i)certificate"):
        send(mail, parse_mail_url(f"{server.url}?starttls=yes"), name="media.example.test")
    assert server.letters == []


def test_a_server_without_tls_gets_no_letter_where_tls_is_wanted(server: MailServer, mail: EmailMessage) -> None:
    with pytest.raises(Unavailable, match="STARTTLS"):
        send(mail, parse_mail_url(f"{server.url}?starttls=yes"), name="media.example.test")
    assert "MAIL" not in server.commands


def test_a_wrong_password_is_said(server: MailServer, mail: EmailMessage) -> None:
    server.password = "right"
    with pytest.raises(Unavailable, match="535"):
        send(mail, parse_mail_url(f"smtp://privmedia:wrong@127.0.0.1:{server.port}"), name="media.example.test")


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("to_recipient", b"550 no such mailbox", Hopeless),
        ("to_recipient", b"450 come back later", Unavailable),
        ("to_letter", b"554 spam", Hopeless),
        ("to_letter", b"452 disk full", Unavailable),
    ],
)
def test_what_is_refused_for_good_is_told_from_what_may_pass(
    where: str, answer: bytes, error: type[Exception], server: MailServer, mail: EmailMessage
) -> None:
    setattr(server, where, answer)
    with pytest.raises(error, match=answer.decode()):
        send(mail, parse_mail_url(server.url), name="media.example.test")


def test_a_server_that_is_not_there_may_come_back(mail: EmailMessage) -> None:
    with mail_server() as gone:
        url = gone.url
    with pytest.raises(Unavailable, match="did not take the letter"):
        send(mail, parse_mail_url(url), name="media.example.test")


def test_a_line_that_breaks_after_the_letter_was_taken_is_no_failure(server: MailServer, mail: EmailMessage) -> None:
    server.hangs_up = True
    send(mail, parse_mail_url(server.url), name="media.example.test")
    assert len(server.letters) == 1
