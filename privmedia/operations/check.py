"""Whether what an installation keeps fits together: rows, files, rules, jobs, the audit log."""
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.audit.chain import Chain
from privmedia.audit.service import COMMAND_LINE, Audit
from privmedia.db import WITH_BIN, reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.library.models import OF_VERSIONS, File, Item, Leftover, Version
from privmedia.library.pointers import Pointers
from privmedia.mail.models import Mail
from privmedia.mail.service import SEND
from privmedia.public.jobs import lost, unnamed
from privmedia.search.upkeep import differences, reindex
from privmedia.zips.models import ZIP, Zip

ORIGINAL = "original"
BLOCK = 1 << 20  # bytes
TARGETS: dict[str, type[Version] | type[Mail] | type[Zip]] = {
    **dict.fromkeys(OF_VERSIONS, Version),
    SEND: Mail,
    ZIP: Zip,
}


@dataclass(frozen=True)
class Part:
    """One thing that was looked at. `problems` are sentences; empty: all is well."""

    name: str
    looked_at: str
    problems: list[str] = field(default_factory=list)


def check(installation: Installation, *, full: bool = False) -> Iterator[Part]:
    """Look at everything, part by part. `full` reads every original and compares its hash."""
    yield audit_log(installation)
    yield rules(installation)
    yield files(installation, full=full)
    yield unreferenced(installation)
    yield public(installation)
    yield jobs(installation)
    yield search(installation)


def audit_log(installation: Installation) -> Part:
    chain = Chain(installation)
    return Part("audit log", f"newest is {chain.newest()}", chain.problems())


def rules(installation: Installation) -> Part:
    with reading(installation.sessions) as session:
        pointers = Pointers(session, installation.clock)
        return Part("rules", "pointers of folders and items, chains of rules", pointers.differences())


def files(installation: Installation, *, full: bool) -> Part:
    """Every file that can be asked for is there with its size; with `full`, originals have their hash."""
    problems: list[str] = []
    count = 0
    with reading(installation.sessions) as session:
        rows = session.execute(
            select(Item.uid, Version.number, Version.sha256, File.name, File.stored_as, File.size)
            .join(Version, Version.item_id == Item.id)
            .join(File, File.version_id == Version.id)
            .order_by(Item.id, Version.number, File.name)
            .execution_options(yield_per=1000, **WITH_BIN)
        )
        for uid, number, sha256, name, stored_as, size in rows:
            count += 1
            path = installation.storage.version_folder(uid, number) / stored_as
            problem = _problem_of(path, size, sha256 if full and name == ORIGINAL else None)
            if problem:
                problems.append(f"Item {uid}, version {number}: {name} {problem}.")
    how = "with their hashes" if full else "with their sizes"
    return Part("files", f"{count} {'file' if count == 1 else 'files'} {how}", problems)


def unreferenced(installation: Installation) -> Part:
    """Every folder of files belongs to an item, in the bin or not, or to a zip, or is on its way in or out."""
    storage = installation.storage
    on_disk = list(storage.items_on_disk())
    arriving = {uid for uid, _number in storage.unsettled(float("inf"))}
    with reading(installation.sessions) as session:
        known = set(session.scalars(select(Item.uid), execution_options=WITH_BIN))
        known |= set(session.scalars(select(Leftover.uid)))
        known |= set(session.scalars(select(Zip.uid)))
    problems = [f"The files of {uid} belong to no item." for uid in on_disk if uid not in known | arriving]
    return Part("unreferenced files", f"{len(on_disk)} folders of files", problems)


def public(installation: Installation) -> Part:
    """What is public is named by a row, and what rows call public is there. The worker ends both within the hour."""
    problems = [f"What is public as {token} belongs to no item." for token in unnamed(installation)]
    problems += [f"Item {uid} counts as public, and its public file is missing." for uid in lost(installation)]
    return Part("public files", "rows and files of each other", problems)


def jobs(installation: Installation) -> Part:
    """Jobs that wait or run are about something that exists."""
    with reading(installation.sessions) as session:
        problems = [problem for kind, table in TARGETS.items() for problem in _lost(session, kind, table)]
    return Part("jobs", "what waits and what runs", problems)


def search(installation: Installation) -> Part:
    """Every item and folder is found by the words it has, and by no others."""
    with reading(installation.sessions) as session:
        return Part("search", "words of every item and folder", list(differences(session)))


def repair(installation: Installation) -> str:
    """Work out again what is made from something else: chains of rules, the index of search; answers what was done.

    Nothing else is mended: a lost file or a changed line of the log is for a person to look at.
    """
    return f"{_repair_rules(installation)} {_repair_search(installation)}"


def _repair_rules(installation: Installation) -> str:
    """From the tree of rules, which is the truth."""
    with writing(installation.sessions) as session:
        pointers = Pointers(session, installation.clock)
        wrong = len(pointers.chains.differences())
        if not wrong:
            return "There was no chain of rules to mend."
        pointers.chains.rechain()
        Audit(session, installation).record("rules.repair", identity=COMMAND_LINE, detail={"chains": wrong})
    return f"Chains of rules that were wrong and are worked out again: {wrong}."


def _repair_search(installation: Installation) -> str:
    """From items, folders and their texts."""
    if not search(installation).problems:
        return "There was nothing to mend in the index of search."
    count = reindex(installation.sessions)
    with writing(installation.sessions) as session:
        Audit(session, installation).record("search.repair", identity=COMMAND_LINE, detail={"documents": count})
    return f"The index of search is made anew: {count} items and folders."


def _problem_of(path: Path, size: int, sha256: str | None) -> str:
    try:
        found = path.stat().st_size
        if found != size:
            return f"has {found} bytes instead of {size}"
        if sha256 is not None and _sha256(path) != sha256:
            return "is not what was uploaded: its hash differs"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _lost(session: Session, kind: str, table: type[Version] | type[Mail] | type[Zip]) -> Iterator[str]:
    waiting = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
    query = select(Job.id).outerjoin(table, table.id == Job.target_id).where(Job.kind == kind, waiting)
    for number in session.scalars(query.where(table.id.is_(None)).order_by(Job.id)):
        yield f"Job {number} ({kind}) is about something that is gone."
