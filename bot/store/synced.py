"""Which commands Discord was last told of, by application."""

from sqlalchemy import Connection, delete, insert, select

from bot.clock import Clock
from bot.store.engine import Store
from bot.store.tables import synced_commands


class SyncedCommands:
    """Remembers a digest of the commands, so that they are only sent when they changed."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def digest_of(self, application_id: int) -> str | None:
        """The digest remembered for an application; None where there is none."""
        wanted = select(synced_commands.c.digest).where(synced_commands.c.application_id == application_id)
        return await self._store.read(lambda connection: connection.execute(wanted).scalar_one_or_none())

    async def remember(self, application_id: int, digest: str) -> None:
        """Remember a digest."""

        def write(connection: Connection) -> None:
            connection.execute(delete(synced_commands).where(synced_commands.c.application_id == application_id))
            connection.execute(
                insert(synced_commands).values(
                    application_id=application_id, digest=digest, synced_at=self._clock.now()
                )
            )

        await self._store.write(write)
