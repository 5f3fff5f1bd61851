"""Files as Discord takes them in: type by the first bytes, size of pictures by their header, names made safe."""

import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_ENDINGS = {"txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8", "json": "application/json"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in. `claimed_type` is what the sender said it was; Discord looks for itself."""

    filename: str
    content: bytes
    claimed_type: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file Discord keeps. `content_type` None: nothing was recognised."""

    id: int
    channel_id: int
    filename: str
    content: bytes
    content_type: str | None
    width: int | None
    height: int | None
    description: str | None = None
    ephemeral: bool = False

    @property
    def size_bytes(self) -> int:
        """How large the file is."""
        return len(self.content)


def sniff(filename: str, content: bytes) -> str | None:
    """The content type by the first bytes; by the name's ending only for text, which has no signature."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    for signature, content_type in _SIGNATURES:
        if content.startswith(signature):
            return content_type
    return _ENDINGS.get(filename.rpartition(".")[2].lower())


def picture_size(content_type: str | None, content: bytes) -> tuple[int, int] | None:
    """Width and height from the header alone; None where this is no picture or its header is broken."""
    if content_type not in _PICTURES:
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
    content_type = sniff(upload.filename, upload.content)
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
