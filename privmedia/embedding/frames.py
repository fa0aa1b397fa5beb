"""How a player in a page of another site comes to play, where browsers keep the session's cookie from it.

The frame begins a flow and alone knows its secret. A window of ours, opened by a click, is where people are signed in;
it hands a code to the frame, good once and for a minute. Code and secret together are exchanged for a token that stands
in the addresses of the files, and for another by which it is renewed. Every one of them is kept as a hash.
"""
from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from privmedia.access.decision import Decision
from privmedia.access.permissions import Permission
from privmedia.access.visible import bits_for
from privmedia.accounts.duty import is_free
from privmedia.accounts.identity import TOKEN, token_hash
from privmedia.accounts.models import SignIn, User
from privmedia.db import writing
from privmedia.embedding.models import Embed, EmbedFlow, EmbedKey, EmbedToken, SpentNonce
from privmedia.embedding.pages import Pages
from privmedia.embedding.service import Embeds
from privmedia.embedding.site_keys import SKEW, Refusal, SiteKeys
from privmedia.embedding.standing import Standing
from privmedia.embedding.statements import Statement
from privmedia.embedding.tokens import live_tokens
from privmedia.errors import NotFound
from privmedia.ids import is_uid, new_token, new_uid
from privmedia.installation import Installation
from privmedia.sharing.standing import GUEST

FLOW_LASTS = timedelta(minutes=30)
CODE_LASTS = timedelta(seconds=60)
TOKEN_LASTS = timedelta(minutes=10)
"""After this long without a heartbeat a player is over."""
TOKEN_ENDS = timedelta(hours=12)
KEY_LASTS = timedelta(hours=12)
COUNTS_FROM = 5.0
"""Seconds of play from which on somebody has watched."""
LONGEST_PLAYED = TOKEN_ENDS.total_seconds()


@dataclass(frozen=True)
class Begun:
    """A flow: its public number, and the secret that only the frame is told."""

    flow: str
    secret: str


@dataclass(frozen=True)
class Started:
    """A player may play. `user_id` is None where nobody signed in; `key` is what its browser keeps, if anything; and
    `label` is whom a site vouches for.
    """

    token: str
    renew: str
    user_id: int | None
    key: str | None = None
    label: str = ""


class Frames:
    """The steps of the flow. Whoever calls has made sure that the request comes from a page of ours."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._pages = Pages(session, installation)
        self._embeds = Embeds(session, installation)
        self._keys = SiteKeys(session, installation)
        self._now = installation.clock()

    def standing(self, uid: str) -> Standing | None:
        """The player of an address, while there is something to watch; None otherwise."""
        try:
            found = self._embeds.find(uid)
        except NotFound:
            return None
        return found if found.exists else None

    def begin(self, standing: Standing, *, ancestors: str, page_id: int | None) -> Begun:
        """A flow for a frame in which nobody is known to be signed in."""
        begun = Begun(new_uid(), new_token())
        self._session.add(
            EmbedFlow(
                uid=begun.flow,
                embed_id=standing.embed.id,
                secret_hash=token_hash(begun.secret),
                ancestors=ancestors,
                page_id=page_id,
                expires_at=self._now + FLOW_LASTS,
            )
        )
        self._session.flush()
        return begun

    def flow(self, standing: Standing, uid: str) -> EmbedFlow | None:
        """A flow of this player that can still be answered."""
        if not is_uid(uid):
            return None
        found = select(EmbedFlow).where(
            EmbedFlow.uid == uid,
            EmbedFlow.embed_id == standing.embed.id,
            EmbedFlow.used_at.is_(None),
            EmbedFlow.expires_at > self._now,
        )
        return self._session.scalar(found)

    def code(self, flow: EmbedFlow, *, user_id: int, session_id: int) -> str:
        """A code for the frame of a flow, in place of any before, bound to this person in this session."""
        code = new_token()
        flow.code_hash, flow.code_until = token_hash(code), self._now + CODE_LASTS
        flow.user_id, flow.session_id = user_id, session_id
        self._session.flush()
        return code

    def exchange(self, standing: Standing, *, flow: str, secret: str, code: str) -> Started | None:
        """A token for a code and the secret of its flow, once; None for any that is wrong, used or over.

        Raises NotFound if the person may not watch it now.
        """
        found = self.flow(standing, flow)
        hashes = (found.secret_hash, found.code_hash or "") if found is not None else ("", "")
        right = hmac.compare_digest(hashes[0], token_hash(secret)) & hmac.compare_digest(hashes[1], token_hash(code))
        if found is None or not right or found.code_until is None or found.code_until <= self._now:
            return None
        used = (
            update(EmbedFlow)
            .where(EmbedFlow.id == found.id, EmbedFlow.used_at.is_(None))
            .values(used_at=self._now)
            .returning(EmbedFlow.id)
        )
        if self._session.scalar(used, execution_options={"synchronize_session": False}) is None:
            return None
        if found.user_id is None or found.session_id is None or not self._goes_on(found.session_id, found.user_id):
            return None
        if not self.may_watch(standing, found.user_id):
            raise NotFound
        key = new_token()
        self._session.add(
            EmbedKey(
                token_hash=token_hash(key),
                session_id=found.session_id,
                user_id=found.user_id,
                expires_at=self._now + KEY_LASTS,
            )
        )
        return self._start(standing, found.user_id, found.session_id, found.page_id, key)

    def by_session(
        self, standing: Standing, *, user_id: int, session_id: int, page_id: int | None
    ) -> Started | None:
        """For somebody whose session reaches the frame; None if they may not watch it."""
        return self._start(standing, user_id, session_id, page_id) if self.may_watch(standing, user_id) else None

    def by_key(self, standing: Standing, *, key: str | None, page_id: int | None) -> Started | None:
        """For a browser that keeps a key from an earlier exchange on the same site."""
        if key is None or TOKEN.fullmatch(key) is None:
            return None
        found = self._session.scalar(
            select(EmbedKey).where(EmbedKey.token_hash == token_hash(key), EmbedKey.expires_at > self._now)
        )
        if found is None or not self._goes_on(found.session_id, found.user_id):
            return None
        return self.by_session(standing, user_id=found.user_id, session_id=found.session_id, page_id=page_id)

    def for_anybody(self, standing: Standing, *, page_id: int | None) -> Started | None:
        """For whoever asks, if the player is open."""
        return self._start(standing, None, None, page_id) if standing.is_open else None

    def by_statement(
        self, standing: Standing, statement: Statement | None, *, ancestors: str, page_id: int | None
    ) -> Started | Refusal:
        """For whom a site vouches; why its word does not count, if it does not. The word is spent then."""
        refusal = self._keys.refusal(standing, statement, ancestors.split())
        if refusal is not None or statement is None:
            return refusal or Refusal.SIGNATURE
        ends_at = min(statement.until + SKEW, self._now + self._keys.longest)
        return self._start(standing, None, None, page_id, ends_at=ends_at, label=statement.named)

    def may_watch(self, standing: Standing, user_id: int) -> bool:
        """Whether a person may view the item now."""
        item = standing.item
        acl_id = item.acl_id if item.acl_id is not None else standing.folder.acl_id
        row = self._session.execute(
            select(User.is_admin, bits_for(acl_id, User.id, GUEST, self._now)).where(
                User.id == user_id, User.disabled_at.is_(None)
            )
        ).first()
        if row is None:
            return False
        decision = Decision.of_bits(row[1], admin=row[0], own=item.uploader_id == user_id, shown=item.shown)
        return Permission.VIEW in decision.rights

    def renew(self, standing: Standing, *, renew: str, played: float) -> EmbedToken | None:
        """A heartbeat: the token lives on, and how much was played is noted. None if it is over.

        `played` is how many seconds this player has played in all since it began.
        """
        if TOKEN.fullmatch(renew) is None:
            return None
        statement = select(EmbedToken, User.id)
        found = self._session.execute(
            live_tokens(self._now, statement).where(
                EmbedToken.renew_hash == token_hash(renew), EmbedToken.embed_id == standing.embed.id
            )
        ).first()
        if found is None:
            return None
        token: EmbedToken = found[0]
        goes_on = standing.vouched(token.key_id) if token.user_id is None else self.may_watch(standing, token.user_id)
        if not goes_on:
            return None
        token.expires_at = min(self._now + TOKEN_LASTS, token.ends_at)
        token.last_used_at = self._now
        token.played = max(token.played, min(played, LONGEST_PLAYED))
        if token.page_id is not None:
            self._session.execute(
                update(Embed).where(Embed.id == token.embed_id).values(last_used_at=self._now),
                execution_options={"synchronize_session": False},
            )
            if token.played >= COUNTS_FROM and not token.counted:
                token.counted = True
                self._pages.count_play(token.page_id)
        self._session.flush()
        return token

    def _goes_on(self, session_id: int, user_id: int) -> bool:
        found = select(SignIn.id).join(User).where(
            SignIn.id == session_id,
            SignIn.user_id == user_id,
            SignIn.idle_until > self._now,
            SignIn.expires_at > self._now,
            is_free(User, self._now),
        )
        return self._session.scalar(found) is not None

    def _start(
        self,
        standing: Standing,
        user_id: int | None,
        session_id: int | None,
        page_id: int | None,
        key: str | None = None,
        *,
        ends_at: datetime | None = None,
        label: str = "",
    ) -> Started:
        started = Started(new_token(), new_token(), user_id, key, label)
        ends_at = min(ends_at or self._now + TOKEN_ENDS, self._now + TOKEN_ENDS)
        self._session.add(
            EmbedToken(
                token_hash=token_hash(started.token),
                renew_hash=token_hash(started.renew),
                embed_id=standing.embed.id,
                user_id=user_id,
                session_id=session_id,
                key_id=standing.embed.key.id if label and standing.embed.key else None,
                label=label,
                page_id=page_id,
                created_at=self._now,
                last_used_at=self._now,
                expires_at=min(self._now + TOKEN_LASTS, ends_at),
                ends_at=ends_at,
            )
        )
        self._session.flush()
        return started


def forget_over(installation: Installation) -> None:
    """Chore: flows, keys, tokens and nonces that are over go."""
    now = installation.clock()
    tables: tuple[Any, ...] = (EmbedFlow, EmbedKey, EmbedToken, SpentNonce)
    with writing(installation.sessions) as session:
        for table in tables:
            session.execute(delete(table).where(table.expires_at <= now))
