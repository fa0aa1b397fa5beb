"""Identity providers to sign in by: a certified one, in node, and one that says whatever a test wants it to."""
from __future__ import annotations

import json
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

HERE = Path(__file__).parent
ID, SECRET = "privmedia", "the secret between both"
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})


def in_the_settings(name: str, issuer: str, **more: str) -> dict[str, str]:
    """The keys of the ini that name a provider."""
    keys = {"issuer": issuer, "client_id": ID, "client_secret": SECRET, "text": name.capitalize(), **more}
    return {f"privmedia.oidc.{name}.{key}": text for key, text in keys.items()}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class RealProvider:
    """`oidc-provider`, certified by the OpenID Foundation."""

    issuer: str
    process: subprocess.Popen[str]
    told: Callable[[], list[str]]
    """Logout tokens it has sent."""

    def knows(self, account: str, **claims: Any) -> None:
        """Give somebody an account there, or other claims."""
        self._tell({"id": account, "claims": claims})

    def forgets(self, account: str) -> None:
        self._tell({"id": account, "claims": None})

    def sign_in(self, address: str, account: str, browser: requests.Session | None = None) -> str:
        """Go to an address of it and sign in as somebody; where it sends the browser in the end."""
        browser = browser or requests.Session()
        answer = browser.get(address, allow_redirects=False, timeout=10)
        for _ in range(8):
            if answer.status_code in (302, 303):
                there = urljoin(answer.url, answer.headers["Location"])
                if not there.startswith(self.issuer):
                    return there
                answer = browser.get(there, allow_redirects=False, timeout=10)
            else:
                sent = {"prompt": "login", "login": account, "password": "any"}
                answer = browser.post(answer.url, data=sent, allow_redirects=False, timeout=10)
        raise AssertionError(f"{answer.url} leads nowhere: {answer.status_code} {answer.text[:500]}")

    def _tell(self, line: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        _wait_for(self.process, "known\n")


@contextmanager
def real_provider(base_url: str, name: str) -> Iterator[RealProvider]:
    """The provider, running, with the library of this address as its client."""
    port, tokens = free_port(), []

    class Told(_Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            tokens.append(parse_qs(body)["logout_token"][0])
            self.answer(200, b"")

    with _serving(Told) as told:
        client = {
            "client_id": ID, "client_secret": SECRET, "redirect_uris": [f"{base_url}/login/oidc/{name}/callback"],
            "post_logout_redirect_uris": [f"{base_url}/login"], "backchannel_logout_uri": told,
            "backchannel_logout_session_required": True, "scope": "openid email profile groups",
        }
        command = ["node", str(HERE / "oidc_provider.mjs"), str(port), json.dumps(client)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE)
        try:
            _wait_for(process, "ready\n")
            yield RealProvider(f"http://127.0.0.1:{port}", process, lambda: list(tokens))
        finally:
            process.terminate()
            process.wait(10)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _wait_for(process: subprocess.Popen[str], said: str) -> None:
    """It warns, among what it is asked for, that it keeps everything in memory."""
    assert process.stdout is not None
    for line in process.stdout:
        if line == said:
            return
    raise AssertionError(f"the provider ended before it said {said!r}")


@dataclass
class Liar:
    """A provider that signs whatever it is given. What it says about itself, and its keys, can be changed."""

    issuer: str
    key: RSAKey = field(default_factory=lambda: KEY)
    metadata: dict[str, Any] = field(default_factory=dict)
    id_token: Callable[[], str] | None = None
    status: int = 200
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    userinfo: dict[str, Any] = field(default_factory=dict)

    def claims(self, **other: Any) -> dict[str, Any]:
        """The claims of a good ID token, but for those that are other; None leaves one out."""
        now = int(time.time())
        good = {
            "iss": self.issuer, "aud": ID, "sub": "leila-1", "iat": now, "exp": now + 300,
            "email": "leila@example.test", "email_verified": True, "name": "Leila Haddad", "groups": [], **other,
        }
        return {name: value for name, value in good.items() if value is not None}

    def sign(self, claims: Mapping[str, Any], *, key: Any = None, **header: Any) -> str:
        key = key or self.key
        head = {"alg": "RS256", "kid": "first", **header}
        return jwt.encode(head, dict(claims), key, algorithms=[head["alg"]])

    def about(self) -> dict[str, Any]:
        places = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{name}" for name in places}, **self.metadata}

    def answers(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return self.about()
        if path == "/jwks_uri":
            return dict(KeySet([self.key]).as_dict())
        if path == "/userinfo_endpoint":
            return self.userinfo
        assert self.id_token is not None
        return {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": self.id_token()}


@contextmanager
def lying_provider() -> Iterator[Liar]:
    """The provider that lies, listening."""
    liars: list[Liar] = []

    class Lies(_Quiet):
        def do_GET(self) -> None:
            self.lie({})

        def do_POST(self) -> None:
            self.lie(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))

        def lie(self, sent: dict[str, list[str]]) -> None:
            path = urlsplit(self.path).path
            liars[0].asked.append((path, sent))
            if path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", f"{liars[0].issuer}/jwks_uri")
                self.end_headers()
                return
            self.answer(liars[0].status, json.dumps(liars[0].answers(path)).encode())

    with _serving(Lies) as address:
        liars.append(Liar(address))
        yield liars[0]


class _Quiet(BaseHTTPRequestHandler):
    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what is asked is looked at by the tests."""


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
