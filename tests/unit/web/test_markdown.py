"""Descriptions as HTML: what is written shows, and nothing in it runs, loads or leaves."""
from __future__ import annotations

import pytest

from privmedia.web.markdown import markdown


def test_what_people_write_reads_as_meant() -> None:
    html = markdown("You need the **40-tonne puller** and [SB-2026-031](/m/abc).\n\n- Lockout first\n- Then *listen*")
    assert "<strong>40-tonne puller</strong>" in html
    assert '<a href="/m/abc" rel="noopener noreferrer">SB-2026-031</a>' in html
    assert "<li>Lockout first</li>" in html


def test_headings_stand_below_those_of_the_page() -> None:
    assert markdown("# Big\n\n### Small") == "<h3>Big</h3>\n<h4>Small</h4>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[go](javascript:alert(1))",
        "[go](data:text/html;base64,PHNjcmlwdD4=)",
        "![spy](https://elsewhere.example/pixel.gif)",
        '<img src="https://elsewhere.example/pixel.gif">',
        '<a href="x" onclick="alert(1)">x</a>',
        "<iframe src=//elsewhere.example></iframe>",
        '[x](<https://a.example" onmouseover="alert(1)>)',
    ],
)
def test_nothing_runs_and_nothing_loads(text: str) -> None:
    html = str(markdown(text)).lower()
    assert "<script" not in html
    assert "<img" not in html
    assert "<iframe" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert not any(f"<a {part}" in html for part in ("onclick", "onmouseover"))


def test_a_time_in_a_film_is_a_link_to_that_moment() -> None:
    html = markdown("The shaft check starts at 8:13, the end is 1:02:03. Not 99:59, 12:3 or `1:00`.", duration=4000)
    assert '<a href="#t=493" rel="noopener noreferrer">8:13</a>' in html
    assert '<a href="#t=3723"' in html
    assert html.count("<a ") == 2
    assert "<a" not in markdown("At 8:13")
