"""Skies, lands, waters and weather, from far to near."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from sandbox.painter.palette import Rgb, Scene, mix, rgb
from sandbox.painter.strokes import (
    Point,
    disc_mask,
    drifting,
    fade,
    fill,
    glow,
    gradient,
    outline_mask,
    ridge,
    without,
)

_WHITE: Rgb = (255, 255, 255)


@dataclass(slots=True)
class Painting:
    """A picture in the making. `sun` is where the light stands, `unit` a thousandth of the shorter side, in pixels."""

    image: Image.Image
    scene: Scene
    rng: random.Random
    sun: Point

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.image.width

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.image.height

    @property
    def unit(self) -> float:
        """A length that grows with the picture."""
        return min(self.image.size) / 1000


def begin(scene: Scene, rng: random.Random, width_px: int, height_px: int, horizon: float) -> Painting:
    """A sky, down to the horizon (a share of the height)."""
    sky_px = round(height_px * horizon) + 1
    image = Image.new("RGB", (width_px, height_px), scene.sky[-1])
    image.paste(drifting(width_px, sky_px, scene.sky, rng, 9), (0, 0))
    x = width_px * (rng.uniform(0.18, 0.4) if rng.random() < 0.5 else rng.uniform(0.6, 0.82))
    y = sky_px * (1 - scene.sun_height * rng.uniform(0.85, 1.1))
    painting = Painting(image, scene, rng, (x, y))
    _stars(painting, sky_px)
    if scene.weather == "aurora":
        _aurora(painting, sky_px)
    _light(painting)
    if scene.weather in {"clouds", "fog", "rain", "snow"}:
        _clouds(painting, sky_px)
    return painting


def _stars(painting: Painting, sky_px: int) -> None:
    draw = ImageDraw.Draw(painting.image)
    for _ in range(round(420 * painting.scene.stars)):
        x, y = painting.rng.randrange(painting.width), int(sky_px * painting.rng.random() ** 1.4)
        base = painting.image.getpixel((x, min(y, painting.height - 1)))
        shine = painting.rng.random() ** 2
        if not isinstance(base, tuple):
            continue
        colour = mix((base[0], base[1], base[2]), (255, 250, 235), (0.25 + 0.75 * shine) * (1 - 0.7 * y / sky_px))
        if shine > 0.86:
            draw.ellipse((x - 1, y - 1, x + 1, y + 1), fill=colour)
        else:
            draw.point((x, y), fill=colour)


def _light(painting: Painting) -> None:
    scene, size = painting.scene, min(painting.image.size)
    is_moon = scene.time in {"night", "dusk"}
    radius = size * (0.045 if is_moon else 0.06)
    reach, strength = (5.5, 0.4) if is_moon else (9.0, 0.75)
    glow(painting.image, painting.sun, radius * reach, colour=scene.light, strength=strength, power=2.2)
    glow(painting.image, painting.sun, radius * 2.6, colour=scene.light, strength=strength * 0.8, power=1.5)
    disc = disc_mask(radius)
    if is_moon and painting.rng.random() < 0.5:
        bite = Image.new("L", disc.size)
        bite.paste(disc, (round(radius * 0.55), -round(radius * 0.2)))
        disc = without(disc, bite)
    at = (round(painting.sun[0] - radius), round(painting.sun[1] - radius))
    painting.image.paste(mix(scene.light, _WHITE, 0.35), at, disc)


def _clouds(painting: Painting, sky_px: int) -> None:
    """Heaps of soft ellipses, lit from the side of the sun, drawn small and blown up."""
    width, height = painting.width // 8, max(1, sky_px // 8)
    scene, rng = painting.scene, painting.rng
    for shade, lift in ((mix(scene.sky[-2], scene.far, 0.45), 0.0), (mix(scene.sky[-1], scene.light, 0.5), -0.03)):
        heap = Image.new("L", (width, height))
        draw = ImageDraw.Draw(heap)
        state = random.Random(rng.getrandbits(32) if lift == 0.0 else 7)  # noqa: S311  # pictures, not secrets
        for _ in range(7):
            x, y = state.uniform(-0.1, 1.1) * width, (state.uniform(0.12, 0.72) + lift) * height
            length, depth = state.uniform(0.10, 0.28) * width, state.uniform(0.02, 0.05) * height
            for _ in range(9):
                dx, dy, size = state.gauss(0, 0.5) * length, state.gauss(0, 0.6) * depth, state.uniform(0.5, 1.4)
                draw.ellipse(
                    (x + dx - length * 0.3, y + dy - depth * size, x + dx + length * 0.3, y + dy + depth * size),
                    fill=state.randint(90, 210),
                )
        soft = heap.filter(ImageFilter.GaussianBlur(2.2)).resize((painting.width, sky_px), Image.Resampling.BICUBIC)
        painting.image.paste(shade, (0, 0), fade(soft, 0.5))


def _aurora(painting: Painting, sky_px: int) -> None:
    width, height = max(8, painting.width // 10), max(8, sky_px // 10)
    for colour, strength in ((rgb("38e8a0"), 0.75), (rgb("7a5cff"), 0.5), (rgb("2fd0c8"), 0.5)):
        curtain = Image.new("L", (width, height))
        draw = ImageDraw.Draw(curtain)
        phase, base = painting.rng.uniform(0, 6.3), painting.rng.uniform(0.5, 0.75)
        for x in range(width):
            low = height * (base + 0.14 * math.sin(phase + 7 * x / width) + 0.05 * math.sin(phase * 2 + 19 * x / width))
            tall = height * (0.32 + 0.2 * math.sin(phase * 3 + 11 * x / width))
            for step in range(8):
                draw.line((x, low - tall * step / 8, x, low - tall * (step + 1) / 8), fill=210 - 26 * step)
        soft = curtain.filter(ImageFilter.GaussianBlur(1.6)).resize((painting.width, sky_px), Image.Resampling.BICUBIC)
        painting.image.paste(colour, (0, 0), fade(soft, strength))


def land(painting: Painting, *, layer: float, crest: float, swing: float, roughness: float, kind: str = "") -> None:
    """One layer of land. `layer` is 0 for the farthest, 1 for the nearest; `crest` and `swing` are shares of height."""
    scene, width, height = painting.scene, painting.width, painting.height
    heights = ridge(painting.rng, roughness)
    top = max(0, round(height * (crest - swing)) - round(90 * painting.unit))
    line = [(x * width / (len(heights) - 1), height * (crest - swing * h) - top) for x, h in enumerate(heights)]
    body = [*line, (float(width), float(height - top)), (0.0, float(height - top))]
    shapes: list[list[Point]] = [body]
    if kind == "pines":
        shapes += _pines(painting, line, layer)
    colour = mix(scene.far, scene.near, layer)
    haze = mix(colour, scene.sky[-1], 0.5 * (1 - layer))
    mask = outline_mask(width, height - top, shapes)
    fill(painting.image, top, mask, (colour, mix(colour, haze, 0.35), haze, mix(haze, colour, 0.5)))
    if kind == "peaks":
        _snowcaps(painting, line, top, mask, layer)


def _pines(painting: Painting, line: list[Point], layer: float) -> list[list[Point]]:
    tall = (26 + 60 * layer) * painting.unit
    step = max(1, round(len(line) * tall * 0.34 / painting.width))
    trees: list[list[Point]] = []
    for x, y in line[::step]:
        size = tall * painting.rng.uniform(0.55, 1.25)
        foot = x + painting.rng.uniform(-0.2, 0.2) * tall
        for tier in range(3):
            half, base = size * (0.24 - 0.055 * tier), y + 4 - size * 0.27 * tier
            trees.append([(foot - half, base), (foot, base - size * 0.5), (foot + half, base)])
    return trees


def _snowcaps(painting: Painting, line: list[Point], top: int, mask: Image.Image, layer: float) -> None:
    """White on the upper slopes, with a ragged lower edge and a shaded side."""
    highest, lowest = min(y for _, y in line), max(y for _, y in line)
    rng, depth = painting.rng, (lowest - highest) * 0.34
    edge = [(x, highest + depth + rng.uniform(-0.55, 0.55) * depth + 0.35 * (y - highest)) for x, y in line[::5]]
    floor = [(0.0, float(mask.height)), *edge, (float(mask.width), float(mask.height))]
    caps = without(mask, outline_mask(mask.width, mask.height, [floor]))
    snow = mix(mix(rgb("f4f8ff"), painting.scene.light, 0.25), painting.scene.sky[-2], 0.3 + 0.25 * (1 - layer))
    painting.image.paste(snow, (0, top), fade(caps, 0.9))


def city(painting: Painting, *, layer: float, crest: float, tallest: float) -> None:
    """A row of towers with windows, lit when it is dark."""
    width, height, rng, scene = painting.width, painting.height, painting.rng, painting.scene
    shapes: list[list[Point]] = []
    boxes: list[tuple[float, float, float]] = []
    top, x = round(height * (crest - tallest)) - 30, -20.0
    while x < width:
        wide = rng.uniform(36, 95) * painting.unit * (0.7 + 0.5 * layer)
        roof = height * (crest - tallest * rng.betavariate(1.6, 2.2)) - top
        shapes.append([(x, roof), (x + wide, roof), (x + wide, height - top), (x, height - top)])
        if rng.random() < 0.25:
            middle, mast = x + wide / 2, rng.uniform(15, 45) * painting.unit
            shapes.append([(middle - 1.5, roof), (middle, roof - mast), (middle + 1.5, roof)])
        boxes.append((x, roof + top, wide))
        x += wide + rng.uniform(-6, 10) * painting.unit
    colour = mix(scene.far, scene.near, layer)
    fill(
        painting.image,
        top,
        outline_mask(width, height - top, shapes),
        (colour, mix(colour, scene.sky[-1], 0.15), mix(colour, scene.sky[-1], 0.4 * (1 - layer))),
    )
    _windows(painting, boxes, layer)


def _windows(painting: Painting, boxes: list[tuple[float, float, float]], layer: float) -> None:
    scene, rng, draw = painting.scene, painting.rng, ImageDraw.Draw(painting.image)
    lit = {"night": 0.45, "dusk": 0.38, "sunset": 0.25, "dawn": 0.12}.get(scene.time, 0.1)
    step, pane = 13 * painting.unit * (0.75 + 0.5 * layer), 5 * painting.unit * (0.75 + 0.5 * layer)
    for x, roof, wide in boxes:
        y = roof + step
        while y < painting.height * 0.9:
            column = x + step * 0.7
            while column < x + wide - step * 0.8:
                if rng.random() < lit:
                    warm = mix(
                        rgb("ffd98a"), rng.choice((rgb("fff3d0"), rgb("ff9d6e"), rgb("8fd6ff"))), rng.random() * 0.6
                    )
                    draw.rectangle(
                        (column, y, column + pane, y + pane * 1.3), fill=mix(warm, scene.far, 0.5 * (1 - layer))
                    )
                column += step
            y += step * 1.25


def water(painting: Painting, horizon: float) -> None:
    """What stands above the horizon, mirrored: stretched, darkened, broken by waves, with a path of light."""
    width, top = painting.width, round(painting.height * horizon)
    depth, scene, rng = painting.height - top, painting.scene, painting.rng
    mirrored = painting.image.crop((0, max(0, top - depth), width, top)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    smeared = mirrored.resize((width, max(1, depth // 8)), Image.Resampling.BOX).resize(
        (width, depth), Image.Resampling.BICUBIC
    )
    deep = gradient(
        width, depth, (mix(scene.sky[-1], scene.near, 0.3), mix(scene.near, scene.sky[0], 0.35), scene.near)
    )
    mask = gradient(width, depth, ((60, 60, 60), (110, 110, 110), (185, 185, 185))).convert("L")
    surface = Image.composite(deep, smeared, mask)
    phase, y = rng.uniform(0, 6.3), 0
    while y < depth:
        share = y / depth
        strip = 2 + round(7 * share)
        shift = round((2 + 12 * share) * painting.unit * math.sin(phase + 60 * math.sqrt(share)))
        painting.image.paste(surface.crop((0, y, width, min(depth, y + strip))), (shift, top + y))
        if shift:
            edge = surface.crop((0, y, abs(shift), min(depth, y + strip)))
            painting.image.paste(edge, (0 if shift > 0 else width - abs(shift), top + y))
        y += strip
    _glitter(painting, top, depth)


def _glitter(painting: Painting, top: int, depth: int) -> None:
    rng, layer = painting.rng, Image.new("L", (painting.width, depth))
    draw = ImageDraw.Draw(layer)
    for _ in range(260):
        share = rng.random() ** 1.5
        spread = (18 + 150 * share) * painting.unit
        x, y = painting.sun[0] + rng.gauss(0, 0.5) * spread, share * depth
        half = (4 + 26 * share) * painting.unit * rng.uniform(0.4, 1.4)
        draw.ellipse((x - half, y, x + half, y + 1 + 3.5 * share * painting.unit), fill=rng.randint(60, 220))
    for _ in range(90):
        share = rng.random()
        x, half = rng.uniform(0, painting.width), (8 + 50 * share) * painting.unit
        draw.line((x - half, share * depth, x + half, share * depth), fill=rng.randint(15, 50))
    painting.image.paste(painting.scene.light, (0, top), layer)


def mist(painting: Painting, level: float, strength: float) -> None:
    """A band of haze at a share of the height."""
    band = round(painting.height * 0.22)
    mask = gradient(painting.width, band, ((0, 0, 0), (255, 255, 255), (0, 0, 0))).convert("L")
    colour = mix(painting.scene.sky[-1], painting.scene.light, 0.2)
    painting.image.paste(colour, (0, round(painting.height * level) - band // 2), fade(mask, strength))


def falling(painting: Painting) -> None:
    """Snow or rain, where there is any."""
    rng, unit = painting.rng, painting.unit
    layer = Image.new("L", painting.image.size)
    draw = ImageDraw.Draw(layer)
    if painting.scene.weather == "snow":
        for _ in range(360):
            x, y = rng.uniform(0, painting.width), rng.uniform(0, painting.height)
            size = unit * (0.9 + 4.2 * rng.random() ** 3)
            draw.ellipse((x - size, y - size, x + size, y + size), fill=rng.randint(110, 245))
        layer = layer.filter(ImageFilter.BoxBlur(1))
        painting.image.paste((250, 252, 255), (0, 0), layer)
    elif painting.scene.weather == "rain":
        for _ in range(420):
            x, y, length = (
                rng.uniform(0, painting.width * 1.2),
                rng.uniform(-40, painting.height),
                rng.uniform(18, 60) * unit,
            )
            draw.line((x, y, x - length * 0.28, y + length), fill=rng.randint(30, 95), width=max(1, round(1.4 * unit)))
        painting.image.paste((225, 234, 245), (0, 0), layer)
