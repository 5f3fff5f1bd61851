"""A prompt while it is checked: which parts must stay, which are taken out, and what was found."""

import re
from collections.abc import Sequence

from bot.prompting.values import Found, Span

FREE, QUOTE, TAKEN, BRACE = 0, 1, 2, 3

_FOUND_MOST = 200

_TAIL_STOPS = ",.;:!?)]}"
_OPENS = "([{"
_SENTENCE = ",.;!?)]}"
_RUN = re.compile("\x02++")
_SPACE = re.compile(r"\s*+")
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s<>\"]++", re.IGNORECASE)


class TooMany(Exception):
    """More is found in a prompt than anybody means."""


class Draft:
    """`quotes` and `braces` are never taken apart. Addresses are not looked into; they go with what they belong to."""

    def __init__(self, text: str, quotes: Sequence[Span], braces: Sequence[Span]) -> None:
        self.text = text
        self._mask = bytearray(len(text))
        self._found: list[tuple[int, Found]] = []
        self._opaque = bytearray(len(text))
        for kind, spans in ((QUOTE, quotes), (BRACE, braces)):
            for start, end in spans:
                self._mask[start:end] = bytes([kind]) * (end - start)
        if "://" in text:
            for match in _ADDRESS.finditer(text):
                self._opaque[match.start() : match.end()] = b"\1" * (match.end() - match.start())

    def kind_at(self, place: int) -> int:
        """Whether a character is free, in quotes, in braces, or taken out."""
        return self._mask[place]

    def is_free(self, start: int, end: int) -> bool:
        """Whether all of a part is free."""
        return self._mask.count(FREE, start, end) == end - start

    def has_quote(self, start: int, end: int) -> bool:
        """Whether text in quotes stands in a part."""
        return self._mask.find(QUOTE, start, end) >= 0

    def is_address(self, place: int) -> bool:
        """Whether a character belongs to an address."""
        return bool(self._opaque[place])

    def next_taken(self, start: int, end: int) -> int:
        """Where the next part begins that is taken out; `end` where there is none."""
        place = self._mask.find(TAKEN, start, end)
        return end if place < 0 else place

    def take(self, start: int, end: int) -> None:
        """Take a part out."""
        self._mask[start:end] = bytes([TAKEN]) * (end - start)

    def note(self, start: int, found: Found) -> None:
        """Keep what was found, and where. Raises TooMany."""
        if len(self._found) == _FOUND_MOST:
            raise TooMany
        self._found.append((start, found))

    def found(self) -> tuple[Found, ...]:
        """All finds, in the order of the prompt."""
        return tuple(one for _, one in sorted(self._found, key=lambda pair: pair[0]))

    def rest(self) -> str:
        """The text without what was taken out, never longer. Only blanks and commas around a gap are tidied."""
        text, kept, at = self.text, _Pieces(), 0
        for run in _RUN.finditer(self._mask.decode("latin-1")):
            kept.add(text[at : run.start()])
            at = self._over(kept, run.end())
        kept.add(text[at:])
        return kept.joined()

    def _over(self, kept: "_Pieces", end: int) -> int:
        """Close the gap that ends there; where the text goes on."""
        text, after = self.text, self._blanks(end)
        if self._is_one_of(after, ",") and kept.ends_list():
            end, after = after + 1, self._blanks(after + 1)
        left = kept.last()
        if not left:
            return after
        if after == len(text):
            kept.strip()
        elif left.isspace():
            if self._is_one_of(after, _SENTENCE) or (after > end and not kept.ends_line()):
                kept.strip()
            elif after > end:
                return after
            return after if self._is_one_of(after, _SENTENCE) else end
        elif after == end and text[end] not in _TAIL_STOPS and left not in _OPENS:
            kept.add(" ")
        return after if after == len(text) else end

    def _is_one_of(self, place: int, characters: str) -> bool:
        return place < len(self.text) and self._mask[place] == FREE and self.text[place] in characters

    def _blanks(self, start: int) -> int:
        """Behind the blanks that begin there, as far as they are free."""
        match = _SPACE.match(self.text, start)
        end = match.end() if match else start
        taken = self.next_taken(start, end)
        return min(end, taken)


class _Pieces:
    """The kept parts of a text, in order."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)

    def last(self) -> str:
        return self._pieces[-1][-1] if self._pieces else ""

    def strip(self) -> None:
        """Take blanks off the end."""
        while self._pieces:
            piece = self._pieces.pop().rstrip()
            if piece:
                self._pieces.append(piece)
                return

    def ends_line(self) -> bool:
        """Whether a line break is among the blanks at the end."""
        piece = self._pieces[-1]
        return "\n" in piece[len(piece.rstrip()) :]

    def ends_list(self) -> bool:
        """Whether a comma here would follow another one, or nothing at all."""
        for piece in reversed(self._pieces):
            if bare := piece.rstrip():
                return bare[-1] == ","
        return True

    def joined(self) -> str:
        return "".join(self._pieces)
