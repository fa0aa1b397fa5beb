"""Numbers of people and groups, which are never given again.

Rules speak of people and groups by number. Whoever got the number of somebody who is gone would get whatever was
overlooked with it. PostgreSQL counts on by itself; SQLite gives the highest number again once its row is gone.
"""
from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.accounts.models import Group, SiteValue, User


def next_number(session: Session, kind: type[User] | type[Group]) -> int | None:
    """The number of the next person or group; None where the database sees to it. Call it in a write transaction."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    highest = session.scalar(select(func.max(kind.id))) or 0
    return max(highest, _highest_gone(session, kind)) + 1


def remember_number(session: Session, gone: User | Group) -> None:
    """Keep in mind that a number was in use. To be called for each person and group that is deleted."""
    kind = type(gone)
    if gone.id > _highest_gone(session, kind):
        session.merge(SiteValue(name=_name(kind), value=str(gone.id)))


def _highest_gone(session: Session, kind: type[User] | type[Group]) -> int:
    return int(session.scalar(select(SiteValue.value).where(SiteValue.name == _name(kind))) or 0)


def _name(kind: type[User] | type[Group]) -> str:
    return f"highest number of {kind.__tablename__} that are gone"
