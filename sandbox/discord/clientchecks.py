"""What Discord's own client checks before it sends a command or a form, in its words."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sandbox.discord.media import Upload
from sandbox.discord.rules.options import NESTING, Option, check_options
from sandbox.discord.wire import Payload, as_int


class ClientRefusal(Exception):
    """The client does not send this; the text is what it would show."""


def find_leaf(command: Payload, names: Sequence[str]) -> tuple[Payload, ...] | None:
    """The way from a command down to the subcommand `names` lead to; None where there is none."""
    if not names:
        nested = any(option["type"] in NESTING for option in command.get("options") or ())
        return None if nested else (command,)
    for option in command.get("options") or ():
        if option["type"] in NESTING and option["name"] == names[0]:
            rest = find_leaf(option, names[1:])
            return None if rest is None else (command, *rest)
    return None


def check_values(leaf: Payload, values: Mapping[str, object], *, known: "Known") -> None:
    """Raise ClientRefusal for the first value the client would not take.

    Files stand as Upload; people, channels and roles by their ids, as text or number.
    """
    picked = {option["name"] for option in leaf.get("options") or () if option["type"] in _PICKED}
    entered = {name: _as_entered(value) if name in picked else value for name, value in values.items()}
    sentence = check_options(leaf, entered)
    if sentence is not None:
        raise ClientRefusal(sentence)
    for option in leaf.get("options") or ():
        value = values.get(option["name"])
        if value is not None and option["type"] in _PICKED:
            _check_picked(option, value, known)


_PICKED = frozenset({Option.USER, Option.CHANNEL, Option.ROLE, Option.MENTIONABLE, Option.ATTACHMENT})


def _as_entered(value: object) -> object:
    if isinstance(value, Upload):
        return value.filename
    return None if value is None else str(value)


class Known:
    """Which ids a client can pick from."""

    def __init__(self, *, users: Iterable[int], channels: Mapping[int, int], roles: Iterable[int]) -> None:
        self.users = frozenset(users)
        self.channels = dict(channels)
        self.roles = frozenset(roles)


def _check_picked(option: Payload, value: object, known: Known) -> None:
    name, kind = option["name"], option["type"]
    if kind == Option.ATTACHMENT:
        if not isinstance(value, Upload):
            raise ClientRefusal(f"{name} must be a file. Please attach one.")
        return
    picked = as_int(value)
    pools: dict[int, Collection[int]] = {
        Option.USER: known.users,
        Option.ROLE: known.roles,
        Option.CHANNEL: known.channels,
        Option.MENTIONABLE: known.users | known.roles,
    }
    if picked is None or picked not in pools[kind]:
        raise ClientRefusal(f"{name} must be one from the list.")
    types = option.get("channel_types")
    if kind == Option.CHANNEL and types and known.channels[picked] not in types:
        raise ClientRefusal(f"{name} must be a channel of another kind.")


def check_input(component: Payload, value: object, label: str) -> None:
    """Raise ClientRefusal where a modal's field would not be submitted like this."""
    needed = component.get("required") is not False
    if value in (None, "", [], ()):
        if needed:
            raise ClientRefusal(f"{label}: This field is required.")
        return
    if component["type"] == 4:
        text = str(value)
        if len(text) < (component.get("min_length") or 0):
            raise ClientRefusal(f"{label}: Enter at least {component['min_length']} characters.")
        if len(text) > (component.get("max_length") or 4000):
            raise ClientRefusal(f"{label}: Enter at most {component.get('max_length') or 4000} characters.")


def check_selection(component: Payload, values: Sequence[str]) -> None:
    """Raise ClientRefusal where a select would not be sent with these values."""
    if len(values) < component.get("min_values", 1) or len(values) > component.get("max_values", 1):
        raise ClientRefusal("Choose another number of options.")
    offered = {option["value"] for option in component.get("options") or ()}
    if component["type"] == 3 and not offered.issuperset(values):
        raise ClientRefusal("That option is not offered.")
