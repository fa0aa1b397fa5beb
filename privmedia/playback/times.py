"""Times within a film or a recording, as people type them."""
from __future__ import annotations

import re

LONGEST = 100 * 3600.0
"""Seconds. Nothing in a library plays for more than four days."""
TIME = re.compile(r"\d{1,6}(:[0-5]?\d){0,2}(\.\d{1,3})?", re.ASCII)


def seconds(text: str) -> float | None:
    """`246`, `4:06` or `1:02:03.5` in seconds; None for anything else."""
    if not TIME.fullmatch(text):
        return None
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total if total <= LONGEST else None
