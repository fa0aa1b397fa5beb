"""docs/benchmarks.md: its generated sections, each between two marks, so that one can be made without the others."""
from __future__ import annotations

import re

from tests.bench import report
from tests.bench.prepared import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


def keep(name: str, text: str, *, command: str, write: bool) -> str:
    """A section with how it was made; with `write` it replaces the one of that name on the page."""
    text = f"Made by `{command}` on {report.machine()}\n\n{text}"
    if write:
        page = PAGE.read_text()
        marked = rf"(<!-- {re.escape(name)}: made by the benchmark -->\n).*?(<!-- end -->)"
        if re.search(marked, page, re.DOTALL) is None:
            raise ValueError(f"{PAGE} has lost the marks of its section {name!r}")
        PAGE.write_text(re.sub(marked, lambda found: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL))
    return text
