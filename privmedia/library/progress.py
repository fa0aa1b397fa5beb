"""How far the preparation of a version is, over all the jobs it takes until it can be played."""
from __future__ import annotations

from collections.abc import Collection

from privmedia.jobs.service import Jobs
from privmedia.library.models import CONVERT, PREPARE

LOOKED_INTO = 0.15
"""Share of the whole that is done when a conversion begins: the file is known, and its pictures are made."""


def progress_of(jobs: Jobs, version_ids: Collection[int]) -> dict[int, float]:
    """By version, 0 to 1; those of which it cannot be told are missing."""
    converting = jobs.progress_of(CONVERT, version_ids)
    return {
        **jobs.progress_of(PREPARE, version_ids),
        **{version: LOOKED_INTO + (1 - LOOKED_INTO) * share for version, share in converting.items()},
    }
