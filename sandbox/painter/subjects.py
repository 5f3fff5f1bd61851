"""Figures in the foreground, cut from paper: outlines in a unit square, the origin at the middle of the foot."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from sandbox.painter.palette import Rgb, Scene, mix, rgb
from sandbox.painter.scenery import Painting
from sandbox.painter.strokes import Point, smooth

_CREAM: Final = rgb("fbf3e4")
_INK: Final = rgb("1d1a22")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of paper: a colour and an outline, x to the right, y up, the whole figure within one unit."""

    colour: Rgb
    outline: tuple[Point, ...]
    round: bool = True


# fmt: off
def _fox(coat: Rgb, scene: Scene) -> tuple[Part, ...]:
    dark, pale = mix(coat, _INK, 0.35), mix(_CREAM, scene.sky[-1], 0.12)
    return (
        Part(
            mix(coat, _INK, 0.12),
            (
                (-0.12, 0.02), (-0.34, 0.0), (-0.52, 0.1), (-0.55, 0.3),
                (-0.43, 0.44), (-0.36, 0.3), (-0.28, 0.18), (-0.1, 0.12),
            ),
        ),
        Part(pale, ((-0.52, 0.24), (-0.55, 0.31), (-0.43, 0.45), (-0.38, 0.33), (-0.44, 0.3))),
        Part(
            coat,
            (
                (-0.22, 0.0), (-0.28, 0.18), (-0.17, 0.4), (-0.03, 0.58),
                (0.14, 0.56), (0.2, 0.38), (0.17, 0.15), (0.19, 0.0),
            ),
        ),
        Part(dark, ((0.04, 0.0), (0.06, 0.18), (0.13, 0.2), (0.18, 0.14), (0.21, 0.0))),
        Part(pale, ((0.08, 0.32), (0.07, 0.5), (0.2, 0.54), (0.21, 0.4), (0.15, 0.24))),
        Part(coat, ((-0.05, 0.66), (-0.06, 0.98), (0.06, 0.82)), round=False),
        Part(coat, ((0.14, 0.82), (0.24, 0.98), (0.26, 0.68)), round=False),
        Part(_INK, ((-0.035, 0.88), (-0.055, 0.97), (0.015, 0.875)), round=False),
        Part(_INK, ((0.2, 0.89), (0.24, 0.97), (0.25, 0.86)), round=False),
        Part(
            coat,
            (
                (-0.09, 0.66), (-0.03, 0.79), (0.1, 0.84), (0.24, 0.77),
                (0.29, 0.66), (0.18, 0.56), (0.12, 0.49), (0.05, 0.53),
            ),
        ),
        Part(
            pale,
            (
                (-0.09, 0.655), (-0.01, 0.66), (0.06, 0.61), (0.12, 0.5), (0.17, 0.6),
                (0.22, 0.66), (0.285, 0.655), (0.19, 0.55), (0.12, 0.475), (0.02, 0.54),
            ),
        ),
        Part(_INK, ((0.085, 0.505), (0.12, 0.47), (0.155, 0.505), (0.12, 0.52))),
        Part(_INK, ((0.0, 0.675), (0.03, 0.7), (0.06, 0.68), (0.03, 0.665))),
        Part(_INK, ((0.165, 0.68), (0.195, 0.7), (0.225, 0.675), (0.195, 0.665))),
    )
# fmt: on


def _cat(coat: Rgb, scene: Scene) -> tuple[Part, ...]:
    eye = mix(rgb("ffd75e"), scene.light, 0.2)
    return (
        Part(
            coat,
            ((0.14, 0.0), (0.36, 0.02), (0.46, 0.2), (0.4, 0.42), (0.34, 0.46), (0.37, 0.3), (0.33, 0.14), (0.16, 0.1)),
        ),
        Part(coat, ((-0.2, 0.0), (-0.2, 0.22), (-0.13, 0.46), (0.0, 0.6), (0.13, 0.46), (0.22, 0.2), (0.22, 0.0))),
        Part(coat, ((-0.18, 0.66), (-0.17, 0.93), (-0.02, 0.8)), round=False),
        Part(coat, ((0.18, 0.66), (0.17, 0.93), (0.02, 0.8)), round=False),
        Part(
            coat,
            (
                (-0.19, 0.62),
                (-0.13, 0.76),
                (0.0, 0.8),
                (0.13, 0.76),
                (0.19, 0.62),
                (0.12, 0.5),
                (0.0, 0.46),
                (-0.12, 0.5),
            ),
        ),
        Part(eye, ((-0.12, 0.64), (-0.075, 0.67), (-0.03, 0.63), (-0.075, 0.61))),
        Part(eye, ((0.12, 0.64), (0.075, 0.67), (0.03, 0.63), (0.075, 0.61))),
        Part(_INK, ((-0.085, 0.64), (-0.075, 0.668), (-0.065, 0.64), (-0.075, 0.612))),
        Part(_INK, ((0.085, 0.64), (0.075, 0.668), (0.065, 0.64), (0.075, 0.612))),
        Part(rgb("d98a8a"), ((-0.025, 0.575), (0.025, 0.575), (0.0, 0.55)), round=False),
    )


def _boat(hull: Rgb, scene: Scene) -> tuple[Part, ...]:
    sail = mix(_CREAM, scene.light, 0.4)
    return (
        Part(mix(_INK, hull, 0.3), ((-0.012, 0.1), (-0.012, 0.98), (0.012, 0.98), (0.012, 0.1)), round=False),
        Part(sail, ((0.03, 0.2), (0.03, 0.95), (0.2, 0.55), (0.34, 0.22)), round=False),
        Part(mix(sail, scene.near, 0.22), ((-0.03, 0.22), (-0.03, 0.86), (-0.26, 0.24)), round=False),
        Part(hull, ((-0.36, 0.14), (0.42, 0.14), (0.3, 0.0), (-0.26, 0.0)), round=False),
        Part(mix(hull, _CREAM, 0.65), ((-0.36, 0.14), (0.42, 0.14), (0.395, 0.11), (-0.335, 0.11)), round=False),
    )


def _house(wall: Rgb, scene: Scene) -> tuple[Part, ...]:
    lamp = rgb("ffd27a") if scene.time != "day" else rgb("bfe0ee")
    roof = rgb("f3f7fc") if scene.weather == "snow" else mix(wall, _INK, 0.5)
    return (
        Part(mix(wall, _INK, 0.3), ((0.18, 0.5), (0.18, 0.82), (0.27, 0.82), (0.27, 0.5)), round=False),
        Part(wall, ((-0.32, 0.0), (-0.32, 0.44), (0.32, 0.44), (0.32, 0.0)), round=False),
        Part(roof, ((-0.42, 0.42), (0.0, 0.8), (0.42, 0.42)), round=False),
        Part(mix(wall, _INK, 0.55), ((-0.07, 0.0), (-0.07, 0.28), (0.07, 0.28), (0.07, 0.0)), round=False),
        Part(lamp, ((-0.25, 0.18), (-0.25, 0.32), (-0.13, 0.32), (-0.13, 0.18)), round=False),
        Part(lamp, ((0.13, 0.18), (0.13, 0.32), (0.25, 0.32), (0.25, 0.18)), round=False),
        Part(lamp, ((-0.06, 0.5), (0.0, 0.58), (0.06, 0.5)), round=False),
    )


def _balloon(silk: Rgb, scene: Scene) -> tuple[Part, ...]:
    pale = mix(_CREAM, scene.light, 0.3)
    return (
        Part(mix(_INK, silk, 0.2), ((-0.075, 0.12), (-0.2, 0.42), (-0.19, 0.42), (-0.065, 0.12)), round=False),
        Part(mix(_INK, silk, 0.2), ((0.075, 0.12), (0.2, 0.42), (0.19, 0.42), (0.065, 0.12)), round=False),
        Part(
            silk,
            (
                (-0.09, 0.28),
                (-0.32, 0.52),
                (-0.36, 0.74),
                (-0.2, 0.95),
                (0.0, 1.0),
                (0.2, 0.95),
                (0.36, 0.74),
                (0.32, 0.52),
                (0.09, 0.28),
            ),
        ),
        Part(
            pale,
            (
                (-0.06, 0.28),
                (-0.2, 0.52),
                (-0.22, 0.76),
                (-0.1, 0.97),
                (-0.03, 0.99),
                (-0.09, 0.76),
                (-0.08, 0.52),
                (-0.025, 0.28),
            ),
        ),
        Part(
            pale,
            (
                (0.06, 0.28),
                (0.2, 0.52),
                (0.22, 0.76),
                (0.1, 0.97),
                (0.03, 0.99),
                (0.09, 0.76),
                (0.08, 0.52),
                (0.025, 0.28),
            ),
        ),
        Part(rgb("6b4a2e"), ((-0.08, 0.14), (0.08, 0.14), (0.065, 0.0), (-0.065, 0.0)), round=False),
    )


def _lighthouse(stripe: Rgb, scene: Scene) -> tuple[Part, ...]:
    pale = mix(_CREAM, scene.sky[-1], 0.2)
    bands = tuple(
        Part(
            stripe,
            ((-0.13 + 0.1 * low, low), (-0.13 + 0.1 * high, high), (0.13 - 0.1 * high, high), (0.13 - 0.1 * low, low)),
            round=False,
        )
        for low, high in ((0.12, 0.26), (0.4, 0.54), (0.66, 0.76))
    )
    return (
        Part(mix(scene.near, _INK, 0.3), ((-0.42, -0.03), (-0.28, 0.05), (0.0, 0.07), (0.3, 0.04), (0.46, -0.03))),
        Part(pale, ((-0.13, 0.0), (-0.05, 0.8), (0.05, 0.8), (0.13, 0.0)), round=False),
        *bands,
        Part(_INK, ((-0.075, 0.79), (-0.075, 0.81), (0.075, 0.81), (0.075, 0.79)), round=False),
        Part(rgb("ffe9a3"), ((-0.045, 0.81), (-0.045, 0.89), (0.045, 0.89), (0.045, 0.81)), round=False),
        Part(stripe, ((-0.06, 0.89), (0.0, 0.97), (0.06, 0.89)), round=False),
    )


def _castle(stone: Rgb, scene: Scene) -> tuple[Part, ...]:
    roof = mix(rgb("8a2f4f"), scene.near, 0.25)
    parts: list[Part] = []
    for middle, half, tall in ((-0.3, 0.08, 0.5), (0.3, 0.08, 0.56), (-0.1, 0.07, 0.68), (0.12, 0.09, 0.78)):
        parts.append(
            Part(
                mix(stone, scene.far, 0.2),
                ((middle - half, 0.0), (middle - half, tall), (middle + half, tall), (middle + half, 0.0)),
                round=False,
            )
        )
        parts.append(
            Part(roof, ((middle - half * 1.35, tall), (middle, tall + 0.2), (middle + half * 1.35, tall)), round=False)
        )
        parts.append(
            Part(
                rgb("ffd98a"),
                (
                    (middle - 0.018, tall - 0.14),
                    (middle - 0.018, tall - 0.08),
                    (middle + 0.018, tall - 0.08),
                    (middle + 0.018, tall - 0.14),
                ),
                round=False,
            )
        )
    parts.append(Part(stone, ((-0.4, 0.0), (-0.4, 0.32), (0.4, 0.32), (0.4, 0.0)), round=False))
    parts.extend(
        Part(stone, ((x, 0.31), (x, 0.37), (x + 0.05, 0.37), (x + 0.05, 0.31)), round=False)
        for x in (-0.4, -0.29, -0.18, -0.07, 0.04, 0.15, 0.26, 0.35)
    )
    parts.append(Part(mix(stone, _INK, 0.65), ((-0.07, 0.0), (-0.07, 0.14), (0.0, 0.21), (0.07, 0.14), (0.07, 0.0))))
    return tuple(parts)


FIGURES: Final[Mapping[str, tuple[Callable[[Rgb, Scene], tuple[Part, ...]], float]]] = {
    "fox": (_fox, 0.42),
    "cat": (_cat, 0.4),
    "boat": (_boat, 0.36),
    "house": (_house, 0.26),
    "balloon": (_balloon, 0.42),
    "lighthouse": (_lighthouse, 0.56),
    "castle": (_castle, 0.44),
}
"""How each figure is cut, and its height as a share of the shorter side."""


def add_subject(painting: Painting, ground: float) -> None:
    """The subject of the scene, standing at a share of the height, away from the light."""
    if painting.scene.subject == "birds":
        flock(painting.image, painting.rng, mix(painting.scene.near, _INK, 0.4))
        return
    found = FIGURES.get(painting.scene.subject)
    if found is None:
        return
    cut, share = found
    tall = round(min(painting.image.size) * share * painting.rng.uniform(0.92, 1.08))
    side = 1 if painting.sun[0] < painting.width / 2 else -1
    x = painting.width * (0.5 + side * painting.rng.uniform(0.1, 0.2))
    y = painting.height * (ground - (0.3 if painting.scene.subject == "balloon" else 0.0))
    stand(painting.image, cut(painting.scene.accent, painting.scene), (x, y), tall, mirrored=side > 0)


def stand(image: Image.Image, parts: tuple[Part, ...], foot: Point, tall: int, *, mirrored: bool = False) -> None:
    """Glue a figure onto a picture, `tall` pixels high, its foot at a point."""
    fine, reach = 3, round(tall * 0.62)
    mask = Image.new("L", (2 * reach * fine, round(tall * 1.1) * fine))
    paper = Image.new("RGB", mask.size)
    for part in parts:
        outline = smooth(part.outline) if part.round else part.outline
        way = -1 if mirrored else 1
        points = [((reach + way * x * tall) * fine, (tall * 1.04 - y * tall) * fine) for x, y in outline]
        ImageDraw.Draw(paper).polygon(points, fill=part.colour)
        ImageDraw.Draw(mask).polygon(points, fill=255)
    at = (round(foot[0]) - reach, round(foot[1] - tall * 1.04))
    image.paste(paper.reduce(fine), at, mask.reduce(fine))


def flock(image: Image.Image, rng: random.Random, colour: Rgb) -> None:
    """Birds in the upper part."""
    unit = min(image.size) / 1000
    draw = ImageDraw.Draw(image)
    x0, y0 = image.width * rng.uniform(0.3, 0.6), image.height * rng.uniform(0.18, 0.3)
    for _ in range(11):
        x, y = x0 + rng.gauss(0, 150) * unit, y0 + rng.gauss(0, 55) * unit
        span, lift = rng.uniform(16, 38) * unit, rng.uniform(0.25, 0.5)
        wing = [
            (x - span, y - span * lift),
            (x - span * 0.45, y - span * lift * 1.15),
            (x, y),
            (x + span * 0.45, y - span * lift * 1.15),
            (x + span, y - span * lift),
        ]
        draw.line(wing, fill=colour, width=max(2, round(3.2 * unit)), joint="curve")
