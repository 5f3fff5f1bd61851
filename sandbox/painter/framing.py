"""Pictures that are there, put together or framed anew: blends, wider and closer views, variations."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps, ImageStat

from sandbox.painter.light import graded
from sandbox.painter.looking import figure_of


def blend(images: Sequence[Image.Image], rng: random.Random) -> Image.Image:
    """Two to four pictures of one size in one: each keeps a part, their seams are soft, their colours come together."""
    count = len(images)
    tuned = [_towards(image, images) for image in images]
    mixed = _centred(tuned[0], 0, count)
    for place, image in enumerate(tuned[1:], 1):
        mixed = Image.composite(_centred(image, place, count), mixed, _part(mixed.size, place, count, rng))
    return mixed


def _centred(image: Image.Image, place: int, count: int) -> Image.Image:
    """The picture, somewhat smaller, with what stands out in it where its part will be seen."""
    share = {2: 0.86, 3: 0.76, 4: 0.62}[count]
    figure = figure_of(image)
    x, y = ((place % 2) * 0.5 + 0.25, (place // 2) * 0.5 + 0.27) if count == 4 else ((place + 0.5) / count, 0.62)
    width, height = round(image.width * share), round(image.height * share)
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    left = round(x * image.width - figure.x * width)
    top = round(y * image.height - (figure.top + figure.low) / 2 * height)
    # Inside its part there is as little beyond the edges as can be.
    left = max(
        round((x + 0.5 / min(count, 3)) * image.width) - width,
        min(left, round((x - 0.5 / min(count, 3)) * image.width)),
    )
    top = (
        max(image.height - height, min(top, 0))
        if count != 4
        else max(round((y + 0.23) * image.height) - height, min(top, round((y - 0.27) * image.height)))
    )
    return _mirrored(small, image.width, image.height, left, top)


def _towards(image: Image.Image, others: Sequence[Image.Image]) -> Image.Image:
    """The picture with its mean colour moved half way to that of all."""
    means = [ImageStat.Stat(each.reduce(8)).mean for each in others]
    own = ImageStat.Stat(image.reduce(8)).mean
    gains = [
        max(0.6, min(1.7, 1 + 0.5 * (sum(mean[band] for mean in means) / len(means) / max(12.0, own[band]) - 1)))
        for band in range(3)
    ]
    return graded(image, (gains[0], gains[1], gains[2]))


def _part(size: tuple[int, int], place: int, count: int, rng: random.Random) -> Image.Image:
    """White where the picture at `place` (from 1) covers those before it."""
    width, height = size
    mask = Image.new("L", (max(4, width // 8), max(4, height // 8)))
    w, h = mask.size
    lean = rng.uniform(-0.12, 0.12)
    draw = ImageDraw.Draw(mask)
    if count == 4:
        boxes = {1: (w / 2, 0, w, h), 2: (0, h / 2, w / 2, h), 3: (w / 2, h / 2, w, h)}
        draw.rectangle(boxes[place], fill=255)
    else:
        edge = w * place / count
        draw.polygon([(edge + lean * h, 0), (w + 1, 0), (w + 1, h), (edge - lean * h, h)], fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(min(w, h) * 0.07))
    return soft.resize(size, Image.Resampling.BICUBIC)


def wider(image: Image.Image, rng: random.Random) -> Image.Image:
    """A view from further away: the picture smaller in the middle, and more of the same around it."""
    width, height = image.size
    share = 0.6
    small = image.resize((round(width * share), round(height * share)), Image.Resampling.LANCZOS)
    left, top = (width - small.width) // 2, round((height - small.height) * 0.55)
    around = _stretched(small, width, height, left, top)
    around = around.filter(ImageFilter.GaussianBlur(min(image.size) * 0.004))
    around = graded(around, (rng.uniform(0.97, 1.0), 0.98, rng.uniform(0.97, 1.0)))
    seam = max(4, min(image.size) // 40)
    core = Image.new("L", small.size)
    core.paste(255, (seam, seam, small.width - seam, small.height - seam))
    around.paste(small, (left, top), core.filter(ImageFilter.GaussianBlur(seam * 0.5)))
    return around


def _stretched(small: Image.Image, width: int, height: int, left: int, top: int) -> Image.Image:
    """The picture in its place, and around it what lies along its edges, mirrored and drawn out."""
    right, below = width - left - small.width, height - top - small.height
    slice_px, upper, lower = round(small.width * 0.16), round(small.height * 0.22), round(small.height * 0.05)
    row = Image.new("RGB", (width, small.height))
    row.paste(small, (left, 0))
    near = small.crop((0, 0, slice_px, small.height)).resize((left, small.height), Image.Resampling.BICUBIC)
    row.paste(ImageOps.mirror(near), (0, 0))
    far = small.crop((small.width - slice_px, 0, small.width, small.height))
    row.paste(ImageOps.mirror(far.resize((right, small.height), Image.Resampling.BICUBIC)), (left + small.width, 0))
    canvas = Image.new("RGB", (width, height))
    canvas.paste(row, (0, top))
    above = row.crop((0, 0, width, upper)).resize((width, top), Image.Resampling.BICUBIC)
    canvas.paste(ImageOps.flip(above), (0, 0))
    ground = row.crop((0, small.height - lower, width, small.height)).resize((width, below), Image.Resampling.BICUBIC)
    canvas.paste(ImageOps.flip(ground), (0, top + small.height))
    return canvas


def _mirrored(small: Image.Image, width: int, height: int, left: int, top: int) -> Image.Image:
    """The picture in its place, and beyond each edge its mirror image. At the sides only a slice, as far as needed."""
    canvas = Image.new("RGB", (width, height))
    flipped = ImageOps.mirror(small)
    for column in (-1, 0, 1):
        tile = small if column == 0 else flipped
        for row in (-1, 0, 1):
            canvas.paste(
                tile if row == 0 else ImageOps.flip(tile), (left + column * small.width, top + row * small.height)
            )
    return canvas


def closer(image: Image.Image, rng: random.Random) -> Image.Image:
    """A view from nearer by."""
    return _window(image, 0.62, rng.uniform(0.35, 0.65), rng.uniform(0.4, 0.6))


def varied(image: Image.Image, rng: random.Random, *, strong: bool) -> Image.Image:
    """More like this: a little moved, turned, warped and tinted; `strong` for more of each, and another light."""
    amount = 1.0 if strong else 0.3
    window = 1 - rng.uniform(0.05, 0.08) * amount - 0.02
    moved = _window(image, window, rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7))
    moved = _warped(moved, rng, 0.011 * amount)
    gains = [1 + rng.choice((-1, 1)) * rng.uniform(0.1, 0.22) * amount for _ in range(3)]
    tinted = graded(moved, (gains[0], gains[1], gains[2]), gamma=1 + rng.uniform(-0.3, 0.3) * amount)
    return (
        _shifted_hue(tinted, rng, 26 * amount) if strong else ImageEnhance.Color(tinted).enhance(rng.uniform(0.9, 1.2))
    )


def _window(image: Image.Image, share: float, x: float, y: float) -> Image.Image:
    wide, tall = image.width * share, image.height * share
    left, top = (image.width - wide) * x, (image.height - tall) * y
    return image.resize(image.size, Image.Resampling.BICUBIC, (left, top, left + wide, top + tall))


def _warped(image: Image.Image, rng: random.Random, amount: float) -> Image.Image:
    """Gently waved, as a hand would draw the same thing again."""
    phase, steps = rng.uniform(0, 6.3), 6
    reach = min(image.size) * amount

    def bent(column: int, row: int) -> tuple[float, float]:
        x, y = column * image.width / steps, row * image.height / steps
        inner = 0 < column < steps and 0 < row < steps
        dx = reach * math.sin(phase + 1.9 * row + 0.7 * column) if inner else 0.0
        dy = reach * math.cos(phase * 2 + 1.3 * column) if inner else 0.0
        return x + dx, y + dy

    mesh: list[tuple[tuple[int, int, int, int], tuple[float, ...]]] = []
    for row in range(steps):
        for column in range(steps):
            box = (
                column * image.width // steps,
                row * image.height // steps,
                (column + 1) * image.width // steps,
                (row + 1) * image.height // steps,
            )
            corners = [(column, row), (column, row + 1), (column + 1, row + 1), (column + 1, row)]
            mesh.append((box, tuple(part for corner in corners for part in bent(*corner))))
    return image.transform(image.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def _shifted_hue(image: Image.Image, rng: random.Random, reach: float) -> Image.Image:
    hue, saturation, value = image.convert("HSV").split()
    shift = round(rng.choice((-1, 1)) * rng.uniform(0.4, 1.0) * reach)
    return Image.merge("HSV", (hue.point([(level + shift) % 256 for level in range(256)]), saturation, value)).convert(
        "RGB"
    )
