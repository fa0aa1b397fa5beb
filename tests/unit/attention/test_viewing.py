"""What words of players add up to, held against counting everything anew."""
from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from privmedia.attention.ranges import covered, merged, steps, total
from privmedia.attention.viewing import SITTING, Seen, Sums, counts_from, ended_from

LENGTH = 900
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
A_RANGE = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
WORDS = st.lists(
    st.tuples(
        st.sampled_from(["jonas", "maren", "a visit", "an embed"]),
        st.lists(A_RANGE, min_size=1, max_size=4),
        st.integers(0, 40),
    ),
    max_size=25,
)
WAYS = {"jonas": None, "maren": None, "a visit": "link", "an embed": "embed"}


def empty() -> Sums:
    return Sums(LENGTH, 0, 0, 0, 0, 0, [0] * steps(LENGTH), [0] * steps(LENGTH))


@given(WORDS)
def test_the_sums_are_what_counting_all_that_was_seen_gives(words: list[Any]) -> None:
    sums, seen, at = empty(), dict.fromkeys(WAYS, Seen()), NOON
    sittings: dict[str, list[Any]] = {name: [] for name in WAYS}
    last: dict[str, datetime] = {}
    for name, ranges, minutes in words:
        at += timedelta(minutes=minutes)
        inside = [(start, min(end, LENGTH)) for start, end in ranges if start < min(end, LENGTH)]
        if not inside:
            continue
        after = seen[name].after(merged(ranges), at, LENGTH)
        sums.change(seen[name], after, WAYS[name])
        seen[name] = after
        if name not in last or at - last[name] >= SITTING:
            sittings[name].append([])
        sittings[name][-1].extend(inside)
        last[name] = at

    whole = {name: merged(one for sitting in each for one in sitting) for name, each in sittings.items()}
    lengths = {name: total(ranges) for name, ranges in whole.items()}
    people = [lengths[name] for name in ("jonas", "maren") if lengths[name] >= counts_from(LENGTH)]
    assert sums.people == len(people)
    assert sums.ended == sum(length >= ended_from(LENGTH) for length in people)
    assert sums.tenths == sum(people)
    assert sums.links == (lengths["a visit"] >= counts_from(LENGTH))
    assert sums.embeds == (lengths["an embed"] >= counts_from(LENGTH))
    watchers = Counter(step for ranges in whole.values() for step in covered(ranges, LENGTH))
    assert sums.watchers == [watchers[step] for step in range(steps(LENGTH))]
    viewings = Counter(
        step for each in sittings.values() for sitting in each for step in covered(merged(sitting), LENGTH)
    )
    assert sums.viewings == [viewings[step] for step in range(steps(LENGTH))]
    assert {name: one.times for name, one in seen.items()} == {name: len(each) for name, each in sittings.items()}


def test_the_same_part_seen_twice_in_one_viewing_counts_once_and_the_next_day_again() -> None:
    sums, once = empty(), Seen()
    for minutes in (0, 1, 24 * 60):
        after = once.after(((0, 300),), NOON + timedelta(minutes=minutes), LENGTH)
        sums.change(once, after, None)
        once = after
    assert (sums.people, sums.tenths, once.times) == (1, 300, 2)
    assert (sums.watchers[0], sums.viewings[0]) == (1, 2)


def test_who_has_seen_less_than_five_seconds_has_not_watched() -> None:
    sums, little = empty(), Seen()
    after = little.after(((0, 49),), NOON, LENGTH)
    sums.change(little, after, None)
    assert sums.people == 0
    sums.change(after, after.after(((49, 50),), NOON, LENGTH), None)
    assert (sums.people, sums.ended) == (1, 0)


def test_of_a_clip_of_three_seconds_half_is_enough() -> None:
    assert counts_from(30) == 15
    assert ended_from(30) == 28
    assert counts_from(1) == ended_from(1) == 1
