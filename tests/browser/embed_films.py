"""The library on https beside other sites, with three people, and a film as one file and in streams: for browsers."""
from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from privmedia.access.permissions import Permission
from privmedia.media import find_ffmpeg
from tests.browser.foreign_sites import Sites, with_other_sites


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    with with_other_sites(tmp_path_factory.mktemp("sites")) as sites:
        library = sites.library
        library.add_person("Maren Aasen", allow=Permission.MANAGE)
        library.add_person("Jonas Bakke", allow=Permission.VIEW)
        library.add_person("Oskar Lund")
        yield sites


@pytest.fixture(scope="session")
def films(sites: Sites, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same film twice: `file`, and `streams` as the worker leaves them: a playlist of all, and a file of each."""
    folder = tmp_path_factory.mktemp("film")
    film = folder / "film.mp4"
    command = [find_ffmpeg(""), "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=20", "-c:v"]
    command += ["libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50", "-movflags", "+faststart", film]
    subprocess.run(command, check=True)
    uid = sites.library.add_item(film.read_bytes())
    command = [find_ffmpeg(""), "-v", "error", "-nostdin", "-i", film, "-c", "copy", "-f", "hls"]
    command += ["-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_flags", "single_file"]
    subprocess.run([*command, "-hls_segment_filename", "180p-ab12.mp4", "180p-ab12.m3u8"], check=True, cwd=folder)
    size = '#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.42c00d",RESOLUTION=320x180'
    (folder / "master.m3u8").write_text(f"#EXTM3U\n#EXT-X-VERSION:7\n{size}\n180p-ab12.m3u8\n")
    kinds = {"master.m3u8": "application/vnd.apple.mpegurl", "180p-ab12.m3u8": "application/vnd.apple.mpegurl",
             "180p-ab12.mp4": "video/mp4"}
    streams = sites.library.add_item(film.read_bytes())
    for name, kind in kinds.items():
        sites.library.add_product(streams, f"hls/{name}", kind, (folder / name).read_bytes(), stored_as=f"hls-{name}")
    return {"file": uid, "streams": streams}
