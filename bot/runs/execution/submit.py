"""Sending a run to Runflow: at most one create, whatever happens to its answer."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog

from bot.catalog.model import Model
from bot.catalog.registry import Registry
from bot.clock import Clock
from bot.errors import (
    Refusal,
    RunflowError,
    RunflowRefused,
    RunflowUnclear,
    RunflowUnreachable,
    RunflowUnwanted,
    SourceError,
)
from bot.runflow.client import RunflowClient
from bot.runflow.reading import Reading
from bot.runs.delivery.progress import Progress
from bot.runs.execution.pacing import look_again_s
from bot.runs.execution.reach import Reach
from bot.runs.run import Reason, Run, State
from bot.runs.sources import Sources
from bot.runs.store import RunStore
from bot.runs.transitions import LOOKED_FOR, Change, ended, never_sent, read

_log = structlog.get_logger(__name__)

_REASONS: Mapping[Refusal, Reason] = {
    Refusal.CREDENTIALS: Reason.NOT_AVAILABLE,
    Refusal.CREDIT: Reason.OUT_OF_CREDIT,
    Refusal.INPUT: Reason.INPUT_REFUSED,
    Refusal.NOT_FOUND: Reason.NOT_AVAILABLE,
    Refusal.OTHER: Reason.UPSTREAM_FAILED,
}
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a run stands after a step, and the reading that brought it there, if any."""

    run: Run
    reading: Reading | None = None


class Submitter:
    """Sends accepted runs to Runflow. `lost_after_s`: how long a create whose answer was lost is looked for."""

    def __init__(
        self,
        *,
        store: RunStore,
        runflow: RunflowClient,
        models: Registry,
        clock: Clock,
        reach: Reach,
        sources: Sources,
        callback_url: str | None,
        lost_after_s: float,
    ) -> None:
        self._store, self._runflow, self._models, self._clock = store, runflow, models, clock
        self._reach, self._sources = reach, sources
        self._callback_url, self._lost_after_s = callback_url, lost_after_s
        self._sending: dict[str, asyncio.Task[Step]] = {}
        self._left: set[str] = set()  # those being sent that nobody waits for any more

    async def serve(self) -> None:
        """Wait to be cancelled, and break off then whatever is being sent: the next process looks for it."""
        try:
            await asyncio.Event().wait()
        finally:
            sending = list(self._sending.values())
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def submit(self, run: Run, progress: Progress) -> Step:
        """Create the run at Runflow. The row says `submitting` before anything is sent, and after no clear answer.

        Whoever leaves before there is an answer, because the run was canceled, does not break it off: the answer is
        what tells how to follow the run, or that it was never taken.
        """
        sending = asyncio.create_task(self._submit(run, progress), name=f"sending {run.id}")
        self._sending[run.id] = sending
        sending.add_done_callback(lambda _: self._sent(run.id))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            if not sending.done():
                self._left.add(run.id)
            raise

    async def answered(self, run_id: str) -> None:
        """Come back when nothing of the run is being sent. What came of it stands in its row."""
        if (sending := self._sending.get(run_id)) is not None:
            await asyncio.wait({sending})

    def _sent(self, run_id: str) -> None:
        self._sending.pop(run_id, None)
        self._left.discard(run_id)

    async def _submit(self, run: Run, progress: Progress) -> Step:
        if not await self._reach.lasts(run):
            return await self._end_unsent(run, State.CANCELED, Reason.OUT_OF_REACH)
        model = self._models.find(run.model_id)
        try:
            # Before the row says that anything is sent, so that a process that dies meanwhile begins anew.
            wire = run.input if model is None else await self._sources.wire(run, model)
        except SourceError as error:
            _log.info("a source cannot be had", run=run.id, why=str(error))
            return await self._end_unsent(run, State.CANCELED, Reason.SOURCE_GONE)
        except RunflowUnreachable:
            return await self._end_unsent(run, State.CANCELED, Reason.BUSY)
        sending = replace(run, state=State.SUBMITTING, submitted_at=self._store.now())
        taken = await self._store.take(run, Change(sending))
        if taken is None:  # it left the queue, or another process sends it
            return Step(await self._store.load(run.id))
        if model is None:
            _log.error("the run's model is not in the catalog any more", run=run.id, model=run.model_id)
            return await self._end_unsent(taken, State.FAILED, Reason.NOT_AVAILABLE)
        return await self._send(taken, model, wire, progress)

    async def _send(self, run: Run, model: Model, wire: Mapping[str, object], progress: Progress) -> Step:
        """One create, and whatever its answer means."""
        try:
            return await self._create(run, wire, progress)
        except RunflowUnclear as error:
            _log.warning("create unclear, looking for it", detail=str(error))
            return Step(run)
        except RunflowRefused as error:
            _log.error("create refused", refusal=error.refusal, detail=str(error))
            return await self._end_unsent(run, State.FAILED, _REASONS[error.refusal], model.option_names(error.fields))

    async def _create(self, run: Run, wire: Mapping[str, object], progress: Progress) -> Step:
        """Raises RunflowRefused and RunflowUnclear."""
        if run.id in self._left:
            return await self._end_unsent(run, State.CANCELED, Reason.CANCELED)
        try:
            reading = await self._runflow.create(
                run.model_id,
                wire,
                job=run.id,
                callback_url=self._callback_url,
                is_wanted=partial(self._is_wanted, run),
                not_taken=partial(progress.busy, run),
            )
        except RunflowUnwanted:
            return await self._end_unsent(run, State.CANCELED, Reason.OUT_OF_REACH)
        except RunflowUnreachable as error:
            _log.warning("create not taken", detail=str(error))
            return await self._end_unsent(run, State.FAILED, Reason.BUSY)
        return await self.adopt(run, reading)

    async def search(self, run: Run, looking: Callable[[Run], None]) -> Step:
        """Look for a run whose create was sent and never answered: adopt it, or end it as lost. Never send it again.

        It is lost after a list that was really read, `lost_after_s` or more after the sending: a search that failed
        found out nothing. `looking` is called before each further look.
        """
        sent_at = run.submitted_at or run.created_at
        lost_at = sent_at + timedelta(seconds=self._lost_after_s)
        for delay_s in look_again_s():
            began = self._store.now()
            try:
                reading = await self._runflow.find(run.id, since=sent_at - _CLOCK_SKEW)
            except RunflowError as error:
                _log.warning("search failed", detail=str(error))
                reading, lost_from = None, sent_at + LOOKED_FOR
            else:
                lost_from = lost_at
            if reading is not None:
                return await self.adopt(run, reading)
            if began >= lost_from:
                break
            looking(run)
            left_s = (lost_at - self._store.now()).total_seconds()
            await self._clock.sleep(min(delay_s, left_s) if left_s > 0 else delay_s)
        return await self._end(run, State.LOST, Reason.LOST)

    async def search_once(self, run: Run) -> Step:
        """Look once for a run that was given up as lost, and apply what is found."""
        since = (run.submitted_at or run.created_at) - _CLOCK_SKEW
        try:
            reading = await self._runflow.find(run.id, since=since)
        except RunflowError as error:
            _log.info("a lost run could not be looked for", detail=str(error))
            return Step(run)
        return Step(run) if reading is None else await self.adopt(run, reading)

    async def adopt(self, run: Run, reading: Reading) -> Step:
        """Apply a reading to a run, or to what has become of it meanwhile: it may have been canceled."""
        while change := read(run, reading, self._models.find(run.model_id), self._store.now()):
            adopted = await self._store.take(run, change)
            if adopted is not None:
                return Step(adopted, reading)
            run = await self._store.load(run.id)
        return Step(run, reading)

    async def _is_wanted(self, run: Run) -> bool:
        return run.id not in self._left and await self._reach.lasts(run)

    async def _end_unsent(self, run: Run, state: State, reason: Reason, fields: tuple[str, ...] = ()) -> Step:
        """End a run of which Runflow took nothing. One that was canceled meanwhile is free, which nobody knew then."""
        run = (await self._end(run, state, reason, fields)).run
        while run.state is State.LOST and run.is_unwanted:
            run = await self._store.apply(run, never_sent(run, self._store.now()))
        return Step(run)

    async def _end(self, run: Run, state: State, reason: Reason, fields: tuple[str, ...] = ()) -> Step:
        return Step(await self._store.apply(run, ended(run, state, reason, self._store.now(), fields)))
