"""Following folders: begun and ended by the person, or ended by the link in a letter without signing in."""
from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.audit.service import Audit, Author, NamedAuthor
from privmedia.errors import NotFound
from privmedia.following.models import Follow, NoticeChoice
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder
from privmedia.library.tree import Tree

ALL = "all"
"""In the links of letters: every folder the person follows."""
CHOICES = ("new", "failed", "ready", "sent")
BY_LETTER = "the link in a letter"


@dataclass(frozen=True)
class Unfollowing:
    """What the link in a letter is for."""

    user: User
    folder: Folder | None
    """None: every folder."""


class Following:
    """What one person follows, and what they want to get by mail. Whoever calls has asked whether they may see it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.tree = Tree(session, installation)
        self.audit = Audit(session, installation)
        self.now = installation.clock()
        self._secret = installation.settings.secret.encode()
        self._base_url = installation.settings.base_url

    def follows(self, identity: Identity, folder: Folder) -> bool:
        """Whether the caller follows a folder itself."""
        return self.session.get(Follow, (identity.user_id, folder.id)) is not None

    def follow(self, identity: Identity, folder: Folder) -> None:
        """Tell the caller from now on what is new there and below. Raises NotFound for the library itself."""
        if folder.id == ROOT_ID:
            raise NotFound
        if not self.follows(identity, folder):
            self.session.add(Follow(user_id=identity.user_id, folder_id=folder.id, created_at=self.now))
            self.audit.record("folder.follow", identity=identity, target=f"folder:{folder.uid}")

    def unfollow(self, identity: Identity, folder: Folder) -> None:
        """Tell the caller no more of it."""
        self._end(identity.user_id, folder, identity)

    def followed(self, identity: Identity) -> list[Folder]:
        """The folders the caller follows, as far as they exist for them; by name."""
        mine = select(Follow.folder_id).where(Follow.user_id == identity.user_id)
        folders = self.session.scalars(select(Folder).where(Folder.id.in_(mine)).order_by(Folder.name_key)).all()
        return self.tree.visible_among(identity, folders)

    def choice(self, user_id: int) -> NoticeChoice:
        """What somebody wants by mail: as they chose, else everything."""
        kept = self.session.get(NoticeChoice, user_id)
        return kept or NoticeChoice(user_id=user_id, **dict.fromkeys(CHOICES, True))

    def choose(self, identity: Identity, *, new: bool, failed: bool, ready: bool, sent: bool) -> None:
        """Choose what to get by mail. Everything stands at the bell as well."""
        choice, wanted = self.choice(identity.user_id), dict(zip(CHOICES, (new, failed, ready, sent), strict=True))
        changes = {name: [getattr(choice, name), value] for name, value in wanted.items()}
        for name, value in wanted.items():
            setattr(choice, name, value)
        self.session.add(choice)
        detail = {f"mail about {name}": change for name, change in changes.items() if change[0] != change[1]}
        self.audit.record("user.preferences", identity=identity, target=identity.email, detail=detail)

    def link(self, user: User, folder: Folder | None) -> str:
        """The address that ends following a folder, or all of them, for whoever has it: it can do nothing else.

        It is derived with the secret of the settings, and works as long as the person and the folder are there.
        """
        named = folder.uid if folder is not None else ALL
        return f"{self._base_url}/unfollow/{user.uid}.{named}.{self._proof(user.uid, named)}"

    def of_link(self, token: str) -> Unfollowing:
        """What a link is for. Raises NotFound for one that is none of ours, or of what is no longer there."""
        user_uid, _, rest = token.partition(".")
        named, _, proof = rest.partition(".")
        if not hmac.compare_digest(proof.encode(), self._proof(user_uid, named).encode()):
            raise NotFound
        user = self.session.scalar(select(User).where(User.uid == user_uid)) if is_uid(user_uid) else None
        folder = self.session.scalar(select(Folder).where(Folder.uid == named)) if named != ALL else None
        if user is None or (folder is None and named != ALL):
            raise NotFound
        return Unfollowing(user, folder)

    def unfollow_by_link(self, unfollowing: Unfollowing, *, address: str, request_id: str) -> None:
        """End what the link is for. Done again, it changes nothing."""
        user = unfollowing.user
        by = NamedAuthor(user.name, user.email, user.id, address, through=BY_LETTER, request_id=request_id)
        mine = select(Folder).where(Folder.id.in_(select(Follow.folder_id).where(Follow.user_id == user.id)))
        folders = [unfollowing.folder] if unfollowing.folder is not None else self.session.scalars(mine).all()
        for folder in folders:
            self._end(user.id, folder, by)

    def _end(self, user_id: int, folder: Folder, by: Author) -> None:
        ended = self.session.scalars(
            delete(Follow).where(Follow.user_id == user_id, Follow.folder_id == folder.id).returning(Follow.folder_id)
        ).all()
        if ended:
            self.audit.record("folder.unfollow", identity=by, target=f"folder:{folder.uid}")

    def _proof(self, user_uid: str, named: str) -> str:
        derived = hmac.digest(self._secret, f"unfollow {named} by {user_uid}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(derived).decode().rstrip("=")
