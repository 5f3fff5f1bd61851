"""The kinds of day that Runflow and Discord have during a storm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from sandbox.discord.switches import DiscordSwitches, FailNext
from sandbox.runflow.switches import DEFAULT, Switches

# A course that takes a while, so that a bot can die in each part of it.
COURSE = replace(DEFAULT, queued_s=0.1, dispatching_s=0.1, running_s=0.4)

RUNFLOW: Mapping[str, Switches] = MappingProxyType(
    {
        "fair": COURSE,
        "slow runs": replace(COURSE, running_s=2.5),
        "instant ends": replace(COURSE, create_terminal=True),
        "lost answers to creates": replace(COURSE, lost_creates=3),
        "creates answered with 504 and made": replace(
            COURSE, create_errors=3, create_error_status=504, create_error_accepts=True
        ),
        "creates answered with 503": replace(COURSE, create_errors=4),
        "creates reset": replace(COURSE, reset_creates=3),
        "creates answered late": replace(COURSE, create_delay_s=1.2),
        "creates limited": replace(COURSE, limited_creates=4, retry_after="seconds"),
        "reads in bursts of 5xx": replace(COURSE, get_errors=8, error_body="html"),
        "reads reset": replace(COURSE, get_resets=6),
        "reads limited": replace(COURSE, limited_gets=6, retry_after="nonsense"),
        "lists in bursts of 5xx after lost answers": replace(COURSE, list_errors=4, lost_creates=2),
        "reads and lists late": replace(COURSE, get_missing_s=0.8, list_lag_s=0.8, lost_creates=1),
        "lists that ignore client_ref": replace(COURSE, list_client_ref="ignored", lost_creates=2),
        "lists that refuse client_ref": replace(COURSE, list_client_ref="refused", lost_creates=2),
        "callbacks never": replace(COURSE, callback_time="never"),
        "callbacks before the create's answer": replace(COURSE, callback_time="before_create_answer"),
        "callbacks three times": replace(COURSE, callback_copies=3),
        "callbacks unsigned": replace(COURSE, callback_signature="unsigned"),
        "callbacks signed by nobody": replace(COURSE, callback_signature="wrong_secret"),
        "failing": replace(COURSE, outcome="failed"),
        "cancelled": replace(COURSE, outcome="canceled", cancel_status_code="cancelled"),
        "fewer pictures": replace(COURSE, images_missing=1, shortfall_status="partial_succeeded"),
        "flagged": replace(COURSE, nsfw="flagged"),
        "no pictures": replace(COURSE, output_shape="empty"),
        "addresses expired once": replace(COURSE, storage="expired_once"),
        "pictures cut off": replace(COURSE, storage="truncated"),
        "old dialect": replace(
            COURSE,
            create_status=200,
            unset_fields="absent",
            cancel_status_code="cancelled",
            failure_dialect="error",
            output_shape="url_type",
            callback_failed_output="envelope",
            callback_timestamps="z",
            cost="rounded_1e6",
            list_cursors="next_pq",
        ),
    }
)

STUCK = replace(COURSE, outcome="stuck_running")
"""Ends by the bot's own deadline alone, which takes its time: for long storms."""

DISCORD: Sequence[DiscordSwitches] = (
    DiscordSwitches(),
    DiscordSwitches(fail_next=(FailNext("/webhooks/", 502, count=3),)),
    DiscordSwitches(fail_next=(FailNext("/webhooks/", 503, count=2, applied=True),)),
    DiscordSwitches(fail_next=(FailNext("/webhooks/", 429, count=2, retry_after_s=0.4),)),
    DiscordSwitches(fail_next=(FailNext("/callback", 500, count=1),)),
    DiscordSwitches(fail_next=(FailNext("/callback", 502, count=1, applied=True),)),
    DiscordSwitches(fail_next=(FailNext("/callback", 429, count=1, retry_after_s=0.3),)),
    DiscordSwitches(latency_s=0.15),
)

DROPS = ("reconnect", "invalid", "invalid_resumable", "close", "abrupt")
