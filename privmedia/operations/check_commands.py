"""The command `check`."""
from __future__ import annotations

import sys
from dataclasses import asdict

import click

from privmedia.console import Line, echo_json
from privmedia.operations import check as checks
from privmedia.operations.check_repair import repair as mend

NOTHING = "There was nothing to mend."


@click.command()
@click.option("--full", is_flag=True, help="Read every original too, and compare its hash. Takes long.")
@click.option("--repair", is_flag=True, help="Mend what can be first. What nothing names goes into quarantine.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def check(line: Line, full: bool, repair: bool, as_json: bool) -> None:
    """Look whether rows, files, rules, jobs and the audit log fit together. Exit 1 if something does not."""
    mended = mend(line.installation) if repair else []
    for sentence in () if as_json else mended or [NOTHING] * repair:
        click.echo(sentence)
    parts = []
    for part in checks.check(line.installation, full=full):
        parts.append(part)
        if not as_json:
            click.echo(f"{part.name}: {'fits' if not part.problems else 'does NOT fit'} ({part.looked_at})")
            for sentence in (*part.problems, *part.notes):
                click.echo(f"  {sentence}")
    count = sum(len(part.problems) for part in parts)
    if as_json:
        echo_json({"fits": not count, "mended": mended, "parts": [asdict(part) for part in parts]})
    if count:
        click.echo(f"{count} {'thing does' if count == 1 else 'things do'} not fit.", err=True)
        sys.exit(1)
