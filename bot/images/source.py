"""Pictures that people hand in to be worked from: judged by their bytes, whatever name and type came along.

Blocking: call it in a thread.
"""

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from bot.catalog.source import MOST_BYTES
from bot.errors import SourceError
from bot.images.fit import fit
from bot.images.image import Picture
from bot.images.outline import NoOutline, Outline, outline_of
from bot.images.walks import size_of

MOST_PIXELS = 16_000_000
"""The most pixels of a source. Phones make 12 million; the model works on about one, so nothing of more is lost.

Decoded, one is 64 MB of memory.
"""

_INLINE_MOST_BYTES = 4 * 1024 * 1024  # four of them are 21 MB in base64, in one request


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that may be worked from. `kind`: `png`, `jpeg`, `webp` or `gif`; `moves`: it has several frames."""

    kind: str
    width_px: int
    height_px: int
    moves: bool

    @property
    def is_sent_as_it_is(self) -> bool:
        """Whether the file is what a model takes; of any other, the first frame is."""
        return self.kind != "gif" and not self.moves


def look_at_source(data: bytes) -> Source:
    """What picture the bytes are. Raises SourceError, whose text completes “cannot be …” for people.

    It is decoded to its last row where its outline alone does not tell that it is whole, and never where the outline
    says that it would be too large.
    """
    outline = _outline(data)
    if outline.kind == "gif" or size_of(outline.kind, data) != (outline.width_px, outline.height_px):
        with _first_frame(data, outline) as image:
            image.load()
    return Source(outline.kind, outline.width_px, outline.height_px, outline.moves)


def first_frame_of(data: bytes) -> tuple[str, bytes]:
    """The first frame as a still picture of at most 4 MB, and its media type. Raises SourceError."""
    outline = _outline(data)
    with _first_frame(data, outline) as image:
        still = image.convert("RGBA" if image.has_transparency_data else "RGB")
    out = io.BytesIO()
    still.save(out, "PNG")
    picture = fit(Picture(0, out.getvalue(), "png", *still.size), _INLINE_MOST_BYTES)
    if picture is None:
        raise SourceError("a picture that is too large to be sent")
    return f"image/{picture.format}", picture.data


def _outline(data: bytes) -> Outline:
    """Raises SourceError for what is no picture, too large, cut off, or has something behind its end."""
    if len(data) > MOST_BYTES:
        raise SourceError("a file of more than 10 MB")
    try:
        outline = outline_of(data)
    except NoOutline:
        raise SourceError("a picture that is broken or cut off") from None
    if outline is None:
        raise SourceError("a file that is no such picture, whatever its name says")
    if outline.width_px * outline.height_px > MOST_PIXELS:
        raise SourceError(f"a picture of {outline.width_px:,} × {outline.height_px:,} pixels")  # noqa: RUF001
    if data[outline.end :].strip(b"\0"):
        raise SourceError("a file that goes on behind the end of its picture (saving it anew as PNG helps)")
    return outline


@contextmanager
def _first_frame(data: bytes, outline: Outline) -> Generator[Image.Image]:
    """The picture at its first frame, to be decoded by what is done with it. Raises SourceError."""
    try:
        with Image.open(io.BytesIO(data), formats=(outline.kind.upper(),)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise SourceError("a picture that is larger than it says")
            yield image
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, Image.DecompressionBombError) as error:
        # Pillow's plugins raise any of these for a broken file.
        raise SourceError("a picture that is broken or cut off") from error
