"""Whether a text shows anything, and whether there is anything in it to draw."""

import unicodedata

_BLANK_KINDS = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # fillers: letters and symbols by kind, but never seen


def is_blank(text: str) -> bool:
    """Whether nothing in it can be seen."""
    return all(one in _BLANK_LETTERS or unicodedata.category(one) in _BLANK_KINDS for one in set(text))


def is_only_marks(text: str) -> bool:
    """Whether it has no letter, digit or symbol: blanks, punctuation and bare accents at most."""
    return all(
        one in _BLANK_LETTERS or (kind := unicodedata.category(one)) in _BLANK_KINDS or kind[0] in "PM"
        for one in set(text)
    )
