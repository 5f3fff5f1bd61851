"""Keeps the bot on Discord's gateway: where a connection ends for good, a new client begins, later each time.

discord.py reconnects and resumes by itself, but some of its ends are final though the next try would do (2.7.1: an
address that could not be asked for at the start, a socket closed in the middle of a greeting). A client cannot be
opened twice, so each try has its own.

And some of its waits are too long: after failed tries it sleeps up to 2, 4, 8 … 1,024 s, and forgets the failures only
2,048 s after the last (2.7.1, `discord.backoff.ExponentialBackoff`). A gateway that was bad for a minute would be left
alone for a quarter of an hour. So whoever is away for long is brought back from here.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.client.absences import Absences
from bot.client.client import ImagineClient
from bot.client.intake import Seen
from bot.clock import Clock
from bot.entropy import Rng
from bot.errors import SettingsError, Unavailable

_log = structlog.get_logger(__name__)

_FIRST_WAIT_S, _MOST_WAIT_S = 1.0, 15.0  # discord.py's last sleep in a login that fails, 9 s, comes before it
_WENT_WELL = timedelta(minutes=1)
_LOOK_EVERY_S = 1.0
# Resuming and discord.py's first three waits fit in. With the wait before a new client it stays under 30 s.
_LONGEST_AWAY_STEPS = 20
_NOBODY = frozenset({-1})  # counted as one shard while there is none, from the first greeting on
_BRING_BACK_S = 15.0
# Gateway, "Session Start Limit": 1,000 a day for most. With few left, each further one waits for so long at most.
_SPARE_SESSIONS = 100
_MOST_PATIENCE_S = 600.0


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
        client = self._client
        return client is not None and client.is_ready() and not client.is_closed() and client.is_on_gateway

    async def serve(self) -> None:
        """Stay connected until cancelled. Raises SettingsError where no try could help, and the bot's own faults."""
        wait_s = _FIRST_WAIT_S
        while True:
            began = self._clock.now()
            was_away_long = await self._once()
            if was_away_long or self._clock.now() - began >= _WENT_WELL:
                wait_s = _FIRST_WAIT_S  # whoever was away for long has waited already
            await self._clock.sleep(wait_s * self._rng.uniform(0.8, 1.2))
            wait_s = min(wait_s * 2, _MOST_WAIT_S)

    async def stop_accepting(self) -> None:
        """Answer what comes from now on with a sentence, and wait until what is being answered is done."""
        self._is_open = False
        if self._client is not None:
            self._client.stop_accepting()
            await self._client.quiet()

    async def _once(self) -> bool:
        """One client, from its login to its end. Whether it ended because it was away for long."""
        self._client = self._make(self._seen)
        if not self._is_open:
            self._client.stop_accepting()
        self._attach(self._client)
        try:
            async with self._client as client:
                await client.login(self._token)
                return await self._connected(client)
        except Unavailable as error:
            _log.warning("not connected; trying again", why=str(error))
        return False

    async def _connected(self, client: ImagineClient) -> bool:
        """Be on the gateway. Whether it ended because it was away for long.

        Faults before it (commands Discord refuses, extensions that break) are the bot's own and end it; those of a
        connection only end the connection.
        """
        try:
            await self._spare_sessions(client)
            if await self._ends_by_itself(client):
                _log.warning("the gateway was left; connecting anew")
                return False
            _log.warning("away from the gateway for long; connecting anew")
        except SettingsError:
            raise
        except Exception as error:  # noqa: BLE001 - discord.py's own faults end a connection, never the bot
            _log.warning("the gateway was lost; connecting anew", why=type(error).__name__)
            return False
        return True

    async def _ends_by_itself(self, client: ImagineClient) -> bool:
        """Be on the gateway until discord.py ends it: True, or what it raises. False where it was away for long."""
        connecting = asyncio.create_task(client.connect(), name="gateway connection")
        watching = asyncio.create_task(self._until_away_too_long(client), name="gateway watch")
        try:
            await asyncio.wait({connecting, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                return False
            await connecting
            return True
        finally:
            # discord.py takes a cancellation in the middle of a greeting for the end of that greeting alone, and goes
            # on (2.7.1, `Shard.reidentify`): only of a closed client does it let go.
            await client.close()
            connecting.cancel()
            watching.cancel()
            await asyncio.gather(connecting, watching, return_exceptions=True)

    async def _spare_sessions(self, client: ImagineClient) -> None:
        """Wait where Discord grants few more sessions today: past the last, it resets the token."""
        limits = await client.fetch_session_start_limits()
        if limits.remaining < _SPARE_SESSIONS:
            wait_s = min(limits.reset_after / 1000, _MOST_PATIENCE_S)
            _log.warning("few sessions are left; waiting", left=limits.remaining, wait_s=round(wait_s))
            await self._clock.sleep(wait_s)

    async def _until_away_too_long(self, client: ImagineClient) -> None:
        """Come back once no shard was on the gateway for long. One that is away among others is brought back alone."""
        absences = Absences(most_steps=_LONGEST_AWAY_STEPS)
        while True:
            await self._clock.sleep(_LOOK_EVERY_S)
            long = absences.step(client.shards_away if client.is_on_gateway else _NOBODY)
            if long and not client.is_on_gateway:
                return
            for shard_id in long:
                await self._bring_back(client, shard_id)

    async def _bring_back(self, client: ImagineClient, shard_id: int) -> None:
        _log.warning("a shard was away for long; connecting it anew", shard=shard_id)
        try:
            async with asyncio.timeout(_BRING_BACK_S):
                await client.rejoin(shard_id)
        except Exception as error:  # noqa: BLE001 - as above; and it is tried again
            _log.warning("the shard stays away", shard=shard_id, why=type(error).__name__)
