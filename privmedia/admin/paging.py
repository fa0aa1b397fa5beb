"""Numbered pages of long lists."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyramid.request import Request


@dataclass(frozen=True)
class PageLinks:
    """What stands below a list: which of how many are shown, and the ways to the pages beside it."""

    first: int
    last: int
    count: int
    previous: str | None
    next: str | None


@dataclass(frozen=True)
class Pages:
    """A list cut into pages. `asked` may be beyond the last."""

    asked: int
    size: int
    count: int

    @property
    def number(self) -> int:
        """The page that is shown, from 1."""
        return min(self.asked, max(1, -(-self.count // self.size)))

    def links(self, address: Callable[[int], str]) -> PageLinks:
        """`address` makes the address of a page of that number."""
        before, after = self.number - 1, self.number + 1
        return PageLinks(
            first=min(before * self.size + 1, self.count),
            last=min(self.number * self.size, self.count),
            count=self.count,
            previous=address(before) if before else None,
            next=address(after) if self.number * self.size < self.count else None,
        )


def page_number(request: Request) -> int:
    """The page an address asks for; the first for what is no number."""
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
