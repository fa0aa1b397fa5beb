"""The outline of a sound: how loud it is, bit by bit; and how loud it is as a whole."""
from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import av
import av.filter
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from privmedia.media.codecs import DECODERS
from privmedia.media.decoding.tracks import DECODER_OPTIONS, has_decoder, opened
from privmedia.media.filetype import FileType

RATE = 8000
"""Samples a second that are looked at: an outline needs no more."""
BIT = RATE // 20
"""Samples in one bit of the finest outline: a twentieth of a second."""
MOST_BITS = 1000
"""What a player can draw."""
LONGEST = 24 * 3600 * 20
LOUDEST = 100


SILENCE = -70.0
"""LUFS. What is not louder is left out by the measure itself (EBU R 128, ITU-R BS.1770)."""


def outline(path: Path, file_type: FileType) -> dict[str, Any] | None:
    """Its `peaks`, the loudest moment of each bit from 0 to 100 of the loudest of all, and its `loudness` in LUFS.

    That is None for silence, all of it for what may not be decoded here.
    """
    with opened(path, file_type.demuxer) as container:
        stream = next(iter(container.streams.audio), None)
        if stream is None or not decodable(stream):
            return None
        loudness = Loudness(stream)
        found = fine_peaks(container, stream, loudness)
    if not found:
        return None
    step = -(-len(found) // MOST_BITS)
    bits = [max(found[at : at + step]) for at in range(0, len(found), step)]
    loudest = max(bits) or 1
    return {"peaks": [round(bit / loudest * LOUDEST) for bit in bits], "loudness": loudness.measured}


class Loudness:
    """ffmpeg's measure of loudness, fed with a sound as it is decoded."""

    def __init__(self, stream: AudioStream) -> None:
        self.graph: av.filter.Graph | None = None
        self.measured: float | None = None
        graph = av.filter.Graph()
        try:
            source = graph.add_abuffer(template=stream)
            measure, end = graph.add("ebur128", "metadata=1:framelog=quiet"), graph.add("abuffersink")
            source.link_to(measure)
            measure.link_to(end)
            graph.configure()
        except (av.FFmpegError, ValueError):
            return  # sound without channels, without a rate
        self.graph = graph

    def hear(self, frame: av.AudioFrame) -> None:
        """Take what comes next. A sound that changes its form in the middle is not measured."""
        if self.graph is None:
            return
        try:
            self.graph.push(frame)
            while True:
                told = float(self.graph.pull().metadata.get("lavfi.r128.I", SILENCE))
                self.measured = round(told, 1) if told > SILENCE else None
        except (av.BlockingIOError, av.EOFError):
            return
        except (av.FFmpegError, ValueError):
            self.graph, self.measured = None, None


class Mono:
    """A sound as one channel, whatever it is as: some change from stereo to surround, or their rate, in the middle."""

    def __init__(self) -> None:
        self.resampler = self.anew()

    def anew(self) -> AudioResampler:
        return AudioResampler(format="s16", layout="mono", rate=RATE)

    def of(self, frame: av.AudioFrame) -> list[av.AudioFrame]:
        """Raises ValueError for what is no sound."""
        try:
            return self.resampler.resample(frame)
        except ValueError:
            self.resampler = self.anew()
            return self.resampler.resample(frame)


def decodable(stream: AudioStream) -> bool:
    context = stream.codec_context
    if not has_decoder(stream) or context.codec.name not in DECODERS:
        return False
    context.options = {"codec_whitelist": DECODER_OPTIONS["codec_whitelist"]}
    return True


def fine_peaks(container: av.container.InputContainer, stream: AudioStream, loudness: Loudness) -> list[int]:
    mono = Mono()
    found: list[int] = []
    rest = array("h")
    try:
        for frame in container.decode(stream):
            loudness.hear(frame)
            for part in mono.of(frame):
                rest.frombytes(bytes(part.planes[0])[: part.samples * 2])
            while len(rest) >= BIT:
                found.append(loudest_of(rest[:BIT]))
                del rest[:BIT]
            if len(found) >= LONGEST:
                break
    except av.MemoryError:
        raise
    except (av.FFmpegError, ValueError):
        pass  # a sound that breaks off is drawn as far as it goes
    if rest:
        found.append(loudest_of(rest))
    return found


def loudest_of(samples: array[int]) -> int:
    highest, lowest = max(samples), min(samples)
    return max(highest, -lowest)
