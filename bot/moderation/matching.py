"""Finds a server's rules in a prompt, through the disguises that people write words in. Pure.

Rules are whole words and phrases, never patterns of the user's own. They stand in a tree by their letters' groups; a
prompt is walked once from each place where a word may begin, and what the tree finds is compared letter by letter.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from bot.errors import UserError
from bot.moderation.comparing import Effort, Pattern, Span, Words, compare
from bot.moderation.normalize import ANY_VOWEL, SURE_SIGNS, VOWELS, Gap, Letter, Text, fold, has_pictures, has_signs
from bot.moderation.prompts import Match, PromptRule, PromptTest

TEXT_MOST = 100
MATCHES_MOST = 100
"""The longest rule, in characters, and how many matches are told."""

_SPELT_LEAST = 2  # a rule of more letters that stand alone is a word
_NO_WORDS = frozenset("()[]{}\\|^")
_HIDDEN_MOST = 2  # signs in a word that may stand for any vowel


@dataclass(slots=True)
class _Node:
    """A place in the tree of rules, by groups of letters."""

    next: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    ends: list[Pattern] = field(default_factory=list[Pattern])


def key_of(text: str) -> str:
    """A rule's text as it is compared. Raises UserError for one that would match nothing, or too much."""
    words, open_left, open_right = _parse(text)
    apostrophe = "'" if _has_apostrophe(text) else ""  # "he'll" finds itself, which "hell" does not
    return ("*" if open_left else "") + " ".join(words) + apostrophe + ("*" if open_right else "")


class Matcher:
    """Rules, compiled. One that would not be taken today says nothing."""

    def __init__(self, rules: Iterable[PromptRule]) -> None:
        patterns = [pattern for rule in rules if (pattern := _pattern(rule)) is not None]
        self._rules = _Tree([one for one in patterns if not one.rule.is_exception])
        self._exceptions = _Tree([one for one in patterns if one.rule.is_exception])

    def find(self, prompt: str) -> tuple[Match, ...]:
        """Every rule that meets the prompt and is not excused, in the order of the prompt."""
        return self.test(prompt).matches

    def test(self, prompt: str, effort: Effort | None = None) -> PromptTest:
        """As `find`, with what was excused and by what. At most MATCHES_MOST of each are told.

        `effort` bounds the steps it takes.

        Raises UserError for a prompt that takes too long to compare; none that people write does.
        """
        texts = [fold(prompt, signs_are_letters=False)]
        if has_signs(prompt):
            texts.append(fold(prompt, signs_are_letters=True))
        if has_pictures(prompt):
            texts.append(fold(prompt, signs_are_letters=False, pictures_are_letters=True))
        effort = effort or Effort()
        found = self._rules.find(texts, effort)
        excuses = self._exceptions.find(texts, effort) if found else []
        counting: list[Match] = []
        excused: list[tuple[Match, Match]] = []
        for match in found:
            excuse = next((one for one in excuses if one.start <= match.start and match.end <= one.end), None)
            if excuse is None:
                counting.append(match)
            else:
                excused.append((match, excuse))
        return PromptTest(tuple(counting[:MATCHES_MOST]), tuple(excused[:MATCHES_MOST]))


class _Tree:
    """Patterns by their groups; those that may begin within a word apart."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._closed, self._open = _Node(), _Node()
        for pattern in patterns:
            node = self._open if pattern.open_left else self._closed
            for group in _groups(pattern.runs):
                node = node.next.setdefault(group, _Node())
            node.ends.append(pattern)

    def find(self, texts: Sequence[Text], effort: Effort) -> list[Match]:
        """Matches in any of the readings of one text, each once, in the order of the text. Raises UserError."""
        found: dict[tuple[int, int, int], Match] = {}
        for text in texts:
            for match in self._find(text, effort):
                found.setdefault((match.start, match.end, match.rule.id), match)
        return [found[key] for key in sorted(found)]

    def _find(self, text: Text, effort: Effort) -> Iterator[Match]:
        words = Words(text)
        runs, run_of = _runs_of(text.letters)
        for root, inside in ((self._closed, False), (self._open, True)):
            if not root.next:
                continue
            starts = range(len(run_of)) if inside else (place for place, begins in enumerate(words.begins) if begins)
            for start in starts:
                for pattern in _walk(root, runs, run_of[start], effort):
                    end = compare(pattern, words, start, effort)
                    if end is not None:
                        yield Match(pattern.rule, text.places[start], text.places[end - 1] + 1)


def _parse(rule: str) -> tuple[list[str], bool, bool]:
    """The words of a rule, and whether it may begin and end within a word. Raises UserError."""
    words = " ".join(rule.split())
    if not words:
        raise UserError("A rule needs a word or a phrase; this one is empty. Nothing was changed.")
    if len(words) > TEXT_MOST:
        raise UserError(f"A rule has at most {TEXT_MOST} characters. Nothing was changed.")
    if not _NO_WORDS.isdisjoint(words):
        raise UserError("Rules are words and phrases: ( ) [ ] { } | ^ and \\ are not taken. Nothing was changed.")
    bare = words.strip("*")
    if "*" in bare:
        raise UserError("In a rule, * may stand only at the beginning or at the end. Nothing was changed.")
    shown = "".join(char if char in SURE_SIGNS or not has_signs(char) else " " for char in bare)
    text = fold(shown, signs_are_letters=True)
    if not text.letters:  # emoji are the rule where nothing else is
        text = fold(shown, signs_are_letters=True, pictures_are_letters=True)
    parts: list[str] = []
    for letter, gap in zip(text.letters, text.gaps, strict=True):
        if not parts or gap >= Gap.MARK:
            parts.append("")
        parts[-1] += letter.readings[0]
    if len(parts) > _SPELT_LEAST and all(len(part) == 1 for part in parts):
        parts = ["".join(parts)]  # a word spelt out, not a phrase
    open_left, open_right = words.startswith("*"), words.endswith("*")
    least = 1 if any(letter.loose for letter in text.letters) else 3 if open_left or open_right else 2
    if len(text.letters) < least:
        raise UserError(f"A rule needs at least {least} letters or digits that can be seen. Nothing was changed.")
    return parts, open_left, open_right


def _pattern(rule: PromptRule) -> Pattern | None:
    try:
        words, open_left, open_right = _parse(rule.text)
    except UserError:
        return None
    runs = [
        Span(letter, len(list(same)), breaks=place == 0 and number > 0)
        for number, word in enumerate(words)
        for place, (letter, same) in enumerate(groupby(word))
    ]
    length = sum(len(word) for word in words)
    return Pattern(rule, tuple(runs), length, open_left, open_right, _has_apostrophe(rule.text))


def _has_apostrophe(rule: str) -> bool:
    return Gap.APOSTROPHE in fold(rule, signs_are_letters=True).gaps[1:]


def _groups(runs: Sequence[Span]) -> list[str]:
    """The groups of a rule, as a text's: those in a row that are alike are one."""
    return [group for group, _ in groupby(_group_of(run.letter) for run in runs)]


def _group_of(letter: str) -> str:
    return fold(letter, signs_are_letters=True, pictures_are_letters=True).letters[0].group


def _runs_of(letters: Sequence[Letter]) -> tuple[list[str], list[int]]:
    """The groups of a text, those in a row that are alike as one; and for each letter, which of them it is in."""
    runs: list[str] = []
    run_of: list[int] = []
    for letter in letters:
        if not runs or runs[-1] != letter.group:
            runs.append(letter.group)
        run_of.append(len(runs) - 1)
    return runs, run_of


def _walk(root: _Node, runs: Sequence[str], first: int, effort: Effort) -> Iterator[Pattern]:
    """The patterns whose groups a text has from here on. Raises UserError."""
    nodes = [(root, 0)]
    for place in range(first, len(runs)):
        group = runs[place]
        reached: list[tuple[_Node, int]] = []
        for node, hidden in nodes:
            if group != ANY_VOWEL:
                if (found := node.next.get(group)) is not None:
                    reached.append((found, hidden))
            elif hidden < _HIDDEN_MOST:
                reached.extend((found, hidden + 1) for vowel in VOWELS if (found := node.next.get(vowel)) is not None)
        if not reached:
            return
        nodes = reached
        effort.spend(len(nodes))
        for node, _ in nodes:
            yield from node.ends
