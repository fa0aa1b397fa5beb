"""The command `check`."""
from __future__ import annotations

import sys
from dataclasses import asdict

import click

from privmedia.console import Line, echo_json
from privmedia.operations import check as checks


@click.command()
@click.option("--full", is_flag=True, help="Read every original too, and compare its hash. Takes long.")
@click.option("--repair", is_flag=True, help="Work out again what can be: chains of rules, the index of search.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def check(line: Line, full: bool, repair: bool, as_json: bool) -> None:
    """Look whether rows, files, rules, jobs and the audit log fit together. Exit 1 if something does not."""
    mended = checks.repair(line.installation) if repair else None
    parts = list(checks.check(line.installation, full=full))
    if as_json:
        echo_json({"mended": mended, "parts": [asdict(part) for part in parts]})
    else:
        if mended:
            click.echo(mended)
        for part in parts:
            click.echo(f"{part.name}: {'fits' if not part.problems else 'does NOT fit'} ({part.looked_at})")
            for problem in part.problems:
                click.echo(f"  {problem}")
    if any(part.problems for part in parts):
        sys.exit(1)
