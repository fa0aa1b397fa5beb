"""Real files, made once per run by the ffmpeg that the product itself would use.

`studio` makes them by name; `look` takes one through sniff, probe and decide; `work` is a fresh folder.
"""
from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from PIL import Image, ImageDraw

from privmedia.media import Decision, FileType, Probe, decide, ffmpeg, probe, sniff

RED, BLUE = (210, 30, 30), (30, 40, 210)

PICTURE = ("-f", "lavfi", "-i", "testsrc=size=320x180:rate=25:duration=2")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2")
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast")
SMALL = ("-f", "lavfi", "-i", "testsrc=size=64x36:rate=10:duration=1")

RECIPES: dict[str, tuple[str, ...]] = {
    "index-last.mp4": (*PICTURE, *SOUND, *H264, "-c:a", "aac", "-shortest"),
    "faststart.mp4": (*PICTURE, *SOUND, *H264, "-c:a", "aac", "-shortest", "-movflags", "+faststart"),
    "one-second.mp4": (*SMALL, *H264, "-movflags", "+faststart"),
    "silent.mp4": (*PICTURE, *H264, "-movflags", "+faststart"),
    "fragmented.mp4": (*PICTURE, *H264, "-movflags", "frag_keyframe+empty_moov"),
    "located.mp4": (*PICTURE, *H264, "-movflags", "+faststart", "-metadata", "location=+59.9139+010.7522/"),
    "ten-bit.mp4": (*PICTURE, "-c:v", "libx264", "-pix_fmt", "yuv420p10le", "-movflags", "+faststart"),
    "interlaced.mp4": (*PICTURE, *H264, "-x264opts", "interlaced=1", "-movflags", "+faststart"),
    "hev1.mp4": (*PICTURE, "-c:v", "libx265", "-pix_fmt", "yuv420p", "-x265-params", "log-level=none",
                 "-tag:v", "hev1", "-movflags", "+faststart"),
    "two-sounds.mp4": (*PICTURE, *SOUND, *H264, "-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:a:0", "ac3",
                       "-c:a:1", "aac", "-metadata:s:a:1", "language=nor", "-movflags", "+faststart"),
    "dolby.mkv": (*PICTURE, *SOUND, *H264, "-c:a", "ac3"),
    "h264.mkv": (*PICTURE, *SOUND, *H264, "-c:a", "aac", "-metadata:s:a:0", "language=deu"),
    "h264-flac.mkv": (*PICTURE, *SOUND, *H264, "-c:a", "flac"),
    "camera.mov": (*PICTURE, *SOUND, *H264, "-c:a", "aac", "-timecode", "01:00:00:00"),
    "prores.mov": (*PICTURE, "-c:v", "prores_ks", "-profile:v", "standard"),
    "vp9.webm": (*PICTURE, *SOUND, "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-deadline", "realtime",
                 "-c:a", "libopus"),
    "live.webm": (*PICTURE, "-c:v", "libvpx", "-pix_fmt", "yuv420p", "-deadline", "realtime", "-live", "1"),
    "vp9.mkv": (*PICTURE, *SOUND, "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-deadline", "realtime",
                "-c:a", "libopus"),
    "old.avi": (*PICTURE, *SOUND, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "ten-seconds.mp4": ("-f", "lavfi", "-i", "testsrc=size=64x36:rate=10:duration=10", "-c:v", "mpeg4", "-g", "10",
                        "-movflags", "+faststart"),
    "h264.avi": (*PICTURE, *SOUND, *H264, "-bf", "0", "-c:a", "libmp3lame"),
    "magicyuv.avi": (*PICTURE, "-c:v", "magicyuv"),
    "broadcast.ts": (*PICTURE, *SOUND, *H264, "-c:a", "aac"),
    "disc.mpg": (*PICTURE, *SOUND, "-c:v", "mpeg2video", "-c:a", "mp2", "-f", "vob"),
    "windows.wmv": (*PICTURE, *SOUND, "-c:v", "wmv2", "-c:a", "wmav2"),
    "flash.flv": (*PICTURE, *SOUND, *H264, "-c:a", "aac"),
    "theora.ogv": (*PICTURE, "-c:v", "libtheora"),
    "sound.mp3": (*SOUND, "-c:a", "libmp3lame"),
    "sound.wav": SOUND,
    "sound.flac": SOUND,
    "sound.ogg": (*SOUND, "-c:a", "libvorbis"),
    "sound.aac": (*SOUND, "-c:a", "aac"),
    "sound.m4a": (*SOUND, "-c:a", "aac", "-movflags", "+faststart"),
    "sound.wma": (*SOUND, "-c:a", "wmav2"),
    "sound.mka": (*SOUND, "-c:a", "libmp3lame"),
    "lossless.m4a": (*SOUND, "-c:a", "alac"),
    "only-sound.mp4": (*SOUND, "-c:a", "aac", "-movflags", "+faststart"),
    "black-first.mp4": ("-f", "lavfi", "-i", "color=black:size=320x180:rate=25:duration=1",
                        "-f", "lavfi", "-i", "testsrc=size=320x180:rate=25:duration=9",
                        "-filter_complex", "[0:v][1:v]concat=n=2:v=1", *H264, "-g", "250"),
    "two-colours.mp4": ("-f", "lavfi", "-i", "color=0xd21e1e:size=160x180:rate=25:duration=1",
                        "-f", "lavfi", "-i", "color=0x1e28d2:size=160x180:rate=25:duration=1",
                        "-filter_complex", "[0:v][1:v]hstack", *H264),
    "anamorphic.mp4": ("-f", "lavfi", "-i", "testsrc=size=180x144:rate=25:duration=1,setsar=2/1", *H264),
}


class Studio:
    """Makes each file once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = ffmpeg.find()

    def make(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            self.ffmpeg(*RECIPES[name], str(path))
        return path

    def ffmpeg(self, *arguments: str) -> None:
        subprocess.run(
            [self.program, "-nostdin", "-y", "-loglevel", "error", *arguments], check=True, stdin=subprocess.DEVNULL
        )

    def write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def cut(self, name: str, to: float) -> Path:
        """The first part of a file: a share of it."""
        whole = self.make(name).read_bytes()
        return self.write(f"cut-{to}-{name}", whole[:int(len(whole) * to)])

    def blanked(self, name: str, share: float) -> Path:
        """A file as long as it says, of which nothing but zeros is left from a share of it on."""
        whole = self.make(name).read_bytes()
        kept = int(len(whole) * share)
        return self.write(f"blanked-{share}-{name}", whole[:kept] + bytes(len(whole) - kept))

    def portrait(self) -> Path:
        """As a phone held upright records: lying pictures, and a note to turn them. Left is red, right is blue."""
        path = self.folder / "portrait.mp4"
        with av.open(self.make("two-colours.mp4")) as source, av.open(path, "w") as target:
            stream = target.add_stream_from_template(source.streams.video[0])
            stream.set_display_rotation(90)
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        return path

    def with_cover(self, name: str) -> Path:
        path = self.folder / f"cover-{name}"
        cover = self.write("cover.jpg", picture("JPEG"))
        self.ffmpeg("-i", str(self.make(name)), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy",
                    "-disposition:v:0", "attached_pic", str(path))
        return path


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@dataclass(frozen=True)
class Seen:
    file_type: FileType
    probe: Probe
    decision: Decision


@pytest.fixture
def look(work: Path) -> Callable[[Path], Seen]:
    """Everything the library learns about a file before it makes anything."""
    def look(path: Path) -> Seen:
        file_type = sniff(path, path.name)
        found = probe(path, file_type, work=work)
        return Seen(file_type, found, decide(file_type, found))
    return look


def picture(form: str, size: tuple[int, int] = (320, 180), **options: object) -> bytes:
    """A picture whose left half is red and right half blue."""
    image = Image.new("RGB", size, RED)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill=BLUE)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def photo_with_place(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of Leila"
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 54.0, 50.0), 3: "E", 4: (10.0, 45.0, 8.0)})
    return picture("JPEG", exif=exif)


def pdf(pages: int = 2) -> bytes:
    """Red pages, as small as a PDF gets."""
    return _pdf(["0.8 0.1 0.1 rg 0 0 300 400 re f"] * pages)


def written_pdf(*texts: str | None, size: int = 12) -> bytes:
    """A page for each text, in lines; a page that is missing for None."""
    return _pdf([None if text is None else _written(text, size) for text in texts])


def locked_pdf() -> bytes:
    """A document that asks for a password: its key fits none that is empty."""
    key = "00" * 32
    lock = f"/Encrypt<</Filter/Standard/V 1/R 2/O<{key}>/U<{key}>/P -4>>/ID[<00><00>]"
    return pdf(1).replace(b"trailer<<", b"trailer<<" + lock.encode())


def _written(text: str, size: int) -> str:
    lines = " ".join(f"({line}) Tj T*" for line in text.split("\n"))
    return f"BT /F1 {size} Tf {size} TL 20 380 Td {lines} ET"


def _pdf(drawings: Sequence[str | None]) -> bytes:
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(drawings)))
    objects: list[str | None] = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(drawings)}/Kids[{kids}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, drawing in enumerate(drawings):
        resources = "<</Font<</F1 3 0 R>>>>"
        page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents {5 + 2 * number} 0 R/Resources{resources}>>"
        content = f"<</Length {len(drawing or '')}>>stream\n{drawing or ''}\nendstream"
        objects += [None if drawing is None else page, content]
    data, table = b"%PDF-1.4\n", ""
    for number, body in enumerate(objects, 1):
        table += f"{len(data):010} 00000 {'n' if body is not None else 'f'} \n"
        data += f"{number} 0 obj{body}endobj\n".encode() if body is not None else b""
    trailer = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>"
    return data + f"{trailer}\nstartxref\n{len(data)}\n%%EOF\n".encode()


def zipped(*names: str, first: tuple[str, str] | None = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "content of " + name)
    return file.getvalue()
