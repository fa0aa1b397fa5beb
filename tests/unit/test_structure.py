"""The structure holds: imports go down the floors only, and nothing private is imported by the back door."""
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_imports_go_down_the_floors_only() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_views_and_forms_that_stand_apart_leave_sql_to_the_services_too() -> None:
    apart = [path for end in ("_views.py", "_forms.py") for path in (ROOT / "privmedia").rglob(f"*{end}")]
    assert len(apart) > 5
    imported = re.compile(r"^\s*(?:from|import) sqlalchemy", re.MULTILINE)
    wrong = [path.name for path in apart if imported.search(path.read_text())]
    assert wrong == []


def test_importing_the_package_imports_no_pyramid() -> None:
    code = "import sys, privmedia, privmedia.models, privmedia.library.service; print('pyramid' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / "privmedia").rglob("*.py")
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}
