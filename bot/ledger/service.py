"""What cogs ask of the ledger: each question and each act one transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.clock import Clock
from bot.errors import UserError
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.ledger import ledger, reports, rules, stored
from bot.ledger.limits import explained
from bot.ledger.values import Defaults, Explanation, Limit, Person, SpendReport, UsageReport
from bot.money import MicroUsd
from bot.store.engine import Store

_LONGEST_REPORT = timedelta(days=366)


class LedgerService:
    """Limits, grants and reports. Each act is one transaction and leaves its audit row in it."""

    def __init__(self, *, store: Store, clock: Clock, defaults: Defaults) -> None:
        self._store, self._clock, self._defaults = store, clock, defaults

    async def usage(self, person: Person) -> UsageReport:
        """What the person uses and has left here, limit by limit, and their last ten runs here."""
        return await self._store.read(reports.usage, person, self._defaults, self._clock.now())

    async def explain(self, person: Person) -> Explanation:
        """Which limits hold for the person here and why, and which of theirs give way."""
        return explained(await self._store.read(stored.concerning, person), self._defaults, person)

    async def limits_of(self, guild_id: int) -> tuple[Limit, ...]:
        """Every limit that the server's admins set, in a fixed order."""
        return await self._store.read(stored.of_guild, guild_id)

    async def set_limit(self, act: AdminAction, limit: Limit) -> Limit | None:
        """Set a limit of the server; the one that stood in its place. Raises UserError as `rules.need_settable`."""
        rules.need_settable(act, limit)

        def put(connection: Connection) -> Limit | None:
            before = stored.find(connection, limit)
            if before is None:
                rules.need_room(stored.how_many(connection, act.guild_id))
            stored.put(connection, limit)
            note(
                connection,
                act,
                AuditKind.LIMIT_SET,
                before=None if before is None else _told(before),
                after=_told(limit),
                at=self._clock.now(),
            )
            return before

        return await self._store.write(put)

    async def remove_limit(self, act: AdminAction, limit: Limit) -> bool:
        """Remove the limit with this subject, window and measure, whatever its amount; False where there is none."""
        rules.need_own(act, limit)

        def remove(connection: Connection) -> bool:
            before = stored.find(connection, limit)
            if before is None:
                return False
            stored.remove(connection, limit)
            note(connection, act, AuditKind.LIMIT_REMOVED, before=_told(before), after=None, at=self._clock.now())
            return True

        return await self._store.write(remove)

    async def grant(self, act: AdminAction, person: Person, amount: MicroUsd, reason: str) -> UsageReport:
        """Raise what is left for the person in this server by `amount`; what they have then."""
        rules.need_grantable(act, person, amount, reason)
        now = self._clock.now()

        def grant(connection: Connection) -> UsageReport:
            ledger.grant(connection, person=person, amount=amount, at=now)
            granted = {"user_id": str(person.user_id), "amount_micro_usd": amount, "reason": reason}
            note(connection, act, AuditKind.GRANTED, before=None, after=granted, at=now)
            return reports.usage(connection, person, self._defaults, now)

        return await self._store.write(grant)

    async def spend(self, guild_id: int | None, since: datetime, until: datetime) -> SpendReport:
        """What was spent from the day of `since` until before that of `until`, by day and by person."""
        if until <= since:
            raise UserError("The stretch of time ends before it begins. Please give the earlier day first.")
        if until - since > _LONGEST_REPORT:
            raise UserError("That is more than a year (366 days). Please ask for a shorter stretch of time.")
        return await self._store.read(reports.spending, guild_id, since, until)

    async def entries_csv(
        self, guild_id: int | None, since: datetime | None, until: datetime | None, *, most_bytes: int
    ) -> bytes | None:
        """The entries of a server (None: of all) with since <= at < until as CSV, oldest first; None: too long."""
        return await self._store.read(reports.entries_csv, guild_id, since, until, most_bytes=most_bytes)


def _told(limit: Limit) -> Mapping[str, object]:
    """A limit as the audit keeps it."""
    return {
        "subject": limit.subject.value,
        "subject_id": None if limit.subject_id is None else str(limit.subject_id),
        "window": limit.window.value,
        "measure": limit.measure.value,
        "amount": limit.amount,
    }
