"""Cutting an account off: everything that leads in through it, ended in one transaction."""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from privmedia.accounts.models import ApiToken, OneTimeLink, SignIn, User, Viewpoint
from privmedia.accounts.sign_ins import SignIns
from privmedia.installation import Installation


@dataclass(frozen=True)
class Cut:
    """How much of what leads in through an account works, or worked until it was cut off."""

    sessions: int
    tokens: int
    links: int
    """Invitations, links to a new password or address."""
    views: int
    """Administrators who see the library as this person, and the person's own views of others."""


def outlook(session: Session, installation: Installation, user: User) -> Cut:
    """What would be cut off. Only looks."""
    now = installation.clock()
    tokens = select(func.count()).where(ApiToken.user_id == user.id, ApiToken.expires_at > now)
    links = select(func.count()).where(
        OneTimeLink.user_id == user.id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now
    )
    views = select(func.count()).select_from(Viewpoint).where(_views_of_and_by(user))
    return Cut(
        sessions=len(SignIns(session, installation).live(user_id=user.id)),
        tokens=session.scalar(tokens) or 0,
        links=session.scalar(links) or 0,
        views=session.scalar(views) or 0,
    )


def cut_off(session: Session, installation: Installation, user: User) -> Cut:
    """End sessions and views, delete tokens and links; answers how many of them worked until now."""
    cut = outlook(session, installation, user)
    SignIns(session, installation).end_all(user_id=user.id)
    end_views(session, user)
    session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
    session.execute(delete(OneTimeLink).where(OneTimeLink.user_id == user.id))
    return cut


def end_views(session: Session, user: User) -> None:
    """End the views of others in which somebody looks, and those of whoever looks as this person.

    For the moment somebody becomes an administrator, or none any more: the sessions go on as those who signed in.
    """
    session.execute(delete(Viewpoint).where(_views_of_and_by(user)))


def _views_of_and_by(user: User) -> ColumnElement[bool]:
    own = select(SignIn.id).where(SignIn.user_id == user.id)
    return or_(Viewpoint.user_id == user.id, Viewpoint.session_id.in_(own))
