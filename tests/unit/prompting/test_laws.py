"""What holds of the prompt check whatever is typed, and how long it may take."""

import time
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.prompt_check import noted, with_prompt_checked
from bot.prompting.check import check
from bot.prompting.values import Fate
from tests.unit.prompting.table import TABLE

PIECES = [row.prompt for row in TABLE] + [
    *"\"'“”‘’„«»`{}()[]<>:-—–,.|\\\n 1a",
    *(
        "--",
        "--ar ",
        "--no ",
        "16:9",
        ":1.3)",
        "((",
        "))",
        "::",
        "::2",
        "BREAK",
        "<lora:",
        "x>",
        "Steps: 2, Seed: 3",
        " ",
    ),
    *("negative prompt:", "/imagine prompt:", "fox", "雪", "ثلج", "\u202e", "\u3164", "🦊", "\x00", "\ud800", "\t"),
]
NASTY = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=12).map("".join)
PLAIN = st.text(st.characters(exclude_characters='-—–([<:{`"', exclude_categories=["Cs"]), max_size=200).filter(
    lambda text: not any(word in text.lower() for word in ("break", "prompt", "/imagine"))
)
QUOTED = st.sampled_from(['"{}"', "“{}”", "«{}»", "„{}“", "「{}」", "`{}`"]).flatmap(
    lambda form: (
        st.lists(st.sampled_from([row.prompt for row in TABLE]), min_size=1, max_size=3)
        .map(" ".join)
        .map(lambda text: form.format("".join(one for one in text if one not in "\"“”«»„「」`'‘’{}") or "x"))
    )
)
QUOTELESS = st.lists(
    st.sampled_from([row.prompt for row in TABLE if not set("\"“”«»„「」`'‘’{}") & set(row.prompt)]), max_size=3
).map(" ".join)


def ink(text: str) -> Counter[str]:
    """The characters that carry words: blanks and commas around a gap are tidied."""
    return Counter(one for one in text if not one.isspace() and one != ",")


@settings(max_examples=500, deadline=None)
@given(NASTY)
def test_checking_again_changes_nothing(prompt: str) -> None:
    sent = check(prompt).text
    assert check(sent).text == sent
    assert all(one.fate is Fate.QUOTED for one in check(sent).found)


@settings(max_examples=500, deadline=None)
@given(NASTY)
@example("--n 3)x --ar 1:1")
def test_every_word_that_is_taken_out_is_named(prompt: str) -> None:
    checked = check(prompt)
    named = sum((ink(one.text) for one in checked.found if one.fate is not Fate.QUOTED), Counter[str]())
    assert ink(prompt) - ink(checked.text) <= named
    assert ink(checked.text) <= ink(prompt)
    assert len(checked.text) <= len(prompt)
    if not checked.found:
        assert checked.text == prompt


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_a_prompt_without_any_such_habit_is_the_very_same(prompt: str) -> None:
    assert (check(prompt).text, check(prompt).found, check(prompt).untouched) == (prompt, (), None)


@settings(max_examples=300, deadline=None)
@given(QUOTELESS, QUOTED, QUOTELESS)
def test_quotes_survive(before: str, quoted: str, after: str) -> None:
    assert quoted in check(f"{before}\n{quoted} {after}").text


@settings(max_examples=300, deadline=None)
@given(NASTY, st.sampled_from([{}, {"image_size": "square"}, {"seed": 3, "num_images": 2}, {"seed": None}]))
def test_whatever_is_typed_the_model_takes_it_and_the_persons_own_options_hold(
    prompt: str, own: dict[str, object]
) -> None:
    prompt = f"a fox {prompt}".replace("\ud800", "").replace("\x00", "")
    try:
        FLUX_KLEIN.parse({"prompt": prompt, **own})
    except Exception:  # noqa: BLE001 - what the model does not take is not this test's matter
        return
    options = with_prompt_checked(FLUX_KLEIN, {"prompt": prompt, **own})
    parsed = FLUX_KLEIN.parse(options)
    assert {name: options[name] for name, value in own.items() if value is not None} == {
        name: value for name, value in own.items() if value is not None
    }
    said = noted(FLUX_KLEIN, prompt, parsed.wire())
    assert len(said.lines) == len(check(prompt).found)


MOST = 4000
HOSTILE = [
    *"\"'“‘„«「`{}()[]<:-—–, ab1\n",
    *("--", "--ar ", "--no ", "--no x ", "--a-", "--seed 1", " —no x", " --p a", " --sref 1 ", "((", "))", "(a:1.1)"),
    *(
        "(:1.1",
        "(1",
        "[a",
        "[a]",
        "::",
        "a::",
        "a::1",
        "<lora:",
        "<lora:a>",
        "embedding:",
        "BREAK ",
        "A BREAK ",
        '{"',
        "``` ",
    ),
    *(
        "Steps: 1, Seed: 1",
        "Steps: 1, Seed: 1\n",
        "Seed:",
        "negative prompt:",
        "neg prompt: x --a ",
        '"a ',
        " 'a",
        "“a ",
    ),
    *("https://", "http://a ", " https://a(", "prompt: ", "/imagine ", "((a", "'a' ", "\\(", ":(", "--sref http://a "),
    *('neg prompt: "', 'a"', '--no "a" ', "--no {", "“", "„", "a, <lora:x>, ", "(--no x) ", "1:1", "--ar 1.1"),
]


def long_texts() -> list[str]:
    texts = [(one * MOST)[:MOST] for one in HOSTILE]
    half = MOST // 2
    texts += [
        (one * MOST)[:half] + (two * MOST)[:half] for one, two in (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"))
    ]
    texts += ["(1" * 400 + "1:1.1)" * 400, "( " * 500 + ":1.1)" * 500, "( " * 500 + "a" + ":1.1)" * 500]
    texts += ["(" * 600 + "a" + ":1.1)" * 600, "--no " + "(" * half + ")" * half, "--seed " + "9" * (MOST - 7)]
    texts += ["--ar " + "1" * half + ":" + "1" * (half - 6), "--" + "a" * (MOST - 2), "--" + "a-" * half]
    texts += ["“" * half + "\nSteps: 1, Seed: 1, a: ”" + "x" * 1000, "a " * 1000 + "\nSteps: 1, Seed: " + "a, " * 600]
    return [text[:MOST] for text in texts]


@pytest.mark.parametrize("text", long_texts(), ids=lambda text: repr(text[:12]))
def test_hostile_text_of_4000_characters_takes_no_more_time_than_its_length_asks(text: str) -> None:
    """5 ms of one quiet core; anything quadratic takes a hundred and more."""
    best = min(_seconds(text) / _slowness() for _ in range(7))
    assert best < 0.005, f"{best * 1000:.2f} ms"


def _seconds(text: str) -> float:
    began = time.thread_time()
    check(text)
    return time.thread_time() - began


def _slowness() -> float:
    """How much slower this machine is just now than it should be: 5 ms hold on a quiet core."""
    began = time.thread_time()
    sum(number * number for number in range(20_000))
    return max(1.0, (time.thread_time() - began) / 0.001)
