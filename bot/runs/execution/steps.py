"""The steps of one run, in order: its card, its turn, its time at Runflow, its end."""

import asyncio
from collections.abc import Callable

from bot.clock import Clock
from bot.runs.delivery.deliver import Deliverer
from bot.runs.delivery.progress import Progress
from bot.runs.execution.at_runflow import AtRunflow
from bot.runs.execution.pacing import first_of
from bot.runs.execution.recovery import CardFinder, retry_delays_s
from bot.runs.execution.submit import Step
from bot.runs.run import Delivery, Run
from bot.runs.scheduling.scheduler import Scheduler

_FIRST_RETRY_S = 30.0  # for Discord, after a minute of trying


class RunSteps:
    """Brings one run from wherever it stands to its end. `progress` makes a card's progress for each run."""

    def __init__(
        self,
        *,
        cards: CardFinder,
        scheduler: Scheduler,
        at_runflow: AtRunflow,
        deliverer: Deliverer,
        progress: Callable[[], Progress],
        clock: Clock,
    ) -> None:
        self._cards, self._scheduler, self._at_runflow = cards, scheduler, at_runflow
        self._deliverer, self._progress, self._clock = deliverer, progress, clock
        self.looked_for = 0  # lost runs that have had their end, of which Runflow may still tell

    async def run_to_completion(self, run: Run, wake_up: asyncio.Event) -> None:
        """Everything that is left to do for a run. `wake_up` makes its next poll due now.

        Raises Unavailable where the database does not answer: called again, it goes on from what was written.
        """
        run = await self._cards.with_card(run)
        async with self._progress() as progress:
            async with self._scheduler.slot(run, wake_up) as slot:
                if not slot.has_started:  # it may wait for longer than its interaction lives
                    run = await self._cards.noted(run)
                run = await self._at_runflow.wait_for_turn(run, wake_up, slot, progress)
                step = await self._at_runflow.run_to_end(run, wake_up, progress)
            await progress.finish()
        run = await self._end_card(step, wake_up)
        while (found := await self._look_for_lost(run, wake_up)) is not None:
            run = await self._end_card(found, wake_up)

    async def _look_for_lost(self, run: Run, wake_up: asyncio.Event) -> Step | None:
        self.looked_for += 1
        try:
            return await self._at_runflow.look_for_lost(run, wake_up)
        finally:
            self.looked_for -= 1

    async def _end_card(self, step: Step, wake_up: asyncio.Event) -> Run:
        """Bring the card to its last form: tried again, later each time, while Discord takes nothing."""
        run, reading = step.run, step.reading
        for delay_s in retry_delays_s(_FIRST_RETRY_S):
            if run.delivery is Delivery.PENDING:
                run = await self._deliverer.deliver(run, reading)
            if run.delivery is not Delivery.PENDING:
                break
            await first_of(wake_up, self._clock, delay_s)
            reading = None  # its addresses have grown old
        return run
