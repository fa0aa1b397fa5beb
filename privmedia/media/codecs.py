"""Codecs: what people call them, and which of them are ever decoded here."""
from __future__ import annotations

NAMES = {
    "aac": "AAC", "ac3": "Dolby Digital (AC-3)", "adpcm_ima_wav": "IMA ADPCM", "adpcm_ms": "Microsoft ADPCM",
    "alac": "Apple Lossless (ALAC)", "amr_nb": "AMR", "amr_wb": "AMR", "ape": "Monkey's Audio", "av1": "AV1",
    "av2": "AV2", "cfhd": "CineForm HD", "cinepak": "Cinepak", "dnxhd": "Avid DNxHD", "dts": "DTS",
    "dvvideo": "DV", "eac3": "Dolby Digital Plus (E-AC-3)", "ffv1": "FFV1", "flac": "FLAC",
    "flv1": "Flash video (Sorenson Spark)", "h263": "H.263", "h264": "H.264", "hap": "Hap", "hevc": "HEVC (H.265)",
    "huffyuv": "HuffYUV", "indeo5": "Indeo 5", "jpeg2000": "JPEG 2000", "magicyuv": "MagicYUV", "mjpeg": "Motion JPEG",
    "mlp": "Meridian Lossless", "mp1": "MPEG audio layer 1", "mp2": "MPEG audio layer 2", "mp3": "MP3",
    "mpeg1video": "MPEG-1", "mpeg2video": "MPEG-2", "mpeg4": "MPEG-4 Part 2 (DivX or Xvid)",
    "msmpeg4v1": "Microsoft MPEG-4", "msmpeg4v2": "Microsoft MPEG-4", "msmpeg4v3": "DivX 3", "msvideo1": "Video 1",
    "nellymoser": "Nellymoser", "opus": "Opus", "pcm_alaw": "G.711",
    "pcm_mulaw": "G.711", "prores": "Apple ProRes", "qtrle": "QuickTime Animation", "rawvideo":
    "uncompressed video", "speex": "Speex", "svq1": "Sorenson Video", "svq3": "Sorenson Video 3",
    "theora": "Theora", "truehd": "Dolby TrueHD", "utvideo": "Ut Video", "v210": "uncompressed 10-bit video",
    "vc1": "VC-1", "vorbis": "Vorbis", "vp6f": "VP6", "vp8": "VP8", "vp9": "VP9", "vvc": "VVC (H.266)",
    "wmapro": "Windows Media Audio Pro", "wmav1": "Windows Media Audio", "wmav2": "Windows Media Audio",
    "wmavoice": "Windows Media Voice", "wmv1": "Windows Media Video 7", "wmv2": "Windows Media Video 8",
    "wmv3": "Windows Media Video 9",
    "unknown": "of an unknown kind",
}
PRORES_NAMES = {
    "apco": "Apple ProRes 422 Proxy", "apcs": "Apple ProRes 422 LT", "apcn": "Apple ProRes 422",
    "apch": "Apple ProRes 422 HQ", "ap4h": "Apple ProRes 4444", "ap4x": "Apple ProRes 4444 XQ",
}

# What is ever decoded here, and by what: for posters and conversion, and where libavformat opens a decoder to learn a
# stream's shape. ffmpeg knows several hundred; each is code that a hostile file can reach, so here are those of
# cameras, phones, editors, discs, broadcasts and the old files people still have, and no others.
DECODED_BY = {
    "h264": ("h264",), "hevc": ("hevc",), "av1": ("libdav1d", "av1"), "vp8": ("vp8",), "vp9": ("vp9",),
    "mpeg4": ("mpeg4",), "msmpeg4v2": ("msmpeg4v2",), "msmpeg4v3": ("msmpeg4",), "h263": ("h263",), "flv1": ("flv",),
    "vp6f": ("vp6f",), "mpeg1video": ("mpeg1video",), "mpeg2video": ("mpeg2video",), "vc1": ("vc1",),
    "wmv1": ("wmv1",), "wmv2": ("wmv2",), "wmv3": ("wmv3",), "prores": ("prores",), "dnxhd": ("dnxhd",),
    "cfhd": ("cfhd",), "dvvideo": ("dvvideo",), "mjpeg": ("mjpeg",), "png": ("png",), "qtrle": ("qtrle",),
    "rawvideo": ("rawvideo",), "v210": ("v210",), "theora": ("theora",),
    "aac": ("aac",), "mp3": ("mp3float", "mp3"), "mp2": ("mp2float", "mp2"), "opus": ("opus",), "vorbis": ("vorbis",),
    "flac": ("flac",), "alac": ("alac",), "ac3": ("ac3",), "eac3": ("eac3",), "dts": ("dca",), "truehd": ("truehd",),
    "wmav1": ("wmav1",), "wmav2": ("wmav2",), "wmapro": ("wmapro",), "amr_nb": ("amrnb",), "amr_wb": ("amrwb",),
    "adpcm_ima_qt": ("adpcm_ima_qt",), "adpcm_ima_wav": ("adpcm_ima_wav",), "adpcm_ms": ("adpcm_ms",),
    "nellymoser": ("nellymoser",),
    **{
        name: (name,)
        for name in ("pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_s16be", "pcm_s24be", "pcm_s32be", "pcm_u8",
                     "pcm_f32le", "pcm_f32be", "pcm_alaw", "pcm_mulaw", "pcm_bluray", "pcm_dvd")
    },
}
DECODERS = tuple(decoder for decoders in DECODED_BY.values() for decoder in decoders)


def human_name(codec: str, tag: str = "") -> str:
    """A codec as its users call it; the technical name where they do not talk of it."""
    if codec == "prores":
        return PRORES_NAMES.get(tag, NAMES[codec])
    if codec.startswith("pcm_") and codec not in NAMES:
        return "PCM"
    return NAMES.get(codec, codec)
