"""Uploads as they are left to the worker, and what became of them."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import PREPARE, File, Folder, Item, Kind, Version
from privmedia.library.service import Library, Received
from tests.unit.media.conftest import Studio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))


class Entered:
    """An item as the database and the disk have it, for tests to look at."""

    def __init__(self, installation: Installation, uid: str, version_id: int) -> None:
        self.installation = installation
        self.uid = uid
        self.version_id = version_id

    @property
    def item(self) -> Item:
        with reading(self.installation.sessions) as session:
            return session.scalars(select(Item).where(Item.uid == self.uid)).one()

    @property
    def version(self) -> Version:
        with reading(self.installation.sessions) as session:
            return session.get_one(Version, self.version_id)

    @property
    def files(self) -> dict[str, tuple[str, str]]:
        """What may be asked for: name to where it lies and its type."""
        with reading(self.installation.sessions) as session:
            files = session.scalars(select(File).where(File.version_id == self.version_id))
            return {file.name: (file.stored_as, file.media_type) for file in files}

    def path(self, name: str) -> Path:
        return self.installation.storage.version_folder(self.uid, 1) / self.files[name][0]


@pytest.fixture
def enter(installation: Installation) -> Callable[..., Entered]:
    """An uploaded file as the upload leaves it, with its job."""

    def entered(content: bytes | Path, filename: str, kind: Kind = Kind.VIDEO) -> Entered:
        data = content.read_bytes() if isinstance(content, Path) else content
        uid = new_uid()
        with installation.storage.receive() as incoming:
            incoming.write(data)
            incoming.finish()
            installation.storage.place(incoming, uid, 1, facts={})
        installation.storage.settle(uid, 1)
        with writing(installation.sessions) as session:
            library = Library(session, installation)
            folder = session.scalar(select(Folder).where(Folder.parent_id.is_not(None)))
            folder = folder or library.add_folder(parent=library.root(), name="Training")
            received = Received(
                uid=uid, filename=filename, media_type="application/octet-stream", size=len(data), kind=kind
            )
            version = library.add_item(folder=folder, title=filename, received=received, by=None)
            Jobs(session, installation).enqueue(PREPARE, version.id)
            return Entered(installation, uid, version.id)

    return entered
