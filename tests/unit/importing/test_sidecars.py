"""What belongs to which file is told by names, and what cannot be told is left alone."""
from __future__ import annotations

import json

import pytest

from privmedia.errors import Invalid
from privmedia.importing.reading import read_captions, read_facts
from privmedia.importing.sidecars import sort_out


def test_captions_posters_and_facts_belong_to_the_file_of_their_name() -> None:
    bundles, lonely = sort_out(
        ["film.mp4", "film.de.vtt", "film.pt_BR.srt", "film.jpg", "film.info.json", "other.webm", "other.srt"]
    )
    assert lonely == []
    assert bundles["film.mp4"].captions == {"de": "film.de.vtt", "pt-br": "film.pt_BR.srt"}
    assert (bundles["film.mp4"].picture, bundles["film.mp4"].facts) == ("film.jpg", "film.info.json")
    assert bundles["other.webm"].captions == {"": "other.srt"}
    assert set(bundles) == {"film.mp4", "other.webm"}


@pytest.mark.parametrize(
    ("name", "language"),
    [("a.ger.srt", "de"), ("a.eng.sdh.vtt", "en"), ("a.forced.de.srt", "de"), ("a.mp4.fr.vtt", "fr"), ("a.VTT", "")],
)
def test_a_language_is_found_beside_other_words(name: str, language: str) -> None:
    bundles, lonely = sort_out(["a.mp4", name])
    assert (list(bundles["a.mp4"].captions), lonely) == ([language], [])


def test_what_fits_no_file_stays_alone() -> None:
    bundles, lonely = sort_out(["a.mp4", "b.vtt", "package.json", "a.nonsense-word-x.vtt"])
    assert (list(bundles), lonely) == (["a.mp4"], ["a.nonsense-word-x.vtt", "b.vtt", "package.json"])


def test_a_picture_beside_a_document_or_another_picture_is_a_picture_of_its_own() -> None:
    bundles, _lonely = sort_out(["plan.pdf", "plan.png", "face.jpg", "face.png"])
    assert set(bundles) == {"plan.pdf", "plan.png", "face.jpg", "face.png"}


def test_of_two_captions_in_one_language_the_better_form_is_taken_and_the_other_is_named() -> None:
    bundles, _lonely = sort_out(["a.mp4", "a.de.srt", "a.de.vtt", "a.deu.srt"])
    assert bundles["a.mp4"].captions == {"de": "a.de.vtt"}
    assert bundles["a.mp4"].spare == ["a.de.srt", "a.deu.srt"]


def test_names_whose_letters_macos_took_apart_are_the_same() -> None:
    bundles, lonely = sort_out(["u\u0308bung.mp4", "\u00fcbung.de.vtt"])
    assert (bundles["u\u0308bung.mp4"].captions, lonely) == ({"de": "\u00fcbung.de.vtt"}, [])


def test_what_is_said_of_a_file_is_cut_to_what_the_library_keeps() -> None:
    data = {"title": "T" * 400, "description": "d\x00e", "tags": ["a, b", "A", 7, "x" * 61]}
    said = read_facts(json.dumps(data).encode())
    assert (said.title, said.description, said.tags) == ("T" * 300, "de", ("a", "b"))


@pytest.mark.parametrize(
    "data", [b"", b"[1]", b'{"name": "left-pad"}', b"\xff\xfe", b"[" * 100_000, b'{"title": "x"', b"9" * 5000]
)
def test_json_that_says_nothing_of_a_file_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match="no JSON"):
        read_facts(data)


def test_captions_of_an_old_charset_need_somebody_who_says_it() -> None:
    data = "1\n00:00:00,000 --> 00:00:01,000\nGrüße\n".encode("cp1252")
    with pytest.raises(Invalid, match="--charset"):
        read_captions(data, None)
    assert [cue.spoken for cue in read_captions(data, "cp1252")] == ["Grüße"]


def test_wrong_lines_of_captions_are_named() -> None:
    with pytest.raises(Invalid, match="line 3: “soon --> later” is no time"):
        read_captions(b"WEBVTT\n\nsoon --> later\nx\n", None)
