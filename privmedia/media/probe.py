"""What is in a file: what the decoding process found, as a value that can be kept and compared."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from privmedia.media import child
from privmedia.media.errors import SandboxFailed
from privmedia.media.filetype import FileType
from privmedia.media.sandbox import Limits

LIMITS = Limits(wall_seconds=120, cpu_seconds=60)


@dataclass(frozen=True)
class Video:
    """One stream of pictures. Width and height are as stored; `rotation` is clockwise in degrees.

    `codec` is ffmpeg's name for it, "unknown" where it has none; `transfer` the curve of its brightness where that is
    one of HDR, "pq" or "hlg".
    """

    index: int
    codec: str
    tag: str = ""
    profile: str | None = None
    level: int | None = None
    pix_fmt: str | None = None
    width: int = 0
    height: int = 0
    rotation: int = 0
    sample_aspect: float = 1.0
    fps: float | None = None
    interlaced: bool = False
    transfer: str = ""


@dataclass(frozen=True)
class Audio:
    """One stream of sound. `language` is an ISO 639-2 code, `seconds` how long it is where the container tells."""

    index: int
    codec: str
    tag: str = ""
    profile: str | None = None
    channels: int = 0
    rate: int = 0
    language: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Subtitles:
    """One stream of subtitles. `language` is an ISO 639-2 code."""

    index: int
    codec: str
    language: str | None = None
    title: str = ""
    forced: bool = False


@dataclass(frozen=True)
class Chapter:
    """A chapter the file itself has; `start` in seconds."""

    start: float
    title: str


@dataclass(frozen=True)
class Probe:
    """What is in one file.

    `duration` is in seconds; `width` and `height` are as the viewer sees them; `faststart` is whether the index
    comes first, None where the format has no such thing; `located`: it says where it was recorded;
    `locked`: a PDF with a password. `loudness` is in LUFS (EBU R 128), of sound alone that was listened to.
    """

    container: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    faststart: bool | None = None
    fragmented: bool = False
    located: bool = False
    locked: bool = False
    cover: bool = False
    loudness: float | None = None
    video: tuple[Video, ...] = field(default=())
    audio: tuple[Audio, ...] = field(default=())
    subtitles: tuple[Subtitles, ...] = field(default=())
    chapters: tuple[Chapter, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, for a column or a sidecar."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Probe:
        """The reverse. Raises TypeError for values that are none of a probe's."""
        return cls(**{
            **values,
            "video": tuple(Video(**stream) for stream in values.get("video", ())),
            "audio": tuple(Audio(**stream) for stream in values.get("audio", ())),
            "subtitles": tuple(Subtitles(**stream) for stream in values.get("subtitles", ())),
            "chapters": tuple(Chapter(**chapter) for chapter in values.get("chapters", ())),
        })


def probe(path: Path, file_type: FileType, *, work: Path, on_tick: Callable[[], None] | None = None) -> Probe:
    """Look into a file, in the sandbox. `work` is an empty folder the child may write in.

    Raises Damaged, TookTooLong, SandboxFailed.
    """
    found = child.ask("probe", path, name=file_type.name, work=work, limits=LIMITS, on_tick=on_tick)
    try:
        return Probe.from_json(found)
    except (TypeError, AttributeError) as problem:
        raise SandboxFailed("Reading the file gave an answer that makes no sense.") from problem
