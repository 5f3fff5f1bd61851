"""A run's time at Runflow: sent, followed to its end, and looked for after it was given up as lost."""

import asyncio

from bot.clock import Clock
from bot.runs.calling_off import CallingOff
from bot.runs.delivery.progress import Progress
from bot.runs.execution.pacing import first_of
from bot.runs.execution.poll import Poller
from bot.runs.execution.recovery import next_search_s
from bot.runs.execution.submit import Step, Submitter
from bot.runs.run import Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import LOOKED_FOR


class AtRunflow:
    """Sends runs and follows them."""

    def __init__(
        self, *, store: RunStore, submitter: Submitter, poller: Poller, clock: Clock, calling_off: CallingOff
    ) -> None:
        self._store, self._submitter, self._poller, self._clock = store, submitter, poller, clock
        self._calling_off = calling_off

    async def serve(self) -> None:
        """Do what is done for all together, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._poller.serve(), name="runs looked at by list")
            tasks.create_task(self._submitter.serve(), name="what is being sent")

    async def run_to_end(self, run: Run, wake_up: asyncio.Event, progress: Progress) -> Step:
        """Send the run where that was not done, and poll until it has its end, or until it is canceled."""
        async with self._calling_off.until_called_off(run.id):
            return await self._to_end(run, wake_up, progress)
        return Step(await self._store.load(run.id))

    async def _to_end(self, run: Run, wake_up: asyncio.Event, progress: Progress) -> Step:
        step = Step(run)
        if run.state is State.ACCEPTED:
            wake_up.clear()  # it rang for the turn; what Runflow has to say can only come after this
            step = await self._submitter.submit(run, progress)
        if step.run.state is State.SUBMITTING and step.reading is None:
            step = await self._submitter.search(step.run, progress.look)
        return await self._poller.poll_to_end(step, wake_up, progress)

    async def look_for_lost(self, run: Run, wake_up: asyncio.Event) -> Step | None:
        """Look for a lost run, less and less often, until it has an end after all; None where it is over or too old."""
        if run.state is State.LOST and run.is_unwanted:
            await self._submitter.answered(run.id)
            run = await self._store.load(run.id)
            if run.state is not State.LOST:
                return Step(run)
        while run.state is State.LOST and run.ended_at is not None:
            lost_for = self._store.now() - run.ended_at
            if lost_for >= LOOKED_FOR:
                break
            delay_s = next_search_s(lost_for.total_seconds(), is_unwanted=run.is_unwanted)
            await first_of(wake_up, self._clock, delay_s)
            step = await (self._poller.poll(run) if run.runflow_id else self._submitter.search_once(run))
            if step.run.state is not State.LOST:
                return step
            run = step.run
        return None
