"""The commands `ingest-log` and `traffic`."""
from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from privmedia.console import Line, echo_json
from privmedia.db import reading
from privmedia.traffic.service import Reading, Sendings, read_log


@click.command("ingest-log")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def ingest_log(line: Line, files: tuple[Path, ...], as_json: bool) -> None:
    """Add up the bytes that nginx sent of each item, from its log FILE… (.gz too). Each line counts once."""
    read = {str(path): read_log(line.installation, path) for path in files}
    if as_json:
        echo_json({path: asdict(one) for path, one in read.items()})
        return
    for path, one in read.items():
        click.echo(f"{path}: {_said(one)}")


@click.command()
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True)
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Items at most.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def traffic(line: Line, days: int, limit: int, as_json: bool) -> None:
    """List the items of which most bytes were sent, by what `ingest-log` has read."""
    with reading(line.installation.sessions) as session:
        found = Sendings(session, line.installation).most(days=days, limit=limit)
    if as_json:
        echo_json([{**asdict(each), "total": each.total} for each in found])
        return
    for each in found:
        parts = f"watched {each.watched}, downloaded {each.downloaded}, other {each.other}"
        click.echo(f"{each.total:>15}  {each.item}  {each.title}  ({parts} bytes)")
    if not found:
        click.echo("Nothing was sent in that time, or no log was read: privmedia ingest-log")


def _said(one: Reading) -> str:
    said = f"{one.lines} new lines, {one.bytes_sent} bytes in {one.requests} requests"
    if one.unknown:
        said += f"; {one.unknown} of items that are gone"
    if one.unreadable:
        said += f"; {one.unreadable} lines of another format were passed over"
    return said
