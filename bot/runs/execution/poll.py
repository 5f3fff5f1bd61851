"""Following a run at Runflow until it has an end. A look changes nothing when it is stale or repeated."""

import asyncio
from datetime import timedelta
from random import Random

import structlog

from bot.catalog.registry import Registry
from bot.clock import Clock
from bot.errors import Refusal, RunflowError, RunflowRefused
from bot.runflow.client import RunflowClient
from bot.runflow.reading import Reading
from bot.runs.delivery.progress import Progress
from bot.runs.execution.overdue import OverduePolls
from bot.runs.execution.pacing import first_of, next_poll_s
from bot.runs.execution.submit import Step
from bot.runs.run import Reason, Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL, ended, read

_log = structlog.get_logger(__name__)

# Read-after-create consistency is not documented: a 404 is forgiven for the first seconds.
_FORGIVEN_404_S = 15.0


class Poller:
    """Looks at runs until they end. `deadline_s` counts from the sending: time in the bot's queue is no fault.

    `dues` knows when each is looked at next.
    """

    def __init__(
        self,
        *,
        book: RunStore,
        runflow: RunflowClient,
        models: Registry,
        clock: Clock,
        rng: Random,
        deadline_s: float,
        dues: OverduePolls,
    ) -> None:
        self._book, self._runflow, self._models, self._clock = book, runflow, models, clock
        self._rng, self._deadline_s, self._dues = rng, deadline_s, dues

    async def watch(self, step: Step, knock: asyncio.Event, progress: Progress) -> Step:
        """Look until the run has an end; `knock` makes the next look due now."""
        while step.run.state not in FINAL:
            progress.show(step.run)
            if self._age_s(step.run) >= self._deadline_s:
                return await self._at_deadline(step.run)
            try:
                await self._wait(step.run, knock)
                step = await self.look(step.run)
            finally:
                self._dues.done(step.run.id)
        return step

    async def _at_deadline(self, run: Run) -> Step:
        """One more look decides: the bot may have been away, or the last look may have failed."""
        step = await self.look(run)
        if step.run.state in FINAL:
            return step
        late = ended(step.run, State.LOST, Reason.DEADLINE, self._book.now())
        return Step(await self._book.apply(step.run, late))

    async def look(self, run: Run) -> Step:
        """Read the run from Runflow and apply what it says, in one transaction."""
        reading = await self._read(run)
        if reading is None:
            return Step(run)
        change = read(run, reading, self._models.find(run.model_id), self._book.now())
        return Step(await self._book.apply(run, change) if change else run, reading)

    async def _read(self, run: Run) -> Reading | None:
        if run.runflow_id is None:
            return None
        try:
            return await self._runflow.read(run.runflow_id)
        except RunflowRefused as error:
            if error.refusal is not Refusal.NOT_FOUND or self._age_s(run) > _FORGIVEN_404_S:
                _log.error("look refused", run=run.id, refusal=error.refusal, detail=str(error))
        except RunflowError as error:
            _log.warning("look failed", run=run.id, detail=str(error))
        return None

    async def _wait(self, run: Run, knock: asyncio.Event) -> None:
        """Wait for the next look's time, the deadline, or a knock: whichever comes first."""
        left_s = self._deadline_s - self._age_s(run)
        delay_s = min(next_poll_s(self._age_s(run), self._rng), max(left_s, 0))
        self._dues.set(run.id, self._book.now() + timedelta(seconds=delay_s))
        await first_of(knock, self._clock, delay_s)

    def _age_s(self, run: Run) -> float:
        return (self._book.now() - (run.submitted_at or run.created_at)).total_seconds()
