"""The library's verbs: folders and items, made, named and found."""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import ROOT_ID, TELL_FOLLOWERS, File, Folder, Item, Kind, State, Version
from privmedia.library.pointers import Pointers
from privmedia.library.ways import way_up
from privmedia.lines import required_line, too_long
from privmedia.storage import ORIGINAL
from privmedia.text import Sentence, clean_block, clean_line, name_key
from privmedia.text import mark as _

TOO_DEEP = _("Folders can lie ${most} deep at most.")
TAKEN = _("There is a folder “${name}” here already.")

LONGEST_NAME = 200
LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 20_000
LONGEST_ALT = 500
DEEPEST = 12


@dataclass(frozen=True, kw_only=True)
class Received:
    """A file that has arrived and lies in its place: what the library needs to know of it."""

    uid: str
    filename: str
    media_type: str
    size: int
    kind: Kind


class Library:
    """Folders and items. Decides nothing about rights: whoever calls has asked `access`."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.pointers = Pointers(session, installation.clock)
        self.jobs = Jobs(session, installation)
        self.now = installation.clock()

    def root(self) -> Folder:
        """The folder above all others: the library itself."""
        return self.session.get_one(Folder, ROOT_ID)

    def folder(self, uid: str) -> Folder:
        """The folder of a public id. Raises NotFound."""
        found = self.session.scalar(select(Folder).where(Folder.uid == uid)) if is_uid(uid) else None
        if found is None:
            raise NotFound
        return found

    def item(self, uid: str) -> Item:
        """The item of a public id. Raises NotFound."""
        found = self.session.scalar(select(Item).where(Item.uid == uid)) if is_uid(uid) else None
        if found is None:
            raise NotFound
        return found

    def folder_by_id(self, number: int) -> Folder:
        """A folder that is known to be there."""
        return self.session.get_one(Folder, number)

    def uid_of(self, number: int) -> str:
        """The public id of a folder, as forms name it."""
        return self.session.scalars(select(Folder.uid).where(Folder.id == number)).one()

    def ancestors(self, folder: Folder) -> list[Folder]:
        """The folders above, the root first."""
        return way_up(self.session, folder)[:0:-1]

    def add_folder(self, *, parent: Folder, name: str, by: int | None = None) -> Folder:
        """Make a folder with its parent's rules. Raises Invalid for the name, Conflict when it is taken."""
        if len(self.ancestors(parent)) + 1 >= DEEPEST:
            raise Invalid(Sentence(TOO_DEEP, {"most": DEEPEST}), "name")
        acl_id = self.pointers.hold_place(parent)
        folder = Folder(uid=new_uid(), parent_id=parent.id, acl_id=acl_id, created_by=by, created_at=self.now)
        self._name(folder, name)
        return folder

    def rename_folder(self, *, folder: Folder, name: str) -> Folder:
        """Give a folder another name. Raises Invalid for the name, Conflict when it is taken."""
        if folder.id == ROOT_ID:
            raise Invalid("The library itself keeps its name.", "name")
        self._name(folder, name)
        return folder

    def name_freely(self, folder: Folder) -> bool:
        """Give a folder that comes back its name again, as “name (2)” if that is taken; whether it had to change."""
        name, number = folder.name, 1
        while self._is_taken(folder, name_key(name)):
            number += 1
            tail = f" ({number})"
            name = folder.name[: LONGEST_NAME - len(tail)] + tail
        self._name(folder, name)
        return number > 1

    def add_item(self, *, folder: Folder, title: str, received: Received, by: int | None) -> Version:
        """Enter a received file as a new item with its first version, waiting to be prepared.

        Raises Invalid, and NotFound if the folder was deleted meanwhile.
        """
        if folder.id == ROOT_ID:
            raise Invalid("Choose a folder. The library itself holds folders only.", "folder")
        self.pointers.hold_place(folder)
        item = Item(
            uid=received.uid,
            folder_id=folder.id,
            kind=received.kind,
            title=self._title(title),
            state=State.WAITING,
            uploader_id=by,
            created_at=self.now,
        )
        self.session.add(item)
        return self._add_version(item, 1, received, by)

    def add_version(
        self, *, item: Item, number: int, received: Received, by: int | None, takes_over: bool
    ) -> Version:
        """Enter a received file as another version of an item, waiting to be prepared, under a number of its own.

        `takes_over`: it is shown as soon as it is ready.
        """
        item.newest = max(item.newest, number)
        version = self._add_version(item, number, received, by)
        version.takes_over = takes_over
        self.session.flush()
        return version

    def tell_followers(self, item: Item) -> None:
        """Have those told who follow the folder the item has come to; nobody is told of one item twice."""
        shown = select(Version.id).where(Version.item_id == item.id, Version.number == item.current)
        self.jobs.enqueue(TELL_FOLLOWERS, self.session.scalars(shown).one())

    def describe_item(self, *, item: Item, title: str, description: str, alt: str | None = None) -> Item:
        """Change an item's title and description, and what a picture shows if given. Raises Invalid."""
        text = clean_block(description)
        if len(text) > LONGEST_DESCRIPTION:
            raise too_long(text, LONGEST_DESCRIPTION, "description")
        item.title, item.description = self._title(title), text
        if alt is not None:
            item.alt = clean_line(alt)[:LONGEST_ALT]
        self.session.flush()
        return item

    def _add_version(self, item: Item, number: int, received: Received, by: int | None) -> Version:
        version = Version(
            item=item,
            number=number,
            filename=received.filename,
            size=received.size,
            state=State.WAITING,
            created_by=by,
            created_at=self.now,
        )
        self.session.add(version)
        self.session.flush()
        self.session.add(
            File(
                version_id=version.id,
                name=ORIGINAL,
                stored_as=ORIGINAL,
                media_type=received.media_type,
                size=received.size,
            )
        )
        self.session.flush()
        return version

    def _title(self, title: str) -> str:
        return required_line(title, field="title", missing=_("Give it a title."), longest=LONGEST_TITLE)

    def _name(self, folder: Folder, name: str) -> None:
        """Name a new or an existing folder and write it. Raises Invalid or Conflict."""
        line = required_line(name, field="name", missing=_("Give the folder a name."), longest=LONGEST_NAME)
        if "/" in line:
            raise Invalid("A folder's name cannot contain “/”.", "name")
        key = name_key(line)
        taken = Conflict(Sentence(TAKEN, {"name": line}))
        if self._is_taken(folder, key):
            raise taken
        folder.name, folder.name_key = line, key
        self.session.add(folder)
        try:
            self.session.flush()
        except IntegrityError as error:  # made by somebody else between our question and our answer
            raise taken from error

    def _is_taken(self, folder: Folder, key: str) -> bool:
        namesakes = select(Folder.id).where(Folder.parent_id == folder.parent_id, Folder.name_key == key)
        return any(found != folder.id for found in self.session.scalars(namesakes))
