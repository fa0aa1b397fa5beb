"""Keeping what has arrived: first everything on the disk, then all rows in one short transaction, or nothing of it."""
from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Identity
from privmedia.db import is_busy, reading, writing
from privmedia.errors import DomainError, OverQuota, Unavailable
from privmedia.installation import Installation
from privmedia.uploads.jobs import is_committed
from privmedia.uploads.names import title_of
from privmedia.uploads.receiving import Arrived, Receipt
from privmedia.uploads.senders import THEMSELVES, Sender
from privmedia.uploads.service import Added, Destination, Uploads

log = logging.getLogger(__name__)

FIRST_VERSION = 1
TRIES = 3
Entered = TypeVar("Entered")


def keep(
    installation: Installation,
    identity: Identity,
    destination: Destination,
    title: str,
    receipt: Receipt,
    *,
    sender: Sender = THEMSELVES,
) -> list[Added]:
    """Give every file that arrived its place and its rows: all on the disk first, then one short transaction.

    A file that the disk refuses, or that does not fit a quota, is put among the refused ones of the receipt. If nothing
    can be committed, nothing stays. Raises as `Uploads.destination` and `Sender.require`.
    """
    single = title if len(receipt.arrived) == 1 else ""
    named = [(arrived, single or title_of(arrived.filename)) for arrived in receipt.arrived]
    placed: list[tuple[Arrived, str]] = []
    try:
        for arrived, its_title in named:
            facts = facts_of(installation, identity, arrived) | {
                "item": arrived.uid, "version": FIRST_VERSION, "title": its_title, "folder": destination.path,
            }
            try:
                installation.storage.place(arrived.incoming, arrived.uid, FIRST_VERSION, facts=facts)
            except DomainError as error:
                receipt.refuse(arrived.filename, error)
            else:
                placed.append((arrived, its_title))
        added, too_much = _enter(installation, identity, destination, placed, sender) if placed else ([], {})
    except BaseException:
        for arrived, _title in placed:
            take_back(installation, arrived.uid, FIRST_VERSION)
        raise
    for arrived, _title in placed:
        if arrived.uid in too_much:
            take_back(installation, arrived.uid, FIRST_VERSION)
            receipt.refuse(arrived.filename, too_much[arrived.uid])
        else:
            installation.storage.settle(arrived.uid, FIRST_VERSION)
    return added


def _enter(
    installation: Installation,
    identity: Identity,
    destination: Destination,
    placed: Sequence[tuple[Arrived, str]],
    sender: Sender,
) -> tuple[list[Added], dict[str, OverQuota]]:
    """Those that are items now; and why others are not, by the public ids they would have had."""

    def rows(session: Session) -> tuple[list[Added], dict[str, OverQuota]]:
        uploads = Uploads(session, installation)
        added, too_much = [], {}
        for arrived, title in placed:
            try:
                added.append(uploads.enter(identity, destination, title, arrived, sender))
            except OverQuota as error:
                too_much[arrived.uid] = error
        return added, too_much

    return commit(installation, rows)


def commit(installation: Installation, rows: Callable[[Session], Entered]) -> Entered:
    """Write rows in one short transaction, tried again where the database is busy. Raises Unavailable and as `rows`."""
    for _try in range(TRIES):
        try:
            with writing(installation.sessions) as session:
                return rows(session)
        except OperationalError as error:
            if not is_busy(error):
                raise
            log.warning("the database is busy; trying again to enter what was uploaded")
    raise Unavailable


def take_back(installation: Installation, uid: str, number: int) -> None:
    """Remove the placed files of a version that could not be entered."""
    try:
        with reading(installation.sessions) as session:
            committed = is_committed(session, uid, number)
    except SQLAlchemyError:
        # The answer to a commit may be lost and the commit done: the mark stays, and the reaper will know.
        log.exception("cannot tell whether version %s of item %s was committed; its file stays for now", number, uid)
        return
    if not committed:
        installation.storage.remove_version(uid, number)


def facts_of(installation: Installation, identity: Identity, arrived: Arrived) -> dict[str, Any]:
    """What is written beside a file, of what is known of it by itself."""
    return {
        "filename": arrived.filename,
        "media_type": arrived.file_type.media_type,
        "size": arrived.incoming.size,
        "added_by": identity.email,
        "added_at": installation.clock().isoformat(timespec="seconds"),
    }
