"""What people read of the prompt check."""

import re

import pytest

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.prompt_check import Noted, noted, with_prompt_checked
from cogs.ui import prompt_texts
from cogs.ui.markdown import length
from tests.unit.prompting.table import TABLE


def of(prompt: str, **own: object) -> Noted:
    return noted(
        FLUX_KLEIN, prompt, FLUX_KLEIN.parse(with_prompt_checked(FLUX_KLEIN, {"prompt": prompt, **own})).wire()
    )


def said(prompt: str, room: int = 2000, **own: object) -> str:
    return prompt_texts.said(of(prompt, **own), room).replace("\\", "")


@pytest.mark.parametrize(
    ("prompt", "line"),
    [
        ("a fox --ar 16:9", "“--ar 16:9” became `image_size`: Landscape 16:9, 1024x576."),
        ("a fox --ar 21:9", "“--ar 21:9” became `image_size`: Landscape 16:9, 1024x576, the nearest there is."),
        ("a fox --n 9", "“--n 9” was left out: `num_images` takes 1 to 4."),
        ("a fox --ar 1:1 --ar 16:9", "“--ar 1:1” was left out: your prompt says `image_size` again further on."),
        ("a fox --ar", "“--ar” was left out: no value could be read in it."),
        ("a fox --v 6", "“--v 6” was left out: it belongs to another tool and does nothing here."),
        ("a fox (red:1.2)", "“(red:1.2)”: weights do nothing here, so only the words were sent."),
        ('a fox --no "x"', '“--no "x"” was sent as it is, because text in quotes is never changed.'),
        ("a fox <lora:x:1>", "“<lora:x:1>” was left out: add-ons made for other models cannot be used here."),
    ],
)
def test_a_line_says_what_was_found_and_what_became_of_it(prompt: str, line: str) -> None:
    assert line in said(prompt).split("\n")
    assert said(prompt).endswith(prompt_texts.WAY_OUT)


def test_the_persons_own_choice_is_said_to_hold() -> None:
    line = "“--ar 16:9” was left out: your own choice of `image_size` holds."
    assert said("a fox --ar 16:9", image_size="square").split("\n")[0] == line


def test_a_prompt_that_stays_as_it_is_says_why() -> None:
    assert said("--ar 16:9").startswith("Your prompt was sent exactly as you typed it: without")
    assert said("(" * 1001).startswith("Your prompt was sent exactly as you typed it: its marks")


@pytest.mark.parametrize("row", TABLE, ids=[row.prompt[:40] for row in TABLE])
def test_every_find_has_its_line_and_nothing_else_has(row: object) -> None:
    prompt = str(getattr(row, "prompt", ""))
    if not prompt:
        return
    noted_ = of(prompt)
    lines = prompt_texts.lines(noted_)
    assert len(lines) == len({line.found.text for line in noted_.lines})
    assert bool(prompt_texts.said(noted_, 2000)) == bool(noted_.lines)


def test_very_many_lines_fit_and_say_how_many_more_there_are() -> None:
    text = said("a fox " + " ".join(f"--v {number}" for number in range(150)), 1500)
    assert length(text) <= 1500
    assert re.search(r"and \d+ more changes", text)


def test_markup_in_a_prompt_is_not_markup_in_the_line() -> None:
    assert "\\`" in prompt_texts.said(of("a fox --no `x"), 2000)
    assert "\\*\\*x\\*\\*" in prompt_texts.said(of("a fox --no **x** <@5>"), 2000)
    assert "\\<\\@5>" in prompt_texts.said(of("a fox --no **x** <@5>"), 2000)
