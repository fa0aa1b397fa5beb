"""The pictures of the demonstration library, drawn from numbers: each scene takes a seed and its colours."""
from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

SIZE = WIDTH, HEIGHT = 1280, 720
HORIZON = 440
Colour = tuple[int, int, int]
Scene = Callable[[], Image.Image]
TITLE = (70, 62)
EDGE = 180
"""What Pillow's radial gradient has in the middle of its sides; the corners have 255."""
FINE = 2
"""How many times larger shapes with edges are drawn, so that their edges are smooth."""


def colour(text: str) -> Colour:
    """`#10222b` as three numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def written(tone: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*tone)


def blend(first: str, second: str, share: float) -> Colour:
    """A colour between two: all of the first at 0, all of the second at 1."""
    red, green, blue = (
        round(one + (other - one) * share) for one, other in zip(colour(first), colour(second), strict=True)
    )
    return red, green, blue


def gradient(colours: Sequence[str], size: tuple[int, int] = SIZE) -> Image.Image:
    """Colours from top to bottom, evenly."""
    strip = Image.new("RGB", (1, len(colours)))
    for place, each in enumerate(colours):
        strip.putpixel((0, place), colour(each))
    # Cut by half a pixel at both ends, so that the first and the last colour stand at the very edge.
    return strip.resize(size, Image.Resampling.BILINEAR, box=(0, 0.5, 1, len(colours) - 0.5))


def glow(picture: Image.Image, centre: tuple[float, float], radius: int, tint: str, strength: float = 1.0) -> None:
    """Light around a place, added to what is there."""
    fall = Image.radial_gradient("L").resize((2 * radius, 2 * radius), Image.Resampling.BICUBIC)
    fall = fall.point(lambda far: min(255, max(0, EDGE - far) ** 2 / EDGE**2 * 255 * strength))
    light = Image.new("RGB", SIZE)
    corner = round(centre[0] - radius), round(centre[1] - radius)
    light.paste(Image.new("RGB", fall.size, colour(tint)), corner, fall)
    picture.paste(ImageChops.screen(picture, light))


def finished(picture: Image.Image, grain: float = 5) -> Image.Image:
    """Darker towards the corners, with the grain of a camera."""
    fall = Image.radial_gradient("L").resize(SIZE).point(lambda far: 255 - max(0, far - 90) * 0.38)
    picture = ImageChops.multiply(picture, Image.merge("RGB", [fall] * 3))
    noise = Image.effect_noise(SIZE, grain)
    return ImageChops.add(picture, Image.merge("RGB", [noise] * 3), offset=-128)


def ridge(dice: random.Random, base: float, rise: float, rough: float) -> list[tuple[float, float]]:
    """The outline of a range of hills, from left to right: smooth steps of eight sizes, laid over each other."""
    heights = [0.0] * (WIDTH + 1)
    for octave in range(8):
        steps = 2**octave * rough
        knots = [dice.uniform(-1, 1) for _knot in range(math.ceil(steps) + 2)]
        for place in range(WIDTH + 1):
            whole, part = divmod(place / WIDTH * steps, 1)
            heights[place] += (knots[int(whole)] * (1 - part) + knots[int(whole) + 1] * part) / 1.85**octave
    low, high = min(heights), max(heights)
    return [(place, base - rise * (height - low) / (high - low)) for place, height in enumerate(heights)]


def sea(
    seed: int, sky: Sequence[str], far: str, near: str, *, sun: tuple[int, int], light: str, ship: bool = False
) -> Image.Image:
    """A fjord under a low sun, and a ship on it if wanted."""
    dice = random.Random(seed)
    picture = gradient(sky)
    glow(picture, sun, 520, light, 0.5)
    glow(picture, sun, 150, light, 1.6)
    picture = _hills(picture, dice, far, near, haze=sky[-1])
    picture = _water(picture, dice, near, sun, light)
    if ship:
        _ship(picture, blend(near, "#000000", 0.55))
    return finished(picture)


def _hills(picture: Image.Image, dice: random.Random, far: str, near: str, haze: str) -> Image.Image:
    layers = 5
    for layer in range(layers):
        share = layer / (layers - 1)
        outline = ridge(dice, HORIZON - 4, 250 - 165 * share, 1.3 + 1.6 * share)
        if layer > 1:  # open in the middle
            outline = [
                (x, min(HORIZON, y + 150 * share * (1 - abs(2 * x / WIDTH - 1) ** 1.2))) for x, y in outline
            ]
        mask = Image.new("L", (WIDTH * FINE, HEIGHT * FINE))
        corners = [(0, HORIZON), *outline, (WIDTH, HORIZON)]
        ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in corners], fill=255)
        tone = written(blend(far, near, share))
        body = gradient([tone, tone, written(blend(tone, haze, 0.4 * (1 - share)))], (WIDTH, HORIZON))
        sheet = Image.new("RGB", SIZE)
        sheet.paste(body)
        picture.paste(sheet, mask=mask.resize(SIZE, Image.Resampling.LANCZOS))
    return picture


def _water(
    picture: Image.Image, dice: random.Random, near: str, sun: tuple[int, int], light: str
) -> Image.Image:
    """What lies above the horizon, mirrored in ripples that grow towards the beholder, and the sun's path on them."""
    depth = HEIGHT - HORIZON
    mirrored = picture.crop((0, 0, WIDTH, HORIZON)).transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((WIDTH, depth))
    for row in range(depth):
        shift = round(math.sin(row * 1.1 + dice.uniform(0, 1)) * (1 + 15 * row / depth))
        line = ImageChops.offset(mirrored.crop((0, row, WIDTH, row + 1)), shift, 0)
        picture.paste(line, (0, HORIZON + row))
    shade = gradient(["#505050", "#b0b0b0"], (WIDTH, depth)).convert("L")
    picture.paste(Image.new("RGB", (WIDTH, depth), colour(near)), (0, HORIZON), shade)
    glints = Image.new("L", SIZE)
    draw = ImageDraw.Draw(glints)
    for _glint in range(420):
        down = dice.random() ** 1.4
        x = dice.gauss(sun[0], 50 + 130 * down)
        y, length = HORIZON + 6 + down * (depth - 12), 5 + 40 * down * dice.random()
        draw.ellipse([x - length, y - 0.7 - 2.4 * down, x + length, y + 0.7 + 2.4 * down], fill=dice.randrange(70, 235))
    glints = glints.filter(ImageFilter.GaussianBlur(1.2))
    picture.paste(Image.new("RGB", SIZE, colour(light)), mask=glints)
    return picture


def _ship(picture: Image.Image, tone: Colour) -> None:
    sheet = Image.new("RGBA", (WIDTH * FINE, HEIGHT * FINE))
    draw = ImageDraw.Draw(sheet)
    left, line = 430, HORIZON + 36

    def shape(*corners: tuple[int, int]) -> None:
        draw.polygon([((left + x) * FINE, (line + y) * FINE) for x, y in corners], fill=(*tone, 255))

    def box(x: int, y: int, width: int, height: int, fill: Colour = tone) -> None:
        draw.rectangle([v * FINE for v in (left + x, line + y, left + x + width, line + y + height)], fill=(*fill, 255))

    shape((-210, -40), (232, -52), (205, 0), (-190, 0))
    box(-178, -104, 82, 66)
    box(-162, -138, 50, 36)
    box(-142, -176, 6, 40)
    box(188, -118, 5, 66)
    for crate in range(5):
        box(-70 + crate * 52, -72 - crate % 2 * 14, 44, 34)
    for window in range(4):
        box(-156 + window * 12, -126, 7, 8, (255, 226, 170))
    sheet = sheet.resize(SIZE, Image.Resampling.LANCZOS)
    mirrored = sheet.crop((0, line - 180, WIDTH, line)).transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((WIDTH, 110))
    mirrored = mirrored.filter(ImageFilter.GaussianBlur(4))
    picture.paste(mirrored, (0, line), mirrored.getchannel("A").point(lambda a: a * 0.45))
    picture.paste(sheet, mask=sheet)


def propeller(background: Sequence[str], dark: str, bright: str, blades: int, turned: float = 0.3) -> Image.Image:
    """A ship's propeller before a plain wall."""
    picture = gradient(background)
    glow(picture, (WIDTH * 0.78, 90), 520, "#9fc4d6", 0.35)
    centre, radius = (WIDTH * FINE / 2, HEIGHT * FINE / 2), 330 * FINE
    sheet = Image.new("RGBA", (WIDTH * FINE, HEIGHT * FINE))
    for blade in range(blades):
        angle = math.tau * blade / blades + turned
        outline = []
        for step in range(41):  # out along the leading edge, back along the trailing one
            share = step / 40
            out = math.sin(math.pi * share) ** 0.6
            lean = angle + (share - 0.42) * 1.5 * (0.5 + 0.5 * out)
            outline.append((centre[0] + math.cos(lean) * radius * out, centre[1] + math.sin(lean) * radius * out))
        mask = Image.new("L", sheet.size)
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        lit = 0.5 + 0.5 * math.cos(angle + 2.2)
        sheet.paste(Image.new("RGBA", sheet.size, (*blend(dark, bright, lit), 255)), mask=mask)
        ImageDraw.Draw(sheet).line(outline[:21], fill=(*blend(dark, bright, min(1, lit + 0.3)), 255), width=5)
    shadow = Image.new("RGBA", SIZE)
    sheet = sheet.resize(SIZE, Image.Resampling.LANCZOS)
    shadow.paste((0, 0, 0, 120), (18, 26), sheet.getchannel("A"))
    shadow = shadow.filter(ImageFilter.GaussianBlur(16))
    picture.paste(shadow, mask=shadow)
    picture.paste(sheet, mask=sheet)
    _hub(picture, 74)
    return finished(picture)


def _hub(picture: Image.Image, radius: int) -> None:
    ball = Image.radial_gradient("L").resize((2 * radius * FINE, 2 * radius * FINE))
    ball = Image.merge("RGB", [ball.point(lambda far, k=k: 225 * k - far * 0.75 * k) for k in (0.97, 0.98, 1.0)])
    draw = ImageDraw.Draw(ball)
    for bolt in range(8):
        x, y = (radius * FINE * (1 + 0.72 * f(math.tau * bolt / 8)) for f in (math.cos, math.sin))
        draw.ellipse([x - 11, y - 11, x + 11, y + 11], fill=(52, 56, 60))
    mask = Image.new("L", ball.size)
    ImageDraw.Draw(mask).ellipse([0, 0, ball.width - 1, ball.height - 1], fill=255)
    size = 2 * radius, 2 * radius
    picture.paste(ball.resize(size), (WIDTH // 2 - radius, HEIGHT // 2 - radius), mask.resize(size))


def bearing(background: Sequence[str], metal: str, shade: str) -> Image.Image:
    """A ball bearing, seen from the front."""
    picture = gradient(background)
    glow(picture, (250, 60), 600, metal, 0.35)
    sheet = Image.new("RGBA", (WIDTH * FINE, HEIGHT * FINE))
    draw = ImageDraw.Draw(sheet)
    centre = WIDTH * FINE // 2, HEIGHT * FINE // 2

    def ring(radius: int, share: float, at: tuple[float, float] = centre) -> None:
        box = [at[0] - radius * FINE, at[1] - radius * FINE, at[0] + radius * FINE, at[1] + radius * FINE]
        draw.ellipse(box, fill=(*blend(shade, metal, share), 255))

    for radius, share in ((310, 0.35), (302, 0.85), (262, 0.5), (252, 0.12), (172, 0.5), (164, 0.9), (120, 0.4)):
        ring(radius, share)
    for ball in range(13):
        angle = math.tau * ball / 13
        at = centre[0] + math.cos(angle) * 212 * FINE, centre[1] + math.sin(angle) * 212 * FINE
        for radius, share in ((36, 0.3), (33, 0.62), (26, 0.78)):
            ring(radius, share, at)
        ring(9, 1.0, (at[0] - 12 * FINE, at[1] - 12 * FINE))
    ring(112, 0.02)
    sheet = sheet.resize(SIZE, Image.Resampling.LANCZOS)
    shadow = Image.new("RGBA", SIZE)
    shadow.paste((0, 0, 0, 130), (20, 30), sheet.getchannel("A"))
    shadow = shadow.filter(ImageFilter.GaussianBlur(18))
    picture.paste(shadow, mask=shadow)
    picture.paste(sheet, mask=sheet)
    return finished(picture)


def hall(title: str, line: str, lights: str, seed: int) -> Image.Image:
    """A dark hall with a lit screen, a speaker and rows of heads."""
    dice = random.Random(seed)
    picture = gradient(["#0b0f12", "#10171b", "#0a0d0f"])
    for x in (180, 470, 810, 1100):
        glow(picture, (x, -30), 420, lights, 0.45)
    screen = [300, 90, 980, 430]
    glow(picture, (640, 260), 620, lights, 0.5)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle(screen, 10, fill=(236, 240, 239))
    draw.rectangle([346, 146, 354, 236], fill=blend(lights, "#000000", 0.15))
    draw.text((380, 136), title, font=_font(60), fill=(24, 32, 36))
    draw.text((382, 212), line, font=_font(27), fill=(96, 106, 110))
    draw.rectangle([0, 505, WIDTH, 509], fill=blend("#10171b", lights, 0.28))
    draw.ellipse([1040, 330, 1082, 380], fill=(7, 9, 10))
    draw.rounded_rectangle([1024, 376, 1098, 508], 26, fill=(7, 9, 10))
    for row, tone in ((596, "#0a0e10"), (664, "#050708")):
        for seat in range(-1, 15):
            x, y = seat * 94 + dice.randrange(-16, 16) + (row % 3) * 20, row + dice.randrange(-12, 12)
            draw.ellipse([x, y - 34, x + 54, y + 30], fill=colour(tone))
            draw.rounded_rectangle([x - 26, y + 22, x + 80, y + 170], 40, fill=colour(tone))
    return finished(picture.filter(ImageFilter.GaussianBlur(0.7)))


def interview(background: Sequence[str], light: str, seed: int) -> Image.Image:
    """Somebody before lights that are out of focus."""
    dice = random.Random(seed)
    picture = gradient(background)
    for _light in range(46):
        radius = dice.randrange(18, 66)
        x, y = dice.randrange(WIDTH - 2 * radius), dice.randrange(HEIGHT - 2 * radius)
        spot = Image.new("RGB", (2 * radius + 12, 2 * radius + 12))
        tone = blend("#000000", light, dice.uniform(0.08, 0.4))
        ImageDraw.Draw(spot).ellipse([6, 6, 2 * radius + 6, 2 * radius + 6], fill=tone)
        spot = spot.filter(ImageFilter.GaussianBlur(3))
        behind = picture.crop((x, y, x + spot.width, y + spot.height))
        picture.paste(ImageChops.screen(behind, spot), (x, y))
    figure = Image.new("L", SIZE)
    draw = ImageDraw.Draw(figure)
    draw.ellipse([535, 118, 725, 372], fill=255)
    draw.rounded_rectangle([590, 330, 670, 470], 30, fill=255)
    draw.rounded_rectangle([430, 440, 830, 900], 120, fill=255)
    figure = figure.filter(ImageFilter.GaussianBlur(2))
    rim = ImageChops.subtract(figure, ImageChops.offset(figure, -7, 5))
    picture.paste(Image.new("RGB", SIZE, (16, 19, 21)), mask=figure)
    picture.paste(Image.new("RGB", SIZE, colour(light)), mask=rim.filter(ImageFilter.GaussianBlur(2)))
    return finished(picture)


def card(background: Sequence[str], ink: str, title: str, line: str, *, bars: int | None = None) -> Image.Image:
    """A title on a plain ground, over waves or over the bars of a sound."""
    picture = gradient(background)
    glow(picture, (260, 140), 560, ink, 0.18)
    draw = ImageDraw.Draw(picture)
    draw.multiline_text(TITLE, title, font=_font(92), fill=colour(ink), spacing=8)
    below = TITLE[1] + 118 * (1 + title.count("\n"))
    draw.text((TITLE[0] + 3, below), line, font=_font(34), fill=blend(background[-1], ink, 0.72))
    if bars is None:
        for wave in range(16):
            points = [
                (x, 520 + wave * 15 + 34 * math.sin(x / 150 + wave * 0.22) + 22 * math.sin(x / 61 - wave * 0.3))
                for x in range(0, WIDTH + 8, 8)
            ]
            draw.line(points, fill=blend(background[-1], ink, 0.1 + 0.012 * wave), width=2)
    else:
        dice = random.Random(bars)
        for bar in range(76):
            x = TITLE[0] + bar * 15
            height = 14 + 120 * abs(math.sin(bar * 0.31) * math.sin(bar * 0.073 + 0.6)) + dice.random() * 42
            tone = blend(background[-1], ink, 0.95 if bar < 30 else 0.5)
            draw.rounded_rectangle([x, 530 - height, x + 7, 530 + height], 3, fill=tone)
    return finished(picture, 3)


def dashboard(accent: str, title: str) -> Image.Image:
    """The screen of a system that is being explained."""
    picture = gradient(["#f2f1ee", "#e9e8e3"])
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 0, 208, HEIGHT], fill=(20, 25, 29))
    for row in range(7):
        tone = accent if row == 2 else "#c9cdcf"
        draw.rounded_rectangle([46, 112 + row * 46, 46 + 62 + row * 29 % 70, 122 + row * 46], 5, fill=colour(tone))
    draw.text((254, 44), title, font=_font(40), fill=(26, 29, 31))
    for place, (name, value) in enumerate((("Load", "98.4 %"), ("Speed", "1,240 rpm"), ("Oil", "62 °C"))):
        x = 254 + place * 322
        draw.rounded_rectangle([x, 124, x + 298, 254], 14, fill="white")
        draw.text((x + 26, 142), name, font=_font(24), fill=(110, 116, 120))
        draw.text((x + 26, 180), value, font=_font(44), fill=(26, 29, 31))
    draw.rounded_rectangle([254, 280, 1196, 660], 14, fill="white")
    line = [
        (286 + x, 560 - 150 * abs(math.sin(x / 150)) ** 0.7 - 60 * x / 880 - 9 * math.sin(x / 17))
        for x in range(0, 880, 6)
    ]
    draw.polygon([(286, 632), *line, (line[-1][0], 632)], fill=blend("#ffffff", accent, 0.18))
    draw.line(line, fill=colour(accent), width=5, joint="curve")
    return finished(picture, 2)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font: none has to be installed for it."""
    return ImageFont.load_default(size)


DAY = ["#7fb2d6", "#c9e0ec", "#eef4f4"], "#9fb9c6", "#2c4552"
DUSK = ["#241c3c", "#4b3a63", "#8a6a86"], "#5b4a74", "#17122a"
SCENES: dict[str, Scene] = {
    "bearing": lambda: bearing(["#20180f", "#3a2a18", "#120d08"], "#f0cf9a", "#3a2712"),
    "bearing, measured": lambda: bearing(["#dfe4e4", "#c4cccd", "#aab4b6"], "#fbfdfd", "#56646a"),
    "day": lambda: sea(11, *DAY, sun=(330, 170), light="#fffbe8", ship=True),
    "deck talk": lambda: card(["#10282d", "#0b1c20"], "#8fd0c4", "Deck Talk", "Episode 12", bars=12),
    "dusk": lambda: sea(5, *DUSK, sun=(900, 400), light="#e9b6c4", ship=True),
    "fair": lambda: card(["#0d3350", "#0a2439"], "#a9d4ef", "SMM\nHamburg", "Four days in two minutes"),
    "green": lambda: sea(21, ["#9fc9b6", "#cfe6d8", "#eff6ee"], "#86ad9c", "#1e3b33", sun=(800, 210), light="#fbfff0"),
    "hot work": lambda: card(["#17191b", "#101214"], "#f2b441", "Hot work\npermits", "Safety induction, module 4"),
    "hybrid": lambda: dashboard("#b8642c", "Hybrid drive, under load"),
    "interview": lambda: interview(["#123840", "#0c2a31", "#07191d"], "#8fd0d0", 3),
    "overview": lambda: dashboard("#0e6274", "Bridge systems, overview"),
    "propeller": lambda: propeller(["#22333b", "#2d424c", "#172329"], "#6d4f24", "#d9a65a", 5),
    "propeller, steel": lambda: propeller(["#d4dde2", "#e6ecee", "#bfcad0"], "#5c666c", "#dfe5e8", 4, 0.7),
    "seal kit": lambda: bearing(["#f0e9dc", "#e2d6c2", "#cdbfa8"], "#b06a52", "#4a2a22"),
    "sunrise": lambda: sea(8, ["#4a3350", "#a9627a", "#f0b48f"], "#a3667c", "#2b1d2e", sun=(420, 372), light="#ffdca8"),
    "town hall": lambda: hall("Q3 town hall", "All of Skarvik, 14 October 2026", "#3fa3b5", 3),
    "town hall, spring": lambda: hall("Q2 town hall", "All of Skarvik, 8 July 2026", "#c4743a", 9),
    "winter": lambda: sea(30, ["#aebfd0", "#d7e0e8", "#f1f4f6"], "#b4c3cf", "#5a6f80", sun=(760, 250), light="#ffffff"),
}
"""Each scene by the name under which the library's files ask for it."""
