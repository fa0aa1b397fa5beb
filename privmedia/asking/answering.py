"""Answering questions for access: who may, what they give, and that there is one answer."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, selectinload

from privmedia.access.decision import Decision
from privmedia.access.permissions import Permission
from privmedia.access.principals import user as principal_of
from privmedia.access.visible import allowed, standing_of
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import User
from privmedia.asking.models import AccessRequest
from privmedia.asking.service import ANSWERED, GIVEN, LONGEST_MESSAGE, OPEN, REFUSED, target_of
from privmedia.audit.service import Audit
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.library.pointers import Place
from privmedia.library.rules import Rules, Wanted, wanted_of
from privmedia.mail.service import Mails
from privmedia.text import clean_block
from privmedia.text import mark as _

MOST_LISTED = 200
THE_PLACE, THE_FOLDER, A_GROUP = "place", "folder", "group"
BLOCKED = _("A Block keeps them out, whatever is given. Take the Block away first.")


@dataclass(frozen=True)
class Given:
    """What a manager gives: View on the place itself, on its folder, or through a group; until when."""

    how: str
    group: str = ""
    """The public id of the group, if `how` is a group."""
    until: datetime | None = None


class Answering:
    """The questions somebody may answer: those about places one manages, asked by people who are still here."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._rules = Rules(session, installation)
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def count(self, identity: Identity) -> int:
        """How many questions wait for the caller's answer."""
        return self._session.scalar(self._mine(identity, select(func.count()).select_from(AccessRequest))) or 0

    def open(self, identity: Identity) -> Sequence[AccessRequest]:
        """The questions that wait for the caller's answer, the oldest first."""
        return self._listed(self._mine(identity, select(AccessRequest)))

    def at(self, place: Place, identity: Identity) -> Sequence[AccessRequest]:
        """Those of a place; for a folder also those of the items in it."""
        if isinstance(place, Item):
            here = AccessRequest.item_id == place.id
        else:
            here = or_(AccessRequest.folder_id == place.id, Item.folder_id == place.id)
        return self._listed(self._mine(identity, select(AccessRequest)).where(here))

    def find(self, uid: str, identity: Identity) -> AccessRequest:
        """A question the caller may answer, or might have answered. Raises NotFound."""
        found = None
        if is_uid(uid):
            found = self._session.scalar(
                select(AccessRequest).where(AccessRequest.uid == uid).options(selectinload(AccessRequest.user))
            )
        if found is None or found.user_id == identity.user_id or not self._manages(found, identity):
            raise NotFound
        return found

    def is_open(self, question: AccessRequest) -> bool:
        """Whether a question still waits for an answer."""
        return question.outcome == OPEN and question.ends_at > self._now and question.user.disabled_at is None

    def answered_by(self, question: AccessRequest) -> str:
        """The name of who answered; empty if nobody did."""
        who = None if question.answered_by is None else self._session.get(User, question.answered_by)
        return "" if who is None else who.name

    def give(self, uid: str, given: Given, *, by: Identity) -> AccessRequest:
        """Say yes: a rule or a membership, and the answer, in one transaction.

        Raises NotFound for who manages the place no more, Conflict if there is an answer already, Invalid for what
        cannot be given.
        """
        question = self._held(uid, by)
        place = place_of(question)
        if given.how == A_GROUP:
            self._join(question, given, by)
        else:
            if given.how == THE_FOLDER and isinstance(place, Item):
                place = place.folder
            self._allow(place, question, given, by)
        detail = {"how": given.how, "until": given.until.date().isoformat() if given.until else ""}
        return self._answer(question, GIVEN, detail, by)

    def refuse(self, uid: str, reason: str, *, by: Identity) -> AccessRequest:
        """Say no, with a sentence for who asked. Raises as `give`."""
        question = self._held(uid, by)
        text = clean_block(reason)
        if not text:
            raise Invalid(_("Say in one sentence why."), "reason")
        if len(text) > LONGEST_MESSAGE:
            raise Invalid(_("Say it in 500 characters."), "reason")
        question.reason = text
        return self._answer(question, REFUSED, {}, by)

    def settle(self, uid: str, *, by: Identity) -> AccessRequest:
        """Close a question whose answer has come by another way: whoever asked can see the place by now.

        Raises as `give`, and Invalid if that is not so.
        """
        question = self._held(uid, by)
        if not self.sees(question):
            raise Invalid(_("They cannot see it yet."), "how")
        return self._answer(question, GIVEN, {"how": "already"}, by)

    def sees(self, question: AccessRequest) -> bool:
        """Whether who asked can see the place by now."""
        return Permission.VIEW in self.decision(question).rights

    def decision(self, question: AccessRequest) -> Decision:
        """What who asked may do at the place now."""
        return self._rules.decision(self.asker(question), place_of(question))

    def asker(self, question: AccessRequest) -> Identity:
        """Who asked, as decisions know them."""
        groups = Groups(self._session, self._installation).groups_of(question.user)
        return as_identity(question.user, frozenset(group.id for group in groups))

    def managers(self, place: Place) -> Sequence[User]:
        """Who hears of a question: those with Manage there; if there are none, the administrators."""
        rights = self._rules.audience(place).rights
        ids = [user_id for user_id, allow in rights.items() if Permission.MANAGE in allow]
        who = User.id.in_(ids) if ids else User.is_admin.is_(True)
        return self._session.scalars(select(User).where(who, User.disabled_at.is_(None)).order_by(User.id)).all()

    def _mine(self, identity: Identity, statement: Select[Any]) -> Select[Any]:
        acl = func.coalesce(Item.acl_id, Folder.acl_id)
        return (
            statement.join(User, User.id == AccessRequest.user_id)
            .outerjoin(Item, Item.id == AccessRequest.item_id)
            .join(Folder, Folder.id == func.coalesce(AccessRequest.folder_id, Item.folder_id))
            .where(
                AccessRequest.outcome == OPEN,
                AccessRequest.ends_at > self._now,
                AccessRequest.user_id != identity.user_id,
                User.disabled_at.is_(None),
                allowed(
                    acl,
                    None,
                    identity,
                    Permission.MANAGE,
                    now=self._now,
                    standing=standing_of(self._session, identity, self._now),
                ),
            )
        )

    def _listed(self, statement: Select[Any]) -> Sequence[AccessRequest]:
        wanted = statement.order_by(AccessRequest.created_at, AccessRequest.id).limit(MOST_LISTED)
        return self._session.scalars(wanted.options(selectinload(AccessRequest.user))).all()

    def _manages(self, question: AccessRequest, identity: Identity) -> bool:
        place = present(question)
        return place is not None and Permission.MANAGE in self._rules.decision(identity, place).rights

    def _held(self, uid: str, by: Identity) -> AccessRequest:
        """The question, kept from everybody else's answer until the transaction ends."""
        self._session.scalar(select(AccessRequest.id).where(AccessRequest.uid == uid).with_for_update())
        question = self.find(uid, by)
        self._session.refresh(question)
        if question.user.disabled_at is not None:
            raise NotFound
        if not self.is_open(question):
            raise Conflict(self._said(question))
        return question

    def _said(self, question: AccessRequest) -> str:
        name = self.answered_by(question)
        if not name:
            return _("This question has ended. Nobody waits for an answer any more.")
        if question.outcome == GIVEN:
            return f"{name} answered this question already: View was given."
        return f"{name} answered this question already: it was refused."

    def _allow(self, place: Place, question: AccessRequest, given: Given, by: Identity) -> None:
        if isinstance(place, Folder) and place.id == ROOT_ID:
            raise NotFound
        if Permission.MANAGE not in self._rules.decision(by, place).rights:
            raise NotFound
        principal = principal_of(question.user_id)
        before = next((rule for rule in self._rules.own(place) if rule.principal == principal and not rule.ended), None)
        wanted = Wanted(principal, Permission.VIEW, until=given.until)
        if before is not None:
            if before.deny:
                raise Invalid(BLOCKED, "how")
            if before.until != given.until:
                raise Invalid(_("There is a rule for them here already. Change that one on the access page."), "how")
            wanted = Wanted(principal, wanted_of(before).allow | Permission.VIEW, until=given.until)
        self._rules.set(place, wanted, by=by)
        self._require_sight(question)

    def _join(self, question: AccessRequest, given: Given, by: Identity) -> None:
        if not by.is_admin:
            raise NotFound
        groups = Groups(self._session, self._installation)
        groups.join(group=groups.group(given.group), users=[question.user], by=by)
        self._require_sight(question)

    def _require_sight(self, question: AccessRequest) -> None:
        """Raise Invalid, and so leave everything as it was, if what was given does not lead to the place."""
        self._session.flush()
        decision = self.decision(question)
        if decision.denied and not decision.admin:
            raise Invalid(BLOCKED, "how")
        if Permission.VIEW not in decision.allow and not decision.admin:
            raise Invalid(_("That would not let them see it. Choose another answer."), "how")

    def _answer(self, question: AccessRequest, outcome: str, detail: dict[str, str], by: Identity) -> AccessRequest:
        question.outcome = outcome
        question.answered_at = self._now
        question.answered_by = by.user_id
        self._session.flush()
        self._audit.record(
            "access.answer",
            identity=by,
            target=target_of(question),
            detail={"person": question.user.email, "answer": outcome, **detail},
        )
        Mails(self._session, self._installation).post(
            ANSWERED, question.user.email, detail={"question": question.id}, language=question.user.language
        )
        return question


def place_of(question: AccessRequest) -> Place:
    """What a question is about. Raises NotFound if there is nothing, or it lies in the bin."""
    place = present(question)
    if place is None:
        raise NotFound
    return place


def present(question: AccessRequest) -> Place | None:
    """What a question is about, if it is there: what a row refers to is loaded from the bin as well."""
    place = question.item or question.folder
    return None if place is None or place.deletion_id is not None else place
