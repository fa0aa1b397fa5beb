"""What is said to somebody who tries in vain: how many tries are left, how long to wait."""
from __future__ import annotations

from typing import Any

from privmedia.accounts.throttle import ACCOUNT_FROM_ADDRESS
from privmedia.web.i18n import _


def tries_left_in_words(tries: int) -> Any:
    mapping = {"tries": tries, "minutes": int(ACCOUNT_FROM_ADDRESS.wait.total_seconds() // 60)}
    if tries == 0:
        return _("Now we wait ${minutes} minutes.", mapping=mapping)
    if tries == 1:
        return _("After 1 more try we wait ${minutes} minutes.", mapping=mapping)
    return _("After ${tries} more tries we wait ${minutes} minutes.", mapping=mapping)


def wait_in_words(seconds: int) -> Any:
    minutes = max(1, -(-seconds // 60))
    if minutes == 1:
        return _("Wait 1 minute, then try again.")
    return _("Wait ${minutes} minutes, then try again.", mapping={"minutes": minutes})
