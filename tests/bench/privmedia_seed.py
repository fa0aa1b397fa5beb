"""privmedia's database, filled with the library straight into its tables, and its member signed in."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from privmedia.access.chains import Chains
from privmedia.access.models import Ace, Acl
from privmedia.access.permissions import Permission
from privmedia.access.principals import group as group_principal
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import Group, Membership, SignIn, User
from privmedia.db import make_engine, make_sessionmaker, writing
from privmedia.library.models import ROOT_ACL_ID, ROOT_ID, File, Folder, Item, Kind, State, Version
from privmedia.operations.migrations import migrate
from tests.bench.library import ADMINISTRATOR, FILE, FILM, GROUPS, STREAM, Library, token_of
from tests.bench.library import Item as PlannedItem

Rows = list[dict[str, Any]]
FILES = ("original", "poster.webp", FILE)
STREAM_NAME = f"hls/{STREAM}"


def seed(url: str, library: Library) -> None:
    """Migrate an empty database and fill it."""
    migrate(url)
    engine = make_engine(url)
    with writing(make_sessionmaker(engine)) as session:
        _people(session, library)
        _rules(session, library)
        _folders(session, library)
        for start in range(0, len(library.items), 10_000):
            _items(session, library, library.items[start : start + 10_000])
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    engine.dispose()


def _now() -> datetime:
    return datetime.now(UTC)


def _people(session: Session, library: Library) -> None:
    now, later = _now(), _now() + timedelta(days=3650)
    users: Rows = [
        {
            "id": user,
            "uid": f"{user:016d}",
            "email": f"user{user}@bench.example",
            "name": f"User {user}",
            "is_admin": user == ADMINISTRATOR,
            "created_at": now,
        }
        for user in library.members
    ]
    session.execute(insert(User), users)
    session.execute(
        insert(Group),
        [
            {
                "id": group,
                "uid": f"{group:016d}",
                "name": f"Group {group}",
                "name_key": f"group {group}",
                "created_at": now,
            }
            for group in range(1, GROUPS + 1)
        ],
    )
    session.execute(
        insert(Membership),
        [
            {"user_id": user, "group_id": group, "since": now}
            for user, groups in library.members.items()
            for group in groups
        ],
    )
    session.execute(
        insert(SignIn),
        [
            {
                "uid": f"{user:016d}",
                "token_hash": token_hash(token_of(user)),
                "user_id": user,
                "created_at": now,
                # So that no run has to note that they are active.
                "last_used_at": later - timedelta(days=1),
                "idle_until": later,
                "expires_at": later,
            }
            for user in library.members
        ],
    )


def _rules(session: Session, library: Library) -> None:
    """Lists of rules get ids of their own behind those that the schema brings, in the library's order."""
    view, now = int(Permission.VIEW), _now()
    session.execute(
        insert(Acl),
        [
            {
                "id": acl_id(rules.id),
                "parent_id": acl_id(rules.parent) if rules.parent else ROOT_ACL_ID,
                "inherits": rules.inherits,
            }
            for rules in library.rules.values()
        ],
    )
    session.execute(
        insert(Ace),
        [
            {
                "acl_id": acl_id(rules.id),
                "principal": group_principal(group),
                "allow": 0 if group in rules.denied else view,
                "deny": group in rules.denied,
                "created_at": now,
            }
            for rules in library.rules.values()
            for group in sorted(rules.view | rules.denied)
        ],
    )
    Chains(session).rechain()


def acl_id(rules: int) -> int:
    return ROOT_ACL_ID + rules


def folder_id(folder: int) -> int:
    return ROOT_ID + folder


def _folders(session: Session, library: Library) -> None:
    now = _now()
    session.execute(
        insert(Folder),
        [
            {
                "id": folder_id(folder.id),
                "uid": folder.uid,
                "parent_id": folder_id(folder.parent) if folder.parent else ROOT_ID,
                "name": f"Folder {folder.id}",
                "name_key": f"folder {folder.id}",
                "acl_id": acl_id(folder.rules),
                "created_at": now,
            }
            for folder in library.folders
        ],
    )


def _items(session: Session, library: Library, items: list[PlannedItem]) -> None:
    now = _now()
    session.execute(
        insert(Item),
        [
            {
                "id": item.id,
                "uid": item.uid,
                "folder_id": folder_id(item.folder),
                "kind": Kind.VIDEO,
                "title": f"Item {item.id}",
                "state": State.READY,
                "shown": True,
                "uploader_id": item.uploader,
                "created_at": now,
            }
            for item in items
        ],
    )
    session.execute(
        insert(Version),
        [
            {
                "id": item.id,
                "item_id": item.id,
                "filename": f"Item {item.id}.mp4",
                "size": library.plan.lengths[item.size],
                "created_by": item.uploader,
                "created_at": now,
            }
            for item in items
        ],
    )
    session.execute(insert(File), list(_files(library, items)))


def _files(library: Library, items: list[PlannedItem]) -> Iterator[dict[str, Any]]:
    for item in items:
        names = (*FILES, STREAM_NAME) if item.size == FILM else FILES
        for name in names:
            yield {
                "version_id": item.id,
                "name": name,
                "stored_as": FILE if name == STREAM_NAME else name,
                "media_type": "image/webp" if name.endswith("webp") else "video/mp4",
                "size": library.plan.lengths[item.size],
            }
