"""Looking who has left the directory, and who is in other groups there: every night, or when somebody asks.

Whoever has left is disabled as an administrator would do it; nothing of theirs is deleted. An answer of the directory
that is cut off, empty, or would disable more people than the settings allow changes nothing.
"""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.models import User
from privmedia.admin.users.leaving import Leaving
from privmedia.audit.models import Event
from privmedia.audit.service import FAILED, Audit, Author, NamedAuthor
from privmedia.db import reading, writing
from privmedia.directory_settings import Directory
from privmedia.errors import Conflict, DomainError
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.providers.directory import Client, Entry, Unreachable
from privmedia.providers.models import ProviderAccount
from privmedia.providers.people import People
from privmedia.text import Plural, Sentence
from privmedia.text import mark as _
from privmedia.work.kinds import SYNC

EVERYBODY = 0
"""What a job of this kind is about."""
SOON = 10
ALWAYS = 2
"""So many may leave in one night, however few there are."""
NOT_ASKED = _("There is no directory in the settings with an account to look people up (privmedia.ldap.bind_dn).")
SILENT = _("${directory} did not answer as it should, and nothing was changed: ${why}")
NOBODY_THERE = _(
    "${directory} says that it has no people at all. Nothing was changed: look at people_base, people_filter and what "
    "the service account may read."
)
TOO_MANY = Plural(
    "${count} account of ${known} would be disabled, more than sync_most allows. Nothing was changed: see with "
    "“privmedia ldap sync --dry-run” who it is, and disable them by hand or raise privmedia.ldap.sync_most for once.",
    "${count} accounts of ${known} would be disabled, more than sync_most allows. Nothing was changed: see with "
    "“privmedia ldap sync --dry-run” who it is, and disable them by hand or raise privmedia.ldap.sync_most for once.",
)


class Stopped(DomainError):
    """Nothing was changed, and why."""


@dataclass
class Report:
    """What was found, and with a dry run not done."""

    people: int
    """In the directory."""
    known: int
    """Accounts here that can be used and belong to somebody there."""
    leaving: list[str] = field(default_factory=list)
    """Addresses of who is disabled."""
    kept: list[str] = field(default_factory=list)
    """Of who should be and stays: the last administrator."""
    moved: list[tuple[str, list[str], list[str]]] = field(default_factory=list)
    """Address, groups joined, groups left."""
    stopped: Sentence | None = None
    """Why it would not be done."""


def sync(installation: Installation, *, by: Author, dry_run: bool = False) -> Report:
    """Disable who has left, and let the others join and leave groups. In transactions of its own, one for each person.

    Raises Stopped where nothing could or should be done; a dry run says so in its report where it knows more.
    """
    directory = installation.settings.directory
    if directory is None or not directory.bind_dn:
        raise Stopped(NOT_ASKED)
    try:
        report = _Round(installation, directory, by).run(dry_run=dry_run)
    except Stopped as stopped:
        if not dry_run:
            _note(installation, by, directory, outcome=FAILED, detail={"why": str(stopped)[:300]})
        raise
    if not dry_run:
        counts = {
            "people": report.people, "known": report.known, "disabled": len(report.leaving),
            "moved": len(report.moved), "kept": len(report.kept),
        }
        _note(installation, by, directory, detail=counts)
    return report


class _Round:
    def __init__(self, installation: Installation, directory: Directory, by: Author) -> None:
        self._installation = installation
        self._directory = directory
        self._client = Client(directory)
        self._by = by

    def run(self, *, dry_run: bool) -> Report:
        try:
            there = self._client.everyone()
            known = self._known()
            here = self._client.groups_of({subject: there[subject] for subject in known.keys() & there.keys()})
        except Unreachable as problem:
            said = {"directory": self._directory.text, "why": str(problem)}
            raise Stopped(Sentence(SILENT, said)) from problem
        # Somebody who left and came back may be known by two ids, of which one is there.
        staying = {known[subject][0] for subject in here}
        gone = sorted({(email, user_id) for user_id, email in known.values() if user_id not in staying})
        report = Report(len(there), len(staying) + len(gone), leaving=[email for email, _id in gone])
        report.stopped = self._reason_to_stop(report)
        if report.stopped is not None and not dry_run:
            raise Stopped(report.stopped)
        for subject, entry in here.items():
            self._move(subject, entry, report, dry_run=dry_run)
        report.moved.sort()
        if not dry_run:
            for email, user_id in gone:
                self._disable(user_id, email, report)
        return report

    def _known(self) -> dict[str, tuple[int, str]]:
        """The accounts that can be used, by what the directory calls their people."""
        with reading(self._installation.sessions) as session:
            rows = session.execute(
                select(ProviderAccount.subject, User.id, User.email)
                .join(User, User.id == ProviderAccount.user_id)
                .where(ProviderAccount.issuer == self._directory.issuer, User.disabled_at.is_(None))
            )
            return {row.subject: (row.id, row.email) for row in rows}

    def _reason_to_stop(self, report: Report) -> Sentence | None:
        if report.people == 0:
            return Sentence(NOBODY_THERE, {"directory": self._directory.text})
        allowed = max(ALWAYS, math.floor(report.known * self._directory.sync_most / 100))
        if len(report.leaving) > allowed:
            return Sentence(TOO_MANY, {"count": len(report.leaving), "known": report.known})
        return None

    def _move(self, subject: str, entry: Entry, report: Report, *, dry_run: bool) -> None:
        """Groups of one person; only who has something to change is written for."""
        with reading(self._installation.sessions) as session:
            known, user = self._account(session, subject)
            people = People(session, self._installation)
            moves = people.moves(self._directory, user, entry.groups)
            changes = people.changes_administration(self._directory, known, user, entry.groups)
            names = people.names(moves.joined), people.names(moves.left)
            email = user.email
        if not any(names) and not changes:
            return
        report.moved.append((email, *names))
        if not dry_run:
            with writing(self._installation.sessions) as session:
                known, user = self._account(session, subject)
                People(session, self._installation).follow(self._directory, known, user, entry.groups)

    def _account(self, session: Session, subject: str) -> tuple[ProviderAccount, User]:
        row = session.execute(
            select(ProviderAccount, User)
            .join(User, User.id == ProviderAccount.user_id)
            .where(ProviderAccount.issuer == self._directory.issuer, ProviderAccount.subject == subject)
        ).one()
        return row[0], row[1]

    def _disable(self, user_id: int, email: str, report: Report) -> None:
        try:
            with writing(self._installation.sessions) as session:
                user = session.get(User, user_id, with_for_update=True)
                if user is not None:
                    Leaving(session, self._installation).disable(user=user, by=self._by)
        except Conflict:
            report.leaving.remove(email)
            report.kept.append(email)


def _note(
    installation: Installation, by: Author, directory: Directory, *, outcome: str = "done", detail: Mapping[str, Any]
) -> None:
    with writing(installation.sessions) as session:
        Audit(session, installation).record(
            "directory.sync", identity=by, target=directory.text, outcome=outcome, detail=detail
        )


class Syncs:
    """When it is done, and how it went. Runs in the caller's transaction and commits nothing."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._jobs = Jobs(session, installation)

    def last(self) -> Event | None:
        """The line of the log about the last time."""
        lines = select(Event).where(Event.kind == "directory.sync").order_by(Event.id.desc()).limit(1)
        return self._session.scalars(lines).one_or_none()

    @property
    def asked(self) -> bool:
        """Whether it is due or being done."""
        return self._jobs.is_due([SYNC], EVERYBODY)

    def ask(self) -> None:
        """Have it done now, unless that is about to happen anyway."""
        if not self.asked:
            self._jobs.enqueue(SYNC, EVERYBODY, priority=SOON)

    def plan(self, hour: int) -> None:
        """Have it done at the next full hour of this number (UTC), unless it is planned."""
        now = self._installation.clock()
        at = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        self._jobs.enqueue_once(SYNC, EVERYBODY, run_after=at if at > now else at + timedelta(days=1))


def by_night(directory: Directory) -> NamedAuthor:
    """In whose name it is done that nobody asked for."""
    return NamedAuthor("privmedia", through=directory.text)
