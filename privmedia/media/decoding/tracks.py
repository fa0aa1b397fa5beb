"""What is in a file of video or sound: its streams, as far as a decision about playing needs to know them."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from privmedia.media.codecs import DECODERS
from privmedia.media.decoding import boxes
from privmedia.media.errors import Damaged
from privmedia.media.filetype import FileType
from privmedia.media.playability import MOST_PIXELS
from privmedia.text import clean_line
from privmedia.text import mark as _

UNREADABLE = _("The file is damaged: it cannot be read.")
NOTHING_IN_IT = _("The file is damaged: it holds neither picture nor sound.")
TOO_MANY_STREAMS = _("The file cannot be prepared: it has more tracks than any film.")

MOST_STREAMS = 100
MOST_CHAPTERS = 200
LONGEST_TITLE = 200  # characters
DECODER_OPTIONS = {"codec_whitelist": ",".join(DECODERS), "max_pixels": str(MOST_PIXELS)}
PROGRESSIVE = (0, 1)
NewStream = IndexError
"""What PyAV raises for a stream that begins in the middle of a broadcast: it has not counted it."""
HDR_TRANSFERS = {16: "pq", 18: "hlg"}  # ITU-T H.273, table 3
ISO_639 = re.compile(r"[a-z]{3}")


@contextmanager
def opened(path: Path, demuxer: str) -> Iterator[InputContainer]:
    """The file under one demuxer, with no way to any other file, address, demuxer or decoder."""
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": demuxer,
        "codec_whitelist": DECODER_OPTIONS["codec_whitelist"],
    }
    try:
        with av.open(f"file:{path}", format=demuxer, options=options, metadata_errors="replace") as container:
            if len(container.streams) > MOST_STREAMS:
                raise Damaged(TOO_MANY_STREAMS)
            yield container
    except (av.FileNotFoundError, av.PermissionError):
        raise
    except av.MemoryError as problem:
        raise MemoryError from problem
    except (av.FFmpegError, NewStream) as problem:
        raise Damaged(UNREADABLE) from problem


def decodable(stream: VideoStream) -> bool:
    """Whether this stream may be decoded here; from then on only by a decoder of our list."""
    context = stream.codec_context
    if not has_decoder(stream) or context.codec.name not in DECODERS or context.width * context.height > MOST_PIXELS:
        return False
    context.options = DECODER_OPTIONS
    context.thread_count = 2
    return True


def has_decoder(stream: Stream) -> bool:
    """Whether libav knows the codec at all; PyAV's types say it always does. If not, it tells nothing about it."""
    return getattr(stream, "codec_context", None) is not None


def is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def probe(path: Path, file_type: FileType) -> dict[str, Any]:
    """The fields of `media.probe.Probe`. Raises Damaged."""
    layout = None
    if file_type.demuxer == "mov":
        layout = boxes.mp4_layout(path)
    elif file_type.demuxer == "matroska":
        boxes.check_matroska(path)
    with opened(path, file_type.demuxer) as container:
        films = [stream for stream in container.streams.video if not is_cover(stream)]
        video = [shape_of(container, stream, first=stream is films[0]) for stream in films]
        audio = [sound_of(stream) for stream in container.streams.audio]
        subtitles = [subtitles_of(stream) for stream in container.streams.subtitles]
        if not video and not audio:
            raise Damaged(NOTHING_IN_IT)
        width, height = displayed(video[0]) if video else (None, None)
        return {
            "container": file_type.name,
            "duration": container.duration / av.time_base if container.duration else None,
            "faststart": layout.faststart if layout else None,
            "fragmented": layout.fragmented if layout else False,
            "located": any("location" in key.lower() or key.lower() == "xyz" for key in all_metadata(container)),
            "cover": len(films) < len(container.streams.video),
            "width": width,
            "height": height,
            "video": video,
            "audio": audio,
            "subtitles": subtitles,
            "chapters": chapters_of(container),
        }


def chapters_of(container: InputContainer) -> list[dict[str, Any]]:
    """The chapters with a name, in the order of their times; of two that begin together the first."""
    found: dict[float, str] = {}
    for chapter in container.chapters()[:MOST_CHAPTERS]:
        base = chapter["time_base"] or 0
        title = clean_line(str(chapter["metadata"].get("title", "")))[:LONGEST_TITLE]
        if title and chapter["start"] >= 0:
            found.setdefault(round(float(chapter["start"] * base), 3), title)
    return [{"start": start, "title": title} for start, title in sorted(found.items())]


def all_metadata(container: InputContainer) -> Iterator[str]:
    yield from container.metadata
    for stream in container.streams:
        yield from stream.metadata


def shape_of(container: InputContainer, stream: VideoStream, *, first: bool) -> dict[str, Any]:
    context = stream.codec_context
    if not has_decoder(stream):
        return {"index": stream.index, "codec": "unknown"}
    aspect = stream.sample_aspect_ratio
    rate = stream.average_rate
    return {
        "index": stream.index,
        "codec": context.codec.canonical_name,
        "tag": tag_of(stream),
        "profile": context.profile,
        "level": context.level if context.level and context.level > 0 else None,
        "pix_fmt": context.pix_fmt,
        "width": context.width,
        "height": context.height,
        "rotation": rotation_of(container, stream) if first and decodable(stream) else 0,
        "sample_aspect": float(aspect) if aspect else 1.0,
        "fps": float(rate) if rate else None,
        "interlaced": context.field_order not in PROGRESSIVE,
        "transfer": HDR_TRANSFERS.get(context.color_trc, ""),
    }


def rotation_of(container: InputContainer, stream: VideoStream) -> int:
    """Quarter turns the player makes, clockwise in degrees. libav hands them out with the first frame only."""
    try:
        frame = next(container.decode(stream), None)
    except (av.FFmpegError, ValueError, NewStream):
        # Whether the rest can be shown is the poster's and the player's matter.
        return 0
    return -round(frame.rotation / 90) * 90 % 360 if frame else 0


def displayed(shape: dict[str, Any]) -> tuple[int | None, int | None]:
    """Width and height as the viewer sees them: square pixels, turned."""
    if not shape.get("width") or not shape["height"]:
        return None, None
    width, height = round(shape["width"] * shape["sample_aspect"]), shape["height"]
    return (height, width) if shape["rotation"] in (90, 270) else (width, height)


def sound_of(stream: AudioStream) -> dict[str, Any]:
    context = stream.codec_context
    if not has_decoder(stream):
        return {"index": stream.index, "codec": "unknown"}
    return {
        "index": stream.index,
        "codec": context.codec.canonical_name,
        "tag": tag_of(stream),
        "profile": context.profile,
        "channels": context.channels,
        "rate": context.sample_rate,
        "language": language_of(stream),
        "seconds": float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None,
    }


def subtitles_of(stream: SubtitleStream) -> dict[str, Any]:
    return {
        "index": stream.index,
        "codec": stream.codec_context.codec.canonical_name if has_decoder(stream) else "unknown",
        "language": language_of(stream),
        "title": clean_line(str(stream.metadata.get("title", "")))[:LONGEST_TITLE],
        "forced": bool(stream.disposition & Disposition.forced),
    }


def language_of(stream: Stream) -> str | None:
    language = stream.language
    return language if language and ISO_639.fullmatch(language) and language != "und" else None


def tag_of(stream: VideoStream | AudioStream) -> str:
    """The four characters that name the codec in MP4, as far as they are characters."""
    try:
        tag = stream.codec_context.codec_tag
    except UnicodeDecodeError:
        return ""
    return tag if tag.isprintable() else ""
