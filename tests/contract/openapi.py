"""Discord's published OpenAPI file as a judge of requests and responses.

The file is data that the project does not carry: `IMAGINE_DISCORD_OPENAPI` names it, or it lies among the facts beside
the checkout. Source: discord/discord-api-spec, `specs/openapi.json`. Tests skip by name where it is missing.
"""

import copy
import datetime
import functools
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self, cast
from urllib.parse import quote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker  # pyright: ignore[reportMissingTypeStubs]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_ROOT = "urn:discord"
_BESIDE = Path(__file__).parents[2].parent / "shared" / "facts" / "discord-openapi.json"
_VALUE_MOST = 40
_JSON = "application/json"

Json = dict[str, Any]

_INTEGER: Json = {"type": "integer", "minimum": 0}
_EXTRA_PROPERTIES: Mapping[str, Json] = {
    "MessageEditRequestPartial": {"tts": {"type": "boolean"}},
    "IncomingWebhookUpdateRequestPartial": {"tts": {"type": "boolean"}},
    "IncomingWebhookUpdateForInteractionCallbackRequestPartial": {"tts": {"type": "boolean"}},
    "ApplicationCommandUpdateRequest": {"nsfw": {"type": ["boolean", "null"]}},
    "RichEmbed": {"flags": {"type": "integer"}},
    "MessageAttachmentRequest": {
        **{key: {"type": "string"} for key in ("url", "proxy_url", "content_type")},
        **{key: {"type": "integer"} for key in ("size", "width", "height")},
        "spoiler": {"type": "boolean"},
    },
}
"""What discord.py 2.7.1 sends, Discord takes, and the file does not name."""

_INTEGER_IDS = {"MessageAttachmentRequest": "id", "CreatePrivateChannelRequest": "recipient_id"}
"""Ids that discord.py sends as integers, where the file asks for strings."""

_FIELD_ERRORS: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "message"],
        "additionalProperties": False,
    },
}
"""A field's errors as Discord sends them: codes in words. The file gives them integers."""


class _Error(Protocol):
    """What is read of jsonschema's ValidationError, which comes without types."""

    message: str
    validator: str
    validator_value: object
    instance: object
    absolute_path: Sequence[str | int]
    relative_path: Sequence[str | int]
    relative_schema_path: Sequence[str | int]
    context: "Sequence[_Error]"


class _Validator(Protocol):
    def iter_errors(self, instance: object) -> "Iterable[_Error]": ...


class DiscordSpec:
    """Checks concrete calls (`POST`, `/channels/5/messages`) against the file.

    Stricter than the file in one point: objects with a name may hold only the properties named there, so that a typo
    is found. Validators are made once per operation.
    """

    def __init__(self, document: Json) -> None:
        self._document = _made_strict(document)
        empty: Registry[Any] = Registry()
        self._registry = empty.with_resource(_ROOT, DRAFT202012.create_resource(self._document))
        self._validators: dict[str, _Validator] = {}
        self._templates = sorted(
            ((template.strip("/").split("/"), template) for template in cast("Json", document["paths"])),
            key=lambda entry: [part.startswith("{") for part in entry[0]],
        )

    @classmethod
    def find(cls) -> Self | None:
        """The file named by the environment, else the one beside the checkout, else None.

        Raises FileNotFoundError when the environment names a file that is not there.
        """
        named = os.environ.get("IMAGINE_DISCORD_OPENAPI")
        path = Path(named) if named else _BESIDE
        if not named and not path.is_file():
            return None
        return cls(_loaded(path))

    def check_request(self, method: str, path: str, payload: object) -> list[str]:
        """What is wrong with a request's JSON; of a multipart request, pass the object of `payload_json`."""
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path}: no such operation"]
        operation, pointer = found
        body = cast("Json | None", operation.get("requestBody"))
        if body is None:
            return [] if payload is None else [f"{method} {path}: takes no body"]
        if payload is None:
            return [f"{method} {path}: needs a body"] if body.get("required") else []
        return self._check((*pointer, "requestBody", "content", _JSON, "schema"), payload)

    def check_response(self, method: str, path: str, status: int, payload: object) -> list[str]:
        """What is wrong with a response's status or JSON; `payload` is None for a response without a body."""
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path}: no such operation"]
        operation, pointer = found
        responses = cast("Json", operation["responses"])
        key = next((k for k in (str(status), f"{status // 100}XX") if k in responses), None)
        if key is None:
            return [f"{method} {path}: status {status} is not one of {', '.join(sorted(responses))}"]
        where = (*pointer, "responses", key)
        response = cast("Json", responses[key])
        if "$ref" in response:
            where = tuple(str(response["$ref"]).removeprefix("#/").split("/"))
            response = cast("Json", self._document["components"]["responses"][where[-1]])
        if _JSON not in response.get("content", {}):
            return [] if payload is None else [f"{method} {path}: {status} has no body"]
        return self._check((*where, "content", _JSON, "schema"), payload)

    def _operation(self, method: str, path: str) -> tuple[Json, tuple[str, ...]] | None:
        parts = path.split("?", 1)[0].strip("/").split("/")
        for template_parts, template in self._templates:
            operations = cast("Json", self._document["paths"][template])
            if _matches(template_parts, parts) and method.lower() in operations:
                return cast("Json", operations[method.lower()]), ("paths", template, method.lower())
        return None

    def _check(self, pointer: Sequence[str], payload: object) -> list[str]:
        escaped = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
        if escaped not in self._validators:
            schema = {"$ref": f"{_ROOT}#/{quote(escaped, safe='/~')}"}
            validator = Draft202012Validator(schema, registry=self._registry, format_checker=_FORMATS)
            self._validators[escaped] = cast("_Validator", validator)
        leaves = [leaf for error in self._validators[escaped].iter_errors(payload) for leaf in _leaves(error)]
        return list(dict.fromkeys(leaves))


@functools.cache
def _loaded(path: Path) -> Json:
    return cast("Json", json.loads(path.read_text(encoding="utf-8")))


def _matches(template: Sequence[str], parts: Sequence[str]) -> bool:
    return len(template) == len(parts) and all(
        bool(part) if wanted.startswith("{") else wanted == part for wanted, part in zip(template, parts, strict=True)
    )


def _made_strict(document: Json) -> Json:
    strict = copy.deepcopy(document)
    schemas = cast("dict[str, Json]", strict["components"]["schemas"])
    bases = {part["$ref"].rsplit("/", 1)[-1] for s in schemas.values() for part in s.get("allOf", []) if "$ref" in part}
    if "InnerErrors" in schemas:
        schemas["InnerErrors"]["properties"]["_errors"] = _FIELD_ERRORS
    for name, schema in schemas.items():
        properties = cast("Json", schema.get("properties", {}))
        properties.update(_EXTRA_PROPERTIES.get(name, {}))
        if name in _INTEGER_IDS and _INTEGER_IDS[name] in properties:
            key = _INTEGER_IDS[name]
            properties[key] = {"anyOf": [properties[key], _INTEGER]}
        # A schema that others build upon with allOf sees their properties too, so it stays open.
        if properties and "allOf" not in schema and name not in bases:
            schema.setdefault("additionalProperties", False)
    return strict


def _leaves(error: _Error) -> list[str]:
    """Short messages: of a union that fits nowhere, those of the branches that the value was meant for."""
    branches: dict[str | int, list[_Error]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    meant = [errors for errors in branches.values() if not any(map(_other_branch, errors))]
    if len(meant) == 1:
        return [leaf for inner in meant[0] for leaf in _leaves(inner)]
    if meant and all(error.validator == "const" for errors in meant for error in errors):
        meant.clear()
    if meant:
        return [leaf for errors in meant for leaf in _leaves(max(errors, key=_depth))]
    where = "/".join(map(str, error.absolute_path)) or "(top)"
    return [f"{where}: {_told(error, union=bool(branches))}"]


def _told(error: _Error, *, union: bool) -> str:
    """What the file asked for; the value itself only where it is short, since pictures of whole layouts hide it."""
    instance = error.instance
    value = repr(instance)
    if union:
        if isinstance(instance, Mapping):
            fields = cast("Mapping[str, object]", instance)
            return f"fits no member of the union (type {fields.get('type')!r})"
        return f"{value[:_VALUE_MOST]} is none of the values allowed"
    if len(value) > _VALUE_MOST and error.message.startswith(value):
        return f"{value[:_VALUE_MOST]}…{error.message[len(value) :]} ({error.validator}: {error.validator_value})"
    return error.message


def _other_branch(error: _Error) -> bool:
    """Whether the error says that the value belongs to another member: its `type` differs, or only null is meant."""
    path = list(error.relative_path)
    if path == ["type"] and error.validator in ("enum", "const", "required", "oneOf"):
        return True
    return not path and error.validator == "type" and "'null'" in error.message[-20:]


def _depth(error: _Error) -> int:
    deeper = max(map(_depth, error.context), default=0) if error.context else 0
    return max(len(error.absolute_path), deeper)


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())

    @checker.checks("snowflake")
    def snowflake(value: object) -> bool:  # pyright: ignore[reportUnusedFunction]
        return not isinstance(value, str) or (value.isascii() and value.isdigit() and int(value) < 2**64)

    @checker.checks("nonce")
    def nonce(value: object) -> bool:  # pyright: ignore[reportUnusedFunction]
        return not isinstance(value, str) or len(value) <= 25

    @checker.checks("date-time", raises=ValueError)
    def date_time(value: object) -> bool:  # pyright: ignore[reportUnusedFunction]
        return not isinstance(value, str) or datetime.datetime.fromisoformat(value).tzinfo is not None

    @checker.checks("uri", raises=ValueError)
    def uri(value: object) -> bool:  # pyright: ignore[reportUnusedFunction]
        return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)

    for name, bits in (("int32", 31), ("int64", 63)):
        checker.checks(name)(functools.partial(_within, 2**bits))
    return checker


def _within(bound: int, value: object) -> bool:
    return not isinstance(value, int) or -bound <= value < bound


_FORMATS = _formats()
