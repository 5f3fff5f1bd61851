"""The few strokes that everything is drawn with: gradients, glows, smooth outlines."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw

from sandbox.painter.palette import Rgb

Point = tuple[float, float]

_FINE = 2  # outlines are drawn this much larger, and made smaller again, for smooth edges


def gradient(width_px: int, height_px: int, stops: Sequence[Rgb]) -> Image.Image:
    """A vertical gradient through colours."""
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(list(stops))
    return column.resize((width_px, height_px), Image.Resampling.BICUBIC)


def drifting(width_px: int, height_px: int, stops: Sequence[Rgb], rng: random.Random, drift: int) -> Image.Image:
    """A vertical gradient whose colours wander a little from side to side."""
    columns = 4
    grid = Image.new("RGB", (columns, len(stops)))
    for row, stop in enumerate(stops):
        for column in range(columns):
            red, green, blue = (min(255, max(0, part + rng.randint(-drift, drift))) for part in stop)
            grid.putpixel((column, row), (red, green, blue))
    return grid.resize((width_px, height_px), Image.Resampling.BICUBIC)


@lru_cache(maxsize=4)
def _falloff(power: float) -> Image.Image:
    # Pillow's radial gradient reaches 181 at the middle of an edge, and 255 only in the corners.
    curve = [round(255 * max(0.0, 1 - level / 180) ** power) for level in range(256)]
    return Image.radial_gradient("L").point(curve)


def glow(image: Image.Image, centre: Point, radius_px: float, *, colour: Rgb, strength: float, power: float) -> None:
    """Light around a point, fading with distance."""
    side = max(2, round(radius_px * 2))
    mask = (
        _falloff(power).resize((side, side), Image.Resampling.BILINEAR).point([round(i * strength) for i in range(256)])
    )
    image.paste(colour, (round(centre[0] - side / 2), round(centre[1] - side / 2)), mask)


def disc_mask(radius_px: float) -> Image.Image:
    """A smooth disc."""
    side = max(2, round(radius_px * 2))
    fine = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(fine).ellipse((2, 2, side * 4 - 3, side * 4 - 3), fill=255)
    return fine.reduce(4)


def outline_mask(width_px: int, height_px: int, shapes: Sequence[Sequence[Point]]) -> Image.Image:
    """Filled shapes with smooth edges. Points are pixels from the top left."""
    fine = Image.new("L", (width_px * _FINE, height_px * _FINE))
    draw = ImageDraw.Draw(fine)
    for shape in shapes:
        draw.polygon([(x * _FINE, y * _FINE) for x, y in shape], fill=255)
    return fine.reduce(_FINE)


def fill(image: Image.Image, top_px: int, mask: Image.Image, stops: Sequence[Rgb]) -> None:
    """A gradient through a mask that spans the picture from `top_px` down."""
    image.paste(gradient(mask.width, mask.height, stops), (0, top_px), mask)


def fade(mask: Image.Image, share: float) -> Image.Image:
    """A mask that lets only a share through."""
    return mask.point([round(level * share) for level in range(256)])


def without(mask: Image.Image, other: Image.Image) -> Image.Image:
    """The part of a mask that another does not cover."""
    return ImageChops.subtract(mask, other)


def ridge(rng: random.Random, roughness: float, detail: int = 8) -> list[float]:
    """Heights from 0 to 1 at even steps, by moving midpoints; a low roughness rolls, a high one is jagged."""
    heights = [rng.random(), rng.random()]
    swing = 0.6
    for _ in range(detail):
        between = [(left + right) / 2 + rng.uniform(-swing, swing) for left, right in pairwise(heights)]
        heights = [*[value for pair in zip(heights, between, strict=False) for value in pair], heights[-1]]
        swing *= roughness
    low, high = min(heights), max(heights)
    return [(height - low) / (high - low or 1.0) for height in heights]


def smooth(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """A closed curve through points (Catmull-Rom)."""
    count = len(points)
    curve: list[Point] = []
    for at in range(count):
        before, here, there, after = (points[(at + offset) % count] for offset in (-1, 0, 1, 2))
        for step in range(steps):
            share = step / steps
            curve.append(
                (
                    _along(before[0], here[0], there[0], after[0], share),
                    _along(before[1], here[1], there[1], after[1], share),
                )
            )
    return curve


def _along(before: float, here: float, there: float, after: float, share: float) -> float:
    return 0.5 * (
        2 * here
        + (there - before) * share
        + (2 * before - 5 * here + 4 * there - after) * share**2
        + (3 * here - before - 3 * there + after) * share**3
    )
