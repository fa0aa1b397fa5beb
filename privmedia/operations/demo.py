"""A small library to look around in: people, groups, folders with different rules, generated media."""
from __future__ import annotations

import os
import subprocess
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
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import SiteValue, User
from privmedia.accounts.service import Accounts
from privmedia.console import Line
from privmedia.db import reading, writing
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.library.models import Folder
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
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
    "Service bulletins": [("Training team", M), ("Service engineers", U)],
    CLOSED: [],
}
BLOCK = 1 << 20  # bytes
# Folder, title, file name, what ffmpeg makes it from. Sound is a soft chord, pictures are drawn.
CHORD = ["-f", "lavfi", "-i", "aevalsrc=0.08*sin(220*2*PI*t)+0.06*sin(277*2*PI*t)+0.05*sin(330*2*PI*t):d={length}"]
VIDEO = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"]
GRADIENT = "gradients=s=1280x720:r=12:c0={first}:c1={second}:x0=0:y0=0:x1=1280:y1=720:nb_colors=2:speed=0.02:d={length}"


def glow(length: int, first: str, second: str) -> list[str]:
    """ffmpeg's arguments for a film, in seconds, of two colours that wander."""
    picture = GRADIENT.format(first=first, second=second, length=length)
    return ["-f", "lavfi", "-i", picture, *sound(length), *VIDEO]


def still(source: str) -> list[str]:
    return ["-f", "lavfi", "-i", source, "-frames:v", "1", "-update", "1"]


def sound(length: int, *more: str) -> list[str]:
    return [*(part.format(length=length) for part in CHORD), *more]


ITEMS: list[tuple[str, str, str, list[str]]] = [
    ("Town halls", "Q3 town hall", "town-hall-q3.mp4", glow(40, "0x10222b", "0x2b7f92")),
    ("Town halls", "Winter greeting from the yard", "winter.mp4", glow(25, "0x24324a", "0xa9c7d6")),
    ("Product training", "Launch of hull 118, final cut", "launch 118 (final).mov", glow(20, "0x1b1836", "0x8a5a83")),
    ("Product training", "Deck Talk 12: running a yard on shore power", "deck-talk-12.mp3", sound(75)),
    (
        "Product training/Thruster T4",
        "Thruster T4: replacing the main bearing",
        "thruster-t4-bearing.mkv",
        glow(30, "0x1d2c31", "0xb98a4a"),
    ),
    (
        "Product training/Thruster T4",
        "Inspecting the shaft after a bearing failure",
        "inspecting the shaft 100%.mp4",
        glow(18, "0x2a2013", "0xc98a3c"),
    ),
    ("Product training/Thruster T4", "Bearing seat, measured", "bearing-seat.png", still("sierpinski=s=1280x720")),
    ("Product training/Thruster T4", "Sound of a worn bearing", "worn-bearing.wav", sound(12, "-c:a", "pcm_s16le")),
    (
        "Service bulletins",
        "Seal kit, from all sides",
        "seal-kit.jpg",
        still("gradients=s=1600x1000:c0=0xe9e2d2:c1=0x9a6a8c:nb_colors=2"),
    ),
    (CLOSED, "Budget, with notes", "budget.mp4", glow(15, "0x181c1f", "0x6a7a3f")),
]
PDF = ("Service bulletins", "Service bulletin SB-2026-031: seal kit", "sb-2026-031.pdf")


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
        for place, title, path in _make_files(installation, Path(folder)):
            _add_item(installation, place, title, path)
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


def _make_files(installation: Installation, folder: Path) -> Iterator[tuple[str, str, Path]]:
    ffmpeg = media.find_ffmpeg(installation.settings.ffmpeg)
    for place, title, filename, arguments in ITEMS:
        path = folder / filename
        subprocess.run([ffmpeg, "-v", "error", "-nostdin", "-y", *arguments, path], check=True)
        yield place, title, path
    place, title, filename = PDF
    path = folder / filename
    path.write_bytes(_one_page("Service bulletin SB-2026-031", "Seal kit, lot 7714 to 7802. Replace at the next stop."))
    yield place, title, path


def _add_item(installation: Installation, place: str, title: str, path: Path) -> None:
    with reading(installation.sessions) as session:
        identity = _identity(session, installation, ADMIN if place == CLOSED else "manager@demo.example")
        folder = Paths(session, installation).folder(place)
        destination = Uploads(session, installation).destination(identity, folder.uid)
    with Receipt() as receipt, path.open("rb") as file:
        receipt.take([FilePart(path.name, iter(lambda: file.read(BLOCK), b""))], installation.storage)
        keep(installation, identity, destination, title, receipt)


def _identity(session: Session, installation: Installation, email: str) -> Identity:
    """Somebody as if signed in, to add files in their name."""
    user = Accounts(session, installation).user_by_email(email)
    return Identity(
        user_id=user.id,
        session_id=0,
        name=user.name,
        email=user.email,
        is_admin=user.is_admin,
        is_guest=user.is_guest,
        group_ids=frozenset(group.id for group in Groups(session, installation).groups_of(user)),
        csrf_secret="",
        last_used_at=installation.clock(),
    )


def _one_page(heading: str, line: str) -> bytes:
    """A PDF of one page with two lines of text, written by hand: no library for writing PDF is needed anywhere else."""
    text = f"BT /F1 26 Tf 60 720 Td ({heading}) Tj ET BT /F1 14 Tf 60 680 Td ({line}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + table
    return out + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
