"""Playlists of HTTP Live Streaming, as text (RFC 8216): read strictly, and written.

A stream is one file, and its playlist says which bytes of it are which segment: few files, however long the film is.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

HEADER = ("#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS")
SOUNDS, CAPTIONS = "sound", "captions"
"""What the groups of the master playlist are called."""
EXTINF = re.compile(r"#EXTINF:(\d+(?:\.\d+)?),")
BYTERANGE = re.compile(r"#EXT-X-BYTERANGE:(\d+)@(\d+)")
MAP = re.compile(r'#EXT-X-MAP:URI="([a-z0-9.-]+)",BYTERANGE="(\d+)@0"')
SET = re.compile(r"#EXT-X-(?:VERSION|TARGETDURATION|MEDIA-SEQUENCE):\d+|#EXT-X-PLAYLIST-TYPE:VOD")


SCRAP = 0.3
"""Seconds. What is shorter at the end of a sound goes with the segment before it."""


class NoPlaylist(ValueError):
    """The text is no playlist of one stream in one file."""


@dataclass(frozen=True)
class Segment:
    """A piece that can be played by itself: its length in seconds, and where in the file it is, in bytes."""

    seconds: float
    start: int
    size: int


@dataclass(frozen=True)
class Stream:
    """One stream: the file it is in, how many bytes at its beginning tell how it is read, and its segments."""

    file: str
    head: int
    segments: tuple[Segment, ...]

    @property
    def without_scrap(self) -> Stream:
        """The same, ending with no scrap of a segment.

        hls.js takes no account of the frame that encoders of AAC put first and an edit list cuts off. A last segment of
        one frame lies behind the end of the film for it and is never there: the film hangs in the end, and never ends.
        """
        if len(self.segments) < 2 or self.segments[-1].seconds >= SCRAP:
            return self
        *others, before, last = self.segments
        joined = Segment(before.seconds + last.seconds, before.start, before.size + last.size)
        return replace(self, segments=(*others, joined))

    @property
    def seconds(self) -> float:
        return sum(segment.seconds for segment in self.segments)

    @property
    def peak(self) -> int:
        """Bits a second of its most expensive segment."""
        return max(round(segment.size * 8 / segment.seconds) for segment in self.segments)

    @property
    def average(self) -> int:
        """Bits a second of all of it."""
        return round(sum(segment.size for segment in self.segments) * 8 / self.seconds)


@dataclass(frozen=True, kw_only=True)
class Film:
    """Pictures in one size, for the master playlist. `codec` as RFC 6381 writes it."""

    playlist: str
    stream: Stream
    width: int
    height: int
    rate: Fraction
    codec: str


@dataclass(frozen=True, kw_only=True)
class Sound:
    """One track of sound, for the master playlist. `language` is an ISO 639 code, None where nobody knows."""

    playlist: str
    stream: Stream
    codec: str
    channels: int
    language: str | None


def read_stream(text: str) -> Stream:
    """The playlist of a stream. Raises NoPlaylist for anything but whole segments, one after the other, in one file."""
    lines = [line for line in text.split("\n") if line]
    if lines[:1] != ["#EXTM3U"] or lines[-1:] != ["#EXT-X-ENDLIST"]:
        raise NoPlaylist("it does not begin or end as one")
    file, head, segments = "", 0, list[Segment]()
    seconds: float | None = None
    place: tuple[int, int] | None = None
    for line in lines[1:-1]:
        if found := MAP.fullmatch(line):
            file, head = found[1], int(found[2])
        elif found := EXTINF.fullmatch(line):
            seconds = float(found[1])
        elif found := BYTERANGE.fullmatch(line):
            place = int(found[2]), int(found[1])
        elif not line.startswith("#"):
            expected = segments[-1].start + segments[-1].size if segments else head
            if line != file or not seconds or place is None or place[0] != expected or not place[1]:
                raise NoPlaylist(f"its segment {len(segments) + 1} is none")
            segments.append(Segment(seconds, *place))
            seconds, place = None, None
        elif line != HEADER[2] and not SET.fullmatch(line):
            raise NoPlaylist(f"it says {line[:80]!r}")
    if not segments or seconds is not None:
        raise NoPlaylist("it has no segment, or half of one")
    return Stream(file, head, tuple(segments))


def stream_playlist(stream: Stream) -> str:
    """The playlist of one stream."""
    longest = round(max(segment.seconds for segment in stream.segments))
    lines = [*HEADER, f"#EXT-X-TARGETDURATION:{max(1, longest)}", "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-PLAYLIST-TYPE:VOD"]
    lines.append(f'#EXT-X-MAP:URI="{stream.file}",BYTERANGE="{stream.head}@0"')
    for segment in stream.segments:
        lines += [f"#EXTINF:{segment.seconds:.6f},", f"#EXT-X-BYTERANGE:{segment.size}@{segment.start}", stream.file]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def master(films: Sequence[Film], sounds: Sequence[Sound]) -> str:
    """The playlist of all: the films to choose among, the best last, and the sounds that go with each."""
    lines = list(HEADER)
    for number, sound in enumerate(sounds, start=1):
        lines.append(_tag(
            "MEDIA",
            TYPE="AUDIO",
            **{"GROUP-ID": f'"{SOUNDS}"', "NAME": f'"{_name(number, sound.language, sounds)}"'},
            **({"LANGUAGE": f'"{sound.language}"'} if sound.language else {}),
            DEFAULT=_yes(number == 1),
            AUTOSELECT="YES",
            CHANNELS=f'"{sound.channels}"',
            URI=f'"{sound.playlist}"',
        ))
    peak = max((sound.stream.peak for sound in sounds), default=0)
    average = max((sound.stream.average for sound in sounds), default=0)
    codecs = sorted({sound.codec for sound in sounds})
    for film in sorted(films, key=lambda film: film.height * film.width):
        lines.append(_tag(
            "STREAM-INF",
            BANDWIDTH=str(film.stream.peak + peak),
            **{"AVERAGE-BANDWIDTH": str(film.stream.average + average)},
            CODECS=f'"{",".join([film.codec, *codecs])}"',
            RESOLUTION=f"{film.width}x{film.height}",
            **{"FRAME-RATE": f"{float(film.rate):.3f}"},
            **({"AUDIO": f'"{SOUNDS}"'} if sounds else {}),
        ))
        lines.append(film.playlist)
    return "\n".join([*lines, ""])


def with_captions(text: str, captions: Iterable[tuple[str, str, str]]) -> str:
    """A master playlist with these captions, in place of those it had: language, what they are called, playlist."""
    group = f'SUBTITLES="{CAPTIONS}"'
    kept = [line.removesuffix(f",{group}") for line in text.splitlines() if "TYPE=SUBTITLES" not in line]
    tags = [
        _tag(
            "MEDIA",
            TYPE="SUBTITLES",
            **{"GROUP-ID": f'"{CAPTIONS}"', "NAME": f'"{_quotable(label)}"', "LANGUAGE": f'"{language}"'},
            DEFAULT="NO",
            AUTOSELECT="YES",
            URI=f'"{playlist}"',
        )
        for language, label, playlist in captions
    ]
    if tags:
        kept = [f"{line},{group}" if line.startswith("#EXT-X-STREAM-INF:") else line for line in kept]
    at = next((place for place, line in enumerate(kept) if line.startswith("#EXT-X-STREAM-INF:")), len(kept))
    return "\n".join([*kept[:at], *tags, *kept[at:], ""])


def captions_playlist(address: str, *, seconds: float) -> str:
    """The playlist of captions: all of them are one segment, at an address beside the playlist."""
    length = max(1, round(seconds))
    return "\n".join([
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{length}", "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXTINF:{seconds:.3f},", address, "#EXT-X-ENDLIST", "",
    ])


def _tag(name: str, **attributes: str) -> str:
    return f"#EXT-X-{name}:" + ",".join(f"{key}={value}" for key, value in attributes.items())


def _name(number: int, language: str | None, sounds: Sequence[Sound]) -> str:
    """What a sound is called; no two of them the same."""
    alone = sum(sound.language == language for sound in sounds) == 1
    return language if language and alone else f"{language or 'sound'} {number}"


def _quotable(text: str) -> str:
    return re.sub(r'["\r\n]', "'", text)


def _yes(value: bool) -> str:
    return "YES" if value else "NO"
