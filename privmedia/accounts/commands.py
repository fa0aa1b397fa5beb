"""Commands for people, groups and the first administrator."""
from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from sqlalchemy.orm import Session

from privmedia.accounts import passwords
from privmedia.accounts.addresses import normal_email
from privmedia.accounts.first_start import FirstStart, organisation
from privmedia.accounts.groups import Groups
from privmedia.accounts.invitations import Invitations, Newcomer
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.two_factor import TwoFactors
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.errors import Invalid
from privmedia.installation import Installation

More = Callable[[Session, Installation], Mapping[str, Mapping[str, Any]]]
MORE_OF_USERS: list[More] = []
"""What other rooms know of each person, by the public id, for the list. The program enters those that do."""
MORE_OF_GROUPS: list[More] = []
"""The same of each group."""

as_json = click.option("--json", "as_json", is_flag=True, help="For scripts.")


@click.command("setup-link")
@click.option("--if-needed", is_flag=True, help="Once there is an administrator, print nothing and be content.")
@click.pass_obj
def setup_link(line: Line, *, if_needed: bool) -> None:
    """Print a one-time link that makes the first administrator. It works for 24 hours; older ones stop working."""
    with writing(line.installation.sessions) as session:
        first_start = FirstStart(session, line.installation)
        if if_needed and not first_start.needed():
            return
        link = first_start.make_link()
    if if_needed:
        click.echo("Make the first administrator (this link works once, for 24 hours):")
    click.echo(link)


@click.group()
def user() -> None:
    """Invite, add, list, disable and delete people, set their passwords."""


@user.command("add")
@click.argument("email")
@click.option("--name", default="", help="As others see it; the part of EMAIL before the @ if left out.")
@click.option("--admin", is_flag=True, help="May do everything.")
@click.option("--guest", is_flag=True, help='Not among "everyone": sees only what is given to them by name or group.')
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def add_user(line: Line, *, email: str, name: str, admin: bool, guest: bool, password_stdin: bool) -> None:
    """Add a person. Without --password-stdin a password is made up and printed once."""
    installation = line.installation
    password = _read_password() if password_stdin else passwords.generated()
    password_hash = _hash(installation, password, email, name)
    with writing(installation.sessions) as session:
        added = Accounts(session, installation).add_user(
            email=email, name=name, password_hash=password_hash, admin=admin, guest=guest
        )
    click.echo(f"{added.email} can sign in now.")
    if not password_stdin:
        click.echo(f"Password (not shown again): {password}")


@user.command("list")
@as_json
@click.pass_obj
def list_users(line: Line, as_json: bool) -> None:
    """List all people by name."""
    with reading(line.installation.sessions) as session:
        rows = [_row(each) for each in Accounts(session, line.installation).users()]
        _tell_more(MORE_OF_USERS, session, line.installation, rows)
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        flags = [word for word in ("admin", "guest", "disabled") if row[word]]
        click.echo("  ".join([f"{row['email']:<40}", row["name"], *([f"({', '.join(flags)})"] if flags else [])]))


@user.command("invite")
@click.argument("email")
@click.option("--name", default="", help="As others see it; the part of EMAIL before the @ if left out.")
@click.option("--group", "names", metavar="NAME", multiple=True, help="A group to be in; may be said several times.")
@click.option("--admin", is_flag=True, help="May do everything.")
@click.option("--guest", is_flag=True, help='Not among "everyone": sees only what is given to them by name or group.')
@click.pass_obj
def invite_user(line: Line, *, email: str, name: str, names: tuple[str, ...], admin: bool, guest: bool) -> None:
    """Invite a person, or again: their link works for 7 days. Without a mail server it is printed, once."""
    installation = line.installation
    with writing(installation.sessions) as session:
        accounts, invitations = Accounts(session, installation), Invitations(session, installation)
        groups = [Groups(session, installation).group_by_name(each) for each in names]
        if accounts.known_emails({normal_email(email)}):
            made = invitations.again(user=accounts.user_by_email(email))
        else:
            made = invitations.invite(Newcomer(email=email, name=name, groups=groups, admin=admin, guest=guest))
    click.echo(made.address or f"A letter to {made.user.email} is on its way.")


@user.command("enable")
@click.argument("email")
@click.pass_obj
def enable_user(line: Line, email: str) -> None:
    """Let a disabled person in again."""
    with writing(line.installation.sessions) as session:
        accounts = Accounts(session, line.installation)
        accounts.enable(user=accounts.user_by_email(email))
    click.echo(f"{email} can sign in again.")


@user.command("two-factor-off")
@click.argument("email")
@click.pass_obj
def two_factor_off(line: Line, email: str) -> None:
    """For a person who lost phone and recovery codes: the password alone lets them in. They are told by a letter."""
    with writing(line.installation.sessions) as session:
        found = Accounts(session, line.installation).user_by_email(email)
        TwoFactors(session, line.installation).reset(found)
    click.echo(f"{found.email} signs in with the password alone now.")


@user.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
@click.pass_obj
def set_password(line: Line, email: str, password_stdin: bool) -> None:
    """Give a person a new password; all their sessions end."""
    installation = line.installation
    with reading(installation.sessions) as session:
        name = Accounts(session, installation).user_by_email(email).name
    password_hash = _hash(installation, _read_password(), email, name)
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.set_password(user=accounts.user_by_email(email), password_hash=password_hash)
    click.echo(f"{email} has a new password and is signed out everywhere.")


@click.group()
def group() -> None:
    """Make groups, put people into them."""


@group.command("add")
@click.argument("name")
@click.pass_obj
def add_group(line: Line, name: str) -> None:
    """Make an empty group."""
    with writing(line.installation.sessions) as session:
        made = Groups(session, line.installation).add_group(name=name)
    click.echo(f"{made.uid}  {made.name}")


@group.command("join")
@click.argument("name")
@click.argument("emails", metavar="EMAIL...", nargs=-1, required=True)
@click.pass_obj
def join_group(line: Line, name: str, emails: tuple[str, ...]) -> None:
    """Put people into the group NAME."""
    with writing(line.installation.sessions) as session:
        groups, accounts = Groups(session, line.installation), Accounts(session, line.installation)
        found = groups.group_by_name(name)
        joined = groups.join(group=found, users=[accounts.user_by_email(email) for email in emails])
    click.echo(f"{joined} joined {found.name}.")


@group.command("leave")
@click.argument("name")
@click.argument("emails", metavar="EMAIL...", nargs=-1, required=True)
@click.pass_obj
def leave_group(line: Line, name: str, emails: tuple[str, ...]) -> None:
    """Take people out of the group NAME."""
    with writing(line.installation.sessions) as session:
        groups, accounts = Groups(session, line.installation), Accounts(session, line.installation)
        found = groups.group_by_name(name)
        left = groups.leave(group=found, users=[accounts.user_by_email(email) for email in emails])
    click.echo(f"{left} left {found.name}.")


@group.command("list")
@as_json
@click.pass_obj
def list_groups(line: Line, as_json: bool) -> None:
    """List all groups by name, with their people."""
    with reading(line.installation.sessions) as session:
        groups = Groups(session, line.installation)
        rows = [
            {"id": each.uid, "name": each.name, "people": [person.email for person in groups.members(each)]}
            for each, _count in groups.groups()
        ]
        _tell_more(MORE_OF_GROUPS, session, line.installation, rows)
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        click.echo(f"{row['name']}: {', '.join(row['people']) or 'nobody'}")


def _tell_more(more: Sequence[More], session: Session, installation: Installation, rows: list[dict[str, Any]]) -> None:
    for tell in more:
        told = tell(session, installation)
        for row in rows:
            row.update(told[row["id"]])


def _row(user: User) -> dict[str, Any]:
    return {
        "id": user.uid,
        "email": user.email,
        "name": user.name,
        "admin": user.is_admin,
        "guest": user.is_guest,
        "disabled": user.disabled_at is not None,
        "groups": [each.name for each in user.groups],
        "last_seen": user.last_seen_at.isoformat() if user.last_seen_at else None,
    }


def _read_password() -> str:
    try:
        text = sys.stdin.buffer.read(4 * passwords.LONGEST + 2).decode()
    except UnicodeDecodeError:
        raise Invalid("The password on standard input is not valid UTF-8.") from None
    return text.removesuffix("\n").removesuffix("\r")


def _hash(installation: Installation, password: str, *words: str) -> str:
    with reading(installation.sessions) as session:
        known = [word for word in (*words, organisation(session)) if word]
    return passwords.new_hash(password, words=known, rounds=installation.settings.bcrypt_rounds)
