"""Handing one letter over to the mail server. No database in here: the network is never inside a transaction."""
from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import Parser
from email.policy import SMTP, default

from privmedia.db import milliseconds
from privmedia.errors import Unavailable
from privmedia.jobs.worker import Hopeless
from privmedia.mail.letters import Letter
from privmedia.mail_settings import MailServer
from privmedia.settings import Settings

TIMEOUT = 30  # seconds, for each answer of the server
# Seven bits: any server on the way takes them.
POLICY = SMTP.clone(cte_type="7bit")


def message(
    letter: Letter, *, settings: Settings, recipient: str, number: int, language: str, written: datetime, now: datetime
) -> EmailMessage:
    """The letter in its envelope. Its Message-ID belongs to the row: a letter sent twice can be recognised."""
    domain = _domain(settings.host)
    mail = EmailMessage(POLICY)
    mail["From"] = _sender(settings, domain)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = letter.subject
    mail["Date"] = now
    mail["Message-ID"] = f"<{number}.{milliseconds(written)}@{domain}>"
    # Nobody's holiday answer comes back (RFC 3834; the second is what Exchange looks for).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Content-Language"] = language or "en"
    if letter.unsubscribe:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        if letter.unsubscribe.startswith("https:"):  # one click is for HTTPS alone (RFC 8058, 3.1)
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text)
    return mail


def send(mail: EmailMessage, server: MailServer, *, name: str) -> None:
    """Hand a message over; `name` is what this machine calls itself there.

    Raises Unavailable for what may pass, Hopeless for what the server refused for good.
    """
    try:
        with _let_in(server, name) as connection:
            connection.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = next(iter(refused.recipients.values()))
        raise _refusal(code, answer) from refused
    except smtplib.SMTPDataError as refused:
        raise _refusal(refused.smtp_code, refused.smtp_error) from refused
    except (OSError, smtplib.SMTPException) as error:
        # With what was said when it broke, which may be long and of many lines.
        said = " ".join(str(error).split())
        raise Unavailable(f"The mail server at {server.host}:{server.port} did not take the letter: {said}") from error


def greet(server: MailServer, *, name: str) -> None:
    """Go in as for a letter, and out again. Raises OSError or SMTPException."""
    with _let_in(server, name) as connection:
        code, answer = connection.noop()
        if code != 250:
            raise smtplib.SMTPResponseException(code, answer)


@contextlib.contextmanager
def _let_in(server: MailServer, name: str) -> Iterator[smtplib.SMTP]:
    with contextlib.ExitStack() as stack:
        connection = _connected(server, name)
        stack.callback(_say_goodbye, connection)
        if server.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if server.user:
            connection.login(server.user, server.password)
        yield connection


def _connected(server: MailServer, name: str) -> smtplib.SMTP:
    if server.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, local_hostname=name, timeout=TIMEOUT, context=context)
    return smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=TIMEOUT)


def _say_goodbye(connection: smtplib.SMTP) -> None:
    # The letter is in the server's hands, or was refused: how the line is closed changes nothing.
    with contextlib.suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()


def _refusal(code: int, answer: bytes | str) -> Unavailable | Hopeless:
    said = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    sentence = f"The mail server refused the letter: {code} {' '.join(said.split())}"
    return Hopeless(sentence) if 500 <= code < 600 else Unavailable(sentence)


def _sender(settings: Settings, domain: str) -> Address:
    if not settings.mail_from:
        return Address("privmedia", username="privmedia", domain=domain)
    given: Address = Parser(policy=default).parsestr(f"From: {settings.mail_from}\n")["From"].addresses[0]
    return given


def _domain(host: str) -> str:
    """A host as the right side of an address; what is only a number is this machine."""
    return "localhost" if host == "::1" or host.replace(".", "").isdigit() else host
