"""Weather over a picture that is there."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import random
from dataclasses import replace

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

from sandbox.painter import scenery
from sandbox.painter.light import day, graded
from sandbox.painter.looking import sky_mask
from sandbox.painter.palette import rgb, scene_of
from sandbox.painter.scenery import Painting
from sandbox.painter.strokes import fade, gradient


def in_weather(image: Image.Image, weather: str, rng: random.Random) -> Image.Image:
    """The picture in another weather; as it is where none of ours is named."""
    if weather == "snow":
        return _falling(_covered(image), weather, rng)
    if weather == "rain":
        wet = graded(ImageEnhance.Color(image).enhance(0.6), (0.7, 0.78, 0.86), lift=14)
        return _falling(wet, weather, rng)
    if weather == "fog":
        return _foggy(image)
    if weather == "clouds":
        return _clouded(graded(ImageEnhance.Color(image).enhance(0.8), (0.9, 0.93, 0.97)), rng)
    return day(image, rng) if weather == "clear" else image


def _falling(image: Image.Image, weather: str, rng: random.Random) -> Image.Image:
    painting = Painting(image.copy(), replace(scene_of("", random.Random(0)), weather=weather), rng, (0.0, 0.0))  # noqa: S311  # pictures, not secrets
    scenery.falling(painting)
    scenery.falling(painting)
    return painting.image


def _covered(image: Image.Image) -> Image.Image:
    """Snow on what lies below the sky, most of it where light falls from above."""
    cool = graded(ImageEnhance.Color(image).enhance(0.7), (0.93, 0.98, 1.06), lift=12)
    grey = image.convert("L").filter(ImageFilter.GaussianBlur(3))
    lifted = ImageChops.subtract(ImageChops.offset(grey, 0, 4), grey, 0.22, 0)
    ledge = ImageChops.add(lifted, ImageChops.subtract(grey, ImageChops.offset(grey, 0, 4), 0.3, 0))
    ground = gradient(image.width, image.height, ((0, 0, 0), (20, 20, 20), (105, 105, 105), (200, 200, 200)))
    amount = ImageChops.lighter(fade(ledge, 0.7), ground.convert("L"))
    amount = ImageChops.subtract(amount, fade(sky_mask(image), 0.85)).filter(ImageFilter.GaussianBlur(1.5))
    # What is dark below stays a little darker, so that shapes are still seen through the snow.
    white = Image.blend(Image.new("RGB", image.size, rgb("f3f7fd")), graded(cool, (0.9, 0.95, 1.0), lift=120), 0.45)
    return Image.composite(white, cool, amount)


def _foggy(image: Image.Image) -> Image.Image:
    veil = gradient(
        image.width, image.height, ((120, 120, 120), (170, 170, 170), (214, 214, 214), (150, 150, 150), (90, 90, 90))
    ).convert("L")
    hazy = ImageEnhance.Color(image.filter(ImageFilter.GaussianBlur(1.6))).enhance(0.55)
    hazy.paste(rgb("dfe4e8"), (0, 0), veil)
    return hazy


def _clouded(image: Image.Image, rng: random.Random) -> Image.Image:
    width, height = max(8, image.width // 8), max(8, image.height // 8)
    heap = Image.new("L", (width, height))
    draw = ImageDraw.Draw(heap)
    for _ in range(9):
        x, y = rng.uniform(0, 1) * width, rng.uniform(0.03, 0.36) * height
        for _ in range(10):
            dx, dy, size = rng.gauss(0, 0.1) * width, rng.gauss(0, 0.02) * height, rng.uniform(0.03, 0.08) * width
            draw.ellipse(
                (x + dx - size, y + dy - size / 2, x + dx + size, y + dy + size / 2), fill=rng.randint(90, 220)
            )
    soft = heap.filter(ImageFilter.GaussianBlur(2.0)).resize(image.size, Image.Resampling.BICUBIC)
    clouded = image.copy()
    clouded.paste(rgb("eef1f5"), (0, 0), ImageChops.multiply(fade(soft, 0.9), sky_mask(image)))
    return clouded
