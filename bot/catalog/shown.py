"""What a client sent, as a person may read it back: whatever it is, one short line."""

import unicodedata
from collections.abc import Mapping

from bot.catalog.source import SourceImage

_SHOWN_CHARACTERS = 80
_SHOWN_DIGITS_BITS = 128  # longer numbers are not spelled out; beyond 4,300 digits Python itself refuses to
_NAME_CHARACTERS = 32  # as long as Discord lets an option's name be


def shown(value: object) -> str:  # noqa: PLR0911 - one phrase for each kind of value
    """The value in one short line without control characters; of a source, what it claims to be and its size."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value)) if value.bit_length() <= _SHOWN_DIGITS_BITS else "a far longer number"
        case float():
            return repr(float(value))
        case str():
            return _shown_text(value)
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case SourceImage():
            return f"a file of {value.size_bytes:,} bytes ({_shown_text(value.content_type or 'of no known kind')})"
        case _:
            return "something else"


def _shown_text(text: str) -> str:
    line = "".join(_replaced(character) for character in text[:_SHOWN_CHARACTERS]).strip()
    if len(text) > _SHOWN_CHARACTERS:
        return f"{line}… ({len(text)} characters)".lstrip()
    return line or "blank"


def _replaced(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cs":
            return "\ufffd"
        case "Cf":
            return ""  # unseen, and some turn the direction of the line they stand in
        case _:
            return character


def shown_name(name: object) -> str:
    """An unknown option's name; it is shown between backticks, so only letters that names are made of are kept."""
    text = name if isinstance(name, str) else ""
    kept = "".join(character for character in text[:_NAME_CHARACTERS] if character.isalnum() or character in "_-")
    return kept or "option"
