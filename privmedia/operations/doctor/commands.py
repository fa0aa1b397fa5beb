"""The command `doctor`. Exit 0: all green or amber; 1: something is red, or the settings cannot be used."""
from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from privmedia.clock import utcnow
from privmedia.console import Line, echo_json
from privmedia.errors import Conflict, SettingsError
from privmedia.languages import language
from privmedia.operations.doctor.findings import Area, Check, Finding, Level, bad, for_scripts, say
from privmedia.operations.doctor.report import keep_report
from privmedia.operations.doctor.service import PATIENCE, examine
from privmedia.text import mark as _

ENGLISH = language("en")
MARKS = {Level.GREEN: ("ok   ", "green"), Level.AMBER: ("AMBER", "yellow"), Level.RED: ("RED  ", "red")}
SETTINGS = Check(
    "settings", Area.SITE, _("The settings can be used"), _("The settings cannot be used"), lambda settings: settings
)


@click.command()
@click.option("--url", help="Look there instead of at base_url; the site is asked under its own name all the same.")
@click.option("--quick", is_flag=True, help=f"Leave out the answer that takes {PATIENCE:.0f} seconds.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.pass_obj
def doctor(line: Line, url: str | None, quick: bool, as_json: bool) -> None:
    """Look whether everything is as it should be, from outside too, and say what to change. Exit 1 if something is red.

    Through the public address it fetches files made for it, which nobody else can, and removes them.
    """
    try:
        installation = line.installation
    except SettingsError as error:
        found = [_of_settings(problem) for problem in error.problems]
        _tell(found, url or "", as_json=as_json)
        sys.exit(1)
    _require_user(installation.storage.private)
    found = examine(installation, url=url, patience=0 if quick else PATIENCE)
    if url is None:
        keep_report(installation, found)
    _tell(found, url or installation.settings.base_url, as_json=as_json)
    if any(one.level is Level.RED for one in found):
        sys.exit(1)


def _of_settings(problem: str) -> Finding:
    ill = bad(say("${why}", why=problem), say(_("Change it in the configuration or the environment.")))
    return Finding.of(SETTINGS, ill, utcnow())


def _require_user(private: Any) -> None:
    """Files that another user makes could not be read by the application. Raises Conflict."""
    owner = private.stat().st_uid
    if owner != os.geteuid():
        raise Conflict(f"Run it as the user of the application, to whom {private} belongs: uid {owner}.")


def _tell(found: Sequence[Finding], url: str, *, as_json: bool) -> None:
    if as_json:
        echo_json(for_scripts(found, url=url, at=utcnow()))
        return
    for one in found:
        mark, colour = MARKS[one.level]
        click.echo(f"{click.style(mark, fg=colour)}  {one.title}: {ENGLISH.say(one.measured)}")
        if one.cure is not None:
            click.echo(f"       → {ENGLISH.say(one.cure)}")
        for text in one.lines:
            click.echo("\n".join(f"         {part}" for part in text.splitlines()))
    counts = {level: sum(one.level is level for one in found) for level in Level}
    click.echo(
        f"{len(found)} checks: {counts[Level.GREEN]} green, {counts[Level.AMBER]} amber, {counts[Level.RED]} red."
    )
