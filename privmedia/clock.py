"""The time. Everything that asks for "now" asks here, so that one place can be faked."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

# Later than anything: what never ends has this end, so that one comparison is enough in SQL.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


def utcnow() -> datetime:
    """Now, in UTC, with its time zone."""
    return datetime.now(UTC)
