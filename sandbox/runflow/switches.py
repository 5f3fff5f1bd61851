"""How the Runflow stand-in behaves: every point where Runflow's documents contradict themselves or say nothing.

The defaults are the newest documented behaviour. A run keeps the switches it was created under, so that throwing one
changes nothing that already happened. Counters ("the next N") start anew whenever switches are assigned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType
from typing import Final, Literal

ALWAYS: Final = 1_000_000
"""A count that no sandbox uses up."""

Outcome = Literal["succeeded", "failed", "canceled", "stuck_queued", "stuck_running", "unknown"]
OutputShape = Literal[
    "outputs", "url_type", "image_urls", "image_list", "image_object", "url", "output_url", "data_urls", "empty"
]
Presence = Literal["present", "null", "missing"]
Storage = Literal[
    "valid", "expired", "expired_once", "gone", "slow", "truncated", "wrong_length", "not_a_picture", "huge", "bomb"
]
Nsfw = Literal["cleared", "flagged", "black", "empty", "null", "failed"]
ErrorBody = Literal["flat", "error_object", "detail", "html", "empty"]
CostRule = Literal["proportional", "rounded_1e6", "rounded_2e20", "null", "absent"]
CancelSpelling = Literal["canceled", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One way for Runflow to behave. Times are seconds of the sandbox's clock.

    The course of a run: `queued_s`, `dispatching_s` and `running_s` are how long each status lasts; `outcome` is how it
    ends (the stuck ones never do; "unknown" shows `unknown_status` in place of the end for `unknown_status_s`, then
    succeeds).
    """

    queued_s: float = 0.25
    dispatching_s: float = 0.15
    running_s: float = 0.6
    outcome: Outcome = "succeeded"
    unknown_status: str = "archiving"
    unknown_status_s: float = inf

    # Creating a run.
    create_status: Literal[200, 201, 202] = 201
    create_terminal: bool = False
    """The run is over when the create is answered, and the answer says so."""
    create_delay_s: float = 0.0
    """How long an accepted create waits for its answer."""
    lost_creates: int = 0
    """The next N creates are accepted, and the connection closed without an answer."""
    reset_creates: int = 0
    """The next N creates are not accepted, and the connection is reset."""
    create_errors: int = 0
    """The next N creates are answered with `create_error_status`."""
    create_error_status: Literal[500, 502, 503, 504] = 503
    create_error_accepts: bool = False
    """Whether a create that is answered with an error is a run all the same."""
    refused_field: str | None = None
    """The input that a 422 at create names, whatever was sent."""
    bad_input: Literal["refused", "fails_late"] = "refused"
    """Input outside the schema: 422 at create, or a run that fails with INPUT_VALIDATION_FAILED."""
    unknown_input: Literal["refused", "ignored"] = "refused"
    provider_max_steps: int = 50
    """More steps than this pass Runflow and fail later at the provider."""

    # Reading a run.
    get_missing_s: float = 0.0
    """How long after its creation a run is answered with 404."""
    get_errors: int = 0
    """The next N reads of a run are answered with `get_error_status`."""
    get_error_status: Literal[500, 502, 503, 504] = 502
    get_resets: int = 0
    """The next N reads of a run have their connection reset. aiohttp repeats a GET once: two are one to it."""
    unset_fields: Literal["null", "absent"] = "null"
    cancel_status_code: CancelSpelling = "canceled"
    rest_timestamps: Literal["z", "offset"] = "z"

    # Failure.
    failure_code: str | None = "PROVIDER_ERROR"
    failure_message: str | None = "The provider could not finish this run."
    failure_stage: str | None = "execution"
    failure_field: str | None = None
    """The input that a failed run blames."""
    failure_dialect: Literal["fields", "error", "nulls"] = "fields"

    # Output.
    output_shape: OutputShape = "outputs"
    output_seed: Literal["int", "string", "null", "missing"] = "int"
    output_timing: Presence = "present"
    output_model_data: Presence = "present"
    images_missing: int = 0
    """How many pictures fewer than asked; one remains."""
    shortfall_status: Literal["succeeded", "partial_succeeded"] = "succeeded"
    delivered_format: Literal["as_asked", "png", "jpeg", "webp"] = "as_asked"
    pictures: Literal["scenes", "plain"] = "scenes"
    """Plain ones have one colour each and take no time to draw."""
    nsfw: Nsfw = "cleared"
    """"flagged" leaves the pictures as they are; "null" says not checked; "failed" ends the run as failed."""
    nsfw_failure_code: str = "CONTENT_POLICY_VIOLATION"

    # Edits.
    edit_size: Literal["as_source", "square"] = "as_source"
    """Whether an edit has the shape of its first source, at about 1024x1024 pixels, or is 1024x1024."""
    source_max_bytes: int = 20 * 1024 * 1024
    source_max_pixels: int = 20_000_000
    """The most that one source picture may have. Not documented: ours."""

    # Storage.
    storage: Storage = "valid"
    storage_delay_s: float = 10.0
    """How long a slow picture stops half way."""
    url_lifetime_s: float = 259_200.0
    fresh_urls: bool = True
    """Whether every read of a run signs its addresses anew."""
    huge_bytes: int = 64 * 1024 * 1024

    # Refusals.
    auth: Literal["valid", "unauthorized", "forbidden"] = "valid"
    forbidden_code: str = "PERMISSION_DENIED"
    error_body: ErrorBody = "flat"
    limited_creates: int = 0
    """The next N creates are answered with 429."""
    limited_gets: int = 0
    """The next N reads of a run are answered with 429."""
    retry_after: Literal["none", "seconds", "date", "nonsense"] = "none"
    retry_after_s: int = 1

    # Callbacks.
    callback_time: Literal["at_end", "before_create_answer", "never"] = "at_end"
    callback_signature: Literal["signed", "unsigned", "wrong_secret", "old_secret"] = "signed"
    callback_copies: int = 1
    callback_cancel_status: CancelSpelling = "cancelled"
    callback_failed_output: Literal["null", "envelope"] = "null"
    callback_timestamps: Literal["offset", "z"] = "offset"
    callback_retry: Literal["server_errors", "any_non_2xx"] = "server_errors"
    callback_waits_s: tuple[float, ...] = (1.0, 2.0)
    """The waits between attempts: one attempt more than waits."""
    callback_timeout_s: float = 5.0
    """Real seconds for one attempt."""

    # Money.
    cost: CostRule = "proportional"
    credit_micro_usd: int = 100_000_000
    """What the organisation had before the first run. Creates are refused with 402 once it is spent."""
    balance: Literal["cents", "decimal", "forbidden", "missing"] = "cents"

    # Lists and catalogue.
    list_cursors: Literal["next", "next_pq"] = "next"
    list_client_ref: Literal["supported", "refused", "ignored"] = "supported"
    """`q` on client_ref: filters, is answered with 400, or changes nothing."""
    list_created_at: Literal["supported", "refused", "ignored"] = "supported"
    """`q` on created_at, in the same way."""
    list_lag_s: float = 0.0
    """How long after its creation a run is missing from lists."""
    list_errors: int = 0
    """The next N lists of runs are answered with `get_error_status`."""
    model: Literal["available", "unavailable", "missing"] = "available"
    health: Literal["status", "ok"] = "status"


DEFAULT: Final = Switches()
_FAST: Final = Switches(queued_s=0.0, dispatching_s=0.0, running_s=0.0)

PROFILES: Final[Mapping[str, Switches]] = MappingProxyType(
    {
        "default": DEFAULT,
        "fast": _FAST,
        "slow": Switches(queued_s=4.0, dispatching_s=2.0, running_s=14.0),
        "instant_create": Switches(create_terminal=True),
        "nsfw_flagged": Switches(nsfw="flagged"),
        "nsfw_black": Switches(nsfw="black"),
        "nsfw_empty": Switches(nsfw="empty"),
        "nsfw_null": Switches(nsfw="null"),
        "nsfw_failed": Switches(nsfw="failed"),
        "partial": Switches(images_missing=1, shortfall_status="partial_succeeded"),
        "fewer_pictures": Switches(images_missing=1),
        "no_pictures": Switches(output_shape="empty"),
        "failing": Switches(outcome="failed"),
        "failing_silently": Switches(outcome="failed", failure_dialect="nulls"),
        "late_input_failure": Switches(
            outcome="failed",
            failure_code="INPUT_VALIDATION_FAILED",
            failure_message="num_inference_steps must be <= 8",
            failure_stage="preprocess",
            failure_field="num_inference_steps",
        ),
        "refused": Switches(refused_field="prompt"),
        "out_of_credit": Switches(credit_micro_usd=0),
        "unauthorized": Switches(auth="unauthorized"),
        "forbidden": Switches(auth="forbidden"),
        "rate_limited": Switches(limited_creates=2, limited_gets=2, retry_after="seconds"),
        "rate_limited_always": Switches(limited_creates=ALWAYS),
        "flaky": Switches(get_errors=3, get_resets=2, limited_gets=1, error_body="html"),
        "failing_creates": Switches(create_errors=ALWAYS),
        "lost_creates": Switches(lost_creates=1),
        "lost_create_errors": Switches(create_errors=1, create_error_status=504, create_error_accepts=True),
        "reset_creates": Switches(reset_creates=1),
        "late_reads": Switches(get_missing_s=0.8, list_lag_s=0.8),
        "stuck": Switches(outcome="stuck_running"),
        "stuck_queued": Switches(outcome="stuck_queued"),
        "cancelled": Switches(outcome="canceled"),
        "unknown_status": Switches(outcome="unknown"),
        "passing_unknown_status": Switches(outcome="unknown", unknown_status_s=2.0),
        "expired_urls": Switches(storage="expired"),
        "expired_once": Switches(storage="expired_once"),
        "gone_urls": Switches(storage="gone"),
        "slow_storage": Switches(storage="slow"),
        "truncated": Switches(storage="truncated"),
        "wrong_length": Switches(storage="wrong_length"),
        "not_a_picture": Switches(storage="not_a_picture"),
        "huge_picture": Switches(storage="huge"),
        "picture_bomb": Switches(storage="bomb"),
        "wrong_format": Switches(delivered_format="webp"),
        "jpeg_only": Switches(delivered_format="jpeg"),
        "data_urls": Switches(output_shape="data_urls"),
        "image_urls": Switches(output_shape="image_urls"),
        "bare_outputs": Switches(
            output_shape="url_type", output_seed="null", output_timing="null", output_model_data="missing"
        ),
        "rounded_cost": Switches(cost="rounded_1e6"),
        "rounded_cost_mebi": Switches(cost="rounded_2e20"),
        "no_cost": Switches(cost="null"),
        "absent_cost": Switches(cost="absent"),
        "callbacks_never": Switches(callback_time="never"),
        "callbacks_early": Switches(callback_time="before_create_answer"),
        "callbacks_twice": Switches(callback_copies=2),
        "callbacks_unsigned": Switches(callback_signature="unsigned"),
        "callbacks_forged": Switches(callback_signature="wrong_secret"),
        "old_dialect": Switches(
            create_status=200,
            unset_fields="absent",
            cancel_status_code="cancelled",
            rest_timestamps="offset",
            failure_dialect="error",
            output_shape="url_type",
            output_seed="string",
            output_timing="missing",
            output_model_data="missing",
            error_body="error_object",
            retry_after="seconds",
            callback_failed_output="envelope",
            callback_retry="any_non_2xx",
            callback_waits_s=(1.0, 2.0, 4.0, 8.0),
            cost="rounded_1e6",
            balance="decimal",
            list_cursors="next_pq",
            list_client_ref="ignored",
            health="ok",
        ),
    }
)
"""Named ways to behave, for `python -m sandbox --profile` and the page."""


def profile(name: str) -> Switches:
    """The switches of a named profile. Raises ValueError, which lists the names, for any other."""
    try:
        return PROFILES[name]
    except KeyError:
        raise ValueError(f"There is no profile {name!r}. There are: {', '.join(PROFILES)}.") from None


def without_waiting(switches: Switches) -> Switches:
    """The same behaviour with runs that are over at once."""
    return replace(switches, queued_s=0.0, dispatching_s=0.0, running_s=0.0)
