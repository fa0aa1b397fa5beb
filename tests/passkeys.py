"""An authenticator in software (WebAuthn level 3, section 6): it makes passkeys and signs with them, rightly or not.

What a page's script would send comes out of `Authenticator.make` and `sign`; every part of it can be made otherwise.
"""
from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from webtest import TestApp

from tests.functional.visitors import token_of

PRESENT, VERIFIED, BACKED_UP, ATTESTED = 0x01, 0x04, 0x18, 0x40
ES256, EDDSA, RS256 = -7, -8, -257
WINDOWS_HELLO = bytes.fromhex("08987058cadc4b81b6e130de50dcbe96")


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Kept:
    """One passkey in the authenticator."""

    key: Any
    algorithm: int
    credential_id: bytes
    handle: bytes
    rp_id: str
    counter: int = 0


@dataclass
class Authenticator:
    """Makes and keeps passkeys. `flags` are what it says about each use; `step` how far its counter goes each time."""

    origin: str
    flags: int = PRESENT | VERIFIED
    step: int = 1
    algorithm: int = ES256
    aaguid: bytes = WINDOWS_HELLO
    kept: list[Kept] = field(default_factory=list)

    def make(
        self, options: dict[str, Any], *, client: dict[str, Any] | None = None, rp_id: str | None = None,
        attestation: str = "none", algorithm: int | None = None, credential_id: bytes | None = None,
        outside: dict[str, Any] | None = None, flags: int | None = None,
    ) -> dict[str, Any]:
        """The answer to options for a new passkey. `client`, `outside`: what the page and the browser say otherwise."""
        kept = Kept(
            _new_key(self.algorithm), algorithm if algorithm is not None else self.algorithm,
            credential_id or secrets.token_bytes(32), unb64(options["user"]["id"]), options["rp"]["id"],
        )
        self.kept.append(kept)
        named = struct.pack(">H", len(kept.credential_id)) + kept.credential_id
        attested = self.aaguid + named + cbor2.dumps(_cose(kept.key, kept.algorithm))
        said = self.flags if flags is None else flags
        data = _data(rp_id or kept.rp_id, said | ATTESTED, 0) + attested
        statement = {} if attestation == "none" else {"alg": kept.algorithm, "sig": b"x"}
        whole = cbor2.dumps({"fmt": attestation, "attStmt": statement, "authData": data})
        page = self._page("webauthn.create", options["challenge"], client)
        response = {"clientDataJSON": b64(page), "attestationObject": b64(whole), "transports": ["internal", "hybrid"]}
        return self._answer(kept.credential_id, response, outside)

    def sign(
        self, options: dict[str, Any], *, client: dict[str, Any] | None = None, rp_id: str | None = None,
        flags: int | None = None, counter: int | None = None, which: int = -1, handle: bytes | None = None,
        credential_id: bytes | None = None, spoil: bool = False, outside: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The answer to options for signing, with one of the passkeys."""
        kept = self.kept[which]
        kept.counter = kept.counter + self.step if counter is None else counter
        data = _data(rp_id or kept.rp_id, self.flags if flags is None else flags, kept.counter)
        page = self._page("webauthn.get", options["challenge"], client)
        signature = _signed(kept.key, data + hashlib.sha256(page).digest())
        response = {
            "clientDataJSON": b64(page),
            "authenticatorData": b64(data),
            "signature": b64(signature[:-1] + bytes([signature[-1] ^ 1]) if spoil else signature),
            "userHandle": b64(kept.handle if handle is None else handle),
        }
        return self._answer(credential_id or kept.credential_id, response, outside)

    def _page(self, kind: str, challenge: str, client: dict[str, Any] | None) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **(client or {})}
        return json.dumps(said).encode()

    @staticmethod
    def _answer(credential_id: bytes, response: dict[str, Any], outside: dict[str, Any] | None) -> dict[str, Any]:
        named = b64(credential_id)
        return {
            "id": named, "rawId": named, "type": "public-key", "response": response, "clientExtensionResults": {},
            **(outside or {}),
        }


def options_for(browser: TestApp, purpose: str, *, status: int = 200) -> Any:
    """What the page's script is told before it asks for a passkey: `options` and `ticket`."""
    address = "/account/passkeys/options" if purpose in ("add", "confirm") else "/login/passkey"
    sent = {"csrf_token": token_of(browser), "for": purpose}
    return browser.post(address, sent, headers={"Accept": "application/json"}, status=status).json


def add(
    browser: TestApp, authenticator: Authenticator, name: str = "Laptop", *, status: int = 200, **otherwise: Any
) -> Any:
    """Have a passkey made on the account page; answers what the page said."""
    asked = options_for(browser, "add")
    answer = authenticator.make(asked["options"], **otherwise)
    sent = {
        "csrf_token": token_of(browser), "do": "add", "name": name, "ticket": asked["ticket"],
        "passkey": json.dumps(answer),
    }
    return browser.post("/account/passkeys", sent, status=status)


def sign_in(browser: TestApp, asked: dict[str, Any], answer: dict[str, Any] | str, **more: Any) -> Any:
    """Send what a passkey signed from the sign-in page."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    sent = {"csrf_token": token_of(browser), "ticket": asked["ticket"], "passkey": text}
    return browser.post("/login", sent, expect_errors=True, **more)


def _new_key(algorithm: int) -> Any:
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == RS256:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def _cose(key: Any, algorithm: int) -> dict[int, Any]:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: algorithm, -1: 6, -2: key.public_key().public_bytes_raw()}
    numbers = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return {1: 3, 3: algorithm, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
    return {1: 2, 3: algorithm, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}


def _data(rp_id: str, flags: int, counter: int) -> bytes:
    return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, counter)


def _signed(key: Any, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), SHA256())
    return bytes(key.sign(data, ec.ECDSA(SHA256())))
