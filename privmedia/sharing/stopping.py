"""Which links would stop: by a change of rules before it is saved, with somebody who leaves, with what is deleted."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, case, func, or_, select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.decision import Decision
from privmedia.access.visible import folder_seen, item_seen, rights_bits
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Membership, User
from privmedia.installation import Installation
from privmedia.library.effect import Facts, Person
from privmedia.library.effects import Effects, WantedRule
from privmedia.library.models import Folder, Item
from privmedia.library.pointers import Place
from privmedia.sharing.models import Link
from privmedia.sharing.standing import PlaceFolder, Standing, not_ended, standings


class Stopping:
    """Reads only, and never asks about one link at a time."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._effects = Effects(session, installation)
        self._now = installation.clock()

    def by_rules(
        self, place: Place, wanted: Iterable[WantedRule], inherits: bool, *, reader: Identity
    ) -> list[Standing]:
        """Links at a place and inside that would stop for want of their makers' rights, were these the rules there.

        Links to what the reader cannot see inside are not among them.
        """
        links = self._working_into(place, reader)
        return self._stopping(links, place, self._effects.facts(place, wanted, inherits)) if links else []

    def by_move(self, places: Iterable[Place], to: Folder, *, reader: Identity) -> list[Standing]:
        """The same for places that would lie in another folder."""
        stopping = []
        for place in places:
            if links := self._working_into(place, reader):
                stopping += self._stopping(links, place, self._effects.facts_of_move(place, to))
        return stopping

    def _working_into(self, place: Place, reader: Identity) -> list[Standing]:
        """Links that work and may stop: an administrator's go on whatever rules say."""
        return [one for one in self._leading_into(place, reader) if one.works and not one.maker.is_admin]

    def _stopping(self, links: Sequence[Standing], place: Place, facts: Facts) -> list[Standing]:
        makers = self._people({one.maker.id: one.maker for one in links}.values())
        inside = self._effects.between(place, {_ruled_by(one) for one in links})
        stopping = []
        for one in links:
            maker, own = makers[one.maker.id], one.item is not None and one.item.uploader_id == one.maker.id
            bits = inside[_ruled_by(one)].bits(maker, facts.bits(maker)[1])
            if not one.lasts_with(Decision.of_bits(bits, own=own).rights):
                stopping.append(one)
        return stopping

    def by_leaving(self, user: User, group_id: int) -> list[Standing]:
        """The links of somebody that would stop, were they not in a group any more."""
        if user.is_admin:
            return []
        person = self._people([user])[user.id]
        left = person.principals - {principals.group(group_id)}
        bits = rights_bits(func.coalesce(Item.acl_id, PlaceFolder.acl_id), left, self._now)
        mine = standings(self._now).add_columns(bits).where(Link.maker_id == user.id, not_ended(self._now))
        stopping = []
        for *row, after in self._session.execute(mine.order_by(Link.id)):
            one = Standing.of(row, self._now)
            own = one.item is not None and one.item.uploader_id == user.id
            if one.works and not one.lasts_with(Decision.of_bits(after, own=own).rights):
                stopping.append(one)
        return stopping

    def with_maker(self, user_id: int) -> list[Standing]:
        """The links that work and stop when this person's account is disabled or deleted."""
        return self._working(Link.maker_id == user_id)

    def leading_to(self, place: Place) -> list[Standing]:
        """The links that work and lead to a place, or into it where it is a folder."""
        return self._working(_leads_into(place))

    def _leading_into(self, place: Place, reader: Identity) -> Sequence[Standing]:
        seen = case(
            (Link.item_id.is_(None), folder_seen(PlaceFolder.acl_id, reader, now=self._now)),
            (Item.acl_id.is_(None), _item_by(PlaceFolder.acl_id, reader, self._now)),
            else_=_item_by(Item.acl_id, reader, self._now),
        )
        return self._standings(_leads_into(place), not_ended(self._now), seen)

    def _working(self, which: ColumnElement[bool]) -> list[Standing]:
        return [one for one in self._standings(which, not_ended(self._now)) if one.works]

    def _standings(self, *like: ColumnElement[bool]) -> list[Standing]:
        rows = self._session.execute(standings(self._now).where(*like).order_by(Link.id))
        return [Standing.of(row, self._now) for row in rows]

    def _people(self, makers: Iterable[User]) -> dict[int, Person]:
        """People as effects know them."""
        users = {user.id: user for user in makers}
        groups: defaultdict[int, set[str]] = defaultdict(set)
        memberships = select(Membership.user_id, Membership.group_id).where(Membership.user_id.in_(users))
        for user_id, group_id in self._session.execute(memberships):
            groups[user_id].add(principals.group(group_id))
        return {
            user.id: Person(
                user.id,
                user.name,
                frozenset(
                    {principals.user(user.id), *groups[user.id], *(() if user.is_guest else (principals.EVERYONE,))}
                ),
            )
            for user in users.values()
        }


def _ruled_by(one: Standing) -> int:
    """The list of rules that counts where a link leads."""
    return one.folder.acl_id if one.item is None or one.item.acl_id is None else one.item.acl_id


def _leads_into(place: Place) -> ColumnElement[bool]:
    if isinstance(place, Item):
        return Link.item_id == place.id
    tree = _tree(place)
    return or_(Link.folder_id.in_(tree), Item.folder_id.in_(tree))


def _tree(folder: Folder) -> Select[int]:
    """The ids of a folder and of all folders below it."""
    tree = select(Folder.id).where(Folder.id == folder.id).cte("shared_tree", recursive=True)
    tree = tree.union(select(Folder.id).join(tree, Folder.parent_id == tree.c.id))
    return select(tree.c.id)


def _item_by(acl: SQLColumnExpression[Any], reader: Identity, now: datetime) -> ColumnElement[bool]:
    return item_seen(acl, Item.uploader_id, Item.shown, reader, now=now)
