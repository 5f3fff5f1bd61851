"""What Discord's own client checks before it sends a command or a form, in its words."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sandbox.discord.media import Upload
from sandbox.discord.rules.options import NESTING, Option, check_options
from sandbox.discord.rules.tree import Kind
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
    """Which ids a client can pick from, and how large a file it may send."""

    def __init__(
        self, *, users: Iterable[int], channels: Mapping[int, int], roles: Iterable[int], upload_limit_bytes: int
    ) -> None:
        self.users = frozenset(users)
        self.channels = dict(channels)
        self.roles = frozenset(roles)
        self.upload_limit_bytes = upload_limit_bytes

    def pool(self, select: int, channel_types: Collection[int] | None = None) -> frozenset[int]:
        """What a select of this type offers; of channels only those of the types asked for, if any."""
        match select:
            case Kind.USER_SELECT:
                return self.users
            case Kind.ROLE_SELECT:
                return self.roles
            case Kind.MENTIONABLE_SELECT:
                return self.users | self.roles
            case _:
                return frozenset(each for each, of in self.channels.items() if not channel_types or of in channel_types)


def check_upload(name: str, value: object, known: Known) -> None:
    """Raise ClientRefusal where a value is no file, or one that is too large."""
    if not isinstance(value, Upload):
        raise ClientRefusal(f"{name} must be a file. Please attach one.")
    if len(value.content) > known.upload_limit_bytes:
        limit = known.upload_limit_bytes / (1024 * 1024)
        raise ClientRefusal(f"{name}: Your files are too powerful! The limit is {limit:g} MB.")


def _check_picked(option: Payload, value: object, known: Known) -> None:
    name, kind = option["name"], option["type"]
    if kind == Option.ATTACHMENT:
        check_upload(name, value, known)
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
