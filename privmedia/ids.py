"""Public ids: short, unguessable, safe in addresses and in file names."""
from __future__ import annotations

import re
import secrets

# Crockford's base 32 in lower case: no i, l, o, u to misread or to spell words with.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16  # 80 bits

PATTERN = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")


def new_uid() -> str:
    """A fresh public id of 16 characters (80 random bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def new_token() -> str:
    """A fresh secret of 43 URL-safe characters (256 random bits), for cookies and one-time links."""
    return secrets.token_urlsafe(32)


def is_uid(text: str) -> bool:
    """Whether `text` has the shape of a public id."""
    return PATTERN.fullmatch(text) is not None
