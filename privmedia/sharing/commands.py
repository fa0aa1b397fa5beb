"""Commands for share links."""
from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts import passwords
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.token_commands import read_lasts
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.pointers import Place
from privmedia.quotas.sizes import read_quota
from privmedia.sharing.models import Link
from privmedia.sharing.reaching import Reaching
from privmedia.sharing.service import Links, Wish
from privmedia.sharing.standing import Standing


def _read_size(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """`500MB`, `10GB`, in bytes."""
    try:
        return None if value is None else read_quota(value)
    except Invalid as error:
        raise click.BadParameter(str(error)) from None


@click.group()
def link() -> None:
    """Make, list, extend and revoke links for people without an account: to see something, or to send files."""


@link.command("add")
@click.argument("path")
@click.option("--expires", "lasts", default="30d", show_default=True, callback=read_lasts, help="12h, 7d, 4w.")
@click.option("--password-stdin", is_flag=True, help="Read a password for it from standard input.")
@click.option("--download", is_flag=True, help="Let them fetch originals as well.")
@click.option("--views", type=click.IntRange(1), help="How often it may be opened.")
@click.option("--upload", is_flag=True, help="A link to send files by, into a folder. It shows nothing.")
@click.option("--size", "most_bytes", callback=_read_size, help="With --upload: 500MB, 10GB at most, all together.")
@click.option("--files", "most_files", type=click.IntRange(1), help="With --upload: so many files at most.")
@click.option("--text", default="", help="With --upload: what the senders read.")
@click.option("--name", default="", help="To know it by.  [default: command line; with --upload the folder's name]")
@click.option("--by", metavar="EMAIL", help="Whose link it is; without it the first administrator's.")
@click.pass_obj
def add_link(
    line: Line,
    *,
    path: str,
    lasts: timedelta,
    password_stdin: bool,
    download: bool,
    views: int | None,
    upload: bool,
    most_bytes: int | None,
    most_files: int | None,
    text: str,
    name: str,
    by: str | None,
) -> None:
    """Make a link to PATH, a folder or an item, and print its address. It is not shown again.

    A link may do what its maker may do there at that moment, and no more. With --upload people without an account send
    files into PATH, which become drafts of the link's maker; NAME is what the senders read that they are asked for.
    """
    if upload and (download or views is not None):
        raise click.UsageError("A link to send files by shows nothing: leave out --download and --views.")
    if not upload and (most_bytes or most_files or text):
        raise click.UsageError("--size, --files and --text are for links to send files by: add --upload.")
    installation = line.installation
    password_hash = None
    if password_stdin:
        password_hash = passwords.new_hash(_read_password(), rounds=installation.settings.bcrypt_rounds)
    wish = Wish(
        name=name or (path.rpartition("/")[2] if upload else "command line"),
        lasts=lasts,
        download=download,
        password_hash=password_hash,
        most_viewings=views,
        upload=upload,
        text=text,
        most_bytes=most_bytes,
        most_files=most_files,
    )
    with writing(installation.sessions) as session:
        maker = Accounts(session, installation).user_by_email(by) if by else _first_administrator(session)
        place = Paths(session, installation).place(path)
        made, address = Links(session, installation).make(place=place, maker=maker, wish=wish)
        ends = made.expires_at.isoformat(timespec="seconds")
        right = "manage" if upload else "view"
        click.echo(f"Works until {ends}, and as long as {maker.email} may {right} it.", err=True)
    click.echo(address)


@link.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def list_links(line: Line, as_json: bool) -> None:
    """List all links, never their addresses."""
    with reading(line.installation.sessions) as session:
        paths = Paths(session, line.installation)
        listed = [_told(one, paths) for one in Links(session, line.installation).everywhere()]
    if as_json:
        echo_json(listed)
        return
    for row in listed:
        opened = f"opened {row['viewings']}" + (f" of {row['most_viewings']}" if row["most_viewings"] else "")
        if "files" in row:
            opened = f"{row['files']} files, {row['bytes']} bytes"
        click.echo(
            f"{row['id']}  {row['path']}  {row['name']}  by {row['maker']}  {','.join(row['allow'])}  "
            f"{row['state']}  until {row['expires']}  {opened}"
        )


@link.command("extend")
@click.argument("link_id", metavar="ID")
@click.option("--expires", "lasts", default="30d", show_default=True, callback=read_lasts, help="From now on.")
@click.pass_obj
def extend_link(line: Line, link_id: str, lasts: timedelta) -> None:
    """Let the link with this ID work for a time from now on, be it expired or not. A revoked one stays revoked."""
    with writing(line.installation.sessions) as session:
        found = Links(session, line.installation).extend(uid=link_id, lasts=lasts)
        ends = found.link.expires_at.isoformat(timespec="seconds")
    click.echo(f"“{found.link.name}” to “{found.title}” works until {ends}.")


@link.command("revoke")
@click.argument("link_id", metavar="ID")
@click.pass_obj
def revoke_link(line: Line, link_id: str) -> None:
    """Revoke the link with this ID, as `link list` names it."""
    with writing(line.installation.sessions) as session:
        gone = Links(session, line.installation).revoke(uid=link_id)
    click.echo(f"“{gone.link.name}” to “{gone.title}” works no more.")


def links_that_open(session: Session, installation: Installation, place: Place | None) -> list[dict[str, Any]]:
    """The links that open a place now, or any place, as `link list` tells them; by path and id."""
    found = (
        Reaching(session, installation).opening(place)
        if place is not None
        else [one for one in Links(session, installation).everywhere() if one.works]
    )
    paths = Paths(session, installation)
    return sorted((_told(one, paths) for one in found), key=lambda link: (link["path"].casefold(), link["id"]))


def _told(one: Standing, paths: Paths) -> dict[str, Any]:
    link = one.link
    above = paths.path_of(one.folder)
    return {
        "id": link.uid,
        "path": above if one.item is None else f"{above}/{one.item.title}",
        "kind": "folder" if one.item is None else "item",
        "name": link.name,
        "note": link.note,
        "maker": one.maker.email,
        "allow": ["upload"] if one.is_request else ["view", "download"] if one.may_download else ["view"],
        "password": link.password_hash is not None,
        "state": one.state.value,
        "created": link.created_at.isoformat(timespec="seconds"),
        "expires": link.expires_at.isoformat(timespec="seconds"),
        "revoked": link.revoked_at.isoformat(timespec="seconds") if link.revoked_at else None,
        "viewings": link.viewings,
        "most_viewings": link.most_viewings,
        "last_used": link.last_used_at.isoformat(timespec="seconds") if link.last_used_at else None,
        **(_taken(link) if one.is_request else {}),
    }


def _taken(link: Link) -> dict[str, Any]:
    """What is told of a link to send files by, besides."""
    return {
        "text": link.text,
        "files": link.taken_files,
        "most_files": link.most_files,
        "bytes": link.taken_bytes,
        "most_bytes": link.most_bytes,
    }


def _first_administrator(session: Session) -> User:
    """Who answers for links that are made here. Raises Invalid if there is nobody."""
    active = select(User).where(User.is_admin, User.disabled_at.is_(None)).order_by(User.id).limit(1)
    found = session.scalar(active)
    if found is None:
        raise Invalid("There is no administrator to make it as. Name somebody with --by EMAIL.")
    return found


def _read_password() -> str:
    text = sys.stdin.buffer.read(4 * passwords.LONGEST + 2)
    try:
        return text.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Invalid("The password on standard input is not valid UTF-8.") from None
