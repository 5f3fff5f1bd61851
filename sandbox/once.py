"""One /imagine without a browser: each state of the reply as it changes, and the pictures in a directory."""

import asyncio
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.app import Sandbox
from sandbox.discord import ClientRefusal

LOADING = 128
QUIET_S = 30.0  # a reply that has not changed for so long is not going to
_UNFINISHED = ("cancel:", "leave:")  # buttons of a card that will change
_LAST_STEPS = ("Fetching your picture", "Finishing…")  # what is said when nothing is left to be canceled

Payload = Mapping[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: options of /imagine by name, in `channel` ("general" or "after-dark"), saved under `out`."""

    prompt: str
    out: Path
    options: Mapping[str, object] = field(default_factory=dict[str, object])
    channel: str = "general"


async def imagine_once(sandbox: Sandbox, request: Request, say: Say) -> int:
    """Ask once and follow the reply. 0 when it ended in pictures, 1 otherwise."""
    cast = sandbox.discord.world.cast
    channel = cast.after_dark if request.channel == "after-dark" else cast.general
    began_s = time.monotonic()

    def tell(text: str) -> None:
        say(f"{time.monotonic() - began_s:6.2f} s  " + text.replace("\n", "\n          "))

    events = sandbox.discord.people.subscribe()
    try:
        interaction_id = await sandbox.discord.people.slash(
            user_id=cast.member.id,
            channel_id=channel.id,
            command="imagine",
            options={"prompt": request.prompt, **request.options},
        )
        reply = await _follow(events, str(interaction_id), tell)
    except ClientRefusal as refusal:
        say(f"Discord would not send that: {refusal}")
        return 1
    finally:
        events.close()
    if reply is None:
        return 1
    for path in await save_pictures(reply, request.out, request.prompt):
        say(f"saved {path}")
    return 0


async def _follow(events: Any, interaction_id: str, tell: Say) -> Payload | None:
    """The reply once it shows pictures; None when it ends without."""
    shown = ""
    while True:
        try:
            event: Payload = await asyncio.wait_for(anext(events), QUIET_S)
        except TimeoutError:
            tell("There are no pictures, and nothing has changed for a while.")
            return None
        if event["t"] == "interaction" and str(event["id"]) == interaction_id:
            if event["state"] == "failed":
                tell("The application did not respond")
                return None
            continue
        message: Payload = event.get("message") or {}
        if not event["t"].startswith("message_") or _answers(message) != interaction_id:
            continue
        text = "\n".join(flatten(message))
        if text != shown:
            tell(text)
            shown = text
        if message.get("attachments"):
            return message
        if not will_change(message):
            return None


def will_change(message: Payload) -> bool:
    """Whether a card of the bot's says that it is not at its end: it can still be canceled, or is at its last step."""
    return (
        bool(message.get("flags", 0) & LOADING)
        or any(one.startswith(_UNFINISHED) for one in _custom_ids(message.get("components") or ()))
        or any(line.startswith(_LAST_STEPS) for text in flatten(message) for line in text.splitlines())
    )


def _custom_ids(components: Iterable[Payload]) -> Iterator[str]:
    for one in components:
        yield str(one.get("custom_id") or "")
        yield from _custom_ids(one.get("components") or ())


def _answers(message: Payload) -> str:
    metadata: Payload = message.get("interaction_metadata") or {}
    return str(metadata.get("id"))


def flatten(message: Payload) -> Iterator[str]:
    """A message as lines of plain text, Components V2 included."""
    if message.get("flags", 0) & LOADING:
        yield "thinking…"
        return
    if message.get("content"):
        yield plain(message["content"])
    for component in message.get("components") or ():
        yield from _flatten_component(component)


def _flatten_component(component: Payload) -> Iterator[str]:
    match component.get("type"):
        case 2:
            yield f"[{component.get('label') or 'button'}]"
        case 10:
            yield plain(component.get("content", ""))
        case 12:
            for item in component.get("items") or ():
                hidden = "spoiler, " if item.get("spoiler") else ""
                yield f"[{hidden}picture] {item.get('description') or 'no description'}"
        case 1:
            yield " ".join(line for inner in component.get("components") or () for line in _flatten_component(inner))
        case _:
            for inner in component.get("components") or ():
                yield from _flatten_component(inner)
            if component.get("accessory"):
                yield from _flatten_component(component["accessory"])


def plain(text: str) -> str:
    """Markdown without its marks. A relative timestamp is left out: the line says when it was printed."""
    text = re.sub(r"\s*<t:-?\d+(:\w)?>", "", text)
    text = re.sub(r"(?m)^(#{1,3}|-#|>) +", "", text)
    text = re.sub(r"(?<!\\)(\*\*|__|~~|\|\||`)", "", text)
    return re.sub(r"\\([^\w\s]|_)", r"\1", text).strip()


async def save_pictures(message: Payload, out: Path, prompt: str) -> list[Path]:
    """Save the message's attachments under `out`, named after the prompt; files that are there already stay."""
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    saved: list[Path] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        for attachment in message["attachments"]:
            async with session.get(attachment["url"]) as answer:
                answer.raise_for_status()
                content = await answer.read()
            ending = Path(str(attachment["filename"])).suffix.lower()
            saved.append(await asyncio.to_thread(write_new, out, slug(prompt), ending, content))
    return saved


def write_new(out: Path, stem: str, ending: str, content: bytes) -> Path:
    """Write `content` to the first free name of `stem-1`, `stem-2` and so on."""
    number = 1
    while True:
        path = out / f"{stem}-{number}{ending}"
        try:
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            number += 1
        else:
            return path


def slug(prompt: str) -> str:
    """A short file name from a prompt: letters and digits of any script, joined by hyphens, at most 60 bytes."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", prompt).casefold())
    whole = "-".join(words).encode()
    short = whole[:60].decode(errors="ignore")
    if len(whole) > 60 and "-" in short and whole[60:61] != b"-":
        short = short.rpartition("-")[0]
    return short.strip("-") or "picture"
