"""What is said at the same time adds up, on both databases; what hangs on nothing any more is left out."""
from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.attention.models import Attention, Watching
from privmedia.attention.noting import Noting, Watcher, Way, Word, write
from privmedia.attention.ranges import covered, kept
from privmedia.attention.service import Show, WhoWatched
from privmedia.attention.viewing import ended_from
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind, Version
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.settings import Attending

LENGTH = 6000
THREADS, ROUNDS = 3, 6


@pytest.fixture
def film(installation: Installation) -> str:
    received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO)
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders("Training")[-1]
        version = Library(session, installation).add_item(folder=folder, title="T4", received=received, by=None)
        version.duration = LENGTH / 10
        for number in range(4):
            Accounts(session, installation).add_user(email=f"p{number}@example.test")
    return received.uid


@pytest.mark.both_databases
def test_what_several_processes_write_at_once_adds_up(installation: Installation, film: str) -> None:
    with reading(installation.sessions) as session:
        people = list(session.scalars(select(User.id)))

    def say(thread: int) -> None:
        for number in range(ROUNDS):
            start = (thread * ROUNDS + number) * 300
            who = [Watcher.person(person) for person in people] + [Watcher.visitor(thread), Watcher.viewer(f"{thread}")]
            write(installation, [Word(film, 1, one, ((start, start + 400),), installation.clock()) for one in who])

    threads = [threading.Thread(target=say, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(installation.sessions) as session:
        rows, sums = session.scalars(select(Watching)).all(), session.scalars(select(Attention)).one()
    named = [row for row in rows if row.user_id is not None]
    assert len(rows) == len(people) + 2 * THREADS
    assert {row.seen for row in named} == {f"0-{THREADS * ROUNDS * 300 + 100}"}
    assert {row.times for row in rows} == {1}
    assert (sums.people, sums.links, sums.embeds) == (len(people), THREADS, THREADS)
    assert sums.ended == sum(row.tenths >= ended_from(LENGTH) for row in named)
    assert sums.tenths == sum(row.tenths for row in named)
    steps = [covered(kept(row.seen), LENGTH) for row in rows]
    assert sums.watchers == sums.viewings == [sum(n in seen for seen in steps) for n in range(len(sums.watchers))]


def test_what_hangs_on_nothing_any_more_keeps_no_other_word_from_being_counted(
    installation: Installation, film: str
) -> None:
    now, hour = installation.clock(), ((0, 36000),)
    with reading(installation.sessions) as session:
        gone, stays = session.scalars(select(User.id).limit(2))
    with writing(installation.sessions) as session:
        session.execute(delete(User).where(User.id == gone))
    write(
        installation,
        [
            Word(film, 1, Watcher.person(gone), hour, now),
            Word(film, 7, Watcher.person(stays), hour, now),
            Word("0000000000000000", 1, Watcher.person(stays), hour, now),
            Word(film, 1, Watcher.person(stays, Way.EMBED), ((LENGTH, 9000),), now),
            Word(film, 1, Watcher.person(stays, Way.EMBED), hour, now + timedelta(seconds=10)),
        ],
    )
    with reading(installation.sessions) as session:
        (row,) = session.scalars(select(Watching)).all()
    assert (row.user_id, row.way, row.seen) == (stays, "embed", f"0-{LENGTH}")


def test_who_watched_before_names_were_shown_is_named_only_after_watching_again(
    installation: Installation, film: str
) -> None:
    now = installation.clock()
    names = replace(installation, settings=replace(installation.settings, who_watched=Attending.NAMES))
    with reading(installation.sessions) as session:
        jonas, maren = session.scalars(select(User.id).order_by(User.id).limit(2))
    for person in (jonas, maren):
        write(installation, [Word(film, 1, Watcher.person(person), ((0, 600),), now)])

    def named() -> list[int]:
        with reading(names.sessions) as session:
            version = session.scalars(select(Version)).one()
            return [one.user.id for one in WhoWatched(session, names).people(version, Show.WATCHED, 1)[0]]

    assert named() == []
    write(names, [Word(film, 1, Watcher.person(maren), ((600, 700),), now + timedelta(days=1))])
    assert named() == [maren]
    write(installation, [Word(film, 1, Watcher.person(maren), ((700, 800),), now + timedelta(days=2))])
    assert named() == [maren]


def test_of_a_film_in_a_thousand_pieces_few_ranges_are_kept_and_nothing_seen_is_lost(
    installation: Installation, film: str
) -> None:
    now = installation.clock()
    pieces = [((number * 6, number * 6 + 2),) for number in range(1000)]
    write(installation, [Word(film, 1, Watcher.visitor(1), piece, now) for piece in pieces])
    with reading(installation.sessions) as session:
        (row,) = session.scalars(select(Watching)).all()
    ranges = kept(row.seen)
    assert len(ranges) == 200
    assert all(any(start <= piece[0][0] and piece[0][1] <= end for start, end in ranges) for piece in pieces)


def test_a_database_that_cannot_write_loses_no_word(installation: Installation, film: str) -> None:
    noting = Noting(installation)
    with writing(installation.sessions) as session:
        person = session.scalars(select(User.id).limit(1)).one()
        noting.said(item=film, version=1, who=Watcher.person(person), played="0-30")
        assert not noting.settle(0.5)  # this transaction holds the only right to write
    assert noting.settle()
    with reading(installation.sessions) as session:
        assert session.scalars(select(Item.uid)).one() == film
        assert session.scalars(select(Watching.seen)).one() == "0-300"
