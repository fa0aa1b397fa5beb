"""Commands for people who leave. They are commands of `user`, which the program adds them to."""
from __future__ import annotations

from typing import Any

import click

from privmedia.accounts.service import Accounts
from privmedia.admin.users.leaving import Leaving
from privmedia.console import Line
from privmedia.db import writing

CUT = {
    "sessions": ("1 session", "{} sessions"),
    "tokens": ("1 API token", "{} API tokens"),
    "links": ("1 link to invite or reset", "{} links to invite or reset"),
    "share_links": ("1 share link", "{} share links"),
    "views": ("1 view as somebody else", "{} views as somebody else"),
    "requests": ("1 question for access", "{} questions for access"),
}


@click.command("disable")
@click.argument("email")
@click.option("--to", "heir", metavar="EMAIL", help="Who takes over the uploads, and the places nobody else manages.")
@click.pass_obj
def disable_user(line: Line, email: str, heir: str | None) -> None:
    """Cut a person off: sessions, API tokens and links end at once. What they added stays."""
    with writing(line.installation.sessions) as session:
        accounts, leaving = Accounts(session, line.installation), Leaving(session, line.installation)
        user = accounts.user_by_email(email)
        cut = leaving.disable(user=user, heir=accounts.user_by_email(heir) if heir else None)
    click.echo(f"{user.email} cannot sign in any more. Cut off: {_in_words(cut)}.")
    _say_handed_over(cut)


@click.command("delete")
@click.argument("email")
@click.option("--to", "heir", metavar="EMAIL", help="Who takes over the uploads, and the places nobody else manages.")
@click.pass_obj
def delete_user(line: Line, email: str, heir: str | None) -> None:
    """Delete a person and every rule that names them. What they added stays, without --to nobody's."""
    with writing(line.installation.sessions) as session:
        accounts, leaving = Accounts(session, line.installation), Leaving(session, line.installation)
        user = accounts.user_by_email(email)
        gone = leaving.delete(user=user, heir=accounts.user_by_email(heir) if heir else None)
    click.echo(f"{user.email} is deleted.")
    for rule in gone["rules"]:
        click.echo(f"No more: {rule}")
    _say_handed_over(gone)


def _in_words(cut: dict[str, Any]) -> str:
    parts = [one if cut[key] == 1 else many.format(cut[key]) for key, (one, many) in CUT.items() if cut.get(key)]
    return ", ".join(parts) or "nothing was open"


def _say_handed_over(done: dict[str, Any]) -> None:
    if "heir" in done:
        click.echo(f"{done['heir']} has taken over: {done['items']} uploads, {done['places']} places.")
