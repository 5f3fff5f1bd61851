"""Text as a reader takes it: letters behind their disguises, each with the place it had. Pure.

What looks like a Latin letter comes from Unicode's own table of confusables (UTS #39), which the package
confusable-homoglyphs carries; Unicode's names add small capitals, squared and struck letters; a short list of our own
adds what readers take for a letter although Unicode does not call it confusable.
"""

import string
import unicodedata
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import cast

from confusable_homoglyphs import confusables  # pyright: ignore[reportMissingTypeStubs]


class Gap(IntEnum):
    """What stands before a letter."""

    NONE = 0
    APOSTROPHE = 1
    MARK = 2  # anything that is neither a letter nor a space: f.u.n, f-u-n
    SPACE = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter. `readings` are the characters it may stand for, the likeliest first; `group` is what they share.

    `soft` letters (digits, signs) may also be decoration beside a word. `loose` scripts part no words with spaces.
    """

    readings: str
    group: str
    soft: bool = False
    loose: bool = False


@dataclass(slots=True)
class Text:
    """A text as its letters, with the place of each in the text as it was written, and the gap before it."""

    letters: list[Letter] = field(default_factory=list[Letter])
    places: list[int] = field(default_factory=list[int])
    gaps: list[Gap] = field(default_factory=list[Gap])


ANY_VOWEL = "*"
"""The group of a sign that hides a letter: f*n."""

VOWELS = "aeiou"
SURE_SIGNS = frozenset("@$€£¢")
"""Signs that stand for a letter even in a rule; the others end a sentence there."""

# fmt: off
_DIGITS = ("0o", "1il", "2z", "3e", "4a", "5s", "6bg", "7t", "8b", "9g")
_SIGNS = {
    "@": "ao", "$": "s", "€": "e", "£": "l", "¢": "c", "!": "il", "¡": "i", "|": "li", "+": "t", "†": "t",
    "(": "c", "<": "c", "*": VOWELS, "#": VOWELS, "%": VOWELS,
}
# What a reader takes for a Latin letter, where Unicode's table names none: it compares shapes more exactly.
_LOOKALIKES = {
    "β": "b", "ε": "e", "κ": "k", "τ": "t", "χ": "x", "ω": "w", "η": "n", "μ": "u", "ж": "x", "в": "b", "к": "k",
    "т": "t", "м": "m", "н": "h", "ғ": "f", "ʞ": "k", "ɔ": "c", "ǝ": "e", "ɐ": "a", "ɯ": "m", "∂": "d", "ᑕ": "c",
    "₣": "f", "©": "c", "®": "r",
}
_NAMED = (
    "LATIN SMALL LETTER ", "LATIN CAPITAL LETTER ", "LATIN LETTER SMALL CAPITAL ", "LATIN SUBSCRIPT SMALL LETTER ",
    "MODIFIER LETTER SMALL ", "REGIONAL INDICATOR SYMBOL LETTER ", "NEGATIVE SQUARED ", "NEGATIVE CIRCLED ",
)
_MARKS = (  # they stand on the letter before them
    (0x0300, 0x036F), (0x0483, 0x0489), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)
# fmt: on
# Each holds the letters that one sign may stand for, so that a text has one sequence of groups.
_GROUPS = {letter: group[0] for group in ("il", "bg", "uv") for letter in group}
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5")  # letters that show nothing
_APOSTROPHES = frozenset("'’ʼ‘`´＇")
_LOOSE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO", "YI ", "TIBETAN")


@dataclass(frozen=True, slots=True)
class _Char:
    """What one character is: letters, a gap, or nothing at all."""

    letters: tuple[Letter, ...] = ()
    gap: Gap = Gap.NONE
    is_sign: bool = False


_SMALL_L_OR_I = (Letter("il", "i"),)


def fold(text: str, *, signs_are_letters: bool) -> Text:
    """The letters of a text. `signs_are_letters`: whether `$` and its like stand for letters, or between them."""
    folded = Text()
    letters, places, gaps = folded.letters, folded.places, folded.gaps
    gap, before = Gap.SPACE, ""
    for place, char in enumerate(text):
        known = _char(char)
        found = known.letters
        if not found or (known.is_sign and not signs_are_letters):
            gap = max(gap, Gap.MARK if known.is_sign else known.gap)
        else:
            if char == "I" and before.islower():  # between small letters it is as likely a small L
                found = _SMALL_L_OR_I
            for letter in found:
                letters.append(letter)
                places.append(place)
                gaps.append(gap)
                gap = Gap.NONE
        before = char
    return folded


def has_signs(text: str) -> bool:
    """Whether a text holds a sign that may stand for a letter."""
    return not _SIGNS.keys().isdisjoint(text)


@lru_cache(maxsize=16_384)
def _char(char: str) -> _Char:
    if char in _SIGNS:
        return _Char((_letter(_SIGNS[char], soft=True),), is_sign=True)
    if char in _APOSTROPHES:
        return _Char(gap=Gap.APOSTROPHE)
    letters: list[Letter] = []
    gap = Gap.NONE
    for part in unicodedata.normalize("NFKD", char):
        if _is_invisible(part):
            continue
        if part.isspace():
            gap = Gap.SPACE
        elif part.isalnum() or unicodedata.category(part).startswith("M") or _latin(part):
            letters.extend(_letters(part))
        else:
            gap = max(gap, Gap.MARK)
    return _Char(tuple(letters), gap)


def _is_invisible(char: str) -> bool:
    """Whether it shows nothing, or only something on the letter before it."""
    hidden = unicodedata.category(char) in {"Cf", "Cc", "Cn", "Co", "Cs"} and not char.isspace()
    return hidden or char in _BLANKS or any(first <= ord(char) <= last for first, last in _MARKS)


def _letters(char: str) -> list[Letter]:
    """The letters of one character: more than one where its small form has more."""
    if char.isdecimal():
        return [_letter(_DIGITS[unicodedata.digit(char)], soft=True)]
    loose = not char.isascii() and unicodedata.name(char, "").startswith(_LOOSE)
    latin = _latin(char)
    if latin:
        return [_letter(latin + char.casefold(), loose=loose)]
    return [_letter("vu" if one == "v" else one, loose=loose) for one in char.casefold()]


def _letter(readings: str, *, soft: bool = False, loose: bool = False) -> Letter:
    if readings == VOWELS:
        return Letter(readings, ANY_VOWEL, soft=True)
    likely = readings[-1] if readings[0].isdecimal() else readings[0]
    return Letter(readings, _GROUPS.get(likely, likely), soft, loose)


def _latin(char: str) -> str:
    """The small Latin letter that a reader takes a character for; empty where it is one, or there is none."""
    if char.isascii() or char == "ß":
        return ""
    if char in _LOOKALIKES:
        return _LOOKALIKES[char]
    name = unicodedata.name(char, "")
    if name.startswith(_NAMED):
        word = name.split(" WITH ")[0].rsplit(" ", 1)[-1]
        if len(word) == 1:
            return word.lower()
    shapes = _shapes(char)
    # Of a capital and a small letter with one shape, the small one: l and I share theirs.
    small = [one for one in shapes if one in string.ascii_lowercase]
    capital = [one.lower() for one in shapes if one in string.ascii_uppercase]
    return (small or capital or [""])[0]


def _shapes(char: str) -> list[str]:
    """The characters of the same shape that Unicode names, where some are Latin."""
    found = confusables.is_confusable(char, preferred_aliases=["latin"])  # pyright: ignore[reportUnknownMemberType]
    known = cast("list[dict[str, list[dict[str, str]]]]", found or [])
    return [one["c"] for each in known for one in each["homoglyphs"] if len(one["c"]) == 1]
