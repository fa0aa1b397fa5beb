"""Jobs: done once, by one worker, again if that one dies, and never for what was rolled back."""
from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import LEASE, Claim, Jobs, LeaseLost

pytestmark = pytest.mark.both_databases

WITH_WORDS = ("keep_log", "try_again_later", "give_up")


def enqueue(installation: Installation, **more: Any) -> int:
    with writing(installation.sessions) as session:
        return Jobs(session, installation).enqueue(more.pop("kind", "prepare"), more.pop("target_id", 7), **more).id


def claim(installation: Installation, *kinds: str) -> Claim | None:
    with writing(installation.sessions) as session:
        return Jobs(session, installation).claim(kinds or ("prepare",))


def job(installation: Installation, job_id: int) -> Job:
    with reading(installation.sessions) as session:
        return session.get_one(Job, job_id)


def test_a_job_of_a_rolled_back_transaction_does_not_exist(installation: Installation) -> None:
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue("prepare", 7)
        session.rollback()
    assert claim(installation) is None


def test_the_smallest_priority_is_first_and_then_the_oldest(installation: Installation) -> None:
    late = enqueue(installation, priority=90)
    first, second = enqueue(installation), enqueue(installation)
    urgent = enqueue(installation, priority=10)
    taken = [claim(installation) for _ in range(4)]
    assert [each and each.job_id for each in taken] == [urgent, first, second, late]


def test_nothing_is_claimed_before_its_time(installation: Installation, clock: Any) -> None:
    from datetime import timedelta

    job_id = enqueue(installation, run_after=clock.now + timedelta(minutes=5))
    assert claim(installation) is None
    clock.forward(minutes=5)
    taken = claim(installation)
    assert taken is not None
    assert taken.job_id == job_id


def test_kinds_a_worker_does_not_know_are_left_to_others(installation: Installation) -> None:
    enqueue(installation, kind="transcode")
    assert claim(installation, "prepare") is None
    assert claim(installation, "prepare", "transcode") is not None


def test_a_claimed_job_is_nobody_elses_until_its_lease_ends(installation: Installation, clock: Any) -> None:
    enqueue(installation)
    first = claim(installation)
    clock.forward(seconds=LEASE.total_seconds() - 1)
    assert claim(installation) is None
    clock.forward(seconds=2)
    second = claim(installation)
    assert first is not None
    assert second is not None
    assert (second.job_id, second.attempt) == (first.job_id, 2)


def test_a_renewed_lease_lasts_longer(installation: Installation, clock: Any) -> None:
    enqueue(installation)
    taken = claim(installation)
    assert taken is not None
    clock.forward(seconds=LEASE.total_seconds() - 1)
    with writing(installation.sessions) as session:
        Jobs(session, installation).renew(taken)
    clock.forward(seconds=LEASE.total_seconds() - 1)
    assert claim(installation) is None


@pytest.mark.parametrize("verb", ["renew", "finish", "release", "report", "keep_log", "try_again_later", "give_up"])
def test_a_worker_that_was_thought_dead_can_write_nothing_any_more(
    installation: Installation, clock: Any, verb: str
) -> None:
    job_id = enqueue(installation)
    slow = claim(installation)
    clock.forward(seconds=61)
    quick = claim(installation)
    assert slow is not None
    assert quick is not None
    before = job(installation, job_id)
    arguments = (0.5,) if verb == "report" else ("late",) if verb in WITH_WORDS else ()
    with pytest.raises(LeaseLost), writing(installation.sessions) as session:
        getattr(Jobs(session, installation), verb)(slow, *arguments)
    after = job(installation, job_id)
    assert (after.state, after.lease_token, after.progress, after.error) == (
        JobState.RUNNING, before.lease_token, before.progress, before.error,
    )


def test_what_a_fenced_transaction_wrote_before_is_rolled_back_with_it(installation: Installation, clock: Any) -> None:
    enqueue(installation)
    slow = claim(installation)
    clock.forward(seconds=61)
    claim(installation)
    assert slow is not None

    def write_and_then_look() -> None:
        with writing(installation.sessions) as session:
            Jobs(session, installation).enqueue("prepare", 99)
            Jobs(session, installation).renew(slow)

    with pytest.raises(LeaseLost):
        write_and_then_look()
    with reading(installation.sessions) as session:
        assert session.scalars(select(Job.target_id)).all() == [7]


def test_a_finished_job_is_never_claimed_again(installation: Installation, clock: Any) -> None:
    job_id = enqueue(installation)
    taken = claim(installation)
    assert taken is not None
    with writing(installation.sessions) as session:
        Jobs(session, installation).finish(taken)
    clock.forward(days=1)
    assert claim(installation) is None
    assert job(installation, job_id).finished_at is not None


def test_pauses_between_tries_grow(installation: Installation, clock: Any) -> None:
    job_id = enqueue(installation)
    pauses = []
    for _ in range(3):
        taken = claim(installation)
        assert taken is not None
        with writing(installation.sessions) as session:
            Jobs(session, installation).try_again_later(taken, "The disk is full.")
        waiting = job(installation, job_id)
        pauses.append((waiting.run_after - clock.now).total_seconds())
        assert waiting.error == "The disk is full."
        clock.now = waiting.run_after
    assert pauses == [30, 60, 120]


def test_a_released_job_is_due_at_once_and_the_try_is_not_counted(installation: Installation) -> None:
    enqueue(installation)
    taken = claim(installation)
    assert taken is not None
    with writing(installation.sessions) as session:
        Jobs(session, installation).release(taken)
    again = claim(installation)
    assert again is not None
    assert again.attempt == 1


def test_a_job_whose_worker_was_killed_is_another_attempt_each_time(installation: Installation, clock: Any) -> None:
    enqueue(installation)
    for attempt in range(1, 8):
        taken = claim(installation)
        assert taken is not None
        assert taken.attempt == attempt
        clock.forward(seconds=61)


def test_finished_jobs_are_forgotten_after_a_month_and_failed_ones_are_not(
    installation: Installation, clock: Any
) -> None:
    done, failed = enqueue(installation), enqueue(installation)
    for verb, arguments in (("finish", ()), ("give_up", ("No.",))):
        taken = claim(installation)
        with writing(installation.sessions) as session:
            getattr(Jobs(session, installation), verb)(taken, *arguments)
    clock.forward(days=31)
    with writing(installation.sessions) as session:
        Jobs(session, installation).forget_finished()
    with reading(installation.sessions) as session:
        assert session.scalars(select(Job.id)).all() == [failed]
    assert done != failed


def test_workers_that_claim_at_the_same_time_get_different_jobs(installation: Installation) -> None:
    wanted = {enqueue(installation, target_id=number) for number in range(30)}
    taken: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        while (mine := claim(installation)) is not None:
            taken.append(mine.job_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(wanted)
