"""The command `search`."""
from __future__ import annotations

import click
from sqlalchemy import String, cast, or_, select

from privmedia.audit.service import COMMAND_LINE, Audit
from privmedia.captions.models import Captions, Chapter
from privmedia.console import Line
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.jobs import AFTER_FILES
from privmedia.library.models import SPOKEN, TEXTS, Version
from privmedia.search.upkeep import reindex


@click.group()
def search() -> None:
    """What the library is searched by."""


@search.command("reindex")
@click.pass_obj
def reindex_all(line: Line) -> None:
    """Make the index anew, and let the worker read captions, chapters and documents again."""
    count = reindex(line.installation.sessions)
    again = read_again(line.installation)
    click.echo(f"The index of search is made anew: {count} items and folders.")
    click.echo(f"The worker reads again what is said and written in files: {again} to do.")


def read_again(installation: Installation) -> int:
    """Let the worker put into search what is said and written in every version; answers in how many."""
    of_captions = select(Captions.version_id).union(select(Chapter.version_id))
    own_chapters = cast(Version.probe, String).contains('"chapters": [{', autoescape=True)
    spoken = select(Version.id).where(or_(Version.id.in_(of_captions), own_chapters))
    with writing(installation.sessions) as session:
        jobs = Jobs(session, installation)
        count = 0
        for kind, which in ((SPOKEN, spoken), (TEXTS, select(Version.id).where(Version.pages.is_not(None)))):
            ids = session.scalars(which).all()
            jobs.enqueue_all(kind, ids, priority=AFTER_FILES)
            count += len(ids)
        Audit(session, installation).record("search.reindex", identity=COMMAND_LINE, detail={"files": count})
    return count
