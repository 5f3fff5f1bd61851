"""Settings of channels in words."""

import pytest

from cogs.ui.setting_texts import called, duration, set_to


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(86_400, "1 day"), (172_800, "2 days"), (3_600, "1 hour"), (5_400, "90 minutes"), (61, "61 seconds")],
)
def test_lengths_of_time_in_words(seconds: int, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("hide_prompt", True, "hide prompt: yes"),
        ("unchecked", "as_flagged", "unchecked: as flagged"),
        ("undecided_after_s", 172_800, "undecided after: 2 days"),
        ("undecided_after_s", 0, "undecided after: never"),
    ],
)
def test_a_setting_in_words(name: str, value: object, said: str) -> None:
    assert f"{called(name)}: {set_to(name, value)}" == said
