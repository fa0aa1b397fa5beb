"""Commands for API tokens."""
from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import click

from privmedia.accounts.service import Accounts
from privmedia.accounts.tokens import Tokens
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.scopes import Scope

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def read_scopes(_context: click.Context, _option: click.Parameter, value: str) -> list[Scope]:
    """`read,upload`, as scopes."""
    wanted = [word.strip().lower() for word in value.split(",")]
    for word in wanted:
        if word not in list(Scope):
            raise click.BadParameter(f"{word!r} is no scope; choose from {', '.join(Scope)}.")
    return [Scope(word) for word in wanted]


def read_lasts(_context: click.Context, _option: click.Parameter, value: str) -> timedelta:
    """`12h`, `90d`, `4w`, as a time."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", value.strip().lower(), re.ASCII)
    if match is None:
        raise click.BadParameter(f"{value!r} is no time; write 12h, 90d or 4w.")
    return int(match[1]) * UNITS[match[2]]


@click.group()
def token() -> None:
    """Make, list and revoke API tokens, the keys of scripts."""


@token.command("add")
@click.argument("email")
@click.option("--scope", "scopes", required=True, callback=read_scopes, help=f"From {', '.join(Scope)}; by commas.")
@click.option("--expires", "lasts", default="90d", show_default=True, callback=read_lasts, help="12h, 90d, 4w.")
@click.option("--name", default="command line", show_default=True, help="To know it by.")
@click.pass_obj
def add_token(line: Line, *, email: str, scopes: list[Scope], lasts: timedelta, name: str) -> None:
    """Make a token of EMAIL and print it. It is not shown again."""
    with writing(line.installation.sessions) as session:
        owner = Accounts(session, line.installation).user_by_email(email)
        _token, text = Tokens(session, line.installation).add(user=owner, name=name, scopes=scopes, lasts=lasts)
    click.echo(text)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def list_tokens(line: Line, as_json: bool) -> None:
    """List the tokens that work, never the tokens themselves."""
    with reading(line.installation.sessions) as session:
        listed: list[dict[str, Any]] = [
            {
                "id": each.uid,
                "email": each.user.email,
                "name": each.name,
                "scopes": each.scopes.split(","),
                "created": each.created_at.isoformat(timespec="seconds"),
                "expires": each.expires_at.isoformat(timespec="seconds"),
                "last_used": each.last_used_at.isoformat(timespec="seconds") if each.last_used_at else None,
            }
            for each in Tokens(session, line.installation).all()
        ]
    if as_json:
        echo_json(listed)
        return
    for row in listed:
        used = f"used {row['last_used']}" if row["last_used"] else "never used"
        scopes = ",".join(row["scopes"])
        click.echo(f"{row['id']}  {row['email']}  {row['name']}  {scopes}  until {row['expires']}  {used}")


@token.command("revoke")
@click.argument("token_id", metavar="ID")
@click.pass_obj
def revoke_token(line: Line, token_id: str) -> None:
    """Revoke the token with this ID, as `token list` names it."""
    with writing(line.installation.sessions) as session:
        gone = Tokens(session, line.installation).revoke(uid=token_id)
    click.echo(f"“{gone.name}” of {gone.user.email} works no more.")
