"""Pictures for the stand-in, drawn from prompt and seed: the same request gives the same bytes."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import io
import random

from PIL import Image


def draw_picture(prompt: str, *, seed: int, index: int, width_px: int, height_px: int, file_format: str) -> bytes:
    """An encoded picture (`png`, `jpeg` or `webp`). Blocks for about a tenth of a second: call it in a thread."""
    rng = random.Random(f"{prompt}|{seed}|{index}")  # noqa: S311
    grid = Image.new("RGB", (2, 3))
    grid.putdata([tuple(rng.randrange(256) for _ in range(3)) for _ in range(6)])
    return encode(grid.resize((width_px, height_px), Image.Resampling.BICUBIC), file_format)


def black_picture(width_px: int, height_px: int, file_format: str) -> bytes:
    """What a provider puts in the place of a picture it flagged."""
    return encode(Image.new("RGB", (width_px, height_px)), file_format)


def encode(image: Image.Image, file_format: str) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    if file_format == "jpeg":
        image.save(buffer, "JPEG", quality=88)
    elif file_format == "webp":
        image.save(buffer, "WEBP", quality=85, method=0)
    else:
        image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
