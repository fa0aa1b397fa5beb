"""Which preparation comes first: what is soon done before what takes long. A smaller number is sooner."""
from __future__ import annotations

from privmedia.library.models import CONVERT, CONVERT_ANEW, PREPARE, STORYBOARD, STREAMS

WAITED_FOR = 60
"""Of what somebody has the page open for: after what takes seconds, before every other conversion."""
MOST_MINUTES = 400
"""Longer films are no less urgent: they would wait for ever where new ones keep coming."""
ANEW = 1000
"""Later by so much comes what is there and is made anew: it waits for all that is not there yet."""
FIRST = {PREPARE: 50, CONVERT: 100, STORYBOARD: 550, CONVERT_ANEW: ANEW + 100, STREAMS: 600}
BY_LENGTH = (CONVERT, CONVERT_ANEW, STREAMS)


def urgency(kind: str, seconds: float | None, *, anew: bool = False) -> int:
    """The priority of a job about a version of this length: that of its kind, and a minute later for each of film.

    `anew`: it was made before.
    """
    minutes = min(MOST_MINUTES, int((seconds or 0) / 60)) if kind in BY_LENGTH else 0
    return FIRST[kind] + minutes + (ANEW if anew else 0)
