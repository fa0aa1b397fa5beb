"""Commands for keys with which the servers of sites vouch for their people."""
from __future__ import annotations

from typing import Any

import click

from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.embedding.site_keys import SiteKeys


@click.group()
def key() -> None:
    """Make, list and remove keys with which the servers of sites vouch for their people."""


@key.command("add")
@click.argument("name")
@click.option("--site", "sites", multiple=True, required=True, metavar="ORIGIN", help="https://intranet.example.")
@click.pass_obj
def add_key(line: Line, *, name: str, sites: tuple[str, ...]) -> None:
    """Make a key for the server of a site and print its ID and its secret. The secret is not shown again."""
    with writing(line.installation.sessions) as session:
        made, secret = SiteKeys(session, line.installation).add(name=name, sites="\n".join(sites))
        uid = made.uid
    click.echo(f"key {uid}")
    click.echo(f"secret {secret}")


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def list_keys(line: Line, *, as_json: bool) -> None:
    """List the keys, never their secrets, and how many players go by each."""
    with reading(line.installation.sessions) as session:
        keys = SiteKeys(session, line.installation)
        players = keys.players()
        listed: list[dict[str, Any]] = [
            {
                "id": each.uid,
                "name": each.name,
                "sites": each.sites.split(),
                "players": players.get(each.id, 0),
                "made_by": each.made_by,
                "created": each.created_at.isoformat(timespec="seconds"),
                "last_used": each.last_used_at.isoformat(timespec="seconds") if each.last_used_at else None,
            }
            for each in keys.all()
        ]
    if as_json:
        echo_json(listed)
        return
    for row in listed:
        used = row["last_used"] or "never"
        click.echo(f"{row['id']}  {row['name']}  {' '.join(row['sites'])}  {row['players']} players  last used {used}")


@key.command("remove")
@click.argument("key_id", metavar="ID")
@click.pass_obj
def remove_key(line: Line, *, key_id: str) -> None:
    """Remove the key with this ID: what its site signs counts no more, and who watches by it is stopped."""
    with writing(line.installation.sessions) as session:
        gone = SiteKeys(session, line.installation).remove(uid=key_id)
        name = gone.name
    click.echo(f"What is signed with “{name}” counts no more.")
