"""Words that were typed and not made: the composer asks for missing ones, and a refusal keeps what there is."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.errors import LimitError, PromptRefused, SanctionError, Unavailable
from tests.unit.cogs.imagine.test_card_buttons import walk
from tests.unit.cogs.opened import opened
from tests.unit.cogs.samples import FakeDrafts, FakeRuns
from tests.unit.cogs.wire import USER_ID, Call, interaction, pressed_button, sent_form

OPTIONS: dict[str, object] = {"prompt": "a red fox", "num_images": 4, "size": "w"}
TOO_MANY = LimitError("You have room for 2 pictures.", fits=2)


def buttons(call: Call) -> dict[str, str]:
    return {one["custom_id"]: one["label"] for one in walk(call.data.get("components", [])) if one["type"] == 2}


async def refused(error: Exception, drafts: FakeDrafts) -> Call:
    runs = FakeRuns(refusal=error)  # pyright: ignore[reportArgumentType]
    async with opened(runs, drafts=drafts) as open_:
        open_.press(interaction(OPTIONS))
        (call,) = await open_.discord.wait("POST", "/callback")
    return call


async def answered(payload: Mapping[str, Any], drafts: FakeDrafts) -> tuple[Call, FakeRuns]:
    runs = FakeRuns()
    async with opened(runs, drafts=drafts) as open_:
        open_.press(dict(payload))
        (call,) = await open_.discord.wait("POST", "/callback")
    return call, runs


async def test_a_command_without_words_opens_the_composer_and_keeps_what_was_given() -> None:
    drafts = FakeDrafts()
    call, runs = await answered(interaction({"num_images": 3}), drafts)
    (draft,) = drafts.kept.values()
    assert (call.body["type"], call.data["custom_id"]) == (9, f"draft_change:{draft.id}")
    assert not runs.accepted
    words = {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "prompt", "value": "a blue fox"}}
    _, runs = await answered(sent_form(f"draft_change:{draft.id}", words), drafts)
    assert runs.accepted[0]["options"] == {"prompt": "a blue fox", "num_images": 3}


async def test_a_database_that_is_slow_is_said_before_discord_gives_up() -> None:
    call, runs = await answered(interaction({}), FakeDrafts(hold=asyncio.Event()))
    assert "could not open the form in time" in call.data["content"]
    assert not runs.accepted


async def test_a_refusal_over_a_limit_offers_what_fits_and_keeps_the_words() -> None:
    drafts = FakeDrafts()
    call = await refused(TOO_MANY, drafts)
    (draft,) = drafts.kept.values()
    assert call.data["content"] == "You have room for 2 pictures."
    assert buttons(call) == {f"draft_fewer:{draft.id}:2": "Make 2 instead", f"draft_change:{draft.id}": "Change…"}
    _, runs = await answered(pressed_button(f"draft_fewer:{draft.id}:2"), drafts)
    (asked,) = runs.accepted
    assert asked["options"] == OPTIONS | {"num_images": 2}
    assert asked["button"] == f"draft_fewer:{draft.id}:2"


async def test_change_opens_the_form_with_all_that_was_typed() -> None:
    drafts = FakeDrafts()
    await refused(PromptRefused("no foxes"), drafts)
    (draft,) = drafts.kept.values()
    call, _ = await answered(pressed_button(f"draft_change:{draft.id}"), drafts)
    fields = {one["custom_id"]: one for one in walk(call.data["components"]) if "custom_id" in one}
    assert fields["prompt"]["value"] == "a red fox"
    assert [one["value"] for one in fields["num_images"]["options"] if one.get("default")] == ["4"]


@pytest.mark.parametrize("subject", ["draft_fewer:{}:2", "draft_change:{}"])
async def test_a_draft_is_its_authors_alone(subject: str) -> None:
    drafts = FakeDrafts()
    draft = await drafts.keep(USER_ID + 1, "black-forest-labs/flux-2-klein-4b", OPTIONS)
    call, runs = await answered(pressed_button(subject.format(draft.id)), drafts)
    assert "not kept any more" in call.data["content"]
    assert not runs.accepted


@pytest.mark.parametrize("forged", ["0", "11", "-1", "1x", "", "99999999999"])
async def test_a_forged_number_of_pictures_leads_nowhere(forged: str) -> None:
    drafts = FakeDrafts()
    draft = await drafts.keep(USER_ID, "black-forest-labs/flux-2-klein-4b", OPTIONS)
    call, runs = await answered(pressed_button(f"draft_fewer:{draft.id}:{forged}"), drafts)
    assert "leads nowhere" in call.data["content"]
    assert not runs.accepted


async def test_who_is_stopped_is_offered_no_other_words() -> None:
    drafts = FakeDrafts()
    call = await refused(SanctionError(before="You are paused", reason="", after="."), drafts)
    assert not buttons(call)
    assert not drafts.kept


async def test_a_refusal_is_said_when_its_words_cannot_be_kept() -> None:
    call = await refused(TOO_MANY, FakeDrafts(refusal=Unavailable("not now")))
    assert call.data["content"] == "You have room for 2 pictures."
    assert not buttons(call)
