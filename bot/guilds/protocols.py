"""What a cog may ask about a server. Whether somebody may act as an admin is checked at the edge."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.guilds.audit import AdminAction, AuditFilter, AuditKind, AuditPage
from bot.guilds.settings import GuildSettings


class Guilds(Protocol):
    """Settings of a server, and the audit. Every method raises Unavailable when the database does not answer."""

    async def settings_of(self, guild_id: int) -> GuildSettings:
        """What is set in a server."""
        ...

    async def set_log_channel(self, act: AdminAction, channel_id: int | None) -> None:
        """Set the channel where admins are told of acts and warnings; None: nowhere."""
        ...

    async def set_review_channel(self, act: AdminAction, channel_id: int | None) -> None:
        """Choose the channel where held pictures are shown to moderators; None: nowhere."""
        ...

    async def set_reasons(self, act: AdminAction, reasons: Sequence[str]) -> tuple[str, ...]:
        """Choose the reasons that moderators pick from when they reject. Raises UserError for too many or too long."""
        ...

    async def note_reading(self, act: AdminAction, kind: AuditKind, about: Mapping[str, object]) -> None:
        """Write down that somebody reads about others; `about` must be JSON, ids as decimal strings."""
        ...

    async def audit(
        self,
        guild_id: int,
        wanted: AuditFilter = ...,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 50,
    ) -> AuditPage:
        """What was done in a server, newest first: older than the row `before`, newer than `after`, or the newest."""
        ...
