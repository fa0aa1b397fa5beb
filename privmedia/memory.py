"""When Python looks for objects that refer to each other in circles."""
from __future__ import annotations

import gc

THRESHOLDS = (5_000, 20, 50)
"""New objects before the youngest are looked through; how many such looks before the middle ones, and before all."""


def collect_seldom() -> None:
    """Call it once all is made that lives as long as the process: what is there now is looked at no more.

    With Python's own thresholds ten looks fall into each page, and every twentieth page waits 20 ms for a look through
    all there is.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
