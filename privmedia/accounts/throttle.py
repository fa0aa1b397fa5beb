"""Slowing down whoever guesses passwords. Tries are counted before a password is looked at.

Three counts run beside each other, so that guessing is slow and yet nobody can lock somebody else out:
- of one account from one address: a few;
- of one address, whatever the account: more, because an office shares one;
- of one account from everywhere: many, and not counted where that person has signed in before.
"""
from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.accounts.models import Throttle
from privmedia.errors import Throttled
from privmedia.installation import Installation


@dataclass(frozen=True)
class Limit:
    """So many tries within a time; then none during the wait."""

    tries: int
    within: timedelta
    wait: timedelta


ACCOUNT_FROM_ADDRESS = Limit(5, timedelta(minutes=15), timedelta(minutes=5))
ADDRESS = Limit(30, timedelta(minutes=5), timedelta(minutes=5))
ACCOUNT = Limit(100, timedelta(hours=1), timedelta(minutes=15))
FORGOTTEN_AFTER = timedelta(hours=2)


class Throttling:
    """The counts of tries."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._now = installation.clock()

    def require_open(self, *, account: str, address: str, known_here: bool) -> None:
        """Raise Throttled while one of the limits is reached. Only looks."""
        self.require_none_reached(_limits(account, address, known_here=known_here))

    def admit(self, *, account: str, address: str, known_here: bool) -> int:
        """Count a try, before it is made; returns how many are left for this account from this address.

        Raises Throttled, and counts nothing, while one of the limits is reached.
        """
        counts = self.count(_limits(account, address, known_here=known_here))
        own = counts[_pair(account, address)]
        return max(0, ACCOUNT_FROM_ADDRESS.tries - own.failures)

    def require_none_reached(self, limits: Mapping[str, Limit]) -> None:
        """Raise Throttled while one of the limits, by their keys, is reached. Only looks."""
        self._require_open(self._session.scalars(select(Throttle.locked_until).where(Throttle.key.in_(limits))))

    def count(self, limits: Mapping[str, Limit]) -> dict[str, Throttle]:
        """Count a try under each key, before it is made. Raises Throttled, and counts nothing, as above."""
        self._session.execute(delete(Throttle).where(Throttle.since < self._now - FORGOTTEN_AFTER))
        counts = self._counts(limits)
        self._require_open(count.locked_until for count in counts.values())
        for key, limit in limits.items():
            count = counts[key]
            if count.locked_until is not None or count.since < self._now - limit.within:
                count.failures, count.since, count.locked_until = 0, self._now, None
            count.failures += 1
            if count.failures >= limit.tries:
                count.locked_until = self._now + limit.wait
        return counts

    def succeeded(self, *, account: str, address: str) -> None:
        """Take back a try that was right: it was no failure. Those of the account from here before it are forgotten."""
        limits = _limits(account, address, known_here=False)
        for key, count in self._counts(limits).items():
            count.failures = 0 if key == _pair(account, address) else max(0, count.failures - 1)
            if count.failures < limits[key].tries:
                count.locked_until = None

    def _require_open(self, locked_until: Iterable[datetime | None]) -> None:
        longest = max((until - self._now for until in locked_until if until is not None), default=timedelta(0))
        if longest > timedelta(0):
            raise Throttled(int(longest.total_seconds()) + 1)

    def _counts(self, keys: Collection[str]) -> dict[str, Throttle]:
        rows = [{"key": key, "failures": 0, "since": self._now} for key in sorted(keys)]
        insert = sqlite.insert if self._session.get_bind().dialect.name == "sqlite" else postgresql.insert
        self._session.execute(insert(Throttle).on_conflict_do_nothing(), rows)
        found = self._session.scalars(
            select(Throttle)
            .where(Throttle.key.in_(keys))
            .order_by(Throttle.key)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return {count.key: count for count in found}


def _limits(account: str, address: str, *, known_here: bool) -> dict[str, Limit]:
    limits = {_pair(account, address): ACCOUNT_FROM_ADDRESS}
    if address:
        limits[f"address:{network(address)}"] = ADDRESS
    if not known_here:
        limits[f"account:{hidden(account)}"] = ACCOUNT
    return limits


def _pair(account: str, address: str) -> str:
    return f"pair:{hidden(account)}:{network(address)}"


def hidden(account: str) -> str:
    """What stands for an account in a key: what is typed as an address is sometimes a password."""
    return hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def network(address: str) -> str:
    """What one guesser holds: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:45]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)).network_address)
