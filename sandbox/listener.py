"""A stand-in's port, which can refuse connections for a while."""

from typing import cast

from aiohttp import web


class Listener:
    """A port of 127.0.0.1 that a set-up runner listens on. `port` 0 takes a free one, which it then keeps."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner, self.port = runner, port
        self._site: web.TCPSite | None = None

    async def open(self) -> None:
        """Listen, where it does not. Raises OSError for a taken port."""
        if self._site is not None:
            return
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self._site, self.port = site, cast("int", self._runner.addresses[0][1])

    async def shut(self) -> None:
        """Refuse whoever connects from now on. Connections that stand are left as they are."""
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()
