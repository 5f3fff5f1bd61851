"""Another light on a picture that is there: time of day, warmth, tints. Each gives a new picture."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import random
from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageOps

from sandbox.painter.looking import lightness, sky_mask
from sandbox.painter.palette import Rgb, mix, rgb
from sandbox.painter.strokes import disc_mask, fade, glow, gradient

Painter = Callable[[Image.Image, random.Random], Image.Image]


def graded(
    image: Image.Image, gains: tuple[float, float, float], *, lift: float = 0.0, gamma: float = 1.0
) -> Image.Image:
    """Every channel by its gain, after a gamma; `lift` raises black."""
    table = [
        max(0, min(255, round(lift + (255 - lift) * gain * (level / 255) ** gamma)))
        for gain in gains
        for level in range(256)
    ]
    return image.point(table)


def night(image: Image.Image, rng: random.Random) -> Image.Image:
    """Dark and blue, with stars and a moon where the sky is."""
    sky = sky_mask(image)
    exposure = min(1.0, max(0.35, 78 / max(1.0, lightness(image))))
    dim = ImageEnhance.Color(image).enhance(0.6)
    dark = graded(dim, (0.72 * exposure, 0.85 * exposure, 1.12 * exposure), gamma=1.15)
    deep = gradient(image.width, image.height, (rgb("050b22"), rgb("0c1c44"), rgb("1d3a6b"), rgb("3a5c90")))
    dark = Image.composite(Image.blend(dark, deep, 0.72), dark, sky)
    stars(dark, rng, sky)
    moon(dark, rng, sky)
    return dark


def evening(image: Image.Image, rng: random.Random) -> Image.Image:
    """Low golden light under a violet sky."""
    exposure = min(1.15, max(0.7, 118 / max(1.0, lightness(image))))
    warm = graded(image, (1.12 * exposure, 0.86 * exposure, 0.72 * exposure))
    sky = sky_mask(image)
    glowing = gradient(
        image.width, image.height, (rgb("33205f"), rgb("8a3d7d"), rgb("e5674f"), rgb("ffab5e"), rgb("b0583c"))
    )
    lit = Image.blend(warm, ImageChops.soft_light(warm, glowing), 0.8)
    lit = Image.composite(Image.blend(lit, glowing, 0.62), lit, sky)
    at = (image.width * rng.uniform(0.2, 0.8), image.height * 0.52)
    glow(lit, at, min(image.size) * 0.55, colour=rgb("ffd08a"), strength=0.5, power=1.6)
    return lit


def morning(image: Image.Image, rng: random.Random) -> Image.Image:
    """Pale rose and yellow, with a little mist low down."""
    gamma = min(1.0, max(0.5, lightness(image) / 140))
    pale = graded(ImageEnhance.Color(image).enhance(0.85), (1.0, 0.93, 0.9), lift=26, gamma=gamma)
    rosy = gradient(image.width, image.height, (rgb("8fa6d8"), rgb("e9b3c4"), rgb("ffd9b8"), rgb("fff0cf")))
    lit = Image.composite(Image.blend(pale, rosy, 0.7), Image.blend(pale, rosy, 0.22), sky_mask(image))
    at = (image.width * rng.uniform(0.15, 0.85), image.height * 0.42)
    glow(lit, at, min(image.size) * 0.6, colour=rgb("fff2c8"), strength=0.6, power=1.7)
    band = gradient(image.width, image.height // 3, ((0, 0, 0), (150, 150, 150), (0, 0, 0))).convert("L")
    lit.paste(rgb("fff3ea"), (0, round(image.height * 0.55)), band)
    return lit


def day(image: Image.Image, rng: random.Random) -> Image.Image:
    """Clear and bright, under a blue sky."""
    del rng
    gamma = min(1.0, max(0.38, lightness(image) / 150))
    bright = ImageEnhance.Color(graded(image, (1.06, 1.04, 0.98), gamma=gamma)).enhance(1.2)
    blue = gradient(image.width, image.height, (rgb("2f7bd0"), rgb("69afe8"), rgb("bfe2f5"), rgb("e8f5f6")))
    return Image.composite(Image.blend(bright, blue, 0.72), bright, sky_mask(image))


def tinted(image: Image.Image, colour: Rgb, *, sky_only: bool) -> Image.Image:
    """In shades of one colour, its own colours still to be seen; or only the sky so."""
    shades = ImageOps.colorize(
        image.convert("L"), mix(colour, (0, 0, 0), 0.82), mix(colour, (255, 255, 255), 0.8), colour
    )
    if sky_only:
        return Image.composite(Image.blend(image, shades, 0.85), image, sky_mask(image))
    return Image.blend(image, shades, 0.62)


def stars(image: Image.Image, rng: random.Random, sky: Image.Image) -> None:
    """Stars where the sky is."""
    draw = ImageDraw.Draw(image)
    for _ in range(380):
        x, y, shine = rng.randrange(image.width), int(image.height * 0.85 * rng.random() ** 1.3), rng.random()
        open_ = sky.getpixel((x, y))
        if not isinstance(open_, int) or open_ < 140:
            continue
        size = max(image.size) / 1000 * (1.6 if shine > 0.9 else 0.6)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=mix(rgb("6f86b8"), rgb("fffaf0"), shine))


def moon(image: Image.Image, rng: random.Random, sky: Image.Image | None = None) -> None:
    """A moon, high up, where the sky is open."""
    radius = min(image.size) * rng.uniform(0.05, 0.065)
    at = _open_place(image, rng, sky_mask(image) if sky is None else sky)
    glow(image, at, radius * 5, colour=rgb("dfe6ff"), strength=0.5, power=2.2)
    image.paste(rgb("f7f3df"), (round(at[0] - radius), round(at[1] - radius)), disc_mask(radius))
    for dx, dy, share in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.3), (0.2, -0.4, 0.14)):
        spot = disc_mask(radius * share)
        x, y = at[0] + dx * radius - spot.width / 2, at[1] + dy * radius - spot.height / 2
        image.paste(rgb("d9d3bd"), (round(x), round(y)), fade(spot, 0.8))


def sun(image: Image.Image, rng: random.Random) -> None:
    """A sun with its glare."""
    radius = min(image.size) * 0.075
    at = _open_place(image, rng, sky_mask(image))
    glow(image, at, radius * 6, colour=rgb("fff0b0"), strength=0.75, power=2.0)
    image.paste(rgb("fffbe6"), (round(at[0] - radius), round(at[1] - radius)), disc_mask(radius))


def _open_place(image: Image.Image, rng: random.Random, sky: Image.Image) -> tuple[float, float]:
    """A place in the upper part, the most open of a few."""
    tries = [(rng.uniform(0.14, 0.86), rng.uniform(0.12, 0.26)) for _ in range(8)]

    def openness(place: tuple[float, float]) -> float:
        level = sky.getpixel((int(place[0] * image.width), int(place[1] * image.height)))
        return float(level) if isinstance(level, int) else 0.0

    x, y = max(tries, key=openness)
    return x * image.width, y * image.height


def _mono(image: Image.Image) -> Image.Image:
    return ImageOps.autocontrast(image.convert("L"), cutoff=1).convert("RGB")


def _sepia(image: Image.Image) -> Image.Image:
    return ImageOps.colorize(image.convert("L"), rgb("2b1a0c"), rgb("fff3d6"), rgb("a67c4c"))


_TIMES: Final[Mapping[str, Painter]] = {"night": night, "evening": evening, "morning": morning, "day": day}
_TONES: Final[Mapping[str, Callable[[Image.Image], Image.Image]]] = {
    "warm": lambda image: graded(image, (1.14, 0.99, 0.76), lift=4),
    "cold": lambda image: graded(image, (0.76, 0.97, 1.16), lift=4),
    "mono": _mono,
    "sepia": _sepia,
    "vivid": lambda image: ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(1.8)).enhance(1.1),
    "muted": lambda image: graded(ImageEnhance.Color(image).enhance(0.5), (0.96, 0.95, 0.95), lift=38),
    "bright": lambda image: graded(image, (1.04, 1.04, 1.02), gamma=0.62),
    "dark": lambda image: graded(image, (0.86, 0.86, 0.9), gamma=1.5),
}


def at_time(image: Image.Image, time: str, rng: random.Random) -> Image.Image:
    """The picture at another time of day; as it is where none of ours is named."""
    relit = _TIMES.get(time)
    return image if relit is None else relit(image, rng)


def in_tone(image: Image.Image, tone: str) -> Image.Image:
    """The picture in another tone; as it is where none of ours is named."""
    toned = _TONES.get(tone)
    return image if toned is None else toned(image)


def bow(image: Image.Image) -> None:
    """A rainbow across the upper half."""
    side = round(image.width * 1.1)
    arc = Image.new("RGBA", (side, side))
    width = max(3, round(image.width * 0.016))
    for ring, code in enumerate(("e2473f", "f0913a", "f6d84c", "5fb865", "3f8fd6", "6a55b8")):
        inset = ring * width
        ImageDraw.Draw(arc).ellipse(
            (inset, inset, side - inset, side - inset), outline=(*rgb(code), 150), width=width + 1
        )
    image.paste(arc, (round((image.width - side) / 2), round(image.height * 0.14)), arc)
