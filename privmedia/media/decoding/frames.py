"""The poster of a film: a frame that shows something. Of sound: the cover in the file, if there is one."""
from __future__ import annotations

import time
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageStat

from privmedia.media.decoding import pictures
from privmedia.media.decoding.tracks import decodable, is_cover, opened
from privmedia.media.filetype import FileType

# Many films begin black, with a logo or a slate, and end in credits.
PLACES = (0.03, 0.08, 0.14, 0.22, 0.30)
PLACES_IN_SECONDS = (1.0, 0.0, 3.0, 8.0)
# Contrast, as the standard deviation of brightness of 255: from here on a frame is taken without looking further.
GOOD_ENOUGH = 40.0
MOST_FRAMES_PER_PLACE = 600
SECONDS_TO_LOOK = 25.0


def poster(path: Path, file_type: FileType, at: float | None = None) -> Image.Image | None:
    """The poster: the frame shown `at` seconds, or one that shows something.

    None if there is no picture in the file, or none that may be decoded here.
    """
    with opened(path, file_type.demuxer) as container:
        film = film_in(container)
        if film is None:
            return cover(container)
        if not decodable(film):
            return None
        return best_frame(container, film) if at is None else still_at(container, film, at)


def stills(path: Path, file_type: FileType, outs: list[str]) -> int:
    """Write frames from all over the film to `outs`, in order; how many there are."""
    with opened(path, file_type.demuxer) as container:
        film = film_in(container)
        if film is None or not decodable(film) or not container.duration:
            return 0
        length = container.duration / av.time_base
        for made, out in enumerate(outs):
            frame = still_at(container, film, length * (made + 0.5) / len(outs))
            if frame is None:
                return made
            pictures.write(frame, out, longest=pictures.POSTER_LONGEST)
    return len(outs)


def film_in(container: InputContainer) -> VideoStream | None:
    """The moving picture in a file; None if it has none."""
    return next((stream for stream in container.streams.video if not is_cover(stream)), None)


def still_at(container: InputContainer, stream: VideoStream, seconds: float) -> Image.Image | None:
    """The frame shown at a moment, as it is meant to be seen; None if there is none."""
    frame = frame_at(container, stream, seconds, time.monotonic() + SECONDS_TO_LOOK)
    return None if frame is None else upright(frame, stream)


def cover(container: InputContainer) -> Image.Image | None:
    for stream in container.streams.video:
        if decodable(stream):
            frame = next(container.decode(stream), None)
            return upright(frame, stream) if frame else None
    return None


def best_frame(container: InputContainer, stream: VideoStream) -> Image.Image | None:
    """The frame with the most contrast among a few, or the first of them that has enough."""
    best, best_contrast = None, -1.0
    stop_at = time.monotonic() + SECONDS_TO_LOOK
    for seconds in places(container):
        frame = frame_at(container, stream, seconds, stop_at)
        if frame is not None:
            image = upright(frame, stream)
            contrast = contrast_of(image)
            if contrast > best_contrast:
                best, best_contrast = image, contrast
        if best_contrast >= GOOD_ENOUGH or (best is not None and time.monotonic() > stop_at):
            break
    return best


def places(container: InputContainer) -> list[float]:
    """Where to look, in seconds from the beginning; the beginning itself comes last."""
    if not container.duration:
        return list(PLACES_IN_SECONDS)
    length = container.duration / av.time_base
    return [length * place for place in PLACES] + [0.0]


def frame_at(
    container: InputContainer, stream: VideoStream, seconds: float, stop_at: float
) -> VideoFrame | None:
    """The frame shown at a moment; an earlier one if that is far from where decoding can begin."""
    start = (container.start_time or 0) / av.time_base
    reached = None
    try:
        container.seek(int((start + seconds) * av.time_base))
        for count, frame in enumerate(container.decode(stream)):
            if not frame.is_corrupt:
                reached = frame
            if frame.time is None or frame.time >= start + seconds:
                break
            if count >= MOST_FRAMES_PER_PLACE or time.monotonic() > stop_at:
                break
    except av.MemoryError:
        raise
    except av.FFmpegError:
        # Beyond the last whole frame, or a broken one: other places may be sound.
        return reached
    return reached


def upright(frame: VideoFrame, stream: VideoStream) -> Image.Image:
    """The frame as it is meant to be seen: square pixels, turned, no larger than needed."""
    aspect = float(stream.sample_aspect_ratio or 1)
    width, height = frame.width * aspect, float(frame.height)
    scale = min(1.0, pictures.POSTER_LONGEST / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = frame.reformat(width=size[0], height=size[1], format="rgb24")
    image: Image.Image = small.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves out its type
    return image.rotate(frame.rotation, expand=True) if frame.rotation % 360 else image


def contrast_of(image: Image.Image) -> float:
    small = image.convert("L").resize((64, 64), Image.Resampling.BOX)
    return float(ImageStat.Stat(small).stddev[0])
