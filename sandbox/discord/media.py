"""Files as Discord takes them in: type by the name or the claim, size of pictures by their header, names made safe."""

import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PIL import Image

PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
"""Types that Discord shows and measures."""

_BY_ENDING: Final[Mapping[str, str]] = {
    "png": "image/png",
    "apng": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jfif": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
_TYPE: Final = re.compile(r"[a-z]+/[a-z0-9.+-]{1,60}(; ?charset=[a-z0-9-]{1,20})?")
_NO_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in. `claimed_type` is what the sender says it is."""

    filename: str
    content: bytes
    claimed_type: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file Discord keeps. `content_type` None: neither name nor sender say it."""

    id: int
    channel_id: int
    filename: str
    content: bytes
    content_type: str | None
    width: int | None
    height: int | None
    description: str | None = None
    ephemeral: bool = False
    spoiler: bool = False

    @property
    def size_bytes(self) -> int:
        """How large the file is."""
        return len(self.content)


def content_type_of(filename: str, claimed: str | None) -> str | None:
    """The content type by the name's ending, else as the sender claims it. Discord never looks at the bytes for it.

    Source: discord-api-docs issue 6785, where one text under fourteen endings had as many types.
    """
    known = _BY_ENDING.get(filename.rpartition(".")[2].lower())
    claim = (claimed or "").strip().lower()
    return known or (claim if claim != _NO_TYPE and _TYPE.fullmatch(claim) else None)


def picture_size(content_type: str | None, content: bytes) -> tuple[int, int] | None:
    """Width and height from the header alone; None where this is said to be none or its header is no picture's."""
    if content_type not in PICTURES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # nothing is decoded here
            with Image.open(io.BytesIO(content)) as image:
                return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def safe_name(filename: str) -> str:
    """The name Discord stores: blanks and unusual characters become underscores."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", filename.strip()) or "unknown"


def take_in(
    upload: Upload, *, attachment_id: int, channel_id: int, description: str | None, ephemeral: bool
) -> Attachment:
    """An upload as a kept attachment."""
    content_type = content_type_of(upload.filename, upload.claimed_type)
    size = picture_size(content_type, upload.content)
    return Attachment(
        id=attachment_id,
        channel_id=channel_id,
        filename=safe_name(upload.filename),
        content=upload.content,
        content_type=content_type,
        width=size[0] if size else None,
        height=size[1] if size else None,
        description=description,
        ephemeral=ephemeral,
    )
