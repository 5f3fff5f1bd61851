"""Sees every run to its end: one supervised task for each run that is alive, taken up again at start."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs.delivery.deliver import Deliverer
from bot.runs.delivery.progress import Progress
from bot.runs.execution.pacing import first_of
from bot.runs.execution.poll import Poller
from bot.runs.execution.recovery import LOOKED_FOR, CardFinder, next_search_s, retry_delays_s
from bot.runs.execution.submit import Step, Submitter
from bot.runs.run import Delivery, Reason, Run, State
from bot.runs.scheduling.scheduler import Scheduler, Slot
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL, Change, ended

_log = structlog.get_logger(__name__)

_TRIES_AFTER_FAULT_S = (1.0, 5.0, 15.0)
_FIRST_WAIT_S = 1.0  # for the database
_FIRST_RETRY_S = 30.0  # for Discord, after a minute of trying


class Worker:
    """Drives runs. `bell` brings the ids of runs to drive, or to look at now when they are being driven already."""

    def __init__(
        self,
        *,
        book: RunStore,
        submitter: Submitter,
        watcher: Poller,
        deliverer: Deliverer,
        progress: Callable[[], Progress],
        line: Scheduler,
        cards: CardFinder,
        clock: Clock,
        bell: asyncio.Queue[str],
    ) -> None:
        self._book, self._submitter, self._watcher, self._deliverer = book, submitter, watcher, deliverer
        self._progress, self._line, self._cards, self._clock, self._bell = progress, line, cards, clock, bell
        self._knocks: dict[str, asyncio.Event] = {}

    async def serve(self) -> None:
        """Drive runs until cancelled. Whatever is under way then is taken up by the next process."""
        async with asyncio.TaskGroup() as drives:
            unfinished = await self._book.unfinished()
            lost = await self._book.lost(self._book.now() - LOOKED_FOR)
            self._line.take_up(unfinished)
            drives.create_task(self._line.serve(), name="places in line")
            for run_id in dict.fromkeys(run.id for run in (*unfinished, *lost)):
                self._begin(drives, run_id)
            while True:
                run_id = await self._bell.get()
                if not self.knock(run_id):
                    self._begin(drives, run_id)

    def knock(self, run_id: str) -> bool:
        """Make the next look at a run due now; False when the run is not being driven."""
        knock = self._knocks.get(run_id)
        if knock is None:
            return False
        knock.set()
        return True

    @property
    def alive(self) -> int:
        """How many runs are being driven."""
        return len(self._knocks)

    def _begin(self, drives: asyncio.TaskGroup, run_id: str) -> None:
        self._knocks[run_id] = asyncio.Event()
        task = drives.create_task(self._drive(run_id), name=f"run {run_id}")
        task.add_done_callback(lambda _: self._over(run_id))

    def _over(self, run_id: str) -> None:
        self._knocks.pop(run_id, None)
        self._line.forget(run_id)

    async def _drive(self, run_id: str) -> None:
        faults, waits_s = iter(_TRIES_AFTER_FAULT_S), retry_delays_s(_FIRST_WAIT_S)
        has_given_up = False
        while True:
            try:
                run = await self._found(run_id)
                return None if run is None else await self._to_the_end(run, self._knocks[run_id])
            except Unavailable as error:  # the database: whatever is half done there was undone
                _log.warning("run waits", run=run_id, why=str(error))
                delay_s = next(waits_s)
            except Exception:  # noqa: BLE001 - a fault in one run must not take the others down; it is logged whole
                _log.exception("run faulted", run=run_id)
                delay_s = next(faults, None)
            if delay_s is not None:
                await self._clock.sleep(delay_s)
            elif has_given_up:
                return None
            else:
                await self._give_up(run_id)
                has_given_up = True  # what Runflow bills for it is still looked for, as for any lost run

    async def _found(self, run_id: str) -> Run | None:
        """The run; None where it was never written: whoever accepted it could not know."""
        try:
            return await self._book.load(run_id)
        except LookupError:
            return None

    async def _to_the_end(self, run: Run, knock: asyncio.Event) -> None:
        run = await self._cards.with_card(run)
        async with self._progress() as progress:
            async with self._line.seat(run, knock) as seat:
                step = Step(await self._turn(run, knock, seat, progress))
                if step.run.state is State.ACCEPTED:
                    step = await self._submitter.submit(step.run)
                elif step.run.state is State.SUBMITTING:
                    step = await self._submitter.search(step.run)
                step = await self._watcher.watch(step, knock, progress)
            await progress.finish()
        run = await self._end_card(step, knock)
        while (found := await self._looked_for(run, knock)) is not None:
            run = await self._end_card(found, knock)

    async def _end_card(self, step: Step, knock: asyncio.Event) -> Run:
        """Bring the card to its last form: tried again, later each time, while Discord takes nothing."""
        run, reading = step.run, step.reading
        for delay_s in retry_delays_s(_FIRST_RETRY_S):
            if run.delivery is Delivery.PENDING:
                run = await self._deliverer.deliver(run, reading)
            if run.delivery is not Delivery.PENDING:
                break
            await first_of(knock, self._clock, delay_s)
            reading = None  # its addresses have grown old
        return run

    async def _looked_for(self, run: Run, knock: asyncio.Event) -> Step | None:
        """Look for a lost run, less and less often, until it has an end after all; None where it is over or too old."""
        while run.state is State.LOST and run.ended_at is not None:
            lost_for = self._book.now() - run.ended_at
            if lost_for >= LOOKED_FOR:
                break
            await first_of(knock, self._clock, next_search_s(lost_for.total_seconds()))
            step = await (self._watcher.look(run) if run.runflow_id else self._submitter.search_once(run))
            if step.run.state is not State.LOST:
                return step
            run = step.run
        return None

    async def _turn(self, run: Run, knock: asyncio.Event, seat: Slot, progress: Progress) -> Run:
        """Wait in line until the run may start; the run as it is then. Somebody may have taken it out of line."""
        progress.first_card(seat.first_place, run.created_at)
        seat.say = lambda place: progress.wait(run, place)
        while run.state is State.ACCEPTED and not seat.has_started:
            await knock.wait()
            knock.clear()
            if not seat.has_started:
                run = await self._book.load(run.id)
        seat.say = None
        if run.state is State.ACCEPTED and seat.is_told:
            progress.start(run)
        return run

    async def _give_up(self, run_id: str) -> None:
        """End a run that faulted on every try: its card in words, its money given back where it had no end."""
        try:
            run = await self._book.load(run_id)
            if run.state not in FINAL:
                run = await self._book.apply(run, ended(run, State.LOST, Reason.FAULT, self._book.now()))
            else:
                run = await self._book.apply(run, Change(replace(run, reason=Reason.FAULT)))
            await self._deliverer.explain(run)
        except Exception:  # noqa: BLE001 - nothing is left to try; the next start takes the run up again
            _log.exception("run could not be ended", run=run_id)
