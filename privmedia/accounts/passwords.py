"""Passwords: how they are kept, and which are refused.

A stored hash is `v1$` and bcrypt's own text. bcrypt reads no more than 72 bytes, so what it is given is a digest of the
password, which has always 64: every letter of a long password counts. The digest is keyed by a constant, so that hashes
stolen elsewhere cannot be tried against ours without knowing the passwords.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bcrypt
from zxcvbn import zxcvbn

from privmedia.errors import Invalid, Unavailable
from privmedia.ids import ALPHABET
from privmedia.text import Sentence
from privmedia.text import mark as _

SCHEME = "v1$"
SHORTEST, LONGEST = 8, 1000  # characters
WEAKEST = 2  # of zxcvbn's 0 to 4: a million guesses are not enough
SHORT = _("That is too short. Use ${count} characters or more.")
LONG = _("That is too long. Use ${count} characters or fewer.")
KNOWN = _("It is little more than a name that everybody knows.")
LEAKED = _("This one is in a list of leaked passwords.")
WEAK = _("It would be guessed soon.")
ADVICE = _("Try three or four unrelated words.")
GOOD, STRONG = _("Good enough."), _("Strong.")
# What zxcvbn says; of a list of passwords we say it shorter.
WARNINGS = (
    _("A word by itself is easy to guess."),
    _("Common names and surnames are easy to guess."),
    _("Dates are often easy to guess."),
    _("Names and surnames by themselves are easy to guess."),
    _("Recent years are easy to guess."),
    _('Repeats like "aaa" are easy to guess.'),
    _('Repeats like "abcabcabc" are only slightly harder to guess than "abc".'),
    _('Sequences like "abc" or "6543" are easy to guess.'),
    _("Short keyboard patterns are easy to guess."),
    _("Straight rows of keys are easy to guess."),
)
_DOMAIN = b"privmedia password v1"
_NEW_LETTERS = 5  # that a password has to add to the names its owner goes by
_READ_BY_ZXCVBN = 72  # characters; its time grows with the square, and it refuses more

# bcrypt keeps a core busy. A flood of sign-ins may neither take all cores nor, by waiting, all threads of a worker.
_CORES = max(1, (os.cpu_count() or 1) // 2)
_AT_WORK = threading.BoundedSemaphore(_CORES)
_PLACES = threading.BoundedSemaphore(_CORES + 1)
# zxcvbn keeps the caller's own words in a table of its module.
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def place() -> Iterator[None]:
    """A place among those who have a password hashed. Take it before anything is written for a try.

    Raises Unavailable, at once and at no cost, while too many others wait.
    """
    if not _PLACES.acquire(blocking=False):
        raise Unavailable("Many people are signing in right now. Try again in a moment.")
    try:
        yield
    finally:
        _PLACES.release()


def hash_password(password: str, *, rounds: int) -> str:
    """The text to store for a password. Takes bcrypt's time."""
    with _AT_WORK:
        return SCHEME + bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds)).decode("ascii")


def verify(password: str, stored: str | None, *, rounds: int) -> bool:
    """Whether `password` is the one that was stored; for an account without one, False after the same work."""
    known = stored if stored is not None and stored.startswith(SCHEME) else _nobodys(rounds)
    with _AT_WORK:
        matches = bcrypt.checkpw(_digest(password), known.removeprefix(SCHEME).encode("ascii"))
    return matches and known is stored


def needs_rehash(stored: str, *, rounds: int) -> bool:
    """Whether the stored hash was made with less work than the settings ask for now."""
    match = re.match(r"v1\$\$2b\$(\d\d)\$", stored)
    return match is None or int(match[1]) < rounds


def new_hash(password: str, *, words: Iterable[str] = (), rounds: int, field: str = "password") -> str:
    """The text to store for a newly chosen password. Raises Invalid for one that is too short or easily guessed.

    `words` are what a guesser would try first: name, address, organisation. Raises Unavailable as `place` does.
    """
    require_strength(password, words, field=field)
    with place():
        return hash_password(password, rounds=rounds)


@dataclass(frozen=True)
class Strength:
    """How good a password is: 0 to 4, of which 2 is enough, and in words."""

    score: int
    sentence: Sentence

    @property
    def is_enough(self) -> bool:
        return self.score >= WEAKEST


def require_strength(password: str, words: Iterable[str] = (), *, field: str = "password") -> None:
    """Raise Invalid, with the sentence to show, unless the password is long and unusual enough."""
    strength = judge(password, words)
    if not strength.is_enough:
        raise Invalid(strength.sentence, field)


def judge(password: str, words: Iterable[str] = ()) -> Strength:
    """How good a password is. `words` are what its owner goes by."""
    if len(password) < SHORTEST:
        return Strength(0, Sentence(SHORT, {"count": SHORTEST}))
    if len(password) > LONGEST:
        return Strength(0, Sentence(LONG, {"count": LONGEST}))
    text = _normal(password)
    known = {part for word in (*words, "privmedia") for part in re.split(r"[\W_]+", word.lower()) if len(part) > 2}
    if len(_without(known, text.lower())) < _NEW_LETTERS:
        return Strength(0, _with_advice(KNOWN))
    with _ONE_AT_A_TIME:
        judged = zxcvbn(text[:_READ_BY_ZXCVBN], user_inputs=sorted(known))
    score: int = judged["score"]
    if score >= WEAKEST:
        return Strength(score, Sentence(GOOD if score == WEAKEST else STRONG))
    warning: str = judged["feedback"]["warning"]
    reason = LEAKED if warning.startswith("This is ") else warning if warning in WARNINGS else WEAK
    return Strength(score, _with_advice(reason))


def generated() -> str:
    """A password to be told to somebody: four groups of four letters and digits (80 random bits)."""
    return "-".join("".join(secrets.choice(ALPHABET) for _letter in range(4)) for _group in range(4))


def _with_advice(reason: str) -> Sentence:
    return Sentence(_("${reason} ${advice}"), {"reason": Sentence(reason), "advice": Sentence(ADVICE)})


def _digest(password: str) -> bytes:
    text = _normal(password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(_DOMAIN, text, hashlib.sha384))


def _without(words: Iterable[str], text: str) -> str:
    """The letters and digits that are left when the words are taken out, the longest first."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ")
    return "".join(letter for letter in text if letter.isalnum() or not letter.isascii())


def _normal(password: str) -> str:
    # The same letter typed on two systems may be one code point or two.
    return unicodedata.normalize("NFC", password)


def _nobodys(rounds: int) -> str:
    """The shape of a hash that no password has, at the cost all others have."""
    return f"{SCHEME}$2b${rounds:02}${'.' * 53}"
