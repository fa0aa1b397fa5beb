"""What the server of a site says and signs, so that one of its people may watch: the words, their order, the signature.

    privmedia-embed-v1
    <id of the key>
    <id of the item>
    user                    or: group
    <who it is, as the site calls them>
    <until when, in seconds since 1970>
    <what it never says again>

These seven lines, with one line feed between two and none at the end, in UTF-8, are signed by HMAC-SHA256 with the
secret of the key as it was shown; the signature is written in 64 hexadecimal digits. Nothing in a statement chooses how
it is checked: the first line is what there is, and another one would be another function here.
"""
from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from privmedia.ids import is_uid
from privmedia.text import clean_line

FIRST_LINE = "privmedia-embed-v1"
USER, GROUP = "user", "group"
FIELDS = frozenset({"key", "item", "expires", "nonce", "signature"})
"""What stands in every statement; beside them one of `user` and `group`."""
LONGEST_LABEL = 120
SECONDS = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
NO_TEXT = ("Cc", "Cs", "Zl", "Zp")
"""A label with a line of its own would be another statement; one with half a character cannot be written."""
SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Statement:
    """What a site says: that somebody, whom it knows, may watch an item, until a time. Not yet believed."""

    key: str
    item: str
    kind: str
    label: str
    expires: int
    nonce: str
    signature: str

    @property
    def signed_text(self) -> str:
        """What is signed."""
        said = (FIRST_LINE, self.key, self.item, self.kind, self.label, str(self.expires), self.nonce)
        return "\n".join(said)

    @property
    def until(self) -> datetime:
        return datetime.fromtimestamp(self.expires, UTC)

    @property
    def named(self) -> str:
        """Who it is for, as it is kept: `user Jonas Bakke`, without what turns or hides its letters."""
        return f"{self.kind} {clean_line(self.label)}"

    def is_signed_with(self, secret: str) -> bool:
        """Whether the signature is that of this secret, over these very words."""
        return hmac.compare_digest(self.signature, signature_of(self.signed_text, secret))


def signature_of(text: str, secret: str) -> str:
    """The signature of a text: HMAC-SHA256 in hexadecimal digits."""
    return hmac.new(secret.encode("ascii"), text.encode(), hashlib.sha256).hexdigest()


def read(said: Any) -> Statement | None:
    """The statement that a frame passes on; None for anything that is none, has something missing, twice, or beside it.
    """
    if not isinstance(said, Mapping) or not all(isinstance(value, str) for value in said.values()):
        return None
    kinds = [kind for kind in (USER, GROUP) if kind in said]
    if len(kinds) != 1 or set(said) != FIELDS | set(kinds):
        return None
    label = said[kinds[0]]
    shaped = (
        is_uid(said["key"])
        and is_uid(said["item"])
        and len(label) <= LONGEST_LABEL
        and clean_line(label)
        and not any(unicodedata.category(character) in NO_TEXT for character in label)
        and SECONDS.fullmatch(said["expires"])
        and NONCE.fullmatch(said["nonce"])
        and SIGNATURE.fullmatch(said["signature"])
    )
    if not shaped:
        return None
    return Statement(
        said["key"], said["item"], kinds[0], label, int(said["expires"]), said["nonce"], said["signature"]
    )
