"""What a callback sets off: the run it names is polled now. Nothing it says is believed, nothing is changed here."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.clock import Clock
from bot.errors import BotError
from bot.runs.execution.pacing import Trust
from bot.runs.run import Delivery, Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL

_log = structlog.get_logger(__name__)

MOST_WAITING = 1000
_SAME_AGAIN_S = 0.25


@dataclass(frozen=True, slots=True)
class CallbackHint:
    """Somebody says that a run of Runflow's has news. `job` is our id in it, where there is one; both are hostile."""

    runflow_id: str
    job: str | None


class HeardCallbacks:
    """Whether callbacks can be relied on just now: so long as none was missed, or one came after that.

    `asked_for`: creates name an address for them. Kept in memory: a new process relies on them until one is missed.
    """

    def __init__(self, *, asked_for: bool) -> None:
        self._asked_for = self._do_come = asked_for
        self._have_come = False
        self._heard: dict[str, None] = {}  # the last runs whose callback came, oldest first

    def will_come(self, run_id: str) -> bool:
        """Whether a callback of this run is still to come, as far as anybody can tell."""
        return self._do_come and run_id not in self._heard

    def trust(self, run_id: str) -> Trust:
        """How sure it is that one will come."""
        if not self.will_come(run_id):
            return Trust.NONE
        return Trust.EXPECTED if self._have_come else Trust.HOPED

    def heard(self, run_id: str) -> None:
        """One came. The run is polled at the usual pace from now on, should it have no end yet."""
        self._do_come = self._have_come = self._asked_for
        self._heard[run_id] = None
        if len(self._heard) > MOST_WAITING:
            del self._heard[next(iter(self._heard))]

    def ended(self, run_id: str) -> None:
        """A poll found the end of the run. Where its callback did not come first, it was missed, or is late."""
        if run_id not in self._heard:
            self._do_come = self._have_come = False
        self._heard.pop(run_id, None)


class CallbackHints:
    """Passes hints on. `wake(run_id)` makes a poll of the run due now, whether it is followed already or not."""

    def __init__(
        self,
        *,
        store: RunStore,
        waiting: asyncio.Queue[CallbackHint],
        wake: Callable[[str], None],
        heard: HeardCallbacks,
        clock: Clock,
    ) -> None:
        self._store, self._waiting, self._wake, self._clock = store, waiting, wake, clock
        self._heard = heard
        self._last: tuple[str, float] | None = None

    async def serve(self) -> None:
        """Pass hints on until cancelled. One that cannot be passed on is dropped: polling finds the end too."""
        while True:
            hint = await self._waiting.get()
            try:
                run = await self._store.hinted_at(job=hint.job, runflow_id=hint.runflow_id)
            except BotError as error:
                _log.warning("callback hint dropped", why=str(error))
                continue
            if run is None:
                continue
            self._heard.heard(run.id)
            if owes_news(run) and not self._just_now(run):
                self._wake(run.id)

    def _just_now(self, run: Run) -> bool:
        """Whether the last hint was for the same run a moment ago: repeated callbacks cost one poll, not many."""
        last, self._last = self._last, (run.id, self._clock.now().timestamp())
        return last is not None and last[0] == run.id and self._last[1] - last[1] < _SAME_AGAIN_S


def owes_news(run: Run) -> bool:
    """Whether a poll could change anything: the run was sent and has no end, or was given up as lost, or its card is
    not shown yet.
    """
    if run.state is State.ACCEPTED:
        return False
    return run.state not in FINAL or run.state is State.LOST or run.delivery is Delivery.PENDING
