"""A picture that is there, as if made with other means."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import random
from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from sandbox.painter.light import graded
from sandbox.painter.palette import rgb


def in_style(image: Image.Image, style: str, rng: random.Random) -> Image.Image:
    """The picture in another style; as it is where none of ours is named."""
    restyled = _STYLES.get(style)
    return image if restyled is None else restyled(image, rng)


def _half(image: Image.Image) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.BOX)


def _watercolour(image: Image.Image, rng: random.Random) -> Image.Image:
    soft = _half(image).filter(ImageFilter.MedianFilter(7)).filter(ImageFilter.MedianFilter(5))
    washes = ImageOps.posterize(soft, 5).filter(ImageFilter.SMOOTH_MORE)
    pale = graded(ImageEnhance.Color(washes).enhance(1.25), (0.97, 0.97, 0.96), lift=46)
    # Pigment gathers where one wash meets the next.
    rims = ImageOps.invert(pale.convert("L").filter(ImageFilter.FIND_EDGES)).filter(ImageFilter.GaussianBlur(0.8))
    wet = ImageChops.multiply(pale, graded(rims.convert("RGB"), (1.0, 1.0, 1.0), lift=120))
    whole = wet.resize(image.size, Image.Resampling.BICUBIC)
    paper = _paper(image.size, rng)
    bare = Image.new("L", image.size, 255)
    margin = round(min(image.size) * 0.022)
    bare.paste(0, (margin, margin, image.width - margin, image.height - margin))
    whole.paste(rgb("fbf8f0"), (0, 0), bare.filter(ImageFilter.GaussianBlur(margin * 0.45)))
    return ImageChops.multiply(whole, paper)


def _paper(size: tuple[int, int], rng: random.Random) -> Image.Image:
    small = (max(1, size[0] // 3), max(1, size[1] // 3))
    grain = Image.frombytes("L", small, rng.randbytes(small[0] * small[1])).filter(ImageFilter.GaussianBlur(1))
    return graded(grain.resize(size, Image.Resampling.BICUBIC).convert("RGB"), (1.0, 1.0, 0.99), lift=222)


def _pixels(image: Image.Image, rng: random.Random) -> Image.Image:
    del rng
    across = 112 if image.width >= image.height else 84
    down = max(1, round(across * image.height / image.width))
    vivid = ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(1.35)).enhance(1.1)
    few = vivid.resize((across, down), Image.Resampling.BOX).quantize(24, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(image.size, Image.Resampling.NEAREST)


def _sketch(image: Image.Image, rng: random.Random) -> Image.Image:
    grey = ImageOps.autocontrast(image.convert("L"), cutoff=1)
    lines = _dodged(grey, max(4.0, min(image.size) * 0.012)).point(
        [round(255 * (level / 255) ** 2.2) for level in range(256)]
    )
    shade = graded(grey.convert("RGB"), (1.0, 1.0, 1.0), lift=172)
    drawn = ImageChops.multiply(lines.convert("RGB"), shade)
    return ImageChops.multiply(
        ImageOps.colorize(drawn.convert("L"), rgb("23252b"), rgb("fbf9f3")), _paper(image.size, rng)
    )


def _dodged(grey: Image.Image, radius: float) -> Image.Image:
    """Grey divided by its blur: white where it is even, dark along edges."""
    soft = grey.filter(ImageFilter.GaussianBlur(radius))
    # A division by logarithms: Pillow has none for two pictures.
    return ImageOps.invert(ImageChops.subtract(soft, grey, 0.34, 0))


def _comic(image: Image.Image, rng: random.Random) -> Image.Image:
    del rng
    flat = _half(image).filter(ImageFilter.MedianFilter(5)).resize(image.size, Image.Resampling.BICUBIC)
    flat = ImageOps.posterize(ImageEnhance.Contrast(ImageEnhance.Color(flat).enhance(1.7)).enhance(1.15), 3)
    flat = graded(flat, (1.0, 1.0, 1.0), lift=22)
    edges = flat.convert("L").filter(ImageFilter.GaussianBlur(2.2)).filter(ImageFilter.FIND_EDGES)
    ink = edges.point([0 if level < 7 else min(255, (level - 6) * 22) for level in range(256)])
    frame = Image.new("L", image.size, 255)
    inset = round(min(image.size) * 0.014)
    frame.paste(0, (inset, inset, image.width - inset, image.height - inset))
    ink = ImageChops.lighter(ink.filter(ImageFilter.MaxFilter(3)).filter(ImageFilter.GaussianBlur(0.7)), frame)
    flat.paste(rgb("14121a"), (0, 0), ink)
    return flat


def _poster(image: Image.Image, rng: random.Random) -> Image.Image:
    del rng
    broad = _half(image).filter(ImageFilter.MedianFilter(5))
    flat = (
        ImageEnhance.Color(broad)
        .enhance(1.5)
        .quantize(12, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
        .convert("RGB")
    )
    flat = flat.filter(ImageFilter.ModeFilter(3)).resize(image.size, Image.Resampling.BICUBIC)
    border = round(min(image.size) * 0.03)
    sheet = Image.new("RGB", image.size, rgb("f4ead6"))
    inside = (border, border, image.width - border, image.height - border)
    sheet.paste(flat.crop(inside), inside)
    return sheet


def _oil(image: Image.Image, rng: random.Random) -> Image.Image:
    small = ImageEnhance.Color(_half(image)).enhance(1.3).filter(ImageFilter.ModeFilter(9))
    thick = small.filter(ImageFilter.MedianFilter(3)).filter(ImageFilter.DETAIL)
    relief = thick.convert("L").filter(ImageFilter.EMBOSS)
    lit = ImageChops.overlay(thick, relief.convert("RGB"))
    return ImageChops.multiply(lit.resize(image.size, Image.Resampling.BICUBIC), _paper(image.size, rng))


_STYLES: Final[Mapping[str, Callable[[Image.Image, random.Random], Image.Image]]] = {
    "watercolour": _watercolour,
    "pixels": _pixels,
    "sketch": _sketch,
    "comic": _comic,
    "poster": _poster,
    "oil": _oil,
}
