"""Flags of other tools: `--ar 16:9`, `--seed 7`, `--no cats`; also with the long dash that phones make of two.

Only names that are known count, and a name of one letter only with its value: prose and commands keep their dashes.
"""

import re
from bisect import bisect_left
from collections.abc import Mapping

from bot.prompting.draft import BRACE, FREE, Draft
from bot.prompting.infotext import take_words
from bot.prompting.numbers import NUMBER, RATIO, WHOLE, ratio_of, whole_of
from bot.prompting.values import Fate, Found, Meaning, Syntax


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MEANINGS: Mapping[str, Meaning] = {
    **dict.fromkeys(("ar", "aspect", "aspect-ratio", "aspectratio", "ratio", "size"), Meaning.RATIO),
    "seed": Meaning.SEED,
    **dict.fromkeys(("repeat", "r", "n", "num", "count"), Meaning.COUNT),
    **dict.fromkeys(("steps", "step"), Meaning.STEPS),
}
_NEGATIVE = _names("no neg negative negative-prompt neg-prompt")
_NUMBERED = _names(
    "v version q quality s stylize c chaos w weird iw stop sw cw ow sv exp bs niji cfg cfg-scale scale guidance "
    "guidance-scale strength denoise clip-skip sameseed width height h motion hd"
)
_BARE = _names(
    "tile fast relax turbo draft raw test testp creative uplight upbeta upanime beta stealth public video loop"
)
_WORDED = _names("style sref cref oref p profile personalize sampler model")
_STYLES = _names("raw cute scenic expressive original default")
_KNOWN = frozenset(_MEANINGS) | _NEGATIVE | _NUMBERED | _BARE | _WORDED

_FLAG = re.compile(r"(?<![^\s,;.!?)\]>\"”»])(--|—|–)([A-Za-z]++(?:[-_][A-Za-z]++)*+)(?!-|[^\W\d])")
_NEXT = re.compile(r"(?<=\s)(?:--|—|–)[A-Za-z]|\n")
_TO_VALUE = re.compile(r"[^\S\n]*+[=:]?[^\S\n]*+")
_TOKEN = re.compile(r"[^\s,]++")
_BLANKS = re.compile(r"[^\S\n]*+")
_CODE = re.compile(r"\d|://")
_DASH = re.compile(r"[—–]")
_BRACKET = re.compile(r"[()\[\]]")


def take_flags(draft: Draft) -> None:
    """Take out every flag that is known, with its value."""
    flags = _Flags(draft)
    at = 0
    for match in _FLAG.finditer(draft.text):
        if match.start() >= at:
            at = flags.take(match)


class _Flags:
    """The flags of one draft. `_stops`: where the value of a flag in words ends at the latest."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._text = draft, draft.text
        self._stops = [match.start() for match in _NEXT.finditer(draft.text)]

    def take(self, match: re.Match[str]) -> int:
        """Take a flag out if it is one; behind it."""
        name, (start, end) = match.group(2).lower().replace("_", "-"), match.span()
        long_dash = match.group(1) != "--"
        in_prose = long_dash and start > 0 and not self._text[start - 1].isspace()
        if name not in _KNOWN or in_prose or not self._draft.is_free(start, end):
            return end
        if name in _NEGATIVE:
            return self._negative(start, end, long_dash=long_dash)
        found, until = self._read(name, start, end)
        if until == end and not self._needs_no_value(name, end, long_dash=long_dash):
            return end
        self._draft.note(start, found)
        self._draft.take(start, until)
        return until

    def _needs_no_value(self, name: str, end: int, *, long_dash: bool) -> bool:
        """Whether it is a flag even without a value behind it. What begins with a brace is of another feature."""
        if self._value_kind(end) == BRACE or (len(name) == 1 and name != "p"):
            return False
        bare = name in _WORDED or name in _BARE
        return (bare and self._is_last(end)) or not (long_dash or name == "p")

    def _read(self, name: str, start: int, end: int) -> tuple[Found, int]:
        """The flag as a find, and where it ends with its value."""
        meaning = _MEANINGS.get(name)
        if meaning is None:
            until = self._worded(name, end) if name in _WORDED else self._numbered(name, end)
            return Found(Syntax.FLAG, self._text[start:until], Fate.LEFT_OUT), until
        match = self._value(RATIO if meaning is Meaning.RATIO else WHOLE, end)
        if match is None:
            return Found(Syntax.FLAG, self._text[start:end], Fate.UNREADABLE, meaning), end
        value = ratio_of(match) if meaning is Meaning.RATIO else whole_of(match)
        text, fate = self._text[start : match.end()], Fate.UNREADABLE if value is None else Fate.SETTING
        return Found(Syntax.FLAG, text, fate, meaning, value), match.end()

    def _numbered(self, name: str, end: int) -> int:
        """Behind the number of a flag that takes one."""
        match = self._value(NUMBER, end) if name in _NUMBERED else None
        return match.end() if match else end

    def _worded(self, name: str, end: int) -> int:
        """Behind the value of a flag that takes names, codes or addresses: what looks like one, or stands last."""
        until = end
        while (match := self._value(_TOKEN, until)) and self._text[match.start() : match.start() + 2] != "--":
            word = match.group()
            if _DASH.match(word) or not (_CODE.search(word) or word.lower() in _STYLES or self._is_last(match.end())):
                break
            until = match.end()
            if name not in {"sref", "cref", "oref"}:
                break
        return until

    def _value(self, pattern: re.Pattern[str], end: int) -> re.Match[str] | None:
        match = pattern.match(self._text, self._start_of_value(end))
        return match if match and self._draft.is_free(end, match.end()) else None

    def _start_of_value(self, end: int) -> int:
        gap = _TO_VALUE.match(self._text, end)
        return gap.end() if gap else end

    def _value_kind(self, end: int) -> int:
        start = self._start_of_value(end)
        return self._draft.kind_at(start) if start < len(self._text) else FREE

    def _stop(self, end: int) -> int:
        """Where the next flag, line, or part that is taken out begins."""
        place = bisect_left(self._stops, end)
        stop = self._stops[place] if place < len(self._stops) else len(self._text)
        return self._draft.next_taken(end, stop)

    def _is_last(self, end: int) -> bool:
        """Whether nothing of its line stands between here and the next flag."""
        blanks = _BLANKS.match(self._text, end)
        return self._stop(end) == (blanks.end() if blanks else end)

    def _negative(self, start: int, end: int, *, long_dash: bool) -> int:
        """Take out what is not to be seen: all words up to the next flag, or the end of brackets around it."""
        text, until = self._text, self._stop(end)
        depth = 0
        for bracket in _BRACKET.finditer(text, end, until):
            depth += 1 if bracket.group() in "([" else -1
            if depth < 0:
                until = bracket.start()
                break
        words = text[end:until]
        bare = words.strip(" \t=:")
        if long_dash and (not bare or words[:1] in ",.;" or _DASH.search(words)):
            return end  # a dash in a sentence
        until = end + len(words.rstrip()) if bare else end
        take_words(self._draft, start, until)
        return until
