"""Whether a text says a rule's words from one letter on: letters drawn out, doubled, or set apart. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.errors import UserError
from bot.moderation.normalize import Gap, Letter, Text
from bot.moderation.prompts import PromptRule

_JOINED_LEAST = 6  # a phrase as long as this is found without its spaces too
_SPREAD_LEAST = 3  # of letters that stand alone, so many make a word: f u n
_BROKEN_LEAST = 5  # a word as long as this is found with letters broken off: f unny; three left are a word: S hit
_BROKEN_NUMBER_LEAST = 4  # 14 88
_LONE_WORDS = frozenset("aio")  # they stand alone in earnest
_DRAWN_OUT = 3  # no English word has a letter three times in a row
_RARELY_DOUBLED = frozenset("ahijkquvwxy")  # fuun is no other word; good is not god
_PRONOUNS = frozenset({"i", "you", "he", "she", "it", "we", "they", "that", "there", "this", "who", "what", "how"})
_MORE_HOSTS = frozenset({"where", "when", "why", "here", "let"})
_NEGATED = frozenset(
    {"can", "don", "won", "isn", "aren", "wasn", "weren", "doesn", "didn", "hasn", "haven", "hadn", "shouldn"}
    | {"wouldn", "couldn", "mustn", "needn", "ain", "shan", "mightn"}
)
# What stands before an apostrophe, by what stands after it: closed lists, since "boob's" is no innocent.
_CONTRACTED = {
    **dict.fromkeys(("ll", "d"), _PRONOUNS),
    **dict.fromkeys(("s",), _PRONOUNS | _MORE_HOSTS),
    **dict.fromkeys(("re", "ve"), _PRONOUNS),
    "m": frozenset({"i"}),
    "t": _NEGATED,
}
_HOST_MOST = 8  # letters before such an apostrophe
_ELIDED_MOST = 2  # after an apostrophe: the s of "men's", the ll of "she'll"
_STEPS_MOST = 200_000
_TANGLED = "I could not check this prompt against the rules of this server. Please write it more plainly."


@dataclass(frozen=True, slots=True)
class Span:
    """A letter of a rule, as often as it stands there in a row. `breaks`: a new word begins with it."""

    letter: str
    count: int
    breaks: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule, ready to be compared. `length` is in letters; open ends let the word go on there."""

    rule: PromptRule
    runs: tuple[Span, ...]
    length: int
    open_left: bool
    open_right: bool
    has_apostrophe: bool = False


@dataclass(slots=True)
class Effort:
    """How much comparing one prompt may take. Only rules and prompts made to be slow come near it.

    `steps` may pass `most` by what was spent last, never by more.
    """

    steps: int = 0
    most: int = _STEPS_MOST

    def spend(self, steps: int) -> None:
        """So many more. Raises UserError when it is enough: what could not be checked is not let through."""
        self.steps += steps
        if self.steps > self.most:
            raise UserError(_TANGLED)


class Words:
    """A text with the places where words may begin and end."""

    def __init__(self, text: Text) -> None:
        self.letters, self.gaps, self.places = text.letters, text.gaps, text.places
        self.begins = _begins(text.letters, text.gaps)
        self.ends = _ends(text.letters, text.gaps)


def _begins(letters: Sequence[Letter], gaps: Sequence[Gap]) -> list[bool]:
    """For each letter, whether a word may begin with it; digits and signs before it may be decoration."""
    found: list[bool] = []
    for place, (letter, gap) in enumerate(zip(letters, gaps, strict=True)):
        if gap >= Gap.MARK or letter.loose or not place:
            begins = True
        elif gap is Gap.APOSTROPHE:
            after = gaps[place + 1 : place + 1 + _ELIDED_MOST]
            begins = len(after) == _ELIDED_MOST and not any(after)
        else:
            last = letters[place - 1]
            begins = last.loose or (last.soft and found[-1])
        found.append(begins)
    return found


def _ends(letters: Sequence[Letter], gaps: Sequence[Gap]) -> list[bool]:
    """For each letter, whether a word may end with it; digits and signs after it may be decoration."""
    found = [True] * len(letters)
    for place in range(len(letters) - 2, -1, -1):
        after = letters[place + 1]
        found[place] = bool(gaps[place + 1] or after.loose or letters[place].loose or (after.soft and found[place + 1]))
    return found


def compare(pattern: Pattern, words: Words, start: int, effort: Effort) -> int | None:
    """Where the rule's words end that begin at `start`; None where they do not stand there. Raises UserError."""
    for doubled in (False, True) if _may_be_doubled(pattern, words.letters, start) else (False,):
        for places in _Fit(pattern, words, doubled=doubled, effort=effort).places(start):
            effort.spend(len(places))
            end = places[-1]
            closed = pattern.open_right or (words.ends[end - 1] and not _cuts_number(pattern, words, start, end))
            if not closed or (not pattern.has_apostrophe and _is_contracted(words, start, end)):
                continue
            if all(_is_one_word(words, first, last) for first, last in _words(pattern, places)):
                return end
    return None


def _cuts_number(pattern: Pattern, words: Words, start: int, end: int) -> bool:
    """Whether a rule that ends in a digit would end within a number: 1488 is not in 14889."""
    numeric_start, numeric_end = (run.letter.isdecimal() for run in (pattern.runs[0], pattern.runs[-1]))
    before = numeric_start and start > 0 and not words.gaps[start] and words.letters[start - 1].readings[0].isdecimal()
    after = numeric_end and end < len(words.letters) and not words.gaps[end]
    return before or (after and words.letters[end].readings[0].isdecimal())


def _may_be_doubled(pattern: Pattern, letters: Sequence[Letter], start: int) -> bool:
    first = pattern.runs[0]
    last = start + 2 * first.count - 1
    return last < len(letters) and first.letter in letters[last].readings


@dataclass(slots=True)
class _Fit:
    """Ways to lay a rule's runs over a text. `doubled`: each letter of the rule stands twice (ffuunn)."""

    pattern: Pattern
    words: Words
    doubled: bool
    effort: Effort
    tried: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    def places(self, start: int) -> Iterator[list[int]]:
        """Where each run begins, and where the last one ends."""
        ways: list[tuple[list[int], Iterator[int]]] = [([start], iter(self._ends_of(0, start)))]
        while ways:
            begun, ends = ways[-1]
            end = next(ends, None)
            if end is None:
                ways.pop()
            elif len(begun) == len(self.pattern.runs):
                yield [*begun, end]
            elif (len(begun), end) not in self.tried:
                # Where the rest may end does not depend on how its beginning was reached.
                self.tried.add((len(begun), end))
                ways.append(([*begun, end], iter(self._ends_of(len(begun), end))))

    def _ends_of(self, number: int, place: int) -> list[int]:
        """Where the run may end that begins here: as often as the rule says, drawn out, or doubled."""
        run, letters, gaps = self.pattern.runs[number], self.words.letters, self.words.gaps
        if place >= len(letters) or (run.breaks and not gaps[place] and self.pattern.length < _JOINED_LEAST):
            return []
        most = together = 0
        while place + most < len(letters) and run.letter in letters[place + most].readings:
            if most == together and (most == 0 or gaps[place + most] is not Gap.SPACE):
                together += 1
            most += 1
        self.effort.spend(most + 1)
        counts = {2 * run.count} if self.doubled else {run.count}
        if not self.doubled and not run.letter.isdecimal():  # 999 is another number than 9
            counts.update(count for count in (most, together) if count >= _DRAWN_OUT and count > run.count)
            if run.count == 1 and run.letter in _RARELY_DOUBLED:
                counts.add(2)
        return [place + count for count in sorted(counts, reverse=True) if count <= most]


def _words(pattern: Pattern, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The words of the rule, as they lie in the text."""
    first = places[0]
    for run, place in zip(pattern.runs, places, strict=False):
        if run.breaks:
            yield first, place
            first = place
    yield first, places[-1]


def _is_one_word(words: Words, first: int, last: int) -> bool:
    """Whether these letters make one word. Spaces may part it where its letters stand alone: f u n, f unny."""
    pieces = _pieces(words, first, last, Gap.SPACE)
    if len(pieces) == 1 or _parts_nothing(words, first, last):
        return True
    units = _pieces(words, first, last, Gap.MARK)
    if all(len(unit) == 1 for unit in units):
        return len(units) >= _SPREAD_LEAST
    alone = [piece for piece in pieces if len(piece) == 1]
    in_earnest = any(piece & _LONE_WORDS for piece in alone)
    least = _BROKEN_NUMBER_LEAST if words.letters[first].readings[0].isdecimal() else _BROKEN_LEAST
    return last - first >= least and len(pieces) - len(alone) == 1 and not in_earnest


def _parts_nothing(words: Words, first: int, last: int) -> bool:
    """Whether the script writes words without spaces, and each character stands alone: there a space parts nothing."""
    places = words.places
    alone = all(places[at] == places[at - 1] or words.gaps[at] is Gap.SPACE for at in range(first + 1, last))
    return alone and all(letter.loose for letter in words.letters[first:last])


def _is_contracted(words: Words, start: int, end: int) -> bool:
    """Whether these letters run over the apostrophe of a short form: he'll is not hell."""
    inner = [place for place in range(start + 1, end) if words.gaps[place] is Gap.APOSTROPHE]
    if len(inner) != 1:
        return False
    first, last = inner[0] - 1, inner[0] + 1
    while first and not words.gaps[first] and inner[0] - first <= _HOST_MOST:
        first -= 1
    while last < len(words.letters) and not words.gaps[last] and last - inner[0] <= _ELIDED_MOST:
        last += 1
    host, ending = (
        "".join(letter.readings[0] for letter in words.letters[slice(*ends)])
        for ends in ((first, inner[0]), (inner[0], last))
    )
    return host in _CONTRACTED.get(ending, ())


def _pieces(words: Words, first: int, last: int, least: Gap) -> list[set[str]]:
    """The letters between gaps of at least this width; one alone, however often, makes a piece of one."""
    pieces: list[set[str]] = [set()]
    for place in range(first, last):
        if place > first and words.gaps[place] >= least:
            pieces.append(set())
        pieces[-1].add(words.letters[place].readings[0])
    return pieces
