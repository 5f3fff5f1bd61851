"""The steps of one run, in order: its card, its place in the queue, its time at Runflow, its end."""

import asyncio
from collections.abc import Callable

from bot.clock import Clock
from bot.runs.delivery.deliver import Deliverer
from bot.runs.delivery.progress import Progress
from bot.runs.execution.at_runflow import AtRunflow
from bot.runs.execution.outage import Outage
from bot.runs.execution.pacing import first_of
from bot.runs.execution.recovery import CardFinder, retry_delays_s
from bot.runs.execution.refresh import CardRefresher
from bot.runs.execution.submit import Step
from bot.runs.execution.waiting_cards import WaitingCards
from bot.runs.run import Delivery, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.transitions import FINAL

_RETRY_S = 18.0  # for Discord, after a minute of trying; discord.py's own last sleep comes before it
_MOST_FORBIDDEN_S = 600.0  # what may not be edited now may be some day; a press tries it at once


class RunSteps:
    """Brings one run from wherever it stands to its end, or to its place in the queue.

    `progress` makes a card's progress for each run. `waiting_cards` speaks for those that wait, `refresher` for those
    that an earlier process left behind.
    """

    def __init__(
        self,
        *,
        cards: CardFinder,
        scheduler: Scheduler,
        at_runflow: AtRunflow,
        deliverer: Deliverer,
        progress: Callable[[], Progress],
        waiting_cards: WaitingCards,
        refresher: CardRefresher,
        clock: Clock,
    ) -> None:
        self._cards, self._scheduler, self._at_runflow = cards, scheduler, at_runflow
        self._deliverer, self._progress, self._clock = deliverer, progress, clock
        self._waiting_cards, self._refresher = waiting_cards, refresher
        self._discord_is_away = Outage(clock)
        self.looked_for = 0  # runs that have had their end: lost ones that Runflow may tell of, and still visible ones

    async def serve(self) -> None:
        """Do for all runs together what nobody does for each, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._waiting_cards.serve(), name="positions in the queue")
            tasks.create_task(self._at_runflow.serve(), name="what is done at Runflow")
            tasks.create_task(self._refresher.serve(), name="cards of an earlier process")

    async def run_to_completion(self, run: Run, wake_up: asyncio.Event, *, is_taken_up: bool = False) -> bool:
        """Everything that can be done for a run now: True at its end, False where it waits in the queue.

        `wake_up` makes its next poll due now; `is_taken_up`: an earlier process has worked on it. Raises Unavailable
        where the database does not answer: called again, it goes on from what was written.
        """
        run = await self._cards.with_card(run)
        if run.state is State.ACCEPTED and not self._scheduler.enter(run):
            await self._cards.noted(run)  # it may wait for longer than its interaction lives
            return False
        async with self._progress() as progress:
            progress.after(self._waiting_cards.let_go(run.id))
            async with self._scheduler.slot(run) as slot:
                if run.state is State.ACCEPTED and slot.is_told:
                    progress.start(run)
                elif is_taken_up and run.state not in FINAL:
                    progress.taken_up(run)
                    self._refresher.owe(progress, run)
                step = await self._at_runflow.run_to_end(run, wake_up, progress)
                if step.run.state is State.LOST and step.run.is_unwanted:
                    self._scheduler.leave_behind(step.run)
            await progress.finish()
        run = await self._end_card(step, wake_up)
        while (found := await self._look_for_lost(run, wake_up)) is not None:
            self._scheduler.forget(run.id)  # where it was canceled, it was left behind
            run = await self._end_card(found, wake_up)
        return True

    async def _look_for_lost(self, run: Run, wake_up: asyncio.Event) -> Step | None:
        self.looked_for += 1
        try:
            return await self._at_runflow.look_for_lost(run, wake_up)
        finally:
            self.looked_for -= 1

    async def _end_card(self, step: Step, wake_up: asyncio.Event) -> Run:
        """Bring the card to its last form: tried again, later each time, while Discord takes nothing or forbids it."""
        run, reading = step.run, step.reading
        forbidden_s = retry_delays_s(_RETRY_S, _MOST_FORBIDDEN_S)
        has_waited = False
        while not run.delivery.is_over:
            run = await self._deliverer.deliver(run, reading)
            if run.delivery is Delivery.PENDING:
                has_waited = True
                await self._discord_is_away.wait(_RETRY_S, wake_up)
            elif has_waited:
                self._discord_is_away.over()
                has_waited = False
            if run.delivery is Delivery.STILL_VISIBLE:
                await self._wait_to_hide(wake_up, next(forbidden_s))
            if not run.delivery.is_over:
                run, reading = await self._deliverer.as_it_stands(run), None  # its addresses have grown old
        return run

    async def _wait_to_hide(self, wake_up: asyncio.Event, delay_s: float) -> None:
        self.looked_for += 1
        try:
            await first_of(wake_up, self._clock, delay_s)
        finally:
            self.looked_for -= 1
