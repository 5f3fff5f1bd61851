"""Runs and readings to test with."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.moderation.policy import Policy
from bot.money import MicroUsd
from bot.runflow.reading import OutputRef, Reading, RunflowStatus
from bot.runs.run import Delivery, Place, Reply, Run, State

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def a_run(**changes: Any) -> Run:
    """A run of two landscape pictures, accepted at noon."""
    checked = FLUX_KLEIN.parse({"prompt": "a red fox in snow", "num_images": 2})
    run = Run(
        id="0" * 32,
        user_id=7,
        place=Place(1, 2),
        reply=Reply(9, 8, "token-of-the-interaction", NOON, 10 * 1024 * 1024, message_id=11),
        model_id=FLUX_KLEIN.model_id,
        input=checked.wire(),
        request=checked.request,
        policy=Policy.BLOCK,
        state=State.ACCEPTED,
        delivery=Delivery.PENDING,
        held=MicroUsd(10_000),
        created_at=NOON,
    )
    return replace(run, **changes)


def a_reading(status: RunflowStatus, *, outputs: int = 0, **said: Any) -> Reading:
    """What Runflow says, with pictures of 1024x768."""
    refs = tuple(OutputRef(f"https://x.example/{n}?sig=1", 1024, 768) for n in range(outputs))
    return Reading("run-1", status, outputs=refs, **said)
