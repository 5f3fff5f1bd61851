"""Sees every run to its end: one supervised task for each run that is alive, taken up again at start."""

import asyncio
from dataclasses import replace

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs.delivery.deliver import Deliverer
from bot.runs.execution.recovery import retry_delays_s
from bot.runs.execution.steps import RunSteps
from bot.runs.run import Reason, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL, LOOKED_FOR, Change, ended
from bot.runs.wake_ups import WakeUps

_log = structlog.get_logger(__name__)

_TRIES_AFTER_FAULT_S = (1.0, 5.0, 15.0)
_FIRST_WAIT_S = 1.0  # for the database


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
        self._wake_ups: dict[str, asyncio.Event] = {}

    async def serve(self) -> None:
        """Work until cancelled. Whatever is under way then is taken up by the next process."""
        async with asyncio.TaskGroup() as tasks:
            unfinished = await self._store.unfinished()
            lost = await self._store.lost(self._store.now() - LOOKED_FOR)
            self._scheduler.take_up(unfinished)
            tasks.create_task(self._scheduler.serve(), name="positions in the queue")
            for run_id in dict.fromkeys(run.id for run in (*unfinished, *lost)):
                self._begin(tasks, run_id)
            while True:
                run_id = await self._due.get()
                if not self.wake(run_id):
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
        """How many runs are being worked on; those that had their end and are merely looked for are none of them."""
        return len(self._wake_ups) - self._steps.looked_for

    def _begin(self, tasks: asyncio.TaskGroup, run_id: str) -> None:
        wake_up = self._wake_ups[run_id] = asyncio.Event()
        task = tasks.create_task(self._work_on(run_id, wake_up), name=f"run {run_id}")
        task.add_done_callback(lambda _: self._done(run_id))

    def _done(self, run_id: str) -> None:
        self._wake_ups.pop(run_id, None)
        self._scheduler.forget(run_id)

    async def _work_on(self, run_id: str, wake_up: asyncio.Event) -> None:
        """Bring one run to its end. Faults and a database that is away are tried again, and end the run at last."""
        with structlog.contextvars.bound_contextvars(run=run_id):
            faults, waits_s = iter(_TRIES_AFTER_FAULT_S), retry_delays_s(_FIRST_WAIT_S)
            has_given_up = False
            while True:
                try:
                    run = await self._store.find(run_id)
                    # None: it was never written, and whoever accepted it could not know.
                    return None if run is None else await self._steps.run_to_completion(run, wake_up)
                except Unavailable as error:  # the database: whatever is half done there was undone
                    _log.warning("run waits", why=str(error))
                    delay_s = next(waits_s)
                except Exception:  # noqa: BLE001 - a fault in one run must not take the others down; it is logged whole
                    _log.exception("run faulted")
                    delay_s = next(faults, None)
                if delay_s is not None:
                    await self._clock.sleep(delay_s)
                elif has_given_up:
                    return None
                else:
                    await self._give_up(run_id)
                    has_given_up = True  # what Runflow bills for it is still looked for, as for any lost run

    async def _give_up(self, run_id: str) -> None:
        """End a run that faulted on every try: its card in words, its money given back where it had no end."""
        try:
            # Nothing is left to do with what this gives: the card says what happened, or will at the next start.
            _ = await self._deliverer.explain(await self._ended_by_fault(await self._store.load(run_id)))
        except Exception:  # noqa: BLE001 - nothing is left to try; the next start takes the run up again
            _log.exception("run could not be ended")

    async def _ended_by_fault(self, run: Run) -> Run:
        if run.state in FINAL:
            return await self._store.apply(run, Change(replace(run, reason=Reason.FAULT)))
        return await self._store.apply(run, ended(run, State.LOST, Reason.FAULT, self._store.now()))
