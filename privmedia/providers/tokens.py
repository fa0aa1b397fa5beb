"""What an identity provider has signed: read only after signature, issuer, receiver and times were looked at.

OpenID Connect Core 1.0, section 3.1.3.7, and Back-Channel Logout 1.0, section 2.6. No network.
"""
from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a key of the provider's own. None by the shared secret, and never `none`."""
SKEW = timedelta(seconds=60)
"""By how much two clocks may differ."""
OLDEST = timedelta(minutes=10)
"""How long ago a token may have been made: it comes straight from the provider."""
LONGEST_CLAIM = 255
JUST_NOW = timedelta(minutes=5)
"""How long ago somebody may have signed in who was asked to do it again."""
LOGGED_OUT = "http://schemas.openid.net/event/backchannel-logout"


class BadToken(Exception):
    """What came is not what the provider may have signed for us. The reason is for the log."""


class UnknownKey(BadToken):
    """It is signed by a key that is not among the provider's: it may have a new one."""


@dataclass(frozen=True)
class Expected:
    """For whom tokens have to be, and by whom."""

    issuer: str
    client_id: str
    now: datetime


def read_id_token(text: str, keys: KeySet, expected: Expected, *, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that answers the request of this nonce. Raises BadToken."""
    claims = _signed(text, keys, expected)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise BadToken("the nonce is another")
    if not claims.get("exp"):
        raise BadToken("it never ends")
    _require_text(claims, "sub")
    return claims


def require_again(claims: Mapping[str, Any], now: datetime) -> None:
    """Raise BadToken if the provider says that the person signed in some time ago, and not just now.

    Some providers never say when (`auth_time` is optional in practice); these are believed.
    """
    at = claims.get("auth_time")
    if isinstance(at, int | float) and at < now.timestamp() - JUST_NOW.total_seconds():
        raise BadToken("the provider did not ask again who it is")


def read_logout_token(text: str, keys: KeySet, expected: Expected) -> tuple[str, str]:
    """Subject and session that a provider has ended; either may be empty. Raises BadToken."""
    claims = _signed(text, keys, expected)
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(LOGGED_OUT), Mapping):
        raise BadToken("it is no logout token")
    if "nonce" in claims:
        raise BadToken("a logout token has no nonce: it is an ID token")
    subject, sid = (claims.get(name, "") for name in ("sub", "sid"))
    if not isinstance(subject, str) or not isinstance(sid, str) or not (subject or sid):
        raise BadToken("it names neither a person nor a session")
    return subject, sid


def _signed(text: str, keys: KeySet, expected: Expected) -> dict[str, Any]:
    try:
        token = jwt.decode(text, keys, algorithms=list(ALGORITHMS))
    except InvalidKeyIdError as problem:
        raise UnknownKey(str(problem)) from None
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise BadToken(f"it cannot be read: {problem}") from None
    claims = token.claims
    if claims.get("iss") != expected.issuer:
        raise BadToken("another issuer made it")
    _require_receiver(claims, expected.client_id)
    _require_now(claims, expected.now)
    return dict(claims)


def _require_receiver(claims: Mapping[str, Any], client_id: str) -> None:
    receivers = claims.get("aud")
    receivers = [receivers] if isinstance(receivers, str) else receivers
    if not isinstance(receivers, list) or client_id not in receivers:
        raise BadToken("it is for somebody else")
    if claims.get("azp", client_id) != client_id or (len(receivers) > 1 and "azp" not in claims):
        raise BadToken("it was made for somebody else to use")


def _require_now(claims: Mapping[str, Any], now: datetime) -> None:
    for name in ("iat", "exp", "nbf"):
        value = claims.get(name)
        if value is None and name != "iat":
            continue
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise BadToken(f"its {name} is no time")
    at = now.timestamp()
    if claims["iat"] > at + SKEW.total_seconds() or claims.get("nbf", 0) > at + SKEW.total_seconds():
        raise BadToken("it is from the future; compare the clocks")
    if claims["iat"] < at - OLDEST.total_seconds():
        raise BadToken("it is too old; compare the clocks")
    if claims.get("exp", at) < at - SKEW.total_seconds():
        raise BadToken("it has expired; compare the clocks")


def _require_text(claims: Mapping[str, Any], name: str) -> None:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_CLAIM:
        raise BadToken(f"its {name} cannot be used")
