"""`make faults` leaves out nothing that has a long form, and says of each part what it is."""
from __future__ import annotations

from pathlib import Path

import pytest

from tools import faults
from tools.faults import PARTS, Part

ROOT = Path(__file__).parents[2]
NAMED = [file for part in PARTS for file in part.files]


def test_every_test_with_a_long_form_is_in_one_part() -> None:
    long = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if path != Path(__file__)
        and any("from tests.faults import" in line and "FULL" in line for line in path.read_text().splitlines())
    }
    long |= {str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "faults").glob("test_*.py")}
    assert long - set(NAMED) == set()
    assert sorted(NAMED) == sorted(set(NAMED))
    assert [file for file in NAMED if not (ROOT / file).is_file()] == []


def test_a_part_that_fails_or_hangs_keeps_no_other_from_being_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tests = {"bad": "assert False", "slow": "import time; time.sleep(60)", "good": "pass"}
    for name, body in tests.items():
        (tmp_path / f"test_{name}.py").write_text(f"def test_it() -> None:\n    {body}\n")
    parts = tuple(
        Part(name, 0 if name == "slow" else 1, "for trying", (str(tmp_path / f"test_{name}.py"),)) for name in tests
    )
    monkeypatch.setattr(faults, "PARTS", parts)
    assert faults.main([]) == 1
    said = capfd.readouterr().out.rpartition("outcome")[2].splitlines()
    outcomes = {line.split()[0]: line.split("min", 2)[2].strip() for line in said if line}
    assert outcomes["bad"] == "FAILED"
    assert outcomes["slow"].startswith("FAILED, ended")
    assert outcomes["good"] == "passed"
    assert faults.main(["good"]) == 0
    assert faults.main(["tea"]) == 2
    assert "bad" in capfd.readouterr().err
