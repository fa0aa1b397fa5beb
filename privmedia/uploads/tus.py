"""The words of tus 1.0.0, the protocol for uploads that can be resumed: what its headers say, checked.

https://tus.io/protocols/resumable-upload
"""
from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from privmedia.errors import DomainError, Invalid
from privmedia.text import Sentence
from privmedia.text import mark as _

VERSION = "1.0.0"
EXTENSIONS = ("creation", "creation-with-upload", "termination", "expiration", "checksum")
ALGORITHMS = ("sha256", "sha1")
BYTES = "application/offset+octet-stream"
PART = 16 << 20
"""Bytes of one request at most where a front server keeps them until it has all: so much is sent again at worst."""
MISMATCH = 460
"""The status of bytes that are not those whose checksum was sent."""
NUMBER = re.compile(r"[0-9]{1,18}")
KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")

NO_NUMBER = _("“${header}” has to be a number of bytes.")
NO_LENGTH = _("Say in “Upload-Length” how long the file is. An upload of unknown length is not taken.")
NO_METADATA = _("“Upload-Metadata” cannot be read: it is pairs of a key and a value in Base64, with commas in between.")
NO_CHECKSUM = _("“Upload-Checksum” cannot be read: it is sha256 or sha1, a space, and the sum in Base64.")
OTHER_BYTES = _("Other bytes arrived than were sent: the checksum differs. Send this part again.")


class NotBytes(DomainError):
    """A part that does not come as plain bytes."""

    sentence = Sentence(_("A part is sent as “${type}”."), {"type": BYTES})


class Mismatch(DomainError):
    """The bytes of a part are not those whose checksum came with them."""

    sentence = OTHER_BYTES


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one request have to add up to."""

    algorithm: str
    expected: bytes

    def begin(self) -> Any:
        """What the bytes are given to as they come: `hashlib`'s."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def number(headers: Mapping[str, str], header: str) -> int:
    """A number of bytes. Raises Invalid if it is missing or none."""
    text = headers.get(header, "")
    if not NUMBER.fullmatch(text):
        raise Invalid(Sentence(NO_NUMBER, {"header": header}))
    return int(text)


def length(headers: Mapping[str, str]) -> int:
    """The length of the whole file. Raises Invalid for an upload of unknown length."""
    if "Upload-Defer-Length" in headers or "Upload-Length" not in headers:
        raise Invalid(NO_LENGTH)
    return number(headers, "Upload-Length")


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """What is said about the file. Raises Invalid for what is not in the form of the protocol."""
    found: dict[str, str] = {}
    for pair in filter(None, (pair.strip() for pair in headers.get("Upload-Metadata", "").split(","))):
        key, _space, value = pair.partition(" ")
        if not KEY.fullmatch(key) or key in found:
            raise Invalid(NO_METADATA)
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise Invalid(NO_METADATA) from None
    return found


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """The sum that came with a part, if any. Raises Invalid for one that cannot be used."""
    if "Upload-Checksum" not in headers:
        return None
    algorithm, _space, value = headers["Upload-Checksum"].strip().partition(" ")
    try:
        expected = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(NO_CHECKSUM) from None
    if algorithm not in ALGORITHMS or len(expected) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise Invalid(NO_CHECKSUM)
    return Checksum(algorithm, expected)
