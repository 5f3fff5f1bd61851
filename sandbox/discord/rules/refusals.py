"""How Discord says no: a status, a JSON error code, and for forms a tree that names each field."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from sandbox.discord.rules.problems import Path, Problem, form_errors, under
from sandbox.discord.wire import Payload


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


def not_in_private() -> Refused:
    """What needs a server's permissions cannot be done in private conversations."""
    return Refused(403, 50003, "Cannot execute action on a DM channel")


def cannot_message_user() -> Refused:
    """The person takes no direct messages from the bot."""
    return Refused(403, 50007, "Cannot send messages to this user")


def too_large() -> Refused:
    """A file is larger than allowed here."""
    return Refused(413, 40005, "Request entity too large")


def invalid_json() -> Refused:
    """The body is no JSON."""
    return Refused(400, 50109, "The request body contains invalid JSON.")


def refuse_if_any(problems: Sequence[Problem], prefix: Path = ()) -> None:
    """Raise Refused for what is wrong with a form that lies at `prefix` of the request; nothing when it is fine."""
    if problems:
        body = form_errors(under(problems, *prefix))
        raise Refused(400, cast("int", body["code"]), str(body["message"]), cast("Payload | None", body.get("errors")))
