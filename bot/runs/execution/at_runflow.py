"""A run's time at Runflow: waited for, sent, followed to its end, and looked for after it was given up as lost."""

import asyncio

from bot.clock import Clock
from bot.runs.delivery.progress import Progress
from bot.runs.execution.pacing import first_of
from bot.runs.execution.poll import Poller
from bot.runs.execution.recovery import LOOKED_FOR, next_search_s
from bot.runs.execution.submit import Step, Submitter
from bot.runs.run import Run, State
from bot.runs.scheduling.scheduler import Slot
from bot.runs.store import RunStore


class AtRunflow:
    """Sends runs and follows them."""

    def __init__(self, *, store: RunStore, submitter: Submitter, poller: Poller, clock: Clock) -> None:
        self._store, self._submitter, self._poller, self._clock = store, submitter, poller, clock

    async def wait_for_turn(self, run: Run, wake_up: asyncio.Event, slot: Slot, progress: Progress) -> Run:
        """Wait in the queue until the run may start; the run as it is then. Somebody may have taken it out."""
        progress.first_card(slot.first_position, run.created_at)
        slot.say = lambda position: progress.wait(run, position)
        while run.state is State.ACCEPTED and not slot.has_started:
            await wake_up.wait()
            wake_up.clear()
            if not slot.has_started:
                run = await self._store.load(run.id)
        slot.say = None
        if run.state is State.ACCEPTED and slot.is_told:
            progress.start(run)
        return run

    async def run_to_end(self, run: Run, wake_up: asyncio.Event, progress: Progress) -> Step:
        """Send the run where that was not done, and poll until it has its end."""
        step = Step(run)
        if run.state is State.ACCEPTED:
            wake_up.clear()  # it rang for the turn; what Runflow has to say can only come after this
            step = await self._submitter.submit(run, progress.look)
        elif run.state is State.SUBMITTING:
            step = await self._submitter.search(run, progress.look)
        return await self._poller.poll_to_end(step, wake_up, progress)

    async def look_for_lost(self, run: Run, wake_up: asyncio.Event) -> Step | None:
        """Look for a lost run, less and less often, until it has an end after all; None where it is over or too old."""
        while run.state is State.LOST and run.ended_at is not None:
            lost_for = self._store.now() - run.ended_at
            if lost_for >= LOOKED_FOR:
                break
            await first_of(wake_up, self._clock, next_search_s(lost_for.total_seconds()))
            step = await (self._poller.poll(run) if run.runflow_id else self._submitter.search_once(run))
            if step.run.state is not State.LOST:
                return step
            run = step.run
        return None
