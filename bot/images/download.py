"""Fetching pictures from wherever Runflow says they lie, without ever reaching into a private network.

Only https and public addresses, as they are at the moment of connecting: names are resolved by a resolver that drops
every other address, and the connection is made to exactly the addresses it gave, so that nothing can change between the
check and the connection. The origin of RUNFLOW_API_URL itself is allowed, and any loopback address while that is
loopback: a stand-in needs no other switch. Storage gets neither the key nor cookies.
"""

import asyncio
import base64
import binascii
import re
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Self
from urllib.parse import unquote_to_bytes

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.errors import PictureError, PictureFault

_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EXPIRED = frozenset({403, 404, 410})
_CONNECT_TIMEOUT_S = 10.0
_BUFFER_BYTES = 256 * 1024  # as much as comes in one piece: with less, reading is stopped and begun again for each
_DATA_HEAD_MOST_CHARS = 256
_HOST = re.compile(r"[A-Za-z0-9_.\-]{1,253}")
_PLAIN = re.compile(r"[!-~]+")  # printable ASCII without spaces: an address that is encoded already
_NAT64 = IPv6Network("64:ff9b::/96")
_TRANSITION = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))  # 6to4, Teredo: an IPv4 address in disguise

_Address = IPv4Address | IPv6Address
_Origin = tuple[str, str, int]


class _ForbiddenAddress(OSError):
    """A name that leads to no address we may connect to. An OSError, so that aiohttp takes it for a resolver's."""


class _Flawed(PictureError):
    """Trouble that may be gone at once."""

    def __init__(self, log_text: str) -> None:
        super().__init__(PictureFault.UNREACHABLE, log_text)


class AddressRule:
    """Which addresses may be fetched from. `api_url` is RUNFLOW_API_URL; `only_there`: from it alone."""

    def __init__(self, api_url: str, *, only_there: bool = False) -> None:
        self._origin, self.only_there = _origin(URL(api_url)), only_there
        self._is_loopback = _names_loopback(self._origin[1])

    def check(self, url: URL) -> None:
        """Raises PictureError for a scheme, a host or a literal address that is never allowed."""
        host = (url.raw_host or "").lower()
        literal = _literal(host)
        if url.scheme not in {"http", "https"} or url.user is not None or url.password is not None:
            raise _forbidden("not a plain https address")
        # Names of digits alone (`127.1`, `2130706433`) are old spellings of addresses that resolvers never see.
        if literal is None and (not _HOST.fullmatch(host) or host.replace(".", "").isdecimal()):
            raise _forbidden("not a host")
        if self.only_there and _origin(url) != self._origin:
            raise _forbidden("not the one place that may be fetched from")
        if _origin(url) == self._origin or (self._is_loopback and _names_loopback(host)):
            return
        if url.scheme != "https":
            raise _forbidden("not https")
        if literal is not None and not is_public(literal):
            raise _forbidden("not a public address")

    def allows(self, host: str, port: int, address: _Address) -> bool:
        """Whether a connection to `address`, which is what `host` means just now, may be made."""
        if (host, port) == self._origin[1:] or is_public(address):
            return True
        return self._is_loopback and _names_loopback(host) and address.is_loopback


class CheckingResolver(AbstractResolver):
    """Resolves names through `inner`, and leaves only what the rule allows."""

    def __init__(self, rule: AddressRule, inner: AbstractResolver) -> None:
        self._rule, self._inner = rule, inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The allowed addresses of a name. Raises OSError where there are none."""
        try:
            found = await self._inner.resolve(host, port, family)
        except UnicodeError:  # a label that is empty or too long: the machine's resolver cannot even ask for it
            raise _ForbiddenAddress("no name that can be resolved") from None
        name = host.lower()
        allowed = [one for one in found if (at := _literal(one["host"])) and self._rule.allows(name, port, at)]
        if not allowed:
            raise _ForbiddenAddress("no address that may be fetched from")
        return allowed

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


class Downloader:
    """Fetches pictures, as an async context that owns its connections.

    `api_url` is RUNFLOW_API_URL, `max_bytes` the most that one picture may have, and `timeout_s` the time for one
    picture, everything included but the wait for a connection, of which there are `at_once`. With `only_there` nothing
    but the origin of `api_url` is fetched from. `resolver` stands in for the machine's own.
    """

    def __init__(
        self,
        *,
        api_url: str,
        max_bytes: int,
        timeout_s: float = 30.0,
        at_once: int = 100,
        only_there: bool = False,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._rule = AddressRule(api_url, only_there=only_there)
        self._max_bytes, self._timeout_s = max_bytes, timeout_s
        self._resolver, self._at_once = resolver, at_once
        # Taken before a picture's time begins: to aiohttp, waiting for one of its connections is time to connect.
        self._turns = asyncio.Semaphore(at_once)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = CheckingResolver(self._rule, self._resolver or aiohttp.ThreadedResolver())
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, limit=self._at_once),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, connect=_CONNECT_TIMEOUT_S
            ),  # `fetch` holds the whole to its time
            headers={"Accept": "image/*", "Accept-Encoding": "identity"},
            auto_decompress=False,  # pictures are compressed already; anything that unpacks further is not ours
            read_bufsize=_BUFFER_BYTES,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str) -> bytes:
        """The bytes at an https address or in a `data:` URL. Raises PictureError, whose text never holds the URL."""
        if url[:5].lower() == "data:" and not self._rule.only_there:
            return await asyncio.to_thread(decode_data_url, url, self._max_bytes)
        try:
            async with self._turns, asyncio.timeout(self._timeout_s):
                try:
                    return await self._follow(_url(url))
                except _Flawed:
                    return await self._follow(_url(url))
        except TimeoutError:
            raise PictureError(PictureFault.UNREACHABLE, f"not there within {self._timeout_s} s") from None

    async def _follow(self, url: URL) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            self._rule.check(url)
            found = await self._get(url)
            if isinstance(found, bytes):
                return found
            url = found
        raise PictureError(PictureFault.UNREACHABLE, "too many redirects")

    async def _get(self, url: URL) -> bytes | URL:
        """The body, or where else it lies. Causes are dropped: their texts hold the address."""
        if self._session is None:
            raise RuntimeError("fetch outside the async context")
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status in _REDIRECTS:
                    return _target(url, response.headers.get("Location", ""))
                _check_status(response.status)
                return await self._read(response)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _ForbiddenAddress):
                raise _forbidden("its name leads to no public address") from None
            raise _Flawed(f"no connection: {type(error).__name__}") from None
        except aiohttp.InvalidURL:
            raise _forbidden("not an address") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _Flawed(f"broken off: {type(error).__name__}") from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, held to the most bytes whatever Content-Length says."""
        if (response.content_length or 0) > self._max_bytes:
            response.close()
            raise PictureError(PictureFault.TOO_LARGE, f"announced as {response.content_length} bytes")
        parts, length = list[bytes](), 0
        async for part in response.content.iter_any():  # as it came, so that each byte is copied once: by the joining
            parts.append(part)
            length += len(part)
            if length > self._max_bytes:
                response.close()
                raise PictureError(PictureFault.TOO_LARGE, f"more than {self._max_bytes} bytes")
        return b"".join(parts)


def is_public(address: _Address) -> bool:
    """Whether an address belongs to the public internet; IPv4 addresses inside IPv6 ones are judged themselves."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if any(address in network for network in _TRANSITION) or address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def decode_data_url(url: str, max_bytes: int) -> bytes:
    """The bytes in a base64 `data:` URL (RFC 2397). Raises PictureError: TOO_LARGE or UNREADABLE."""
    head, comma, payload = url.partition(",")
    if not comma or len(head) > _DATA_HEAD_MOST_CHARS or not head.lower().endswith(";base64"):
        raise PictureError(PictureFault.UNREADABLE, "a data URL that is not base64")
    try:
        raw = unquote_to_bytes(payload) if "%" in payload else payload.encode("ascii")
        if len(raw) * 3 // 4 > max_bytes + 2:  # padding stands for up to two bytes that are not there
            raise PictureError(PictureFault.TOO_LARGE, f"a data URL of more than {max_bytes} bytes")
        data = base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        raise PictureError(PictureFault.UNREADABLE, "a data URL with broken base64") from None
    if len(data) > max_bytes:
        raise PictureError(PictureFault.TOO_LARGE, f"a data URL of more than {max_bytes} bytes")
    return data


def _check_status(status: int) -> None:
    if status == 200:
        return
    if status in _EXPIRED:
        raise PictureError(PictureFault.EXPIRED, f"storage answered with {status}")
    if status >= 500 or status == 429:
        raise _Flawed(f"storage answered with {status}")
    raise PictureError(PictureFault.UNREACHABLE, f"storage answered with {status}")


def _url(text: str) -> URL:
    """The address. One that is encoded already stays as it is, to the letter: it is signed."""
    try:
        url = URL(text, encoded=_PLAIN.fullmatch(text) is not None)
        _origin(url)  # a port that is no number shows only here
    except (ValueError, TypeError):
        raise _forbidden("not an address") from None
    if not text.isprintable():
        raise _forbidden("not an address")
    return url


def _target(url: URL, location: str) -> URL:
    if not location:
        raise PictureError(PictureFault.UNREACHABLE, "a redirect to nowhere")
    try:
        return _url(str(url.join(URL(location, encoded=_PLAIN.fullmatch(location) is not None))))
    except (ValueError, TypeError):
        raise _forbidden("not an address") from None


def _origin(url: URL) -> _Origin:
    return url.scheme, (url.raw_host or "").lower(), url.port or 0


def _literal(host: str) -> _Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _names_loopback(host: str) -> bool:
    literal = _literal(host)
    return host == "localhost" if literal is None else literal.is_loopback


def _forbidden(log_text: str) -> PictureError:
    return PictureError(PictureFault.FORBIDDEN_ADDRESS, log_text)
