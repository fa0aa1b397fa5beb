"""The benchmark measures what it says: each scenario once, for a moment, in a library of a few hundred items.

What it compares with (Django, copyparty) is installed by `make bench` alone, and left out here. No figure is looked at.
"""
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import missing
from tests.bench import decisions, many_ranges, report
from tests.bench.library import FILM, Plan
from tests.bench.load import LoadFailed
from tests.bench.prepared import Site, prepare
from tests.bench.proof import prove
from tests.bench.scenarios import KEPT, SCENARIOS
from tests.bench.serving import OTHERS, STACKS, serving, speeds

LENGTHS = {"1 KB": 1 << 10, "1 MB": 1 << 20, "256 MB": 8 << 20, "4 GB": 64 << 20, FILM: 2_000_000}
PLAN = Plan(users=1_000, folders=60, items=600, viewers=60, lengths=LENGTHS)
OURS = tuple(key for key in STACKS if key not in OTHERS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    if shutil.which("wrk") is None:
        missing("wrk is missing: apt-get install wrk")
    return prepare(tmp_path_factory.mktemp("bench"), PLAN, others=False)


def test_every_scenario_is_measured_for_each_stack_and_its_goals_are_told(site: Site, tmp_path: Path) -> None:
    met = []
    for made, series in speeds(
        site, tmp_path, keys=OURS, scenarios=tuple(SCENARIOS), rounds=1, seconds=0.2, warm_up=0
    ):
        rows = report.table(made, series).splitlines()[2:]
        assert [row.split("|")[1].strip() for row in rows] == [stack.name for stack in made]
        slow = [stack.key for stack in made if series.median(stack.key, series.scenario.what) <= 0]
        assert slow == [], series.scenario.words
        assert series.ratio("nginx", "nginx") == 1
        met += [row for row in report.goals(series).splitlines()[2:] if row]
    assert [stack.key for stack in made] == list(OURS)
    # All goals but the one beside Django.
    assert len(met) == sum(len(scenario.goals) for scenario in SCENARIOS.values()) - 1
    assert KEPT in OURS


def test_thousands_of_ranges_are_asked_for_and_answered(site: Site, tmp_path: Path) -> None:
    with serving(site, tmp_path, ["nginx", "privmedia"]) as processes:
        stack, _process = processes["privmedia"]
        text, _well = many_ranges.measure(stack, site, turns=3)
        # What nginx reads is answered with the whole file, and what is longer with a short refusal.
        whole = f"{LENGTHS['1 MB']:,}"
        rows = [[cell.strip() for cell in row.split("|")] for row in text.splitlines()[2:]]
        assert [row[2] == whole for row in rows] == [True, True, False, False, False]
        wrong = site.library.hidden
        stack.path = lambda _item, uid=wrong.uid: f"/smedia/{uid}/play.mp4"
        with pytest.raises(LoadFailed):
            prove(stack, site.library, site.media_root / "private")


def test_decisions_are_compared_by_size_and_by_depth(tmp_path: Path) -> None:
    compared = decisions.measure(tmp_path, rounds=2, turns=20, large=1_500)
    assert [len(each.one) for each in compared] == [2, 2]
    assert all(figure > 0 for each in compared for figure in (*each.one, *each.other))
    assert decisions.table(compared).count("\n") == 3
