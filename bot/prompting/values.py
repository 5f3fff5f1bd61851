"""What the prompt check finds, as values: the sentences about them live in cogs/ui/prompt_texts.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Span = tuple[int, int]
"""A part of a text, from its first character to behind its last."""


class Meaning(StrEnum):
    """What an option is for, whatever a model calls it."""

    PROMPT = "prompt"
    RATIO = "ratio"
    SEED = "seed"
    COUNT = "count"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Width to height, both above zero: 16 to 9."""

    width: int
    height: int


class Syntax(StrEnum):
    """The habits of other tools."""

    FLAG = "flag"  # --ar 16:9
    NEGATIVE = "negative"  # --no cats, Negative prompt: cats
    SETTINGS = "settings"  # Steps: 20, Sampler: Euler a, CFG scale: 7
    PREFIX = "prefix"  # /imagine prompt:
    WEIGHT = "weight"  # (word:1.3), ((word)), [word], word::2
    ADD_ON = "add-on"  # <lora:name:0.8>
    BREAK = "break"  # BREAK between two parts


class Fate(StrEnum):
    """What the check does with a find."""

    SETTING = "setting"  # taken out: `meaning` and `value` say what it asks for
    UNREADABLE = "unreadable"  # taken out: it has a meaning, but no value that can be read
    LEFT_OUT = "left out"  # taken out: it means nothing here
    UNWRAPPED = "unwrapped"  # its marks are taken out, its words stay
    QUOTED = "quoted"  # left as it is, because text in quotes stands in it


@dataclass(frozen=True, slots=True)
class Found:
    """One find. `text` is all of it as it was typed."""

    syntax: Syntax
    text: str
    fate: Fate
    meaning: Meaning | None = None
    value: int | Ratio | None = None


class Untouched(StrEnum):
    """Why a prompt with such habits in it is sent as it was typed."""

    EMPTY = "empty"  # nothing to draw would be left
    TANGLED = "tangled"  # there are hundreds of them, or what is left after several rounds still holds some


@dataclass(frozen=True, slots=True)
class Checked:
    """A prompt after the check: `text` is what is sent, `found` is in the order of the prompt."""

    text: str
    found: tuple[Found, ...] = ()
    untouched: Untouched | None = None

    @property
    def settings(self) -> Mapping[Meaning, Found]:
        """What the prompt asks for; of several of one meaning the last holds."""
        return {
            one.meaning: one for one in self.found if one.fate is Fate.SETTING and one.meaning and one.value is not None
        }
