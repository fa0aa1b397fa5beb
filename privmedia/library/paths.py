"""Paths, as the command line names places: folder names joined by "/", and an item's title at the end."""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder, Item, Version
from privmedia.library.service import Library
from privmedia.text import clean_line, name_key


@dataclass(frozen=True)
class FolderRow:
    id: str
    path: str


@dataclass(frozen=True)
class ItemRow:
    id: str
    title: str
    kind: str
    state: str
    size: int
    address: str


class Paths:
    """Finding by path. Nothing here asks who may: the command line belongs to whoever runs the server."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.library = Library(session, installation)
        self.base_url = installation.settings.base_url

    def folder(self, path: str) -> Folder:
        """The folder of a path; "/" is the library itself. Raises NotFound, naming the first part that is missing."""
        folder = self.library.root()
        for name in _parts(path):
            below = self._child(folder, name)
            if below is None:
                raise NotFound(f"There is no folder “{name}” in “{self.path_of(folder)}”.")
            folder = below
        return folder

    def place(self, path: str) -> Folder | Item:
        """The folder of a path, or the item with that title in the folder before it.

        Raises NotFound, and Conflict where several items have the title.
        """
        parts = _parts(path)
        if not parts:
            return self.library.root()
        above = self.folder("/".join(parts[:-1]))
        folder = self._child(above, parts[-1])
        if folder is not None:
            return folder
        found = self.session.scalars(select(Item).where(Item.folder_id == above.id, Item.title == parts[-1])).all()
        if len(found) > 1:
            raise Conflict(f"{len(found)} items in “{self.path_of(above)}” are called “{parts[-1]}”; rename one.")
        if not found:
            raise NotFound(f"There is no folder or item “{parts[-1]}” in “{self.path_of(above)}”.")
        return found[0]

    def make_folders(self, path: str) -> list[Folder]:
        """Make the folder of a path and those above it that are missing; answers what was made, top first.

        Raises Conflict if it is all there already.
        """
        folder, made = self.library.root(), []
        for name in _parts(path):
            below = self._child(folder, name)
            if below is None:
                below = self.library.add_folder(parent=folder, name=name)
                made.append(below)
            folder = below
        if not made:
            raise Conflict(f"There is a folder “{path}” already.")
        return made

    def folders(self) -> list[FolderRow]:
        """All folders, by path."""
        rows = self.session.execute(select(Folder.id, Folder.parent_id, Folder.uid, Folder.name)).all()
        by_id = {row.id: row for row in rows}

        def names(folder_id: int) -> list[str]:
            row = by_id[folder_id]
            return [] if row.parent_id is None else [*names(row.parent_id), row.name]

        found = [FolderRow(row.uid, "/".join(names(row.id))) for row in rows if row.id != ROOT_ID]
        return sorted(found, key=lambda row: row.path.casefold())

    def items(self, path: str) -> list[ItemRow]:
        """The items that lie in a folder, oldest first."""
        folder = self.folder(path)
        rows = self.session.execute(
            select(Item, Version.size)
            .join(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
            .where(Item.folder_id == folder.id)
            .order_by(Item.id)
        )
        return [
            ItemRow(item.uid, item.title, item.kind, item.state, size, f"{self.base_url}/m/{item.uid}")
            for item, size in rows
        ]

    def path_of(self, folder: Folder) -> str:
        """The path of a folder; "/" for the library itself."""
        steps = [*self.library.ancestors(folder), folder][1:]
        return "/".join(step.name for step in steps) or "/"

    def _child(self, folder: Folder, name: str) -> Folder | None:
        found: Folder | None = self.session.scalar(
            select(Folder).where(Folder.parent_id == folder.id, Folder.name_key == name_key(name))
        )
        return found


def _parts(path: str) -> list[str]:
    """The names of a path. Slashes at the ends do not count. Raises Invalid for an empty name between two."""
    stripped = path.strip().strip("/")
    if not stripped:
        return []
    parts = [clean_line(part) for part in stripped.split("/")]
    if "" in parts:
        raise Invalid(f"“{path}” has an empty name in it.")
    return parts
