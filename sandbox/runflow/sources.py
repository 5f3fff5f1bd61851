"""The pictures that an edit works on, fetched as a real service fetches them, but never from outside the sandbox.

An address is fetched if it lies in the stand-in's own storage or under one of the bases that it was given, such as
Discord's CDN of the same sandbox. Everything else cannot be downloaded, private addresses and the internet alike.
"""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from yarl import URL

from sandbox.painter import NotReadable, picture_size, read_picture
from sandbox.runflow.schema import Problem
from sandbox.runflow.switches import Switches

_TIMEOUT_S: Final = 5.0  # of real time: a slow source holds a create up no longer


@dataclass(frozen=True, slots=True)
class Source:
    """A picture as it was fetched: its file, its size, and whether it came inline."""

    content: bytes = field(repr=False)
    width_px: int
    height_px: int
    inline: bool


class _Unusable(Exception):
    """Why a source cannot be used, as Runflow would say it."""


class Sources:
    """Fetches sources. `stored` gives what lies at an address of the own storage, None for any other address.

    It answers b"" for an address of its own that serves nothing.
    """

    def __init__(self, *, stored: Callable[[URL], Awaitable[bytes | None]]) -> None:
        self._stored = stored
        self._bases: list[URL] = []
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Get ready to fetch."""
        self._session = aiohttp.ClientSession(
            trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "Runflow"}
        )

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()

    def allow(self, base: str) -> None:
        """Take pictures from addresses below `base` too."""
        self._bases.append(URL(base))

    async def gather(self, urls: Sequence[str], switches: Switches) -> tuple[tuple[Source, ...], tuple[Problem, ...]]:
        """The sources at addresses that were checked for their form, or what is wrong with them, and then no source."""
        found = await asyncio.gather(*(self._one(url, switches) for url in urls))
        problems = tuple(
            Problem("image_urls", one, "value_error", index) for index, one in enumerate(found) if isinstance(one, str)
        )
        return tuple(one for one in found if isinstance(one, Source) and not problems), problems

    async def _one(self, url: str, switches: Switches) -> Source | str:
        inline = url[:5].lower() == "data:"
        try:
            if inline:
                content = await asyncio.to_thread(_decoded, url, switches.source_max_bytes)
            else:
                content = await self._fetched(url, switches.source_max_bytes)
            width_px, height_px = picture_size(content)
            if width_px * height_px > switches.source_max_pixels:
                return f"the image has more than {switches.source_max_pixels} pixels"
            await asyncio.to_thread(read_picture, content, 64, 64)
        except _Unusable as unusable:
            return str(unusable)
        except NotReadable:
            return "is not a valid image"
        return Source(content, width_px, height_px, inline)

    async def _fetched(self, text: str, most_bytes: int) -> bytes:
        unreachable = _Unusable("the image could not be downloaded")
        try:
            url = URL(text)
            stored = await self._stored(url)
        except (ValueError, TypeError):
            raise unreachable from None
        if stored is not None:
            if not stored:
                raise unreachable
            _held(stored, most_bytes)
            return stored
        if self._session is None or not any(_below(url, base) for base in self._bases):
            raise unreachable
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                self._session.get(url, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise unreachable
                return await _read(response, most_bytes)
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise unreachable from None


def _below(url: URL, base: URL) -> bool:
    """Whether an address lies under a base, on exactly its host and port, without a way up."""
    return (
        url.origin() == base.origin()
        and url.user is None
        and url.path.startswith(f"{base.path.rstrip('/')}/")
        and ".." not in url.path.split("/")
    )


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    content = bytearray()
    async for part in response.content.iter_any():
        content += part
        _held(content, most_bytes)
    return bytes(content)


def _held(content: bytes | bytearray, most_bytes: int) -> None:
    if len(content) > most_bytes:
        raise _Unusable(f"the image is larger than {most_bytes} bytes")


def _decoded(url: str, most_bytes: int) -> bytes:
    """The bytes of an inline picture."""
    payload = url.partition(",")[2]
    try:
        content = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise _Unusable("is not valid base64") from None
    _held(content, most_bytes)
    return content
