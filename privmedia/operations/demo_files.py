"""The files of the demonstration library: films that wander over drawn pictures, chords, photos, a document."""
from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from privmedia.operations.demo_pictures import SCENES, SIZE

FRAMES = 12
"""A second: enough for a picture that wanders, and made in a moment."""
LARGER = 1.1
CHORD = "aevalsrc=0.08*sin({low}*2*PI*t)+0.06*sin({low}*1.26*2*PI*t)+0.05*sin({low}*1.5*2*PI*t):d={length}"
SWELLING = "tremolo=f=0.12:d=0.9,tremolo=f=0.7:d=0.35"
"""So that a drawing of the sound has something to show."""
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k"]

Write = Callable[[str, Path], None]
"""Makes one file, with the ffmpeg program given, at the path given."""


@dataclass(frozen=True)
class Entry:
    """One item: where it lies, what it is called, the file and how it is made."""

    place: str
    title: str
    filename: str
    write: Write
    description: str = ""
    tags: tuple[str, ...] = ()
    said: str = ""
    """Captions in English, as a file has them."""


def film(scene: str, length: int, *, low: int = 220, chapters: Mapping[int, str] | None = None) -> Write:
    """A film of `length` seconds over a scene. `chapters`: from which second each begins."""

    def write(ffmpeg: str, path: Path) -> None:
        still = path.with_name(path.name + ".bmp")
        wide, high = (round(side * LARGER) // 2 * 2 for side in SIZE)
        SCENES[scene]().resize((wide, high)).save(still)
        facts = path.with_name(path.name + ".txt")
        facts.write_text(_metadata(chapters or {}, length), encoding="utf-8")
        moving = f"loop=-1:1,crop={SIZE[0]}:{SIZE[1]}:x=(iw-ow)*t/{length}:y=(ih-oh)*(1-t/{length})"
        _run(
            ffmpeg,
            *["-framerate", FRAMES, "-i", still],
            *["-f", "lavfi", "-i", CHORD.format(low=low, length=length), "-i", facts, "-map_metadata", "2"],
            *["-vf", moving, "-af", SWELLING, *H264, "-t", str(length), path],
        )

    return write


def photo(scene: str) -> Write:
    return lambda _ffmpeg, path: SCENES[scene]().save(path, quality=90)


def sound(length: int, *more: str, low: int = 110) -> Write:
    """A chord that swells, `length` seconds long; `more` are ffmpeg's words for the codec."""
    source = CHORD.format(low=low, length=length)
    return lambda ffmpeg, path: _run(ffmpeg, "-f", "lavfi", "-i", source, "-af", SWELLING, *more, path)


def document(*pages: Sequence[str]) -> Write:
    """A PDF; the first line of each page is its heading."""

    def write(_ffmpeg: str, path: Path) -> None:
        path.write_bytes(_pdf(pages))

    return write


def _run(ffmpeg: str, *arguments: object) -> None:
    subprocess.run([ffmpeg, "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def _metadata(chapters: Mapping[int, str], length: int) -> str:
    ends = [*chapters, length][1:]
    return ";FFMETADATA1\n" + "".join(
        f"[CHAPTER]\nTIMEBASE=1/1\nSTART={start}\nEND={end}\ntitle={title}\n"
        for (start, title), end in zip(chapters.items(), ends, strict=True)
    )


def _pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """Written by hand: no library for writing PDF is needed anywhere else."""
    numbers = [4 + 2 * place for place in range(len(pages))]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{' '.join(f'{number} 0 R' for number in numbers)}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, page in zip(numbers, pages, strict=True):
        heading, *lines = page
        text = f"BT /F1 25 Tf 60 750 Td ({heading}) Tj /F1 13 Tf 0 -46 Td 20 TL "
        text += " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        content = text.encode("latin-1")
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (number + 1),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % count + table
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, start)


BULLETIN = document(
    [
        "Service bulletin SB-2026-031",
        "Seal kit, lot 7714 to 7802. Replace at the next stop.",
        "",
        "Concerns: Thruster T4, all hulls delivered after March 2024.",
        "Reason: the lip of the outer seal can harden below 4 degrees.",
        "Effect: oil in the seat of the main bearing.",
    ],
    [
        "What to do",
        "1. Drain the hub and keep a sample of the oil.",
        "2. Take the old seal out in one piece. Look at the bearing seat.",
        "3. Warm the new seal to 40 degrees before it is fitted.",
        "4. Turn the shaft by hand, three times, before oil is filled in.",
    ],
    [
        "Parts and times",
        "Seal kit 88-4021, one for each thruster.",
        "Two people, four hours, in dry dock or with a cofferdam.",
        "Questions: service desk, every day from 6 to 22.",
    ],
)
SPOKEN = """WEBVTT

00:01.000 --> 00:06.000
Before the hub is opened: lock the shaft, and hang the key on the board.

00:10.000 --> 00:15.000
Drain the oil and keep a sample of it. It tells how the bearing has lived.

00:21.500 --> 00:27.000
Warm the housing to 80 degrees before you touch the puller.

00:28.000 --> 00:34.000
The old bearing comes out in one piece. If it does not, stop and call.

00:37.500 --> 00:43.000
The new one goes in cold. Do not hit it, not even gently.

00:46.000 --> 00:52.000
Three turns by hand. If you hear nothing, you are done.
"""
T4 = "Product training/Thruster T4"
ENTRIES = [
    Entry("Town halls", "Winter greeting from the yard", "winter.mp4", film("winter", 25, low=262)),
    Entry("Town halls", "Q2 town hall", "town-hall-q2.mp4", film("town hall, spring", 30, low=196)),
    Entry("Town halls", "Q3 town hall", "town-hall-q3.mp4", film("town hall", 48, low=175)),
    Entry("Safety inductions", "Hot work permits, module 4", "hot work (4).mp4", film("hot work", 22)),
    Entry("Trade fairs", "SMM Hamburg, four days in two minutes", "smm.mp4", film("fair", 20, low=247)),
    Entry("Trade fairs", "The harbour at sunrise", "harbour, sunrise.jpg", photo("sunrise")),
    Entry("Trade fairs", "Sea trials, day one", "sea trials.jpg", photo("green"), tags=("hull 118", "photo")),
    Entry(
        "Customer stories",
        "Launch of hull 118, final cut",
        "launch 118 (final).mov",
        film("day", 30, low=233),
        "Two minutes of the afternoon of 3 October, for the news page.",
        ("hull 118",),
    ),
    Entry("Customer stories", "Nordlys Lines: two years on batteries", "nordlys.mp4", film("interview", 28)),
    Entry("Product training/Bridge systems", "Bridge systems, the overview", "bridge.mp4", film("overview", 24)),
    Entry("Product training/Hybrid drives", "A hybrid drive under load", "hybrid.mp4", film("hybrid", 26, low=185)),
    Entry(T4, "Sound of a worn bearing", "worn-bearing.wav", sound(12, "-c:a", "pcm_s16le", low=82)),
    Entry(T4, "Bearing seat, measured", "bearing-seat.png", photo("bearing, measured")),
    Entry(T4, "Inspecting the shaft after a failure", "inspecting the shaft 100%.mp4", film("propeller", 30)),
    Entry(
        T4,
        "Thruster T4: replacing the main bearing",
        "thruster-t4-bearing.mkv",
        film(
            "bearing",
            54,
            low=165,
            chapters={0: "What you need", 9: "Open the hub", 21: "Draw the old bearing", 37: "Fit the new one"},
        ),
        "How the main bearing of a T4 is replaced in dry dock, from the empty hub to the first turn by hand.\n\n"
        "- The **40-tonne puller** has to be booked a day before.\n"
        "- The seal kit of bulletin SB-2026-031 is fitted on the way.",
        ("T4", "bearing", "service level 2"),
        SPOKEN,
    ),
    Entry("Service bulletins", "Seal kit, from all sides", "seal-kit.jpg", photo("seal kit")),
    Entry("Service bulletins", "Service bulletin SB-2026-031: seal kit", "sb-2026-031.pdf", BULLETIN),
    Entry("Deck Talk podcast", "Deck Talk 12: running a yard on shore power", "deck-talk-12.mp3", sound(75)),
    Entry("Board papers", "Budget, with notes", "budget.mp4", film("dusk", 15, low=147)),
]
"""In the order in which they are added: the newest stands first on the pages."""
