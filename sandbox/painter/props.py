"""Things that an instruction adds to a picture: what they look like, and where they go."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from PIL import Image

from sandbox.painter.light import bow, moon, stars, sun
from sandbox.painter.looking import figure_of, lightness, sky_mask
from sandbox.painter.palette import Rgb, Scene, mix, rgb, scene_of
from sandbox.painter.subjects import FIGURES, Part, flock, stand
from sandbox.painter.wishes import Addition

_INK: Final = rgb("1d1a22")
_Cut = Callable[[Rgb], tuple[Part, ...]]


def _box(colour: Rgb, left: float, low: float, right: float, high: float) -> Part:
    return Part(colour, ((left, low), (left, high), (right, high), (right, low)), round=False)


def _hat(felt: Rgb) -> tuple[Part, ...]:
    band = rgb("c8402f") if felt != rgb("d63a2f") else rgb("f3e6c8")
    return (
        Part(felt, ((-0.55, 0.02), (-0.5, 0.12), (0.0, 0.17), (0.5, 0.12), (0.55, 0.02), (0.0, 0.05))),
        Part(felt, ((-0.33, 0.08), (-0.36, 0.86), (0.0, 0.92), (0.36, 0.86), (0.33, 0.08)), round=False),
        Part(band, ((-0.335, 0.14), (-0.345, 0.34), (0.345, 0.34), (0.335, 0.14)), round=False),
        Part(mix(felt, (255, 255, 255), 0.2), ((-0.36, 0.86), (0.0, 0.93), (0.36, 0.86), (0.0, 0.8))),
    )


def _crown(gold: Rgb) -> tuple[Part, ...]:
    spikes = ((-0.5, 0.0), (-0.56, 0.62), (-0.25, 0.34), (0.0, 0.78), (0.25, 0.34), (0.56, 0.62), (0.5, 0.0))
    gems = tuple(
        Part(colour, ((x - 0.06, 0.14), (x, 0.21), (x + 0.06, 0.14), (x, 0.07)))
        for x, colour in ((-0.28, rgb("c8323f")), (0.0, rgb("2f6fd0")), (0.28, rgb("c8323f")))
    )
    return (Part(gold, spikes, round=False), _box(mix(gold, _INK, 0.25), -0.5, 0.0, 0.5, 0.05), *gems)


def _tree(green: Rgb) -> tuple[Part, ...]:
    tiers = tuple(
        Part(mix(green, _INK, 0.12 * (2 - tier)), ((-half, low), (0.0, low + 0.46), (half, low)), round=False)
        for tier, (half, low) in enumerate(((0.34, 0.14), (0.27, 0.34), (0.19, 0.54)))
    )
    return (_box(rgb("5b3d28"), -0.05, 0.0, 0.05, 0.16), *tiers)


def _flower(petal: Rgb) -> tuple[Part, ...]:
    leaf = rgb("3f8a4a")
    round_ = (
        (-0.3, 0.0),
        (-0.14, 0.24),
        (0.0, 0.3),
        (0.14, 0.24),
        (0.3, 0.0),
        (0.14, -0.24),
        (0.0, -0.3),
        (-0.14, -0.24),
    )
    petals = tuple(
        Part(
            petal if at % 2 else mix(petal, (255, 255, 255), 0.25),
            tuple((x * 0.48 + dx, y * 0.48 + 0.76 + dy) for x, y in round_),
        )
        for at, (dx, dy) in enumerate(((0.0, 0.15), (0.14, 0.05), (0.09, -0.11), (-0.09, -0.11), (-0.14, 0.05)))
    )
    return (
        _box(leaf, -0.02, 0.0, 0.02, 0.7),
        Part(leaf, ((0.0, 0.16), (0.18, 0.34), (0.24, 0.26))),
        Part(leaf, ((0.0, 0.28), (-0.18, 0.46), (-0.24, 0.38))),
        *petals,
        Part(rgb("f6cf3c"), tuple((x * 0.3, y * 0.3 + 0.76) for x, y in round_)),
    )


def _umbrella(silk: Rgb) -> tuple[Part, ...]:
    pale = mix(silk, (255, 255, 255), 0.35)
    return (
        _box(_INK, -0.013, 0.05, 0.013, 1.0),
        Part(_INK, ((-0.013, 0.06), (0.013, 0.06), (0.09, 0.03), (0.11, 0.1), (0.09, 0.0), (0.02, 0.0))),
        Part(
            silk,
            (
                (-0.5, 0.52),
                (-0.4, 0.78),
                (0.0, 0.95),
                (0.4, 0.78),
                (0.5, 0.52),
                (0.25, 0.58),
                (0.0, 0.52),
                (-0.25, 0.58),
            ),
        ),
        Part(pale, ((-0.17, 0.56), (-0.12, 0.8), (0.0, 0.94), (0.12, 0.8), (0.17, 0.56), (0.0, 0.52)), round=False),
    )


def _snowman(scarf: Rgb) -> tuple[Part, ...]:
    def ball(y: float, radius: float, colour: Rgb) -> Part:
        ring = (
            (-1.0, 0.0),
            (-0.71, 0.71),
            (0.0, 1.0),
            (0.71, 0.71),
            (1.0, 0.0),
            (0.71, -0.71),
            (0.0, -1.0),
            (-0.71, -0.71),
        )
        return Part(colour, tuple((x * radius, y + dy * radius) for x, dy in ring))

    white = rgb("f4f8fd")
    return (
        ball(0.24, 0.25, mix(white, rgb("a9bdd6"), 0.3)),
        ball(0.57, 0.18, mix(white, rgb("a9bdd6"), 0.15)),
        ball(0.82, 0.13, white),
        _box(scarf, -0.15, 0.68, 0.15, 0.735),
        _box(scarf, 0.06, 0.5, 0.12, 0.7),
        ball(0.86, 0.017, _INK),
        Part(_INK, ((-0.06, 0.86), (-0.045, 0.88), (-0.03, 0.86), (-0.045, 0.84))),
        Part(_INK, ((0.04, 0.86), (0.055, 0.88), (0.07, 0.86), (0.055, 0.84))),
        Part(rgb("ef8330"), ((0.0, 0.83), (0.0, 0.8), (0.14, 0.81)), round=False),
        ball(0.62, 0.016, _INK),
        ball(0.53, 0.016, _INK),
    )


def _heart(red: Rgb) -> tuple[Part, ...]:
    half = ((0.0, 0.02), (-0.3, 0.3), (-0.47, 0.6), (-0.42, 0.85), (-0.2, 0.95), (0.0, 0.76))
    return (Part(red, (*half, *((-x, y) for x, y in reversed(half[1:-1])))),)


_CUTS: Final[Mapping[str, tuple[_Cut, Rgb, float]]] = {
    "tree": (_tree, rgb("2f6b45"), 0.42),
    "flower": (_flower, rgb("e8798f"), 0.3),
    "umbrella": (_umbrella, rgb("d9483b"), 0.3),
    "snowman": (_snowman, rgb("c8402f"), 0.34),
    "heart": (_heart, rgb("d6304a"), 0.24),
}
"""How each thing is cut, its colour where none was said, and its height as a share of the shorter side."""

_WORN: Final[Mapping[str, tuple[_Cut, Rgb]]] = {"hat": (_hat, rgb("2c2a38")), "crown": (_crown, rgb("eebd3f"))}
_OWN: Final[Mapping[str, Rgb]] = {
    "fox": rgb("d9662b"),
    "cat": rgb("4a4e5c"),
    "boat": rgb("9c3f2e"),
    "house": rgb("8a4636"),
    "balloon": rgb("d9483b"),
    "lighthouse": rgb("c73a33"),
    "castle": rgb("6b6f86"),
}
_ALOFT: Final = frozenset({"balloon", "heart"})


def add(image: Image.Image, wanted: Addition, rng: random.Random, place: int) -> None:
    """Draw a thing into the picture. `place` counts the things before it, which stand elsewhere."""
    name, colour = wanted.name, wanted.colour
    if name in _WORN:
        _put_on(image, *_WORN[name], colour)
    elif name == "moon":
        moon(image, rng)
    elif name == "sun":
        sun(image, rng)
    elif name == "stars":
        stars(image, rng, sky_mask(image))
    elif name == "rainbow":
        bow(image)
    elif name == "birds":
        flock(image, rng, colour or mix(_INK, (255, 255, 255), 0.0 if lightness(image) > 80 else 0.7))
    else:
        _stand_beside(image, name, colour, rng, place)


def _put_on(image: Image.Image, cut: _Cut, own: Rgb, colour: Rgb | None) -> None:
    """On the head of what stands out."""
    figure = figure_of(image)
    tall = round(figure.wide * 1.1 * image.width)
    foot = (figure.x * image.width, max(tall * 0.9, (figure.top + 0.03) * image.height))
    stand(image, cut(colour or own), foot, tall)


def _stand_beside(image: Image.Image, name: str, colour: Rgb | None, rng: random.Random, place: int) -> None:
    parts, share = _figure(image, name, colour)
    tall = round(min(image.size) * share * rng.uniform(0.85, 0.98))
    side = (1 if figure_of(image).x < 0.5 else -1) * (-1 if place % 2 else 1)
    x = image.width * (0.5 + side * rng.uniform(0.22, 0.3))
    y = image.height * (rng.uniform(0.5, 0.58) if name in _ALOFT else 0.92)
    stand(image, parts, (x, y), tall, mirrored=side > 0)


def _figure(image: Image.Image, name: str, colour: Rgb | None) -> tuple[tuple[Part, ...], float]:
    """The parts of a thing, in the light of the picture, and its height as a share of the shorter side."""
    shade = 0.45 if lightness(image) < 75 else 0.08
    if name in _CUTS:
        cut, own, share = _CUTS[name]
        return tuple(_shaded(part, shade) for part in cut(colour or own)), share
    draw, share = FIGURES[name]
    parts = draw(colour or _OWN[name], _scene())
    return tuple(_shaded(part, shade) for part in parts), share * 0.85


def _shaded(part: Part, share: float) -> Part:
    return replace(part, colour=mix(part.colour, _INK, share))


def _scene() -> Scene:
    return scene_of("noon, clear, hills", random.Random(0))  # noqa: S311  # pictures, not secrets
