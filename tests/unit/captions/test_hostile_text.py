"""Text that would keep a reader busy for hours is read at once: these tests end, or do not."""
from __future__ import annotations

import pytest

from privmedia.captions import chapters, cues
from privmedia.captions.cues import Unreadable
from privmedia.captions.markup import cleaned, plain

MANY = 400_000
TIMING = "00:00:01.000 --> 00:00:02.000"


@pytest.mark.parametrize("line", [TIMING + " a" + " " * MANY + "b", " " * MANY + TIMING, TIMING + " align:" * MANY])
def test_a_line_of_times_with_endless_spaces_is_read_at_once(line: str) -> None:
    (cue,) = cues.read(f"WEBVTT\n\n{line}\nHello\n")
    assert (cue.start, cue.end, cue.text) == (1000, 2000, "Hello")


def test_a_line_of_times_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(Unreadable):
        cues.read("WEBVTT\n\n00:00:01.000" + " " * MANY + "--> x\nHello\n")


def test_a_chapter_with_endless_spaces_is_read_at_once() -> None:
    with pytest.raises(Unreadable):
        chapters.read("4:06 a" + " " * MANY + "b" * 300, length=None)
    (mark,) = chapters.read("4:06" + " " * MANY + "- Draw the old bearing" + " " * MANY, length=None)
    assert (mark.start, mark.title) == (246_000, "Draw the old bearing")


@pytest.mark.parametrize("text", ["<" + "a" * MANY, "<" * MANY, "<v" + " " * MANY, "<c." + "." * MANY])
def test_a_tag_that_never_ends_is_text_at_once(text: str) -> None:
    assert "&lt;" in cleaned(text)
    plain(text)


def test_tags_are_still_told_apart() -> None:
    assert cleaned("<v Leila>Look</v> <c.loud>here</c> <00:00:01.500><script>x") == (
        "<v Leila>Look</v> <c.loud>here</c> <00:00:01.500>x"
    )
    assert plain("<v Leila>Look</v>") == "Leila: Look"
