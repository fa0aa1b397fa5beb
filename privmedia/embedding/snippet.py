"""The code that people put into their page: correct as it stands."""
from __future__ import annotations

from dataclasses import dataclass
from html import escape

from privmedia.embedding.models import Embed
from privmedia.library.models import Item, Kind

NEUTRAL, NEUTRAL_SOUND = "Video", "Recording"
SOUND_HEIGHT = 160
ALLOWED = "autoplay; fullscreen; picture-in-picture; storage-access"
ORIGIN_ONLY = "strict-origin-when-cross-origin"
WITH_PATH = "no-referrer-when-downgrade"
"""For players whose maker chose to name pages. Some browsers tell the site alone all the same."""
SANDBOX = (
    "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox "
    "allow-storage-access-by-user-activation"
)


@dataclass(frozen=True)
class Snippet:
    """The code of one player. `shape` is the width and height of its picture in pixels; None for what is not known."""

    base_url: str
    embed: Embed
    item: Item
    shape: tuple[int, int] | None = None

    @property
    def title(self) -> str:
        """What all readers of the page find in its code."""
        if self.embed.names_title:
            return self.item.title
        return NEUTRAL_SOUND if self.is_sound else NEUTRAL

    @property
    def src(self) -> str:
        return f"{self.base_url}/embed/{self.embed.uid}"

    @property
    def link(self) -> str:
        """The page of the item, for whoever cannot watch in the page."""
        return f"{self.base_url}/m/{self.item.uid}"

    @property
    def is_sound(self) -> bool:
        return self.item.kind is Kind.AUDIO

    def size(self, most_wide: int | None = None, most_high: int | None = None) -> tuple[int, int]:
        """Width and height in pixels: as its maker chose, and no more than these."""
        width = min(self.embed.width, most_wide or self.embed.width)
        if self.is_sound:
            return width, min(SOUND_HEIGHT, most_high or SOUND_HEIGHT)
        wide, high = self._ratio
        height = max(1, round(width * high / wide))
        if most_high is not None and height > most_high:
            return max(1, round(most_high * wide / high)), most_high
        return width, height

    @property
    def _ratio(self) -> tuple[int, int]:
        return self.shape if self.shape and all(self.shape) else (16, 9)

    def iframe(self, most_wide: int | None = None, most_high: int | None = None) -> str:
        """The element alone. It is as wide as what it stands in, and keeps its shape."""
        width, height = self.size(most_wide, most_high)
        wide, high = self._ratio
        shape = "" if self.is_sound else f"aspect-ratio:{wide}/{high};"
        scaled = "width:100%;border:0" if self.is_sound else f"{shape}width:100%;height:auto;border:0"
        policy = WITH_PATH if self.embed.names_pages else ORIGIN_ONLY
        return (
            f'<iframe src="{escape(self.src)}" title="{escape(self.title)}"\n'
            f'  width="{width}" height="{height}" style="{scaled}"\n'
            f'  allow="{ALLOWED}" allowfullscreen\n'
            f'  loading="lazy" referrerpolicy="{policy}"></iframe>'
        )

    @property
    def code(self) -> str:
        """The element, and a link below it."""
        words = f"{self.title} (opens in privmedia)"
        return f'{self.iframe()}\n<p><a href="{escape(self.link)}">{escape(words)}</a></p>'
