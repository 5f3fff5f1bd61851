"""What a server's admins set for the whole server, and the audit of what they and moderators do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from bot.clock import Clock
from bot.errors import UserError
from bot.guilds import audit
from bot.guilds.audit import AdminAction, AuditFilter, AuditKind, AuditPage, note
from bot.store.engine import Store
from bot.store.tables import guild_settings
from bot.store.upsert import insert_if_absent

REASONS_MOST = 20
REASON_MOST = 100
"""The most reasons for rejecting that a server keeps, and the most characters of each: what a select menu takes."""


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """A server's settings. Channels are None where none is set; `reasons` are those that moderators choose from."""

    review_channel_id: int | None = None
    log_channel_id: int | None = None
    reasons: tuple[str, ...] = ()


class GuildSettingsService:
    """The one owner of a server's settings. Each act is one transaction and leaves its audit row in it."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def settings_of(self, guild_id: int) -> GuildSettings:
        """What is set in a server."""
        return await self._store.read(_settings, guild_id)

    async def set_log_channel(self, act: AdminAction, channel_id: int | None) -> None:
        """Set the channel where admins are told of acts and warnings; None: nowhere."""

        def change(connection: Connection) -> None:
            before = _locked(connection, act.guild_id)
            _change(connection, act.guild_id, log_channel_id=channel_id)
            note(
                connection,
                act,
                AuditKind.LOG_CHANNEL_SET,
                before=None if before.log_channel_id is None else {"channel_id": str(before.log_channel_id)},
                after=None if channel_id is None else {"channel_id": str(channel_id)},
                at=self._clock.now(),
            )

        await self._store.write(change)

    async def set_review_channel(self, act: AdminAction, channel_id: int | None) -> None:
        """Choose the channel where held pictures are shown to moderators; None: nowhere."""

        def change(connection: Connection) -> None:
            before = _locked(connection, act.guild_id)
            _change(connection, act.guild_id, review_channel_id=channel_id)
            note(
                connection,
                act,
                AuditKind.REVIEW_CHANNEL_SET,
                before={"channel": _text(before.review_channel_id)},
                after={"channel": _text(channel_id)},
                at=self._clock.now(),
            )

        await self._store.write(change)

    async def set_reasons(self, act: AdminAction, reasons: Sequence[str]) -> tuple[str, ...]:
        """Choose the reasons that moderators pick from when they reject. Raises UserError for too many or too long."""
        kept = tuple(dict.fromkeys(words for one in reasons if (words := " ".join(one.split()))))
        if len(kept) > REASONS_MOST or any(len(one) > REASON_MOST for one in kept):
            raise UserError(
                f"A server keeps up to {REASONS_MOST} reasons of up to {REASON_MOST} characters. Nothing was changed."
            )

        def change(connection: Connection) -> None:
            before = _locked(connection, act.guild_id)
            _change(connection, act.guild_id, reject_reasons=list(kept))
            note(
                connection,
                act,
                AuditKind.REJECT_REASONS_SET,
                before={"reasons": list(before.reasons)},
                after={"reasons": list(kept)},
                at=self._clock.now(),
            )

        await self._store.write(change)
        return kept

    async def note_reading(self, act: AdminAction, kind: AuditKind, about: Mapping[str, object]) -> None:
        """Write down that somebody reads about others; `about` must be JSON, as for every act."""
        await self._store.write(note, act, kind, before=None, after=about, at=self._clock.now())

    async def audit(
        self,
        guild_id: int,
        wanted: AuditFilter = AuditFilter(),  # noqa: B008 - frozen
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 50,
    ) -> AuditPage:
        """What was done in a server, newest first: older than the row `before`, newer than `after`, or the newest."""
        return await self._store.read(audit.page, guild_id, wanted, before=before, after=after, most=most)


def lock_guild(connection: Connection, guild_id: int) -> None:
    """Be the only one who changes what is set in a server, channels and rules included, until the transaction ends."""
    insert_if_absent(connection, guild_settings, {"guild_id": guild_id})
    here = guild_settings.c.guild_id == guild_id
    connection.execute(select(guild_settings.c.guild_id).where(here).with_for_update())


def log_channels(connection: Connection) -> list[tuple[int, int]]:
    """Every server that has a log channel, with that channel."""
    wanted = select(guild_settings.c.guild_id, guild_settings.c.log_channel_id).where(
        guild_settings.c.log_channel_id.is_not(None)
    )
    return [(row.guild_id, row.log_channel_id) for row in connection.execute(wanted)]


def _locked(connection: Connection, guild_id: int) -> GuildSettings:
    lock_guild(connection, guild_id)
    return _settings(connection, guild_id)


def _settings(connection: Connection, guild_id: int) -> GuildSettings:
    row = connection.execute(select(guild_settings).where(guild_settings.c.guild_id == guild_id)).first()
    if row is None:
        return GuildSettings()
    return GuildSettings(row.review_channel_id, row.log_channel_id, tuple(row.reject_reasons or ()))


def _change(connection: Connection, guild_id: int, **changes: object) -> None:
    connection.execute(guild_settings.update().where(guild_settings.c.guild_id == guild_id).values(**changes))


def _text(channel_id: int | None) -> str | None:
    return None if channel_id is None else str(channel_id)
