from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privmedia.delivery import ranges
from privmedia.delivery.ranges import Part, Unsatisfiable, requested_part

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", Part(0, 1)),
        ("bytes=0-1", Part(0, 2)),
        ("bytes=500-", Part(500, 1000)),
        ("bytes=999-1200", Part(999, 1000)),
        ("bytes=-5", Part(995, 1000)),
        ("bytes=-5000", Part(0, 1000)),
        ("BYTES=7-9", Part(7, 10)),
        ("bytes= 7 - 9 ", Part(7, 10)),
        ("bytes=2000-,5-9", Part(5, 10)),
    ],
)
def test_one_range_is_answered_with_its_bytes(header: str, part: Part) -> None:
    assert requested_part(header, SIZE) == part


@pytest.mark.parametrize("header", [None, "", "items=0-5", "bytes 0-5", "bytes=", "bytes=0-1,5-6", "bytes=0-,0-,0-"])
def test_no_range_another_unit_and_several_ranges_get_the_whole_file(header: str | None) -> None:
    assert requested_part(header, SIZE) is None


@pytest.mark.parametrize(
    "header",
    [
        "bytes=1000-",
        "bytes=-0",
        "bytes=5-2",
        "bytes=abc",
        "bytes=-",
        "bytes=0-1x",
        "bytes=--5",
        "bytes=+1-2",
        "bytes=0x1-2",
        "bytes=٣-٤",
        "bytes=00000000000000000000-1",
        "bytes=0-99999999999999999999",
    ],
)
def test_what_lies_outside_the_file_and_nonsense_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        requested_part(header, SIZE)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-5", "bytes=-1"])
def test_any_range_of_an_empty_file_that_begins_at_its_start_gets_the_empty_file(header: str) -> None:
    assert requested_part(header, 0) is None


@given(st.text(alphabet="bytes=0123456789-, x", max_size=40), st.integers(0, 3000))
def test_whatever_is_asked_for_nothing_outside_the_file_is_sent(header: str, size: int) -> None:
    try:
        part = requested_part(header, size)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part.start < part.stop <= size


@pytest.mark.parametrize("one", ["0-0", "99999-", "nonsense"])
def test_thousands_of_ranges_get_the_whole_file_and_are_not_taken_apart(
    one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(ranges, "_part", lambda specifier, _size: read.append(specifier))
    assert requested_part("bytes=" + ",".join([one] * 10_000), SIZE) is None
    assert read == []
