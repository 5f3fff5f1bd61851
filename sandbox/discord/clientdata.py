"""The `data` of an interaction, built as Discord's client and server build it from what a person chose."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sandbox.discord import payloads
from sandbox.discord.cast import Person
from sandbox.discord.clientforms import entered
from sandbox.discord.media import Upload, take_in
from sandbox.discord.messages import Message
from sandbox.discord.rules.options import Option
from sandbox.discord.rules.tree import SELECTS, Kind, assign_ids
from sandbox.discord.wire import Payload, as_int, sid
from sandbox.discord.world import World


class ClientData:
    """Builds the data; files of attachment options are kept in the world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def command(self, way: Sequence[Payload], values: Mapping[str, object], *, focused: str | None = None) -> Payload:
        """Data of a slash command. `way` leads from the command to the subcommand that is called."""
        resolved: dict[str, dict[str, Any]] = {}
        declared = {option["name"]: option for option in way[-1].get("options") or ()}
        given: list[Payload] = []
        for name, value in values.items():
            if value is None:
                continue
            kind = declared[name]["type"] if name in declared else _kind_of(value)
            option: Payload = {
                "name": name,
                "type": int(kind),
                "value": self._resolve(kind, value, resolved),
            }
            if name == focused:
                option["focused"] = True
                option["value"] = str(value)
            given.append(option)
        for step in reversed(way[1:]):
            given = [{"name": step["name"], "type": step["type"], "options": given}]
        command = way[0]
        data: Payload = {"id": command["id"], "name": command["name"], "type": 1}
        if given:
            data["options"] = given
        if resolved:
            data["resolved"] = resolved
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data

    def menu(self, command: Payload, target: Person | Message) -> Payload:
        """Data of a command from the menu of a message or a person. A message is resolved whole, as Discord does."""
        resolved: dict[str, dict[str, Any]] = {}
        if isinstance(target, Message):
            resolved["messages"] = {sid(target.id): self._world.render(target)}
        else:
            self._pick(target.id, resolved)
        data: Payload = {"id": command["id"], "name": command["name"], "type": command["type"]}
        data |= {"target_id": sid(target.id), "resolved": resolved}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data

    def _resolve(self, kind: int, value: object, resolved: dict[str, dict[str, Any]]) -> object:
        if kind == Option.ATTACHMENT and isinstance(value, Upload):
            upload = take_in(
                value,
                attachment_id=self._world.ids.next(),
                channel_id=self._world.application_id,
                description=None,
                ephemeral=True,
            )
            self._world.keep_upload(upload)
            resolved.setdefault("attachments", {})[sid(upload.id)] = payloads.attachment(
                upload, self._world.addresses.of(upload)
            )
            return sid(upload.id)
        if kind in {Option.USER, Option.CHANNEL, Option.ROLE, Option.MENTIONABLE}:
            self._pick(as_int(value) or 0, resolved)
            return str(value)
        return value

    def _pick(self, picked: int, resolved: dict[str, dict[str, Any]]) -> None:
        world = self._world
        person, channel = world.person(picked), world.channel(picked)
        role = next((each for each in world.cast.guild.roles if each.id == picked), None)
        if person is not None:
            resolved.setdefault("users", {})[sid(picked)] = payloads.user(person)
            if person.in_guild:  # whoever left is named, but is no member
                member = payloads.member(person, with_user=False) | {"permissions": "0"}
                resolved.setdefault("members", {})[sid(picked)] = member
        elif channel is not None:
            partial = world.render_channel(channel)
            partial.pop("permission_overwrites", None)
            resolved.setdefault("channels", {})[sid(picked)] = partial | {"permissions": "0"}
        elif role is not None:
            resolved.setdefault("roles", {})[sid(picked)] = payloads.role(role)

    def component(self, component: Payload, values: Sequence[str]) -> Payload:
        """Data of a pressed button or a used select."""
        data: Payload = {"custom_id": component["custom_id"], "component_type": component["type"]}
        if component.get("id"):
            data["id"] = component["id"]
        if component["type"] != 2:
            data["values"] = list(values)
            resolved: dict[str, dict[str, Any]] = {}
            if component["type"] != Kind.STRING_SELECT:
                for value in values:
                    self._pick(as_int(value) or 0, resolved)
            data["resolved"] = resolved
        return data

    def modal(self, custom_id: str, components: Sequence[Payload], values: Mapping[str, object]) -> Payload:
        """Data of a submitted modal, with its fields in the order in which they were asked."""
        resolved: dict[str, dict[str, Any]] = {}
        parts: list[Payload] = []
        for part in _numbered(components):
            base: Payload = {"type": part["type"], "id": part["id"]}
            if part["type"] == Kind.LABEL:
                base["component"] = self._field(part["component"], values, resolved)
            elif part["type"] == Kind.ACTION_ROW:
                base["components"] = [self._field(each, values, resolved) for each in part["components"]]
            parts.append(base)
        return {"custom_id": custom_id, "components": parts, "resolved": resolved}

    def _field(self, field: Payload, values: Mapping[str, object], resolved: dict[str, dict[str, Any]]) -> Payload:
        kind, value = field["type"], entered(field, values)
        filled: Payload = {"type": kind, "id": field["id"], "custom_id": field["custom_id"]}
        if kind in {Kind.TEXT_INPUT, Kind.RADIO_GROUP, Kind.CHECKBOX}:
            return filled | {"value": value}
        picks = cast("list[object]", value)
        if kind == Kind.FILE_UPLOAD:
            picks = [self._resolve(Option.ATTACHMENT, each, resolved) for each in picks]
        elif kind in SELECTS and kind != Kind.STRING_SELECT:
            for each in picks:
                self._pick(as_int(each) or 0, resolved)
        return filled | {"values": [str(each) for each in picks]}


def _numbered(components: Sequence[Payload]) -> list[Payload]:
    """The components with an id each, as Discord gives those that have none."""
    return cast("list[Payload]", assign_ids(components))


def _kind_of(value: object) -> int:
    """The option type a forged value pretends to be."""
    match value:
        case bool():
            return Option.BOOLEAN
        case int():
            return Option.INTEGER
        case float():
            return Option.NUMBER
        case Upload():
            return Option.ATTACHMENT
        case _:
            return Option.STRING
