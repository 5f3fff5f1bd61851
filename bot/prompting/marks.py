"""Marks of other tools in the middle of words: weights, emphasis, add-ons, BREAK. The words themselves stay.

Brackets are paired once, from left to right, so that any number of them takes time in proportion to the text.
"""

import re
from collections.abc import Mapping

from bot.prompting.draft import FREE, Draft, TooMany
from bot.prompting.values import Fate, Found, Syntax

_ADD_ON = re.compile(
    r"<(?:lora|lyco|locon|loha|hypernet|hypernetwork|embedding):[^<>\n]*+>|(?<![\w<])embedding:[\w.-]++",
    re.IGNORECASE,
)
_PART_WEIGHT = re.compile(r"(?<=[^\s:])::([+-]?(?:\d{1,2}(?:\.\d{1,4})?|\.\d{1,4})(?=[\s,;.!?)\]]|$)|(?=\s|$))")
_BLANK_TO = re.compile(r"\s*+")
_BREAK = re.compile(r"(?<![^\s,;.])BREAK(?![^\s,;.])")
_BRACKETS = re.compile(r"[()\[\]]")
_TAIL = re.compile(r":[^\S\n]*([+-]?(?:\d{1,2}(?:\.\d{1,4})?|\.\d{1,4}))[^\S\n]*$")
_TAIL_MOST = 16
_BRACKETS_MOST = 1000
_LETTER = re.compile(r"[^\W\d_]")
_NEIGHBOUR_MOST = 40
_MATES: Mapping[str, str] = {")": "(", "]": "["}
_BEFORE_SQUARE = frozenset(",;([{-—\"'“")
_EYES = frozenset(":;=")


def take_add_ons(draft: Draft) -> None:
    """Take out `<lora:name:0.8>` and its like."""
    for match in _ADD_ON.finditer(draft.text):
        if draft.is_free(*match.span()):
            draft.note(match.start(), Found(Syntax.ADD_ON, match.group(), Fate.LEFT_OUT))
            draft.take(*match.span())


def take_part_weights(draft: Draft) -> None:
    """Take out the weights between parts: `hot::2 dog::`."""
    for match in _PART_WEIGHT.finditer(draft.text):
        start, end = match.span()
        if not draft.is_free(start, end) or draft.is_address(start):
            continue
        word = draft.text[max(0, start - _NEIGHBOUR_MOST) : start].split()[-1:]
        draft.note(start, Found(Syntax.WEIGHT, "".join(word) + match.group(), Fate.UNWRAPPED))
        draft.take(start, end)


def take_breaks(draft: Draft) -> None:
    """Take out BREAK between parts; among other words in capitals it is a word."""
    text = draft.text
    for match in _BREAK.finditer(text):
        start, end = match.span()
        before = text[max(0, start - _NEIGHBOUR_MOST) : start].split()[-1:]
        after = text[end : end + _NEIGHBOUR_MOST].split()[:1]
        if draft.is_free(start, end) and not (_is_shouted(before) or _is_shouted(after)):
            draft.note(start, Found(Syntax.BREAK, match.group(), Fate.LEFT_OUT))
            draft.take(start, end)


def _is_shouted(word: list[str]) -> bool:
    return bool(word) and len(word[0]) > 1 and word[0].isalpha() and word[0].isupper() and word[0] != "BREAK"


def take_brackets(draft: Draft) -> None:
    """Take the marks off `(word:1.3)`, `((word))` and `[word]`."""
    pairs, letters, outermost = _pairs(draft), _Letters(draft.text), 0
    doubled = _doubled(draft.text, pairs)
    for start in sorted(pairs):
        end = pairs[start]
        has_letter = letters.next(start) < end
        tail = _weight(draft, start, end, has_letter=has_letter)
        if tail is None and start not in doubled and not (has_letter and _is_weakened(draft.text, start, end)):
            continue
        if start >= outermost:
            draft.note(start, Found(Syntax.WEIGHT, draft.text[start : end + 1], Fate.UNWRAPPED))
            outermost = end + 1
        draft.take(start, start + 1)
        draft.take(end if tail is None else tail, end + 1)


class _Letters:
    """Finds the next letter, asked from left to right."""

    def __init__(self, text: str) -> None:
        self._letters, self._length = _LETTER.finditer(text), len(text)
        self._next = -1

    def next(self, start: int) -> int:
        """Where the first letter from there on is; the text's length where there is none."""
        while self._next < start:
            found = next(self._letters, None)
            self._next = found.start() if found else self._length
        return self._next


def _pairs(draft: Draft) -> dict[int, int]:
    """Brackets that belong together; those of emoticons, addresses and behind a backslash do not.

    Raises TooMany.
    """
    text, pairs = draft.text, dict[int, int]()
    opened: list[int] = []
    waiting = {"(": 0, "[": 0}
    brackets = list(_BRACKETS.finditer(text))
    if len(brackets) > _BRACKETS_MOST:
        raise TooMany
    for match in brackets:
        place, bracket = match.start(), match.group()
        if draft.kind_at(place) != FREE or draft.is_address(place) or _is_literal(text, place):
            continue
        mate = _MATES.get(bracket)
        if mate is None:
            opened.append(place)
            waiting[bracket] += 1
        elif waiting[mate]:
            while text[last := opened.pop()] != mate:
                waiting[text[last]] -= 1
            waiting[mate] -= 1
            pairs[last] = place
    return pairs


def _is_literal(text: str, place: int) -> bool:
    before = text[place - 1 : place] if place else ""
    return before in _EYES or before == "\\" or (before == "-" and text[max(place - 2, 0) : place - 1] in _EYES)


def _weight(draft: Draft, start: int, end: int, *, has_letter: bool) -> int | None:
    """Where the weight begins that ends a pair; None where what stands there is a time, a ratio or a smile."""
    text, first = draft.text, max(start + 1, end - _TAIL_MOST)
    match = _TAIL.search(text[first:end])
    if match is None:
        return None
    place, number = first + match.start(), match.group(1)
    before = text[place - 1]
    if draft.kind_at(place) != FREE or _BLANK_TO.fullmatch(text, start + 1, place):
        return None
    if "." not in number:
        return place if len(number.lstrip("+-")) == 1 and not (before.isdigit() or before.isspace()) else None
    return place if has_letter or not before.isdigit() else None  # (1:1.85)


def _doubled(text: str, pairs: Mapping[int, int]) -> set[int]:
    """The pairs of round brackets that lie directly in or around another, and are no code."""
    doubled, code = set[int](), set[int]()
    for start in sorted(pairs):
        end = pairs[start]
        if text[start] != "(":
            continue
        if pairs.get(start - 1) == end + 1 and text[start - 1] == "(":
            (code if start - 1 in code else doubled).update({start - 1, start})
        elif start and (text[start - 1].isalnum() or text[start - 1] == "_"):
            code.add(start)
    return doubled


def _is_weakened(text: str, start: int, end: int) -> bool:
    """Whether square brackets around words mean them, not an index, a link, or a box to tick."""
    before, after = text[start - 1 : start] if start else "", text[end + 1 : end + 2]
    if text[start] != "[" or not (not before or before.isspace() or before in _BEFORE_SQUARE):
        return False
    is_box = end == start + 2 and text[start + 1].isascii()
    return not (is_box or after.isalnum() or after in {"(", "["})
