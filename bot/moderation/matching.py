"""Finds rules in prompts."""

from collections.abc import Iterable

from bot.errors import UserError
from bot.moderation.prompts import Match, PromptRule, PromptTest

TEXT_MOST = 100


def key_of(text: str) -> str:
    """A rule's text as it is compared. Raises UserError for one that would match nothing, or too much."""
    words = " ".join(text.split())
    if not words:
        raise UserError("A rule needs a word or a phrase; this one is empty. Nothing was changed.")
    if len(words) > TEXT_MOST:
        raise UserError(f"A rule has at most {TEXT_MOST} characters. Nothing was changed.")
    return words.casefold()


class Matcher:
    """Rules, compiled."""

    def __init__(self, rules: Iterable[PromptRule]) -> None:
        self._rules = tuple((key_of(rule.text), rule) for rule in rules)

    def find(self, prompt: str) -> tuple[Match, ...]:
        """Every rule that meets the prompt and is not excused, in the order of the prompt."""
        return self.test(prompt).matches

    def test(self, prompt: str) -> PromptTest:
        """As `find`, with what was excused."""
        low = prompt.casefold()
        found = [Match(rule, low.index(key), low.index(key) + len(key)) for key, rule in self._rules if key in low]
        return PromptTest(tuple(one for one in found if not one.rule.is_exception), ())
