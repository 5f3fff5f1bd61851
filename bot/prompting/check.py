"""The prompt check: what people bring from other tools is found, without a language model. Pure, in linear time."""

import re

from bot.prompting.blank import is_only_marks
from bot.prompting.draft import Draft, TooMany
from bot.prompting.flags import take_flags
from bot.prompting.infotext import settings_lines, take_negative, take_prefix, take_settings
from bot.prompting.kept import kept_spans
from bot.prompting.marks import take_add_ons, take_brackets, take_breaks, take_part_weights
from bot.prompting.values import Checked, Fate, Found, Untouched

_ROUNDS_MOST = 4
_HABITS = re.compile(r"--|[—–(\[<]|::|BREAK|(?i:prompt|/imagine|steps:|embedding:)")


def check(prompt: str) -> Checked:
    """What is sent of a prompt, and what was found in it.

    Text in quotes, code between backticks and whatever stands in braces stays as it is. What is sent is never longer
    than the prompt, and checking it again changes nothing. Where nothing to draw would be left, and where marks hide
    further marks round after round, the prompt is sent as it was typed.
    """
    if _HABITS.search(prompt) is None:
        return Checked(prompt)
    try:
        return _checked(prompt)
    except TooMany:
        return Checked(prompt, untouched=Untouched.TANGLED)


def _checked(prompt: str) -> Checked:
    """Look again until nothing more is found. Raises TooMany."""
    text, found, quotes = prompt, list[Found](), None
    for _ in range(_ROUNDS_MOST):
        rest, more, kept = _round(text)
        if quotes is not None and kept != quotes:
            break
        taken = [one for one in more if one.fate is not Fate.QUOTED]
        if not taken:
            return Checked(text, (*found, *more))
        if is_only_marks(rest) and not kept:
            return Checked(prompt, untouched=Untouched.EMPTY)
        text, quotes = rest, kept
        found += taken
    return Checked(prompt, untouched=Untouched.TANGLED)


def _round(text: str) -> tuple[str, tuple[Found, ...], list[str]]:
    """The text after one look, what was found, and the quotes in it."""
    lines = settings_lines(text)
    quotes, braces = kept_spans(text, lines)
    draft = Draft(text, quotes, braces)
    take_prefix(draft)
    take_settings(draft, lines)
    take_negative(draft, lines)
    take_flags(draft)
    take_add_ons(draft)
    take_part_weights(draft)
    take_breaks(draft)
    take_brackets(draft)
    found = draft.found()
    return draft.rest() if found else text, found, [text[start:end] for start, end in quotes]
