"""A real mail server for tests, on a free port of this machine. It keeps what it gets, and refuses what it shall."""
from __future__ import annotations

import base64
import contextlib
import shutil
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.operations.worker import HANDLERS
from tests import missing

HOST = "127.0.0.1"


@dataclass
class MailServer:
    """How it answers, and what it got."""

    port: int = 0
    certificate: Path | None = None
    """Offer STARTTLS with it. Its key is in the same file."""
    password: str = ""
    """Demand it, of the user `privmedia`, before any letter."""
    to_recipient: bytes = b"250 fine"
    to_letter: bytes = b"250 taken"
    after_letter: Callable[[], None] = lambda: None
    """Done when a letter has come, before it is answered."""
    hangs_up: bool = False
    """Close the line after a letter without a goodbye."""
    raw: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    """Of each letter, whether it came encrypted."""

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=policy.default) for raw in self.raw]  # type: ignore[misc]

    @property
    def last_text(self) -> str:
        """What stands in the letter that came last."""
        return str(self.letters[-1].get_content())


class Conversation(socketserver.StreamRequestHandler):
    """One client, as RFC 5321 has it."""

    def setup(self) -> None:
        super().setup()
        self.mail: MailServer = self.server.mail  # type: ignore[attr-defined]
        self.secured = self.trusted = False

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()
        self.connection.close()

    def handle(self) -> None:
        self.say(b"220 mail.example.test ESMTP")
        while line := self.rfile.readline():
            words = line.decode().split()
            self.mail.commands.append(words[0].upper())
            answer = getattr(self, f"on_{words[0].lower()}", self.on_other)(words)
            if answer is None:
                return
            self.say(answer)

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
        self.wfile.flush()

    def on_ehlo(self, words: list[str]) -> bytes:
        offers = [b"mail.example.test", b"SMTPUTF8", b"8BITMIME"]
        if self.mail.certificate and not self.secured:
            offers.append(b"STARTTLS")
        if self.mail.password:
            offers.append(b"AUTH PLAIN")
        return b"\r\n".join(b"250-" + offer for offer in offers[:-1]) + b"\r\n250 " + offers[-1]

    def on_starttls(self, words: list[str]) -> bytes | None:
        assert self.mail.certificate is not None
        self.say(b"220 go on")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.mail.certificate)
        try:
            self.request = context.wrap_socket(self.request, server_side=True)
        except (ssl.SSLError, ConnectionError):
            return None  # the client did not like our certificate
        self.connection = self.request
        super().setup()
        self.secured = True
        line = self.rfile.readline()
        self.mail.commands.append(line.decode().split()[0].upper())
        return self.on_ehlo([])

    def on_auth(self, words: list[str]) -> bytes:
        given = base64.b64decode(words[2]).split(b"\0")
        self.trusted = given == [b"", b"privmedia", self.mail.password.encode()]
        return b"235 welcome" if self.trusted else b"535 no"

    def on_mail(self, words: list[str]) -> bytes:
        return b"530 sign in first" if self.mail.password and not self.trusted else b"250 fine"

    def on_rcpt(self, words: list[str]) -> bytes:
        return self.mail.to_recipient

    def on_data(self, words: list[str]) -> bytes | None:
        self.say(b"354 speak")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if self.mail.to_letter.startswith(b"2"):
            self.mail.raw.append(b"".join(lines))
            self.mail.encrypted.append(self.secured)
        self.mail.after_letter()
        if self.mail.hangs_up:
            self.say(self.mail.to_letter)
            return None
        return self.mail.to_letter

    def on_quit(self, words: list[str]) -> bytes:
        return b"221 bye"

    def on_other(self, words: list[str]) -> bytes:
        return b"250 fine"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server that answers until the end of the block."""
    mail = MailServer()
    with Server((HOST, 0), Conversation) as server:
        server.mail = mail  # type: ignore[attr-defined]
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield mail
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path) -> Path:
    """A key and a certificate for this machine that nobody else has signed, in one file."""
    if shutil.which("openssl") is None:
        missing("openssl is missing: apt-get install openssl")
    path = folder / "mail.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "-", "-out", "-",
    ]  # fmt: skip
    path.write_bytes(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    return path


def do_jobs(installation: Installation) -> None:
    """What the worker does now."""
    worker.run(installation, HANDLERS, threading.Event(), once=True)
