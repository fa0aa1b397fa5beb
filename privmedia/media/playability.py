"""Whether browsers play a file as it is, after re-packing without loss, or only after conversion.

The one table of it. Sources: measurements in Chromium and Firefox, caniuse.com and WebKit's notes for the rest.

| what                                         | becomes                                              |
|----------------------------------------------|------------------------------------------------------|
| MP4, M4V: H.264 4:2:0 8 bit with AAC or MP3  | played as it is, if its index comes first            |
| the same in MOV, MKV, TS, FLV, AVI           | re-packed as MP4                                     |
| the same with other sound: AC-3, DTS, PCM …  | its pictures copied, its sound converted             |
| WebM: VP8, VP9 with Opus or Vorbis           | played as it is, if it says how long it is           |
| the same in MKV                              | re-packed as WebM                                    |
| MP3, AAC in M4A, FLAC, WAV, Opus, Vorbis     | played as it is; re-packed from other containers     |
| JPEG, PNG, GIF, WebP, AVIF                   | shown as it is                                       |
| HEIC, TIFF                                   | shown as a WebP made from it                         |
| PDF                                          | downloaded                                           |
| H.264 of 10 bits, 4:2:2, 4:4:4, above 5.1    | converted                                            |
| HEVC, AV1                                    | converted: many browsers need hardware they lack     |
| anything interlaced or HDR                   | converted: deinterlaced, toned down to what all show |
| ProRes, DNxHD, MPEG-2, VC-1, DivX, DV, … and | converted, if there is a decoder for it here         |
| WMA, ALAC, AC-3, DTS, AMR … (`codecs`)       | (`codecs.DECODED_BY`)                                |
| everything else, and what is protected       | cannot be played, with the reason                    |

Upright films, pixels that are not square, odd sizes and rates that vary play as they are, where the rest does.
A file that says where it was recorded is never handed out as it is: who may only watch should not learn it.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from privmedia.media import words
from privmedia.media.codecs import DECODED_BY, human_name
from privmedia.media.filetype import TYPES, FileType, Kind
from privmedia.media.probe import Audio, Probe, Video
from privmedia.media.words import said
from privmedia.text import mark as _


class Verdict(StrEnum):
    """What has to be done before a file can be played."""

    DOWNLOAD = "download"
    """Nothing: it is downloaded, not shown."""
    PICTURE = "picture"
    """A picture is made from it."""
    PLAY = "play"
    """Nothing: the original itself is played."""
    REMUX = "remux"
    """Its streams are copied into another container."""
    CONVERT = "convert"
    """Its pictures or its sound are encoded anew."""
    UNPLAYABLE = "unplayable"
    """Nothing can be: it is protected, or nothing here understands it."""


@dataclass(frozen=True)
class Decision:
    """How one file is played.

    `kind` is what it is once it is known what is in it. `play_name` and `media_type` are those of the playable
    file, None without one. `reason` says why the file is not played as it is where it is converted or cannot be,
    `caveat` is about browsers that do not play it. `streams` are the ones to keep, `muxer` is ffmpeg's name of the
    container. `copies_film`: of what is converted, only the sound is encoded anew.
    """

    verdict: Verdict
    kind: Kind
    play_name: str | None = None
    media_type: str | None = None
    reason: str | None = None
    caveat: str | None = None
    muxer: str = ""
    streams: tuple[int, ...] = ()
    copies_film: bool = False

    @property
    def is_original(self) -> bool:
        """Whether the playable file is the original itself, so that a hard link is enough."""
        return self.verdict is Verdict.PLAY

    @property
    def is_made_here(self) -> bool:
        """Whether what is played is there within seconds: nothing has to be encoded."""
        return self.verdict not in (Verdict.CONVERT, Verdict.UNPLAYABLE)


@dataclass(frozen=True)
class Container:
    """What browsers play in one container, and which types of file are that container already."""

    muxer: str
    extension: str
    media_type: str
    is_already: frozenset[str]
    video: frozenset[str]
    audio: frozenset[str]


def _plays(muxer: str, extension: str, media_type: str, *, already: str, audio: str, video: str = "") -> Container:
    return Container(
        muxer, extension, media_type, frozenset(already.split()), frozenset(video.split()), frozenset(audio.split())
    )


PCM = "pcm_s16le pcm_s24le pcm_u8 pcm_f32le pcm_alaw pcm_mulaw"
FILM_CONTAINERS = (
    _plays("webm", "webm", "video/webm", already="webm", video="vp8 vp9", audio="opus vorbis"),
    _plays("mp4", "mp4", "video/mp4", already="mp4 m4v", video="h264 vp9", audio="aac mp3 opus flac"),
)
SOUND_CONTAINERS = (
    _plays("mp3", "mp3", "audio/mpeg", already="mp3", audio="mp3"),
    _plays("ipod", "m4a", "audio/mp4", already="m4a mp4 m4v", audio="aac"),
    _plays("flac", "flac", "audio/flac", already="flac", audio="flac"),
    _plays("wav", "wav", "audio/wav", already="wav", audio=PCM),
    _plays("webm", "webm", "audio/webm", already="webm", audio="opus vorbis"),
    _plays("ogg", "ogg", "audio/ogg", already="ogg ogv", audio="opus vorbis flac"),
)

PIXEL_FORMATS = {
    "h264": frozenset(("yuv420p", "yuvj420p")),
    "vp8": frozenset(("yuv420p", "yuva420p")),
    "vp9": frozenset(("yuv420p", "yuva420p")),
}
HIGHEST_LEVEL_OF_H264 = 51
MOST_PIXELS = 40_000_000
"""More than 8K: a picture of it is a way to fill the memory, and nothing here decodes it."""
PROTECTED_TAGS = frozenset(("encv", "enca", "drmi", "drms", "p608"))

NOT_EVERYWHERE = {
    "hevc": said(words.HARDWARE, format="HEVC (H.265)"),
    "av1": said(words.NEW_SAFARI, format="AV1"),
}
CAVEATS = {"ogg": said(words.OLD_SAFARI, format="Ogg")}
LOCKED = _("This document has a password. Its pages are not shown here, and search does not read them.")
INTERLACED = _("This file is interlaced. Fine lines show where something moves.")
HDR = _("This file is HDR. Most screens show it pale and grey.")


def decide(file_type: FileType, probe: Probe) -> Decision:
    """How the file is played; every file gets exactly one decision."""
    if file_type.kind is Kind.DOCUMENT:
        return Decision(Verdict.DOWNLOAD, Kind.DOCUMENT, caveat=LOCKED if probe.locked else None)
    if file_type.kind is Kind.IMAGE:
        return _picture(file_type, probe)
    tags = {film.tag for film in probe.video} | {sound.tag for sound in probe.audio}
    if tags & PROTECTED_TAGS:
        return Decision(Verdict.UNPLAYABLE, Kind.VIDEO if probe.video else Kind.AUDIO, reason=words.PROTECTED)
    if probe.video:
        return _film(file_type, probe, probe.video[0])
    return _sound(file_type, probe, probe.audio[0])


def _picture(file_type: FileType, probe: Probe) -> Decision:
    if file_type.name in ("heic", "tiff") or probe.located:
        return Decision(Verdict.PICTURE, Kind.IMAGE, "play.webp", TYPES["webp"].media_type)
    return Decision(Verdict.PLAY, Kind.IMAGE, f"play.{file_type.extension}", file_type.media_type)


def conversion(probe: Probe, reason: str) -> Decision:
    """How a file of film or sound is converted that is not played as it is for this reason, if it can be."""
    if not probe.video:
        sound = probe.audio[0]
        if sound.codec not in DECODED_BY:
            return Decision(Verdict.UNPLAYABLE, Kind.AUDIO, reason=reason)
        return Decision(
            Verdict.CONVERT, Kind.AUDIO, "play.m4a", TYPES["m4a"].media_type, reason=reason,
            muxer="ipod", streams=(sound.index,),
        )
    film = probe.video[0]
    sounds = tuple(sound.index for sound in probe.audio if sound.codec in DECODED_BY)
    copied = film.codec == "h264" and _why_not(film) is None
    can_be_decoded = film.codec in DECODED_BY and 0 < film.width * film.height <= MOST_PIXELS
    if (probe.audio and not sounds) or not (copied or can_be_decoded):
        return Decision(Verdict.UNPLAYABLE, Kind.VIDEO, reason=reason)
    return Decision(
        Verdict.CONVERT, Kind.VIDEO, "play.mp4", TYPES["mp4"].media_type, reason=reason,
        muxer="mp4", streams=(film.index, *sounds), copies_film=copied,
    )


def _film(file_type: FileType, probe: Probe, film: Video) -> Decision:
    reason = _why_not(film)
    if reason:
        return conversion(probe, reason)
    # What nothing here understands is left out, as long as there is other sound.
    sounds = [sound for sound in probe.audio if sound.codec in DECODED_BY or _plays_somewhere(sound)]
    fitting = [container for container in FILM_CONTAINERS if film.codec in container.video]
    # What the file is already comes first: most often nothing has to be done.
    for container in sorted(fitting, key=lambda container: file_type.name not in container.is_already):
        if all(sound.codec in container.audio for sound in sounds) and (sounds or not probe.audio):
            as_it_is = file_type.name in container.is_already and sounds[:1] == list(probe.audio[:1])
            streams = (film.index, *(sound.index for sound in sounds))
            return _in(container, Kind.VIDEO, probe, as_it_is, streams, caveat=None)
    return conversion(probe, _why_no_sound(film, sounds or probe.audio))


def _sound(file_type: FileType, probe: Probe, sound: Audio) -> Decision:
    fitting = [container for container in SOUND_CONTAINERS if sound.codec in container.audio]
    already = [container for container in fitting if file_type.name in container.is_already]
    if not fitting:
        return conversion(probe, said(words.NO_BROWSER, format=human_name(sound.codec, sound.tag)))
    container = (already or fitting)[0]
    return _in(container, Kind.AUDIO, probe, bool(already), (sound.index,), caveat=CAVEATS.get(container.extension))


def _in(
    container: Container, kind: Kind, probe: Probe, as_it_is: bool, streams: tuple[int, ...],
    *, caveat: str | None,
) -> Decision:
    """Played in this container: as it is if it is that already and starts at once everywhere, else re-packed."""
    starts_at_once = probe.faststart is not False and not probe.fragmented
    # WebM that was recorded live does not say how long it is, and then no place in it can be chosen.
    seekable = probe.duration is not None
    verdict = Verdict.PLAY if as_it_is and starts_at_once and seekable and not probe.located else Verdict.REMUX
    return Decision(
        verdict, kind, f"play.{container.extension}", container.media_type, caveat=caveat,
        muxer=container.muxer, streams=streams,
    )


def _why_not(film: Video) -> str | None:
    """Why not every browser shows these pictures as they should be; None if they do."""
    name = human_name(film.codec, film.tag)
    if film.codec in NOT_EVERYWHERE:
        return NOT_EVERYWHERE[film.codec]
    formats = PIXEL_FORMATS.get(film.codec)
    if formats is None:
        return said(words.NO_BROWSER, format=name)
    if film.pix_fmt not in formats:
        return said(words.FEW_BROWSERS, format=name, pixels=_in_words(film.pix_fmt))
    if film.transfer:
        return HDR
    if film.codec == "h264" and film.level and film.level > HIGHEST_LEVEL_OF_H264:
        return said(words.LARGE, level=f"{film.level / 10:.1f}")
    return INTERLACED if film.interlaced else None


def _in_words(pix_fmt: str | None) -> str:
    if pix_fmt is None:
        return words.UNKNOWN_PIXELS
    depth = next((bits for bits in ("16", "14", "12", "10", "9") if f"p{bits}" in pix_fmt), None)
    colour = next((colour for colour in ("422", "440", "444") if colour in pix_fmt), None)
    ratio = ":".join(colour or "")
    if depth and colour:
        return said(words.DEPTH_AND_COLOUR, bits=depth, ratio=ratio)
    if depth:
        return said(words.DEPTH, bits=depth)
    return said(words.COLOUR, ratio=ratio) if colour else said(words.PIXELS, name=pix_fmt)


def _why_no_sound(film: Video, sounds: Sequence[Audio]) -> str:
    """Why browsers do not play these sounds together with the pictures, by the first that none of them does."""
    beside = {codec for container in FILM_CONTAINERS if film.codec in container.video for codec in container.audio}
    sound = next((sound for sound in sounds if sound.codec not in beside), sounds[0])
    name = human_name(sound.codec, sound.tag)
    if _plays_somewhere(sound):
        return said(words.NO_SOUND_WITH, format=name, film=human_name(film.codec))
    return said(words.NO_SOUND, format=name)


def _plays_somewhere(sound: Audio) -> bool:
    return any(sound.codec in container.audio for container in (*FILM_CONTAINERS, *SOUND_CONTAINERS))
