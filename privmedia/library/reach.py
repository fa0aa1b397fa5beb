"""Everything one person can reach, and through what: the tree of places with what the rules give there.

A handful of statements, however large the library: the rules that speak of the person, the tree of lists of rules, the
folders, and grouped counts of items. What follows from a rule along the tree is worked out here in one walk.

Only places where something changes for the person have a row of their own; what lies inside and is the same is counted
with them.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.models import Ace, Acl
from privmedia.access.permissions import Permission
from privmedia.access.principals import EVERYONE
from privmedia.access.rules import Rule
from privmedia.access.visible import item_seen
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import ApiToken, Group, Membership, User
from privmedia.clock import FOREVER
from privmedia.installation import Installation
from privmedia.library.lists import RULED_BY
from privmedia.library.models import Folder, Item
from privmedia.library.reach_tree import (
    Counts,
    FolderLine,
    ItemLine,
    Place,
    Row,
    Show,
    Source,
    Tree,
    View,
    belongs,
    names_of,
    rows_of,
    seen_folders,
    sources_of,
    walk,
)
from privmedia.text import Words

FEW = 60
"""Up to so many folders each one that a person sees has a line; with more only those where something changes."""


@dataclass(frozen=True)
class Summary:
    """How much of the library somebody can see, of all there is."""

    items: int
    of_items: int
    folders: int
    of_folders: int


@dataclass(frozen=True)
class Loss:
    """What would change if the person left a group."""

    group: Group
    items: int
    """How many the person would see no more; below zero: how many more."""
    folders: int


@dataclass(frozen=True)
class Uploads:
    """The person's own uploads: how many there are, and how many of them they can no longer open."""

    count: int
    closed: int


@dataclass(frozen=True)
class Reach:
    """All of it, for one page."""

    user: User
    groups: Sequence[Group]
    rows: Sequence[Row]
    names: Mapping[int, Words]
    """What the place of each list of rules is called; none for what the reader may not see."""
    items: int
    of_items: int
    folders: int
    of_folders: int
    rules: int
    sources: Sequence[Source]
    uploads: Uploads
    tokens: Sequence[ApiToken]
    loss: Loss | None = None

    def shown(self, show: Show) -> list[Row]:
        """The lines of a chip."""
        return [row for row in self.rows if belongs(row, show)]

    def changed(self) -> list[Row]:
        """The lines in which leaving the group would change something."""
        return [row for row in self.rows if row.lost or row.gained]


class Reaches:
    """What people can reach. Reads only."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.now = installation.clock()

    def of(self, user: User, *, without: Group | None = None, every: bool = False, own: bool = False) -> Reach:
        """Everything a person can reach; `without` is a group that the person might leave.

        `every` gives each folder a line. `own` leaves out what does not exist for the person who asks for himself.
        Somebody disabled is looked at as if the account were active.
        """
        groups = self._groups(user)
        group_ids = frozenset(group.id for group in groups)
        tree = self._tree(user, groups)
        places = walk(tree, user)
        counts = self._item_counts(user, tree, places)
        seen = seen_folders(tree, places)
        loss, after = None, places
        if without is not None and without.id in group_ids:
            after = walk(tree.without(principals.group(without.id)), user)
            left = self._item_counts(user, tree, after)
            loss = Loss(without, sum(counts.values()) - sum(left.values()), seen - seen_folders(tree, after))
        rules = [rule for some in tree.rules.values() for rule in some]
        return Reach(
            user=user,
            groups=groups,
            rows=rows_of(tree, places, after, counts, View(every, seen <= FEW, own, user.is_admin)),
            names=names_of(tree, places, own=own),
            items=sum(counts.values()),
            of_items=self.session.scalar(select(func.count()).select_from(Item)) or 0,
            folders=seen,
            of_folders=len(tree.folders) - 1,
            rules=len(rules),
            sources=sources_of(places, user, groups, rules, counts),
            uploads=self._uploads(as_identity(user, group_ids)),
            tokens=self._tokens(user),
            loss=loss,
        )

    def summary(self, user: User) -> Summary:
        """How many items and folders somebody can see, for one sentence; nothing with a disabled account."""
        tree = self._tree(user, self._groups(user))
        places = walk(tree, user)
        active = user.disabled_at is None
        return Summary(
            items=sum(self._item_counts(user, tree, places).values()) if active else 0,
            of_items=self.session.scalar(select(func.count()).select_from(Item)) or 0,
            folders=seen_folders(tree, places) if active else 0,
            of_folders=len(tree.folders) - 1,
        )

    def _groups(self, user: User) -> Sequence[Group]:
        mine = select(Group).join(Membership, Membership.group_id == Group.id).where(Membership.user_id == user.id)
        return self.session.scalars(mine.order_by(Group.name_key)).all()

    def _tree(self, user: User, groups: Sequence[Group]) -> Tree:
        names = {principals.group(group.id): group.name for group in groups} | {principals.user(user.id): user.name}
        if not user.is_guest:
            names[EVERYONE] = EVERYONE
        rules: dict[int, list[Rule]] = defaultdict(list)
        setters = select(Ace, User.name).outerjoin(User, User.id == Ace.created_by)
        mine = setters.where(Ace.principal.in_(sorted(names)), Ace.expires_at > self.now)
        for ace, set_by in self.session.execute(mine.order_by(Ace.acl_id, Ace.principal)):
            rules[ace.acl_id].append(_rule(ace, names[ace.principal], set_by))
        acls = self.session.execute(select(Acl.id, Acl.parent_id, Acl.inherits))
        folders = select(Folder.id, Folder.parent_id, Folder.uid, Folder.name, Folder.acl_id)
        items = select(Item.acl_id, Item.uid, Item.title, Item.kind, Item.folder_id).where(Item.acl_id.is_not(None))
        return Tree(
            acls={acl_id: (parent_id, inherits) for acl_id, parent_id, inherits in acls},
            folders=[FolderLine(*row) for row in self.session.execute(folders.order_by(Folder.name_key, Folder.id))],
            rules=dict(rules),
            items=[
                ItemLine(acl_id, uid, title, kind, folder_id)
                for acl_id, uid, title, kind, folder_id in self.session.execute(items.order_by(Item.title, Item.id))
                if acl_id is not None
            ],
        )

    def _item_counts(self, user: User, tree: Tree, places: Mapping[int, Place]) -> Counts:
        """How many items the person sees, by folder and by the list of rules that counts for them.

        The lists that give something are known by now: the statements find their folders and items by index, where a
        condition over all items would look at each of them.
        """
        view, edit, add = (
            {acl_id for acl_id, place in places.items() if permission in place.rights}
            for permission in (Permission.VIEW, Permission.EDIT, Permission.UPLOAD)
        )
        mine = Item.uploader_id == user.id
        ruled_by = {folder.id: folder.acl_id for folder in tree.folders}
        counts: dict[tuple[int, int], int] = defaultdict(int)
        for seen in _seen_items(_by_the_folder, mine, view, edit, add):
            statement = select(Item.folder_id, func.count()).where(seen).group_by(Item.folder_id)
            for folder_id, count in self.session.execute(statement):
                counts[folder_id, ruled_by[folder_id]] += count
        own = {item.acl_id for item in tree.items}
        for seen in _seen_items(_by_a_list_of_its_own, mine, view & own, edit & own, add & own):
            for folder_id, acl_id in self.session.execute(select(Item.folder_id, Item.acl_id).where(seen)):
                counts[folder_id, acl_id or 0] += 1
        return dict(counts)

    def _uploads(self, identity: Identity) -> Uploads:
        mine = Item.uploader_id == identity.user_id
        count = self.session.scalar(select(func.count()).select_from(Item).where(mine)) or 0
        if not count:
            return Uploads(0, 0)
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=self.now)
        open_to_me = select(func.count()).select_from(Item).join(Folder, Folder.id == Item.folder_id).where(mine, seen)
        return Uploads(count, count - (self.session.scalar(open_to_me) or 0))

    def _tokens(self, user: User) -> Sequence[ApiToken]:
        mine = select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.expires_at > self.now)
        return self.session.scalars(mine.order_by(ApiToken.created_at, ApiToken.id)).all()


def _seen_items(
    ruled: Callable[[set[int]], ColumnElement[bool]],
    mine: ColumnElement[bool],
    view: set[int],
    edit: set[int],
    add: set[int],
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which items somebody sees: where they have View, and of the rest their own where they may add."""
    return and_(ruled(view), or_(Item.shown, mine, ruled(edit))), and_(ruled(add - view), mine)


def _by_the_folder(acl_ids: set[int]) -> ColumnElement[bool]:
    """Whether the item goes by its folder, and that by one of these lists."""
    folders = select(Folder.id).where(Folder.acl_id.in_(sorted(acl_ids)))
    return and_(Item.acl_id.is_(None), Item.folder_id.in_(folders))


def _by_a_list_of_its_own(acl_ids: set[int]) -> ColumnElement[bool]:
    return Item.acl_id.in_(sorted(acl_ids))


def _rule(ace: Ace, name: str, set_by: str | None) -> Rule:
    return Rule(
        acl_id=ace.acl_id,
        principal=ace.principal,
        name=name,
        people=None,
        allow=Permission(ace.allow),
        deny=ace.deny,
        until=None if ace.expires_at >= FOREVER else ace.expires_at,
        created_at=ace.created_at,
        set_by=set_by,
        above_cut=False,
        ended=False,
    )
