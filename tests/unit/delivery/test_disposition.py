from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privmedia.delivery.disposition import content_disposition, plain_name, shown_inline


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("T4 bench.mp4", 'attachment; filename="T4 bench.mp4"'),
        ('a "b"; c.mp4', "attachment; filename=\"a _b_; c.mp4\"; filename*=UTF-8''a%20%22b%22%3B%20c.mp4"),
        ("100% sure?#.mp4", "attachment; filename=\"100_ sure?#.mp4\"; filename*=UTF-8''100%25%20sure%3F#.mp4"),
        ("Prüfung 🚀.mp4", "attachment; filename=\"Pr_fung _.mp4\"; filename*=UTF-8''Pr%C3%BCfung%20%F0%9F%9A%80.mp4"),
        ("a\\b/c.mp4", 'attachment; filename="a_b_c.mp4"'),
        ("", 'attachment; filename="file"'),
        ("\r\n", 'attachment; filename="file"'),
    ],
)
def test_a_file_is_saved_under_its_own_name(name: str, header: str) -> None:
    assert content_disposition(name, inline=False) == header


def test_a_decomposed_name_is_saved_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Übung.mp4")
    assert content_disposition(decomposed, inline=True) == content_disposition("Übung.mp4", inline=True)


def test_marks_that_turn_the_reading_direction_are_taken_out() -> None:
    assert plain_name("holiday\u202e4pm.exe") == "holiday4pm.exe"


def test_joined_emoji_stay_joined() -> None:
    assert plain_name("👩‍🔧.mp4") == "👩‍🔧.mp4"


@given(st.text(max_size=300))
def test_no_name_can_begin_a_header_of_its_own_or_leave_ascii(name: str) -> None:
    header = content_disposition(name, inline=False)
    assert header.isascii()
    assert header.isprintable()
    assert header.split("filename=")[1].count('"') == 2


@pytest.mark.parametrize("media_type", ["video/mp4", "audio/mpeg", "image/webp", "text/vtt"])
def test_media_are_shown_in_the_page(media_type: str) -> None:
    assert shown_inline(media_type)


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "image/svg+xml", "application/pdf", "application/xhtml+xml", "text/xml", "text/plain", "", "video"],
)
def test_whatever_could_run_is_only_ever_saved(media_type: str) -> None:
    assert not shown_inline(media_type)
