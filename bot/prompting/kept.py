"""The parts of a prompt that stay exactly as they were typed: text in quotes, code, and whatever stands in braces.

All of it takes time in proportion to the text: each search goes on from where the one before it ended.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from bot.prompting.values import Span

_OPENERS = re.compile("[\"“„«「『`{'‘]")
_CLOSERS: Mapping[str, str] = {"“": "”", "„": "“", "«": "»", "「": "」", "『": "』", '"': '"'}
_SINGLES = "'‘"
_SINGLE_CLOSER = re.compile(r"(?<=\S)['’](?!\w)")
_BRACES = re.compile("[{}]")
_TICKS = re.compile("`++")
_BEFORE_SINGLE = frozenset("([{<-—–/=:,.;!?")  # or a blank, or nothing
_SHORTENED = re.compile(r"\d\ds\b|(?:tis|twas|em|n|til|cause|round|bout)\b", re.IGNORECASE)  # 'tis, '90s, rock 'n' roll


def kept_spans(text: str, settings: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """The parts in quotes (or between backticks), and those in braces; none lies in another.

    `settings` are lines of another tool's settings: quotes that begin in the middle of one are its own.
    """
    quotes: list[Span] = []
    braces: list[Span] = []
    closers, at, passed = _Closers(text), 0, dict[str, int]()
    lines = [start for start, _ in settings]
    for match in _OPENERS.finditer(text):
        start = match.start()
        if start < max(at, passed.get(text[start], 0)) or closers.are_gone(text[start]):
            continue
        line = settings[place] if (place := bisect_right(lines, start) - 1) >= 0 else (0, 0)
        end = None if line[0] <= start < line[1] else closers.end_of(start)
        if end is None:
            continue
        last = settings[place] if (place := bisect_right(lines, end - 1) - 1) >= 0 else (0, 0)
        if start < last[0] and end < last[1] and text[end - 2] in ": ":
            if text[start] in _CLOSERS:
                passed[text[start]] = last[0]  # a quote that never ended, and one of the line's own
            continue
        (braces if text[start] == "{" else quotes).append((start, end))
        at = end
    return quotes, braces


class _Closers:
    """Finds where a quote ends that begins somewhere; asked from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._next: dict[str, int] = {}
        self._singles: list[int] | None = None
        self._braces: dict[int, int] | None = None

    def are_gone(self, opener: str) -> bool:
        """Whether it was found out before that nothing ends such a quote any more."""
        return opener in _CLOSERS and self._next.get(_CLOSERS[opener]) == -1 and opener != "„"

    def end_of(self, start: int) -> int | None:
        """Behind the end of the quote that begins there; None where none does."""
        text, opener = self._text, self._text[start]
        if opener == "{":
            return self._end_of_brace(start)
        if opener == "`":
            ticks = _TICKS.match(text, start)
            return self._find(ticks.group(), ticks.end()) if ticks and text[start - 1 : start] != "`" else None
        before, after = text[max(start - 1, 0) : start], text[start + 1 : start + 2]
        if opener in _SINGLES:
            return self._end_of_single(start, before, after)
        if before.isdigit() or (before.isalnum() and not after.strip()):
            return None  # 5", or a quote that ends
        closers = "“”" if opener == "„" else _CLOSERS[opener]
        return min((end for closer in closers if (end := self._find(closer, start + 1))), default=None)

    def _find(self, closer: str, start: int) -> int | None:
        """Behind the next `closer`. What was found once is not looked for again until it is passed."""
        known = self._next.get(closer)
        if known is None or 0 <= known < start:
            known = self._text.find(closer, start)
            self._next[closer] = known
        return None if known < 0 else known + len(closer)

    def _end_of_single(self, start: int, before: str, after: str) -> int | None:
        """Only where it is clearly a quote: on one line, between blanks or marks, and not for letters left out."""
        text = self._text
        if (before and not before.isspace() and before not in _BEFORE_SINGLE) or not after.strip():
            return None
        if _SHORTENED.match(text, start + 1):
            return None
        if self._singles is None:
            self._singles = [match.start() for match in _SINGLE_CLOSER.finditer(text)]
        place = bisect_right(self._singles, start + 1)
        if place == len(self._singles):
            return None
        end, line = self._singles[place] + 1, self._find("\n", start)
        return end if line is None or end < line else None

    def _end_of_brace(self, start: int) -> int | None:
        if self._braces is None:
            self._braces, opened = {}, list[int]()
            for match in _BRACES.finditer(self._text):
                if match.group() == "{":
                    opened.append(match.start())
                elif opened:
                    self._braces[opened.pop()] = match.end()
        return self._braces.get(start)
