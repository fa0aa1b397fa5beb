"""The command `import`."""
from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterable

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from sqlalchemy.exc import DBAPIError

from privmedia.captions.charsets import CHARSETS
from privmedia.captions.languages import language_tag
from privmedia.console import Line
from privmedia.errors import Invalid, NoSpace, NotAllowed, Unavailable
from privmedia.importing.looking import Manner
from privmedia.importing.report import Report, files
from privmedia.importing.service import Importing, Outcome
from privmedia.importing.tree import count, shown
from privmedia.installation import Installation

OTHER_USER = (
    "The files of this installation belong to the user “{name}”. Run this command as that user, who has to be able to "
    "read the source: sudo -u {name} …"
)
NO_ROOM = "The disk has no room for the next file."
GO_ON = "What was taken until then is in the library. Start the same command again to go on."


def _language(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        return language_tag(value)
    except Invalid:
        raise click.BadParameter(f"{value!r} is no language: use a tag such as en, de or pt-br.") from None


@click.command("import")
@click.argument("sources", metavar="SOURCE…", nargs=-1, required=True)
@click.option("--into", required=True, metavar="PATH", help="The folder they go to; made if it is missing.")
@click.option("--move", is_flag=True, help="Remove each source once it is in the library.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--quick", is_flag=True, help="With --dry-run: do not look into each file whether browsers play it.")
@click.option("--again", is_flag=True, help="Take what is in the library already as well.")
@click.option(
    "--language", default="en", show_default=True, callback=_language, help="Of captions whose name says none."
)
@click.option("--charset", type=click.Choice(list(CHARSETS)), help="Of captions that are no UTF-8.")
@click.pass_obj
def import_files(
    line: Line,
    *,
    sources: tuple[str, ...],
    into: str,
    move: bool,
    dry: bool,
    quick: bool,
    again: bool,
    language: str,
    charset: str | None,
) -> None:
    """Take over files and folders that are on this machine already, with what lies beside them.

    A folder keeps its name and those in it theirs; SOURCE/. means what is in it. Beside film.mp4, film.de.vtt and
    film.srt become its captions, film.jpg its poster, film.json its title, description and tags. Nothing is taken
    twice: cut off, the same command goes on where it was.
    """
    _require_owner(line.installation)
    manner = Manner(move=move, language=language, charset=charset, again=again)
    report, stopped = Report(dry=dry), ""
    with Bar(sources) as bar:
        importing = Importing(line.installation, into, manner, dry=dry, quick=quick, on_bytes=bar.add_bytes)
        try:
            for outcome in importing.run(sources):
                report.add(outcome)
                _tell(report, outcome, bar)
                bar.add_file(outcome.size)
        except NoSpace:
            stopped = f"{NO_ROOM} {GO_ON}"
        except Unavailable as error:
            stopped = f"{error} {GO_ON}"
        except DBAPIError as error:
            stopped = f"The database does not answer: {error.orig}. {GO_ON}"
        except KeyboardInterrupt:
            stopped = f"Stopped. {GO_ON}"
    for sentence in report.words(importing.made):
        click.echo(sentence)
    if stopped:
        raise Unavailable(stopped)
    if report.failed:
        raise Unavailable(f"Not all is done: {files(report.failed)}; the lines above say why.")


class Bar:
    """How far it is, on a terminal; elsewhere nothing is drawn."""

    def __init__(self, sources: Iterable[str]) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.fields[files]:,} of {task.fields[all_files]:,} files"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            redirect_stdout=False,
        )
        self._above = console.is_terminal and sys.stdout.isatty()
        self._files = self._done = 0
        all_files, size = count(sources) if console.is_terminal else (0, 0)
        self._task = self._progress.add_task("", total=size, files=0, all_files=all_files)

    def add_bytes(self, count: int) -> None:
        """So many more of the file at hand."""
        self._progress.advance(self._task, count)

    def add_file(self, size: int) -> None:
        """One more file, of so many bytes, is done."""
        self._files, self._done = self._files + 1, self._done + size
        self._progress.update(self._task, files=self._files, completed=self._done)

    def say(self, line: str) -> None:
        """A line of the answer; on a terminal above the bar."""
        if self._above:
            self._progress.console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
        else:
            click.echo(line)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._progress.stop()


def _tell(report: Report, outcome: Outcome, bar: Bar) -> None:
    said, notes = report.line(outcome), list(report.notes(outcome))
    if said or notes:
        bar.say(said or shown(outcome.path))
    for note in notes:
        bar.say(note)


def _require_owner(installation: Installation) -> None:
    """Files of another user than the application's could not be served. Raises NotAllowed."""
    owner = installation.storage.private.stat().st_uid
    if owner == os.geteuid():
        return
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = str(owner)
    raise NotAllowed(OTHER_USER.format(name=name))
