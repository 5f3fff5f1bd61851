"""Reading a bot's request: plain JSON, or multipart with `payload_json` and `files[n]`."""

import asyncio
import json
import re
from typing import cast

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from aiohttp.base_protocol import BaseProtocol

from sandbox.discord.compose import Body
from sandbox.discord.media import Upload
from sandbox.discord.rules.problems import Problem
from sandbox.discord.rules.refusals import Refused, invalid_json, refuse_if_any
from sandbox.discord.wire import Payload

_FILE = re.compile(r"files?\[(\d{1,2})\]")


async def read_body(request: web.Request) -> tuple[object, dict[int, Upload]]:
    """The JSON of a request (None where there is no body) and its files by number. Raises Refused for a broken one."""
    if request.content_type == "multipart/form-data":
        try:
            return await _read_multipart(request)
        except ValueError as error:  # aiohttp's for a body that is no multipart, or breaks off
            raise Refused(400, 50035, "Invalid Form Body") from error
    raw = await request.read()
    if not raw:
        return None, {}
    if request.content_type != "application/json":
        raise Refused(400, 50035, "Invalid Form Body", errors=_wrong_type(request.content_type))
    return _json(raw), {}


def _wrong_type(content_type: str) -> Payload:
    text = f"Expected \"Content-Type\" header to be one of {{'application/json'}}, not {content_type}."
    return {"_errors": [{"code": "CONTENT_TYPE_INVALID", "message": text}]}


async def _read_multipart(request: web.Request) -> tuple[object, dict[int, Upload]]:
    payload: object = None
    files: dict[int, Upload] = {}
    reader = MultipartReader(request.headers, await _whole(request))
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise invalid_json()
        content = bytes(await part.read())
        if part.name == "payload_json":
            payload = _json(content)
        elif part.name and (match := _FILE.fullmatch(part.name)):
            files[int(match[1])] = Upload(part.filename or "unknown", content, part.headers.get("Content-Type"))
    return payload, files


async def _whole(request: web.Request) -> StreamReader:
    """The body once all of it is there. aiohttp warns of itself where a boundary arrives in pieces."""
    loop = asyncio.get_running_loop()
    raw = await request.read()
    stream = StreamReader(BaseProtocol(loop), limit=len(raw) + 1, loop=loop)
    stream.feed_data(raw)
    stream.feed_eof()
    return stream


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise invalid_json() from error


def as_form(payload: object, files: dict[int, Upload]) -> Body:
    """A body that must be an object; no body at all counts as an empty one. Raises Refused."""
    if payload is None:
        return Body({}, files)
    if not isinstance(payload, dict):
        refuse_if_any([Problem((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")])
    return Body(cast("Payload", payload), files)
