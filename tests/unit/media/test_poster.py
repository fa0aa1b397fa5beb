"""Posters, and pictures shown in place of others: what is on them, and what is not in them."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from privmedia.media import Damaged, make_playable, make_poster, make_sizes
from tests.unit.media.conftest import BLUE, RED, Seen, Studio, pdf, photo_with_place, picture

Look = Callable[[Path], Seen]
TOLERANCE = 40


@pytest.fixture
def poster_of(look: Look, work: Path, tmp_path: Path) -> Callable[[Path], Image.Image | None]:
    def poster_of(path: Path) -> Image.Image | None:
        seen = look(path)
        out = tmp_path / "poster.webp"
        if not make_poster(path, seen.file_type, seen.probe, out=out, small=out.with_name("small.webp"), work=work):
            assert not out.exists()
            return None
        with Image.open(out) as image:
            assert image.format == "WEBP"
            image.load()
            return image
    return poster_of


Poster = Callable[[Path], Image.Image | None]


def colour(image: Image.Image, across: float, down: float) -> tuple[int, ...]:
    return image.convert("RGB").getpixel((int(image.width * across), int(image.height * down)))  # type: ignore[return-value]


def close(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= TOLERANCE for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("name", [
    "faststart.mp4", "index-last.mp4", "one-second.mp4", "fragmented.mp4", "vp9.webm", "live.webm", "old.avi",
    "broadcast.ts", "disc.mpg", "windows.wmv", "prores.mov", "ten-bit.mp4", "hev1.mp4", "theora.ogv", "flash.flv",
])
def test_every_film_gets_a_poster_with_something_on_it(studio: Studio, poster_of: Poster, name: str) -> None:
    image = poster_of(studio.make(name))
    assert image is not None
    assert image.width == (64 if name == "one-second.mp4" else 320)
    assert ImageStat.Stat(image.convert("L")).stddev[0] > 30


def test_the_poster_of_a_film_that_begins_black_is_not_black(studio: Studio, poster_of: Poster) -> None:
    image = poster_of(studio.make("black-first.mp4"))
    assert image is not None
    assert ImageStat.Stat(image.convert("L")).stddev[0] > 30


def test_the_poster_of_a_film_recorded_upright_stands_as_players_show_it(
    studio: Studio, poster_of: Poster, tmp_path: Path
) -> None:
    path = studio.portrait()
    shown = tmp_path / "shown.png"
    studio.ffmpeg("-i", str(path), "-frames:v", "1", str(shown))
    image = poster_of(path)
    assert image is not None
    with Image.open(shown) as reference:
        assert image.size == reference.size == (180, 320)
        for down in (0.25, 0.75):
            assert close(colour(image, 0.5, down), colour(reference, 0.5, down))
        assert not close(colour(image, 0.5, 0.25), colour(image, 0.5, 0.75))


def test_a_poster_has_square_pixels(studio: Studio, poster_of: Poster) -> None:
    image = poster_of(studio.make("anamorphic.mp4"))
    assert image is not None
    assert image.size == (360, 144)


def test_sound_has_a_poster_only_with_a_cover(studio: Studio, poster_of: Poster) -> None:
    assert poster_of(studio.make("sound.mp3")) is None
    for name in ("sound.mp3", "sound.m4a"):
        image = poster_of(studio.with_cover(name))
        assert image is not None
        assert close(colour(image, 0.25, 0.5), RED)
        assert close(colour(image, 0.75, 0.5), BLUE)


def test_a_rare_decoder_is_never_started(studio: Studio, poster_of: Poster) -> None:
    assert poster_of(studio.make("magicyuv.avi")) is None


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF"])
def test_every_picture_gets_a_poster(studio: Studio, poster_of: Poster, form: str) -> None:
    image = poster_of(studio.write(f"poster.{form.lower()}", picture(form)))
    assert image is not None
    assert close(colour(image, 0.25, 0.5), RED)
    assert close(colour(image, 0.75, 0.5), BLUE)


def test_a_poster_is_at_most_1280_wide(studio: Studio, poster_of: Poster) -> None:
    image = poster_of(studio.write("wide.png", picture("PNG", (4000, 1000))))
    assert image is not None
    assert image.size == (1280, 320)


@pytest.mark.parametrize(
    ("size", "large", "small"),
    [
        ((1920, 1080), (1280, 720), (480, 270)),
        ((1080, 1920), (720, 1280), (480, 854)),
        ((3000, 300), (1280, 128), (1280, 128)),
        ((320, 180), (320, 180), (320, 180)),
    ],
)
def test_the_small_poster_fills_its_place_in_a_list_and_is_no_larger_than_that(
    studio: Studio, look: Look, work: Path, tmp_path: Path, size: tuple[int, int], large: object, small: object
) -> None:
    path = studio.write("wall.png", picture("PNG", size))
    seen = look(path)
    outs = tmp_path / "poster.webp", tmp_path / "small.webp"
    assert make_poster(path, seen.file_type, seen.probe, out=outs[0], small=outs[1], work=work)
    for out, wanted in zip(outs, (large, small), strict=True):
        with Image.open(out) as image:
            assert (image.format, image.size) == ("WEBP", wanted)


@pytest.mark.parametrize(("orientation", "size"), [(1, (320, 180)), (3, (320, 180)), (6, (180, 320)), (8, (180, 320))])
def test_the_poster_of_a_photo_stands_upright_and_says_nothing_about_the_camera(
    studio: Studio, look: Look, work: Path, tmp_path: Path, orientation: int, size: tuple[int, int]
) -> None:
    path = studio.write(f"photo-{orientation}.jpg", photo_with_place(orientation))
    seen = look(path)
    shown = tmp_path / "play.webp"
    make_playable(path, seen.file_type, seen.probe, seen.decision, out=shown, work=work)
    out = tmp_path / "poster.webp"
    assert make_poster(path, seen.file_type, seen.probe, out=out, small=out.with_name("small.webp"), work=work)
    assert b"Camera of Leila" in path.read_bytes()
    for made in (out, shown):
        assert b"Camera of Leila" not in made.read_bytes()
        with Image.open(made) as image:
            assert image.size == size
            assert not image.getexif()
            first = {1: (0.25, 0.5), 3: (0.75, 0.5), 6: (0.5, 0.25), 8: (0.5, 0.75)}[orientation]
            assert close(colour(image, *first), RED)


def test_sixteen_bits_of_grey_do_not_come_out_white(studio: Studio, poster_of: Poster) -> None:
    path = studio.folder / "grey.tif"
    Image.new("I;16", (100, 100), 128 * 256).save(path)
    image = poster_of(path)
    assert image is not None
    assert close(colour(image, 0.5, 0.5), (128, 128, 128))


def test_a_heic_photo_is_shown_as_it_looks(work: Path, look: Look, tmp_path: Path) -> None:
    path = Path(__file__).parent / "two-colours.heic"
    seen = look(path)
    out = tmp_path / "play.webp"
    make_playable(path, seen.file_type, seen.probe, seen.decision, out=out, work=work)
    with Image.open(out) as image:
        assert image.size == (96, 64)
        assert close(colour(image, 0.25, 0.5), RED)
        assert close(colour(image, 0.75, 0.5), BLUE)


def test_the_poster_of_a_pdf_is_its_first_page(studio: Studio, poster_of: Poster) -> None:
    image = poster_of(studio.write("poster.pdf", pdf()))
    assert image is not None
    assert image.size == (960, 1280)
    assert close(colour(image, 0.5, 0.5), (204, 26, 26))


@pytest.mark.parametrize(("name", "mode", "size"), [("bomb.png", "1", 16_000), ("bomb.jpg", "L", 24_000)])
def test_a_picture_larger_than_anything_is_refused_in_words(
    studio: Studio, look: Look, name: str, mode: str, size: int
) -> None:
    path = studio.folder / name
    Image.new(mode, (size, size)).save(path, quality=1)
    with pytest.raises(Damaged) as refused:
        look(path)
    assert refused.value.sentence == f"The picture is too large to be shown: {size} by {size} pixels."


@pytest.mark.parametrize("orientation", [1, 6])
def test_smaller_copies_of_a_photo_stand_upright_and_say_nothing_about_where_or_with_what_it_was_taken(
    studio: Studio, look: Look, work: Path, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of Leila"
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 54.0, 50.0), 3: "E", 4: (10.0, 45.0, 8.0)})
    path = studio.write(f"large-{orientation}.jpg", picture("JPEG", (4000, 2000), exif=exif))
    seen = look(path)
    made = make_sizes(path, seen.file_type, seen.probe, work=work)
    assert list(made) == ([2560, 1280, 640] if orientation == 1 else [1280, 640])
    for width, copy in made.items():
        with Image.open(copy) as image:
            assert image.format == "WEBP"
            assert image.size == ((width, width // 2) if orientation == 1 else (width, width * 2))
            assert not image.getexif()
            assert close(colour(image, *((0.25, 0.5) if orientation == 1 else (0.5, 0.25))), RED)
            assert b"Leila" not in copy.read_bytes()


def test_a_picture_that_moves_or_is_small_has_no_smaller_copies(studio: Studio, look: Look, work: Path) -> None:
    frames = [Image.new("RGB", (1600, 900), colour) for colour in (RED, BLUE)]
    moving = studio.folder / "moving.gif"
    frames[0].save(moving, save_all=True, append_images=frames[1:])
    for path in (moving, studio.write("small.png", picture("PNG", (700, 400)))):
        seen = look(path)
        assert make_sizes(path, seen.file_type, seen.probe, work=work) == {}
