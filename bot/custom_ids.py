"""What a button, a select or a form is for, as its custom_id says it: `action:subject`. Pure.

A custom_id outlives the process that made it, and anybody can forge one. So a subject is text until its action's parser
has read it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SYNTAX = re.compile(r"(?P<action>[a-z][a-z_]*):(?P<subject>[0-9A-Za-z_.:-]{1,80})")
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_LARGEST_ID = 2**63 - 1  # the largest whole number of the database

Values = Mapping[str, str]
"""What was filled in or chosen, by the custom_id of the field; of a select the first value, and "" for nothing."""


@dataclass(frozen=True, slots=True)
class CustomId:
    """An action, such as `approve`, and what it is done to. Raises ValueError for what could not be read back."""

    action: str
    subject: str

    def __post_init__(self) -> None:
        if _SYNTAX.fullmatch(str(self)) is None:
            raise ValueError(f"no custom_id: {self}")

    def __str__(self) -> str:
        return f"{self.action}:{self.subject}"

    @classmethod
    def parse(cls, text: str) -> "CustomId":
        """What a custom_id says. Raises ValueError for one that does not keep to the syntax."""
        match = _SYNTAX.fullmatch(text)
        if match is None:
            raise ValueError("no custom_id of the bot's")
        return cls(match["action"], match["subject"])


def run_id(subject: str) -> str:
    """A run's id: 32 hex digits. Raises ValueError."""
    if _RUN_ID.fullmatch(subject) is None:
        raise ValueError("no run id")
    return subject


def number(subject: str) -> int:
    """An id of Discord's, or of a row: a whole number from 1 that the database can hold. Raises ValueError."""
    if not (subject.isascii() and subject.isdigit() and len(subject) <= 19 and 0 < int(subject) <= _LARGEST_ID):
        raise ValueError("no id")
    return int(subject)
