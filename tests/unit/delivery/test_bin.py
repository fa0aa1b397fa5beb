"""The gate has no session that leaves the bin out: each of its statements has to say so itself."""
from __future__ import annotations

from pathlib import Path

from privmedia import delivery


def test_every_statement_that_finds_an_item_for_the_gate_leaves_the_bin_out() -> None:
    sources = {path.name: path.read_text() for path in Path(delivery.__file__).parent.glob("*.py")}
    asking = {name: source for name, source in sources.items() if "Item.uid ==" in source}
    assert asking
    assert [name for name, source in asking.items() if "Item.deletion_id.is_(None)" not in source] == []
