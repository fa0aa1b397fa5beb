"""File names as they come: what is shown and offered at download is harmless and still recognisable."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privmedia.uploads.names import clean_filename, title_of


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Launch of hull 118.mp4", "Launch of hull 118.mp4"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\Leila\\Videos\\T4.mov", "T4.mov"),
        ("/absolute/path.mp4", "path.mp4"),
        ("100 % sure? #1 & more;.mp4", "100 % sure? #1 & more;.mp4"),
        ('say "hello".mp4', 'say "hello".mp4'),
        ("Grün 🎬.mp4", "Grün 🎬.mp4"),
        ("Gru\u0308n.mp4", "Grün.mp4"),
        ("two\r\nlines.mp4", "two lines.mp4"),
        ("bell\x07 and \x00nul.mp4", "bell and nul.mp4"),
        ("movie\u202e4pm.exe", "movie4pm.exe"),
        ("CON", "CON"),
        ("-rf.mp4", "-rf.mp4"),
        ("", "file"),
        (".", "file"),
        ("..", "file"),
        ("   ", "file"),
        ("folder/", "file"),
        ("%2e%2e%2fx.mp4", "%2e%2e%2fx.mp4"),
    ],
)
def test_a_name_is_shown_without_what_could_do_harm(sent: str, shown: str) -> None:
    assert clean_filename(sent) == shown


@pytest.mark.parametrize("letter", ["a", "ä", "🎬"])
def test_a_long_name_is_cut_to_255_bytes_and_keeps_its_extension(letter: str) -> None:
    name = clean_filename(letter * 4096 + ".mp4")
    assert len(name.encode()) <= 255
    assert len(name.encode()) > 250
    assert name.endswith(f"{letter}.mp4")


@given(st.text(max_size=400))
def test_whatever_is_sent_becomes_one_short_line_that_names_no_other_folder(sent: str) -> None:
    name = clean_filename(sent)
    assert name
    assert len(name.encode()) <= 255
    assert name not in (".", "..")
    assert not set(name) & set("/\\\r\n\0\u202e")
    assert clean_filename(name) == name


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("Launch of hull 118.mp4", "Launch of hull 118"),
        ("archive.tar.gz", "archive.tar"),
        ("v1. The sequel", "v1. The sequel"),
        (".profile", ".profile"),
        ("no extension", "no extension"),
    ],
)
def test_an_item_without_a_title_is_called_by_its_file_without_the_extension(filename: str, title: str) -> None:
    assert title_of(filename) == title
