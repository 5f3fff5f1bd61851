"""A table of what people bring from other tools: what is sent, which options it sets, and what is said."""

import pytest

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.prompt_check import noted, with_prompt_checked
from bot.prompting.check import check
from bot.prompting.values import Untouched
from tests.unit.prompting.table import INNOCENT, TABLE, Row


def test_the_table_is_long() -> None:
    assert len({row.prompt for row in TABLE}) == len(TABLE) >= 100


@pytest.mark.parametrize("row", TABLE, ids=[row.prompt[:40] for row in TABLE])
def test_what_becomes_of_it(row: Row) -> None:
    options = with_prompt_checked(FLUX_KLEIN, {"prompt": row.prompt})
    assert options == {"prompt": row.sent, **row.options}
    wire = FLUX_KLEIN.parse({**options, "prompt": row.sent or "-"}).wire() | {"prompt": row.sent}
    said = noted(FLUX_KLEIN, row.prompt, wire)
    assert tuple(f"{line.found.text} = {line.became}" for line in said.lines) == row.lines
    assert said.untouched is None


@pytest.mark.parametrize("row", INNOCENT, ids=[row.prompt[:40] for row in INNOCENT])
def test_innocent_prompts_are_the_very_same(row: Row) -> None:
    assert check(row.prompt).text == row.prompt
    assert check(row.prompt).found == ()


@pytest.mark.parametrize(
    "prompt",
    [
        "--ar 16:9",
        "--no cats",
        "<lora:x:1>",
        " , --tile .",
        "/imagine prompt:",
        "BREAK",
        "\u3164 --ar 16:9",
        "[-] --v 6",
    ],
)
def test_a_prompt_of_which_nothing_would_be_left_stays_as_it_was_typed(prompt: str) -> None:
    assert check(prompt).text == prompt
    assert check(prompt).untouched is Untouched.EMPTY
    assert with_prompt_checked(FLUX_KLEIN, {"prompt": prompt}) == {"prompt": prompt}


@pytest.mark.parametrize("prompt", ["🦊 --tile", "? “!” --tile", "7 --tile", "狐 --tile"])
def test_little_is_not_nothing(prompt: str) -> None:
    assert check(prompt).untouched is None
    assert "--" not in check(prompt).text
