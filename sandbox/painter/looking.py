"""What can be seen in a picture without understanding it: how light it is, where its sky is, what stands out."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageFilter, ImageStat

_SIDE: Final = 48


@dataclass(frozen=True, slots=True)
class Figure:
    """What stands out most. `x` and `wide` (of its upper part) are shares of the width, the others of the height."""

    x: float
    top: float
    low: float
    wide: float


def lightness(image: Image.Image) -> float:
    """The mean lightness, 0 to 255."""
    return ImageStat.Stat(image.convert("L").reduce(4)).mean[0]


def sky_mask(image: Image.Image) -> Image.Image:
    """White where the sky seems to be: from the top down, as long as colours change only little."""
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1.3))
    pixels = _pixels(small)
    depths = [_depth(pixels[x::_SIDE]) for x in range(_SIDE)]
    mask = Image.new("L", small.size)
    for x in range(_SIDE):  # one column may be stopped by a sun, or slip through a gap: its neighbours know better
        near = sorted(depths[max(0, x - 7) : x + 8])
        mask.paste(255, (x, 0, x + 1, near[len(near) // 2]))
    return mask.filter(ImageFilter.GaussianBlur(1.0)).resize(image.size, Image.Resampling.BICUBIC)


def _depth(column: list[tuple[int, ...]]) -> int:
    """How far down a column the colours change only little."""
    for y in range(1, round(_SIDE * 0.8)):
        if _apart(column[y], column[y - 1]) > 50:
            return y
    return round(_SIDE * 0.5)


def figure_of(image: Image.Image) -> Figure:
    """The patch that differs most from what lies beside it, near the middle rather than at the edge."""
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = _pixels(small)
    weights = [0.0] * (_SIDE * _SIDE)
    for y in range(3, round(_SIDE * 0.92)):
        row = pixels[y * _SIDE : (y + 1) * _SIDE]
        middle = tuple(sorted(part)[_SIDE // 2] for part in zip(*row, strict=True))
        for x in range(_SIDE):
            off = abs(x / _SIDE - 0.5) * 1.7
            high = 0.35 if y < _SIDE * 0.36 else 1.0  # suns and moons stand out too
            weights[y * _SIDE + x] = _apart(row[x], middle) * max(0.0, 1 - off**2) * high
    patch = _largest(weights)
    if not patch:
        return Figure(0.5, 0.45, 0.8, 0.14)
    top = min(y for _, y in patch)
    low = max(y for _, y in patch)
    head = sorted(x for x, y in patch if y <= top + max(2, (low - top) // 3))
    wide = max(0.08, min(0.16, (head[len(head) * 9 // 10] - head[len(head) // 10] + 1) / _SIDE))
    return Figure((head[len(head) // 2] + 0.5) / _SIDE, top / _SIDE, (low + 1) / _SIDE, wide)


def _largest(weights: list[float]) -> list[tuple[int, int]]:
    """The connected patch with the most weight among those that stand out."""
    least = max(20.0, sorted(weights)[len(weights) * 93 // 100])
    open_ = {at for at, weight in enumerate(weights) if weight >= least}
    best: list[int] = []
    best_weight = 0.0
    while open_:
        patch = [open_.pop()]
        for at in patch:
            for near in (at - 1, at + 1, at - _SIDE, at + _SIDE):
                if near in open_ and abs(near % _SIDE - at % _SIDE) <= 1:
                    open_.remove(near)
                    patch.append(near)
        weight = sum(weights[at] for at in patch)
        if weight > best_weight:
            best, best_weight = patch, weight
    return [(at % _SIDE, at // _SIDE) for at in best]


def _pixels(image: Image.Image) -> list[tuple[int, ...]]:
    data = image.tobytes()
    return [tuple(data[at : at + 3]) for at in range(0, len(data), 3)]


def _apart(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    return sum(abs(a - b) for a, b in zip(first, second, strict=True))
