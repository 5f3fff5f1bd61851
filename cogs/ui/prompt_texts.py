"""What people read of the prompt check: pure functions of frozen values. One line for each find."""

from collections.abc import Mapping

from bot.catalog.model import Option
from bot.catalog.prompt_check import Became, Line, Noted
from bot.prompting.values import Syntax, Untouched
from cogs.ui.markdown import fit_lines, literal

FOUND_LIMIT = 80
LABEL_LIMIT = 60
_MORE_ROOM = 60  # for the line that counts what is left out

WAY_OUT = '-# Words in "quotes" are sent exactly as you type them.'

_UNTOUCHED: Mapping[Untouched, str] = {
    Untouched.EMPTY: (
        "Your prompt was sent exactly as you typed it: without the parts that other tools know, nothing would be left."
    ),
    Untouched.TANGLED: "Your prompt was sent exactly as you typed it: its marks are too tangled to take apart.",
}
_NOTHING_HERE: Mapping[Syntax, str] = {
    Syntax.FLAG: "it belongs to another tool and does nothing here.",
    Syntax.NEGATIVE: "this model cannot be told what to leave out. Say what you want to see instead.",
    Syntax.SETTINGS: "these settings belong to another tool.",
    Syntax.PREFIX: "the prompt begins after it.",
    Syntax.WEIGHT: "weights do nothing here.",
    Syntax.ADD_ON: "add-ons made for other models cannot be used here.",
    Syntax.BREAK: "a prompt has no parts here.",
}


def said(noted: Noted, room: int) -> str:
    """All of it in at most `room` units, with the way out; empty where there is nothing to say."""
    if noted.untouched is not None:
        return _UNTOUCHED[noted.untouched]
    told = lines(noted)
    if not told:
        return ""
    return f"{fit_lines(told, room - len(WAY_OUT) - _MORE_ROOM, 'more changes')}\n{WAY_OUT}"


def lines(noted: Noted) -> tuple[str, ...]:
    """A sentence for each find; the same find twice is told once."""
    return tuple(dict.fromkeys(line(one) for one in noted.lines))


def line(one: Line) -> str:  # noqa: PLR0911 - one sentence for each thing that can become of a find
    """What was found, and what became of it."""
    found = f"“{literal(one.found.text, FOUND_LIMIT)}”"
    match one.became:
        case Became.SET:
            return f"{found} became {_option(one.option)}: {literal(one.label, LABEL_LIMIT)}."
        case Became.NEAREST:
            return f"{found} became {_option(one.option)}: {literal(one.label, LABEL_LIMIT)}, the nearest there is."
        case Became.YOURS:
            return f"{found} was left out: your own choice of {_option(one.option)} holds."
        case Became.LATER:
            return f"{found} was left out: your prompt says {_option(one.option)} again further on."
        case Became.OUT_OF_RANGE:
            return f"{found} was left out: {_option(one.option)} {_range(one.option)}."
        case Became.NO_OPTION:
            return f"{found} was left out: this model has no such option."
        case Became.UNREADABLE:
            return f"{found} was left out: no value could be read in it."
        case Became.LEFT_OUT:
            return f"{found} was left out: {_NOTHING_HERE[one.found.syntax]}"
        case Became.UNWRAPPED:
            return f"{found}: weights do nothing here, so only the words were sent."
        case Became.QUOTED:
            return f"{found} was sent as it is, because text in quotes is never changed."


def _option(option: Option | None) -> str:
    return f"`{option.name}`" if option else "an option"


def _range(option: Option | None) -> str:
    if option is None or option.minimum is None or option.maximum is None:
        return "does not take it"
    return f"takes {option.minimum:.0f} to {option.maximum:.0f}"
