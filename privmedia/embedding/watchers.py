"""Whoever watches by a player's token, as far as the gate, the log and the policy need to know them."""
from __future__ import annotations

from dataclasses import dataclass

from privmedia.accounts.nobody import Nobody
from privmedia.audit.service import NamedAuthor


@dataclass(frozen=True, kw_only=True)
class Watcher(Nobody):
    """One player in one page. It may get the files of one item that are watched, and nothing else anywhere.

    `person` is who signed in for it, by name and number; None for others. `label` is whom a site vouches for, and
    `site` how that is called here.
    """

    token_id: int
    embed_uid: str
    embed_name: str
    person: NamedAuthor | None
    site: str = ""
    label: str = ""

    @property
    def principal(self) -> str:
        return f"embed:{self.token_id}"

    @property
    def author(self) -> NamedAuthor:
        """Who did it, for the audit log: the person, by the player; whom a site vouches for; else the player alone."""
        person, name = self.person, f"Player “{self.embed_name}”"
        return NamedAuthor(
            name=person.name if person else named_by(self.site, self.label) if self.site else name,
            email=person.email if person else "",
            user_id=person.user_id if person else None,
            address=self.address,
            through=f"player {self.embed_uid}",
            request_id=self.request_id,
        )

    @property
    def known_as(self) -> tuple[object, ...]:
        """By which one process tells viewings apart."""
        return ("player", self.token_id)

    @property
    def viewing_name(self) -> str:
        """The same in the table of viewings."""
        return f"player {self.token_id}"


def named_by(site: str, label: str) -> str:
    """Somebody without an account, as the audit log has it: `user Jonas Bakke, says “Yard intranet”`."""
    return f"{label}, says “{site}”"
