"""What Runflow says of a run, normalised: a frozen value free of dialects. Source: concepts/runs, runs/get-run."""

from dataclasses import dataclass
from enum import StrEnum

from bot.money import MicroUsd


class RunflowStatus(StrEnum):
    """`status_code` of a run, spellings merged (`cancelled` is `canceled`, `errored` is `failed`)."""

    QUEUED = "queued"
    DISPATCHING = "dispatching"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial_succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether Runflow will not change the run any more. An unknown status is not final."""
        return self in _FINAL


_FINAL = frozenset({RunflowStatus.SUCCEEDED, RunflowStatus.PARTIAL, RunflowStatus.FAILED, RunflowStatus.CANCELED})


@dataclass(frozen=True, slots=True)
class OutputRef:
    """Where one picture lies. `url` is signed or a `data:` URL: never logged, stored, or shown. Sizes in pixels."""

    url: str
    width_px: int | None = None
    height_px: int | None = None

    def __repr__(self) -> str:
        return f"OutputRef({self.width_px}x{self.height_px})"


@dataclass(frozen=True, slots=True)
class RunflowFailure:
    """Why Runflow ended a run. `code` is stable; `message` is upstream text, for the log; `fields` names inputs."""

    code: str | None
    message: str | None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a run.

    `cost` is None where Runflow did not say; `nsfw_detected` is None for "not checked"; `job` is our id, as found in
    `metadata.job` or in `client_ref`; `prompt_used` is the prompt in `model_data`, where it differs or is given.
    """

    runflow_id: str
    status: RunflowStatus
    job: str | None = None
    cost: MicroUsd | None = None
    outputs: tuple[OutputRef, ...] = ()
    seed: int | None = None
    nsfw_detected: bool | None = None
    prompt_used: str | None = None
    duration_ms: int | None = None
    failure: RunflowFailure | None = None
