"""A run of the stand-in: what it is at a moment follows from its creation and the time alone, nothing drives it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import isinf
from typing import Any, Literal

from sandbox.runflow.schema import Job, Problem, cost_usd
from sandbox.runflow.switches import Switches

Status = Literal["queued", "dispatching", "running", "succeeded", "partial_succeeded", "failed", "canceled", "unknown"]

FINAL: frozenset[Status] = frozenset({"succeeded", "partial_succeeded", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class StandinRun:
    """A run as it was created. `seed` is the seed used; `canceled_at` is set when an admin cancels it.

    `sources` are the pictures that it works on, as they were when it was created.
    """

    id: str
    request_id: str
    created_at: datetime
    model: str
    given: dict[str, Any]
    job: Job
    seed: int
    switches: Switches
    metadata: dict[str, Any] | None = None
    client_ref: str | None = None
    callback_url: str | None = None
    problems: tuple[Problem, ...] = ()
    sources: tuple[bytes, ...] = field(default=(), repr=False)
    canceled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run failed. `field` is the input to blame, where one is; `index` the item of it, where it is a list."""

    code: str | None
    message: str | None
    stage: str | None
    field: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A run at a moment. `cost` is in dollars, and None until something is billed; `images` is how many there are."""

    status: Status
    started_at: datetime | None = None
    completed_at: datetime | None = None
    images: int = 0
    cost: Decimal | None = None
    failure: Failure | None = field(default=None)

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL


def view(run: StandinRun, now: datetime) -> View:
    """The run as it stands at `now`."""
    if run.canceled_at is not None and run.canceled_at <= now:
        started = run.created_at + timedelta(seconds=_start_s(run.switches))
        return View("canceled", started if started <= run.canceled_at else None, run.canceled_at)
    elapsed_s = (now - run.created_at).total_seconds()
    switches = run.switches
    outcome = _failure(run)
    if not switches.create_terminal:
        held = outcome is None and switches.outcome == "stuck_queued"
        if held or elapsed_s < switches.queued_s:
            return View("queued")
        if elapsed_s < _start_s(switches):
            return View("dispatching")
    started = run.created_at + timedelta(seconds=0.0 if switches.create_terminal else _start_s(switches))
    completed = run.created_at + timedelta(seconds=_end_s(switches))
    if now < completed or (outcome is None and switches.outcome == "stuck_running"):
        return View("running", started)
    if outcome is not None:
        return View("failed", started, completed, failure=outcome)
    return _ended(run, started, completed, now)


def end_of(run: StandinRun) -> datetime | None:
    """When the run becomes final; None for one that never does."""
    if run.canceled_at is not None:
        return run.canceled_at
    switches = run.switches
    if _failure(run) is None:
        if switches.outcome in {"stuck_queued", "stuck_running"}:
            return None
        if switches.outcome == "unknown":
            after_s = switches.unknown_status_s
            return None if isinf(after_s) else run.created_at + timedelta(seconds=_end_s(switches) + after_s)
    return run.created_at + timedelta(seconds=_end_s(switches))


def billed_micro_usd(run: StandinRun, now: datetime) -> int:
    """What the run has cost at `now`, in whole micro-dollars, rounded half up as a ledger of such would."""
    cost = view(run, now).cost
    return 0 if cost is None else int((cost * 10**6).to_integral_value(rounding=ROUND_HALF_UP))


def nsfw_flag(run: StandinRun) -> bool | None:
    """`nsfw_detected`: one value for the whole run; None where nothing was checked."""
    if not run.job.safety_checker or run.switches.nsfw == "null":
        return None
    return run.switches.nsfw != "cleared"


def _start_s(switches: Switches) -> float:
    return switches.queued_s + switches.dispatching_s


def _end_s(switches: Switches) -> float:
    return 0.0 if switches.create_terminal else _start_s(switches) + switches.running_s


def _ended(run: StandinRun, started: datetime, completed: datetime, now: datetime) -> View:
    switches = run.switches
    if switches.outcome == "unknown":
        if isinf(switches.unknown_status_s) or now < completed + timedelta(seconds=switches.unknown_status_s):
            return View("unknown", started)
        completed += timedelta(seconds=switches.unknown_status_s)
    if switches.outcome == "canceled":
        return View("canceled", started, completed)
    made = max(1, run.job.count - switches.images_missing)
    # Whether a run without pictures is billed is not documented: it is here, as a client must settle what it is told.
    cost = cost_usd(run.job, made, switches.cost)
    blank = switches.output_shape == "empty" or (switches.nsfw == "empty" and run.job.safety_checker)
    status: Status = switches.shortfall_status if switches.images_missing else "succeeded"
    return View(status, started, completed, 0 if blank else made, cost)


def _failure(run: StandinRun) -> Failure | None:
    """How the run fails, if it is to fail; known from the start."""
    switches = run.switches
    steps = run.job.steps_field
    if run.problems:
        first = run.problems[0]
        name = first.field if first.index is None else f"{first.field}[{first.index}]"
        return Failure("INPUT_VALIDATION_FAILED", f"{name}: {first.message}", "preprocess", first.field, first.index)
    if run.job.steps > switches.provider_max_steps:
        message = f"{steps} must be <= {switches.provider_max_steps}"
        return Failure("INPUT_VALIDATION_FAILED", message, "preprocess", steps)
    if switches.nsfw == "failed" and run.job.safety_checker:
        return Failure(switches.nsfw_failure_code, "The content was flagged by the safety checker.", "execution")
    if switches.outcome == "failed":
        blamed, message = switches.failure_field, switches.failure_message
        if blamed == "num_inference_steps":  # each model has its own name for them
            blamed, message = steps, message and message.replace("num_inference_steps", steps)
        return Failure(switches.failure_code, message, switches.failure_stage, blamed)
    return None
