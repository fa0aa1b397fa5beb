"""Playlists as text: what is read is whole, and what is written says what a player needs."""
from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from privmedia.media import playlists
from privmedia.media.playlists import Film, NoPlaylist, Segment, Sound, Stream

GOOD = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="720p-ab12.mp4",BYTERANGE="825@0"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:1000@825
720p-ab12.mp4
#EXTINF:1.500000,
#EXT-X-BYTERANGE:600@1825
720p-ab12.mp4
#EXT-X-ENDLIST
"""


def test_a_stream_is_read_with_its_segments() -> None:
    stream = playlists.read_stream(GOOD)
    assert stream == Stream("720p-ab12.mp4", 825, (Segment(4.0, 825, 1000), Segment(1.5, 1825, 600)))
    assert stream.seconds == 5.5
    assert stream.peak == 3200
    assert stream.average == round(1600 * 8 / 5.5)


def test_what_is_written_of_a_stream_is_read_again() -> None:
    stream = playlists.read_stream(GOOD)
    assert playlists.read_stream(playlists.stream_playlist(stream)) == stream
    assert "#EXT-X-TARGETDURATION:4\n" in playlists.stream_playlist(stream)


def test_a_stream_ends_with_no_scrap_of_a_segment() -> None:
    """Of 8 seconds of AAC there is a third segment of one frame, and for hls.js the film would not end."""
    whole, scrap = Segment(4.0, 825, 1000), Segment(0.02322, 1825, 356)
    stream = Stream("sound-1-ab12.mp4", 825, (whole, scrap))
    assert stream.without_scrap.segments == (Segment(4.02322, 825, 1356),)
    for as_it_is in ((whole,), (scrap,), (whole, Segment(0.5, 1825, 600))):
        assert replace(stream, segments=as_it_is).without_scrap.segments == as_it_is


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#EXT-X-ENDLIST\n", ""),
        ("#EXTM3U\n", ""),
        ("1000@825", "1000@826"),
        ("600@1825", "0@1825"),
        ("#EXTINF:1.500000,\n", ""),
        ("#EXT-X-BYTERANGE:600@1825\n", ""),
        ("600@1825\n720p-ab12.mp4", "600@1825\nhttp://elsewhere.example/720p.mp4"),
        ("600@1825\n720p-ab12.mp4", "600@1825\n../../secret.mp4"),
        ('URI="720p-ab12.mp4"', 'URI="file:///etc/passwd"'),
        ("#EXT-X-MEDIA-SEQUENCE:0", '#EXT-X-KEY:METHOD=AES-128,URI="http://elsewhere.example/key"'),
        ("#EXTINF:4.000000,", "#EXTINF:0,"),
    ],
)
def test_what_is_no_stream_in_one_file_is_refused(before: str, after: str) -> None:
    assert before in GOOD
    with pytest.raises(NoPlaylist):
        playlists.read_stream(GOOD.replace(before, after, 1))


def film(height: int, size: int) -> Film:
    stream = Stream(f"{height}p-ab12.mp4", 800, (Segment(4.0, 800, size), Segment(2.0, 800 + size, size // 4)))
    return Film(
        playlist=f"{height}p-ab12.m3u8", stream=stream, width=height * 16 // 9, height=height, rate=Fraction(25),
        codec="avc1.64001f",
    )


def sound(number: int, language: str | None) -> Sound:
    return Sound(
        playlist=f"sound-{number}-ab12.m3u8",
        stream=Stream(f"sound-{number}-ab12.mp4", 700, (Segment(4.0, 700, 64_000),)),
        codec="mp4a.40.2",
        channels=2,
        language=language,
    )


def test_the_master_playlist_lists_sizes_from_the_smallest_with_what_the_line_has_to_carry() -> None:
    text = playlists.master([film(720, 800_000), film(360, 200_000)], [sound(1, "eng"), sound(2, "deu")])
    lines = text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert [line for line in lines if line.endswith("p-ab12.m3u8")] == ["360p-ab12.m3u8", "720p-ab12.m3u8"]
    small = next(line for line in lines if "RESOLUTION=640x360" in line)
    # 200,000 bytes in 4 seconds, and the sound beside them.
    assert f"BANDWIDTH={400_000 + 128_000}," in small
    assert 'CODECS="avc1.64001f,mp4a.40.2"' in small
    assert "FRAME-RATE=25.000" in small
    assert 'AUDIO="sound"' in small


def test_sounds_are_told_apart_by_language_or_number_and_the_first_is_heard() -> None:
    text = playlists.master([film(360, 200_000)], [sound(1, "eng"), sound(2, "eng"), sound(3, None), sound(4, "nor")])
    assert re.findall(r'NAME="([^"]+)"', text) == ["eng 1", "eng 2", "sound 3", "nor"]
    assert re.findall(r"DEFAULT=(\w+)", text) == ["YES", "NO", "NO", "NO"]


def test_captions_take_the_place_of_those_before_and_are_named_by_every_size() -> None:
    bare = playlists.master([film(360, 200_000), film(720, 800_000)], [sound(1, None)])
    once = playlists.with_captions(bare, [("en", "English", "captions-en-1.m3u8"), ("de", 'De"utsch', "c.m3u8")])
    assert once.count("TYPE=SUBTITLES") == 2
    assert once.count('SUBTITLES="captions"') == 2
    assert "De'utsch" in once
    again = playlists.with_captions(once, [("nb", "Norsk", "captions-nb-2.m3u8")])
    assert again.count("TYPE=SUBTITLES") == 1
    assert again.count('SUBTITLES="captions"') == 2
    assert playlists.with_captions(again, []) == bare


def test_captions_are_one_segment_as_long_as_the_film() -> None:
    text = playlists.captions_playlist("../../captions-en.vtt?v=1", seconds=61.2)
    assert "#EXT-X-TARGETDURATION:61" in text
    assert "#EXTINF:61.200,\n../../captions-en.vtt?v=1\n#EXT-X-ENDLIST" in text
