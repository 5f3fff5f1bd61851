"""Rules for prompts: what they see through, and what they leave alone. What comparing costs: `make bench`."""

import contextlib
import random
import string
import sys
import unicodedata
from typing import cast

import pytest
from confusable_homoglyphs import confusables  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.moderation.comparing import Effort
from bot.moderation.matching import MATCHES_MOST, Matcher, key_of
from bot.moderation.normalize import fold, has_signs
from bot.moderation.prompts import PromptAction, PromptRule
from tests.examples import share
from tests.unit.moderation.disguises import CAUGHT, EXCEPTIONS, INNOCENT, RULES, TOO_MUCH


def rule(number: int, text: str, *, is_exception: bool = False) -> PromptRule:
    return PromptRule(number, 1, text, PromptAction.REFUSE, is_exception=is_exception)


def matcher(*texts: str, exceptions: tuple[str, ...] = ()) -> Matcher:
    rules = [rule(number, text) for number, text in enumerate(texts)]
    return Matcher([*rules, *(rule(1000 + at, text, is_exception=True) for at, text in enumerate(exceptions))])


ALL = matcher(*RULES, exceptions=EXCEPTIONS)


def met(prompt: str, by: Matcher = ALL) -> list[str]:
    return sorted({match.rule.text for match in by.find(prompt)})


def test_the_lists_are_long_enough() -> None:
    assert sum(found is not None for found in CAUGHT.values()) >= 150
    assert len(set(INNOCENT) - set(TOO_MUCH)) >= 150


@pytest.mark.parametrize(("prompt", "found"), CAUGHT.items())
def test_disguises(prompt: str, found: str | None) -> None:
    assert met(prompt) == ([found] if found else [])


@pytest.mark.parametrize("prompt", INNOCENT)
def test_innocents(prompt: str) -> None:
    found = TOO_MUCH.get(prompt)
    assert met(prompt) == ([found] if found else [])


@pytest.mark.parametrize("prompt", [prompt for prompt, found in CAUGHT.items() if found])
def test_a_disguise_is_seen_through_within_a_prompt_too(prompt: str) -> None:
    found = CAUGHT[prompt]
    assert found in met(f"a photo of {prompt} at dawn")
    assert found in met(f"a photo of, {prompt}, at dawn, {prompt}")


@pytest.mark.parametrize(
    ("prompt", "stretch"),
    [
        ("a n a k e d man", "n a k e d"),
        ("two n̷a̷k̷e̷d̷ men", "n̷a̷k̷e̷d"),
        ("Ｎａｋｅｄ", "Ｎａｋｅｄ"),
        ("naaaaked!!", "naaaaked"),
        ("🅽🅰🅺🅴🅳 now", "🅽🅰🅺🅴🅳"),
        ("she'll see ГОЛАЯ Мая", "ГОЛАЯ"),
        ("\u200bسلام عَــارِي", "عَــارِي"),
        ("👍🏿 一张 裸 体 的", "裸 体"),
        ("eat 👍🏿 🍆️!", "🍆"),
    ],
)
def test_a_match_names_the_place_in_the_prompt_as_it_was_written(prompt: str, stretch: str) -> None:
    (found,) = ALL.find(prompt)
    assert prompt[found.start : found.end] == stretch


def test_each_place_is_told_once_in_order() -> None:
    found = ALL.find("naked, then nude, then n4ked!")
    assert [(match.rule.text, match.start) for match in found] == [("naked", 0), ("nude", 12), ("naked", 23)]


def test_an_exception_excuses_what_lies_within_it_and_nothing_else() -> None:
    tested = ALL.test("a cocktail for two cocks in Scunthorpe")
    assert [match.rule.text for match in tested.matches] == ["cock*"]
    assert tested.matches[0].start == 19
    assert [(match.rule.text, excuse.rule.text) for match, excuse in tested.excused] == [
        ("cock*", "cocktail*"),
        ("*cunt*", "scunthorpe"),
    ]


def test_an_exception_in_disguise_still_excuses() -> None:
    assert met("c o c k t a i l") == []
    assert met("сосktail") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   \n\t ", "empty"),
        ("x" * 101, "at most 100"),
        ("x" * 10_240, "at most 100"),
        ("\u200b\u200b", "at least 2 letters"),
        ("...!?", "at least 2 letters"),
        ("a", "at least 2 letters"),
        ("*", "at least 3 letters"),
        ("*an*", "at least 3 letters"),
        ("f*ck", "beginning or at the end"),
        ("(a+)+$", "words and phrases"),
        ("[a-z]+", "words and phrases"),
        ("\\w{99}", "words and phrases"),
        (".*", "at least 3 letters"),
    ],
)
def test_a_rule_that_would_say_nothing_or_too_much_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        key_of(text)


def test_two_spellings_of_one_rule_are_one_rule() -> None:
    assert key_of("Naked") == key_of("n a k e d") == key_of("n\u200baked") == key_of(" nаked ") == key_of("na̷ked")
    assert key_of("hand job") == key_of("hand-job") == key_of("HAND  JOB!")
    assert key_of("naked*") != key_of("naked") != key_of("*naked")
    assert key_of("n4ked") != key_of("naked"), "whoever writes a digit in a rule means the digit"


def test_a_rule_with_digits_meets_those_digits_only() -> None:
    by = matcher("w33d")
    assert met("w33d", by) == ["w33d"]
    assert met("weed", by) == []


def test_a_rule_that_is_no_longer_taken_says_nothing_and_hinders_no_other() -> None:
    assert met("naked", matcher("", "naked")) == ["naked"]


@share(2)
@given(prompt=st.text(max_size=300))
def test_any_text_is_judged_and_places_lie_within_it(prompt: str) -> None:
    tested = ALL.test(prompt)
    for match in (*tested.matches, *(match for match, _ in tested.excused)):
        assert 0 <= match.start < match.end <= len(prompt)


@share(4)
@given(text=st.text(max_size=120))
def test_a_rule_that_is_taken_finds_its_own_words(text: str) -> None:
    assume(not has_signs(text))  # a rule takes some signs for letters and some for none; a text takes all or none
    try:
        key_of(text)
    except UserError:
        return
    words = " ".join(text.split()).strip("*")
    assert met(words, matcher(text)), "a rule that does not even find itself"


@pytest.mark.parametrize("prompt", ["1" * 2000, "1 " * 1000, "1!" * 1000])
def test_rules_and_prompts_made_to_be_slow_are_given_up(prompt: str) -> None:
    rng = random.Random(3)
    evil = matcher(*("il" * 30 + "".join(rng.choices("il", k=40)) for _ in range(1000)))
    with pytest.raises(UserError):
        evil.find(prompt)


def test_a_prompt_full_of_matches_tells_only_so_many() -> None:
    assert len(ALL.find("naked " * 333)) == MATCHES_MOST


@share(2)
@given(prompt=st.text("ilLI1|! '.\u03bd\u039d\u0443n*\U0001f346", max_size=400), most=st.integers(0, 5_000))
def test_comparing_takes_a_bounded_number_of_steps(prompt: str, most: int) -> None:
    rng = random.Random(4)
    evil = matcher(*("".join(rng.choices("iln", k=30)) for _ in range(50)), "🍆🍆", exceptions=("iiii*", "*lnln"))
    effort = Effort(most=most)
    with contextlib.suppress(UserError):
        evil.test(prompt, effort)
    assert effort.steps <= most + 1 + len(prompt), "what was spent last is never more than the prompt"


def _cased() -> list[str]:
    """Letters with a capital and a small form, one character each."""
    every = map(chr, range(sys.maxunicode + 1))
    return [one for one in every if one.casefold() != one.upper() and len(one.casefold()) == len(one.upper()) == 1]


def test_both_cases_of_a_letter_are_one_letter_in_every_script() -> None:
    def readings(char: str) -> list[str]:
        return [letter.readings for letter in fold(char, signs_are_letters=False).letters]

    small_i = ("i", "ı", "İ", "I", "\u0345")  # a small I without its dot is another letter; U+0345 is a mark
    unlike = [one for one in _cased() if one not in small_i and readings(one.casefold()) != readings(one.upper())]
    assert unlike == []


def test_letters_share_one_group_with_all_they_may_stand_for() -> None:
    every = [letter for one in _cased() for letter in fold(one, signs_are_letters=False).letters]
    latin = [(letter, one) for letter in every for one in letter.readings if one in string.ascii_lowercase]
    assert [(letter, one) for letter, one in latin if group_of(one) != letter.group] == []


def test_what_unicode_calls_confusable_with_a_small_letter_is_read_as_it() -> None:
    """Compared with Unicode's table of confusables, of which ICU's SpoofChecker makes its skeletons."""
    # Read as another letter that they stand for as often: long s, a p of a fancy font, m upside down; and a mark.
    other = {"fſ", "fẝ", "fք", "wɯ", "iͺ"}
    missed: set[str] = set()
    for small in string.ascii_lowercase:
        known = cast("list[dict[str, list[dict[str, str]]]]", confusables.is_confusable(small, greedy=True) or [])  # pyright: ignore[reportUnknownMemberType]
        alike = [one["c"] for each in known for one in each["homoglyphs"]]
        for char in alike:
            if len(char) != 1 or unicodedata.category(char)[0] != "L":
                continue
            letters = fold(char, signs_are_letters=False).letters
            if not letters or group_of(small) != letters[0].group:
                missed.add(f"{small}{char}")
    assert missed == other


def group_of(char: str) -> str:
    return fold(char, signs_are_letters=False).letters[0].group
