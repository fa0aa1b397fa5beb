"""Commands for players in pages of other sites."""
from __future__ import annotations

from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.embedding.key_commands import key
from privmedia.embedding.models import EVERYWHERE, INTRANET, NOWHERE, OPEN, PEOPLE, SIGNED, SITES
from privmedia.embedding.pages import Pages
from privmedia.embedding.service import Embeds, Wish
from privmedia.embedding.snippet import Snippet
from privmedia.embedding.standing import Standing
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.library.paths import Paths
from privmedia.versions.service import Versions


@click.group()
def embed() -> None:
    """Make, list and end players for pages of other sites."""


embed.add_command(key)


@embed.command("add")
@click.argument("path")
@click.option("--site", "sites", multiple=True, metavar="ORIGIN", help="It may appear there: https://intranet.example.")
@click.option("--intranet", is_flag=True, help="It may appear on the sites that privmedia.embed_sites lists.")
@click.option("--everywhere", is_flag=True, help="It may appear on any site.")
@click.option("--open", "is_open", is_flag=True, help="No sign-in: whoever learns the address can watch.")
@click.option("--signed", "key_id", metavar="KEY", help="Who has no account watches by the word of this key's site.")
@click.option("--say-title", is_flag=True, help="The title stands in the code, for all readers of the page.")
@click.option("--name", default="command line", show_default=True, help="To know it by.")
@click.option("--by", metavar="EMAIL", help="Whose player it is; without it the first administrator's.")
@click.pass_obj
def add_embed(
    line: Line,
    *,
    path: str,
    sites: tuple[str, ...],
    intranet: bool,
    everywhere: bool,
    is_open: bool,
    key_id: str | None,
    say_title: bool,
    name: str,
    by: str | None,
) -> None:
    """Make a player of the item at PATH and print the code for the page. Without a site it appears nowhere yet.

    It gives nobody new rights: people sign in, and watch what they may view. With --open whoever learns its address
    can watch, as long as its maker may view the item; the sites only decide which pages may show it. With --signed
    those can for whom the server of the key's site vouches; see `embed key`.
    """
    if sum((bool(sites), intranet, everywhere)) > 1:
        raise click.UsageError("Choose one of --site, --intranet and --everywhere.")
    if key_id and (is_open or sites or intranet or everywhere):
        raise click.UsageError("The key given by --signed says where it may appear: leave the other choices out.")
    if is_open and everywhere:
        raise click.UsageError("A player without sign-in cannot appear on any site: name the sites with --site.")
    wish = Wish(
        name=name,
        appears=SITES if sites else INTRANET if intranet else EVERYWHERE if everywhere else NOWHERE,
        sites="\n".join(sites),
        audience=SIGNED if key_id else OPEN if is_open else PEOPLE,
        key=key_id or "",
        names_title=say_title,
    )
    installation = line.installation
    with writing(installation.sessions) as session:
        maker = Accounts(session, installation).user_by_email(by) if by else _first_administrator(session)
        item = Paths(session, installation).place(path)
        if not isinstance(item, Item):
            raise Invalid("That is a folder. Name an item: its folder's path, and its title.")
        made = Embeds(session, installation).make(item=item, maker=maker, wish=wish)
        version = Versions(session, installation).shown(item)
        shape = (version.width, version.height) if version.width and version.height else None
        click.echo(f"Player {made.embed.uid}.", err=True)
        click.echo(Snippet(installation.settings.base_url, made.embed, item, shape).code)


@embed.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def list_embeds(line: Line, as_json: bool) -> None:
    """List all players that were not ended, and where they were seen."""
    with reading(line.installation.sessions) as session:
        listed = _told(session, line.installation)
    if as_json:
        echo_json(listed)
        return
    for row in listed:
        signs_in = "without sign-in" if row["open"] else "after sign-in"
        audience = f"by the word of {row['key']}" if row["key"] else signs_in
        where = " ".join(row["sites"]) or row["where"]
        click.echo(
            f"{row['id']}  {row['path']}  {row['name']}  by {row['maker'] or 'nobody any more'}  {where}  {audience}  "
            f"{row['state']}  last watched {row['last_used'] or 'never'}"
        )


@embed.command("remove")
@click.argument("embed_id", metavar="ID")
@click.pass_obj
def remove_embed(line: Line, embed_id: str) -> None:
    """End the player with this ID, as `embed list` names it: wherever it stands it shows nothing any more."""
    with writing(line.installation.sessions) as session:
        gone = Embeds(session, line.installation).remove(uid=embed_id)
    click.echo(f"“{gone.embed.name}” of “{gone.item.title}” plays no more.")


def _told(session: Session, installation: Installation) -> list[dict[str, Any]]:
    paths, found = Paths(session, installation), Embeds(session, installation).everywhere()
    seen = Pages(session, installation).of_embeds([one.embed.id for one in found])
    return [_row(one, paths, [page for page in seen.get(one.embed.id, []) if not page.page.refused]) for one in found]


def _row(one: Standing, paths: Paths, seen: list[Any]) -> dict[str, Any]:
    embed = one.embed
    return {
        "id": embed.uid,
        "path": f"{paths.path_of(one.folder)}/{one.item.title}",
        "item": one.item.uid,
        "name": embed.name,
        "maker": one.maker.email if one.maker else None,
        "where": embed.appears,
        "sites": list(one.listed or ()),
        "open": embed.audience == OPEN,
        "key": embed.key.name if embed.key else None,
        "state": one.stand.value,
        "created": embed.created_at.isoformat(timespec="seconds"),
        "last_used": embed.last_used_at.isoformat(timespec="seconds") if embed.last_used_at else None,
        "seen": [
            {
                "page": page.url,
                "plays": page.page.plays,
                "first": page.page.first_at.isoformat(timespec="seconds"),
                "last": page.page.last_at.isoformat(timespec="seconds"),
            }
            for page in seen
        ],
    }


def _first_administrator(session: Session) -> User:
    """Who answers for players that are made here. Raises Invalid if there is nobody."""
    active = select(User).where(User.is_admin, User.disabled_at.is_(None)).order_by(User.id).limit(1)
    found = session.scalar(active)
    if found is None:
        raise Invalid("There is no administrator to make it as. Name somebody with --by EMAIL.")
    return found
