"""docs/benchmarks.md: its generated sections, each between two marks, so that one can be made without the other."""
from __future__ import annotations

import re
from collections.abc import Sequence

from tests.bench import report
from tests.bench.measuring import Series
from tests.bench.memory import Watched
from tests.bench.prepared import ROOT
from tests.bench.stacks import Stack

PAGE = ROOT / "docs" / "benchmarks.md"


def keep(
    *,
    command: str,
    write: bool,
    stacks: Sequence[Stack] = (),
    measured: Sequence[Series] = (),
    memory: Watched | None = None,
    scale: str = "",
    scale_on_postgresql: str = "",
    slow: str = "",
    receiving: str = "",
    preparing: str = "",
) -> str:
    """The section as text; with `write` it replaces the one on the page."""
    if memory is not None:
        name, text = "memory", memory.words()
    elif scale:
        name, text = "scale", scale
    elif scale_on_postgresql:
        name, text = "scale on PostgreSQL", scale_on_postgresql
    elif slow:
        name, text = "slow", slow
    elif receiving:
        name, text = "receiving", receiving
    elif preparing:
        name, text = "preparing", preparing
    else:
        name = "speed"
        tables = [report.table(stacks, series) for series in measured]
        text = "\n\n".join([report.goals(measured, "privmedia"), *tables])
    text = f"Made by `{command}` on {report.machine()}\n\n{text}"
    if write:
        page = PAGE.read_text()
        marked = rf"(<!-- {name}: made by the benchmark -->\n).*?(<!-- end -->)"
        if re.search(marked, page, re.DOTALL) is None:
            raise ValueError(f"{PAGE} has lost the marks of its section {name!r}")
        PAGE.write_text(re.sub(marked, lambda found: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL))
    return text
