"""What is asked of browsers with passkeys, and whether their answers are right (WebAuthn level 3, 7.1 and 7.2).

The `webauthn` package does the checking. What it leaves to its caller is here: pages in frames of other sites, and
whose name the passkey carries. No database.
"""
from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from privmedia.accounts.challenges import Challenge
from privmedia.accounts.models import Passkey
from privmedia.accounts.relying_party import RelyingParty

ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
PLAIN_ATTESTATIONS = ("none", "packed")
"""None is asked for. What an authenticator signs for itself comes as packed; nothing else has to be looked at."""
WAIT = 120_000
"""Milliseconds that a browser gives somebody to find the passkey."""
LONGEST_ANSWER, LONGEST_ID, LONGEST_KEY = 20_000, 1023, 1200


class WrongAnswer(Exception):
    """What the browser sent is not what a passkey of this person would have signed. Says why, for the audit log."""


@dataclass(frozen=True)
class Answer:
    """An answer, taken apart and not yet believed."""

    credential_id: str
    handle: bytes | None
    whole: dict[str, Any]


@dataclass(frozen=True)
class Signed:
    """What a right answer says."""

    counter: int
    verified: bool
    """Whether the authenticator made sure that it is the person: by a PIN, a finger, a face."""
    backed_up: bool


@dataclass(frozen=True)
class Made:
    """A new passkey, as a right answer describes it."""

    credential_id: str
    public_key: bytes
    counter: int
    verified: bool
    backed_up: bool
    aaguid: str
    transports: str


def options_to_sign(
    party: RelyingParty, challenge: Challenge, *, of: Sequence[Passkey] = (), verified: bool
) -> dict[str, Any]:
    """For `navigator.credentials.get`: one of these passkeys, or whichever the browser has for this site."""
    need = UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge.value,
        timeout=WAIT,
        allow_credentials=[_described(each) for each in of],
        user_verification=need.REQUIRED if verified else need.PREFERRED,
    )
    return options_to_json_dict(options)


def options_to_make(
    party: RelyingParty, challenge: Challenge, *, library: str, email: str, name: str, handle: bytes,
    known: Iterable[Passkey],
) -> dict[str, Any]:
    """For `navigator.credentials.create`: one that the browser finds by itself, if it can, and none it has already."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=library,
        user_id=handle,
        user_name=email,
        user_display_name=name,
        challenge=challenge.value,
        timeout=WAIT,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[_described(each) for each in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json_dict(options)


def read_answer(text: str) -> Answer:
    """What a browser sent. Raises WrongAnswer for what is none."""
    if len(text) > LONGEST_ANSWER:
        raise WrongAnswer("the answer is too long")
    try:
        whole = json.loads(text)
        credential_id, handle = whole["id"], whole["response"].get("userHandle")
        if not 0 < len(base64url_to_bytes(credential_id)) <= LONGEST_ID:
            raise WrongAnswer("the answer names no passkey")
        return Answer(credential_id, base64url_to_bytes(handle) if handle else None, whole)
    except WrongAnswer:
        raise
    except Exception as error:  # whatever can be wrong with what anybody may send: none of it is a fault of ours
        raise WrongAnswer("the answer cannot be read") from error


def check_signed(party: RelyingParty, challenge: Challenge, answer: Answer, passkey: Passkey) -> Signed:
    """Whether this passkey signed this challenge on a page of ours. Raises WrongAnswer."""
    if answer.handle is not None and not hmac.compare_digest(answer.handle, base64url_to_bytes(passkey.handle)):
        raise WrongAnswer("the passkey carries another name")
    try:
        _require_own_page(answer)
        seen = webauthn.verify_authentication_response(
            credential=answer.whole,
            expected_challenge=challenge.value,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # the counter is compared where it is written
        )
    except Exception as error:  # as above: broken CBOR and keys raise what their readers please
        raise WrongAnswer(_why(error)) from error
    return Signed(seen.new_sign_count, seen.user_verified, seen.credential_backed_up)


def check_made(party: RelyingParty, challenge: Challenge, answer: Answer) -> Made:
    """The passkey that was made for this challenge on a page of ours. Raises WrongAnswer."""
    try:
        _require_own_page(answer)
        seen = webauthn.verify_registration_response(
            credential=answer.whole,
            expected_challenge=challenge.value,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception as error:  # as above
        raise WrongAnswer(_why(error)) from error
    if seen.fmt not in PLAIN_ATTESTATIONS:
        raise WrongAnswer(f"attestation {seen.fmt} was not asked for")
    if seen.credential_id != base64url_to_bytes(answer.credential_id) or len(seen.credential_public_key) > LONGEST_KEY:
        raise WrongAnswer("the passkey is not the one that it says")
    said = answer.whole["response"].get("transports")
    ways = [way for way in said if way in list(AuthenticatorTransport)] if isinstance(said, list) else []
    return Made(
        credential_id=bytes_to_base64url(seen.credential_id),
        public_key=seen.credential_public_key,
        counter=seen.sign_count,
        verified=seen.user_verified,
        backed_up=seen.credential_backed_up,
        aaguid=seen.aaguid,
        transports=",".join(dict.fromkeys(ways)),
    )


def _described(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    ways = [AuthenticatorTransport(way) for way in passkey.transports.split(",") if way]
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id), transports=ways or None)


def _require_own_page(answer: Answer) -> None:
    said = json.loads(base64url_to_bytes(answer.whole["response"]["clientDataJSON"]))
    if said.get("crossOrigin") or "topOrigin" in said:
        raise WrongAnswer("it was signed in a frame of another site")


def _why(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__
