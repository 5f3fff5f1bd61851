"""People: sanctions, appeals, reports and what is on record."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from bot.clock import Clock
from bot.errors import UserError
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.moderation import record
from bot.moderation.sanctions import (
    RecordLine,
    Sanction,
    SanctionKind,
    SanctionStatus,
    Thresholds,
    consequence,
    standing,
    strikes_now,
)
from bot.store.engine import Store
from bot.store.locks import alone, beside
from bot.store.tables import appeals, people, sanctions
from bot.store.upsert import insert_if_absent

REASON_MOST = 300
APPEAL_MOST = 1000
PAUSE_MOST = timedelta(days=365)
"""The longest reason and appeal, in characters, and the longest pause."""

_WRITTEN_MOST, _WRITTEN_WITHIN = 3, timedelta(hours=1)

_NOTED = {
    SanctionKind.STRIKE: AuditKind.SANCTION_STRIKE,
    SanctionKind.PAUSE: AuditKind.SANCTION_PAUSE,
    SanctionKind.STOP: AuditKind.SANCTION_STOP,
    SanctionKind.LIFT: AuditKind.SANCTION_LIFT,
}


@dataclass(frozen=True, slots=True)
class Appeal:
    """What a person says against a pause or a stop. `lifted` None: undecided. Ids are Discord's, times are UTC.

    `sanction_id` is the act it is against.
    """

    id: int
    guild_id: int
    user_id: int
    words: str
    opened_at: datetime
    channel_id: int | None = None
    message_id: int | None = None
    lifted: bool | None = None
    decided_by: int | None = None
    decided_at: datetime | None = None
    reason: str = ""
    sanction_id: int | None = None


@dataclass(frozen=True, slots=True)
class AppealDecision:
    """An appeal after somebody decided. `first` is False where somebody else had decided before: that holds."""

    appeal: Appeal
    first: bool
    standing: SanctionStatus


class SanctionsService:
    """Acts about people. Two acts about one person never run at once, from whatever process they come."""

    def __init__(self, *, store: Store, clock: Clock, thresholds: Thresholds) -> None:
        self._store, self._clock, self._thresholds = store, clock, thresholds

    async def sanction(
        self, act: AdminAction, user_id: int, kind: SanctionKind, reason: str, *, length_s: int | None = None
    ) -> SanctionStatus:
        """Act about a person; gives what holds then, a pause or stop that follows from the strikes included.

        `length_s` is how long a pause lasts (None: as the thresholds say). LIFT ends every pause and stop, and forgets
        the strikes. Raises UserError for a reason that is too long, and where there is nothing to do.
        """
        reason = _checked(reason)
        until = self._until(kind, length_s)

        def act_on(connection: Connection) -> SanctionStatus:
            _lock(connection, act.guild_id, user_id)
            before = self._standing(connection, act.guild_id, user_id)
            if kind is SanctionKind.LIFT and before.allowed and not before.strikes:
                raise UserError(
                    "Nothing holds for this person: no strike that counts, no pause, no stop. Nothing was changed."
                )
            if kind is SanctionKind.STOP and before.kind is SanctionKind.STOP:
                raise UserError("This person is stopped already. Nothing was changed.")
            self._add(connection, act, user_id, kind, reason=reason, until=until)
            if kind is SanctionKind.STRIKE:
                self._follow(connection, act, user_id, before)
            return self._standing(connection, act.guild_id, user_id)

        return await self._store.write(act_on)

    async def standing(self, guild_id: int, user_id: int) -> SanctionStatus:
        """What holds for a person now."""
        return await self._store.read(self._standing, guild_id, user_id)

    def standing_in(self, connection: Connection, guild_id: int, user_id: int) -> SanctionStatus:
        """As `standing`, and nobody changes it until the transaction ends."""
        beside(connection, guild_id, user_id)
        return self._standing(connection, guild_id, user_id)

    async def appeal(self, guild_id: int, user_id: int, words: str) -> Appeal:
        """Ask moderators to lift what holds. Raises UserError where nothing does, or it was appealed against before."""
        words = words.strip()
        if not 1 <= len(words) <= APPEAL_MOST:
            raise UserError(f"Please say why in 1 to {APPEAL_MOST:,} characters.")
        now = self._clock.now()

        def open_appeal(connection: Connection) -> int:
            _lock(connection, guild_id, user_id)
            held = self._standing(connection, guild_id, user_id)
            if held.sanction_id is None:
                raise UserError("There is nothing to appeal against: you may ask for pictures here.")
            before = _appeal_against(connection, held.sanction_id)
            if before is not None:
                raise UserError(_already(before))
            row = {"guild_id": guild_id, "user_id": user_id, "words": words, "opened_at": now}
            made = insert(appeals).values(**row, sanction_id=held.sanction_id).returning(appeals.c.id)
            number = connection.execute(made).scalar_one()
            act, after = AdminAction(guild_id, user_id), {"appeal": str(number)}
            note(connection, act, AuditKind.APPEALED, before=None, after=after, at=now)
            return number

        number = await self._store.write(open_appeal)
        return Appeal(number, guild_id, user_id, words, now)

    async def need_unappealed(self, guild_id: int, user_id: int) -> None:
        """Raises UserError where what holds for a person was appealed against before."""

        def appealed(connection: Connection) -> Appeal | None:
            held = self._standing(connection, guild_id, user_id)
            return None if held.sanction_id is None else _appeal_against(connection, held.sanction_id)

        before = await self._store.read(appealed)
        if before is not None:
            raise UserError(_already(before))

    async def appeal_posted(self, appeal_id: int, *, channel_id: int, message_id: int) -> None:
        """Note the moderators' message of an appeal."""

        def note_message(connection: Connection) -> None:
            place = {"channel_id": channel_id, "message_id": message_id}
            connection.execute(update(appeals).where(appeals.c.id == appeal_id).values(place))

        await self._store.write(note_message)

    async def find_appeal(self, guild_id: int, appeal_id: int) -> Appeal:
        """An appeal as it stands. Raises UserError for one that is not this server's, or that nobody knows."""
        return await self._store.read(_find, guild_id, appeal_id)

    async def open_appeals(self, guild_id: int) -> tuple[Appeal, ...]:
        """The appeals of a server that wait for a decision, oldest first."""
        waiting = appeals.c.guild_id == guild_id, appeals.c.lifted.is_(None)

        def waiting_appeals(connection: Connection) -> tuple[Appeal, ...]:
            rows = connection.execute(select(appeals).where(*waiting).order_by(appeals.c.id))
            return tuple(_appeal(row) for row in rows)

        return await self._store.read(waiting_appeals)

    async def decide_appeal(self, act: AdminAction, appeal_id: int, *, lift: bool, reason: str = "") -> AppealDecision:
        """Decide an appeal. The first decision counts. Raises UserError as `find_appeal`.

        `lift` ends what the appeal is against; where something else holds by now, that goes on.
        """
        reason, now = _checked(reason), self._clock.now()

        def decide(connection: Connection) -> AppealDecision:
            user_id = _find(connection, act.guild_id, appeal_id).user_id
            _lock(connection, act.guild_id, user_id)
            appeal = _find(connection, act.guild_id, appeal_id)
            first = appeal.lifted is None
            if first:
                decision = {"lifted": lift, "decided_by": act.actor_id, "decided_at": now, "reason": reason}
                connection.execute(update(appeals).where(appeals.c.id == appeal_id).values(decision))
                after = {"appeal": str(appeal_id), "user": str(user_id), "reason": reason}
                kind = AuditKind.APPEAL_LIFTED if lift else AuditKind.APPEAL_KEPT
                note(connection, act, kind, before=None, after=after, at=now)
                held = self._standing(connection, act.guild_id, user_id)
                if lift and held.sanction_id == appeal.sanction_id:
                    self._add(connection, act, user_id, SanctionKind.LIFT, reason=reason)
            held = self._standing(connection, act.guild_id, user_id)
            return AppealDecision(_find(connection, act.guild_id, appeal_id), first, held)

        return await self._store.write(decide)

    async def unheard(self, guild_id: int, user_id: int) -> Appeal | None:
        """A decided appeal that the person was not told of yet; from now on they count as told."""
        whose = {"of_guild": guild_id, "of_user": user_id}
        # Asked after every command: nearly always there is nothing.
        if await self._store.read(lambda connection: connection.scalar(_OLDEST_UNHEARD, whose)) is None:
            return None
        mine = *_UNHEARD, appeals.c.id == _OLDEST_UNHEARD.scalar_subquery()
        told = update(appeals).where(*mine).values(heard_at=self._clock.now()).returning(*appeals.c)
        row = await self._store.write(lambda connection: connection.execute(told, whose).first())
        return None if row is None else _appeal(row)

    async def used_here(self, guild_id: int, user_id: int) -> bool:
        """Whether the person ever asked for pictures in this server."""
        return await self._store.read(record.used_here, guild_id, user_id)

    async def may_write_to(self, guild_id: int, user_id: int) -> bool:
        """Whether the bot may write to the person of the latest act: they used it here, and acts were few of late.

        Otherwise moderators could make it write to anybody, as often as they like.
        """
        since = self._clock.now() - _WRITTEN_WITHIN

        def is_known(connection: Connection) -> bool:
            if not record.used_here(connection, guild_id, user_id):
                return False
            return record.acts_since(connection, guild_id, user_id, since) <= _WRITTEN_MOST

        return await self._store.read(is_known)

    async def record(self, guild_id: int, user_id: int, most: int = 25) -> tuple[RecordLine, ...]:
        """What moderators decided about a person, and what was reported of them; newest first."""
        return await self._store.read(record.read, guild_id, user_id, most)

    def _until(self, kind: SanctionKind, length_s: int | None) -> datetime | None:
        if kind is not SanctionKind.PAUSE:
            return None
        length = self._thresholds.pause_length if length_s is None else timedelta(seconds=length_s)
        if not timedelta() < length <= PAUSE_MOST:
            raise UserError("A pause lasts up to a year. Nothing was changed.")
        return self._clock.now() + length

    def _follow(self, connection: Connection, act: AdminAction, user_id: int, before: SanctionStatus) -> None:
        """What a strike brings with it, unless something graver holds."""
        now = self._clock.now()
        acts = _acts(connection, act.guild_id, user_id)
        strikes = strikes_now(acts, now, self._thresholds.decay)
        kind = consequence(strikes, self._thresholds)
        if kind is None or before.kind is SanctionKind.STOP:
            return
        until = now + self._thresholds.pause_length if kind is SanctionKind.PAUSE else None
        self._add(connection, act, user_id, kind, reason=f"{strikes} strikes", until=until, by_threshold=True)

    def _add(
        self,
        connection: Connection,
        act: AdminAction,
        user_id: int,
        kind: SanctionKind,
        *,
        reason: str,
        until: datetime | None = None,
        by_threshold: bool = False,
    ) -> None:
        now = self._clock.now()
        row = {"guild_id": act.guild_id, "user_id": user_id, "kind": kind.value, "reason": reason, "until": until}
        connection.execute(insert(sanctions).values(**row, by_threshold=by_threshold, actor_id=act.actor_id, at=now))
        ends = until.isoformat() if until else None
        after = {"user": str(user_id), "reason": reason, "until": ends, "by_threshold": by_threshold}
        note(connection, act, _NOTED[kind], before=None, after=after, at=now)

    def _standing(self, connection: Connection, guild_id: int, user_id: int) -> SanctionStatus:
        return standing(_acts(connection, guild_id, user_id), self._clock.now(), self._thresholds)


def _lock(connection: Connection, guild_id: int, user_id: int) -> None:
    """Be the only one who acts about this person until the transaction ends."""
    alone(connection, guild_id, user_id)
    insert_if_absent(connection, people, {"guild_id": guild_id, "user_id": user_id, "acts": 0})
    theirs = people.c.guild_id == guild_id, people.c.user_id == user_id
    connection.execute(update(people).where(*theirs).values(acts=people.c.acts + 1))


# Asked at each press: to build a statement costs more than to run it.
_UNHEARD = (
    appeals.c.guild_id == bindparam("of_guild"),
    appeals.c.user_id == bindparam("of_user"),
    appeals.c.lifted.is_not(None),
    appeals.c.heard_at.is_(None),
)
_OLDEST_UNHEARD = select(func.min(appeals.c.id)).where(*_UNHEARD)
_ACTS = (
    select(sanctions)
    .where(sanctions.c.guild_id == bindparam("guild_id"), sanctions.c.user_id == bindparam("user_id"))
    .order_by(sanctions.c.id)
)


def _acts(connection: Connection, guild_id: int, user_id: int) -> list[Sanction]:
    rows = connection.execute(_ACTS, {"guild_id": guild_id, "user_id": user_id})
    return [
        Sanction(
            id=row.id,
            guild_id=row.guild_id,
            user_id=row.user_id,
            kind=SanctionKind(row.kind),
            reason=row.reason,
            actor_id=row.actor_id,
            at=row.at,
            until=row.until,
            by_threshold=row.by_threshold,
        )
        for row in rows
    ]


def _find(connection: Connection, guild_id: int, appeal_id: int) -> Appeal:
    wanted = select(appeals).where(appeals.c.id == appeal_id, appeals.c.guild_id == guild_id)
    row = connection.execute(wanted).first()
    if row is None:
        raise UserError("There is no such appeal in this server. Nothing was changed.")
    return _appeal(row)


def _appeal_against(connection: Connection, sanction_id: int) -> Appeal | None:
    row = connection.execute(select(appeals).where(appeals.c.sanction_id == sanction_id)).first()
    return None if row is None else _appeal(row)


def _appeal(row: Row[Any]) -> Appeal:
    return Appeal(
        id=row.id,
        guild_id=row.guild_id,
        user_id=row.user_id,
        words=row.words,
        opened_at=row.opened_at,
        channel_id=row.channel_id,
        message_id=row.message_id,
        lifted=row.lifted,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason or "",
        sanction_id=row.sanction_id,
    )


def _already(before: Appeal) -> str:
    if before.lifted is None:
        return "Your appeal waits for a decision already. Nothing was sent again."
    return "The moderators have read your appeal against this before and turned it down."


def _checked(reason: str) -> str:
    words = " ".join(reason.split())
    if len(words) > REASON_MOST:
        raise UserError(f"A reason has at most {REASON_MOST} characters. Nothing was changed.")
    return words
