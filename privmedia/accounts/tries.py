"""What is said to somebody who tries in vain: how many tries are left, how long to wait."""
from __future__ import annotations

from pyramid.request import Request

from privmedia.accounts.throttle import ACCOUNT_FROM_ADDRESS
from privmedia.errors import Throttled
from privmedia.text import Plural, Sentence
from privmedia.text import mark as _

NOW = Plural("Now we wait ${count} minute.", "Now we wait ${count} minutes.")
AFTER = Plural(
    "After ${count} more try we wait ${minutes} minutes.", "After ${count} more tries we wait ${minutes} minutes."
)
WAIT = Plural("Wait ${count} minute, then try again.", "Wait ${count} minutes, then try again.")


def tries_left_in_words(tries: int) -> Sentence:
    minutes = int(ACCOUNT_FROM_ADDRESS.wait.total_seconds() // 60)
    return Sentence(AFTER if tries else NOW, {"count": tries or minutes, "minutes": minutes})


def too_many_tries(request: Request, slowed: Throttled) -> tuple[str, Sentence]:
    """What happened, and what comes next. The answer says it too: 429, and how long."""
    request.response.status_int = 429
    request.response.headers["Retry-After"] = str(slowed.retry_after)
    return _("Too many tries."), Sentence(WAIT, {"count": max(1, -(-slowed.retry_after // 60))})
