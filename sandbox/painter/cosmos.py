"""Space: a nebula, stars, and a planet that turns its lit side to the sun."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import random

from PIL import Image, ImageDraw, ImageFilter

from sandbox.painter.palette import Rgb, Scene, mix, rgb
from sandbox.painter.scenery import Painting
from sandbox.painter.strokes import disc_mask, drifting, fade, glow


def paint_space(scene: Scene, rng: random.Random, width_px: int, height_px: int) -> Painting:
    """A picture without ground."""
    night = (rgb("05060f"), rgb("0a0d24"), rgb("120f2e"), rgb("070914"))
    image = drifting(width_px, height_px, night, rng, 5)
    painting = Painting(image, scene, rng, (width_px * rng.uniform(0.1, 0.9), height_px * 0.12))
    _nebula(painting)
    draw = ImageDraw.Draw(image)
    for _ in range(520):
        x, y, shine = rng.randrange(width_px), rng.randrange(height_px), rng.random()
        colour = mix(rgb("6f7ca8"), rng.choice((rgb("ffffff"), rgb("ffe7c2"), rgb("cfe0ff"))), shine)
        size = 1 if shine > 0.9 else 0
        draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)
    for _ in range(6):
        at = (rng.uniform(0, width_px), rng.uniform(0, height_px))
        glow(image, at, 30 * painting.unit, colour=(255, 250, 240), strength=0.9, power=3.0)
    _planet(painting)
    return painting


def _nebula(painting: Painting) -> None:
    rng, scene = painting.rng, painting.scene
    width, height = painting.width // 10, painting.height // 10
    warm: tuple[Rgb, ...] = (
        mix(rgb("b03a9c"), scene.sky[2], 0.4),
        mix(rgb("3a6cff"), scene.sky[1], 0.3),
        rgb("ff8a5c"),
    )
    for colour in warm:
        cloud = Image.new("L", (width, height))
        draw = ImageDraw.Draw(cloud)
        x, y = rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height
        for _ in range(44):
            x, y = x + rng.gauss(0, 0.09) * width, y + rng.gauss(0, 0.07) * height
            x, y = x % width, y % height
            size = rng.uniform(0.02, 0.11) * width
            draw.ellipse((x - size, y - size * 0.6, x + size, y + size * 0.6), fill=rng.randint(60, 200))
        soft = cloud.filter(ImageFilter.GaussianBlur(4)).resize(painting.image.size, Image.Resampling.BICUBIC)
        painting.image.paste(colour, (0, 0), fade(soft, 0.8))


def _planet(painting: Painting) -> None:
    rng, image = painting.rng, painting.image
    radius = min(image.size) * rng.uniform(0.2, 0.28)
    side = round(radius * 2)
    x, y = round(painting.width * rng.uniform(0.4, 0.65)), round(painting.height * rng.uniform(0.48, 0.6))
    base = mix(painting.scene.accent, rng.choice((rgb("d9a066"), rgb("6fa8d9"), rgb("c98ad0"), rgb("e0c080"))), 0.6)
    glow(image, (x, y), radius * 1.7, colour=base, strength=0.4, power=1.6)
    bands = [mix(base, (255, 240, 220) if row % 2 else (60, 30, 50), rng.uniform(0.0, 0.4)) for row in range(9)]
    surface = drifting(side, side, bands, rng, 8)
    # Dark grows with the distance from the lit limb, which is up and to the left.
    night = Image.radial_gradient("L").resize((side * 3, side * 3), Image.Resampling.BILINEAR)
    shade = night.crop((round(side * 1.25), round(side * 1.2), round(side * 1.25) + side, round(side * 1.2) + side))
    surface.paste((5, 5, 14), (0, 0), shade.point([min(250, round(level**1.75 / 15)) for level in range(256)]))
    mask = disc_mask(side / 2)
    ring = Image.new("L", (side * 4, side * 2))
    for grow, level in ((0, 150), (14, 90), (30, 190), (56, 120)):
        box = (side * 0.35 + grow, side * 0.6 + grow * 0.3, side * 3.65 - grow, side * 1.4 - grow * 0.3)
        ImageDraw.Draw(ring).ellipse(box, outline=level, width=max(4, round(side * 0.028)))
    tilted = ring.rotate(-14, Image.Resampling.BILINEAR).reduce(2)
    at = (x - tilted.width // 2, y - tilted.height // 2)
    tint = mix(base, (255, 244, 225), 0.5)
    image.paste(tint, at, fade(tilted, 0.8))
    image.paste(surface, (x - side // 2, y - side // 2), mask)
    front = tilted.copy()
    front.paste(0, (0, 0, tilted.width, tilted.height // 2))
    image.paste(tint, at, fade(front, 0.8))
