"""Commands that make folders and list what lies in them."""
from __future__ import annotations

from dataclasses import asdict

import click

from privmedia.audit.service import COMMAND_LINE, Audit
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.library.paths import Paths


@click.group()
def folder() -> None:
    """Make and list folders."""


@folder.command("add")
@click.argument("path")
@click.pass_obj
def add_folder(line: Line, path: str) -> None:
    """Make a folder; PATH is names joined by "/", and parents are made."""
    with writing(line.installation.sessions) as session:
        for made in Paths(session, line.installation).make_folders(path):
            Audit(session, line.installation).record("folder.add", identity=COMMAND_LINE, target=f"folder:{made.uid}")
            click.echo(f"{made.uid}  {made.name}")


@folder.command("list")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def list_folders(line: Line, as_json: bool) -> None:
    """List all folders by path."""
    with reading(line.installation.sessions) as session:
        rows = Paths(session, line.installation).folders()
    if as_json:
        echo_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(f"{row.id}  {row.path}")


@click.command()
@click.argument("path")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def items(line: Line, path: str, as_json: bool) -> None:
    """List the items of the folder PATH: id, title, kind, state, size, address."""
    with reading(line.installation.sessions) as session:
        rows = Paths(session, line.installation).items(path)
    if as_json:
        echo_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(f"{row.id}  {row.kind:<8}  {row.state:<10}  {row.size:>14,}  {row.title}  {row.address}")
