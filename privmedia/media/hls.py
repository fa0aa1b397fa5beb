"""A film in several sizes, cut so that a player changes between them as its line allows: HTTP Live Streaming.

It is made from the file that is played, in one run of ffmpeg: decoded once, encoded in each size.
Keyframes lie at the same moments in all sizes (`encoding.KEYFRAME_SECONDS`), so segments begin together.
"""
from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from privmedia.media import encoding, ffmpeg_run, playlists
from privmedia.media.convert import (
    LONGEST_RUN,
    MEMORY,
    PROCESSES,
    SLOWEST_PIXELS_PER_SECOND,
    SPARE_NICENESS,
)
from privmedia.media.encoding import Rung
from privmedia.media.errors import Damaged
from privmedia.media.filetype import FileType
from privmedia.media.playlists import Film, NoPlaylist, Sound, Stream
from privmedia.media.probe import Audio, Probe, Video
from privmedia.media.sandbox import MIB, Limits
from privmedia.text import mark as _

SEGMENT_SECONDS = 4
"""Two keyframes: a player begins quickly and changes soon, and a film of two hours still has no more than 1,800."""
MASTER = "master.m3u8"
PLAYLIST = "application/vnd.apple.mpegurl"
FROM_SECONDS = 5 * 60
"""Shorter films are sent as they are: when a player has learnt how fast the line is, they are there."""
FROM_BYTES = 250 * MIB
OPEN_FILES = 512
"""Two for each size and each sound, of which there may be a hundred."""
APART = 0.1
"""Seconds by which the same segment may differ in two sizes, and a sound may end early: less than three frames."""
AAC_PROFILES = {"LC": "mp4a.40.2", "HE-AAC": "mp4a.40.5", "HE-AACv2": "mp4a.40.29"}
BESIDE_THE_PICTURES = 64 * 1024
"""Bytes at the beginning of a stream in which is told how it is read."""

NOT_CUT = _("The sizes for slow lines could not be made: the film cannot be cut at the same moments in all of them.")


def wants_streams(playable: Probe, size: int) -> bool:
    """Whether a film that is played from one file of `size` bytes is worth being had in several sizes.

    A second track of sound is reached in no other way: browsers play the first one of a file.
    """
    if not playable.video or not playable.duration or not playable.width or not playable.height:
        return False
    if len(playable.audio) > 1:
        return True
    long = playable.duration >= FROM_SECONDS or size >= FROM_BYTES
    return long and len(encoding.rungs_for(playable.width, playable.height)) > 1


def make_streams(
    path: Path,
    file_type: FileType,
    playable: Probe,
    *,
    encoded_here: bool,
    tag: str,
    out: Path,
    work: Path,
    ffmpeg: Path,
    on_tick: Callable[[], None] | None = None,
    on_progress: Callable[[float], None] | None = None,
    on_log: Callable[[str], None] | None = None,
) -> dict[str, str]:
    """Make the streams of a film in the folder `out`: the names of the files there are now, with their media types.

    `tag` makes the names unlike any before them, but for that of the master playlist.
    `encoded_here`: it has its keyframes where they have to be, so that its own size is copied. `work` is an empty
    folder on the same file system. Raises Damaged, TookTooLong, NoSpace, ToolMissing, SandboxFailed.
    """
    cutting = Cutting(path.absolute(), file_type, playable, playable.video[0], encoded_here, tag, work.absolute())
    finished = ffmpeg_run.run(
        ffmpeg,
        cutting.arguments(),
        reads=[path.absolute()], work=work, limits=cutting.limits(), length=playable.duration,
        on_tick=on_tick, on_progress=on_progress, on_log=on_log,
    )
    if finished.code != 0:
        raise Damaged(NOT_CUT)
    try:
        films, sounds = cutting.films(), cutting.sounds()
    except NoPlaylist as problem:
        raise Damaged(NOT_CUT) from problem
    require_together([film.stream for film in films])
    files: dict[str, str] = {}
    for media_type, some in (("video/mp4", films), ("audio/mp4", sounds)):
        for made in some:
            files |= {made.playlist: PLAYLIST, made.stream.file: media_type}
            (work / made.playlist).write_text(playlists.stream_playlist(made.stream), encoding="utf-8")
    for name in files:
        os.replace(work / name, out / name)
    (out / MASTER).write_text(playlists.master(films, sounds), encoding="utf-8")
    return {MASTER: PLAYLIST, **files}


@dataclass(frozen=True)
class Cutting:
    """One run, from `path` into `work`."""

    path: Path
    file_type: FileType
    playable: Probe
    film: Video
    encoded_here: bool
    tag: str
    work: Path

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as a viewer sees them."""
        return self.playable.width or 1, self.playable.height or 1

    @property
    def rungs(self) -> tuple[Rung, ...]:
        return encoding.rungs_for(*self.size)

    @property
    def rate(self) -> Fraction:
        return encoding.frame_rate(self.film.fps)

    def arguments(self) -> list[str]:
        """ffmpeg's arguments: one input, an output for each size and each track of sound."""
        encoded = self.rungs[1:] if self.encoded_here else self.rungs
        words = ["-threads", str(ffmpeg_run.threads()), *ffmpeg_run.reading(self.path, self.file_type.demuxer)]
        if encoded:
            words += ["-filter_complex", self.filters(encoded)]
        if self.encoded_here:
            words += ["-map", f"0:{self.film.index}", "-c:v", "copy", *self.output(self.rungs[0].name)]
        for rung in encoded:
            size = encoding.size_in(rung, *self.size)
            encoder = encoding.film_arguments(rung, size, self.rate, threads=ffmpeg_run.threads())
            words += ["-map", f"[{rung.name}]", *encoder, *self.output(rung.name)]
        for number, sound in enumerate(self.playable.audio, start=1):
            words += ["-map", f"0:{sound.index}", *self.sound_arguments(sound), *self.output(f"sound-{number}")]
        return words

    def filters(self, rungs: tuple[Rung, ...]) -> str:
        """Decoded once, at one rate, then a copy for each size."""
        copies = "".join(f"[{rung.name}-in]" for rung in rungs)
        fields = "bwdif=mode=send_frame:deint=interlaced," if self.film.interlaced else ""
        parts = [f"[0:{self.film.index}]{fields}fps={self.rate}:start_time=0,split={len(rungs)}{copies}"]
        for rung in rungs:
            width, height = encoding.size_in(rung, *self.size)
            scaled = f"scale={width}:{height}:out_range=tv,setsar=1,format={encoding.PIXEL_FORMAT}"
            parts.append(f"[{rung.name}-in]{scaled}[{rung.name}]")
        return ";".join(parts)

    def sound_arguments(self, sound: Audio) -> list[str]:
        """Copied where it is what would be made of it; in a rung of its own it is encoded once for all sizes."""
        if self.copies(sound):
            return ["-c:a", "copy"]
        to_the_end = f"apad=whole_dur={self.playable.duration or 1:.3f}"
        return [*encoding.sound_arguments(), "-filter:a", f"{encoding.sound_filters(sound.channels)},{to_the_end}"]

    def copies(self, sound: Audio) -> bool:
        """Whether a sound is as it would be made, and lasts to the end: where one is missing, players wait for it."""
        missing = 0 if sound.seconds is None else (self.playable.duration or 0) - sound.seconds
        return sound.codec == "aac" and 0 < sound.channels <= encoding.SOUND_CHANNELS and missing <= APART

    def output(self, stem: str) -> list[str]:
        return [
            "-map_metadata", "-1", "-map_chapters", "-1", "-max_muxing_queue_size", "1024",
            "-avoid_negative_ts", "disabled",
            "-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod",
            "-hls_segment_type", "fmp4", "-hls_flags", "single_file+independent_segments",
            # Pictures begin at zero, as the sound beside them does, without an edit list that a player may overlook.
            "-hls_segment_options", "movflags=+negative_cts_offsets",
            "-hls_segment_filename", f"file:{self.work / self.named(stem, 'mp4')}",
            f"file:{self.work / self.named(stem, 'm3u8')}",
        ]

    def named(self, stem: str, extension: str) -> str:
        return f"{stem}-{self.tag}.{extension}"

    def limits(self) -> Limits:
        """Long enough for a slow machine, and no longer."""
        seconds_long = self.playable.duration or 1
        sizes = [encoding.size_in(rung, *self.size) for rung in self.rungs]
        pixels = (self.size[0] * self.size[1] + sum(width * height for width, height in sizes)) * float(self.rate)
        seconds = min(LONGEST_RUN, 600 + seconds_long * (1 + pixels / SLOWEST_PIXELS_PER_SECOND))
        largest = max(self.path.stat().st_size, seconds_long * self.rungs[0].kbits * 1000 / 8)
        return Limits(
            wall_seconds=seconds,
            cpu_seconds=round(seconds * ffmpeg_run.threads()),
            memory_bytes=MEMORY + MEMORY // 2,  # smaller sizes beside the one that a conversion has
            processes=PROCESSES,
            open_files=OPEN_FILES,
            niceness=SPARE_NICENESS,
            file_bytes=round(64 * MIB + largest * 1.5),
        )

    def films(self) -> list[Film]:
        """The pictures that were made. Raises NoPlaylist."""
        made = []
        for rung in self.rungs:
            stream = self.stream(rung.name)
            width, height = encoding.size_in(rung, *self.size)
            made.append(Film(
                playlist=self.named(rung.name, "m3u8"),
                stream=stream,
                width=width,
                height=height,
                rate=self.rate,
                codec=codec_of(self.work / stream.file),
            ))
        return made

    def sounds(self) -> list[Sound]:
        """The sounds that were made. Raises NoPlaylist."""
        return [
            Sound(
                playlist=self.named(f"sound-{number}", "m3u8"),
                stream=self.stream(f"sound-{number}").without_scrap,
                codec=AAC_PROFILES.get(sound.profile or "", AAC_PROFILES["LC"]) if self.copies(sound)
                else AAC_PROFILES["LC"],
                channels=min(sound.channels, encoding.SOUND_CHANNELS) or encoding.SOUND_CHANNELS,
                language=sound.language,
            )
            for number, sound in enumerate(self.playable.audio, start=1)
        ]

    def stream(self, stem: str) -> Stream:
        try:
            text = (self.work / self.named(stem, "m3u8")).read_text(encoding="utf-8")
        except OSError as problem:
            raise NoPlaylist("it was not made") from problem
        stream = playlists.read_stream(text)
        if stream.file != self.named(stem, "mp4"):
            raise NoPlaylist("it names another file")
        return stream


def require_together(streams: list[Stream]) -> None:
    """Segments begin and end at the same moments in all sizes. Raises Damaged."""
    for stream in streams[1:]:
        if len(stream.segments) != len(streams[0].segments):
            raise Damaged(NOT_CUT)
        for one, other in zip(streams[0].segments, stream.segments, strict=True):
            if abs(one.seconds - other.seconds) > APART:
                raise Damaged(NOT_CUT)


def codec_of(path: Path) -> str:
    """H.264 as the stream itself says it: `avc1.` with profile, constraints and level (RFC 6381). Raises NoPlaylist."""
    with path.open("rb") as file:
        found = re.search(rb"avcC\x01(...)", file.read(BESIDE_THE_PICTURES), re.DOTALL)
    if found is None:
        raise NoPlaylist("its stream does not say how it is read")
    return f"avc1.{found[1].hex()}"
