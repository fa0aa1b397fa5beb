"""A large library for measuring: people, groups, folders, rules and items, the same on each run."""
from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.models import Ace, Acl, AclChain
from privmedia.access.permissions import ALL, Permission, closed
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import Group, Membership, SignIn, User
from privmedia.clock import FOREVER
from privmedia.ids import ALPHABET
from privmedia.library.models import ROOT_ACL_ID, ROOT_ID, File, Folder, Item, Kind, State, Version

TOP_FOLDERS, DEEPEST = 40, 8
GROUPS_EACH = 3
NAMES = ("Maren", "Leila", "Jonas", "Ida", "Tomasz", "Aino", "Henrik", "Zofia", "Nils", "Priya", "Omar", "Greta")
KINDS = (*[Kind.VIDEO] * 14, *[Kind.IMAGE] * 3, *[Kind.DOCUMENT] * 2, Kind.AUDIO)
"""As often as they are found in libraries of this sort."""
SEARCHED = {"cofferdam": 0.0002, "gearbox": 0.002, "bearing": 0.23}
"""Words that are looked for, and in what share of all titles they stand: rare, some, common."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How large a library is."""

    items: int
    folders: int
    lists: int
    """Folders with rules of their own."""
    users: int
    groups: int

    @property
    def words(self) -> str:
        return f"{self.items:,} items"


LARGE = Size(100_000, 5_000, 500, 2_000, 200)
SMALL = Size(10_000, 500, 50, 2_000, 200)
# Who asks, and how much of the library there is for them. The numbers are those of their accounts.
ASKING = {"administrator": (1,), "sees most": (2, 3, 4), "sees some": (5, 6, 7), "sees one folder": (8, 9, 10)}


@dataclass
class Made:
    """What lies in a library: what is asked for is chosen from it."""

    folders: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    tokens: dict[int, str] = field(default_factory=dict)
    largest: str = ""
    """The folder with the most items."""


def fill(session: Session, size: Size) -> Made:
    """The same library on each run: a tree of folders, rules for groups and people, items spread unevenly."""
    chance, now = random.Random(size.items), datetime.now(UTC)
    made = Made()

    def uid() -> str:
        return "".join(chance.choices(ALPHABET, k=16))

    session.execute(
        insert(User),
        [
            {
                "id": number,
                "uid": uid(),
                "email": f"person{number}@example.test",
                "name": f"{chance.choice(NAMES)} {chance.choice(NAMES)}sen {number}",
                "is_admin": number == 1,
                "is_guest": number in ASKING["sees one folder"],
                "created_at": now,
            }
            for number in range(1, size.users + 1)
        ],
    )
    session.execute(
        insert(Group),
        [
            {"id": n, "uid": uid(), "name": f"Group {n}", "name_key": f"group {n}", "created_at": now}
            for n in range(1, size.groups + 1)
        ],
    )
    # Group 1 sees most. Whoever sees one folder is in no group.
    of_user = {
        number: set(chance.sample(range(2, size.groups + 1), GROUPS_EACH))
        for number in range(1, size.users + 1)
        if number not in ASKING["sees one folder"]
    }
    of_user |= {number: {1} for number in ASKING["sees most"]}
    of_user |= {number: set(range(2 + number, size.groups + 1, 10)) for number in ASKING["sees some"]}
    session.execute(
        insert(Membership),
        [{"user_id": who, "group_id": group, "since": now} for who, groups in of_user.items() for group in groups],
    )
    folders = _folders(size, chance, uid, now)
    with_rules = set(chance.sample(range(1, size.folders), size.lists))
    acls, chains, rules = _rules(size, chance, folders, with_rules, now)
    session.execute(insert(Acl), acls)
    session.execute(insert(AclChain), chains)
    session.execute(insert(Folder), folders)
    session.execute(insert(Ace), rules)
    items, versions, files = _items(size, chance, folders, uid, now)
    for model, rows in ((Item, items), (Version, versions), (File, files)):
        session.execute(insert(model), rows)
    made.tokens = {number: f"{number:043}" for numbers in ASKING.values() for number in numbers}
    session.execute(
        insert(SignIn),
        [
            {
                "uid": uid(),
                "token_hash": token_hash(token),
                "user_id": number,
                "created_at": now,
                "last_used_at": now,
                "idle_until": FOREVER,
                "expires_at": FOREVER,
                "confirmed_at": now,
            }
            for number, token in made.tokens.items()
        ],
    )
    made.folders = [folder["uid"] for folder in folders]
    made.items = [item["uid"] for item in items]
    busiest = statistics.mode(item["folder_id"] for item in items)
    made.largest = next(folder["uid"] for folder in folders if folder["id"] == busiest)
    return made


def _folders(size: Size, chance: random.Random, uid: Callable[[], str], now: datetime) -> list[Row]:
    """A few folders at the top and the others below them, unevenly; ids begin after the root's."""
    depth, folders = {ROOT_ID: 0}, []
    for number in range(ROOT_ID + 1, ROOT_ID + size.folders + 1):
        above = ROOT_ID
        if number > ROOT_ID + TOP_FOLDERS:
            above = chance.randint(ROOT_ID + 1, number - 1)
            while depth[above] >= DEEPEST:
                above = folders[above - ROOT_ID - 1]["parent_id"]
        depth[number] = depth[above] + 1
        name = f"{chance.choice(NAMES)} {number}"
        folders.append(
            {
                "id": number,
                "uid": uid(),
                "parent_id": above,
                "name": name,
                "name_key": name.lower(),
                "acl_id": ROOT_ACL_ID,
                "created_at": now,
            }
        )
    return folders


def _rules(
    size: Size, chance: random.Random, folders: list[Row], with_rules: set[int], now: datetime
) -> tuple[list[Row], list[Row], list[Row]]:
    """Lists, their chains and rules; sets what each folder goes by."""
    chain_of: dict[int, dict[int, bool]] = {ROOT_ACL_ID: {ROOT_ACL_ID: False}}
    by_id = {folder["id"]: folder for folder in folders}
    acls, chains, rules = [], [], []

    def rule(acl: int, principal: str, allow: Permission, *, deny: bool = False) -> None:
        given = 0 if deny else int(closed(allow))
        written = {"acl_id": acl, "principal": principal, "allow": given, "deny": deny}
        rules.append(written | {"expires_at": FOREVER, "created_at": now})

    rule(ROOT_ACL_ID, principals.group(1), Permission.VIEW)
    for position, folder in enumerate(folders):
        above = by_id[folder["parent_id"]]["acl_id"] if folder["parent_id"] != ROOT_ID else ROOT_ACL_ID
        folder["acl_id"] = above
        if position not in with_rules:
            continue
        acl = folder["acl_id"] = ROOT_ACL_ID + len(acls) + 1
        inherits = chance.random() > 0.1
        acls.append({"id": acl, "parent_id": above, "inherits": inherits})
        chain_of[acl] = {acl: False} | {up: cut or not inherits for up, cut in chain_of[above].items()}
        for group in chance.sample(range(2, size.groups + 1), chance.randint(1, 5)):
            rule(acl, principals.group(group), chance.choice((Permission.VIEW, Permission.EDIT, ALL)))
        for number in chance.sample(range(11, size.users + 1), chance.randint(0, 3)):
            rule(acl, principals.user(number), Permission.VIEW, deny=chance.random() < 0.1)
    for number in ASKING["sees one folder"]:
        rule(ROOT_ACL_ID + 1 + number, principals.user(number), Permission.VIEW)
    for acl, chain in chain_of.items():
        if acl != ROOT_ACL_ID:
            chains += [{"acl_id": acl, "ancestor_id": up, "above_cut": cut} for up, cut in chain.items()]
    return acls, chains, rules


def _items(
    size: Size, chance: random.Random, folders: list[Row], uid: Callable[[], str], now: datetime
) -> tuple[list[Row], list[Row], list[Row]]:
    """Half of the items in a tenth of the folders; every one with an original, a playable copy and a poster."""
    items: list[Row] = []
    versions: list[Row] = []
    files: list[Row] = []
    busy = chance.sample(folders, len(folders) // 10)
    for number in range(1, size.items + 1):
        folder = chance.choice(busy if chance.random() < 0.5 else folders)
        words = "".join(f" {word}" for word, share in SEARCHED.items() if chance.random() < share)
        title = f"{chance.choice(NAMES)} shows step {number}{words}"
        items.append(
            {
                "id": number,
                "uid": uid(),
                "folder_id": folder["id"],
                "kind": KINDS[number % len(KINDS)],
                "title": title,
                "title_key": title.lower(),
                "state": State.READY,
                "shown": True,
                "uploader_id": chance.randint(1, size.users),
                "created_at": now - timedelta(minutes=size.items - number),
            }
        )
        version = {"id": number, "item_id": number, "number": 1, "filename": "a.mp4", "size": number % 9973}
        by = items[-1]["uploader_id"]
        versions.append(version | {"duration": number % 3571 + 1.0, "created_by": by, "created_at": now})
        for name, media_type in (("original", "video/mp4"), ("play.mp4", "video/mp4"), ("poster.webp", "image/webp")):
            files.append({"version_id": number, "name": name, "stored_as": name, "media_type": media_type, "size": 1})
    return items, versions, files
