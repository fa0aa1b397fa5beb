"""The types of file the library takes, by name. Not here: how one is recognised (`sniff`)."""
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a person would call it."""

    AUDIO = "audio"
    DOCUMENT = "document"
    IMAGE = "image"
    VIDEO = "video"


@dataclass(frozen=True)
class FileType:
    """One type of file. `name` is our own short word for it, `extension` has no dot.

    `demuxer` is what ffmpeg is forced to read it with; empty for pictures and documents.
    """

    kind: Kind
    name: str
    media_type: str
    extension: str
    demuxer: str = ""


def _video(name: str, media_type: str, extension: str, demuxer: str) -> FileType:
    return FileType(Kind.VIDEO, name, media_type, extension, demuxer)


def _audio(name: str, media_type: str, extension: str, demuxer: str) -> FileType:
    return FileType(Kind.AUDIO, name, media_type, extension, demuxer)


def _image(name: str, media_type: str, extension: str) -> FileType:
    return FileType(Kind.IMAGE, name, media_type, extension)


# A container of video may turn out to hold sound alone; `playability.decide` says what it is in the end.
TYPES = {
    known.name: known
    for known in (
        _video("mp4", "video/mp4", "mp4", "mov"),
        _video("m4v", "video/mp4", "m4v", "mov"),
        _video("mov", "video/quicktime", "mov", "mov"),
        _video("matroska", "video/x-matroska", "mkv", "matroska"),
        _video("webm", "video/webm", "webm", "matroska"),
        _video("avi", "video/x-msvideo", "avi", "avi"),
        _video("mpegts", "video/mp2t", "ts", "mpegts"),
        _video("mpegps", "video/mpeg", "mpg", "mpeg"),
        _video("asf", "video/x-ms-wmv", "wmv", "asf"),
        _video("flv", "video/x-flv", "flv", "flv"),
        _video("ogv", "video/ogg", "ogv", "ogg"),
        _audio("wma", "audio/x-ms-wma", "wma", "asf"),
        _audio("ogg", "audio/ogg", "ogg", "ogg"),
        _audio("m4a", "audio/mp4", "m4a", "mov"),
        _audio("mp3", "audio/mpeg", "mp3", "mp3"),
        _audio("aac", "audio/aac", "aac", "aac"),
        _audio("wav", "audio/wav", "wav", "wav"),
        _audio("flac", "audio/flac", "flac", "flac"),
        _image("jpeg", "image/jpeg", "jpg"),
        _image("png", "image/png", "png"),
        _image("gif", "image/gif", "gif"),
        _image("webp", "image/webp", "webp"),
        _image("avif", "image/avif", "avif"),
        _image("heic", "image/heic", "heic"),
        _image("tiff", "image/tiff", "tif"),
        FileType(Kind.DOCUMENT, "pdf", "application/pdf", "pdf"),
    )
}
