"""Files as Discord's CDN gives them out: by channel, id and name, to everyone who has the address."""

import struct
import zlib

from aiohttp import web

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
            web.get("/cdn/embed/avatars/{index}.png", self._avatar),
        ]

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info
        attachment = self._world.attachment(as_int(path["attachment_id"]) or 0)
        place = (as_int(path["channel_id"]), path["filename"])
        if attachment is None or (attachment.channel_id, attachment.filename) != place:
            return web.Response(status=404, text="This content is no longer available.")
        shown = (attachment.content_type or "").startswith("image/")
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
