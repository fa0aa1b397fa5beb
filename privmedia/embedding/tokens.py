"""What a player plays by: who still counts, whenever the gate or a heartbeat asks."""
from __future__ import annotations

from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_

from privmedia.accounts.models import SignIn, User
from privmedia.embedding.models import OPEN, Embed, EmbedToken

Columns = TypeVarTuple("Columns")


def live_tokens(now: ColumnElement[datetime] | datetime, statement: Select[*Columns]) -> Select[*Columns]:
    """The statement over `EmbedToken`, `Embed`, `SignIn` and `User`, cut down to tokens that still count.

    `User` is whose rights decide: the person's, whose session has to go on; of an open player its maker's.
    """
    of_a_person = and_(SignIn.user_id == EmbedToken.user_id, SignIn.idle_until > now, SignIn.expires_at > now)
    of_an_open_player = and_(EmbedToken.user_id.is_(None), EmbedToken.session_id.is_(None), Embed.audience == OPEN)
    return (
        statement.join_from(EmbedToken, Embed, Embed.id == EmbedToken.embed_id)
        .outerjoin(SignIn, SignIn.id == EmbedToken.session_id)
        .join(User, User.id == func.coalesce(EmbedToken.user_id, Embed.maker_id))
        .where(
            EmbedToken.expires_at > now,
            EmbedToken.ends_at > now,
            Embed.removed_at.is_(None),
            User.disabled_at.is_(None),
            or_(of_a_person, of_an_open_player),
        )
    )
