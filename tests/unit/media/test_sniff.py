"""What a file is taken for, and the words for what is not taken."""
from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from privmedia.errors import RefusedType
from privmedia.media import HEAD_BYTES, Kind, sniff
from tests.unit.media.conftest import RECIPES, Studio, pdf, picture, zipped

BY_SUFFIX = {
    "mp4": "mp4", "mkv": "matroska", "mka": "matroska", "mov": "mov", "webm": "webm", "avi": "avi", "ts": "mpegts",
    "mpg": "mpegps", "wmv": "asf", "wma": "wma", "flv": "flv", "ogv": "ogv", "ogg": "ogg", "mp3": "mp3",
    "wav": "wav", "flac": "flac", "aac": "aac", "m4a": "m4a",
}
SPREADSHEET = "Spreadsheets cannot be played here. Save it as PDF and add that instead."
PROGRAM = "Programs cannot be played here. Video, audio, pictures and PDF can."
PLAYLIST = "Playlists cannot be played here. Add the files it names."
UNKNOWN = "This kind of file cannot be played here. Video, audio, pictures and PDF can."


@pytest.mark.parametrize("name", RECIPES)
def test_video_and_sound_are_known_by_their_content(studio: Studio, name: str) -> None:
    path = studio.make(name)
    expected = BY_SUFFIX[name.rpartition(".")[2]]
    assert sniff(path, "no-hint").name == expected
    assert sniff(path.read_bytes()[:HEAD_BYTES]).name == expected


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF"])
def test_pictures_are_known_by_their_content(form: str) -> None:
    found = sniff(picture(form), "holiday.xlsx")
    assert found.kind is Kind.IMAGE
    assert found.media_type == f"image/{form.lower()}"


def test_a_picture_of_a_phone_is_known_as_heic() -> None:
    assert sniff(Path(__file__).parent / "two-colours.heic").media_type == "image/heic"


def test_a_pdf_is_a_document_even_with_a_few_bytes_before_it() -> None:
    assert sniff(pdf(), "manual.pdf").kind is Kind.DOCUMENT
    assert sniff(b"\x00\x01junk\n" + pdf()).name == "pdf"


def test_a_name_that_lies_changes_nothing(studio: Studio) -> None:
    assert sniff(studio.make("faststart.mp4"), "faststart.xlsx").name == "mp4"


def test_mp3_is_known_behind_a_cover_larger_than_what_is_looked_at(tmp_path: Path, studio: Studio) -> None:
    path = tmp_path / "song"
    size = 200_000
    tag = b"ID3\x04\x00\x00" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)
    path.write_bytes(tag + studio.make("sound.mp3").read_bytes())
    assert sniff(path).name == "mp3"
    path.write_bytes(tag + studio.make("sound.flac").read_bytes())
    assert sniff(path).name == "flac"


@pytest.mark.parametrize(("name", "data", "sentence"), [
    ("budget.xlsx", zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), SPREADSHEET),
    ("budget.mp4", zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), SPREADSHEET),
    ("budget.ods", zipped(first=("mimetype", "application/vnd.oasis.opendocument.spreadsheet")), SPREADSHEET),
    ("budget.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le"), SPREADSHEET),
    ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), SPREADSHEET),
    ("list.csv", b"name;length\nlaunch;18\n", SPREADSHEET),
    ("letter.docx", zipped("[Content_Types].xml", "word/document.xml"),
     "Text documents cannot be played here. Save it as PDF and add that instead."),
    ("talk.pptx", zipped("[Content_Types].xml", "ppt/presentation.xml"),
     "Presentations cannot be played here. Save it as PDF or as a video and add that instead."),
    ("book.epub", zipped(first=("mimetype", "application/epub+zip")),
     "E-books cannot be played here. Save it as PDF and add that instead."),
    ("photos.zip", zipped("a.jpg", "b.jpg"), "Archives cannot be played here. Unpack it and add the files in it."),
    ("photos.mp4", zipped("a.jpg"), "Archives cannot be played here. Unpack it and add the files in it."),
    ("setup.exe", b"MZ\x90\x00\x03" + bytes(200), PROGRAM),
    ("run.mp4", b"#!/bin/sh\nrm -rf /\n", PROGRAM),
    ("tool", b"\x7fELF\x02\x01\x01" + bytes(60), PROGRAM),
    ("page.mp4", b"\xef\xbb\xbf\n<!-- x -->\n<!DOCTYPE html><html><script>alert(1)</script>",
     "Web pages cannot be played here. Save it as PDF and add that instead."),
    ("page.html", b"<HTML><body>", "Web pages cannot be played here. Save it as PDF and add that instead."),
    ("logo.png", b'<?xml version="1.0"?><!-- made by hand --><svg xmlns="http://www.w3.org/2000/svg"/>',
     "SVG drawings cannot be shown here. Save it as PNG and add that instead."),
    ("film.mp4", b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1/a.ts\n", PLAYLIST),
    ("film.mkv", b"ffconcat version 1.0\nfile /etc/hostname\n", PLAYLIST),
    ("subtitles.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n",
     "Captions cannot be played on their own. Add the video they belong to."),
    ("notes.txt", "Grüße".encode(), "Plain text cannot be played here. Save it as PDF and add that instead."),
    ("scan.bmp", b"BM\x36\x00\x0c\x00\x00\x00" + bytes(60),
     "BMP pictures cannot be shown here. Save it as JPEG or PNG and add that instead."),
    ("raw.cr2", b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(60),
     "Raw photos cannot be shown here. Save it as JPEG or PNG and add that instead."),
    ("song.mid", b"MThd\x00\x00\x00\x06\x00\x01",
     "MIDI files cannot be played here. Save it as MP3 or WAV and add that instead."),
    ("nothing.mp4", b"", "The file is empty."),
    ("noise.mp4", bytes(range(256)) * 4, UNKNOWN),
    ("zeros.mp4", bytes(70_000), UNKNOWN),
])
def test_what_has_no_place_here_is_refused_with_what_to_do(
    tmp_path: Path, name: str, data: bytes, sentence: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(RefusedType) as refused:
        sniff(path, name)
    assert refused.value.sentence == sentence


@pytest.mark.parametrize("length", [*range(1, 40), 100, 1000])
def test_a_beginning_of_any_length_is_taken_or_refused(studio: Studio, length: int) -> None:
    for name in ("faststart.mp4", "sound.mp3", "h264.mkv", "broadcast.ts", "sound.aac", "sound.wav"):
        head = studio.make(name).read_bytes()[:length]
        with suppress(RefusedType):
            assert sniff(head, name).name == BY_SUFFIX[name.rpartition(".")[2]]
