"""Pictures of real weight, made once: a PNG of 1024 by 1024 pixels has some 1.5 MB, one of 512 some 0.37 MB."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import io
import random

from PIL import Image, ImageChops

_SEED = 7
_NOISE_BITS = 3  # a third of a byte of noise in each channel: what pictures of a diffusion model weigh as PNG


def make(side_px: int) -> bytes:
    """A square picture as PNG: gradients under fine noise, the same in every process."""
    rng = random.Random(_SEED)  # noqa: S311 - the same pixels in every run
    noise = Image.frombytes("RGB", (side_px, side_px), rng.randbytes(3 * side_px * side_px))
    fine = noise.point([level >> (8 - _NOISE_BITS) for level in range(256)] * 3)
    slope = Image.linear_gradient("L").resize((side_px, side_px), Image.Resampling.BICUBIC)
    across = slope.point([level * 200 // 255 for level in range(256)])
    ground = Image.merge("RGB", (across, across.rotate(90), across.rotate(180)))
    out = io.BytesIO()
    ImageChops.add(ground, fine).save(out, "PNG")
    return out.getvalue()


class Pictures:
    """Pictures by the length of their sides, in pixels. Made at the first asking, which loads do before they begin."""

    def __init__(self) -> None:
        self._made: dict[int, bytes] = {}

    def of(self, side_px: int) -> bytes:
        """The bytes of a picture."""
        if side_px not in self._made:
            self._made[side_px] = make(side_px)
        return self._made[side_px]

    def knows(self, length: int) -> bool:
        """Whether a picture has so many bytes: then it came through as it was."""
        return any(len(data) == length for data in self._made.values())
