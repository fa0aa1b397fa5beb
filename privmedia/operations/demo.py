"""A small library to look around in: people, groups, folders with different rules, generated media."""
from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.access import principals
from privmedia.access.permissions import Permission
from privmedia.accounts import passwords
from privmedia.accounts.first_start import ORGANISATION
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import SiteValue, User
from privmedia.accounts.service import Accounts
from privmedia.captions import cues
from privmedia.captions.keeping import keep_captions, place_of
from privmedia.console import Line
from privmedia.db import reading, writing
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.library.models import Folder
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.library.tags import Tags
from privmedia.operations.demo_files import ENTRIES, Entry
from privmedia.uploads.keeping import keep
from privmedia.uploads.reading import FilePart
from privmedia.uploads.receiving import Receipt
from privmedia.uploads.service import Uploads

V, D, U, E, M = Permission
ADMIN = "admin@demo.example"
CLOSED = "Board papers"
GUEST = "guest@demo.example"
PEOPLE = {
    ADMIN: "Ingrid Solheim",
    "manager@demo.example": "Maren Aasen",
    "member@demo.example": "Jonas Bakke",
    GUEST: "Ewa Kowalska",
}
GROUPS = {
    "Training team": ["manager@demo.example"],
    "Service engineers": ["member@demo.example", "manager@demo.example"],
}
RULES: dict[str, list[tuple[str, Permission]]] = {
    "Town halls": [("everyone", V), ("Training team", M)],
    "Product training": [("Training team", M), ("Service engineers", V | D)],
    "Product training/Thruster T4": [(GUEST, V)],
    "Product training/Hybrid drives": [],
    "Product training/Bridge systems": [],
    "Safety inductions": [("everyone", V), ("Training team", M)],
    "Service bulletins": [("Training team", M), ("Service engineers", U)],
    "Customer stories": [("everyone", V | D), ("Training team", M)],
    "Trade fairs": [("everyone", V), ("Training team", M)],
    "Deck Talk podcast": [("everyone", V | D), ("Training team", M)],
    CLOSED: [],
}
BLOCK = 1 << 20  # bytes


@click.command()
@click.pass_obj
def demo(line: Line) -> None:
    """Fill an empty library with people, groups, folders and generated media, and print how to sign in."""
    kept = line.settings.media_root.parent / "demo-password"
    if not kept.exists():
        click.echo("Making a small library …")
    password = seed(line.installation)
    if password is not None:
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(password + "\n")
    click.echo(f"Sign in as {', '.join(PEOPLE)}")
    click.echo(f"with the password {kept.read_text().strip() if kept.exists() else 'printed at the first start'}")


def seed(installation: Installation) -> str | None:
    """Fill an empty library; answers the password of all four people, or None if the demonstration is there already.

    Raises Conflict for a library that has something else in it.
    """
    with reading(installation.sessions) as session:
        if session.scalar(select(User.id).where(User.email == ADMIN)):
            return None
        if session.scalar(select(func.count(User.id))) or (session.scalar(select(func.count(Folder.id))) or 0) > 1:
            raise Conflict("This library has people or folders in it already. Use another folder: make demo VAR=demo")
    password = passwords.generated()
    kept = passwords.hash_password(password, rounds=installation.settings.bcrypt_rounds)
    with writing(installation.sessions) as session:
        _add_people(session, installation, kept)
        _add_folders(session, installation)
    with tempfile.TemporaryDirectory(prefix="privmedia-demo-") as folder:
        for entry, path in _make_files(installation, Path(folder)):
            _add_item(installation, entry, path)
    return password


def _add_people(session: Session, installation: Installation, password_hash: str) -> None:
    session.add(SiteValue(name=ORGANISATION, value="Skarvik Marine"))
    accounts, groups = Accounts(session, installation), Groups(session, installation)
    people = {
        email: accounts.add_user(
            email=email, name=name, password_hash=password_hash, admin=email == ADMIN, guest=email == GUEST
        )
        for email, name in PEOPLE.items()
    }
    for name, members in GROUPS.items():
        group = groups.add_group(name=name)
        groups.join(group=group, users=[people[email] for email in members])


def _add_folders(session: Session, installation: Installation) -> None:
    accounts, groups = Accounts(session, installation), Groups(session, installation)
    paths, rules = Paths(session, installation), Rules(session, installation)
    for path, given in RULES.items():
        folder = paths.make_folders(path)[-1]
        for name, allow in given:
            if name == principals.EVERYONE:
                principal = name
            elif "@" in name:
                principal = principals.user(accounts.user_by_email(name).id)
            else:
                principal = principals.group(groups.group_by_name(name).id)
            rules.set(folder, Wanted(principal, allow))


def _make_files(installation: Installation, folder: Path) -> Iterator[tuple[Entry, Path]]:
    ffmpeg = media.find_ffmpeg(installation.settings.ffmpeg)
    for entry in ENTRIES:
        path = folder / entry.filename
        entry.write(str(ffmpeg), path)
        yield entry, path


def _add_item(installation: Installation, entry: Entry, path: Path) -> None:
    with reading(installation.sessions) as session:
        identity = _identity(session, installation, ADMIN if entry.place == CLOSED else "manager@demo.example")
        folder = Paths(session, installation).folder(entry.place)
        destination = Uploads(session, installation).destination(identity, folder.uid)
    with Receipt() as receipt, path.open("rb") as file:
        receipt.take([FilePart(path.name, iter(lambda: file.read(BLOCK), b""))], installation.storage)
        (added,) = keep(installation, identity, destination, entry.title, receipt)
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        item = library.item(added.uid)
        library.describe_item(item=item, title=entry.title, description=entry.description)
        Tags(session, installation).put(item, entry.tags)
        place = place_of(item)
    if entry.said:
        keep_captions(installation, identity, place, language="en", label="English", read=cues.read(entry.said))


def _identity(session: Session, installation: Installation, email: str) -> Identity:
    """Somebody as if signed in, to add files in their name."""
    user = Accounts(session, installation).user_by_email(email)
    return as_identity(user, frozenset(group.id for group in Groups(session, installation).groups_of(user)))
