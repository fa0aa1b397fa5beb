"""Every kind of line that the program writes into the audit log has its words."""
from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from privmedia.admin.log.kinds import KINDS, TOPICS

ROOT = Path(__file__).parents[3]
VERBS = ("record", "note", "_record")
BY_ROUNDABOUT_WAYS = {"access", "forged", "refused", "item.view", "item.download", "upload"}
"""Written where the kind is no literal at the call: by the tween, and by the gate's thread."""


def literals(node: ast.expr, given: dict[str, ast.expr]) -> Iterator[str | None]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body, given)
        yield from literals(node.orelse, given)
    elif isinstance(node, ast.Name) and isinstance(given.get(node.id), ast.Constant | ast.IfExp):
        yield from literals(given[node.id], given)
    else:
        yield None


def kinds_written() -> Iterator[tuple[str, str | None]]:
    for path in sorted((ROOT / "privmedia").rglob("*.py")):
        tree = ast.parse(path.read_text())
        given = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VERBS:
                arguments = node.args or [each.value for each in node.keywords if each.arg == "kind"]
                for kind in literals(arguments[0], given) if arguments else ():
                    yield str(path.relative_to(ROOT)), kind


def test_every_kind_that_is_written_has_words() -> None:
    written = {kind for _, kind in kinds_written() if kind is not None} | BY_ROUNDABOUT_WAYS
    assert sorted(written - set(KINDS)) == []


def test_every_word_is_of_a_kind_that_is_written() -> None:
    written = {kind for _, kind in kinds_written() if kind is not None} | BY_ROUNDABOUT_WAYS
    assert sorted(set(KINDS) - written) == []


def test_only_known_places_write_kinds_that_are_no_literals() -> None:
    assert sorted({path for path, kind in kinds_written() if kind is None}) == [
        "privmedia/audit/notes.py",
        "privmedia/delivery/viewings.py",
        "privmedia/library/rules.py",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_its_icon_is_built_and_its_sentences_can_be_filled(kind: str) -> None:
    words = KINDS[kind]
    assert words.icon in (ROOT / "static" / "src" / "icons.txt").read_text().split()
    assert words.topic in TOPICS
    for sentence in (words.done, words.refused):
        assert string.Template(sentence).is_valid()
