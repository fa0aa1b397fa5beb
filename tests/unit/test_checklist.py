"""Each point of the checklist in docs/security.md has a test named after it, or its place in the table there."""
from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POINTS = range(1, 67)
NAMED_AFTER = {*range(1, 36), *range(43, 55), *range(58, 67)}
"""Points that have a test named after them, unless the table says why not or where else."""


def named() -> set[int]:
    """The numbers in the names of the checklist's tests."""
    files = sorted((ROOT / "tests" / "functional").glob("test_checklist_*.py"))
    return {int(found) for path in files for found in re.findall(r"^def test_(\d\d)_", path.read_text(), re.MULTILINE)}


def rows() -> dict[frozenset[int], str]:
    """The table in docs/security.md: points, and what it says of them."""
    table = re.findall(r"^\| (\d+)(?:-(\d+))? \| (.+) \|$", (ROOT / "docs" / "security.md").read_text(), re.MULTILINE)
    return {frozenset(range(int(first), int(last or first) + 1)): text for first, last, text in table}


def test_every_point_is_in_the_table() -> None:
    assert set(POINTS) == {point for points in rows() for point in points}


def test_every_point_has_its_test_or_a_line_of_its_own() -> None:
    alone = {point for points in rows() if len(points) == 1 for point in points}
    assert NAMED_AFTER - named() - alone == set()


def test_every_test_the_table_names_is_there() -> None:
    named_places = {place for text in rows().values() for place in re.findall(r"`([\w/]+(?:\.py|/))`", text)}
    missing = {
        place
        for place in named_places
        if not any((ROOT / folder / place).exists() for folder in ("", "tests/functional", "tests/integration"))
    }
    assert missing == set()
