"""Commands about work in the background: `jobs` with what can be done with one, and `reprocess`."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from privmedia.audit.service import COMMAND_LINE
from privmedia.console import Line, echo_json
from privmedia.db import reading, writing
from privmedia.errors import Invalid
from privmedia.library.models import Item
from privmedia.library.paths import Paths
from privmedia.operations.worker import HANDLERS
from privmedia.work.rows import JobRow
from privmedia.work.service import Background, Show
from privmedia.work.steering import Steering


@click.group(invoke_without_command=True)
@click.option("--failed", is_flag=True, help="Only those that failed, with the reasons.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_context
def jobs(context: click.Context, failed: bool, as_json: bool) -> None:
    """List what runs, waits and failed in the background, and what was done today: the first of each."""
    if context.invoked_subcommand:
        return
    line: Line = context.obj
    with reading(line.installation.sessions) as session:
        background = Background(session, line.installation, HANDLERS)
        rows = background.page(Show.FAILED).rows if failed else background.overview()
    if as_json:
        echo_json([{**asdict(row), "error": str(row.error or "")} for row in rows])
        return
    for row in rows:
        click.echo(f"{row.id:>8}  {row.state:<9}  {_how_far(row):<8}  {row.kind:<14}  {row.subject.name}")
        if row.error:
            click.echo(f"{'':>8}  {row.error}")


@jobs.command()
@click.argument("number", type=int, metavar="ID", required=False)
@click.option("--all", "all_failed", is_flag=True, help="All that failed.")
@click.pass_obj
def retry(line: Line, number: int | None, all_failed: bool) -> None:
    """Let the job ID, which failed or was cancelled, be tried again."""
    with steering(line) as steer:
        if all_failed:
            click.echo(f"Jobs that are tried again: {steer.retry_failed(COMMAND_LINE)}.")
        else:
            steer.retry(_asked_for(number), COMMAND_LINE)
            click.echo("It is tried again.")


@jobs.command()
@click.argument("number", type=int, metavar="ID")
@click.pass_obj
def cancel(line: Line, number: int) -> None:
    """Cancel the job ID. One that runs is ended within seconds."""
    with steering(line) as steer:
        steer.cancel(number, COMMAND_LINE)
    click.echo("It is cancelled.")


@jobs.command()
@click.pass_obj
def pause(line: Line) -> None:
    """Begin nothing new. What runs goes on to its end."""
    with steering(line) as steer:
        steer.pause(COMMAND_LINE)
    click.echo("The queue is paused.")


@jobs.command("go-on")
@click.pass_obj
def go_on(line: Line) -> None:
    """Let the queue go on."""
    with steering(line) as steer:
        steer.go_on(COMMAND_LINE)
    click.echo("The queue goes on.")


@click.command()
@click.argument("path", required=False)
@click.option("--all", "everything", is_flag=True, help="Everything there is, after all other work.")
@click.pass_obj
def reprocess(line: Line, path: str | None, everything: bool) -> None:
    """Have all that is made of an original made anew. PATH is a folder's path and an item's title."""
    if (path is None) is not everything:
        raise Invalid("Name one item by its path, or say --all.")
    with writing(line.installation.sessions) as session:
        steer = Steering(session, line.installation, HANDLERS)
        if path is None:
            click.echo(f"Items that are prepared anew: {steer.reprocess_all(COMMAND_LINE)}.")
            return
        found = Paths(session, line.installation).place(path)
        if not isinstance(found, Item):
            raise Invalid("That is a folder. Name one item in it, or say --all.")
        steer.reprocess(found, COMMAND_LINE)
        click.echo("It is prepared anew.")


@contextmanager
def steering(line: Line) -> Iterator[Steering]:
    """What is done with it is committed together."""
    with writing(line.installation.sessions) as session:
        yield Steering(session, line.installation, HANDLERS)


def _asked_for(number: int | None) -> int:
    if number is None:
        raise Invalid("Name one job by its ID, or say --all.")
    return number


def _how_far(row: JobRow) -> str:
    if row.progress is not None:
        return f"{row.progress} %"
    return f"no. {row.place}" if row.place else ""
