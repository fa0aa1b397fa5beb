"""When somebody leaves: what is cut off, what stays, and who takes over. All of it happens in one transaction."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.principals import user as principal_of
from privmedia.accounts.cutting import Cut, outlook
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.asking.models import AccessRequest
from privmedia.audit.models import Event
from privmedia.audit.service import COMMAND_LINE, Author
from privmedia.db import WITH_BIN
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.library.named import Named, Use
from privmedia.library.rules import Rules, Wanted
from privmedia.sharing.service import Links
from privmedia.sharing.standing import Standing
from privmedia.sharing.stopping import Stopping
from privmedia.text import Sentence
from privmedia.text import mark as _

IS_DISABLED = _("${name} is disabled and cannot take anything over.")

CLOSED = "closed"
"""The outcome of a question whose asker has left."""


@dataclass(frozen=True)
class Outlook:
    """What leaving would mean."""

    cut: Cut
    requests: int
    """Open questions for access."""
    groups: Sequence[str]
    rules: Sequence[Use]
    """Places whose own rules name this person."""
    alone: Sequence[Use]
    """Places that nobody else manages, but administrators."""
    items: int
    """What they added."""
    links: Sequence[Standing]
    """The share links that they made and that work."""


class Leaving:
    """Disabling and deleting people, with all that hangs on them."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._accounts = Accounts(session, installation)
        self._groups = Groups(session, installation)
        self._named = Named(session, installation)
        self._rules = Rules(session, installation)
        self._links = Links(session, installation)
        self._now = installation.clock()

    def outlook(self, user: User) -> Outlook:
        """What would be cut off, and what stays. Only looks."""
        open_questions = select(func.count()).select_from(AccessRequest).where(*_open_of(user))
        added = select(func.count()).select_from(Item).where(Item.uploader_id == user.id)
        return Outlook(
            cut=outlook(self._session, self._installation, user),
            requests=self._session.scalar(open_questions) or 0,
            groups=[group.name for group in self._groups.groups_of(user)],
            rules=self._named.uses(principal_of(user.id)),
            alone=self._named.managed_alone(user),
            items=self._session.scalar(added, execution_options=WITH_BIN) or 0,
            links=Stopping(self._session, self._installation).with_maker(user.id),
        )

    def disable(self, *, user: User, heir: User | None = None, by: Author = COMMAND_LINE) -> dict[str, Any]:
        """Cut the account off; with an heir, hand over what was added and the places nobody else manages.

        Answers what was cut, which the log keeps as well. Raises Conflict as `Accounts.disable`, Invalid for an heir
        who cannot be one.
        """
        also = self._hand_over(user, heir, by) | {"requests": self._close_questions(user)}
        # They would not work anyway; whoever enables the account again does not mean to open them once more.
        also |= {"share_links": self._links.revoke_all_of(maker=user, by=by)}
        cut = self._accounts.disable(user=user, by=by, also=also)
        return {**vars(cut), **also}

    def delete(self, *, user: User, heir: User | None = None, by: Author = COMMAND_LINE) -> dict[str, Any]:
        """Delete the account, and every rule that names it. What was added goes to the heir, or stays nobody's.

        Lines of the log stay: they have names, not references. Raises as `disable`.
        """
        also = self._hand_over(user, heir, by)
        also |= {"share_links": self._links.revoke_all_of(maker=user, by=by)}
        also |= {"rules": self._named.remove(principal_of(user.id))}
        self._accounts.delete(user=user, by=by, also=also)
        return also

    def was_cut(self, user: User) -> dict[str, Any]:
        """What the last disabling cut off, as the log has it; empty if there was none."""
        last = (
            select(Event.detail)
            .where(Event.kind == "user.disable", Event.target == user.email)
            .order_by(Event.id.desc())
            .limit(1)
        )
        return self._session.scalar(last) or {}

    def _hand_over(self, user: User, heir: User | None, by: Author) -> dict[str, Any]:
        if heir is None:
            return {}
        if heir.id == user.id:
            raise Invalid("Nobody can take over from themselves.", "heir")
        if heir.disabled_at is not None:
            raise Invalid(Sentence(IS_DISABLED, {"name": heir.name}), "heir")
        alone = self._named.managed_alone(user)
        for use in alone:
            self._rules.set(use.place, Wanted(principal_of(heir.id), Permission.MANAGE), by=by)
        given = self._session.scalars(
            update(Item).where(Item.uploader_id == user.id).values(uploader_id=heir.id).returning(Item.id),
            execution_options={"synchronize_session": False},
        )
        return {"heir": heir.email, "items": len(given.all()), "places": len(alone)}

    def _close_questions(self, user: User) -> int:
        closed = self._session.scalars(
            update(AccessRequest)
            .where(*_open_of(user))
            .values(outcome=CLOSED, answered_at=self._now)
            .returning(AccessRequest.id),
            execution_options={"synchronize_session": False},
        )
        return len(closed.all())


def _open_of(user: User) -> tuple[Any, ...]:
    return AccessRequest.user_id == user.id, AccessRequest.outcome == ""
