"""Uploads that come in parts, whatever happens in whatever order: the file equals what was acknowledged."""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from random import Random

import pytest
from sqlalchemy import delete

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.errors import DomainError, NotFound, TooLarge
from privmedia.installation import Installation
from privmedia.jobs.models import Job
from privmedia.library.models import Item
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.storage import ORIGINAL
from privmedia.storage.bodies import KeptBody
from privmedia.uploads import resuming
from privmedia.uploads.models import Upload
from privmedia.uploads.reading import Body
from privmedia.uploads.resuming import Announced, Announcement, Resuming
from privmedia.uploads.tus import Checksum
from tests.conftest import Person
from tests.faults import FULL
from tests.unit.media.conftest import picture

ROUNDS, EACH = 4, 250 if FULL else 60
"""1,000 schedules in all at full length, each round with its own seed."""
MOST_STEPS = 12
PNG = picture("PNG", size=(700, 700))
MORE = len(PNG) * 10


class Schedule:
    """One upload, and what a client, its rival, a front server and the network do to it."""

    def __init__(self, installation: Installation, identity: Identity, folder: str, chance: Random) -> None:
        self.resuming, self.identity, self.chance = Resuming(installation), identity, chance
        self.storage = installation.storage
        announcement = Announcement(length=len(PNG), folder_uid=folder, filename="a.png")
        self.upload = self.resuming.announce(identity, announcement)
        self.acknowledged = 0
        """The largest offset that any answer told."""

    def run(self) -> str | None:
        """Go on until it is an item, or was ended, or patience ends; what it has become, by public id."""
        steps = (self.add, self.add, self.cut, self.look, self.elsewhere, self.too_much, self.wrong_sum, self.rival)
        for _step in range(MOST_STEPS):
            if self.now().finished:
                return self.upload.item_uid
            self.chance.choice(steps)()
        if not self.now().finished and self.chance.random() < 0.2:
            self.resuming.drop(self.now())
            with pytest.raises(NotFound):
                self.resuming.find(self.identity, self.upload.uid)
            return None
        while not self.now().finished:
            self.add()
        return self.upload.item_uid

    def now(self) -> Announced:
        return self.resuming.find(self.identity, self.upload.uid)

    def offset(self) -> int:
        offset = self.resuming.offset(self.identity, self.now())
        self.told(offset)
        return offset

    def told(self, offset: int) -> None:
        assert offset >= self.acknowledged, "the offset moved back"
        self.acknowledged = offset

    def send(self, offset: int, data: bytes, announced: int | None = None, checksum: Checksum | None = None) -> None:
        length = len(data) if announced is None else announced
        with ExitStack() as closing, suppress(DomainError):
            body: Body | KeptBody = Body(BytesIO(data), length=length, limit=MORE, too_large=TooLarge("Much.", MORE))
            if announced is None and self.chance.random() < 0.5:
                body = closing.enter_context(self.kept(data))
            self.told(self.resuming.add(self.identity, self.now(), offset, body, checksum))

    @contextmanager
    def kept(self, data: bytes) -> Iterator[KeptBody]:
        """The same as a front server keeps it, which removes it afterwards."""
        path = self.storage.incoming / "body" / f"{self.chance.randrange(10**10):010}"
        path.write_bytes(data)
        try:
            with self.storage.bodies.open(path) as body:
                yield body
        finally:
            path.unlink()

    def some(self, offset: int) -> bytes:
        size = self.chance.choice((0, 1, 99, 100, 101, self.chance.randrange(len(PNG)), len(PNG)))
        return PNG[offset:offset + size]

    def add(self) -> None:
        offset = self.offset()
        self.send(offset, self.some(offset))

    def cut(self) -> None:
        offset = self.offset()
        data = self.some(offset)
        self.send(offset, data[: self.chance.randrange(len(data) + 1)], announced=len(data))

    def look(self) -> None:
        self.offset()

    def elsewhere(self) -> None:
        offset = self.offset()
        other = self.chance.choice((0, max(0, offset - 1), offset + 1, len(PNG)))
        if other != offset:
            self.send(other, PNG[other:])
            assert self.offset() == offset

    def too_much(self) -> None:
        offset = self.offset()
        self.send(offset, PNG[offset:] + b"and more")

    def wrong_sum(self) -> None:
        offset = self.offset()
        data, checksum = self.perhaps_garbled(self.some(offset))
        self.send(offset, data, checksum=checksum)
        if data and data != PNG[offset:offset + len(data)]:
            assert self.offset() == offset, "bytes count whose sum was wrong"

    def perhaps_garbled(self, data: bytes) -> tuple[bytes, Checksum]:
        """The sum of some bytes, and they or others."""
        checksum = Checksum("sha256", hashlib.sha256(data).digest())
        return (data if self.chance.random() < 0.5 else bytes(255 - byte for byte in data)), checksum

    def rival(self) -> None:
        """A second request takes over while the first one's bytes arrive; the first may be stopped by it, or not."""
        offset, checksum = self.offset(), None
        data = PNG[offset:]
        if self.chance.random() < 0.5:
            data, checksum = self.perhaps_garbled(data)

        class Interrupted(BytesIO):
            def read(inner, size: int | None = -1, /) -> bytes:  # noqa: N805 # the schedule is self here
                if inner.tell() and self.chance.random() < 0.3:
                    self.chance.choice((self.look, self.add, self.wrong_sum))()
                return super().read(size)

        body = Body(Interrupted(data), length=len(data), limit=MORE, too_large=TooLarge("Too much.", MORE))
        with suppress(DomainError):
            self.told(self.resuming.add(self.identity, self.now(), offset, body, checksum))


@pytest.fixture
def sender(installation: Installation, make_person: Callable[..., Person]) -> tuple[Identity, str]:
    person = make_person("leila@example.test", name="Leila Haddad")
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        folder = library.add_folder(parent=library.root(), name="Product training")
        Rules(session, installation).set(folder, Wanted(user(person.id), Permission.VIEW | Permission.UPLOAD))
        return as_identity(session.get_one(User, person.id), frozenset()), folder.uid


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_the_file_equals_what_was_acknowledged(
    seed: int, installation: Installation, sender: tuple[Identity, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "BLOCK", 97)
    monkeypatch.setattr("os.fsync", lambda _handle: None)  # of the disk nothing is asked here but speed
    chance, items = Random(seed), 0
    for _schedule in range(EACH):
        identity, folder = sender
        became = Schedule(installation, identity, folder, chance).run()
        if became is not None:
            items += 1
            path = installation.storage.version_folder(became, 1) / ORIGINAL
            assert path.read_bytes() == PNG
    assert items > EACH / 2
    folders = [installation.storage.incoming / name for name in ("tus", "placing", "form", "body")]
    assert [path.name for folder in folders for path in folder.iterdir()] == []
    assert len(list(installation.storage.private.glob(f"??/??/*/v1/{ORIGINAL}"))) == items
    with writing(installation.sessions) as session:
        for table, many in ((Item, items), (Job, items), (Upload, items)):
            assert session.query(table).count() == many, table
        session.execute(delete(Upload))
