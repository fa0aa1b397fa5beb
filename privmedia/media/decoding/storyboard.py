"""Small pictures from all over a film on one sheet, for the player to show over its bar."""
from __future__ import annotations

import time
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from privmedia.media.decoding import pictures
from privmedia.media.decoding.frames import film_in, frame_at, upright
from privmedia.media.decoding.tracks import decodable, opened
from privmedia.media.filetype import FileType

SECONDS_EACH = 10.0
"""Longer than decoding from a keyframe to the next takes."""


def sheet(
    path: Path, file_type: FileType, out: str, *, tiles: int, columns: int, longest: int
) -> list[int] | None:
    """Write `tiles` pictures, row by row, none longer than `longest` pixels; how many, their width and height.

    None if there is nothing to show. What cannot be decoded shows what was shown before it.
    """
    with opened(path, file_type.demuxer) as container:
        film = film_in(container)
        if film is None or not decodable(film) or not container.duration:
            return None
        length = container.duration / av.time_base
        board = Board(tiles, columns, longest)
        for number in range(tiles):
            frame = near(container, film, length * (number + 0.5) / tiles, length / tiles / 2)
            board.put(number, None if frame is None else upright(frame, film))
    if board.picture is None:
        return None
    pictures.write(board.picture, out, longest=max(board.picture.size))
    return [tiles, *board.size]


class Board:
    """The sheet as it fills; all tiles are of the size of the first."""

    def __init__(self, tiles: int, columns: int, longest: int) -> None:
        self.tiles, self.columns, self.longest = tiles, columns, longest
        self.size = (0, 0)
        self.picture: Image.Image | None = None
        self.last: Image.Image | None = None

    def put(self, number: int, image: Image.Image | None) -> None:
        """Put a picture in its place, the one before it once more where there is none."""
        if image is not None:
            self.last = self.small(image.convert("RGB"))
        if self.last is None:
            return
        if self.picture is None:
            self.size = self.last.size
            rows = -(-self.tiles // self.columns)
            self.picture = Image.new("RGB", (self.size[0] * min(self.tiles, self.columns), self.size[1] * rows))
        left, top = number % self.columns * self.size[0], number // self.columns * self.size[1]
        self.picture.paste(self.last, (left, top))

    def small(self, image: Image.Image) -> Image.Image:
        if self.picture is not None:
            return image.resize(self.size, Image.Resampling.BILINEAR)
        image.thumbnail((self.longest, self.longest), Image.Resampling.BILINEAR)
        return image


def near(container: InputContainer, film: VideoStream, seconds: float, tolerance: float) -> VideoFrame | None:
    """The keyframe before a moment if it is near enough, which takes a hundredth of the time; else the frame there."""
    start = (container.start_time or 0) / av.time_base
    try:
        container.seek(int((start + seconds) * av.time_base))
        frame = next(container.decode(film), None)
    except av.MemoryError:
        raise
    except av.FFmpegError:
        return None
    if frame is None or (frame.time is not None and abs(start + seconds - frame.time) <= tolerance):
        return frame
    return frame_at(container, film, seconds, time.monotonic() + SECONDS_EACH) or frame
