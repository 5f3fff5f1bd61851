"""Tells Discord of the commands, once, and again only when they change: it takes few such calls a day."""

import hashlib
import json
from typing import Any, Protocol

import structlog
from discord import app_commands

_log = structlog.get_logger(__name__)


class SyncMemory(Protocol):
    """Remembers which commands Discord was last told of."""

    async def digest_of(self, application_id: int) -> str | None:
        """The digest remembered for an application; None where there is none."""
        ...

    async def remember(self, application_id: int, digest: str) -> None:
        """Remember a digest."""
        ...


async def sync_when_changed(tree: app_commands.CommandTree[Any], application_id: int, memory: SyncMemory) -> None:
    """Tell Discord of the commands of a tree, unless it was told of the same before."""
    commands = tree.get_commands()
    digest = commands_digest([command.to_dict(tree) for command in commands])
    if await memory.digest_of(application_id) == digest:
        return
    await tree.sync()
    await memory.remember(application_id, digest)
    _log.info("commands synced", count=len(commands))


def commands_digest(payloads: list[dict[str, Any]]) -> str:
    """A digest of command definitions, the same in whatever order they and their keys come."""
    texts = sorted(json.dumps(payload, sort_keys=True, ensure_ascii=True) for payload in payloads)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
