"""Ranges of time: each moment once, within the film, bounded in number, and nothing but times is read."""
from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from privmedia.attention.ranges import (
    LONGEST,
    MOST_SENT,
    MOST_STEPS,
    Ranges,
    bounded,
    clipped,
    covered,
    kept,
    merged,
    read,
    step_of,
    steps,
    total,
    written,
)
from privmedia.errors import Invalid

A_RANGE = st.tuples(st.integers(0, 300), st.integers(0, 300))
SOME = st.lists(A_RANGE, max_size=30)


def tenths(ranges: Ranges) -> set[int]:
    """Every tenth by itself: what the arithmetic is held against."""
    return {tenth for start, end in ranges for tenth in range(start, end)}


def in_order(ranges: Ranges) -> bool:
    return all(start < end for start, end in ranges) and all(one[1] < two[0] for one, two in pairwise(ranges))


@given(SOME)
def test_what_is_merged_is_the_same_times_each_once_and_in_order(ranges: list[tuple[int, int]]) -> None:
    together = merged(ranges)
    assert in_order(together)
    assert tenths(together) == tenths(tuple(ranges))
    assert total(together) == len(tenths(together))
    assert merged((*together, *together)) == together


@given(SOME, st.integers(1, 320))
def test_what_is_clipped_is_what_lies_in_the_film(ranges: list[tuple[int, int]], length: int) -> None:
    inside = clipped(merged(ranges), length)
    assert in_order(inside)
    assert tenths(inside) == {tenth for tenth in tenths(tuple(ranges)) if tenth < length}


@given(SOME, st.integers(1, 12))
def test_what_is_bounded_loses_nothing_and_closes_the_shortest_gaps(
    ranges: list[tuple[int, int]], most: int
) -> None:
    apart = merged(ranges)
    few = bounded(apart, most)
    assert in_order(few)
    assert len(few) == min(most, len(apart))
    assert tenths(few) >= tenths(apart)
    gaps = sorted(after[0] - before[1] for before, after in pairwise(apart))
    assert total(few) - total(apart) == sum(gaps[: len(apart) - len(few)])


@given(SOME, st.integers(1, 5000))
@example([(0, 300)], 1)
@example([(0, 8)], 15)
def test_a_step_is_covered_if_its_middle_was_seen(ranges: list[tuple[int, int]], length: int) -> None:
    inside, step = clipped(merged(ranges), length), step_of(length)
    middles = [(number * step + min(length, (number + 1) * step)) / 2 for number in range(steps(length))]
    seen = {
        number for number, middle in enumerate(middles) if any(start <= middle < end for start, end in inside)
    }
    assert covered(inside, length) == seen


@given(st.integers(1, LONGEST))
def test_a_curve_has_a_bounded_number_of_steps_that_fill_the_film(length: int) -> None:
    assert 1 <= steps(length) <= MOST_STEPS
    assert (steps(length) - 1) * step_of(length) < length <= steps(length) * step_of(length)


def test_a_film_of_nineteen_minutes_has_steps_of_twenty_seconds() -> None:
    assert step_of(11_220) == 200
    assert step_of(600) == 11
    assert step_of(50) == 10


@given(SOME)
def test_what_is_written_is_read_again(ranges: list[tuple[int, int]]) -> None:
    apart = merged(ranges)
    assert kept(written(apart)) == apart


def test_what_a_player_sends_is_read_and_put_in_order() -> None:
    assert read("30-42.14,0-10.5,9-12") == ((0, 120), (300, 421))
    assert read("") == ()
    assert read("5-5") == ()


@pytest.mark.parametrize(
    "text",
    [
        "NaN-1", "0-NaN", "0-inf", "-1-5", "5", "5-", "-", "5-4", "0-1;2-3", "0-1,", ",", "0-1 ", "1e3-2e3", "0x1-5",
        "0-9999999", "\u0660-\u0665", "0--1", "[[0,1]]", "0-1\n", "0-360001",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read(text)


def test_a_million_ranges_are_refused_at_once() -> None:
    with pytest.raises(Invalid, match="too many"):
        read(",".join(f"{number}-{number + 1}" for number in range(1_000_000)))
    assert len(read(",".join(f"{number * 2}-{number * 2 + 1}" for number in range(MOST_SENT)))) == MOST_SENT
    with pytest.raises(Invalid):
        read(",".join("0-1" for _number in range(MOST_SENT + 1)))


@given(st.text(alphabet="0123456789-.,eNa+ ", max_size=60))
def test_whatever_is_sent_is_ranges_in_order_or_refused(text: str) -> None:
    try:
        ranges = read(text)
    except Invalid:
        return
    assert in_order(ranges)
    assert all(end <= LONGEST for _start, end in ranges)
