"""What is recognised and has no place in the library, and the sentence that says what to do instead."""
from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from privmedia.text import mark as _

SPREADSHEET = _("Spreadsheets cannot be played here. Save it as PDF and add that instead.")
TEXT_DOCUMENT = _("Text documents cannot be played here. Save it as PDF and add that instead.")
PRESENTATION = _("Presentations cannot be played here. Save it as PDF or as a video and add that instead.")
DRAWING = _("Drawings cannot be played here. Save it as PDF and add that instead.")
BOOK = _("E-books cannot be played here. Save it as PDF and add that instead.")
WEB_PAGE = _("Web pages cannot be played here. Save it as PDF and add that instead.")
PLAIN_TEXT = _("Plain text cannot be played here. Save it as PDF and add that instead.")
OFFICE_FILE = _("Office files cannot be played here. Save it as PDF and add that instead.")
MESSAGE = _("Mails cannot be played here. Save it as PDF and add that instead.")
SVG = _("SVG drawings cannot be shown here. Save it as PNG and add that instead.")
PHOTOSHOP = _("Photoshop files cannot be shown here. Save it as JPEG or PNG and add that instead.")
JPEG_XL = _("JPEG XL pictures cannot be shown here. Save it as JPEG or PNG and add that instead.")
JPEG_2000 = _("JPEG 2000 pictures cannot be shown here. Save it as JPEG or PNG and add that instead.")
RAW_PHOTO = _("Raw photos cannot be shown here. Save it as JPEG or PNG and add that instead.")
MIDI = _("MIDI files cannot be played here. Save it as MP3 or WAV and add that instead.")
AIFF = _("AIFF files cannot be played here. Save it as MP3 or WAV and add that instead.")
AMR = _("AMR recordings cannot be played here. Save it as MP3 or WAV and add that instead.")
CAF = _("CAF files cannot be played here. Save it as MP3 or WAV and add that instead.")
REAL_MEDIA = _("RealMedia files cannot be played here. Save it as MP4 and add that instead.")
FLASH = _("Flash files cannot be played here. Save it as MP4 and add that instead.")
MXF = _("MXF files cannot be played here. Save it as MP4 and add that instead.")
BMP = _("BMP pictures cannot be shown here. Save it as JPEG or PNG and add that instead.")
ARCHIVE = _("Archives cannot be played here. Unpack it and add the files in it.")
DISC = _("Disc images cannot be played here. Open it and add the files in it.")
PLAYLIST = _("Playlists cannot be played here. Add the files it names.")
CAPTIONS = _("Captions cannot be played on their own. Add the video they belong to.")
PROGRAM = _("Programs cannot be played here. Video, audio, pictures and PDF can.")
UNKNOWN = _("This kind of file cannot be played here. Video, audio, pictures and PDF can.")
EMPTY = _("The file is empty.")

# Where it begins, with what, and what it is then.
BY_MAGIC = (
    (0, b"Rar!\x1a\x07", ARCHIVE),
    (0, b"PK\x05\x06", ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (0, b"\x1f\x8b", ARCHIVE),
    (0, b"BZh", ARCHIVE),
    (0, b"\xfd7zXZ\x00", ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", ARCHIVE),
    (0, b"MSCF\x00\x00\x00\x00", ARCHIVE),
    (257, b"ustar", ARCHIVE),
    (32769, b"CD001", DISC),
    (0, b"\x7fELF", PROGRAM),
    (0, b"\xfe\xed\xfa\xce", PROGRAM),
    (0, b"\xfe\xed\xfa\xcf", PROGRAM),
    (0, b"\xce\xfa\xed\xfe", PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", PROGRAM),
    (0, b"\xca\xfe\xba\xbe", PROGRAM),
    (0, b"{\\rtf", TEXT_DOCUMENT),
    (0, b"8BPS", PHOTOSHOP),
    (0, b"\x00\x00\x00\x0cJXL ", JPEG_XL),
    (0, b"\x00\x00\x00\x0cjP  ", JPEG_2000),
    (8, b"CR\x02", RAW_PHOTO),
    (0, b"MThd", MIDI),
    (8, b"AIFF", AIFF),
    (8, b"AIFC", AIFF),
    (0, b"#!AMR", AMR),
    (0, b"caff", CAF),
    (0, b".RMF", REAL_MEDIA),
    (0, b"FWS", FLASH),
    (0, b"CWS", FLASH),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01", MXF),
)
# Too short to mean anything in a file that is text.
BY_SHORT_MAGIC = (
    (b"MZ", PROGRAM),
    (b"BM", BMP),
    (b"\xff\x0a", JPEG_XL),
)

OFFICE_FOLDERS = ((b"xl/", SPREADSHEET), (b"word/", TEXT_DOCUMENT), (b"ppt/", PRESENTATION), (b"visio/", DRAWING))
# The first entry of an OpenDocument file or an e-book is its own media type, stored plainly.
OPEN_FORMATS = (
    (b"opendocument.spreadsheet", SPREADSHEET),
    (b"opendocument.text", TEXT_DOCUMENT),
    (b"opendocument.presentation", PRESENTATION),
    (b"opendocument.graphics", DRAWING),
    (b"epub+zip", BOOK),
)
IWORK_ENTRIES = (b"Index/", b"Index.zip", b"index.apxl", b"preview.jpg")
PROGRAM_ENTRIES = (b"META-INF/MANIFEST.MF", b"AndroidManifest.xml")
# Old office files name their streams in a directory that may lie anywhere: it is looked for in the head.
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_OFFICE_STREAMS = (
    ("Workbook", SPREADSHEET),
    ("WordDocument", TEXT_DOCUMENT),
    ("PowerPoint Document", PRESENTATION),
    ("VisioDocument", DRAWING),
    ("__nameid_version1.0", MESSAGE),
)

# The name only chooses among sentences, never whether a file is taken.
BY_EXTENSION = {
    **dict.fromkeys(("xls", "xlsx", "xlsm", "xlsb", "ods", "numbers", "csv", "tsv"), SPREADSHEET),
    **dict.fromkeys(("doc", "docx", "docm", "odt", "pages", "rtf", "wps"), TEXT_DOCUMENT),
    **dict.fromkeys(("ppt", "pptx", "pptm", "pps", "ppsx", "odp", "key"), PRESENTATION),
    **dict.fromkeys(("vsd", "vsdx", "odg"), DRAWING),
    **dict.fromkeys(("msg", "eml"), MESSAGE),
    **dict.fromkeys(("srt", "vtt", "sub", "ass", "ssa"), CAPTIONS),
    **dict.fromkeys(("exe", "msi", "bat", "cmd", "sh", "ps1", "py", "js", "apk", "jar"), PROGRAM),
    **dict.fromkeys(("html", "htm", "xhtml", "mht", "mhtml"), WEB_PAGE),
    **dict.fromkeys(("m3u", "m3u8", "pls", "xspf", "mpd"), PLAYLIST),
}

CONTROL_CHARACTERS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
PLAYLIST_STARTS = (b"#extm3u", b"ffconcat version", b"[playlist]", b"<asx", b"<smil", b"<mpd", b"#ext-x-")
CAPTION_STARTS = (b"webvtt", b"[script info]")
MARKUP_STARTS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title", b"<iframe", b"<meta")
SUBRIP_START = re.compile(rb"\d+\s+\d\d:\d\d:\d\d,\d{3} -->")
# Declarations and comments may stand before the element that tells what it is.
PROLOGUE = re.compile(rb"\s*(<\?.*?\?>|<!--.*?-->|<!doctype svg.*?>)", re.DOTALL)


def sentence_for(head: bytes, extension: str) -> str:
    """Why a file that is no known media cannot be taken, as exactly as its first bytes allow."""
    for offset, magic, sentence in BY_MAGIC:
        if head.startswith(magic, offset):
            return sentence
    if head.startswith(b"PK\x03\x04"):
        return zipped(head, extension)
    if head.startswith(OLD_OFFICE):
        return old_office(head, extension)
    if is_text(head):
        return text(head, extension)
    return next((sentence for magic, sentence in BY_SHORT_MAGIC if head.startswith(magic)), UNKNOWN)


def text(head: bytes, extension: str) -> str:
    if head.startswith(b"#!"):
        return PROGRAM
    return markup_or_playlist(head) or BY_EXTENSION.get(extension, PLAIN_TEXT)


def markup_or_playlist(head: bytes) -> str | None:
    """What can make a reader fetch or run something: told apart first, whatever the name says."""
    start = plain_start(head)
    while match := PROLOGUE.match(start):
        start = start[match.end():]
    start = start.lstrip()
    if start.startswith(PLAYLIST_STARTS):
        return PLAYLIST
    if start.startswith((b"<svg", b"<!doctype svg")):
        return SVG
    if start.startswith(MARKUP_STARTS):
        return WEB_PAGE
    if start.startswith(CAPTION_STARTS) or SUBRIP_START.match(start):
        return CAPTIONS
    return None


def plain_start(head: bytes) -> bytes:
    """The beginning of a text in lower case, without mark, blanks, or the zeros of UTF-16."""
    for mark in BYTE_ORDER_MARKS:
        head = head.removeprefix(mark)
    return head.replace(b"\x00", b"").lstrip()[:16 * 1024].lower()


def is_text(head: bytes) -> bool:
    """Whether every byte could be text in UTF-8, UTF-16 with its mark, or a Latin code page."""
    if head.startswith(BYTE_ORDER_MARKS[1:]):
        return True
    return not CONTROL_CHARACTERS.search(head)


def zipped(head: bytes, extension: str) -> str:
    """Office files, e-books and programs are archives with agreed names in them."""
    entries = list(zip_entries(head))
    if entries and entries[0][0] == b"mimetype":
        for word, sentence in OPEN_FORMATS:
            if word in entries[0][1]:
                return sentence
    names = [name for name, _ in entries]
    for folder, sentence in OFFICE_FOLDERS:
        if any(name.startswith(folder) for name in names):
            return sentence
    if any(name.startswith(PROGRAM_ENTRIES) for name in names):
        return PROGRAM
    if b"[Content_Types].xml" in names or any(name.startswith(IWORK_ENTRIES) for name in names):
        return BY_EXTENSION.get(extension, OFFICE_FILE)
    return ARCHIVE


def zip_entries(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names of the archive's first entries, each with the start of its data (PKWARE APPNOTE 4.3.7)."""
    at = 0
    while (at := head.find(b"PK\x03\x04", at)) >= 0 and at + 30 <= len(head):
        size, _, name_length, extra_length = struct.unpack_from("<IIHH", head, at + 18)
        name_at = at + 30
        data_at = name_at + name_length + extra_length
        yield head[name_at:name_at + name_length], head[data_at:data_at + 100]
        # A size of zero means it follows the data: then the next entry is looked for.
        at = data_at + size


def old_office(head: bytes, extension: str) -> str:
    for stream, sentence in OLD_OFFICE_STREAMS:
        if stream.encode("utf-16-le") in head:
            return sentence
    return BY_EXTENSION.get(extension, OFFICE_FILE)
