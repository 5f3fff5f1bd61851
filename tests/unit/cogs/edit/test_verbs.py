"""The workbench's verbs: an instruction that can be read first, a price, and one run of whoever pressed."""

from typing import Any

import pytest

from bot.catalog.registry import Registry, every_model
from bot.catalog.source import SourceImage
from bot.runs.run import Delivery, Place, Run
from cogs.edit.verbs import VERBS
from tests.unit.cogs.opened import opened
from tests.unit.cogs.samples import FakeHistory, FakeRuns, SampleModel, a_run, done
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, Call, pressed_button, sent_form

RUN_ID = f"{7:032x}"
REF = f"{RUN_ID}:1"
HERE = Place(GUILD_ID, CHANNEL_ID)


def past(**changes: Any) -> Run:
    return done(a_run("a red fox"), **({"id": RUN_ID, "place": HERE, "delivery": Delivery.SHOWN} | changes))


async def answer(payload: dict[str, Any], run: Run, models: Registry | None = None) -> tuple[Call, FakeRuns]:
    runs = FakeRuns()
    history = FakeHistory(runs={run.id: run})
    async with opened(runs, history=history, models=models or every_model()) as open_:
        open_.press(payload)
        (call,) = await open_.discord.wait("POST", "/callback")
    return call, runs


def filled(subject: str, words: str = "make it night") -> dict[str, Any]:
    return sent_form(
        f"edit_picture:{subject}", {"type": 18, "component": {"type": 4, "custom_id": "words", "value": words}}
    )


@pytest.mark.parametrize("action", VERBS)
async def test_a_verb_opens_a_form_with_its_instruction_and_the_price(action: str) -> None:
    call, runs = await answer(pressed_button(f"{action}:{REF}"), past(user_id=USER_ID + 5))
    assert (call.body["type"], call.data["custom_id"]) == (9, f"edit_picture:{REF}")
    (label,) = call.data["components"]
    assert label["component"].get("value", "") == VERBS[action].instruction
    assert "at most 0.5 ¢" in label["description"]
    assert not runs.accepted


async def test_what_is_filled_in_is_made_of_that_picture_by_whoever_pressed() -> None:
    call, runs = await answer(filled(REF), past(user_id=USER_ID + 5))
    (asked,) = runs.accepted
    assert SourceImage.of_run(RUN_ID, 1) in asked["options"].values()
    assert "make it night" in asked["options"].values()
    assert (asked["user_id"], asked["button"]) == (USER_ID, f"edit_picture:{REF}")
    assert call.body["type"] == 4


@pytest.mark.parametrize("payload", [pressed_button(f"edit:{REF}"), filled(REF)], ids=["press", "form"])
async def test_a_picture_from_a_channel_that_the_person_does_not_see_is_not_used(payload: dict[str, Any]) -> None:
    hidden = past(user_id=USER_ID + 5, place=Place(GUILD_ID, CHANNEL_ID + 9))
    call, runs = await answer(payload, hidden)
    assert "not from a channel that you can see" in call.data["content"]
    assert not runs.accepted


@pytest.mark.parametrize("forged", [RUN_ID, f"{RUN_ID}:11", f"{RUN_ID}:x", "0" * 80, f"{RUN_ID}:-1"])
async def test_a_forged_picture_leads_nowhere(forged: str) -> None:
    for payload in (pressed_button(f"edit:{forged}"), filled(forged)):
        call, runs = await answer(payload, past())
        assert "leads nowhere" in call.data["content"]
        assert not runs.accepted


async def test_without_a_model_that_edits_it_is_said() -> None:
    call, _ = await answer(pressed_button(f"edit:{REF}"), past(), Registry((SampleModel(),)))
    assert "no model of this bot does that" in call.data["content"]
