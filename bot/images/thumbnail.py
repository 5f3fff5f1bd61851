"""Pictures made so small that a dozen of them fit one sheet."""

import io

from PIL import Image

from bot.errors import PictureError, PictureFault
from bot.images.image import Picture


def thumbnail(picture: Picture, longest_px: int) -> bytes:
    """The picture as a PNG whose longer side is at most this long. Blocking: call it in a thread.

    Raises PictureError: UNREADABLE, where the pixels are broken.
    """
    try:
        with Image.open(io.BytesIO(picture.data), formats=(picture.format.upper(),)) as opened:
            opened.draft("RGB", (longest_px, longest_px))  # of a JPEG no more is decoded than is needed
            image = opened.convert("RGB")
        image.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, "PNG")
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        # Pillow's plugins raise any of these for a broken file.
        raise PictureError(PictureFault.UNREADABLE, f"picture {picture.index}: {type(error).__name__}") from error
    return out.getvalue()
