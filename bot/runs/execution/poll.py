"""Following a run at Runflow until it has an end. A reading changes nothing when it is stale or repeated."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.catalog.registry import Registry
from bot.clock import Clock
from bot.entropy import Rng
from bot.errors import Refusal, RunflowError, RunflowRefused, RunflowUnanswered, RunflowUnreachable
from bot.runflow.client import RunflowClient
from bot.runflow.reading import Reading
from bot.runs.delivery.progress import Progress
from bot.runs.execution.callbacks import HeardCallbacks
from bot.runs.execution.overdue import OverduePolls
from bot.runs.execution.pacing import first_of, look_again_s, next_poll_s
from bot.runs.execution.submit import Step
from bot.runs.execution.sweeper import Sweeper
from bot.runs.execution.sweeps import Waiting
from bot.runs.run import Reason, Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL, LOOKED_FOR, ended, is_kept, read

_log = structlog.get_logger(__name__)

# Read-after-create consistency is not documented: a 404 is forgiven for the first seconds.
_FORGIVEN_404_S = 15.0


@dataclass(frozen=True, slots=True)
class _Poll:
    """A poll. `said_something`: Runflow answered for the run, be it that it has none, or in a way nobody can read."""

    reading: Reading | None
    said_something: bool = True


class Poller:
    """Polls runs until they end. `deadline_s` counts from the sending: time in the bot's queue is no fault.

    `overdue` knows when each is polled next, `callbacks` whether news will come by itself. Where there are many, each
    is polled when `sweeper` has seen news of it.
    """

    def __init__(
        self,
        *,
        store: RunStore,
        runflow: RunflowClient,
        models: Registry,
        clock: Clock,
        rng: Rng,
        deadline_s: float,
        overdue: OverduePolls,
        callbacks: HeardCallbacks,
        sweeper: Sweeper,
    ) -> None:
        self._store, self._runflow, self._models, self._clock = store, runflow, models, clock
        self._rng, self._deadline_s, self._overdue = rng, deadline_s, overdue
        self._callbacks, self._sweeper = callbacks, sweeper
        self._followed_from: dict[str, datetime] = {}

    async def serve(self) -> None:
        """Look at many runs together, until cancelled."""
        await self._sweeper.serve()

    async def poll_to_end(self, step: Step, wake_up: asyncio.Event, progress: Progress) -> Step:
        """Poll until the run has an end; `wake_up` makes the next poll due now."""
        self._followed_from.setdefault(step.run.id, self._store.now())
        try:
            with self._sweeper.following():
                return await self._follow(step, wake_up, progress)
        finally:
            self._followed_from.pop(step.run.id, None)

    async def _follow(self, step: Step, wake_up: asyncio.Event, progress: Progress) -> Step:
        is_read = False
        while step.run.state not in FINAL:
            is_read = is_read or step.reading is not None  # of a run taken up, its row does not know how far it is
            if is_read:
                progress.show(step.run)
            if self._age_s(step.run) >= self._deadline_s:
                return await self._at_deadline(step.run, wake_up, progress.look)
            try:
                await self._wait(step.run, wake_up)
                step = await self.poll(step.run)
            finally:
                self._overdue.done(step.run.id)
            if step.run.state in FINAL:
                self._callbacks.ended(step.run.id)
        return step

    async def _at_deadline(self, run: Run, wake_up: asyncio.Event, looking: Callable[[Run], None]) -> Step:
        """The next poll that is answered decides: the bot may have been away, or Runflow is.

        `looking` is called each time that keeps the run waiting for longer.
        """
        step = Step(run)
        for delay_s in look_again_s():
            poll = await self._read(run)
            step = await self._apply(step.run, poll.reading)
            is_decided = poll.said_something or self._age_s(run) >= self._deadline_s + LOOKED_FOR.total_seconds()
            if step.run.state in FINAL or is_decided:
                break
            looking(run)
            await first_of(wake_up, self._clock, delay_s)
        if step.run.state in FINAL:
            return step
        late = ended(step.run, State.LOST, Reason.DEADLINE, self._store.now())
        return Step(await self._store.apply(step.run, late))

    async def poll(self, run: Run) -> Step:
        """Read the run from Runflow and apply what it says, in one transaction where there is something to keep."""
        return await self._apply(run, (await self._read(run)).reading)

    async def _apply(self, run: Run, reading: Reading | None) -> Step:
        if reading is None:
            return Step(run)
        change = read(run, reading, self._models.find(run.model_id), self._store.now())
        if change is None:
            return Step(run, reading)
        return Step(await self._store.apply(run, change) if is_kept(run, change) else change.run, reading)

    async def _read(self, run: Run) -> _Poll:
        if run.runflow_id is None:  # nothing to ask for: the search was over before
            return _Poll(None)
        try:
            return _Poll(await self._runflow.read(run.runflow_id))
        except RunflowRefused as error:
            is_gone = error.refusal is Refusal.NOT_FOUND
            if not is_gone or self._age_s(run) > _FORGIVEN_404_S:
                _log.error("poll refused", refusal=error.refusal, detail=str(error))
            return _Poll(None, said_something=is_gone)
        except RunflowError as error:
            _log.warning("poll failed", detail=str(error))
            return _Poll(None, said_something=not isinstance(error, RunflowUnanswered | RunflowUnreachable))

    async def _wait(self, run: Run, wake_up: asyncio.Event) -> None:
        """Wait for the next poll's time, the deadline, or a wake-up: whichever comes first."""
        now, age_s = self._store.now(), self._age_s(run)
        left_s = max(self._deadline_s - age_s, 0)
        delay_s = min(next_poll_s(age_s, self._rng, callback=self._callbacks.trust(run.id)), left_s)
        self._overdue.set(run.id, now + timedelta(seconds=delay_s))
        if run.runflow_id is None or not self._sweeper.has_many:
            await first_of(wake_up, self._clock, delay_s)
            return
        now_s = now.timestamp()
        sent_s, due_s, latest_s = now_s - age_s, now_s + delay_s, now_s + left_s
        await self._sweeper.wait(Waiting(run.id, run.runflow_id, run.state, sent_s, now_s, due_s, latest_s), wake_up)

    def _age_s(self, run: Run) -> float:
        """Since the sending. A row that lies ahead of a clock that was set back is as old as it has been followed."""
        now = self._store.now()
        sent_at = min(run.submitted_at or run.created_at, self._followed_from.get(run.id, now))
        return (now - sent_at).total_seconds()
