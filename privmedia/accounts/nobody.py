"""Callers without an account: who came by a share link, and a player in a page of another site."""
from __future__ import annotations

from dataclasses import dataclass

from privmedia.scopes import Scope


@dataclass(frozen=True, kw_only=True)
class Nobody:
    """May do at one file what the gate found, and nothing else anywhere."""

    address: str = ""
    request_id: str = ""

    # What the security policy asks of every caller.
    user_id: int = 0
    is_admin: bool = False
    looks_only: bool = False
    scopes: frozenset[Scope] | None = None

    @property
    def principal(self) -> str:
        """What stands for it in the `__acl__` of one file. No rule can speak of it."""
        raise NotImplementedError

    @property
    def principals(self) -> frozenset[str]:
        return frozenset({self.principal})
