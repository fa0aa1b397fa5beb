"""Principals: whom a rule speaks of. Written `user:7`, `group:3`, `everyone`; stored as one integer.

The number is what the gate's statement compares: `everyone` 0, a user id*4+1, a group id*4+2.
"""
from __future__ import annotations

from sqlalchemy import Dialect, Integer, TypeDecorator

EVERYONE = "everyone"
EVERYONE_NUMBER = 0
# A stored number is the id times STEP plus what it is.
STEP, USER, GROUP = 4, 1, 2
HIGHEST_ID = (2**31 - 1) // STEP - 1


def user(user_id: int) -> str:
    return f"user:{user_id}"


def group(group_id: int) -> str:
    return f"group:{group_id}"


def number(principal: str) -> int:
    """The stored number of a principal. Raises ValueError for anything that is none."""
    if principal == EVERYONE:
        return EVERYONE_NUMBER
    kind, _, digits = principal.partition(":")
    if kind not in ("user", "group") or not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        raise ValueError(f"{principal!r} is no principal")
    if int(digits) > HIGHEST_ID:
        raise ValueError(f"{principal!r} is beyond all ids")
    return int(digits) * STEP + (USER if kind == "user" else GROUP)


def name(stored: int) -> str:
    """The principal of a stored number."""
    if stored == EVERYONE_NUMBER:
        return EVERYONE
    return user(stored // STEP) if stored % STEP == USER else group(stored // STEP)


def id_of(principal: str) -> int | None:
    """The user's or group's id in a principal; None for everyone."""
    stored = number(principal)
    return None if stored == EVERYONE_NUMBER else stored // STEP


class PrincipalNumber(TypeDecorator[str]):
    """A principal in a column: text in Python, its number in the database."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else name(value)
