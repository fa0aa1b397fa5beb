"""A tree on the disk to import from, and what an import makes of it."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from privmedia.captions.models import Captions
from privmedia.db import reading
from privmedia.importing.looking import Manner
from privmedia.importing.service import Fate, Importing, Outcome
from privmedia.installation import Installation
from privmedia.library.models import File, Item, ItemTag, Version
from privmedia.library.paths import Paths
from tests.unit.media.conftest import Studio

VTT = b"WEBVTT\n\n00:00.000 --> 00:00.900\nHello\n"


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))


@dataclass
class Disk:
    """Files that lie somewhere, and imports of them."""

    root: Path
    studio: Studio
    installation: Installation
    outcomes: list[Outcome] = field(default_factory=list)

    def film(self, name: str, more: bytes = b"") -> Path:
        """A film that plays. `more` stands after its end: another file for whoever counts bytes."""
        return self.write(name, self.studio.make("one-second.mp4").read_bytes() + more)

    def write(self, name: str, data: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def take(self, *sources: Path | str, into: str = "Films", dry: bool = False, **manner: Any) -> dict[str, Fate]:
        """What became of each file, by its path below the root."""
        importing = Importing(self.installation, into, Manner(**manner), dry=dry, quick=True)
        self.outcomes = list(importing.run([str(source) for source in sources or (f"{self.root}/.",)]))
        return {outcome.path.removeprefix(f"{self.root}/"): outcome.fate for outcome in self.outcomes}

    def sentence(self) -> str:
        """What was said of the one file."""
        [outcome] = self.outcomes
        return outcome.sentence

    def items(self) -> dict[str, bytes]:
        """Every item by its path and title, with the bytes of its original."""
        with reading(self.installation.sessions) as session:
            paths = Paths(session, self.installation)
            rows = session.execute(select(Item, Version).join(Version, Version.item_id == Item.id)).all()
            found = {}
            for item, version in rows:
                path = f"{paths.path_of(item.folder)}/{item.title}"
                assert path not in found
                found[path] = (self.installation.storage.version_folder(item.uid, 1) / "original").read_bytes()
                assert version.size == len(found[path])
            return found

    def one(self) -> tuple[Item, dict[str, File], list[Captions], list[str]]:
        """The one item, its files by their names, its captions and its tags."""
        with reading(self.installation.sessions) as session:
            item = session.scalars(select(Item)).one()
            files = {file.name: file for file in session.scalars(select(File))}
            tags = list(session.scalars(select(ItemTag.name).order_by(ItemTag.key)))
            return item, files, list(session.scalars(select(Captions).order_by(Captions.language))), tags

    def leftovers(self) -> list[str]:
        """What is on its way in our own folders."""
        incoming = self.installation.storage.incoming
        return sorted(str(path.relative_to(incoming)) for path in incoming.rglob("*") if path.is_file())


@pytest.fixture
def disk(tmp_path: Path, studio: Studio, installation: Installation) -> Disk:
    root = tmp_path / "old"
    root.mkdir()
    return Disk(root, studio, installation)


@pytest.fixture
def unreadable() -> Callable[[str], bytes]:
    """A name as a system wrote it that knew no UTF-8."""
    return lambda name: name.encode("cp1252")
