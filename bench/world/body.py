"""Bodies of Discord's REST API: JSON alone, or multipart with files, of which only the lengths are looked at."""

import json
import re
from dataclasses import dataclass
from typing import Any

_BOUNDARY = re.compile(r"""boundary="?([^";]+)""")


@dataclass(frozen=True, slots=True)
class Body:
    """The JSON of a request, and how long each file beside it is, in bytes."""

    payload: dict[str, Any]
    files: tuple[int, ...] = ()


def parse(content_type: str, raw: bytes) -> Body:
    """A body. Raises ValueError for one that is neither."""
    found = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or found is None:
        return Body(json.loads(raw) if raw else {})
    return _parts(raw, found[1].encode())


def _parts(raw: bytes, boundary: bytes) -> Body:
    payload: dict[str, Any] = {}
    files: list[int] = []
    mark = b"\r\n--" + boundary
    at = raw.find(b"--" + boundary)
    while (head := raw.find(b"\r\n\r\n", at)) >= 0:
        end = raw.find(mark, head + 4)
        if end < 0:
            raise ValueError("a part has no end")
        if b'name="payload_json"' in raw[at:head]:
            payload = json.loads(raw[head + 4 : end])
        else:
            files.append(end - head - 4)
        at = end + 2
    return Body(payload, tuple(files))
