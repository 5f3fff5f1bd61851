"""What became of a call to Discord: each refusal and each way of not being reached is told apart once."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from bot.runs.card import EditResult
from cogs.ui.discord_errors import EditOutcome, Refused, edit_result, may_have_worked, outcome_of, tried


def refusal(status: int, code: int) -> discord.HTTPException:
    response = cast("Any", SimpleNamespace(status=status, reason="no"))
    return discord.HTTPException(response, {"code": code, "message": "https://discord.com/webhooks/1/tok-secret"})


@pytest.mark.parametrize(
    ("status", "code", "outcome", "told"),
    [
        (413, 0, EditOutcome.TOO_LARGE, EditResult.TOO_LARGE),
        (400, 40005, EditOutcome.TOO_LARGE, EditResult.TOO_LARGE),
        (429, 0, EditOutcome.LATER, EditResult.LATER),
        (503, 0, EditOutcome.LATER, EditResult.LATER),
        (400, 50035, EditOutcome.REJECTED, EditResult.FORBIDDEN),
        (400, 50083, EditOutcome.ARCHIVED, EditResult.FORBIDDEN),
        (404, 10003, EditOutcome.NO_CHANNEL, EditResult.GONE),
        (404, 10008, EditOutcome.NO_MESSAGE, EditResult.GONE),
        (401, 50027, EditOutcome.CLOSED, EditResult.FORBIDDEN),
        (404, 10015, EditOutcome.CLOSED, EditResult.FORBIDDEN),
        (403, 50013, EditOutcome.CLOSED, EditResult.FORBIDDEN),
    ],
)
async def test_what_a_refusal_means(status: int, code: int, outcome: EditOutcome, told: EditResult) -> None:
    async def call() -> None:
        raise refusal(status, code)

    answer = await tried(call())
    assert answer == Refused(outcome, f"HTTPException {status}/{code}")
    assert edit_result(outcome) is told


@pytest.mark.parametrize("error", [aiohttp.ClientConnectionError("tok-secret"), OSError(), TimeoutError()])
async def test_what_was_not_reached_may_be_tried_again(error: Exception) -> None:
    async def call() -> None:
        raise error

    assert await tried(call()) == Refused(EditOutcome.LATER, type(error).__name__)
    assert outcome_of(error) is EditOutcome.LATER


async def test_a_call_that_takes_too_long_is_for_later() -> None:
    assert await tried(asyncio.Event().wait(), timeout_s=0.01) == Refused(EditOutcome.LATER, "TimeoutError")


async def test_an_answer_comes_through_and_so_does_a_fault_of_ours() -> None:
    async def answers() -> int:
        return 7

    async def fails() -> None:
        raise RuntimeError("ours")

    assert await tried(answers()) == 7
    assert edit_result(EditOutcome.TAKEN) is EditResult.YES
    with pytest.raises(RuntimeError, match="ours"):
        await tried(fails())


@pytest.mark.parametrize(
    ("error", "may"),
    [
        (refusal(503, 0), True),
        (refusal(400, 40060), True),
        (refusal(403, 50013), False),
        (refusal(429, 0), False),
        (TimeoutError(), True),
        (aiohttp.ServerDisconnectedError(), True),
    ],
)
def test_a_call_without_a_good_answer_may_have_worked_all_the_same(error: Exception, may: bool) -> None:
    assert may_have_worked(error) is may
