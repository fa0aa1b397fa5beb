"""The conversation with one identity provider: where to send people, and who came back. OpenID Connect, code flow."""
from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from privmedia.clock import Clock
from privmedia.provider_settings import LOOPBACK, Provider
from privmedia.providers.tokens import BadToken, Expected, UnknownKey, read_id_token, read_logout_token, require_again

log = logging.getLogger(__name__)
Found = TypeVar("Found")

CLIENTS = "provider_clients"
"""Where an application keeps them."""
TIMEOUT = (5, 10)
"""Seconds to connect, and to wait for an answer."""
KEPT_FOR = timedelta(hours=1)
ASKED_AGAIN = timedelta(minutes=1)
"""How soon, at most, new keys are asked for: a stranger's token must not make us ask without end."""
LEFT_ALONE = timedelta(seconds=10)
"""For how long one that did not answer is not asked: who waits for it meanwhile would keep others from their pages."""
LONGEST = 1 << 20
"""Bytes of what a provider may answer."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
GOOGLE = "https://accounts.google.com"
"""It takes `prompt=login` for an error (OpenID Connect Core 1.0 has it), and does not say so in its metadata."""
OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")


class Unreachable(Exception):
    """The provider does not answer, or not as one. The reason is for the log."""


class Refused(Exception):
    """The provider does not take the code, or its token is not for us. The reason is for the log."""


@dataclass(frozen=True)
class Person:
    """Whom the provider vouches for."""

    claims: Mapping[str, Any]
    id_token: str


@dataclass(frozen=True)
class _Known:
    metadata: Mapping[str, Any]
    keys: KeySet
    at: datetime


class Client:
    """One provider, as long as the process runs: what it says about itself is kept for an hour."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self.provider = provider
        self._clock = clock
        self._known: _Known | None = None
        self._down_at: datetime | None = None
        self._lock = threading.Lock()

    def begin(self, *, redirect_uri: str, state: str, nonce: str, verifier: str, again: bool = False) -> str:
        """The address at which people sign in; `again`: even who is signed in there. Raises Unreachable."""
        metadata = self._about().metadata
        more = _asked_again(self.provider.issuer, metadata) if again else {}
        address, _ = self._session(redirect_uri).create_authorization_url(
            metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier, **more
        )
        return str(address)

    def greet(self) -> None:
        """Ask what it says about itself, and for its keys. Raises Unreachable."""
        self._about()

    def requires_issuer(self) -> bool:
        """Whether the provider names itself in each answer (RFC 9207). Raises Unreachable."""
        return bool(self._about().metadata.get("authorization_response_iss_parameter_supported"))

    def finish(self, *, redirect_uri: str, code: str, nonce: str, verifier: str, again: bool = False) -> Person:
        """Who signed in, by the code that came back; `again`: just now. Raises Unreachable and Refused."""
        metadata = self._about().metadata
        with self._session(redirect_uri) as session:
            try:
                token = session.fetch_token(
                    metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier,
                    timeout=TIMEOUT, allow_redirects=False,
                )
                text = token.get("id_token")
                if not isinstance(text, str):
                    raise Refused("the answer has no ID token")
                claims = self._read(lambda keys, expected: read_id_token(text, keys, expected, nonce=nonce))
                if again:
                    require_again(claims, self._clock())
                return Person({**self._more(session, metadata, claims), **claims}, text)
            except BadToken as problem:
                raise Refused(f"ID token: {problem}") from None
            except AuthlibBaseError as problem:
                raise Refused(f"token endpoint: {problem.error}") from None
            except (requests.RequestException, ValueError) as problem:
                raise Unreachable(f"token endpoint: {type(problem).__name__}") from problem

    def logged_out(self, text: str) -> tuple[str, str]:
        """Subject and session that the provider has ended, by its logout token. Raises Unreachable and Refused."""
        try:
            return self._read(lambda keys, expected: read_logout_token(text, keys, expected))
        except BadToken as problem:
            raise Refused(f"logout token: {problem}") from None

    def way_out(self, *, id_token: str, back: str) -> str | None:
        """Where one signs out at the provider too; None if it has no such place. Raises Unreachable."""
        there = self._about().metadata.get("end_session_endpoint")
        if there is None:
            return None
        asked = {"id_token_hint": id_token, "client_id": self.provider.client_id, "post_logout_redirect_uri": back}
        return f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}"

    def _more(self, session: OAuth2Session, metadata: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
        """What the ID token leaves out, from where the provider tells about people, if that is the same person."""
        wanted = ("email", "name", self.provider.groups_claim)
        if "userinfo_endpoint" not in metadata or all(name in claims for name in wanted):
            return {}
        answer = session.get(metadata["userinfo_endpoint"], timeout=TIMEOUT, allow_redirects=False)
        more = _json(answer)
        if more.get("sub") != claims["sub"]:
            raise Refused("it tells about another person than it vouches for")
        return more

    def _read(self, read: Callable[[KeySet, Expected], Found]) -> Found:
        """Read a token; once more with the provider's newest keys if it is signed by an unknown one."""
        expected = Expected(self.provider.issuer, self.provider.client_id, self._clock())
        known = self._about()
        try:
            return read(known.keys, expected)
        except UnknownKey:
            newer = self._about(not_older_than=ASKED_AGAIN)
            if newer is known:
                raise
            return read(newer.keys, expected)

    def _about(self, not_older_than: timedelta = KEPT_FOR) -> _Known:
        with self._lock:
            now = self._clock()
            if self._known is None or not now - not_older_than < self._known.at <= now:
                if self._down_at is not None and now - LEFT_ALONE < self._down_at <= now:
                    raise Unreachable("it did not answer a moment ago")
                self._down_at = now
                self._known = self._ask(now)
                self._down_at = None
            return self._known

    def _ask(self, now: datetime) -> _Known:
        try:
            address = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            metadata = _fetched(address)
            if metadata.get("issuer") != self.provider.issuer:
                raise Unreachable(f"it calls itself {metadata.get('issuer')!r}, not {self.provider.issuer!r}")
            for name in (*ENDPOINTS, *(name for name in OPTIONAL if name in metadata)):
                if not _is_safe(metadata.get(name)):
                    raise Unreachable(f"its {name} is no address with https")
            keys = KeySet.import_key_set(_fetched(metadata["jwks_uri"]))  # type: ignore[arg-type] # it looks itself
        except requests.RequestException as problem:
            raise Unreachable(f"it does not answer: {type(problem).__name__}") from problem
        except (ValueError, KeyError, TypeError, JoseError) as problem:
            raise Unreachable(f"its answer cannot be read: {problem}") from problem
        return _Known(metadata, keys, now)

    def _session(self, redirect_uri: str) -> OAuth2Session:
        return OAuth2Session(
            self.provider.client_id, self.provider.client_secret, scope=self.provider.scope,
            redirect_uri=redirect_uri, code_challenge_method="S256",
        )


def _asked_again(issuer: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a provider ask who it is, even who is signed in there; if it cannot, at least as whom they go on."""
    prompts = metadata.get("prompt_values_supported")
    if issuer == GOOGLE or (isinstance(prompts, list) and "login" not in prompts):
        return {"prompt": "select_account"}
    return {"prompt": "login", "max_age": 0}


def _fetched(address: str) -> dict[str, Any]:
    """What stands there and nowhere else: a redirect could lead to what is not safe."""
    return _json(requests.get(address, timeout=TIMEOUT, allow_redirects=False))


def _json(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code != 200 or len(answer.content) > LONGEST:
        raise ValueError(f"status {answer.status_code}, {len(answer.content)} bytes")
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def _is_safe(address: object) -> bool:
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or parts.hostname in LOOPBACK)
