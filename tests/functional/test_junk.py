"""Thousands of requests that no browser of ours would make: none breaks anything, and none is told how we are built."""
from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from pyramid.interfaces import IRoutesMapper

from privmedia.installation import Installation
from tests.conftest import ADDRESS
from tests.faults import FULL
from tests.functional.test_access_matrix import every_row
from tests.functional.visitors import World, token_of

ROUNDS, EACH = 5, 2000 if FULL else 400
"""How many tests of how many requests, each round with its own seed: 10,000 in all by `make faults`, 2,000 otherwise.

That is about twelve for each address, and every kind of junk some dozens of times.
"""
METHODS = (
    *["GET"] * 5,
    *["POST"] * 12,
    *("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "\xe9"),
)
JUNK = (
    b"",
    b"\0",
    b"a\0b",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80" * 20,
    "\u202egnp.4pm".encode(),
    "\u0000\ufffe\uffff".encode(),
    b"%",
    b"%zz",
    b"%00",
    b"%2e%2e%2f",
    b"../../../../etc/passwd",
    b"..;/",
    b"//evil.example",
    b"\\\\evil\\x",
    b"' OR '1'='1",
    b"\"; DROP TABLE users; --",
    b"{{7*7}}${7*7}#{7*7}%s%n%(x)s{0.__class__}",
    b"<script>alert(1)</script>",
    b"\r\nSet-Cookie: evil=1",
    b"-1",
    b"0",
    b"NaN",
    b"1e999",
    b"9" * 40,
    b"9" * 5000,
    "\u0662\u00b2\u2460".encode(),
    b"9223372036854775808",
    b"2147483648",
    b"true",
    b"[]",
    b"[object Object]",
    b"null",
    b"2026-13-45",
    b"9999-12-31",
    b"0000-00-00",
    b"a" * 3000,
    b"A@b.c",
    b"everyone",
    b"user:1",
    b"group:99999999999",
    b"zzzzzzzzzzzzzzzz",
    b"top",
    b"\x1b[31mred",
    b"*",
    b"~",
    b"|",
    b"?",
    b"#",
)
JSONS = (
    b"",
    b"{",
    b"[" * 10_000,
    b'{"a":' * 10_000,
    b"NaN",
    b"1" * 10_000,
    b'{"name": 1, "name": [2], "csrf_token": {}}',
    b'"\\ud800"',
    b"\xff",
)
TELLS = re.compile(
    rb"Traceback|sqlalchemy|sqlite3?\.|psycopg|SELECT |INSERT INTO|site-packages|\.py\"|pyramid|webob|waitress|Jinja2|"
    rb"unhandled|object at 0x"
)


@dataclass(frozen=True)
class Asked:
    """One request, and how to write it down when it failed."""

    visitor: str
    environ: dict[str, Any]

    def __str__(self) -> str:
        facts = {key: value for key, value in self.environ.items() if key.isupper()}
        return f"{self.visitor}: {facts} body {self.environ['wsgi.input'].getvalue()[:300]!r}"


@dataclass
class Junk:
    """Makes requests out of real addresses, real fields and what belongs into neither."""

    chance: random.Random
    patterns: list[str]
    ids: dict[bytes, bytes]
    """By what stands in the addresses for them."""
    known: list[bytes]
    fields: list[bytes]
    cookies: dict[str, bytes]
    tokens: dict[str, bytes]

    def requests(self, count: int) -> Iterator[Asked]:
        for _number in range(count):
            visitor = self.chance.choice(sorted(self.cookies))
            yield Asked(visitor, self._environ(visitor))

    def _environ(self, visitor: str) -> dict[str, Any]:
        body, content_type = self._body(visitor)
        environ = {
            "REQUEST_METHOD": self.chance.choice(METHODS),
            "SCRIPT_NAME": "",
            "PATH_INFO": self._path().decode("latin-1"),
            "QUERY_STRING": self._query().decode("latin-1"),
            "SERVER_NAME": "media.example.test",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.7",
            "HTTP_HOST": ADDRESS.removeprefix("http://"),
            "HTTP_COOKIE": self._cookie(visitor).decode("latin-1"),
            "CONTENT_TYPE": content_type.decode("latin-1"),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": None,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name in ("ACCEPT", "ACCEPT_LANGUAGE", "AUTHORIZATION", "IF_NONE_MATCH", "IF_MODIFIED_SINCE", "RANGE"):
            if self.chance.random() < 0.1:
                environ[f"HTTP_{name}"] = self._any().decode("latin-1")
        for name in ("ORIGIN", "SEC_FETCH_SITE", "REFERER", "USER_AGENT", "X_FORWARDED_FOR", "X_REQUEST_ID", "HOST"):
            if self.chance.random() < 0.04:
                environ[f"HTTP_{name}"] = self._any().decode("latin-1")
        if self.chance.random() < 0.03:
            environ["CONTENT_LENGTH"] = self.chance.choice(("", "0", "-1", "x", "99999999999", "1.5"))
        return environ

    def _any(self) -> bytes:
        first = self.chance.choice(JUNK if self.chance.random() < 0.7 else self.known)
        return first if self.chance.random() < 0.8 else first + self.chance.choice(JUNK)

    def _path(self) -> bytes:
        if self.chance.random() < 0.1:
            return b"/" + self._any() + b"/" + self._any()
        pattern = self.chance.choice(self.patterns).encode()
        good = self.chance.random() < 0.75

        def filled(match: re.Match[bytes]) -> bytes:
            if not good:
                return self._any()
            # What exists, more often than not: where nothing is, nothing is read.
            fitting = self.ids.get(match[0].strip(b"{}*"), b"")
            return fitting if fitting and self.chance.random() < 0.7 else self.chance.choice(self.known)

        return re.sub(rb"{\w+}|\*\w+", filled, pattern)

    def _query(self) -> bytes:
        if self.chance.random() < 0.5:
            return b""
        return b"&".join(self._pair() for _number in range(self.chance.randint(1, 4)))

    def _pair(self) -> bytes:
        name = self.chance.choice(self.fields) if self.chance.random() < 0.8 else self._any()
        value = self._any()
        if self.chance.random() < 0.8:
            value = quote_from_bytes(value).encode()
        return name + b"=" + value

    def _cookie(self, visitor: str) -> bytes:
        cookie = self.cookies[visitor]
        if self.chance.random() < 0.15:
            name = self.chance.choice((b"session", b"csrf", b"messages", b"theme", b"\xff"))
            cookie += b"; " + name + b"=" + self._any()
        return cookie

    def _body(self, visitor: str) -> tuple[bytes, bytes]:
        kind = self.chance.random()
        token = self.tokens[visitor] if self.chance.random() < 0.9 else self._any()
        if kind < 0.6:
            pairs = [b"csrf_token=" + token, *(self._pair() for _number in range(self.chance.randint(0, 8)))]
            return b"&".join(pairs), b"application/x-www-form-urlencoded"
        if kind < 0.8:
            return self._multipart(token), b"multipart/form-data; boundary=X"
        if kind < 0.95:
            types = (b"application/json", b"text/plain", b"application/x-www-form-urlencoded", b"", self._any())
            return self.chance.choice(JSONS), self.chance.choice(types)
        return self._any(), b"multipart/form-data; boundary=" + self._any()

    def _multipart(self, token: bytes) -> bytes:
        parts = [b'--X\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n' + token]
        for _number in range(self.chance.randint(0, 5)):
            name = self.chance.choice(self.fields) if self.chance.random() < 0.8 else self._any()
            head = b'Content-Disposition: form-data; name="' + name + b'"'
            if self.chance.random() < 0.2:
                head += b'; filename="' + self._any() + b'"'
            if self.chance.random() < 0.1:
                head += b"\r\nContent-Type: " + self.chance.choice((b"multipart/mixed; boundary=Y", self._any()))
            parts.append(b"--X\r\n" + head + b"\r\n\r\n" + self._any())
        whole = b"\r\n".join([*parts, b"--X--\r\n"])
        return whole if self.chance.random() < 0.8 else whole[: self.chance.randint(0, len(whole))]


@pytest.fixture
def junk(world: World, app: Any) -> Callable[[int], Junk]:
    """The maker of requests of one round."""
    routes = app.registry.getUtility(IRoutesMapper).get_routes(include_static=True)
    fields = {"page", "after", "next", "q", "v", "do", "folder", "person", "who", "from", "to"}
    fields |= {"kind", "in", "by", "since", "order"}
    browser = world.browsers["administrator"]
    for pattern, _row in every_row():
        page = browser.get(pattern.format(**world.ids), expect_errors=True)
        fields |= set(re.findall(r'<(?:input|select|textarea|button)[^>]* name="([^"]+)"', page.text))
    visitors = ("nobody", "viewer", "administrator")
    return lambda seed: Junk(
        chance=random.Random(seed),
        patterns=sorted("/" + route.pattern.lstrip("/") for route in routes),
        ids={name.encode(): uid.encode() for name, uid in world.ids.items()},
        known=[uid.encode() for uid in sorted(world.ids.values())] + [b"play.mp4", b"original", b"top"],
        fields=sorted(field.encode() for field in fields),
        cookies={name: cookies_of(world, name) for name in visitors},
        tokens={name: token_of(world.browsers[name]).encode() for name in visitors},
    )


def cookies_of(world: World, name: str) -> bytes:
    return b"; ".join(f"{key}={value}".encode() for key, value in sorted(world.browsers[name].cookies.items()))


def answer_to(app: Any, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    """What the application answers, asked as a server asks it."""
    begun: list[Any] = []
    body: Iterable[bytes] = app(environ, lambda status, headers, _info=None: begun.extend((status, headers)))
    try:
        whole = b"".join(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    return int(begun[0].split(" ", 1)[0]), begun[1], whole


def leads_away(name: str, value: str) -> bool:
    """Whether a header leads to another site, or has become two."""
    elsewhere = name == "Location" and not re.match(rf"(?:{re.escape(ADDRESS)})?/(?![/\\])", value)
    return elsewhere or bool(re.search(r"[\r\n\0]", value)) or (name == "Set-Cookie" and value.startswith("evil"))


@pytest.fixture(scope="module")
def answered() -> list[set[int]]:
    """The statuses of each round."""
    return []


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_junk_breaks_nothing_and_tells_nothing(
    seed: int,
    app: Any,
    junk: Callable[[int], Junk],
    installation: Installation,
    caplog: pytest.LogCaptureFixture,
    answered: list[set[int]],
) -> None:
    caplog.set_level(logging.ERROR)
    ours = str(installation.settings.media_root).encode()
    wrong, statuses = [], set()
    for asked in junk(seed).requests(EACH):
        status, headers, body = answer_to(app, asked.environ)
        statuses.add(status)
        given = {name.lower() for name, _value in headers}
        told = TELLS.search(body)
        if status >= 500 or told or ours in body or "x-content-type-options" not in given:
            wrong.append(f"{status} {told} for {asked}")
        if any(leads_away(name, value) for name, value in headers):
            wrong.append(f"{headers} for {asked}")
    assert wrong == []
    assert [record.getMessage() for record in caplog.records] == []
    assert statuses >= {200, 303, 400, 403, 404, 405}
    answered.append(statuses)
    if len(answered) == ROUNDS:
        assert any(422 in each for each in answered), "of all that was sent nothing got as far as a form's fields"
