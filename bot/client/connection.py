"""Keeps the bot on Discord's gateway: where a connection ends for good, a new client begins, later each time.

discord.py reconnects and resumes by itself, but some of its ends are final though the next try would do (2.7.1: an
address that could not be asked for at the start, a socket closed in the middle of a greeting). A client cannot be
opened twice, so each try has its own.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.client.client import ImagineClient
from bot.client.intake import Seen
from bot.clock import Clock
from bot.entropy import Rng
from bot.errors import SettingsError, Unavailable

_log = structlog.get_logger(__name__)

_FIRST_WAIT_S, _MOST_WAIT_S = 1.0, 60.0
_WENT_WELL = timedelta(minutes=1)


class Connection:
    """The clients, one after the other. `make` makes a client; `attach` hears of each before it is opened.

    What one client heard, the next one knows: Discord may hand an interaction in again to a new session.
    """

    def __init__(
        self,
        *,
        make: Callable[[Seen], ImagineClient],
        attach: Callable[[ImagineClient], None],
        token: str,
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._make, self._attach, self._token, self._clock, self._rng = make, attach, token, clock, rng
        self._seen = Seen()
        self._client: ImagineClient | None = None
        self._is_open = True

    @property
    def connected(self) -> bool:
        """Whether Discord hands interactions in."""
        return self._client is not None and self._client.is_ready() and not self._client.is_closed()

    async def serve(self) -> None:
        """Stay connected until cancelled. Raises SettingsError where no try could help, and the bot's own faults."""
        wait_s = _FIRST_WAIT_S
        while True:
            began = self._clock.now()
            await self._once()
            if self._clock.now() - began >= _WENT_WELL:
                wait_s = _FIRST_WAIT_S
            await self._clock.sleep(wait_s * self._rng.uniform(0.8, 1.2))
            wait_s = min(wait_s * 2, _MOST_WAIT_S)

    async def stop_accepting(self) -> None:
        """Answer what comes from now on with a sentence, and wait until what is being answered is done."""
        self._is_open = False
        if self._client is not None:
            self._client.stop_accepting()
            await self._client.quiet()

    async def _once(self) -> None:
        self._client = self._make(self._seen)
        if not self._is_open:
            self._client.stop_accepting()
        self._attach(self._client)
        try:
            async with self._client as client:
                await client.login(self._token)
                await self._connected(client)
        except Unavailable as error:
            _log.warning("not connected; trying again", why=str(error))

    async def _connected(self, client: ImagineClient) -> None:
        """Be on the gateway. Faults before it (commands Discord refuses, extensions that break) are the bot's own and
        end it; those of a connection only end the connection.
        """
        try:
            await client.connect()
        except SettingsError:
            raise
        except Exception as error:  # noqa: BLE001 - discord.py's own faults end a connection, never the bot
            _log.warning("the gateway was lost; connecting anew", why=type(error).__name__)
        else:
            _log.warning("the gateway was left; connecting anew")
