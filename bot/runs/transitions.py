"""Which state may follow which, in one table; and what a reading of Runflow means for a run. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.catalog.model import Model
from bot.money import MicroUsd
from bot.runflow.reading import Reading, RunflowStatus
from bot.runs.refunds import GiveBack, owed
from bot.runs.run import AT_RUNFLOW, Delivery, Reason, Result, Run, State

LOOKED_FOR = timedelta(hours=24)
"""How long a run that was given up as lost is looked for, and how long what was held for it stays held."""

FINAL = frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELED, State.LOST})

# A run found again after it was given up as lost may still get the end that Runflow gave it.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.SUBMITTING, State.CANCELED}),
    State.SUBMITTING: frozenset({State.QUEUED, State.DISPATCHING, State.RUNNING}) | FINAL,
    State.QUEUED: frozenset({State.DISPATCHING, State.RUNNING}) | FINAL,
    State.DISPATCHING: frozenset({State.RUNNING}) | FINAL,
    State.RUNNING: FINAL,
    State.SUCCEEDED: frozenset(),
    State.PARTIAL: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELED: frozenset(),
    State.LOST: frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED, State.CANCELED}),
}

_STATE_OF: Mapping[RunflowStatus, State] = {
    RunflowStatus.QUEUED: State.QUEUED,
    RunflowStatus.DISPATCHING: State.DISPATCHING,
    RunflowStatus.RUNNING: State.RUNNING,
    RunflowStatus.SUCCEEDED: State.SUCCEEDED,
    RunflowStatus.PARTIAL: State.PARTIAL,
    RunflowStatus.FAILED: State.FAILED,
    RunflowStatus.CANCELED: State.CANCELED,
}


@dataclass(frozen=True, slots=True)
class Settle:
    """Book `cost` for the run; `estimated` where Runflow named none."""

    cost: MicroUsd
    estimated: bool


@dataclass(frozen=True, slots=True)
class Release:
    """Give back what was held: nothing was charged."""


@dataclass(frozen=True, slots=True)
class KeepHeld:
    """The run is not under way any more, but nobody knows yet what it cost: all that was held for it stays held."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one event makes of a run: the new record, and what the books do in the same transaction.

    `back` is given back to the person, after all else.
    """

    run: Run
    books: Settle | Release | KeepHeld | None = None
    back: GiveBack | None = None


def may_follow(now: State, then: State) -> bool:
    """Whether `then` may come after `now`."""
    return then in TRANSITIONS[now]


def is_news(state: State, status: RunflowStatus) -> bool:
    """Whether a run in this state that is said to have that status is to be read; anything else is stale or unknown."""
    then = _STATE_OF.get(status)
    return then is not None and may_follow(state, then)


def is_kept(before: Run, change: Change) -> bool:
    """Whether a change is written down. Mere progress at Runflow is not: whoever follows the run knows it."""
    is_progress = {before.state, change.run.state} <= AT_RUNFLOW
    return change.books is not None or not is_progress or replace(change.run, state=before.state) != before


def ended(run: Run, state: State, reason: Reason, at: datetime, fields: tuple[str, ...] = ()) -> Change:
    """An end without a reading: refused, lost, abandoned. What was held is released where nothing can be charged.

    Runflow may still bill a run that was sent and given up as lost: money given back for it could be spent again.
    """
    may_be_billed = state is State.LOST and run.state is not State.ACCEPTED
    after = replace(run, state=state, reason=reason, reason_fields=fields, ended_at=at)
    return Change(after, KeepHeld() if may_be_billed else Release())


def giving_back(change: Change, *, shown: int) -> Change:
    """The same change, with what the person is owed where `shown` pictures of the run come to be seen."""
    back = owed(change.run, shown=shown)
    return change if back is None else replace(change, run=replace(change.run, given_back=back.amount), back=back)


def read(run: Run, reading: Reading, model: Model | None, at: datetime) -> Change | None:
    """What a reading makes of the run; None where it is stale, repeated, or of a status nobody knows.

    `model` is the run's, None where the catalog has it no more. The first reading also brings Runflow's id: adopted
    even when the status tells nothing new.
    """
    state = _STATE_OF.get(reading.status)
    known = run if run.runflow_id else replace(run, runflow_id=reading.runflow_id)
    if state is None or not may_follow(run.state, state):
        return Change(known) if known is not run else None
    if state not in FINAL:
        return Change(replace(known, state=state))
    return _ended_by(known, state, reading, model, at)


def _ended_by(run: Run, state: State, reading: Reading, model: Model | None, at: datetime) -> Change:
    result = Result(
        seed=reading.seed,
        nsfw_detected=reading.nsfw_detected,
        prompt_used=reading.prompt_used,
        num_outputs=len(reading.outputs),
        duration_ms=reading.duration_ms,
    )
    books = _books(run, state, reading, model)
    cost, estimated = (books.cost, books.estimated) if isinstance(books, Settle) else (None, False)
    reason = _reason(state, reading)
    fields = reading.failure.fields if reading.failure else ()
    named = model.option_names(fields) if model else fields
    change = Change(
        replace(
            run,
            state=state,
            result=result,
            cost=cost,
            cost_estimated=estimated,
            reason=reason,
            reason_fields=named if reason is Reason.INPUT_REFUSED else (),
            # The card of a run that was given up as lost says so: it gets its last form anew.
            delivery=Delivery.PENDING if run.state is State.LOST else run.delivery,
            ended_at=at,
        ),
        books,
    )
    return giving_back(change, shown=0) if reason is not None else change


def _reason(state: State, reading: Reading) -> Reason | None:
    if state is State.CANCELED:
        return Reason.CANCELED
    if state is State.FAILED:
        code = (reading.failure.code or "").upper() if reading.failure else ""
        if _is_content(code) or reading.nsfw_detected:
            return Reason.CONTENT
        return Reason.INPUT_REFUSED if "VALIDATION" in code else Reason.UPSTREAM_FAILED
    if reading.outputs:
        return None
    return Reason.CONTENT if reading.nsfw_detected else Reason.NO_PICTURES


def _is_content(code: str) -> bool:
    """Whether a failure's code speaks of what a picture shows. Runflow documents none; providers' words are known."""
    return any(word in code for word in ("CONTENT", "NSFW", "SAFETY", "MODERATION"))


def _books(run: Run, state: State, reading: Reading, model: Model | None) -> Settle | Release:
    """A cost that Runflow names is booked as it is, whatever the end: that money is spent.

    Where it names none, a success is estimated from what was delivered, and anything else was free
    (failed runs are not billed: concepts/pricing).
    """
    brought_pictures = state in {State.SUCCEEDED, State.PARTIAL} and bool(reading.outputs)
    if reading.cost is not None and (reading.cost > 0 or brought_pictures):
        return Settle(reading.cost, estimated=False)  # pictures that were free count against limits on pictures
    return Settle(_estimate(run, reading, model), estimated=True) if brought_pictures else Release()


def _estimate(run: Run, reading: Reading, model: Model | None) -> MicroUsd:
    """The model's price of what was delivered, never more than was held: what a reading claims may be wrong.

    Where the model is gone from the catalog, or cannot read this input any more, nothing but what was held is known.
    """
    if model is None:
        return run.held
    try:
        checked = model.read(run.input)
    except ValueError:
        return run.held
    return min(model.delivered(checked, reading.outputs), run.held)
