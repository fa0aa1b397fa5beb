"""What every page keeps to, read from the templates themselves."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, nodes
from pyramid_jinja2 import IJinja2Environment
from webtest import TestApp

from privmedia.web import pages
from privmedia.web.i18n import Counting

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "privmedia" / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.jinja2"))
# Macros whose first argument is the name of an icon, beside icon() itself.
TAKES_AN_ICON = {"icon", "icon_avatar", "empty"}

environment = Environment(loader=FileSystemLoader(TEMPLATES), extensions=[Counting], autoescape=True)
FILTERS = ("say", "written", "forms", "duration", "in_hours", "filesize", "ago", "markdown")
environment.filters.update({name: getattr(pages, name) for name in FILTERS}, date=pages.day)


@pytest.fixture(params=NAMES)
def source(request: pytest.FixtureRequest) -> str:
    return (TEMPLATES / request.param).read_text()


def icons_named_in(source: str) -> set[str]:
    names = set()
    for call in environment.parse(source).find_all(nodes.Call):
        function = getattr(call.node, "name", None) or getattr(call.node, "attr", None)
        if function in TAKES_AN_ICON and call.args:
            argument = call.args[0]
            # Of a choice both ends count, but not the words its condition compares with.
            ends = [argument.expr1, argument.expr2] if isinstance(argument, nodes.CondExpr) else [argument]
            names |= {end.value for end in ends if isinstance(end, nodes.Const)}
    return names


def posted_forms(source: str) -> list[str]:
    """How each form that is posted begins, behind its tag."""
    without_comments = re.sub(r"\{#.*?#\}", "", source, flags=re.S)
    return re.findall(r'<form\b(?=[^>]*method="post")(?:[^>{]|\{\{.*?\}\})*>\s*(.{0,20})', without_comments, flags=re.S)


def test_it_compiles(source: str) -> None:
    environment.compile(source)


def test_every_icon_it_names_is_in_the_list_that_is_built(source: str) -> None:
    built = set((ROOT / "static" / "src" / "icons.txt").read_text().split())
    assert icons_named_in(source) <= built


def test_the_csrf_token_is_the_first_field_of_every_form_it_posts(source: str) -> None:
    assert [form for form in posted_forms(source) if not form.startswith("{{ m.csrf() }}")] == []


def test_it_has_no_inline_style_or_script(source: str) -> None:
    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", source) == []


def test_both_ends_of_a_choice_of_icons_are_looked_up() -> None:
    assert icons_named_in('{{ icon("a" if b == "c" else "d") }}{{ m.empty("e", f) }}') == {"a", "d", "e"}


def test_a_form_whose_first_field_is_another_is_seen() -> None:
    right = """<form method="post" action="{{ url('a', b=1) }}">\n{{ m.csrf() }}</form>"""
    wrong = '<form id="x" method="post"><input>'
    assert [start[:14] for start in posted_forms(right + wrong)] == ["{{ m.csrf() }}", "<input>"]


def test_a_template_is_compiled_once_wherever_it_is_named(app: Any, testapp: TestApp) -> None:
    for address, status in (("/login", 200), ("/reset", 200), ("/nowhere/at/all", 404)):
        testapp.get(address, status=status)
    used = app.registry.getUtility(IJinja2Environment, name=".jinja2")
    assert {name.removeprefix("privmedia:templates/") for _loader, name in used.cache} <= set(NAMES)
