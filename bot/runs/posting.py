"""Posting: what only its person could see becomes a card for all, under what holds in its channel at this moment."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.clock import Clock
from bot.errors import UserError
from bot.moderation.prompt_rules_service import RulesChanged
from bot.runs import posting_rows, rows
from bot.runs.admission import Admission, Passed
from bot.runs.past import has_pictures
from bot.runs.run import Delivery, Run
from bot.runs.wake_ups import WakeUps
from bot.store import locks
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

MOST_IN_A_MINUTE = 5
"""So many posts of one person's. The clock that counts is this process's: a new one begins anew."""

_MINUTE = timedelta(minutes=1)
_TRIED_MOST_S = 10.0  # somebody waits for the answer
_NOT_KNOWN = "These pictures are not known any more. Nothing was changed."
_NOT_YOURS = "Only the person who asked for this can post it. Nothing was changed."
_POSTED = "This is posted already."
_NOT_READY = "There are no pictures here that can be posted now. Nothing was changed."
_TOO_MANY = f"You may post {MOST_IN_A_MINUTE} times a minute. Please wait a moment and press once more."


class PostingService:
    """Posts private runs. `wake_ups` tells the worker, which brings the new card to its form."""

    def __init__(self, *, store: Store, admission: Admission, clock: Clock, wake_ups: WakeUps) -> None:
        self._store, self._admission, self._clock, self._wake_ups = store, admission, clock, wake_ups
        self._lately: dict[int, dict[str, datetime]] = {}  # by person, the runs they posted

    async def post(self, run: Run, *, by: int) -> None:
        """Make a private run one for all: of any number of presses exactly one does.

        The person and the prompt are judged anew, by what the server lets through now; the pictures are, before each
        try to show them. Raises UserError where it may not be or there is nothing to post, and Unavailable.
        """
        _need_private(run, by)
        with self._counted(by, run.id):
            passed = await self._admission.judged(run.place, run.request.prompt, sent=run.request.sent)
            while True:
                try:
                    await self._store.write(self._post, run.id, by, passed)
                    break
                except RulesChanged as newer:
                    passed = await self._admission.judged(run.place, run.request.prompt, newer, sent=run.request.sent)
        _log.info("a private run is posted", run=run.id, user=by)
        self._wake_ups.wake_run(run.id)

    def _post(self, connection: Connection, run_id: str, by: int, passed: Passed) -> None:
        locks.one_press(connection, by)
        run = rows.load(connection, run_id)
        _need_private(run, by)
        self._admission.admit(connection, by, run.place, passed)
        if not posting_rows.post(connection, run, self._clock.now(), run.review_why or passed.review_cause):
            raise UserError(_NOT_READY)

    async def after(self, run_id: str) -> Run:
        """A posted run as it stands after the next try to show it; as it stands now where that takes long.

        Raises LookupError, and Unavailable.
        """
        with self._wake_ups.next_try(run_id) as tried:
            run = await self._store.read(rows.load, run_id)
            if run.delivery.is_over:
                return run
            with suppress(TimeoutError):
                async with asyncio.timeout(_TRIED_MOST_S):
                    await tried.wait()
        return await self._store.read(rows.load, run_id)

    @contextmanager
    def _counted(self, user_id: int, run_id: str) -> Generator[None]:
        """Count a post from its beginning, and no more where it fails. Raises UserError for too many in a minute."""
        now = self._clock.now()
        for one in list(self._lately):
            self._lately[one] = {run: at for run, at in self._lately[one].items() if at > now - _MINUTE}
            if not self._lately[one]:
                del self._lately[one]
        lately = self._lately.setdefault(user_id, {})
        if run_id in lately:  # pressed more than once: what was written decides
            yield
            return
        if len(lately) >= MOST_IN_A_MINUTE:
            raise UserError(_TOO_MANY)
        lately[run_id] = now
        try:
            yield
        except BaseException:
            self._lately.get(user_id, {}).pop(run_id, None)
            raise


def _need_private(run: Run, by: int) -> None:
    """Raises UserError for a run that is not this person's private one, with pictures that may be asked for."""
    if run.user_id != by:
        raise UserError(_NOT_YOURS if not run.private else _NOT_KNOWN)
    if run.posted_at is not None:
        raise UserError(_POSTED)
    if not run.private or run.place.guild_id is None:
        raise UserError(_NOT_READY)
    if not has_pictures(run) or (run.delivery is Delivery.SHOWN and run.reason is not None):
        raise UserError(_NOT_READY)
