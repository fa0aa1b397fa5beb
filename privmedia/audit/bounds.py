"""How many refusals a minute are written down, so that nobody fills the log or keeps the database busy with it."""
from __future__ import annotations

import ipaddress
import threading
from collections import Counter
from datetime import timedelta
from enum import Enum

from privmedia.clock import Clock

WINDOW = timedelta(minutes=1)
OF_A_NETWORK = 20
"""Refusals of one kind of people who are not signed in, from one network."""
OF_ALL_NETWORKS = 200
OF_A_PERSON = 300


class Listed(Enum):
    YES = "yes"
    LAST = "last"
    """Written down, with the remark that more of the same in this minute is not."""
    NO = "no"


class Bounds:
    """Counts in memory, in each process for itself, minute by minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until = clock()
        self._seen: Counter[str] = Counter()

    def of_person(self, user_id: int) -> Listed:
        """For a refusal of a signed-in person."""
        with self._lock:
            self._turn()
            return self._count(f"person {user_id}", OF_A_PERSON)

    def of_stranger(self, kind: str, address: str) -> Listed:
        """For a refusal of nobody known, by the network of the address."""
        with self._lock:
            self._turn()
            # Asked first: once all networks together have their share, no further one is remembered either.
            everywhere = self._count(f"all {kind}", OF_ALL_NETWORKS)
            return everywhere if everywhere is Listed.NO else self._count(f"{kind} {network(address)}", OF_A_NETWORK)

    def _turn(self) -> None:
        now = self._clock()
        if not self._until - WINDOW <= now < self._until:
            self._until = now + WINDOW
            self._seen.clear()

    def _count(self, key: str, limit: int) -> Listed:
        self._seen[key] += 1
        seen = self._seen[key]
        return Listed.NO if seen > limit else Listed.LAST if seen == limit else Listed.YES


def network(address: str) -> str:
    """The network an address belongs to: /24, or /64 for IPv6. What is no address stands for itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))
