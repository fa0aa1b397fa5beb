"""How each file is played: the table of `playability`, on real files."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from privmedia.media import Kind, Verdict, decide
from privmedia.media.codecs import human_name
from tests.unit.media.conftest import Seen, Studio, pdf, photo_with_place, picture

Look = Callable[[Path], Seen]

PLAYED_AS_THEY_ARE = {
    "faststart.mp4": ("play.mp4", "video/mp4"),
    "one-second.mp4": ("play.mp4", "video/mp4"),
    "silent.mp4": ("play.mp4", "video/mp4"),
    "vp9.webm": ("play.webm", "video/webm"),
    "sound.mp3": ("play.mp3", "audio/mpeg"),
    "sound.wav": ("play.wav", "audio/wav"),
    "sound.flac": ("play.flac", "audio/flac"),
    "sound.ogg": ("play.ogg", "audio/ogg"),
    "sound.m4a": ("play.m4a", "audio/mp4"),
    "only-sound.mp4": ("play.m4a", "audio/mp4"),
}
REPACKED = {
    "index-last.mp4": "play.mp4",
    "fragmented.mp4": "play.mp4",
    "located.mp4": "play.mp4",
    "h264.mkv": "play.mp4",
    "h264-flac.mkv": "play.mp4",
    "camera.mov": "play.mp4",
    "h264.avi": "play.mp4",
    "broadcast.ts": "play.mp4",
    "flash.flv": "play.mp4",
    "vp9.mkv": "play.webm",
    "live.webm": "play.webm",
    "sound.aac": "play.m4a",
    "sound.mka": "play.mp3",
}
CONVERTED = {
    "prores.mov": ("play.mp4", "This file is Apple ProRes 422. No browser plays that."),
    "ten-bit.mp4": ("play.mp4", "This file is H.264 with 10 bits per colour. Most browsers do not play that."),
    "interlaced.mp4": ("play.mp4", "This file is interlaced. Fine lines show where something moves."),
    "hev1.mp4": (
        "play.mp4",
        "This file is HEVC (H.265). Some browsers play that only with the right hardware, others not at all.",
    ),
    "old.avi": ("play.mp4", "This file is MPEG-4 Part 2 (DivX or Xvid). No browser plays that."),
    "disc.mpg": ("play.mp4", "This file is MPEG-2. No browser plays that."),
    "windows.wmv": ("play.mp4", "This file is Windows Media Video 8. No browser plays that."),
    "theora.ogv": ("play.mp4", "This file is Theora. No browser plays that."),
    "dolby.mkv": ("play.mp4", "The sound of this file is Dolby Digital (AC-3). Most browsers do not play that."),
    "two-sounds.mp4": ("play.mp4", "The sound of this file is Dolby Digital (AC-3). Most browsers do not play that."),
    "sound.wma": ("play.m4a", "This file is Windows Media Audio. No browser plays that."),
    "lossless.m4a": ("play.m4a", "This file is Apple Lossless (ALAC). No browser plays that."),
}
NEVER = {"magicyuv.avi": "This file is MagicYUV. No browser plays that."}


@pytest.mark.parametrize("name", PLAYED_AS_THEY_ARE)
def test_what_browsers_play_is_played_as_it_is(studio: Studio, look: Look, name: str) -> None:
    decision = look(studio.make(name)).decision
    assert decision.verdict is Verdict.PLAY
    assert decision.is_original
    assert (decision.play_name, decision.media_type) == PLAYED_AS_THEY_ARE[name]
    assert decision.reason is None


@pytest.mark.parametrize("name", REPACKED)
def test_what_browsers_play_in_another_container_is_repacked(studio: Studio, look: Look, name: str) -> None:
    decision = look(studio.make(name)).decision
    assert (decision.verdict, decision.play_name) == (Verdict.REMUX, REPACKED[name])
    assert not decision.is_original


@pytest.mark.parametrize("name", CONVERTED)
def test_what_not_every_browser_plays_is_converted_and_says_why(studio: Studio, look: Look, name: str) -> None:
    decision = look(studio.make(name)).decision
    assert (decision.verdict, decision.play_name, decision.reason) == (Verdict.CONVERT, *CONVERTED[name])
    assert not decision.is_original
    assert decision.caveat is None


@pytest.mark.parametrize("name", NEVER)
def test_what_nothing_here_understands_says_so(studio: Studio, look: Look, name: str) -> None:
    decision = look(studio.make(name)).decision
    assert (decision.verdict, decision.play_name) == (Verdict.UNPLAYABLE, None)
    assert decision.reason == NEVER[name]


def test_sound_alone_is_sound_whatever_contains_it(studio: Studio, look: Look) -> None:
    assert look(studio.make("only-sound.mp4")).decision.kind is Kind.AUDIO
    assert look(studio.make("sound.mka")).decision.kind is Kind.AUDIO
    assert look(studio.make("silent.mp4")).decision.kind is Kind.VIDEO


def test_pictures_that_play_are_copied_and_all_sounds_kept(studio: Studio, look: Look) -> None:
    seen = look(studio.make("two-sounds.mp4"))
    assert [sound.codec for sound in seen.probe.audio] == ["ac3", "aac"]
    assert seen.decision.streams == (0, 1, 2)
    assert seen.decision.copies_film
    assert not look(studio.make("old.avi")).decision.copies_film


def test_sound_that_nothing_understands_is_left_out_if_there_is_other(studio: Studio, look: Look) -> None:
    seen = look(studio.make("two-sounds.mp4"))
    sounds = (replace(seen.probe.audio[0], codec="unknown"), seen.probe.audio[1])
    decision = decide(seen.file_type, replace(seen.probe, audio=sounds))
    assert (decision.verdict, decision.streams) == (Verdict.REMUX, (0, 2))
    alone = decide(seen.file_type, replace(seen.probe, audio=sounds[:1]))
    assert alone.verdict is Verdict.UNPLAYABLE
    assert alone.reason == "The sound of this file is of an unknown kind. Most browsers do not play that."


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"transfer": "pq"}, "This file is HDR. Most screens show it pale and grey."),
        ({"level": 62}, "This file is H.264 of level 6.2. Older devices do not play that."),
        ({"codec": "av1"}, "This file is AV1. Safari plays that on newer devices only."),
        ({"pix_fmt": "yuv422p"}, "This file is H.264 with 4:2:2 colour. Most browsers do not play that."),
    ],
)
def test_what_plays_in_some_browsers_only_is_converted(
    studio: Studio, look: Look, change: dict[str, Any], reason: str
) -> None:
    seen = look(studio.make("faststart.mp4"))
    decision = decide(seen.file_type, replace(seen.probe, video=(replace(seen.probe.video[0], **change),)))
    assert (decision.verdict, decision.reason, decision.copies_film) == (Verdict.CONVERT, reason, False)


def test_pictures_too_large_to_be_decoded_are_left_alone(studio: Studio, look: Look) -> None:
    seen = look(studio.make("old.avi"))
    vast = replace(seen.probe.video[0], width=16_000, height=16_000)
    assert decide(seen.file_type, replace(seen.probe, video=(vast,))).verdict is Verdict.UNPLAYABLE


@pytest.mark.parametrize(("form", "play_name"), [
    ("JPEG", "play.jpg"), ("PNG", "play.png"), ("GIF", "play.gif"), ("WEBP", "play.webp"), ("AVIF", "play.avif"),
])
def test_pictures_browsers_show_are_shown_as_they_are(studio: Studio, look: Look, form: str, play_name: str) -> None:
    decision = look(studio.write(f"as-it-is.{form.lower()}", picture(form))).decision
    assert (decision.verdict, decision.kind, decision.play_name) == (Verdict.PLAY, Kind.IMAGE, play_name)


def test_other_pictures_are_shown_as_webp(studio: Studio, look: Look) -> None:
    for path in (studio.write("scan.tif", picture("TIFF")), Path(__file__).parent / "two-colours.heic"):
        decision = look(path).decision
        assert (decision.verdict, decision.play_name, decision.media_type) == (
            Verdict.PICTURE, "play.webp", "image/webp"
        )


def test_a_photo_with_its_place_is_not_handed_out_as_it_is(studio: Studio, look: Look) -> None:
    decision = look(studio.write("placed.jpg", photo_with_place())).decision
    assert (decision.verdict, decision.play_name) == (Verdict.PICTURE, "play.webp")


def test_a_pdf_is_downloaded(studio: Studio, look: Look) -> None:
    decision = look(studio.write("plan.pdf", pdf())).decision
    assert (decision.verdict, decision.kind, decision.play_name) == (Verdict.DOWNLOAD, Kind.DOCUMENT, None)


def test_a_codec_nobody_knows_has_an_outcome(studio: Studio, look: Look) -> None:
    path = studio.write("new.mp4", studio.make("silent.mp4").read_bytes().replace(b"avc1", b"zzz9"))
    decision = look(path).decision
    assert decision.verdict is Verdict.UNPLAYABLE
    assert decision.reason == "This file is of an unknown kind. No browser plays that."


def test_protected_films_say_so(studio: Studio, look: Look) -> None:
    seen = look(studio.make("faststart.mp4"))
    locked = replace(seen.probe, video=(replace(seen.probe.video[0], tag="encv"),))
    decision = decide(seen.file_type, locked)
    assert decision.verdict is Verdict.UNPLAYABLE
    assert decision.reason == "This file is protected against copying. No browser plays that."


def test_uncompressed_sound_has_one_name_however_its_numbers_are_written() -> None:
    assert {human_name(codec) for codec in ("pcm_s16le", "pcm_s24be", "pcm_f32le", "pcm_dvd")} == {"PCM"}
    assert human_name("pcm_mulaw") == "G.711"
