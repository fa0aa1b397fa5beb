"""Files made to fetch, to read, to fill, to hang: each a name and its bytes. Where they point the caller says."""
from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

NAMES = ("film.mp4", "film.mov", "film.mkv", "film.webm", "film.avi", "film.ts", "film.flv", "film.wmv", "talk.mp3",
         "talk.wav", "talk.ogg", "talk.m4a")
PARTS = 64
BOX = 8


def scripts(port: int, local: Path) -> dict[str, bytes]:
    """What programs read as lists of other files, by what it is: addresses of this machine, and a file beside it."""
    address = f"http://127.0.0.1:{port}"
    start = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n"
    end = "#EXT-X-ENDLIST\n"
    lists = {
        "hls-address": f"{start}#EXTINF:10,\n{address}/a.ts\n{end}",
        "hls-file": f"{start}#EXTINF:10,\n{local}\n{end}",
        "hls-file-scheme": f"{start}#EXTINF:10,\nfile://{local}\n{end}",
        "hls-concat": f"{start}#EXTINF:10,\nconcat:{address}/header.y4m|file://{local}\n{end}",
        "hls-subfile": f"{start}#EXTINF:10,\nsubfile,,start,0,end,64,,:{local}\n{end}",
        "hls-key": f'{start}#EXT-X-KEY:METHOD=AES-128,URI="{address}/key"\n#EXTINF:10,\n{local}\n{end}',
        "hls-map": f'{start}#EXT-X-MAP:URI="{local}"\n#EXTINF:10,\n{address}/a.mp4\n{end}',
        "hls-master": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{address}/b.m3u8\n",
        "hls-after-noise": "\x00" * 4096 + f"{start}#EXTINF:10,\n{local}\n{end}",
        "ffconcat": f"ffconcat version 1.0\nfile '{local}'\n",
        "ffconcat-address": f"ffconcat version 1.0\nfile '{address}/a.mp4'\n",
        "dash": f'<?xml version="1.0"?><MPD><BaseURL>{address}/</BaseURL></MPD>',
        "smooth": f'<?xml version="1.0"?><SmoothStreamingMedia Url="{address}/"/>',
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n",
        "asx": f'<asx version="3"><entry><ref href="{address}/a.wmv"/></entry></asx>',
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}/a.png"/></svg>',
        "ass": f"[Script Info]\n[Fonts]\nfontname: ../../{local.name}\n",
        "imf": f'<AssetMap xmlns="http://www.smpte-ra.org/schemas/429-9/2007/AM"><Path>{local}</Path></AssetMap>',
    }
    return {name: text.encode() for name, text in lists.items()}


def handmade(genuine: dict[str, bytes], port: int, local: Path) -> Iterator[tuple[str, str, bytes]]:
    """Each as what it is, the name it comes under, and its bytes. `genuine` are sound files, by name."""
    for kind, data in scripts(port, local).items():
        for name in NAMES:
            yield f"{kind} as {name}", name, data
    for name, data in genuine.items():
        for part in range(1, PARTS):
            yield f"{name} cut at {part}/{PARTS}", name, data[: len(data) * part // PARTS]
        for kind, script in list(scripts(port, local).items())[:4]:
            yield f"{name} with {kind} behind it", name, data + script
    mp4 = genuine["film.mp4"]
    yield "boxes in boxes", "film.mp4", mp4[:32] + nested(b"moov", 4000) + mp4[32:]
    yield "an index in an index", "film.mp4", mp4.replace(b"trak", b"moov")
    endless = b"\x00\x00\x00\x01mdat" + b"\xff" * 8
    yield "a box larger than any disk", "film.mp4", mp4.replace(b"mdat", b"free") + endless
    yield "four thousand million samples", "film.mp4", lying(mp4, b"stsz", 8, b"\xff\xff\xff\xff")
    yield "as many chunks", "film.mp4", lying(mp4, b"stco", 4, b"\xff\xff\xff\xff")
    yield "as many of one length", "film.mp4", lying(mp4, b"stts", 4, b"\x7f\xff\xff\xff")
    yield "pictures as large as a field", "film.mp4", lying(mp4, b"avc1", 24, b"\xff\xff\xff\xff")
    yield "a film of a thousand years", "film.mp4", lying(mp4, b"mvhd", 16, b"\xff\xff\xff\xff")
    yield "ticks of no length", "film.mp4", lying(mp4, b"mdhd", 12, b"\x00\x00\x00\x00")
    yield "media in another file", "film.mov", mp4.replace(b"url \x00\x00\x00\x01", b"url \x00\x00\x00\x00")
    mkv = genuine["film.mkv"]
    yield "a header without an end", "film.mkv", mkv[:4] + b"\x01" + b"\xff" * 7 + mkv[12:]
    yield "a segment in a segment", "film.mkv", mkv + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + mkv
    yield "tags in tags", "film.mkv", mkv + b"\x12\x54\xc3\x67\x88" * 4000
    yield "a million cues", "film.mkv", mkv + b"\x1c\x53\xbb\x6b\x84\x00\x00\x00\x00" * 4000
    yield "a list in a list", "film.avi", genuine["film.avi"][:12] + b"LIST\xff\xff\xff\x7fhdrl" * 4000


def nested(kind: bytes, depth: int) -> bytes:
    """A box in a box in a box."""
    return b"".join((BOX * (depth - level)).to_bytes(4, "big") + kind for level in range(depth))


def lying(data: bytes, box: bytes, offset: int, claim: bytes) -> bytes:
    """The file with a field of its first box of this kind overwritten, `offset` bytes behind its name."""
    at = data.index(box) + len(box) + offset
    return data[:at] + claim + data[at + len(claim):]


def mutated(name: str, data: bytes, seed: int) -> bytes:
    """The file with some bytes changed, parts doubled, left out or swapped, as the seed says; its first bytes stay."""
    dice = random.Random(f"{name} {seed}")
    changed = bytearray(data)
    for _ in range(dice.choice((1, 3, 30, 300))):
        at = dice.randrange(16, len(changed))
        changed[at] = dice.choice((dice.randrange(256), 0, 0xFF, 0x7F, changed[at] ^ 1 << dice.randrange(8)))
    for _ in range(dice.choice((0, 0, 1, 3))):
        start = dice.randrange(16, len(changed))
        piece = changed[start : start + dice.randrange(1, 2000)]
        if dice.random() < 0.5:
            del changed[start : start + len(piece)]
        to = dice.randrange(16, len(changed) + 1)
        changed[to:to] = piece
    return bytes(changed)
