"""What a file is, by its first bytes alone. Its name is never believed; it only chooses among refusals.

The table is our own: the kept libraries for this recognise hundreds of types nobody may add here, and call an
ffmpeg script or an HLS playlist "text", which is what it must not be taken for.
"""
from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from privmedia.errors import RefusedType
from privmedia.media import refusals
from privmedia.media.filetype import TYPES, FileType

HEAD_BYTES = 64 * 1024

AT_THE_START = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
    (b"%PDF-", "pdf"),
    (b"fLaC", "flac"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpegps"),
)
RIFF_FORMS = {b"WAVE": "wav", b"AVI ": "avi", b"WEBP": "webp"}
# Major brands of ISO base media files (mp4ra.org); every other brand is read as MP4.
BRANDS = {
    b"qt  ": "mov", b"M4V ": "m4v", b"M4VH": "m4v", b"M4A ": "m4a", b"M4B ": "m4a", b"F4A ": "m4a",
    b"avif": "avif", b"avis": "avif",
    b"heic": "heic", b"heix": "heic", b"heim": "heic", b"heis": "heic", b"hevc": "heic", b"hevx": "heic",
}
PICTURE_BRANDS = (b"mif1", b"msf1", b"mif2")
RAW_PHOTO_BRAND = b"crx "
# QuickTime files from before `ftyp` begin with one of these.
OLD_QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"pnot")
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_VIDEO_STREAM = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
EBML = b"\x1a\x45\xdf\xa3"
DOCTYPE = re.compile(rb"\x42\x82[\x81-\x90]([a-z]+)", re.DOTALL)
PDF_WITHIN = 1024
TS_PACKETS = 5
RAW_PHOTO_MAKERS = ("cr2", "nef", "dng", "arw", "orf", "rw2", "pef", "srw")

MP3_KBITS = {
    # (MPEG version 1, layer), (versions 2 and 2.5, layer) as in ISO 11172-3, 2.4.2.3
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def sniff(source: Path | bytes, filename: str = "") -> FileType:
    """The type of a file, from its path or its first 64 KB. Raises RefusedType with the sentence to show."""
    head = source if isinstance(source, bytes) else read_head(source)
    extension = PurePosixPath(filename.replace("\\", "/")).suffix[1:].lower()
    if not head:
        raise RefusedType(refusals.EMPTY)
    if refusals.is_text(head) and (sentence := refusals.markup_or_playlist(head)):
        raise RefusedType(sentence)
    name = recognise(head, source if isinstance(source, Path) else None)
    if name is None:
        raise RefusedType(refusals.sentence_for(head, extension))
    if name == "raw" or (name == "tiff" and (extension in RAW_PHOTO_MAKERS or head[8:11] == b"CR\x02")):
        raise RefusedType(refusals.RAW_PHOTO)
    return TYPES[name]


def read_head(path: Path, offset: int = 0) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(HEAD_BYTES)


def recognise(head: bytes, path: Path | None) -> str | None:
    """The name of the type, None if it is none of ours."""
    for magic, name in AT_THE_START:
        if head.startswith(magic):
            return name
    if head.startswith(b"ID3"):
        return after_id3(head, path)
    # The surest first: two bytes make an MP3, and many things contain two such bytes.
    for look in (riff, base_media, matroska, ogg, asf, transport_stream, late_pdf, bare_audio):
        if found := look(head):
            return found
    return None


def riff(head: bytes) -> str | None:
    return RIFF_FORMS.get(head[8:12]) if head[:4] in (b"RIFF", b"RF64") else None


def base_media(head: bytes) -> str | None:
    """MP4 and its relatives, by the brands in their first box (ISO 14496-12, 4.3)."""
    if head[4:8] in OLD_QUICKTIME_BOXES:
        return "mov"
    if head[4:8] != b"ftyp":
        return None
    size = int.from_bytes(head[:4], "big")
    major = head[8:12]
    compatible = [head[at:at + 4] for at in range(16, min(size, len(head), 256), 4)]
    if major == RAW_PHOTO_BRAND:
        return "raw"
    if major in PICTURE_BRANDS:
        # The general brands of pictures: the others say which coding.
        return next((BRANDS[brand] for brand in compatible if BRANDS.get(brand) in ("avif", "heic")), "heic")
    return BRANDS.get(major, "mp4")


def matroska(head: bytes) -> str | None:
    """WebM calls itself so; both are EBML, and so are a few other things (RFC 8794, 11.2.4)."""
    found = DOCTYPE.search(head, 0, 512) if head.startswith(EBML) else None
    return {b"webm": "webm", b"matroska": "matroska"}.get(found[1]) if found else None


def ogg(head: bytes) -> str | None:
    if not head.startswith(b"OggS"):
        return None
    return "ogv" if b"\x80theora" in head[:4096] or b"\x01video" in head[:4096] else "ogg"


def asf(head: bytes) -> str | None:
    if not head.startswith(ASF):
        return None
    return "asf" if ASF_VIDEO_STREAM in head else "wma"


def late_pdf(head: bytes) -> str | None:
    """Readers allow a little of anything in front of a PDF (ISO 32000-1, annex H.3, note 13)."""
    return "pdf" if b"%PDF-" in head[:PDF_WITHIN] else None


def after_id3(head: bytes, path: Path | None) -> str | None:
    """ID3 tags stand in front of MP3 as a rule, at times of AAC and FLAC (id3.org, ID3v2.4 section 3.1)."""
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    end = 10 + size + (10 if len(head) > 5 and head[5] & 0x10 else 0)
    rest = head[end:] if end + 4096 <= len(head) or path is None else read_head(path, end)
    if rest.startswith(b"fLaC"):
        return "flac"
    # Some writers pad the tag beyond its stated size; and the picture in it may reach beyond a head of 64 KB.
    return bare_audio(rest.lstrip(b"\x00")) or "mp3"


def bare_audio(head: bytes) -> str | None:
    """MP3 or AAC without any container: one frame whose stated length ends at another frame."""
    if len(head) < 8 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return "aac" if length >= 7 and is_frame(head, length, 0xF6, 0xF0) else None
    mp3_length = mp3_frame_length(head)
    return "mp3" if mp3_length and is_frame(head, mp3_length, 0xFE, head[1] & 0xFE) else None


def is_frame(head: bytes, at: int, mask: int, value: int) -> bool:
    if at + 2 > len(head):
        return False
    return head[at] == 0xFF and head[at + 1] & mask == value


def mp3_frame_length(head: bytes) -> int | None:
    """Bytes of an MPEG audio frame from its header, None if that is none."""
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    kbits_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or kbits_index in (0, 15) or rate_index == 3:
        return None
    kbits = MP3_KBITS[1 if version == 3 else 2, layer][kbits_index - 1]
    rate = MP3_RATES[version][rate_index]
    if layer == 1:
        return (12_000 * kbits // rate + padding) * 4
    return (72_000 if layer == 3 and version != 3 else 144_000) * kbits // rate + padding


def transport_stream(head: bytes) -> str | None:
    """MPEG-TS packets of 188 bytes begin with 0x47; on Blu-ray and AVCHD 4 bytes stand before each."""
    for first, length in ((0, 188), (4, 192)):
        if head[first:first + TS_PACKETS * length:length] == b"\x47" * TS_PACKETS:
            return "mpegts"
    return None
