"""Keys with which the servers of sites vouch for their people: made, listed, removed; and whether a word counts."""
from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.embedding.models import Embed, EmbedSiteKey, SiteKey, SpentNonce
from privmedia.embedding.sites import read_sites
from privmedia.embedding.standing import Standing
from privmedia.embedding.statements import Statement
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid, new_token, new_uid
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.origins import is_listed
from privmedia.text import Sentence
from privmedia.text import mark as _

PREFIX = "pms_"
"""By which people, and programs that look for lost keys, know the secret of one."""
LONGEST_NAME = 120
MOST = 50
MOST_SITES = 20
SKEW = timedelta(minutes=2)
"""By how much the clock of a site's server may be wrong, in either direction."""

NO_NAME = _("Say whose key it is: a name to know it by.")
NO_SITES = _("Name the sites whose server has the key, such as https://intranet.example.com.")
TOO_MANY_SITES = _("20 sites are the most.")
ENOUGH = _("There are ${count} keys already. Remove one first.")
TAKEN = _("There is a key of this name already.")
NO_KEY = _("There is no such key.")
FORBIDDEN = _("Players that go by the word of a site are forbidden: privmedia.embed_signed.")


class Refusal(StrEnum):
    """Why a site's word does not count. Before its signature is known to be right, nothing more is said than that."""

    PLAYER = "player"
    """The player goes by no site's word, or cannot play now."""
    SIGNATURE = "signature"
    """No statement, another key than the player's, or other words than were signed."""
    ITEM = "item"
    SITE = "site"
    """The browser tells of a page around the player that is none of the key's sites."""
    EXPIRED = "expired"
    TOO_LONG = "too long"
    """It would count for longer than is allowed."""
    USED = "used"


class SiteKeys:
    """The keys. Making and removing one writes one line into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._settings = installation.settings
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def all(self) -> Sequence[SiteKey]:
        """Every key, by name."""
        return self._session.scalars(select(SiteKey).order_by(func.lower(SiteKey.name), SiteKey.id)).all()

    def players(self) -> dict[int, int]:
        """How many players go by each key, by its number."""
        counted = select(EmbedSiteKey.key_id, func.count()).join(Embed).where(Embed.removed_at.is_(None))
        rows = self._session.execute(counted.group_by(EmbedSiteKey.key_id)).all()
        return {row[0]: row[1] for row in rows}

    def find(self, uid: str) -> SiteKey:
        """The key of a public id. Raises NotFound."""
        found = self._session.scalar(select(SiteKey).where(SiteKey.uid == uid)) if is_uid(uid) else None
        if found is None:
            raise NotFound(NO_KEY)
        return found

    def add(self, *, name: str, sites: str, by: Author = COMMAND_LINE) -> tuple[SiteKey, str]:
        """A new key and its secret, which is said this once. Raises Invalid for what cannot be, and for too many."""
        if self._settings.embed_signed != "allowed":
            raise Conflict(FORBIDDEN)
        line = required_line(name, field="name", missing=NO_NAME, longest=LONGEST_NAME)
        origins = read_sites(sites)
        if not origins:
            raise Invalid(NO_SITES, "sites")
        if len(origins) > MOST_SITES:
            raise Invalid(TOO_MANY_SITES, "sites")
        there = self.all()
        if len(there) >= MOST:
            raise Invalid(Sentence(ENOUGH, {"count": MOST}), "name")
        if line in [key.name for key in there]:
            raise Invalid(TAKEN, "name")
        key = SiteKey(
            uid=new_uid(),
            name=line,
            sites="\n".join(origins),
            salt=new_token(),
            made_by=by.name[:120],
            created_at=self._now,
        )
        self._session.add(key)
        self._session.flush()
        self._audit.record("site-key.add", identity=by, target=key.name, detail=_told(key))
        return key, self.secret(key)

    def remove(self, *, uid: str, by: Author = COMMAND_LINE) -> SiteKey:
        """What is signed with it counts no more, and whoever watches by that gets nothing more. Raises NotFound."""
        key = self.find(uid)
        self._audit.record("site-key.remove", identity=by, target=key.name, detail=_told(key))
        # What hangs on it goes with it: tokens and nonces. Its players stay, and appear nowhere.
        self._session.execute(delete(SiteKey).where(SiteKey.id == key.id))
        self._session.flush()
        return key

    def secret(self, key: SiteKey) -> str:
        """What the key's site signs with. Whoever has the database alone cannot say it."""
        text = f"site key\0{key.uid}\0{key.salt}".encode()
        return PREFIX + hmac.new(self._settings.secret.encode(), text, hashlib.sha256).hexdigest()

    def refusal(self, standing: Standing, statement: Statement | None, ancestors: Iterable[str]) -> Refusal | None:
        """Why this word does not let somebody watch by a player; None if it does, and then it never will again.

        `ancestors`: the sites around the frame, where its browser told them. Tests come in this order: a signature
        before all that it covers, the nonce last, so that nothing but a good statement uses one up.
        """
        key = standing.embed.key
        if key is None or not standing.is_signed:
            return Refusal.PLAYER
        if statement is None or statement.key != key.uid or not statement.is_signed_with(self.secret(key)):
            return Refusal.SIGNATURE
        checks: tuple[tuple[Refusal, Callable[[], bool]], ...] = (
            (Refusal.ITEM, lambda: statement.item == standing.item.uid),
            (Refusal.SITE, lambda: all(is_listed(site, key.sites.split()) for site in ancestors)),
            (Refusal.EXPIRED, lambda: self._now < statement.until + SKEW),
            (Refusal.TOO_LONG, lambda: statement.until <= self._now + self.longest + SKEW),
            (Refusal.USED, lambda: self._spend(key, statement)),
        )
        found = next((refusal for refusal, holds in checks if not holds()), None)
        if found is None:
            self._session.execute(update(SiteKey).where(SiteKey.id == key.id).values(last_used_at=self._now))
        return found

    @property
    def longest(self) -> timedelta:
        """For how long a word may count, from now on."""
        return timedelta(hours=self._settings.embed_signed_hours)

    def _spend(self, key: SiteKey, statement: Statement) -> bool:
        """Whether this is the first time; of several at once one is told so."""
        # The same word in both databases, and in neither of SQLAlchemy's own.
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        row = {"key_id": key.id, "nonce": statement.nonce, "expires_at": statement.until + SKEW}
        spent: Any = insert(SpentNonce).values(row)
        first = spent.on_conflict_do_nothing().returning(SpentNonce.nonce)
        return self._session.execute(first).first() is not None


def _told(key: SiteKey) -> dict[str, object]:
    """What the log keeps of a key."""
    return {"id": key.uid, "sites": ", ".join(key.sites.split())}
