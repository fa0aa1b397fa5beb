"""What may go into a zip, asking for one, and whether it may be handed out.

Each member is decided for the person three times, by Download on its item: when the zip is asked for, when it is made,
and whenever it is fetched. One that is lost keeps the whole zip back, since it cannot be taken out of it.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.visible import allowed, folder_seen, item_seen
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import Membership, User
from privmedia.audit.service import Audit
from privmedia.errors import Conflict, Invalid, NoSpace, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.lists import RULED_BY
from privmedia.library.models import Folder, Item, Kind, Version
from privmedia.library.pointers import Pointers
from privmedia.text import Plural, Sentence, Size
from privmedia.text import mark as _
from privmedia.zips.models import ZIP, Zip, ZipMember
from privmedia.zips.names import member_paths

KEPT = timedelta(days=1)
MOST_MEMBERS = 2000
MOST_WAITING = 3
MOST_KEPT = 10
KEPT_FREE = 1 << 30
"""Bytes of the disk that no zip takes: uploads need them."""
LONGEST_NAME = 200
BEFORE_PREPARING = 40
"""The priority of the job: somebody waits for it."""

NOTHING = _("There is nothing in it that you can download.")
TOO_MANY = _("${count} items are too many for one zip. At most ${most} go into one: choose fewer.")
TOO_LARGE = _("That is ${size} together. At most ${most} go into one zip: choose fewer.")
NO_ROOM = _(
    "The server has no room for a zip of ${size} right now. Choose fewer, download them one by one, or tell your "
    "administrator."
)
WAITING = Plural(
    "${count} of your zips is still being made. Wait for it.",
    "${count} of your zips are still being made. Wait for one of them.",
)
KEEPS = Plural(
    "You have ${count} zip. It goes by itself a day after it was made; delete it to make another.",
    "You have ${count} zips. Each goes by itself a day after it was made; delete one to make another.",
)


@dataclass(frozen=True)
class Member:
    """An original that may go into a zip."""

    item_id: int
    uid: str
    title: str
    kind: Kind
    version: int
    filename: str
    size: int
    """Bytes."""
    folders: tuple[str, ...]
    """Names of the folders it gets in the zip."""


@dataclass(frozen=True)
class Contents:
    """What could be in a zip, and what only could be seen."""

    members: Sequence[Member]
    others: Sequence[str]
    """Titles of the items that exist for the caller and may not be downloaded."""

    @property
    def size(self) -> int:
        return sum(member.size for member in self.members)


class Zips:
    """The zips of people. Nothing of another person's exists here."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.installation = installation
        self.jobs = Jobs(session, installation)
        self.audit = Audit(session, installation)
        self.now = installation.clock()

    def of_items(self, uids: Iterable[str], identity: Identity) -> Contents:
        """What of some items could be in a zip, side by side, in the order they were given."""
        order = {uid: place for place, uid in enumerate(dict.fromkeys(uid for uid in uids if is_uid(uid)))}
        rows = self._rows(identity, Item.uid.in_(order)).all()
        return _contents([(row, ()) for row in sorted(rows, key=lambda row: order[row.Item.uid])])

    def of_folder(self, folder: Folder, identity: Identity) -> Contents:
        """The same of all that lies in a folder, in folders as far as those exist for the caller."""
        below = Pointers(self.session, self.installation.clock).below(folder)
        rows = self._rows(identity, Item.folder_id.in_(below), most=MOST_MEMBERS + 1).all()
        names = self._way_down(folder, below, identity)
        found = [(row, names.get(row.Item.folder_id, ())) for row in rows]
        return _contents(sorted(found, key=lambda one: (one[1], one[0].Item.title_key, one[0].Item.id)))

    def ask(self, identity: Identity, contents: Contents, name: str) -> Zip:
        """Have a zip made; the one there is, if the same was asked for and is there or on its way.

        Raises Invalid for too much, Conflict while others are being made, NoSpace.
        """
        self._require_fitting(contents)
        # Two who ask at once would both find the last place free.
        self.session.execute(select(User.id).where(User.id == identity.user_id).with_for_update())
        mine = self.of(identity)
        same = next((one for one in mine if not one.reason and self._is_same(one, contents)), None)
        if same is not None:
            return same
        waiting = sum(1 for one in mine if not one.ready and not one.reason)
        if waiting >= MOST_WAITING:
            raise Conflict(Sentence(WAITING, {"count": waiting}))
        if len(mine) >= MOST_KEPT:
            raise Conflict(Sentence(KEEPS, {"count": len(mine)}))
        made = Zip(
            uid=new_uid(),
            user_id=identity.user_id,
            name=name[:LONGEST_NAME],
            members=len(contents.members),
            size=contents.size,
            created_at=self.now,
            expires_at=self.now + KEPT,
        )
        self.session.add(made)
        self.session.flush()
        paths = member_paths((member.folders, member.filename) for member in contents.members)
        self.session.add_all(
            ZipMember(zip_id=made.id, item_id=member.item_id, version=member.version, path=path)
            for member, path in zip(contents.members, paths, strict=True)
        )
        self.jobs.enqueue(ZIP, made.id, priority=BEFORE_PREPARING)
        detail = {"name": name, "count": made.members, "size": made.size}
        self.audit.record("zip.make", identity=identity, detail=detail)
        return made

    def of(self, identity: Identity) -> Sequence[Zip]:
        """The caller's zips that are not over, newest first."""
        mine = select(Zip).where(Zip.user_id == identity.user_id, Zip.expires_at > self.now)
        return self.session.scalars(mine.order_by(Zip.id.desc())).all()

    def find(self, uid: str, identity: Identity) -> Zip:
        """A zip of the caller's. Raises NotFound, also for another's and for one that is over."""
        mine = select(Zip).where(Zip.uid == uid, Zip.user_id == identity.user_id, Zip.expires_at > self.now)
        found = self.session.scalar(mine) if is_uid(uid) else None
        if found is None:
            raise NotFound
        return found

    def lost(self, made: Zip, identity: Identity) -> int:
        """How many members the caller may not have now: rights that ended, what was deleted, replaced or is gone."""
        kept = (
            select(func.count())
            .select_from(ZipMember)
            .join(Item, and_(Item.id == ZipMember.item_id, Item.current == ZipMember.version))
            .join(Folder, Folder.id == Item.folder_id)
            .where(ZipMember.zip_id == made.id, *self._downloadable(identity))
        )
        return made.members - (self.session.scalar(kept) or 0)

    def items_of(self, made: Zip) -> Sequence[tuple[str, int]]:
        """Public id and version of each member, for the log."""
        members = select(Item.uid, ZipMember.version).join(ZipMember, ZipMember.item_id == Item.id)
        return [(row.uid, row.version) for row in self.session.execute(members.where(ZipMember.zip_id == made.id))]

    def again(self, made: Zip, identity: Identity) -> Zip:
        """A new one of what the caller still may have of one, in its folders. Raises as `ask`."""
        paths = dict(self._paths(made))
        rows = self._rows(identity, Item.id.in_(paths)).all()
        contents = _contents([(row, tuple(paths[row.Item.id].split("/")[:-1])) for row in rows])
        self.drop(made)
        return self.ask(identity, contents, made.name)

    def drop(self, made: Zip) -> None:
        """It is over now: nobody finds it any more, and the worker removes it."""
        made.expires_at = self.now
        self.session.flush()

    def progress(self, made: Zip) -> int | None:
        """Percent done; None where it cannot be told."""
        share = self.jobs.progress_of(ZIP, [made.id]).get(made.id)
        return None if share is None else round(share * 100)

    def to_make(self, zip_id: int) -> tuple[Zip, list[tuple[ZipMember, str, datetime]]] | None:
        """A zip that is to be made, and its members that the person may have now, each with its item's id and day.

        None if there is nothing to be done. Members that they may not have any more are not in it from now on.
        """
        made = self.session.get(Zip, zip_id)
        if made is None or made.ready or made.expires_at <= self.now or made.user_id is None:
            return None
        identity = self._person(made.user_id)
        if identity is None:
            return None
        rows = self.session.execute(
            select(ZipMember, Item.uid, Version.created_at)
            .join(Item, and_(Item.id == ZipMember.item_id, Item.current == ZipMember.version))
            .join(Version, and_(Version.item_id == Item.id, Version.number == Item.current))
            .join(Folder, Folder.id == Item.folder_id)
            .where(ZipMember.zip_id == zip_id, *self._downloadable(identity))
            .order_by(ZipMember.path)
        ).all()
        kept = [row[0].item_id for row in rows]
        gone = delete(ZipMember).where(ZipMember.zip_id == zip_id, ZipMember.item_id.not_in(kept))
        self.session.execute(gone, execution_options={"synchronize_session": False})
        made.left_out += made.members - len(kept)
        made.members = len(kept)
        return made, [(row[0], row[1], row[2]) for row in rows]

    def is_room_for(self, size: int) -> bool:
        """Whether the disk has so many bytes beside what uploads need and what other zips are about to take."""
        coming = select(func.sum(Zip.size)).where(Zip.ready.is_(False), Zip.reason == "", Zip.expires_at > self.now)
        return size + int(self.session.scalar(coming) or 0) + KEPT_FREE <= self.installation.storage.free_space()

    def _require_fitting(self, contents: Contents) -> None:
        if not contents.members:
            raise Invalid(NOTHING)
        if len(contents.members) > MOST_MEMBERS:
            raise Invalid(Sentence(TOO_MANY, {"count": len(contents.members), "most": MOST_MEMBERS}))
        most = self.installation.settings.max_zip_size
        if contents.size > most:
            raise Invalid(Sentence(TOO_LARGE, {"size": Size(contents.size), "most": Size(most)}))
        if not self.is_room_for(contents.size):
            raise NoSpace(Sentence(NO_ROOM, {"size": Size(contents.size)}))

    def _is_same(self, made: Zip, contents: Contents) -> bool:
        if made.members != len(contents.members) or made.left_out:
            return False
        members = select(ZipMember.item_id, ZipMember.version).where(ZipMember.zip_id == made.id)
        found = {(row.item_id, row.version) for row in self.session.execute(members)}
        return found == {(member.item_id, member.version) for member in contents.members}

    def _rows(self, identity: Identity, *which: ColumnElement[bool], most: int | None = None) -> Any:
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=self.now)
        may = allowed(RULED_BY, Item.uploader_id, identity, Permission.DOWNLOAD, now=self.now)
        query = (
            select(Item, Version.filename, Version.size, may.label("may"))
            .join(Folder, Folder.id == Item.folder_id)
            .join(Version, and_(Version.item_id == Item.id, Version.number == Item.current))
            .where(seen, *which)
            .order_by(may.desc(), Item.id)
        )
        return self.session.execute(query if most is None else query.limit(most))

    def _downloadable(self, identity: Identity) -> Sequence[ColumnElement[bool]]:
        return (
            item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=self.now),
            allowed(RULED_BY, Item.uploader_id, identity, Permission.DOWNLOAD, now=self.now),
        )

    def _way_down(self, folder: Folder, below: Select[int], identity: Identity) -> dict[int, tuple[str, ...]]:
        """The names from a folder down to each below it: of those that exist for the caller, and of no others."""
        seen = folder_seen(Folder.acl_id, identity, now=self.now)
        tree = select(Folder.id, Folder.parent_id, Folder.name, seen.label("seen")).where(Folder.id.in_(below))
        inside: defaultdict[int | None, list[Any]] = defaultdict(list)
        for row in self.session.execute(tree):
            inside[row.parent_id].append(row)
        names: dict[int, tuple[str, ...]] = {folder.id: ()}
        waiting = [folder.id]
        while waiting:
            above = waiting.pop()
            for row in inside[above]:
                names[row.id] = (*names[above], row.name) if row.seen else names[above]
                waiting.append(row.id)
        return names

    def _paths(self, made: Zip) -> Iterable[tuple[int, str]]:
        members = select(ZipMember.item_id, ZipMember.path).where(ZipMember.zip_id == made.id)
        return [(row.item_id, row.path) for row in self.session.execute(members)]

    def _person(self, user_id: int) -> Identity | None:
        """Whoever asked, as decisions know them; None for who has no account any more, or a disabled one."""
        user = self.session.get(User, user_id)
        if user is None or user.disabled_at is not None:
            return None
        groups = self.session.scalars(select(Membership.group_id).where(Membership.user_id == user_id))
        return as_identity(user, frozenset(groups))


def _contents(rows: Iterable[tuple[Any, tuple[str, ...]]]) -> Contents:
    members, others = [], []
    for row, folders in rows:
        item = row.Item
        if row.may:
            known = item.id, item.uid, item.title, item.kind
            members.append(Member(*known, item.current, row.filename, row.size, folders))
        else:
            others.append(item.title)
    return Contents(members, others)
