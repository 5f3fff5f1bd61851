"""A prompt with other tools' habits, from the press to Runflow: what the row keeps, what is sent, what rules see."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.prompt_check import Became, noted
from bot.errors import LimitError, OptionError, PromptRefused
from bot.guilds.audit import AdminAction
from bot.ledger.values import Defaults
from bot.moderation.prompts import PromptAction
from bot.money import MicroUsd
from bot.runs.review.visibility import changed_prompt
from bot.runs.run import Result, ReviewCause
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import runs_room

FAST = without_waiting(PROFILES["default"])
TYPED = "a fox --ar 16:9 --no cats --n 2"


async def test_the_row_keeps_what_was_typed_and_the_wire_has_what_is_sent(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press(prompt=TYPED))
        assert (run.prompt, run.request.sent) == (TYPED, "a fox")
        assert run.request.prompts == (TYPED, "a fox")
        assert run.input["prompt"] == "a fox"
        assert (run.input["image_size"], run.images_wanted, run.held) == ("landscape_16_9", 2, 10_000)
        (job,) = [one.job for one in room.runflow.runs.values()]
        assert job.prompt == "a fox"
        lines = noted(FLUX_KLEIN, run.prompt, run.input).lines
        assert [line.became for line in lines] == [Became.SET, Became.LEFT_OUT, Became.SET]


async def test_the_persons_own_options_hold(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.press(prompt=TYPED, image_size="square", num_images=1)
        assert (run.input["image_size"], run.images_wanted, run.input["prompt"]) == ("square", 1, "a fox")
        lines = noted(FLUX_KLEIN, run.prompt, run.input).lines
        assert [line.became for line in lines] == [Became.YOURS, Became.LEFT_OUT, Became.YOURS]


async def test_what_a_prompt_asks_for_is_held_like_an_option(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, defaults=Defaults(user_daily=MicroUsd(7_000))) as room:
        with pytest.raises(LimitError):
            await room.press(prompt="a fox --n 2")
        assert await room.held() == 0


@pytest.mark.parametrize("prompt", [7, None, "", "   ", "x" * 4001, "\u3164"])
async def test_what_is_no_prompt_is_refused_as_before(tmp_path: Path, prompt: object) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        with pytest.raises(OptionError, match="prompt"):
            await room.press(prompt=prompt)


async def test_nobody_hides_words_in_what_is_taken_out(tmp_path: Path) -> None:
    act = AdminAction(1, 5)
    async with runs_room(tmp_path, FAST, serve=False) as room:
        rules = room.services.prompt_rules
        await rules.add_rule(act, "gore", PromptAction.REFUSE, "no violence")
        await rules.add_rule(act, "castle", PromptAction.REVIEW)
        for prompt in ("a fox --no gore", "a fox <lora:gore:1>", "a fox\nNegative prompt: gore", "a [go(re:1.2)] fox"):
            with pytest.raises(PromptRefused):
                await room.press(prompt=prompt)
        assert (await room.press(prompt="a fox --no castle")).review_why is ReviewCause.RULE
        assert (await room.press(prompt="a fox --no cats")).review_why is None


async def test_runflow_using_what_was_sent_has_changed_nothing(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press(prompt=TYPED)
        for used, changed in (("a fox", None), (TYPED, None), ("a wolf", "a wolf")):
            assert changed_prompt(replace(run, result=Result(prompt_used=used))) == changed
