"""Application commands: registered globally or for the guild, with versions that change when they do."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sandbox.discord.events import Events
from sandbox.discord.rest.body import as_form
from sandbox.discord.rest.door import NO_CONTENT, Answer, Call
from sandbox.discord.rules.commands import CHAT_INPUT, check_commands
from sandbox.discord.rules.problems import Problem
from sandbox.discord.rules.refusals import Refused, missing_access, refuse_if_any, unknown_command, unknown_guild
from sandbox.discord.wire import Payload, as_int, sid
from sandbox.discord.world import World

_DROPPED_WHEN_NULL = (
    "choices", "min_value", "max_value", "min_length", "max_length", "channel_types", "autocomplete", "required",
    "name_localizations", "description_localizations", "options",
)  # fmt: skip


class Commands:
    """Routes under `/applications/{application_id}`, with and without `/guilds/{guild_id}`."""

    def __init__(self, world: World, events: Events) -> None:
        self._world = world
        self._events = events

    async def list(self, call: Call) -> Answer:
        """All commands of a scope."""
        return Answer(200, self._scope(call))

    async def replace(self, call: Call) -> Answer:
        """Put a whole list in the place of what was there. Commands of the same name and type keep their ids."""
        old = {_key(command): command for command in self._scope(call)}
        if not isinstance(call.payload or [], list):
            refuse_if_any([Problem((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")])
        given = cast("Sequence[object]", call.payload or [])
        if not all(isinstance(each, dict) for each in given):
            refuse_if_any([Problem((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")])
        wanted = cast("Sequence[Payload]", given)
        refuse_if_any(check_commands(wanted))
        made = [self._made(command, call, old.get(_key(command))) for command in wanted]
        for command in old.values():
            del self._world.commands[int(command["id"])]
        self._world.commands.update({int(command["id"]): command for command in made})
        self._tell()
        return Answer(200, made)

    async def create(self, call: Call) -> Answer:
        """Add a command, or change the one of that name and type."""
        wanted = as_form(call.payload, call.files).payload
        known = next((each for each in self._scope(call) if _key(each) == _key(wanted)), None)
        command = self._keep(wanted, call, known)
        return Answer(201 if known is None else 200, command)

    async def get(self, call: Call) -> Answer:
        """One command."""
        return Answer(200, self._command(call))

    async def edit(self, call: Call) -> Answer:
        """Change parts of a command."""
        known = self._command(call)
        changes = as_form(call.payload, call.files).payload
        return Answer(200, self._keep({**known, **changes}, call, known))

    async def delete(self, call: Call) -> Answer:
        """Take a command away."""
        del self._world.commands[int(self._command(call)["id"])]
        self._tell()
        return NO_CONTENT

    def _keep(self, wanted: Payload, call: Call, known: Payload | None) -> Payload:
        refuse_if_any([replace(each, path=each.path[1:]) for each in check_commands([wanted])])
        command = self._made(wanted, call, known)
        self._world.commands[int(command["id"])] = command
        self._tell()
        return command

    def _tell(self) -> None:
        self._events.tell({"t": "commands", "commands": self._world.commands_for(self._world.cast.guild.id)})

    def _scope(self, call: Call) -> "list[Payload]":
        guild_id = self._check(call)
        wanted = None if guild_id is None else sid(guild_id)
        return [command for command in self._world.commands.values() if command.get("guild_id") == wanted]

    def _command(self, call: Call) -> Payload:
        wanted = call.params["command_id"]
        command = next((each for each in self._scope(call) if each["id"] == wanted), None)
        if command is None:
            raise unknown_command()
        return command

    def _check(self, call: Call) -> int | None:
        if as_int(call.params["application_id"]) != self._world.application_id:
            raise Refused(403, 20012, "You are not authorized to perform this action on this application")
        if "guild_id" not in call.params:
            return None
        guild_id = as_int(call.params["guild_id"])
        if guild_id is None:
            raise unknown_guild()
        if guild_id != self._world.cast.guild.id:
            raise missing_access()
        return guild_id

    def _made(self, wanted: Payload, call: Call, known: Payload | None) -> Payload:
        """The command as Discord keeps it. Its version changes only when anything else does."""
        permissions = wanted.get("default_member_permissions")
        made: Payload = {
            "application_id": sid(self._world.application_id),
            "type": wanted.get("type") or CHAT_INPUT,
            "name": wanted["name"],
            "description": wanted.get("description") or "",
            "default_member_permissions": None if permissions is None else str(permissions),
            "dm_permission": wanted.get("dm_permission") is not False,
            "contexts": wanted.get("contexts"),
            "integration_types": wanted.get("integration_types") or [0],
            "nsfw": wanted.get("nsfw") is True,
        }
        for name in ("name_localizations", "description_localizations"):
            made[name] = wanted.get(name) or None
        if wanted.get("options"):
            made["options"] = [_option(option) for option in wanted["options"]]
        if "guild_id" in call.params:
            made["guild_id"] = call.params["guild_id"]
        if known is not None:
            made["id"] = known["id"]
            if {key: value for key, value in known.items() if key != "version"} == made:
                return known
        return {"id": sid(self._world.ids.next()), **made, "version": sid(self._world.ids.next())}


def _key(command: Payload) -> tuple[str, int]:
    return str(command.get("name")), command.get("type") or CHAT_INPUT


def _option(option: Payload) -> Payload:
    kept = {key: value for key, value in option.items() if not (value is None and key in _DROPPED_WHEN_NULL)}
    for name in ("options", "choices"):
        if name in kept:
            kept[name] = [_option(child) for child in cast("list[Payload]", kept[name] or [])]
    return kept
