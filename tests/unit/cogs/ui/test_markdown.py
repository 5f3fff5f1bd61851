"""Text from people: literal, harmless to its neighbours, within its limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.ui.markdown import ELLIPSIS, cut, length, listed, literal, plain


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a red fox, at dawn (soft light).", "a red fox, at dawn (soft light)."),
        ("**bold** _it_ ~~s~~ `code` ||s||", r"\*\*bold\*\* \_it\_ \~\~s\~\~ \`code\` \|\|s\|\|"),
        ("```py\nx```", r"\`\`\`py x\`\`\`"),
        ("@everyone <@123> <@&4> <#5> <t:1:R> <:a:1>", r"\@everyone \<\@123> \<\@&4> \<#5> \<t\:1\:R> \<\:a\:1>"),
        ("[click](https://evil.example)", r"\[click\](https\://evil.example)"),
        ("# heading", r"\# heading"),
        ("-# small", r"\-# small"),
        ("> quote", r"\> quote"),
        ("12. list", r"12\. list"),
        ("a\n\n# b", "a # b"),
        ("back\\slash", "back\\\\slash"),
    ],
)
def test_markup_is_shown_as_it_was_typed(typed: str, shown: str) -> None:
    assert literal(typed, 2000, starts_line=True) == shown


def test_within_a_line_less_is_markup() -> None:
    assert literal("-1", 10) == "-1"
    assert literal("#3", 10) == "#3"


def test_it_cannot_scramble_what_stands_beside_it() -> None:
    assert plain("a\u202eb\u2066c\x00d\u200b") == "abcd"
    assert plain("z" + "\u0301" * 50) == "z" + "\u0301" * 4
    assert plain("\U0001f469\u200d\U0001f680") == "\U0001f469\u200d\U0001f680"
    assert plain("קשת בענן") == "קשת בענן"


def test_a_cut_never_leaves_half_an_escape() -> None:
    assert literal("*" * 10, 6) == r"\*\*" + ELLIPSIS
    assert literal("*" * 3, 6) == r"\*\*\*"
    assert cut("\U0001f98a" * 4, 6) == "\U0001f98a" * 2 + ELLIPSIS


@pytest.mark.parametrize("whole", ["<@123>", "<@&123>", "<#123>", "<t:1782907200:f>", "<:fox:123>", "\\*"])
def test_a_cut_never_ends_inside_a_mention_a_time_or_an_escape(whole: str) -> None:
    text = f"by {whole} and others"
    for limit in range(4, 3 + len(whole) + 1):
        assert cut(text, limit) == "by" + ELLIPSIS
    assert cut(text, 4 + len(whole)) == f"by {whole}{ELLIPSIS}"


@given(st.text(max_size=300), st.integers(1, 200))
def test_the_limit_holds_for_any_text(typed: str, limit: int) -> None:
    assert length(literal(typed, limit)) <= limit
    assert length(cut(typed, limit)) <= limit
    assert "\n" not in literal(typed, limit)


@given(st.lists(st.text(min_size=1, max_size=300), max_size=60))
def test_lists_fit_and_say_what_is_left_out(lines: list[str]):
    said = listed(lines, "nothing")
    assert length(said) <= 2000
    if not lines:
        assert said == "nothing"
    elif said != "\n".join(lines):
        assert said.splitlines()[-1].endswith(" more.")
