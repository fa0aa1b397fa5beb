"""Whoever came by a link, as far as the gate, the log and the policy need to know them. Nobody's account."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from privmedia.accounts.nobody import Nobody
from privmedia.audit.service import NamedAuthor


@dataclass(frozen=True, kw_only=True)
class Visitor(Nobody):
    """A browser in which a link was opened. It may do what the link may do at one item, and nothing else anywhere."""

    visit_id: int
    link_id: int
    link_uid: str
    link_name: str
    maker_name: str
    last_used_at: datetime | None = None
    """When the link was used last, as far as it was noted."""

    @property
    def principal(self) -> str:
        return f"link:{self.link_id}"

    @property
    def author(self) -> NamedAuthor:
        """Who did it, for the audit log: the link, by the name its maker gave it."""
        return NamedAuthor(
            name=f"Link “{self.link_name}”",
            address=self.address,
            through=through(self.link_uid, self.maker_name),
            request_id=self.request_id,
        )

    @property
    def known_as(self) -> tuple[object, ...]:
        """By which one process tells viewings apart."""
        return ("visit", self.visit_id)

    @property
    def viewing_name(self) -> str:
        """The same in the table of viewings."""
        return f"link visit {self.visit_id}"


def through(link_uid: str, maker_name: str) -> str:
    """What the log says stood between a visitor and what was done."""
    return f"link {link_uid} of {maker_name}"
