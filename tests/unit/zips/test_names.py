"""Names in a zip: whatever people call their files, it unpacks on every system, into its folder, each file once."""
from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privmedia.zips.names import DEVICES, member_paths, safe_step


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("T4 bench.mp4", "T4 bench.mp4"),
        ("..", "file"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\\b.mp4", "a_b.mp4"),
        ("C:evil.mp4", "C_evil.mp4"),
        ('what? <"now">|*.mp4', "what_ __now____.mp4"),
        ("CON.mp4", "_CON.mp4"),
        ("nul", "_nul"),
        ("Com1.tar.gz", "_Com1.tar.gz"),
        ("concert.mp4", "concert.mp4"),
        ("ends in dots...", "ends in dots"),
        ("  spaces  ", "spaces"),
        ("line\nbreak\x00.mp4", "linebreak.mp4"),
        ("exe.\u202e4pm", "exe.4pm"),
        ("Größe.mp4", "Größe.mp4"),
        (unicodedata.normalize("NFD", "Größe.mp4"), "Größe.mp4"),
        ("👩‍🚒 Feuer.mp4", "👩‍🚒 Feuer.mp4"),
        ("", "file"),
    ],
)
def test_a_name_becomes_one_that_every_system_takes(name: str, safe: str) -> None:
    assert safe_step(name) == safe


def test_a_long_name_is_cut_between_characters_and_keeps_its_ending() -> None:
    safe = safe_step("ö" * 300 + ".mp4")
    assert safe.endswith("ö.mp4")
    assert len(safe.encode()) <= 200


def test_two_of_one_name_get_numbers_without_regard_to_case_and_form() -> None:
    wanted = [((), "A.mp4"), ((), "a.mp4"), ((), "a (2).mp4"), ((), unicodedata.normalize("NFD", "ä")), ((), "ä")]
    assert member_paths(wanted) == ["A.mp4", "a (2).mp4", "a (2) (2).mp4", "ä", "ä (2)"]


def test_folders_are_kept_and_no_file_takes_the_name_of_one() -> None:
    wanted = [((), "Takes"), (("Takes",), "a.mp4"), (("Takes", ".."), "b.mp4"), (("Takes",), "a.mp4")]
    assert member_paths(wanted) == ["Takes (2)", "Takes/a.mp4", "Takes/file/b.mp4", "Takes/a (2).mp4"]


@given(st.lists(st.tuples(st.lists(st.text(max_size=5), max_size=3), st.text(max_size=300)), max_size=12))
def test_no_path_leads_out_of_its_folder_and_none_is_there_twice(wanted: list[tuple[list[str], str]]) -> None:
    paths = member_paths(wanted)
    assert len({unicodedata.normalize("NFC", path.casefold()) for path in paths}) == len(wanted)
    for path in paths:
        for step in path.split("/"):
            assert step.strip(". ") != ""
            assert len(step.encode()) < 255
            assert not set(step) & set('<>:"|?*\\\0')
            assert step.partition(".")[0].strip().casefold() not in DEVICES
