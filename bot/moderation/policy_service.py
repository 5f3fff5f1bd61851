"""Policies of channels: what admins set for them, and what holds in one now."""

import asyncio
from collections.abc import Set
from dataclasses import dataclass, field, fields
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, or_, select

from bot.clock import Clock
from bot.errors import Unavailable, UserError
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.guilds.settings import lock_guild
from bot.moderation.policy import Policy
from bot.moderation.pressers import Pressers
from bot.moderation.rules import (
    ChannelContext,
    ChannelRules,
    ChannelSetting,
    Unchecked,
    kept_from_category,
    rules_for,
    with_all_of,
    without_age_mark,
)
from bot.store.engine import Store
from bot.store.tables import channel_settings

_UNDECIDED_MOST_S = 30 * 86_400
_KNOWN_WITHIN_S = 5.0
_NOT_KNOWN = (
    "What this channel allows changed just now, and cannot be looked up yet. Please try again in a minute: "
    "nothing was started, and nothing was charged."
)


@dataclass(frozen=True, slots=True)
class _Doubts:
    """What happened to the mark of a channel and is not written down yet; `known` rings once nothing is left of it."""

    left: set[int] = field(default_factory=set[int])
    known: asyncio.Event = field(default_factory=asyncio.Event)


class PolicyService:
    """Policies of channels and categories. Each act is one transaction and leaves its audit row in it."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._doubted: dict[int, _Doubts] = {}  # by channel
        self._next_doubt = count(1)

    async def rules_at(self, channel_context: ChannelContext) -> ChannelRules:
        """What holds in a place now. One that cannot be read has the strictest that its server knows."""
        return await self._store.read(self.rules_in, channel_context)

    def rules_in(self, connection: Connection, channel_context: ChannelContext) -> ChannelRules:
        """As `rules_at`, as part of a transaction."""
        guild_id = channel_context.guild_id
        if guild_id is None:
            return rules_for(None, None, age_restricted=False, private=True)
        places = {channel_context.rules_id, channel_context.category_id}
        found = dict(_settings(connection, guild_id))
        rules = rules_for(
            found.get(channel_context.rules_id),
            found.get(channel_context.category_id) if channel_context.category_id else None,
            age_restricted=channel_context.age_restricted and channel_context.rules_id not in self._doubted,
            private=not channel_context.known,
        )
        if channel_context.known:
            return rules
        # Nobody can tell which category it lies in.
        return with_all_of(rules, [one for key, one in found.items() if key not in places])

    async def set_channel(self, act: AdminAction, channel_id: int, changes: ChannelSetting) -> ChannelSetting:
        """Set what `changes` says for a channel or a category and leave the rest; gives what is set now.

        Whether the channel is of this server and has the age mark is the caller's to check: without the mark, what
        needs it does not hold, whatever is set. Raises UserError for a time out of range.
        """
        if not 0 <= (changes.undecided_after_s or 0) <= _UNDECIDED_MOST_S:
            raise UserError("The time for undecided pictures may be up to 30 days. Nothing was changed.")
        doubts = self._doubts_of(channel_id)

        def change(connection: Connection) -> ChannelSetting:
            before = _setting(connection, act.guild_id, channel_id)
            held = before or ChannelSetting()
            if doubts:
                held = without_age_mark(held, ChannelSetting())
            after = changes.over(held)
            self._put(connection, act, channel_id, before, after)
            return after

        after = await self._store.write(change)
        if changes.policy is not None:
            self._settle(channel_id, doubts)  # an admin has said what holds with the mark as it is now
        return after

    async def clear_channel(self, act: AdminAction, channel_id: int) -> bool:
        """Forget what was set for a channel or a category; False when nothing was."""

        def clear(connection: Connection) -> bool:
            before = _setting(connection, act.guild_id, channel_id)
            if before is None:
                return False
            self._put(connection, act, channel_id, before, None)
            return True

        return await self._store.write(clear)

    def doubt_age_mark(self, channel_id: int) -> int:
        """Something happened to a channel's mark; gives what names that.

        Until all such is written down (`age_mark_removed`), the channel counts as without the mark.
        """
        doubt = next(self._next_doubt)
        self._doubted.setdefault(channel_id, _Doubts()).left.add(doubt)
        return doubt

    async def no_doubt(self, channel_id: int) -> None:
        """Come back once that is written down, which takes a moment. Raises Unavailable where it takes longer."""
        doubts = self._doubted.get(channel_id)
        if doubts is None:
            return
        try:
            async with asyncio.timeout(_KNOWN_WITHIN_S):
                await doubts.known.wait()
        except TimeoutError as error:
            raise Unavailable(_NOT_KNOWN) from error

    def is_doubted(self, channel_id: int, doubt: int | None = None) -> bool:
        """Whether something that happened to the mark is still to be written down; with `doubt`, whether that is."""
        doubts = self._doubts_of(channel_id)
        return bool(doubts) if doubt is None else doubt in doubts

    def _doubts_of(self, channel_id: int) -> frozenset[int]:
        doubts = self._doubted.get(channel_id)
        return frozenset(doubts.left if doubts else ())

    def _settle(self, channel_id: int, settled: Set[int]) -> None:
        doubts = self._doubted.get(channel_id)
        if doubts is None:
            return
        doubts.left.difference_update(settled)
        if not doubts.left:
            del self._doubted[channel_id]
            doubts.known.set()

    async def age_mark_removed(
        self,
        act: AdminAction,
        channel_id: int,
        category_id: int | None = None,
        *,
        own: bool = True,
        doubt: int | None = None,
    ) -> bool:
        """Undo for good what only an age-restricted channel may have; False when nothing of it was set.

        It stopped to hold at the moment the mark went, whether or not this is called: this keeps it from coming back
        with the mark. What the channel would take from its category is kept from it by a setting of its own. Without
        `own`, what was set for the channel itself stays. It settles `doubt`; None for all that there are now.
        """
        settled = self._doubts_of(channel_id) if doubt is None else {doubt}
        undo = without_age_mark if own else kept_from_category

        def changed(connection: Connection) -> bool:
            before = _setting(connection, act.guild_id, channel_id)
            category = _setting(connection, act.guild_id, category_id) if category_id else None
            after = undo(before or ChannelSetting(), category or ChannelSetting())
            if after == (before or ChannelSetting()):
                return False
            self._put(connection, act, channel_id, before, None if after.is_empty else after)
            return True

        is_news = await self._store.write(changed)
        self._settle(channel_id, settled)
        return is_news

    async def needing_age_mark(self) -> tuple[tuple[int, int], ...]:
        """The servers with the channels and categories where something is set that only an age mark lets hold."""
        needs = or_(channel_settings.c.policy == Policy.ALLOW.value, channel_settings.c.safety_checker.is_(False))
        wanted = select(channel_settings.c.guild_id, channel_settings.c.channel_id).where(needs)

        def places(connection: Connection) -> tuple[tuple[int, int], ...]:
            return tuple((row.guild_id, row.channel_id) for row in connection.execute(wanted))

        return await self._store.read(places)

    async def channel_settings(self, guild_id: int) -> tuple[tuple[int, ChannelSetting], ...]:
        """What is set in a server, by channel or category id."""
        return tuple(await self._store.read(_settings, guild_id))

    def _put(
        self,
        connection: Connection,
        act: AdminAction,
        channel_id: int,
        before: ChannelSetting | None,
        after: ChannelSetting | None,
    ) -> None:
        here = channel_settings.c.guild_id == act.guild_id, channel_settings.c.channel_id == channel_id
        connection.execute(delete(channel_settings).where(*here))
        if after is not None:
            row = {"guild_id": act.guild_id, "channel_id": channel_id, **_values(after)}
            connection.execute(channel_settings.insert().values(row))
        note(
            connection,
            act,
            AuditKind.POLICY_SET if after is not None else AuditKind.POLICY_CLEARED,
            before={"channel": str(channel_id), **_told(before)},
            after={"channel": str(channel_id), **_told(after)},
            at=self._clock.now(),
        )


# Asked at each press: to build a statement costs more than to run it.
_SETTINGS = (
    select(channel_settings)
    .where(channel_settings.c.guild_id == bindparam("guild_id"))
    .order_by(channel_settings.c.channel_id)
)


def _settings(connection: Connection, guild_id: int) -> list[tuple[int, ChannelSetting]]:
    found = connection.execute(_SETTINGS, {"guild_id": guild_id})
    return [(row.channel_id, _setting_of(row)) for row in found]


def _setting(connection: Connection, guild_id: int, channel_id: int) -> ChannelSetting | None:
    """The setting of one place. Nobody else changes the server's settings until the transaction ends."""
    lock_guild(connection, guild_id)
    here = channel_settings.c.guild_id == guild_id, channel_settings.c.channel_id == channel_id
    row = connection.execute(select(channel_settings).where(*here)).first()
    return None if row is None else _setting_of(row)


def _setting_of(row: Row[Any]) -> ChannelSetting:
    return ChannelSetting(
        policy=Policy(row.policy) if row.policy else None,
        approve_everything=row.approve_everything,
        unchecked=Unchecked(row.unchecked) if row.unchecked else None,
        hide_prompt=row.hide_prompt,
        safety_checker=row.safety_checker,
        undecided_after_s=row.undecided_after_s,
        undecided_reject=row.undecided_reject,
        hide_reported=row.hide_reported,
        private=row.private,
        buttons=Pressers.parse(row.buttons) if row.buttons else None,
    )


def _values(setting: ChannelSetting) -> dict[str, object]:
    buttons = None if setting.buttons is None else str(setting.buttons)
    return {**{one.name: getattr(setting, one.name) for one in fields(setting)}, "buttons": buttons}


def _told(setting: ChannelSetting | None) -> dict[str, object]:
    """What is set, for the audit row: without what is not."""
    return {} if setting is None else {name: value for name, value in _values(setting).items() if value is not None}
