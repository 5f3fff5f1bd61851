"""How Discord says no: a status, a JSON error code, and for forms a tree that names each field."""

from dataclasses import dataclass, field
from typing import cast

from sandbox.discord.wire import Payload

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Refused(Exception):
    """An answer other than success. `code` is Discord's JSON error code, 0 for plain HTTP errors."""

    status: int
    code: int
    message: str
    errors: Payload | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    more: Payload = field(default_factory=dict[str, object])

    def body(self) -> Payload:
        """What is sent."""
        errors = {} if self.errors is None else {"errors": self.errors}
        return {"message": self.message, "code": self.code, **errors, **self.more}

    def __str__(self) -> str:
        return f"{self.status}/{self.code} {self.message}"


def unauthorized() -> Refused:
    """No valid bot token."""
    return Refused(401, 0, "401: Unauthorized")


def not_found() -> Refused:
    """No such route."""
    return Refused(404, 0, "404: Not Found")


def unknown_channel() -> Refused:
    """The channel does not exist."""
    return Refused(404, 10003, "Unknown Channel")


def unknown_guild() -> Refused:
    """The guild does not exist, or the bot is not in it."""
    return Refused(404, 10004, "Unknown Guild")


def unknown_member() -> Refused:
    """Nobody of this id is in the guild."""
    return Refused(404, 10007, "Unknown Member")


def unknown_message() -> Refused:
    """The message does not exist, or the bot may not know of it."""
    return Refused(404, 10008, "Unknown Message")


def unknown_user() -> Refused:
    """Nobody has this id."""
    return Refused(404, 10013, "Unknown User")


def unknown_webhook() -> Refused:
    """No interaction that was acknowledged has this token."""
    return Refused(404, 10015, "Unknown Webhook")


def unknown_interaction() -> Refused:
    """The interaction does not exist, or its three seconds are over."""
    return Refused(404, 10062, "Unknown interaction")


def unknown_command() -> Refused:
    """The application has no such command."""
    return Refused(404, 10063, "Unknown application command")


def already_acknowledged() -> Refused:
    """An interaction takes one first answer only."""
    return Refused(400, 40060, "Interaction has already been acknowledged.")


def token_expired() -> Refused:
    """The 15 minutes of an interaction's token are over."""
    return Refused(401, 50027, "Invalid Webhook Token")


def missing_access() -> Refused:
    """The bot cannot see the place."""
    return Refused(403, 50001, "Missing Access")


def missing_permissions() -> Refused:
    """The bot sees the place but may not do this there."""
    return Refused(403, 50013, "Missing Permissions")


def not_the_author() -> Refused:
    """Only an author edits a message."""
    return Refused(403, 50005, "Cannot edit a message authored by another user")


def cannot_message_user() -> Refused:
    """The person takes no direct messages from the bot."""
    return Refused(403, 50007, "Cannot send messages to this user")


def empty_message() -> Refused:
    """There is nothing in the message."""
    return Refused(400, 50006, "Cannot send an empty message")


def too_large() -> Refused:
    """A file is larger than allowed here."""
    return Refused(413, 40005, "Request entity too large")


def invalid_json() -> Refused:
    """The body is no JSON."""
    return Refused(400, 50109, "The request body contains invalid JSON.")


class Problems:
    """Collects what is wrong with a form. Paths are relative to `prefix`, where the form lies in the request."""

    def __init__(self, prefix: Path = ()) -> None:
        self._prefix = prefix
        self._tree: Payload = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note that the field at `path` is wrong."""
        node = self._tree
        for step in (*self._prefix, *path):
            node = cast("Payload", node.setdefault(str(step), {}))
        cast("list[Payload]", node.setdefault("_errors", [])).append({"code": code, "message": message})

    def required(self, path: Path) -> None:
        """Note that a field is missing."""
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required")

    def refuse_if_any(self) -> None:
        """Raise Refused with 50035 when anything was noted."""
        if self._tree:
            raise Refused(400, 50035, "Invalid Form Body", errors=self._tree)

    def text(
        self, payload: Payload, key: str, at: Path, *, least: int = 0, most: int, needed: bool = False
    ) -> str | None:
        """The string under `key`, noted when it is missing, of another type, too short or too long."""
        value: object = payload.get(key)
        path = (*at, key)
        if value is None:
            if needed:
                self.required(path)
            return None
        if not isinstance(value, str):
            self.add(path, "BASE_TYPE_BAD_STRING", "Could not interpret value as string.")
            return None
        if not least <= len(value) <= most:
            bounds = (
                f"Must be between {least} and {most} in length." if least else f"Must be {most} or fewer in length."
            )
            self.add(path, "BASE_TYPE_BAD_LENGTH" if least else "BASE_TYPE_MAX_LENGTH", bounds)
        return value

    def number(
        self, payload: Payload, key: str, at: Path, *, least: int, most: int, needed: bool = False
    ) -> int | None:
        """The integer under `key`, noted when it is missing, of another type or out of range."""
        value: object = payload.get(key)
        path = (*at, key)
        if value is None:
            if needed:
                self.required(path)
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.add(path, "NUMBER_TYPE_COERCE", f'Value "{str(value)[:40]}" is not int.')
            return None
        if value < least:
            self.add(path, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        elif value > most:
            self.add(path, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
        return value

    def objects(
        self, payload: Payload, key: str, at: Path, *, least: int = 0, most: int, needed: bool = False
    ) -> list[Payload]:
        """The list of objects under `key`, noted when it is none or has too few or too many; then as good as it is."""
        value: object = payload.get(key)
        path = (*at, key)
        if value is None:
            if needed:
                self.required(path)
            return []
        if not isinstance(value, list):
            self.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        entries = cast("list[object]", value)
        if not least <= len(entries) <= most:
            self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self.add((*path, index), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")
        return [cast("Payload", entry) for entry in entries if isinstance(entry, dict)]
