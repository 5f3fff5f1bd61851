"""What is heard in an instruction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.painter.palette import COLOURS
from sandbox.painter.wishes import Addition, Wishes, wishes_of


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ("make it night, keep the fox", Wishes(time="night")),
        ("Make it NIGHT and add a red balloon", Wishes(time="night", additions=(Addition("balloon", COLOURS["red"]),))),
        ("add a hat to the fox and a moon", Wishes(additions=(Addition("hat"), Addition("moon")))),
        ("add hat and moon", Wishes(additions=(Addition("hat"), Addition("moon")))),
        ("put the fox in a boat", Wishes(additions=(Addition("boat"),))),
        ("a castle", Wishes(additions=(Addition("castle"),))),
        ("black and white", Wishes(tone="mono")),
        ("make the sky pink", Wishes(colour=COLOURS["pink"], colours_sky=True)),
        ("zoom out: show a wider view of the same scene", Wishes(frame="wider")),
        ("in the style of a watercolor, misty", Wishes(style="watercolour", weather="fog")),
        ("no snow, without the moon", Wishes(variation="subtle")),
        ("Make a subtle variation of this picture.", Wishes(variation="subtle")),
        ("A strong variation", Wishes(variation="strong")),
        ("A subtle variation. The picture shows a fox in snow at night", Wishes(variation="subtle")),
        ("More like this, but make it snow", Wishes(weather="snow", variation="subtle")),
        ("", Wishes(variation="subtle")),
        ("something clearly different", Wishes(variation="strong")),
    ],
)
def test_instructions(words: str, heard: Wishes) -> None:
    assert wishes_of(words) == heard


@given(st.text(max_size=400))
def test_any_text_is_a_wish(words: str) -> None:
    wishes = wishes_of(words)
    assert wishes != Wishes()
    assert len(wishes.additions) <= 3
