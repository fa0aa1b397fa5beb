"""What is said to somebody who tries in vain: how many tries are left, how long to wait."""
from __future__ import annotations

from privmedia.accounts.throttle import ACCOUNT_FROM_ADDRESS
from privmedia.text import Plural, Sentence

NOW = Plural("Now we wait ${count} minute.", "Now we wait ${count} minutes.")
AFTER = Plural(
    "After ${count} more try we wait ${minutes} minutes.", "After ${count} more tries we wait ${minutes} minutes."
)
WAIT = Plural("Wait ${count} minute, then try again.", "Wait ${count} minutes, then try again.")


def tries_left_in_words(tries: int) -> Sentence:
    minutes = int(ACCOUNT_FROM_ADDRESS.wait.total_seconds() // 60)
    return Sentence(AFTER if tries else NOW, {"count": tries or minutes, "minutes": minutes})


def wait_in_words(seconds: int) -> Sentence:
    return Sentence(WAIT, {"count": max(1, -(-seconds // 60))})
