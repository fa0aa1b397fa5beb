"""What a file is, and what is made of it.

The order of a version's life: `sniff` its first bytes, `probe` what is in it, `decide` how it is played,
`make_poster`, `make_playable` or `convert`. Whatever parses or decodes runs in a child process that is shut in
(`sandbox`). Not here: where files are kept, which item they belong to, when this is done.
"""
from __future__ import annotations

from privmedia.media.convert import convert
from privmedia.media.errors import CannotCopy, Damaged, SandboxFailed, TookTooLong, ToolMissing
from privmedia.media.ffmpeg import find as find_ffmpeg
from privmedia.media.filetype import FileType, Kind
from privmedia.media.hls import MASTER, PLAYLIST, make_streams, wants_streams
from privmedia.media.pages import DRAWN_AT_ONCE, READ_AT_ONCE, make_leaflet, make_pages, read_pages
from privmedia.media.playability import Decision, Verdict, conversion, decide
from privmedia.media.playlists import captions_playlist, with_captions
from privmedia.media.poster import LARGEST, make_poster, make_sizes, make_still, make_stills
from privmedia.media.probe import Audio, Probe, Subtitles, Video, probe
from privmedia.media.remux import make_playable
from privmedia.media.sandbox import Confinement, confinement
from privmedia.media.sniff import HEAD_BYTES, sniff
from privmedia.media.storyboard import Sheet, make_storyboard, storyboard_as_text
from privmedia.media.subtitles import extract_subtitles, is_text
from privmedia.media.timed_text import chapters_as_text
from privmedia.media.waveform import make_waveform

__all__ = [
    "DRAWN_AT_ONCE",
    "HEAD_BYTES",
    "LARGEST",
    "MASTER",
    "PLAYLIST",
    "READ_AT_ONCE",
    "Audio",
    "CannotCopy",
    "Confinement",
    "Damaged",
    "Decision",
    "FileType",
    "Kind",
    "Probe",
    "SandboxFailed",
    "Sheet",
    "Subtitles",
    "TookTooLong",
    "ToolMissing",
    "Verdict",
    "Video",
    "captions_playlist",
    "chapters_as_text",
    "confinement",
    "conversion",
    "convert",
    "decide",
    "extract_subtitles",
    "find_ffmpeg",
    "is_text",
    "make_leaflet",
    "make_pages",
    "make_playable",
    "make_poster",
    "make_sizes",
    "make_still",
    "make_stills",
    "make_storyboard",
    "make_streams",
    "make_waveform",
    "probe",
    "read_pages",
    "sniff",
    "storyboard_as_text",
    "wants_streams",
    "with_captions",
]
