"""Cards hold Discord's limits whatever the prompt, and speak to screen readers."""

import json
import re
import tracemalloc
from typing import Any

import aiohttp
import pytest

from bot.catalog.request import Request
from bot.errors import PictureFault
from bot.images.image import MissingPicture
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules
from bot.runs.card import Ended, FinalCard, InLine, Pictures, Withheld, Word
from bot.runs.run import Reason, Result, State
from bot.runs.transitions import FINAL
from cogs.ui import cards
from cogs.ui.markdown import length
from tests.unit.cogs.samples import a_run, done, pictures

TITLE = "FLUX.2 [klein] 4B"
HOSTILE = {
    "markdown": "*_~`|<@[:a" * 200,
    "right to left": "\u202eקשת" * 500,
    "zalgo": ("z" + "\u0301" * 9) * 200,
    "emoji": "\U0001f98a" * 1000,
    "newlines": "# a\n" * 500,
    "nothing to see": "\u200b" * 2000,
    "spoiler breaker": "||" * 1000,
}
ENDINGS: list[FinalCard] = [
    Pictures(pictures(4, changed="compressed to fit"), spoiler=True),
    Pictures(pictures(1), tuple(MissingPicture(i, PictureFault.TOO_LARGE) for i in (1, 2, 3))),
    Withheld(checked=True),
    Withheld(checked=False),
    Ended(),
]


def walk(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for component in components for one in (component, *walk(component.get("components", [])))]


def parts(card: cards.Card) -> list[dict[str, Any]]:
    return walk(card.to_components())


def text(card: cards.Card) -> str:
    return "\n".join(part["content"] for part in parts(card) if "content" in part)


def holds_the_limits(card: cards.Card) -> bool:
    contents = [part["content"] for part in parts(card) if "content" in part]
    return len(parts(card)) <= 40 and all(contents) and sum(length(content) for content in contents) <= 4000


@pytest.mark.parametrize("prompt", HOSTILE.values(), ids=HOSTILE.keys())
async def test_limits_hold_for_hostile_prompts(prompt: str) -> None:
    result = Result(seed=2**32 - 1, prompt_used=prompt[::-1], num_outputs=3, duration_ms=10**9)
    run = done(a_run(prompt), result=result, reason=Reason.INPUT_REFUSED, reason_fields=(prompt,))
    for ending in ENDINGS:
        assert holds_the_limits(cards.final(run, ending))
    for state in State:
        assert holds_the_limits(cards.progress(a_run(prompt, state=state)))
        assert holds_the_limits(cards.progress(a_run(prompt, state=state), InLine(1000, own=1000, about_s=1e6)))
    assert all(0 < length(cards.alt_text(run, picture)) <= 1024 for picture in pictures(4))


def buttons(card: cards.Card) -> list[str]:
    return [part["custom_id"] for part in parts(card) if "custom_id" in part]


async def test_a_card_that_waits_says_its_place_and_can_be_taken_out() -> None:
    run = a_run()
    waiting = cards.progress(run, InLine(3))
    assert text(waiting).startswith("**a red fox in snow**")
    assert "You're 3rd in line." in text(waiting)
    assert buttons(waiting) == [f"leave:{run.id}"]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("word", [None, *Word])
async def test_a_card_of_a_run_under_way_can_be_canceled(state: State, word: Word | None) -> None:
    card = cards.progress(a_run(state=state), None if state is State.ACCEPTED else InLine(3), word=word)
    assert "in line" not in text(card)
    assert text(card).startswith("**a red fox in snow**")
    assert buttons(card) == ([] if state in FINAL else [f"cancel:{a_run().id}"])


async def test_a_long_prompt_is_cut_with_an_ellipsis_and_a_short_one_is_whole() -> None:
    assert "…" in text(cards.final(a_run("*" * 2000), Ended()))
    assert "**a red fox in snow**\n" in text(cards.progress(a_run()))


async def test_pictures_stand_in_a_gallery_with_alt_text() -> None:
    run = done(a_run())
    ending = Pictures(pictures(4))
    (gallery,) = [part for part in parts(cards.final(run, ending)) if part["type"] == 12]
    files = cards.attachments(run, ending)
    assert [item["media"]["url"] for item in gallery["items"]] == [f"attachment://{file.filename}" for file in files]
    assert [file.filename for file in files] == [f"imagine-01234567-{n}.png" for n in (1, 2, 3, 4)]
    assert gallery["items"][2]["description"] == "Picture 3 of 4: a red fox in snow"
    assert files[2].description == "Picture 3 of 4: a red fox in snow"
    assert not any(item["spoiler"] for item in gallery["items"])


def test_a_picture_on_its_way_to_discord_is_not_copied() -> None:
    data = bytes(1_000_000)
    (file,) = cards.attachments(a_run(), Pictures(pictures(1, data=data)))
    tracemalloc.start()
    try:
        payload = aiohttp.get_payload(file.fp)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert payload.size == len(data)
    assert peak_bytes < len(data) / 10
    assert file.fp.read() == data


async def test_spoilers_hide_every_picture() -> None:
    run = done(a_run())
    ending = Pictures(pictures(2), spoiler=True)
    (gallery,) = [part for part in parts(cards.final(run, ending)) if part["type"] == 12]
    assert all(item["spoiler"] for item in gallery["items"])
    assert all(item["media"]["url"].startswith("attachment://SPOILER_") for item in gallery["items"])


async def test_one_picture_is_not_counted() -> None:
    run = a_run(request=Request("a red fox in snow", 1))
    assert cards.alt_text(run, pictures(1)[0]) == "Picture: a red fox in snow"


async def test_a_withheld_card_shows_no_picture_hides_the_prompt_and_says_neither_cost_nor_why() -> None:
    card = cards.final(done(a_run("a || fox")), Withheld(checked=True))
    assert not [part for part in parts(card) if part["type"] == 12]
    assert r"||**a \|\| fox**||" in text(card)
    assert text(card).endswith("Hidden in this channel. Details says why.")


@pytest.mark.parametrize("ending", [Pictures(pictures(4)), Withheld(checked=True), Ended()])
async def test_no_card_tells_the_channel_what_it_cost(ending: FinalCard) -> None:
    said = text(cards.final(done(a_run()), ending))
    assert not re.search(r"[$¢]|cost|left|flagged|seed", said)


@pytest.mark.parametrize("reason", Reason)
async def test_a_failed_card_says_why_and_that_it_was_free(reason: Reason) -> None:
    card = cards.final(a_run(state=State.FAILED, reason=reason), Ended())
    assert "You were not charged." in text(card)
    assert "tok-secret" not in json.dumps(card.to_components())


async def test_a_card_that_a_button_asked_for_says_whose_it_is() -> None:
    run = a_run(button=f"again:{'0' * 32}")
    assert f"For <@{run.user_id}>" in text(cards.progress(run))
    assert "For <@" not in text(cards.progress(a_run()))


def test_a_hidden_prompt_is_hidden_from_the_first_card() -> None:
    run = a_run(rules=ChannelRules(policy=Policy.BLOCK, hide_prompt=True))
    assert run.prompt not in str(cards.progress(run).to_components())
    assert run.prompt in str(cards.progress(a_run()).to_components())
