"""Asking the site as anybody on the internet would: by its public address, each request on a line of its own."""
from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from urllib.parse import urlsplit

from privmedia.errors import Invalid

TIMEOUT = 15.0
"""Seconds for which an answer is waited for."""
MOST = 64 << 20
"""Bytes of a body that are read."""


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if nothing did, and then `fault` says why."""

    status: int
    headers: Message = field(default_factory=Message)
    body: bytes = b""
    seconds: float = 0.0
    fault: str = ""

    def header(self, name: str) -> str:
        """All values of a header, as one; "" for none. What is said twice in the same words counts once."""
        return ", ".join(dict.fromkeys(self.headers.get_all(name, [])))


class PublicAddress:
    """The site at `base_url`; with `url` it is looked for there, and asked under its own name all the same."""

    def __init__(self, base_url: str, url: str | None = None) -> None:
        """Raises Invalid for a URL that cannot be asked."""
        self.base_url = base_url
        self.url = url or base_url
        own, asked = urlsplit(base_url), urlsplit(self.url)
        try:
            port = asked.port
        except ValueError:
            port = 0
        if asked.scheme not in ("http", "https") or not asked.hostname or port == 0 or asked.path not in ("", "/"):
            raise Invalid(f"'{self.url}' is no address such as https://media.example.com.")
        self.secure = asked.scheme == "https"
        self.host = asked.hostname
        self.port = port or (443 if self.secure else 80)
        self.name = own.hostname or ""
        self.named = own.netloc

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        announced: int | None = None,
        patience: float = TIMEOUT,
        host: str | None = None,
    ) -> Answer:
        """One request. Raises nothing.

        `announced`: say that so many bytes follow, and send none but `body`: whoever decides before reading all of it
        answers.
        """
        began = time.monotonic()
        try:
            with self.connected(patience) as line:
                connection = http.client.HTTPConnection(self.host, self.port, timeout=patience)
                connection.sock = line
                connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
                connection.putheader("Host", self.named if host is None else host)
                connection.putheader("Connection", "close")
                for name, value in (headers or {}).items():
                    connection.putheader(name, value)
                if body or announced is not None or method in ("POST", "PATCH", "PUT"):
                    connection.putheader("Content-Length", str(len(body) if announced is None else announced))
                connection.endheaders()
                answer = self._sent_and_answered(connection, body)
                content = answer.read(MOST) if method != "HEAD" else b""
                took = time.monotonic() - began
                return Answer(answer.status, answer.msg, content, took)
        except TimeoutError:
            return Answer(0, seconds=time.monotonic() - began, fault=f"no answer within {patience:.0f} s")
        except (OSError, http.client.HTTPException, ValueError) as error:
            said = " ".join(str(error).split()) or type(error).__name__
            return Answer(0, seconds=time.monotonic() - began, fault=said)

    @staticmethod
    def _sent_and_answered(connection: http.client.HTTPConnection, body: bytes) -> http.client.HTTPResponse:
        try:
            if body:
                connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever refuses early has answered already
        return connection.getresponse()

    def connected(self, patience: float = TIMEOUT) -> socket.socket:
        """A line to the site, encrypted where it is to be. Raises OSError, which ssl.SSLError is too."""
        line = socket.create_connection((self.host, self.port), timeout=patience)
        if not self.secure:
            return line
        try:
            return ssl.create_default_context().wrap_socket(line, server_hostname=self.name)
        except BaseException:
            line.close()
            raise

    def speaks_http2(self, patience: float = TIMEOUT) -> bool | None:
        """Whether HTTP/2 is taken where it is offered, whatever the certificate; None if nobody answers by TLS."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            with (
                socket.create_connection((self.host, self.port), timeout=patience) as line,
                context.wrap_socket(line, server_hostname=self.name) as encrypted,
            ):
                return encrypted.selected_alpn_protocol() == "h2"
        except OSError:
            return None
