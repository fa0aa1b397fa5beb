"""A player as the page shows it on which it is made: with a look that is not saved, or as who may not watch sees it."""
from __future__ import annotations

import math
from collections.abc import Mapping

from privmedia.embedding.models import Embed
from privmedia.playback.times import LONGEST

PREVIEWS = ("ask", "denied", "unsigned")
"""Screens that it can be seen with."""
LOOK = "look"
"""In the address of a frame that has a look of its own."""
SWITCHES = ("autoplay", "loop", "captions")


def look_query(embed: Embed) -> dict[str, str]:
    """What is put into the address of the frame for this look."""
    return {LOOK: "1", "start": f"{embed.start:g}", **{name: "1" for name in SWITCHES if getattr(embed, name)}}


def look_in(query: Mapping[str, str], embed: Embed) -> Embed:
    """The player with the look that an address names; as it is kept if that names none."""
    if LOOK not in query:
        return embed
    try:
        start = float(query.get("start", "0"))
    except ValueError:
        start = 0.0
    start = min(max(0.0, start), LONGEST) if math.isfinite(start) else 0.0
    return Embed(uid=embed.uid, start=start, **{name: name in query for name in SWITCHES})
