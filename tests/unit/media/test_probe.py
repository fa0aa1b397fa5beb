"""What is found in a file."""
from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from privmedia.media import Damaged, Probe, probe, sniff
from tests.unit.media.conftest import Seen, Studio, pdf, photo_with_place, picture

Look = Callable[[Path], Seen]


def test_a_film_tells_its_length_size_and_streams(studio: Studio, look: Look) -> None:
    found = look(studio.make("faststart.mp4")).probe
    assert found.duration == pytest.approx(2.0, abs=0.1)
    assert (found.width, found.height) == (320, 180)
    film, sound = found.video[0], found.audio[0]
    assert (film.codec, film.tag, film.pix_fmt, film.fps) == ("h264", "avc1", "yuv420p", 25.0)
    assert (sound.codec, sound.profile, sound.channels, sound.rate) == ("aac", "LC", 1, 44100)


def test_a_codec_whose_name_is_no_text_is_known_by_what_it_is(studio: Studio, look: Look) -> None:
    film = studio.make("faststart.mp4").read_bytes()
    sound = look(studio.write("no-text.mp4", film.replace(b"mp4a", b"mp4\xbb"))).probe.audio[0]
    assert (sound.codec, sound.tag) == ("aac", "")


@pytest.mark.parametrize(
    ("name", "faststart"), [("faststart.mp4", True), ("index-last.mp4", False), ("sound.m4a", True)]
)
def test_where_the_index_is_is_seen(studio: Studio, look: Look, name: str, faststart: bool) -> None:
    assert look(studio.make(name)).probe.faststart is faststart


def test_an_index_spread_over_the_file_is_seen(studio: Studio, look: Look) -> None:
    assert look(studio.make("fragmented.mp4")).probe.fragmented


def test_a_film_recorded_upright_is_upright(studio: Studio, look: Look) -> None:
    found = look(studio.portrait()).probe
    assert (found.width, found.height) == (180, 320)
    assert found.video[0].rotation in (90, 270)


def test_pixels_that_are_not_square_count(studio: Studio, look: Look) -> None:
    found = look(studio.make("anamorphic.mp4")).probe
    assert (found.width, found.height) == (360, 144)


def test_the_language_of_a_sound_is_known(studio: Studio, look: Look) -> None:
    assert look(studio.make("h264.mkv")).probe.audio[0].language == "deu"


def test_a_cover_is_no_film(studio: Studio, look: Look) -> None:
    found = look(studio.with_cover("sound.m4a")).probe
    assert found.cover
    assert found.video == ()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF"])
def test_pictures_tell_their_size(studio: Studio, look: Look, form: str) -> None:
    found = look(studio.write(f"picture.{form.lower()}", picture(form))).probe
    assert (found.width, found.height) == (320, 180)


def test_a_photo_held_upright_is_upright_and_says_where_it_was_taken(studio: Studio, look: Look) -> None:
    found = look(studio.write("photo.jpg", photo_with_place(orientation=6))).probe
    assert (found.width, found.height) == (180, 320)
    assert found.located


def test_a_picture_without_place_has_none(studio: Studio, look: Look) -> None:
    assert not look(studio.write("plain.jpg", picture("JPEG"))).probe.located


def test_a_film_that_says_where_it_was_recorded_is_noticed(studio: Studio, look: Look) -> None:
    assert look(studio.make("located.mp4")).probe.located
    assert not look(studio.make("faststart.mp4")).probe.located


def test_a_pdf_tells_its_pages(studio: Studio, look: Look) -> None:
    assert look(studio.write("manual.pdf", pdf(pages=7))).probe.pages == 7


@pytest.mark.parametrize("name", ["faststart.mp4", "sound.mp3", "vp9.webm"])
def test_a_probe_survives_being_kept_as_json(studio: Studio, look: Look, name: str) -> None:
    found = look(studio.make(name)).probe
    assert Probe.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(("name", "share", "sentence"), [
    ("index-last.mp4", 0.5, "The file is damaged: its index is missing."),
    ("index-last.mp4", 0.999, "The file is damaged: its index is cut off."),
    ("faststart.mp4", 0.7, "The file is damaged: its end is missing."),
    ("faststart.mp4", 0.02, "The file is damaged: its index is cut off."),
    ("vp9.webm", 0.6, "The file is damaged: its end is missing."),
    ("h264.mkv", 0.6, "The file is damaged: its end is missing."),
])
def test_a_file_that_was_cut_off_says_what_is_missing(
    studio: Studio, look: Look, name: str, share: float, sentence: str
) -> None:
    with pytest.raises(Damaged) as damaged:
        look(studio.cut(name, share))
    assert damaged.value.sentence == sentence


def test_a_box_that_claims_more_than_any_disk_holds_is_damage(studio: Studio, look: Look) -> None:
    start = studio.make("faststart.mp4").read_bytes()[:32]
    with pytest.raises(Damaged) as damaged:
        look(studio.write("claim.mp4", start + b"\x00\x00\x00\x01free" + b"\xff" * 8 + bytes(1000)))
    assert damaged.value.sentence == "The file is damaged: its index is missing."


def test_a_recording_that_was_broken_off_is_taken_as_far_as_it_goes(studio: Studio, look: Look) -> None:
    """Recorders write MKV and WebM without a length for just this case."""
    assert look(studio.cut("live.webm", 0.6)).probe.video


@pytest.mark.parametrize(("name", "sentence"), [
    ("photo.jpg", "The file is damaged: the picture cannot be read."),
    ("photo.png", "The file is damaged: the picture cannot be read."),
    ("manual.pdf", "The file is damaged: the PDF cannot be read."),
])
def test_pictures_and_documents_that_were_cut_off_are_damaged(
    studio: Studio, look: Look, name: str, sentence: str
) -> None:
    whole = {"photo.jpg": picture("JPEG"), "photo.png": picture("PNG"), "manual.pdf": pdf()}[name]
    with pytest.raises(Damaged) as damaged:
        look(studio.write(f"cut-{name}", whole[:len(whole) // 4]))
    assert damaged.value.sentence == sentence


@pytest.mark.parametrize("name", ["index-last.mp4", "h264.mkv", "broadcast.ts", "sound.mp3", "sound.flac", "sound.wav"])
def test_a_beginning_followed_by_noise_is_probed_or_damaged(studio: Studio, work: Path, name: str) -> None:
    head = studio.make(name).read_bytes()[:2000]
    path = studio.write(f"noise-{name}", head + bytes(n * 7919 % 251 for n in range(30_000)))
    file_type = sniff(head, name)
    with suppress(Damaged):
        assert probe(path, file_type, work=work).container == file_type.name


def test_chapters_the_file_has_are_found_with_their_times(studio: Studio, look: Look) -> None:
    facts = studio.write(
        "chapters.txt",
        ";FFMETADATA1\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=Lockout \\; tools\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=900\nEND=1500\ntitle=\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=2000\ntitle=Draw\u202e the bearing\n".encode(),
    )
    path = studio.folder / "chapters.mkv"
    sound = ["-f", "lavfi", "-i", "sine=d=2"]
    studio.ffmpeg(*sound, "-i", str(facts), "-map_metadata", "1", "-c:a", "aac", str(path))
    found = look(path).probe.chapters
    assert [(chapter.start, chapter.title) for chapter in found] == [(0, "Lockout ; tools"), (1.5, "Draw the bearing")]
