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
    "₣": "f", "©": "c", "®": "r", "ʊ": "u", "ə": "e", "є": "e", "п": "n", "λ": "a", "ξ": "e", "∆": "a", "ĸ": "k",
    "ᑎ": "n", "ᗴ": "e", "ᗩ": "a", "ᗷ": "b", "ᖴ": "f", "ᕼ": "h", "ᒍ": "j", "ᒪ": "l", "ᗰ": "m", "ᑭ": "p", "ᑫ": "q",
    "ᖇ": "r", "ᔕ": "s", "ᐯ": "v", "ᗯ": "w", "ᘔ": "z", "ʄ": "f", "ӄ": "k", "ʍ": "m", "ք": "p", "զ": "q", "ֆ": "s",
    "ա": "w", "ʋ": "v", "я": "r", "ƨ": "s", "щ": "w", "נ": "j", "ɮ": "b", "ɣ": "y", "ʐ": "z", "ӽ": "x", "ө": "o",
    "ɑ": "a", "ƅ": "b", "ϲ": "c", "ƍ": "g", "ɩ": "i", "ǀ": "l", "ꭇ": "r", "Ꮁ": "r", "ƽ": "s", "ꞟ": "u",
    "𑜀": "m", "Ꞵ": "b", "ꞵ": "b", "Ꭓ": "x", "ꭓ": "x",
    "ك": "ک", "ي": "ی", "ى": "ی",
}
_NAMED = (
    "LATIN SMALL LETTER ", "LATIN CAPITAL LETTER ", "LATIN LETTER SMALL CAPITAL ", "LATIN SUBSCRIPT SMALL LETTER ",
    "MODIFIER LETTER SMALL ", "REGIONAL INDICATOR SYMBOL LETTER ", "NEGATIVE SQUARED ", "NEGATIVE CIRCLED ",
)
# Marks of these scripts are vowels or parts of letters, not decoration: without them a word is another word.
_NEEDS_MARKS = (
    "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA",
    "THAI ", "LAO ", "TIBETAN", "MYANMAR", "KHMER", "THAANA", "BALINESE", "JAVANESE", "SUNDANESE", "CHAKMA",
    "COMBINING KATAKANA-HIRAGANA",
)
# fmt: on
# Each holds the letters that one sign, or one Greek letter in its two cases, may stand for: a text has one sequence
# of groups.
_GROUPS = {letter: group[0] for group in ("il", "bg", "uvnyhm") for letter in group}
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5\u0640")  # show nothing, or only width
_APOSTROPHES = frozenset("'’ʼ‘`´＇‛′‵ʻʽʹˈˊˋ՚׳Ꞌꞌ᾽᾿")
_LOOSE = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "BOPOMOFO",
    "YI ",
    "TIBETAN",
    "COMBINING KATAKANA-HIRAGANA",
)


@dataclass(frozen=True, slots=True)
class _Char:
    """What one character is: letters, a gap, or nothing at all."""

    letters: tuple[Letter, ...] = ()
    gap: Gap = Gap.NONE
    is_sign: bool = False
    is_picture: bool = False


_SMALL_L_OR_I = (Letter("il", "i"),)


def fold(text: str, *, signs_are_letters: bool, pictures_are_letters: bool = False) -> Text:
    """The letters of a text. `signs_are_letters`: whether `$` and its like stand for letters, or between them.

    `pictures_are_letters`: the same of emoji.
    """
    folded = Text()
    letters, places, gaps = folded.letters, folded.places, folded.gaps
    gap, before = Gap.SPACE, ""
    for place, char in enumerate(text):
        known = _char(char)
        found = known.letters
        parts = (known.is_sign and not signs_are_letters) or (known.is_picture and not pictures_are_letters)
        if not found or parts:
            gap = max(gap, Gap.MARK if parts else known.gap)
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


def has_pictures(text: str) -> bool:
    """Whether a text holds an emoji."""
    return not text.isascii() and any(_char(char).is_picture for char in text)


@lru_cache(maxsize=16_384)
def _char(char: str) -> _Char:
    if char in _SIGNS:
        return _Char((_letter(_SIGNS[char], soft=True),), is_sign=True)
    if char in _APOSTROPHES:
        return _Char(gap=Gap.APOSTROPHE)
    if "\U0001f3fb" <= char <= "\U0001f3ff":  # a tone of skin is of the emoji before it
        return _Char()
    if _is_picture(char):
        return _Char((Letter(char, char, loose=True),), is_picture=True)
    letters: list[Letter] = []
    gap = Gap.NONE
    # The lunate sigma looks like a c; its plain form does not.
    for part in char if char.casefold() in _LOOKALIKES else unicodedata.normalize("NFKD", char):
        if _is_invisible(part):
            continue
        if part in _APOSTROPHES:  # as in U+0149
            gap = max(gap, Gap.APOSTROPHE)
        elif part.isspace():
            gap = Gap.SPACE
        elif part.isalnum() or unicodedata.category(part).startswith("M") or _latin(part):
            letters.extend(_letters(part))
        else:
            gap = max(gap, Gap.MARK)
    return _Char(tuple(letters), gap)


def _is_invisible(char: str) -> bool:
    """Whether it shows nothing, or only something on the letter before it."""
    category = unicodedata.category(char)
    if category in {"Mn", "Me"}:
        return not unicodedata.name(char, "").startswith(_NEEDS_MARKS)
    hidden = category in {"Cf", "Cc", "Cn", "Co", "Cs"} and not char.isspace()
    return hidden or char in _BLANKS


def _is_picture(char: str) -> bool:
    """Whether it is an emoji, and no letter in a frame."""
    return unicodedata.category(char) == "So" and unicodedata.normalize("NFKD", char) == char and not _latin(char)


def _letters(char: str) -> list[Letter]:
    """The letters of one character: more than one where its small form has more."""
    if char.isdecimal():
        return [_letter(_DIGITS[unicodedata.digit(char)], soft=True)]
    loose = not char.isascii() and unicodedata.name(char, "").startswith(_LOOSE)
    if char.isascii():
        return [_letter("vu" if char in "vV" else char.lower())]
    small = char.casefold()
    if len(small) > 1:
        return [_letter("vu" if one == "v" else one, loose=loose) for one in small]
    # Case first: both cases of a letter have the same readings, or a rule in small letters would miss capitals.
    shapes = [one for form in (small, small.upper()) if len(form) == 1 and (one := _latin(form))]
    alike = dict.fromkeys(one for one in shapes if _group(one) == _group(shapes[0]))
    return [_letter("".join(alike) + small, loose=loose)]


def _letter(readings: str, *, soft: bool = False, loose: bool = False) -> Letter:
    if readings == VOWELS:
        return Letter(readings, ANY_VOWEL, soft=True)
    likely = readings[-1] if readings[0].isdecimal() else readings[0]
    return Letter(readings, _group(likely), soft, loose)


def _group(letter: str) -> str:
    return _GROUPS.get(letter, letter)


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
