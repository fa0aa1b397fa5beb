"""What a player plays by: who still counts, whenever the gate or a heartbeat asks."""
from __future__ import annotations

from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_

from privmedia.accounts.duty import is_free
from privmedia.accounts.models import SignIn, User
from privmedia.embedding.models import OPEN, SIGNED, Embed, EmbedSiteKey, EmbedToken, SiteKey

Columns = TypeVarTuple("Columns")


def live_tokens(now: ColumnElement[datetime] | datetime, statement: Select[*Columns]) -> Select[*Columns]:
    """The statement over `EmbedToken`, `Embed`, `SignIn` and `User`, cut down to tokens that still count.

    `User` is whose rights decide: the person's, whose session has to go on; of players without one their maker's. With
    `SiteKey`, which a token needs that somebody got by the word of its site.
    """
    goes_on = and_(SignIn.idle_until > now, SignIn.expires_at > now, is_free(User, now))
    of_a_person = and_(SignIn.user_id == EmbedToken.user_id, goes_on)
    of_nobody = and_(EmbedToken.user_id.is_(None), EmbedToken.session_id.is_(None))
    of_an_open_player = and_(of_nobody, EmbedToken.key_id.is_(None), Embed.audience == OPEN)
    of_a_site = and_(of_nobody, EmbedSiteKey.key_id.is_not(None), SiteKey.id.is_not(None), Embed.audience == SIGNED)
    its_key = and_(EmbedSiteKey.embed_id == Embed.id, EmbedSiteKey.key_id == EmbedToken.key_id)
    return (
        statement.join_from(EmbedToken, Embed, Embed.id == EmbedToken.embed_id)
        .outerjoin(SignIn, SignIn.id == EmbedToken.session_id)
        .outerjoin(EmbedSiteKey, its_key)
        .outerjoin(SiteKey, SiteKey.id == EmbedToken.key_id)
        .join(User, User.id == func.coalesce(EmbedToken.user_id, Embed.maker_id))
        .where(
            EmbedToken.expires_at > now,
            EmbedToken.ends_at > now,
            Embed.removed_at.is_(None),
            User.disabled_at.is_(None),
            or_(of_a_person, of_an_open_player, of_a_site),
        )
    )
