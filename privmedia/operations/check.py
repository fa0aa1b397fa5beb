"""Whether what an installation keeps fits together: rows, files, rules, jobs, uploads, quotas, the audit log.

It only reads, and may run while everything else does. Mending is `check_repair`'s.
"""
from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from privmedia.audit.chain import Chain
from privmedia.db import reading
from privmedia.installation import Installation
from privmedia.languages import FIRST, language
from privmedia.library.pointers import Pointers
from privmedia.operations.check_files import files, unreferenced
from privmedia.operations.check_parts import Part
from privmedia.operations.check_work import deciding, jobs, receiving, uploads
from privmedia.public.jobs import lost
from privmedia.public.jobs import strays as strays_in_public
from privmedia.quotas.service import Quotas
from privmedia.search.upkeep import differences

MOST_LINES = 20
"""Of what SQLite says about one database."""


def check(installation: Installation, *, full: bool = False) -> Iterator[Part]:
    """Look at everything, part by part. `full` reads every original and compares its hash."""
    yield audit_log(installation)
    yield database(installation, full=full)
    yield rules(installation)
    yield files(installation, full=full)
    yield unreferenced(installation)
    yield uploads(installation)
    yield receiving(installation)
    yield deciding(installation)
    yield public(installation)
    yield jobs(installation)
    yield quotas(installation)
    yield search(installation)


def audit_log(installation: Installation) -> Part:
    chain = Chain(installation)
    return Part("audit log", f"newest is {chain.newest()}", chain.problems())


def database(installation: Installation, *, full: bool) -> Part:
    """SQLite's pages are as they should be, and no row points to one that is gone. PostgreSQL sees to that itself."""
    name = installation.engine.dialect.name
    if name != "sqlite":
        return Part("database", name)
    problems = []
    with reading(installation.sessions) as session:
        pages = session.execute(text(f"PRAGMA {'integrity_check' if full else 'quick_check'}({MOST_LINES})"))
        problems += [f"SQLite says: {line}." for (line,) in pages if line != "ok"]
        for table, row, other, _key in session.execute(text("PRAGMA foreign_key_check")).fetchmany(MOST_LINES):
            problems.append(f"Row {row} of the table {table} points to a row of {other} that is gone.")
    return Part("database", "pages and references of SQLite", problems)


def rules(installation: Installation) -> Part:
    with reading(installation.sessions) as session:
        pointers = Pointers(session, installation.clock)
        return Part("rules", "pointers of folders and items, chains of rules", pointers.differences())


def public(installation: Installation) -> Part:
    """What is public is named by a row, and what rows call public is there. The worker ends both within the hour."""
    problems = [stray.sentence for stray in strays_in_public(installation)]
    problems += [f"Item {uid} counts as public, and its public file is missing." for uid in lost(installation)]
    return Part("public files", "rows and files of each other", problems)


def search(installation: Installation) -> Part:
    """Every item and folder is found by the words it has, and by no others."""
    with reading(installation.sessions) as session:
        return Part("search", "words of every item and folder", list(differences(session)))


def quotas(installation: Installation) -> Part:
    """Who has added more than their quota gives. It may be: a limit was lowered, or somebody joined a group."""
    size = language(FIRST).size
    with reading(installation.sessions) as session:
        notes = [
            f"{space.name} has {size(space.used)} of {size(space.quota)} used, {size(space.over)} too much: "
            "nothing can be added."
            for space in Quotas(session, installation).exceeded()
        ]
    return Part("quotas", "what people and groups have added", notes=notes)
