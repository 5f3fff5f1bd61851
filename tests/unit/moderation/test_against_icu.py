"""Our letters beside those of ICU's SpoofChecker, over all of Unicode. Skipped where the machine has no ICU library."""

import ctypes
import ctypes.util
import re
import string
import sys
import unicodedata
from collections.abc import Callable

import pytest

from bot.moderation.normalize import fold

Skeleton = Callable[[str], str]

# Arabic and Hebrew letters are read in words of their own: among Latin letters they change the order of a line.
_FROM_THE_RIGHT = {"R", "AL"}
# Read as another letter that they look like as often: long s, a p of a fancy font, m upside down; a mark; and two
# capitals of Warang Citi, whose small letters look like other ones.
_OTHERS = {"fſ", "fẝ", "fք", "wɯ", "iͺ", "Y𑢤", "T𑢼"}


def _library() -> tuple[ctypes.CDLL, str] | None:
    """ICU's library and the suffix of its functions' names, which is its version (ICU: "renaming of symbols")."""
    name = ctypes.util.find_library("icui18n")
    version = re.search(r"\.so\.(\d+)", name or "")
    return None if name is None or version is None else (ctypes.CDLL(name), f"_{version.group(1)}")


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    """ICU's skeleton of a text (uspoof.h, `uspoof_getSkeleton`): equal for texts that may be taken for one another."""
    found = _library()
    if found is None:
        pytest.skip("needs ICU's library (libicu)")
    library, suffix = found
    status = ctypes.c_int(0)
    open_checker = getattr(library, f"uspoof_open{suffix}")
    open_checker.restype = ctypes.c_void_p
    checker = ctypes.c_void_p(open_checker(ctypes.byref(status)))
    get_skeleton = getattr(library, f"uspoof_getSkeleton{suffix}")
    assert status.value <= 0
    room = ctypes.create_string_buffer(4096)

    def of(text: str) -> str:
        units = text.encode("utf-16-le")
        now = ctypes.c_int(0)
        length = get_skeleton(checker, 0, units, len(units) // 2, room, len(room) // 2, ctypes.byref(now))
        assert now.value <= 0
        return room.raw[: 2 * length].decode("utf-16-le")

    return of


def _group_of(char: str) -> str | None:
    letters = fold(char, signs_are_letters=False).letters
    return letters[0].group if letters else None


def test_icu_knows_what_everybody_knows(skeleton: Skeleton) -> None:
    assert skeleton("nаkеd") == skeleton("naked")  # with Cyrillic letters
    assert skeleton("naked") != skeleton("baked")


@pytest.mark.parametrize("latin", [string.ascii_lowercase, string.ascii_uppercase])
def test_every_letter_that_icu_takes_for_a_latin_one_is_read_as_it(skeleton: Skeleton, latin: str) -> None:
    known = {skeleton(letter): letter for letter in latin}
    missed: set[str] = set()
    compared = 0
    for code in range(0x80, sys.maxunicode + 1):
        char = chr(code)
        if unicodedata.category(char)[0] != "L" or (letter := known.get(skeleton(char))) is None:
            continue
        if unicodedata.bidirectional(char) in _FROM_THE_RIGHT:
            continue
        compared += 1
        if _group_of(char) != _group_of(letter):
            missed.add(f"{letter}{char}")
    assert compared > 300
    assert missed - _OTHERS == set()
