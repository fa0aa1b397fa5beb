"""The gate has no session that leaves the bin out: each of its statements has to say so itself."""
from __future__ import annotations

import pytest

from privmedia.delivery import by_link, gate

QUESTIONS = {
    "a browser": gate.question(),
    "a token": gate.question(by_token=True),
    "a link": by_link.question(),
    "a preview": by_link.question(preview=True),
}


@pytest.mark.parametrize("asker", QUESTIONS)
def test_the_statement_leaves_the_bin_out(asker: str) -> None:
    assert "items.deletion_id IS NULL" in str(QUESTIONS[asker])
