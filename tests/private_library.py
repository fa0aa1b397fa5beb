"""A small library to deliver from: people with different rights, and items whose bytes are known.

Made through the services, so that it lies on the disk and in the database as uploads and the worker leave it.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import File, Folder, Item, Kind, State, Version
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received

POSTER = b"RIFF\x10\0\0\0WEBPVP8 poster"


def pattern(size: int, seed: int = 0) -> bytes:
    """Bytes of which every part differs from every other, so that a wrong range cannot pass for the right one."""
    return b"".join((seed * 2**40 + word).to_bytes(8, "big") for word in range(size // 8 + 1))[:size]


@dataclass
class PrivateLibrary:
    """One folder, whose rules the tests set, and what is in it."""

    installation: Installation
    folder: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    """Session tokens by the name of the person."""
    user_ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with writing(self.installation.sessions) as session:
            library = Library(session, self.installation)
            self.folder = library.add_folder(parent=library.root(), name=f"Training {new_uid()}").uid

    def add_person(self, name: str, *, allow: Permission | None = None, deny: bool = False, admin: bool = False) -> str:
        """An account that is signed in, with a rule of its own on the folder; answers the session's token."""
        with writing(self.installation.sessions) as session:
            email = f"{new_uid()}@example.test"
            user = Accounts(session, self.installation).add_user(email=email, name=name, admin=admin)
            if allow is not None or deny:
                self._set_rule(session, user.id, allow or NOTHING, deny)
            token = SignIns(session, self.installation).begin(user=user, keep=False).token
            self.tokens[name], self.user_ids[name] = token, user.id
            return token

    def set_rule(self, name: str, allow: Permission = NOTHING, *, deny: bool = False) -> None:
        """Give a person one rule on the folder in place of the one he had; neither: none."""
        with writing(self.installation.sessions) as session:
            self._set_rule(session, self.user_ids[name], allow, deny)

    def _set_rule(self, session: Session, user_id: int, allow: Permission, deny: bool) -> None:
        folder = Library(session, self.installation).folder(self.folder)
        rules, principal = Rules(session, self.installation), principals.user(user_id)
        if allow or deny:
            rules.set(folder, Wanted(principal, allow, deny))
        else:
            rules.clear(folder, principal)

    def add_item(
        self,
        content: bytes,
        *,
        filename: str = "T4 bench.mp4",
        media_type: str = "video/mp4",
        play: str = "play.mp4",
        by: str | None = None,
        shown: bool = True,
    ) -> str:
        """An item whose original is what is played, with a poster; answers its id."""
        uid = new_uid()
        storage = self.installation.storage
        with storage.receive() as incoming:
            incoming.write(content)
            incoming.finish()
            storage.place(incoming, uid, 1, facts={})
        with writing(self.installation.sessions) as session:
            library = Library(session, self.installation)
            received = Received(uid=uid, filename=filename, media_type=media_type, size=len(content), kind=Kind.VIDEO)
            version = library.add_item(
                folder=library.folder(self.folder),
                title="T4",
                received=received,
                by=self.user_ids[by] if by else None,
            )
            version.item.shown, version.item.state = shown, State.READY
            session.add(_file(version.id, play, "original", media_type, len(content)))
        storage.settle(uid, 1)
        self.add_product(uid, "poster.webp", "image/webp", POSTER)
        return uid

    def add_product(
        self, uid: str, name: str, media_type: str, content: bytes, number: int = 1, *, stored_as: str = ""
    ) -> None:
        """A file made from a version, kept under its own name unless `stored_as` says another."""
        stored_as = stored_as or name
        storage = self.installation.storage
        with storage.work_folder() as work:
            (work / "made").write_bytes(content)
            storage.place_product(work / "made", uid, number, stored_as)
        with writing(self.installation.sessions) as session:
            session.add(_file(self._version(session, uid, number).id, name, stored_as, media_type, len(content)))

    def add_version(self, uid: str, content: bytes, *, filename: str = "T4 newer.mp4") -> None:
        """A second version, which becomes the current one."""
        storage = self.installation.storage
        with storage.receive() as incoming:
            incoming.write(content)
            incoming.finish()
            storage.place(incoming, uid, 2, facts={})
        with writing(self.installation.sessions) as session:
            item = Library(session, self.installation).item(uid)
            version = Version(
                item=item, number=2, filename=filename, size=len(content), created_at=self.installation.clock()
            )
            session.add(version)
            session.flush()
            item.current = 2
            for name in ("original", "play.mp4"):
                session.add(_file(version.id, name, "original", "video/mp4", len(content)))
        storage.settle(uid, 2)

    def cookie(self, name: str) -> Mapping[str, str]:
        """The request header with which a person is signed in; none for the name ""."""
        return {"Cookie": f"session={self.tokens[name]}"} if name else {}

    def user(self, session: Session, name: str) -> User:
        return session.scalars(select(User).where(User.id == self.user_ids[name])).one()

    def folder_row(self, session: Session) -> Folder:
        return Library(session, self.installation).folder(self.folder)

    @staticmethod
    def _version(session: Session, uid: str, number: int) -> Version:
        return session.scalars(select(Version).join(Item).where(Item.uid == uid, Version.number == number)).one()


def _file(version_id: int, name: str, stored_as: str, media_type: str, size: int) -> File:
    return File(version_id=version_id, name=name, stored_as=stored_as, media_type=media_type, size=size)
