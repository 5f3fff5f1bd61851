"""A reply in the terminal, and names for its pictures."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.once import flatten, plain, slug, write_new


def test_a_card_is_told_in_lines():
    card: dict[str, Any] = {
        "type": 17,
        "components": [
            {"type": 10, "content": "### **A fox**\n-# asked <t:1700000000:R>"},
            {"type": 12, "items": [{"description": "One fox", "spoiler": True}, {"media": {}}]},
            {"type": 14},
            {"type": 9, "components": [{"type": 10, "content": "left"}], "accessory": {"type": 2, "label": "More"}},
            {"type": 1, "components": [{"type": 2, "label": "Again"}, {"type": 2, "label": "Delete"}]},
        ],
    }
    assert list(flatten({"flags": 32768, "content": "", "components": [card]})) == [
        "A fox\nasked",
        "[spoiler, picture] One fox",
        "[picture] no description",
        "left",
        "[More]",
        "[Again] [Delete]",
    ]


def test_a_reply_to_come_is_thinking():
    assert list(flatten({"flags": 128, "content": ""})) == ["thinking…"]


def test_escaped_marks_stay():
    assert plain(r"2 \* 3 \_ **4** `5`") == "2 * 3 _ 4 5"


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A red fox, in snow!", "a-red-fox-in-snow"),
        ("../../etc/passwd", "etc-passwd"),
        ("Füchse im Schnee", "füchse-im-schnee"),
        ("🦊", "picture"),
        ("word " * 50, "word-" * 11 + "word"),
        ("x" * 300, "x" * 60),
    ],
)
def test_names_come_from_the_prompt(prompt: str, name: str):
    assert slug(prompt) == name


def test_nothing_is_written_over(tmp_path: Path):
    paths = [write_new(tmp_path, "fox", ".png", content) for content in (b"1", b"2")]
    assert [path.name for path in paths] == ["fox-1.png", "fox-2.png"]
    assert [path.read_bytes() for path in paths] == [b"1", b"2"]
