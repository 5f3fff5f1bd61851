"""A run and its money change together: every step of a run is one transaction over its row and the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from bot.clock import Clock
from bot.errors import UserError
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.ledger import ledger, notices, reports, sentences
from bot.ledger.limits import pictures_left
from bot.ledger.values import Defaults, Demand, Measure, Notice, Person
from bot.money import MicroUsd
from bot.runs import posting_rows, rows
from bot.runs.card import Balance
from bot.runs.run import Delivery, Outline, Place, Run, State
from bot.runs.transitions import Change, KeepHeld, Release, Settle
from bot.store.engine import Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A new run. `is_told`: whether there is something to be told beside its card (`RunStore.notices`)."""

    run: Run
    is_told: bool


class RunStore:
    """Where runs and their money are kept. `defaults`: the limits that hold where no admin set any."""

    def __init__(self, *, store: Store, defaults: Defaults, clock: Clock) -> None:
        self._store, self._defaults, self._clock = store, defaults, clock
        self._handed_over: dict[str, Run] = {}
        self._unnoted: dict[str, int] = {}  # the cards of runs whose rows do not say which message that is

    def need_allowed(self, place: Place) -> None:
        """Raises UserError where nobody may make pictures: without a server, when private use is switched off."""
        if place.guild_id is None and not self._defaults.private_use:
            raise UserError(sentences.PRIVATE_USE_IS_OFF)

    async def open(self, run: Run, role_ids: tuple[int, ...] = ()) -> bool:
        """As `accept`, for a run that asks nothing more; False when this press has its run already."""
        return await self.accept(lambda _: run, role_ids) is not None

    async def accept(self, made: Callable[[Connection], Run], role_ids: tuple[int, ...] = ()) -> Accepted | None:
        """Write a new run and hold its price; None when this press has its run already.

        `made` gives the run, or raises what refuses it; `role_ids`: the person's roles. Raises that, LimitError, with
        nothing written, and Unavailable.
        """

        def accepted(connection: Connection) -> Accepted | None:
            run = made(connection)
            if not rows.add(connection, run):
                return None
            is_told = ledger.reserve(
                connection,
                run_id=run.id,
                person=_person(run, role_ids),
                demand=Demand(run.held, run.images_wanted),
                defaults=self._defaults,
                at=run.created_at,
            )
            return Accepted(run, is_told)

        return await self._store.write_first(accepted)

    async def apply(self, before: Run, change: Change) -> Run:
        """Write a change, books included. Where the row has moved on, nothing is written and the row is what counts."""
        return await self.take(before, change) or await self.load(before.id)

    async def take(
        self,
        before: Run,
        change: Change,
        act: AdminAction | None = None,
        kind: AuditKind = AuditKind.TAKEN_FROM_QUEUE,
    ) -> Run | None:
        """Write a change, books included; None where the row has moved on, and nothing was written.

        Of several who try the same step at once, in whatever process, exactly one is given the run. `act`: whose act
        it is, where a moderator ends a run, and `kind` of what kind; its audit row is part of it.
        """

        def taken(connection: Connection) -> Run | None:
            if not rows.change(connection, before, change.run):
                return None
            self._book(connection, before, change)
            if act is not None:
                about = {"run": before.id, "user": str(before.user_id)}
                note(connection, act, kind, before=None, after=about, at=self.now())
            return change.run

        written = await self._store.write(taken)
        if written is not None:
            self._unnoted.pop(before.id, None)
        return written

    def _book(self, connection: Connection, before: Run, change: Change) -> None:
        is_live = before.state is not State.LOST  # a lost run left the runs at once when it was given up
        match change.books:
            case Settle(cost, estimated):
                pictures = change.run.result.num_outputs if change.run.result else 0
                # False: booked before, which is as good.
                _ = ledger.settle(
                    connection,
                    run_id=before.id,
                    cost=cost,
                    pictures=pictures,
                    estimated=estimated,
                    at=self.now(),
                    is_live=is_live,
                )
            case Release():
                _ = ledger.release(connection, run_id=before.id, at=self.now(), is_live=is_live)
            case KeepHeld():
                ledger.lose(connection, run_id=before.id)
            case None:
                pass
        if (back := change.back) is not None:
            _ = ledger.refund(connection, run_id=before.id, amount=back.amount, pictures=back.pictures, at=self.now())

    async def delivered(self, run: Run, delivery: Delivery) -> Run:
        """Note what became of the card."""
        up = delivery is Delivery.STILL_VISIBLE
        return await self.apply(run, Change(replace(run, delivery=delivery, pictures_up=up)))

    async def may_stand(self, run: Run) -> Run:
        """Note that pictures stand on a card that is not as it is to be, or may; the run as it stands then."""
        return await self._store.write(rows.may_stand, run.id)

    def hand_over(self, run: Run, message_id: int) -> None:
        """Give a new run, whose card stands by now, to whoever `find`s it, without a transaction for the card alone.

        The next change of the row says which message the card is. After a crash before that, it is looked for.
        """
        self._handed_over[run.id] = replace(run, reply=replace(run.reply, message_id=message_id))
        self._unnoted[run.id] = message_id

    async def with_card_noted(self, run: Run) -> Run:
        """See to it that the row says which message the card is; the run as it stands then. Raises Unavailable."""
        if run.id not in self._unnoted:
            return run
        noted = await self.apply(run, Change(run))
        self._unnoted.pop(run.id, None)
        return noted

    async def note_post(self, run: Run, message_id: int) -> Run:
        """Note the message that a posted run's card is; the run as it stands then. Raises Unavailable."""
        return await self._store.write(posting_rows.note_post, run.id, message_id)

    async def unpost(self, run: Run) -> Run:
        """Make a run private again that could not be posted; the run as it stands then. Raises Unavailable."""
        if await self._store.write(posting_rows.unpost, run.id):
            _log.info("a private run could not be posted", run=run.id)
        return await self.load(run.id)

    async def load(self, run_id: str) -> Run:
        """The run as it stands. Raises LookupError."""
        run = await self._store.read(rows.load, run_id)
        message_id = run.reply.message_id or self._unnoted.get(run_id)
        return replace(run, reply=replace(run.reply, message_id=message_id))

    async def find(self, run_id: str) -> Run | None:
        """The run as it stands, or as it was handed over; None where it was never written. Raises Unavailable."""
        if (handed_over := self._handed_over.pop(run_id, None)) is not None:
            return handed_over
        try:
            return await self.load(run_id)
        except LookupError:
            return None

    async def hinted_at(self, *, job: str | None, runflow_id: str) -> Run | None:
        """The run a callback is about, by our id or by Runflow's; None where it is not ours. Raises Unavailable."""
        return await self._store.read(rows.find, run_id=job, runflow_id=runflow_id)

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message, where there is one."""
        return await self._store.read(rows.by_message, message_id)

    async def unfinished(
        self, *, after: rows.Age | None = None, most: int | None = None, but_waiting: bool = False
    ) -> list[Run]:
        """Runs that still owe somebody an end, oldest first; see `rows.unfinished`."""
        return await self._store.read(rows.unfinished, after=after, most=most, but_waiting=but_waiting)

    async def outlines(self, *, after: rows.Age | None, most: int) -> list[Outline]:
        """A page of the same, as far as the queue needs them."""
        return await self._store.read(rows.outlines, after=after, most=most)

    async def these(self, run_ids: Sequence[str]) -> list[Run]:
        """The runs with these ids, in no order."""
        return await self._store.read(rows.these, run_ids)

    async def waiting_of(self, user_id: int, guild_id: int) -> list[Run]:
        """A person's runs in a server that wait in the bot's own queue, oldest first."""
        return await self._store.read(rows.waiting_of, user_id, guild_id)

    async def waiting_pressed_between(self, since: datetime, until: datetime) -> list[Run]:
        """Runs that wait in the bot's own queue and were pressed then, oldest first. Raises Unavailable."""
        return await self._store.read(rows.waiting_pressed_between, since, until)

    async def lost(self, since: datetime, *, after: rows.Age | None = None, most: int | None = None) -> list[Run]:
        """Runs that were given up as lost since then, a page of them: Runflow may still tell of them."""
        return await self._store.read(rows.lost, since, after=after, most=most)

    async def balance(self, run: Run) -> Balance:
        """How many pictures like these the one who asked has left, where they asked, with the roles they had then."""
        return await self._store.read(self.balance_in, run)

    def balance_in(self, connection: Connection, run: Run) -> Balance:
        """As `balance`, as part of a transaction."""
        person = _person(run, ledger.roles_at_reserve(connection, run.id))
        each = MicroUsd(-(-run.held // max(run.images_wanted, 1)))
        found = pictures_left(reports.limit_uses(connection, person, self._defaults, self.now()), each)
        if found is None:
            return Balance(pictures=None)
        pictures, use = found
        is_exact = use.applied.limit.measure is Measure.PICTURES
        return Balance(pictures, sentences.left_in(use), is_exact=is_exact)

    async def notices(self, run: Run) -> tuple[Notice, ...]:
        """The limits that are nearly used and are told beside this run's card."""
        return await self._store.read(notices.of_run, run.id)

    def now(self) -> datetime:
        """The time, UTC."""
        return self._clock.now()


def _person(run: Run, role_ids: tuple[int, ...]) -> Person:
    place = run.place
    return Person(run.user_id, place.guild_id, place.parent_channel_id or place.channel_id, role_ids)
