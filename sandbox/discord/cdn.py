"""Files as Discord's CDN gives them out: to everyone who has the address, while its signature holds."""

import struct
import zlib

from aiohttp import web

from sandbox.discord.addresses import path_of
from sandbox.discord.media import PICTURES
from sandbox.discord.wire import as_int
from sandbox.discord.world import World


class Cdn:
    """Routes under `/cdn`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """Attachments, and the default avatars."""
        return [
            web.get("/cdn/attachments/{channel_id}/{attachment_id}/{filename}", self._attachment),
            web.get("/cdn/ephemeral-attachments/{channel_id}/{attachment_id}/{filename}", self._attachment),
            web.get("/cdn/embed/avatars/{index}.png", self._avatar),
        ]

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        attachment = self._world.attachment(as_int(request.match_info["attachment_id"]) or 0)
        meant = attachment is not None and request.path == f"/cdn/{path_of(attachment)}"
        if attachment is None or not meant or not self._world.addresses.admits(attachment, request.query):
            return web.Response(status=404, text="This content is no longer available.")
        shown = attachment.content_type in PICTURES
        return web.Response(
            body=attachment.content,
            headers={
                "Content-Type": attachment.content_type or "application/octet-stream",
                "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{attachment.filename}"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "public, max-age=31536000",
            },
        )

    async def _avatar(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=_grey_png(), headers={"Content-Type": "image/png"})


def _grey_png() -> bytes:
    """A picture of one grey pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")
    )
