"""What people may upload: container by codec by oddity, each made by ffmpeg, and what becomes of it.

A second or so of 320 by 180 each. `IN_SHORT` are those that are looked at every time; the others with
`PRIVMEDIA_FAULTS=full`.
"""
from __future__ import annotations

from dataclasses import dataclass

from privmedia.media import Verdict

PLAYS, REPACKED, CONVERTED, NEVER = Verdict.PLAY, Verdict.REMUX, Verdict.CONVERT, Verdict.UNPLAYABLE

FILM = ("-f", "lavfi", "-i", "testsrc=size=320x180:rate=25:duration=1")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
BOTH = (*FILM, *TONE)
H264 = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast")
HEVC = ("-c:v", "libx265", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-x265-params", "log-level=none")
AAC, FAST = ("-c:a", "aac"), ("-movflags", "+faststart")
QUICK = ("-deadline", "realtime", "-cpu-used", "8")
VP9 = ("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", *QUICK)
HDR = "setparams=color_primaries=bt2020:color_trc={}:colorspace=bt2020nc,format=yuv420p10le"
LATIN = "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"


def drawn(size: str = "320x180", rate: str = "25", seconds: float = 1) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc=size={size}:rate={rate}:duration={seconds}")


@dataclass(frozen=True)
class Input:
    """One file: how it is made, and what becomes of it. `seen` is what a viewer sees, `sounds` how many tracks stay."""

    words: tuple[str, ...]
    becomes: Verdict
    sounds: int = 1
    seen: tuple[int, int] | None = (320, 180)
    seconds: float = 1.0
    fps: float | None = None
    reason: str = ""


def film(*words: str, becomes: Verdict, sounds: int = 0, **more: object) -> Input:
    return Input(words, becomes, sounds, **more)  # type: ignore[arg-type]


def sound(*words: str, becomes: Verdict) -> Input:
    return Input(words, becomes, 1, None)


INPUTS: dict[str, Input] = {
    # H.264 in MP4
    "faststart.mp4": film(*BOTH, *H264, *AAC, *FAST, becomes=PLAYS, sounds=1),
    "index-last.mp4": film(*BOTH, *H264, *AAC, becomes=REPACKED, sounds=1),
    "fragmented.mp4": film(*FILM, *H264, "-movflags", "frag_keyframe+empty_moov", becomes=REPACKED),
    "located.mp4": film(*FILM, *H264, *FAST, "-metadata", "location=+59.9139+010.7522/", becomes=REPACKED),
    "silent.mp4": film(*FILM, *H264, *FAST, becomes=PLAYS),
    "mp3.mp4": film(*BOTH, *H264, "-c:a", "libmp3lame", *FAST, becomes=PLAYS, sounds=1),
    "opus.mp4": film(*BOTH, *H264, "-c:a", "libopus", *FAST, becomes=PLAYS, sounds=1),
    "surround.mp4": film(*BOTH, *H264, *AAC, "-ac", "6", *FAST, becomes=PLAYS, sounds=1),
    "ac3.mp4": film(*BOTH, *H264, "-c:a", "ac3", *FAST, becomes=CONVERTED, sounds=1,
                    reason="The sound of this file is Dolby Digital (AC-3). Most browsers do not play that."),
    "eac3.mp4": film(*BOTH, *H264, "-c:a", "eac3", becomes=CONVERTED, sounds=1),
    "two-languages.mp4": film(*BOTH, "-map", "0", "-map", "1", "-map", "1", *H264, *AAC, *LATIN, *FAST,
                              becomes=PLAYS, sounds=2),
    "ten-bit.mp4": film(*FILM, "-c:v", "libx264", "-pix_fmt", "yuv420p10le", becomes=CONVERTED),
    "colour-422.mp4": film(*FILM, "-c:v", "libx264", "-pix_fmt", "yuv422p", becomes=CONVERTED,
                           reason="This file is H.264 with 4:2:2 colour. Most browsers do not play that."),
    "colour-444.mp4": film(*FILM, "-c:v", "libx264", "-pix_fmt", "yuv444p", becomes=CONVERTED),
    "rgb.mp4": film(*FILM, "-c:v", "libx264rgb", becomes=CONVERTED),
    "full-range.mp4": film(*FILM, "-c:v", "libx264", "-pix_fmt", "yuvj420p", *FAST, becomes=PLAYS),
    "interlaced.mp4": film(*FILM, *H264, "-x264opts", "interlaced=1", *FAST, becomes=CONVERTED),
    "anamorphic.mp4": film(*drawn("180x144"), "-vf", "setsar=2/1", *H264, *FAST, becomes=PLAYS, seen=(360, 144)),
    "odd-size.mp4": film(*drawn("321x181"), "-c:v", "libx264", "-pix_fmt", "yuv444p", becomes=CONVERTED),
    "variable-rate.mp4": film(*drawn(seconds=2), "-vf", "select='not(mod(n,3))+gt(n,30)'", "-fps_mode", "vfr", *H264,
                              *FAST, becomes=PLAYS, seconds=2.0),
    "one-frame.mp4": film(*FILM, "-frames:v", "1", *H264, *FAST, becomes=PLAYS, seconds=0.04),
    "portrait.mp4": film(*drawn("180x320"), *H264, *FAST, becomes=PLAYS, seen=(180, 320)),
    "tagged-hdr.mp4": film(*FILM, "-vf", "setparams=color_trc=smpte2084", *H264, becomes=CONVERTED,
                           reason="This file is HDR. Most screens show it pale and grey."),
    "hundred-fps.mp4": film(*drawn(rate="100"), *HEVC, becomes=CONVERTED, fps=50.0),
    # HEVC and AV1
    "hev1.mp4": film(*FILM, *HEVC, "-tag:v", "hev1", becomes=CONVERTED),
    "hvc1.mp4": film(*BOTH, *HEVC, "-tag:v", "hvc1", *AAC, *FAST, becomes=CONVERTED, sounds=1),
    "hdr10.mp4": film(*FILM, "-vf", HDR.format("smpte2084"), "-c:v", "libx265", "-preset", "ultrafast",
                      "-x265-params", "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
                      "-tag:v", "hvc1", becomes=CONVERTED),
    "hlg.mkv": film(*FILM, "-vf", HDR.format("arib-std-b67"), "-c:v", "libx265", "-preset", "ultrafast",
                    "-x265-params", "log-level=none:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc",
                    becomes=CONVERTED),
    "av1.mp4": film(*FILM, "-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p", *FAST, becomes=CONVERTED,
                    reason="This file is AV1. Safari plays that on newer devices only."),
    # WebM and Matroska
    "vp8.webm": film(*BOTH, "-c:v", "libvpx", "-pix_fmt", "yuv420p", *QUICK, "-c:a", "libvorbis", becomes=PLAYS,
                     sounds=1),
    "vp9.webm": film(*BOTH, *VP9, "-c:a", "libopus", becomes=PLAYS, sounds=1),
    "vp9-odd.webm": film(*drawn("321x181"), *VP9, becomes=PLAYS, seen=(321, 181)),
    "vp9-ten-bit.webm": film(*FILM, "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p10le", *QUICK, becomes=CONVERTED),
    "av1.webm": film(*FILM, "-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p", becomes=CONVERTED),
    "live.webm": film(*FILM, "-c:v", "libvpx", "-pix_fmt", "yuv420p", *QUICK, "-live", "1", becomes=REPACKED),
    "vp9.mkv": film(*BOTH, *VP9, "-c:a", "libopus", becomes=REPACKED, sounds=1),
    "vp8-aac.mkv": film(*BOTH, "-c:v", "libvpx", "-pix_fmt", "yuv420p", *QUICK, *AAC, becomes=CONVERTED, sounds=1,
                        reason="The sound of this file is AAC. No browser plays that together with VP8."),
    "h264.mkv": film(*BOTH, *H264, *AAC, becomes=REPACKED, sounds=1),
    "ac3.mkv": film(*BOTH, *H264, "-c:a", "ac3", "-ac", "6", becomes=CONVERTED, sounds=1),
    "dts.mkv": film(*BOTH, *H264, "-c:a", "dca", "-strict", "-2", "-ar", "48000", "-ac", "2", becomes=CONVERTED,
                    sounds=1, reason="The sound of this file is DTS. Most browsers do not play that."),
    "truehd.mkv": film(*BOTH, *H264, "-c:a", "truehd", "-strict", "-2", "-ar", "48000", "-ac", "2",
                       becomes=CONVERTED, sounds=1),
    "vorbis.mkv": film(*BOTH, *H264, "-c:a", "libvorbis", becomes=CONVERTED, sounds=1),
    "two-sounds.mkv": film(*BOTH, "-map", "0", "-map", "1", "-map", "1", *H264, "-c:a:0", "ac3", "-c:a:1", "aac",
                           *LATIN, becomes=CONVERTED, sounds=2),
    "thirty-sounds.mkv": film(*BOTH, "-map", "0", *("-map", "1") * 30, *H264, "-c:a", "ac3", becomes=CONVERTED,
                              sounds=30),
    "ffv1.mkv": film(*FILM, "-c:v", "ffv1", becomes=NEVER, reason="This file is FFV1. No browser plays that."),
    # Broadcast and discs
    "h264.ts": film(*BOTH, *H264, *AAC, becomes=REPACKED, sounds=1),
    "mpeg2.ts": film(*BOTH, "-c:v", "mpeg2video", "-c:a", "mp2", becomes=CONVERTED, sounds=1),
    "avchd.ts": film(*BOTH, *H264, "-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", "1", becomes=CONVERTED,
                     sounds=1),
    "mpeg2.mpg": film(*BOTH, "-c:v", "mpeg2video", "-c:a", "mp2", "-f", "vob", becomes=CONVERTED, sounds=1),
    "interlaced.mpg": film(*BOTH, "-c:v", "mpeg2video", "-vf", "setfield=tff", "-flags", "+ildct+ilme", "-c:a", "ac3",
                           "-f", "vob", becomes=CONVERTED, sounds=1),
    "mpeg1.mpg": film(*BOTH, "-c:v", "mpeg1video", "-c:a", "mp2", "-f", "mpeg", becomes=CONVERTED, sounds=1),
    # AVI
    "divx.avi": film(*BOTH, "-c:v", "mpeg4", "-vtag", "DIVX", "-c:a", "libmp3lame", becomes=CONVERTED, sounds=1,
                     reason="This file is MPEG-4 Part 2 (DivX or Xvid). No browser plays that."),
    "divx3.avi": film(*BOTH, "-c:v", "msmpeg4", "-c:a", "ac3", becomes=CONVERTED, sounds=1),
    "msmpeg4v2.avi": film(*FILM, "-c:v", "msmpeg4v2", becomes=CONVERTED),
    "motion-jpeg.avi": film(*BOTH, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "pcm_s16le", becomes=CONVERTED,
                            sounds=1),
    "adpcm.avi": film(*BOTH, "-c:v", "mpeg4", "-c:a", "adpcm_ms", becomes=CONVERTED, sounds=1),
    "dv.avi": film(*drawn("720x576"), *TONE, "-c:v", "dvvideo", "-pix_fmt", "yuv420p", "-aspect", "4:3", "-c:a",
                   "pcm_s16le", "-ar", "48000", "-ac", "2", becomes=CONVERTED, sounds=1, seen=(768, 576)),
    "raw.avi": film(*FILM, "-c:v", "rawvideo", "-pix_fmt", "yuv420p", becomes=CONVERTED),
    "h264.avi": film(*BOTH, *H264, "-bf", "0", "-c:a", "libmp3lame", becomes=REPACKED, sounds=1),
    "huffyuv.avi": film(*FILM, "-c:v", "huffyuv", becomes=NEVER),
    "utvideo.avi": film(*FILM, "-c:v", "utvideo", becomes=NEVER),
    "magicyuv.avi": film(*FILM, "-c:v", "magicyuv", becomes=NEVER,
                         reason="This file is MagicYUV. No browser plays that."),
    # Windows Media and Flash
    "wmv2.wmv": film(*BOTH, "-c:v", "wmv2", "-c:a", "wmav2", becomes=CONVERTED, sounds=1),
    "wmv1.wmv": film(*BOTH, "-c:v", "wmv1", "-c:a", "wmav1", becomes=CONVERTED, sounds=1),
    "sorenson.flv": film(*BOTH, "-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100", becomes=CONVERTED, sounds=1),
    "h264.flv": film(*BOTH, *H264, *AAC, becomes=REPACKED, sounds=1),
    # QuickTime, cameras and editors
    "camera.mov": film(*BOTH, *H264, *AAC, "-timecode", "01:00:00:00", becomes=REPACKED, sounds=1),
    "pcm.mov": film(*BOTH, *H264, "-c:a", "pcm_s16le", becomes=CONVERTED, sounds=1),
    "prores.mov": film(*BOTH, "-c:v", "prores_ks", "-profile:v", "standard", "-c:a", "pcm_s24le", becomes=CONVERTED,
                       sounds=1, reason="This file is Apple ProRes 422. No browser plays that."),
    "prores-alpha.mov": film(*FILM, "-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le",
                             becomes=CONVERTED),
    "one-frame.mov": film(*FILM, "-frames:v", "1", "-c:v", "prores_ks", becomes=CONVERTED, seconds=0.04),
    "dnxhr.mov": film(*FILM, "-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p", becomes=CONVERTED),
    "cineform.mov": film(*drawn("320x192"), "-c:v", "cfhd", "-pix_fmt", "yuv422p10le", becomes=CONVERTED,
                         seen=(320, 192)),
    "animation.mov": film(*FILM, "-c:v", "qtrle", becomes=CONVERTED),
    "png.mov": film(*FILM, "-c:v", "png", "-pix_fmt", "rgba", becomes=CONVERTED),
    "v210.mov": film(*FILM, "-c:v", "v210", becomes=CONVERTED),
    "phone.3gp": film(*drawn("176x144"), *TONE, "-c:v", "h263", "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1",
                      becomes=CONVERTED, sounds=1, seen=(176, 144)),
    "late-film.mov": film("-itsoffset", "0.5", *FILM, *TONE, "-c:v", "prores_ks", *AAC, becomes=CONVERTED, sounds=1,
                          seconds=1.5),
    "theora.ogv": film(*BOTH, "-c:v", "libtheora", "-c:a", "libvorbis", becomes=CONVERTED, sounds=1),
    # Length and size
    "ten-hours.mkv": film(*drawn("64x36", "1", 36_000), "-c:v", "mpeg4", "-g", "600", becomes=CONVERTED, seen=(64, 36),
                          seconds=36_000.0, fps=1.0),
    "four-k.mov": film(*drawn("3840x2160", seconds=0.2), "-c:v", "mpeg4", becomes=CONVERTED, seen=(1920, 1080),
                       seconds=0.2),
    # Sound alone
    "sound.mp3": sound(*TONE, "-c:a", "libmp3lame", becomes=PLAYS),
    "sound.wav": sound(*TONE, becomes=PLAYS),
    "adpcm-ms.wav": sound(*TONE, "-c:a", "adpcm_ms", becomes=CONVERTED),
    "adpcm-ima.wav": sound(*TONE, "-c:a", "adpcm_ima_wav", becomes=CONVERTED),
    "sound.flac": sound(*TONE, becomes=PLAYS),
    "sound.ogg": sound(*TONE, "-c:a", "libvorbis", becomes=PLAYS),
    "sound.m4a": sound(*TONE, *AAC, *FAST, becomes=PLAYS),
    "only-sound.mp4": sound(*TONE, *AAC, *FAST, becomes=PLAYS),
    "lossless.m4a": sound(*TONE, "-c:a", "alac", becomes=CONVERTED),
    "sound.aac": sound(*TONE, *AAC, becomes=REPACKED),
    "sound.wma": sound(*TONE, "-c:a", "wmav2", becomes=CONVERTED),
    "sound.mka": sound(*TONE, "-c:a", "libmp3lame", becomes=REPACKED),
    "ac3.mka": sound(*TONE, "-c:a", "ac3", becomes=CONVERTED),
}

IN_SHORT = (
    "ac3.mkv", "adpcm-ms.wav", "animation.mov", "avchd.ts", "divx.avi", "dts.mkv", "hdr10.mp4", "hundred-fps.mp4",
    "hvc1.mp4", "interlaced.mpg", "late-film.mov", "lossless.m4a", "magicyuv.avi", "odd-size.mp4", "one-frame.mov",
    "phone.3gp", "prores-alpha.mov", "two-languages.mp4", "two-sounds.mkv", "wmv2.wmv",
)
