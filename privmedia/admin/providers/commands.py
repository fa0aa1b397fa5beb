"""Commands for the company's directory."""
from __future__ import annotations

from typing import Any

import click

from privmedia.admin.providers.syncing import Report, sync
from privmedia.audit.service import COMMAND_LINE
from privmedia.console import Line, echo_json


@click.group()
def ldap() -> None:
    """The company's directory."""


@ldap.command("sync")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def sync_directory(line: Line, dry_run: bool, as_json: bool) -> None:
    """Disable who has left the directory, and update the groups of the others."""
    report = sync(line.installation, by=COMMAND_LINE, dry_run=dry_run)
    if as_json:
        echo_json(_for_scripts(report))
        return
    will = "would be" if dry_run else "is"
    click.echo(f"In the directory: {report.people}. Accounts here that belong to it and work: {report.known}.")
    for email in report.leaving:
        click.echo(f"{email} has left and {will} disabled.")
    for email in report.kept:
        click.echo(f"{email} has left and stays: the last administrator. Make somebody else one.")
    for email, joined, left in report.moved:
        words = [*(f"joins {name}" for name in joined), *(f"leaves {name}" for name in left)]
        click.echo(f"{email} {', '.join(words) or 'administers, or does not any more'}.")
    if not (report.leaving or report.kept or report.moved):
        click.echo("Nothing has changed.")
    if report.stopped is not None:
        click.echo(str(report.stopped))


def _for_scripts(report: Report) -> dict[str, Any]:
    moved = [{"email": email, "joined": joined, "left": left} for email, joined, left in report.moved]
    stopped = None if report.stopped is None else str(report.stopped)
    return {**vars(report), "moved": moved, "stopped": stopped}
