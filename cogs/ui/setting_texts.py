"""What is set for a channel, in words: how a setting is called, and what it is set to. Pure."""


def duration(seconds: int) -> str:
    """A length of time in words: days, hours or minutes, whichever is whole."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {name}" + ("" if count == 1 else "s")
    return f"{seconds} seconds"


def called(name: str) -> str:
    """What people call a setting; `name` is its field in ChannelSetting."""
    return name.removesuffix("_s").replace("_", " ")


def set_to(name: str, value: object) -> str:
    """What a setting is set to. Names that end in `_s` hold seconds, and 0 of them means never."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_s") and isinstance(value, int):
        return duration(value) if value else "never"
    if name == "buttons":
        return _pressers(str(value))
    return str(value).replace("_", " ")


def _pressers(text: str) -> str:
    """Who may press a card's buttons: `bot.moderation.pressers`, as text."""
    kind, _, roles = text.partition(":")
    return " ".join((kind, *(f"<@&{one}>" for one in roles.split("+")))) if roles else kind
