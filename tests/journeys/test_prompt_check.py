"""/imagine with what people bring from other tools: options from the prompt, and a line for each thing taken out."""

from typing import cast

import pytest

from tests.journeys.helpers import EPHEMERAL, Payload, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


def told(stage: Stage) -> list[Payload]:
    """What the bot posted for one person's eyes."""
    posted = [cast("Payload", call.payload) for call in stage.calls if call.method == "POST" and call.payload]
    return [one for one in posted if int(one.get("flags") or 0) & EPHEMERAL]


async def beside(stage: Stage) -> str:
    """What the person alone was told beside the card."""
    await stage.until(lambda: bool(told(stage)))
    (message,) = told(stage)
    return str(message["content"]).replace("\\", "")


async def test_a_shape_becomes_an_option_and_a_negative_is_taken_out_and_both_are_said(stage: Stage):
    answer = await stage.imagine("a fox --ar 16:9 --no cats")
    assert answer.shows(1)
    assert not answer.is_ephemeral
    [create] = stage.creates
    assert create["input"]["prompt"] == "a fox"
    assert create["input"]["image_size"] == "landscape_16_9"
    assert "a fox --ar 16:9 --no cats" in answer.text.replace("\\", "")
    *lines, way_out = (await beside(stage)).split("\n")
    assert lines == [
        "“--ar 16:9” became `image_size`: Landscape 16:9, 1024x576.",
        "“--no cats” was left out: this model cannot be told what to leave out. Say what you want to see instead.",
    ]
    assert "quotes" in way_out


async def test_words_in_quotes_are_sent_exactly_and_nothing_is_said(stage: Stage):
    answer = await stage.imagine('a sign "--ar 16:9 (now:1.3)"', image_size="square")
    assert answer.shows(1)
    [create] = stage.creates
    assert create["input"]["prompt"] == 'a sign "--ar 16:9 (now:1.3)"'
    await stage.closed_books(answer.id)
    assert not told(stage)
