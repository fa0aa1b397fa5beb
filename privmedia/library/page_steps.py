"""Working on the pages of a document some at a time, so that a page which breaks the decoder costs no other."""
from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from privmedia.media import Damaged, TookTooLong

log = logging.getLogger(__name__)

MOST_FAILURES = 16
"""Each starts the decoder in vain. To find one page among ten takes four of them."""


def in_steps(numbers: Sequence[int], at_once: int, do: Callable[[Sequence[int]], None]) -> None:
    """Call `do` for all pages, some at a time; where it raises Damaged or TookTooLong, for ever fewer of them.

    Of a document that goes on failing the rest is left out.
    """
    waiting = [numbers[start : start + at_once] for start in range(0, len(numbers), at_once)][::-1]
    failures = 0
    while waiting and failures < MOST_FAILURES:
        some = waiting.pop()
        try:
            do(some)
        except (Damaged, TookTooLong):
            failures += 1
            log.info("pages %s to %s break the decoder", some[0], some[-1], exc_info=True)
            half = len(some) // 2
            if half:
                waiting += [some[half:], some[:half]]
