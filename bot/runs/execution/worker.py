"""Sees every run to its end: one supervised task for each run with something to do, taken up again at start."""

import asyncio
from dataclasses import replace

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs.delivery.deliver import Deliverer
from bot.runs.execution.outage import Outage
from bot.runs.execution.recovery import retry_delays_s
from bot.runs.execution.steps import RunSteps
from bot.runs.execution.taking_up import TakingUp
from bot.runs.run import Reason, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL, Change, ended
from bot.runs.wake_ups import WakeUps

_log = structlog.get_logger(__name__)

_TRIES_AFTER_FAULT_S = (1.0, 5.0, 15.0)
_FIRST_WAIT_S = 1.0  # for the database
_READ_AT_ONCE = 4


class Worker:
    """Works on runs. `wake_ups` brings the ids of runs to work on, or to poll now when they are worked on already."""

    def __init__(
        self,
        *,
        store: RunStore,
        steps: RunSteps,
        deliverer: Deliverer,
        scheduler: Scheduler,
        clock: Clock,
        wake_ups: WakeUps,
    ) -> None:
        self._store, self._steps, self._deliverer = store, steps, deliverer
        self._scheduler, self._clock, self._due = scheduler, clock, wake_ups.runs
        self._presses = wake_ups.presses
        self._wake_ups: dict[str, asyncio.Event] = {}
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._database_is_away = Outage(clock)

    async def serve(self) -> None:
        """Work until cancelled. Whatever is under way then is taken up by the next process."""
        async with asyncio.TaskGroup() as tasks:

            def begin(run_id: str, run: Run | None) -> asyncio.Task[None] | None:
                return self._begin(tasks, run_id, run)

            taking_up = TakingUp(store=self._store, scheduler=self._scheduler, clock=self._clock, begin=begin)
            await taking_up.line()
            tasks.create_task(self._steps.serve(), name="what is done for all runs together")
            tasks.create_task(taking_up.rest(), name="taking up")
            while True:
                run_id = await self._due.get()
                if not self.wake(run_id):
                    taking_up.begun(run_id)
                    self._begin(tasks, run_id)

    def wake(self, run_id: str) -> bool:
        """Make the next poll of a run due now; False when the run is not being worked on."""
        wake_up = self._wake_ups.get(run_id)
        if wake_up is None:
            return False
        wake_up.set()
        return True

    @property
    def alive(self) -> int:
        """How many runs have no end yet, those in the queue included; those merely looked for are none of them."""
        return len(self._wake_ups) - self._steps.looked_for + self._scheduler.waiting

    def _begin(self, tasks: asyncio.TaskGroup, run_id: str, run: Run | None = None) -> asyncio.Task[None] | None:
        """Work on a run; None where that is done already. `run`: as an earlier process left it."""
        if run_id in self._wake_ups:
            return None
        wake_up = self._wake_ups[run_id] = asyncio.Event()
        return tasks.create_task(self._work_on(run_id, wake_up, run), name=f"run {run_id}")

    async def _work_on(self, run_id: str, wake_up: asyncio.Event, run: Run | None) -> None:
        """Work on one run until its end, or until it has its place in the queue, where it needs nobody.

        Nothing may come between finding that place and being gone: whose turn comes is begun anew.
        """
        try:
            with structlog.contextvars.bound_contextvars(run=run_id):
                is_over = await self._brought_to_end(run_id, wake_up, run)
        finally:
            self._wake_ups.pop(run_id, None)
        if is_over:
            self._scheduler.forget(run_id)

    async def _brought_to_end(self, run_id: str, wake_up: asyncio.Event, taken_up: Run | None) -> bool:
        """Whether a run is over. Faults and a database that is away are tried again, and end the run at last."""
        faults, waits_s = iter(_TRIES_AFTER_FAULT_S), retry_delays_s(_FIRST_WAIT_S)
        has_given_up = has_waited = False
        run = taken_up
        while True:
            try:
                run = run or await self._found(run_id, has_waited=has_waited)
                if run is None:  # it was never written, and whoever accepted it could not know
                    return True
                is_over = await self._steps.run_to_completion(run, wake_up, is_taken_up=taken_up is not None)
                if is_over or not wake_up.is_set():
                    return is_over
                wake_up.clear()  # something happened while it was brought to its place
                run = None
                continue
            except Unavailable as error:  # the database: whatever is half done there was undone
                _log.warning("run waits", why=str(error))
                has_waited = True
                delay_s = next(waits_s)
            except Exception:  # noqa: BLE001 - a fault in one run must not take the others down; it is logged whole
                _log.exception("run faulted")
                delay_s = next(faults, None)
            run = None
            if delay_s is not None:
                await self._database_is_away.wait(delay_s)
            elif has_given_up:
                return True
            else:
                await self._give_up(run_id)
                has_given_up = True  # what Runflow bills for it is still looked for, as for any lost run

    async def _found(self, run_id: str, *, has_waited: bool) -> Run | None:
        """The run as it stands. Few are begun at once, and after presses that come at the same time."""
        await self._presses.let_pass()
        async with self._reading:
            run = await self._store.find(run_id)
        if has_waited:
            self._database_is_away.over()
        return run

    async def _give_up(self, run_id: str) -> None:
        """End a run that faulted on every try: its card in words, its money given back where it had no end."""
        try:
            # Nothing is left to do with what this gives: the card says what happened, or will at the next start.
            _ = await self._deliverer.explain(await self._ended_by_fault(await self._store.load(run_id)))
        except Exception:  # noqa: BLE001 - nothing is left to try; the next start takes the run up again
            _log.exception("run could not be ended")

    async def _ended_by_fault(self, run: Run) -> Run:
        if run.is_unwanted:  # its reason keeps its pictures from view
            return run
        if run.state in FINAL:
            return await self._store.apply(run, Change(replace(run, reason=Reason.FAULT)))
        return await self._store.apply(run, ended(run, State.LOST, Reason.FAULT, self._store.now()))
