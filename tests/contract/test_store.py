"""What every room may rely on when it writes and reads, on SQLite and on PostgreSQL."""

import asyncio
import sqlite3
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from bot.errors import SettingsError, Unavailable
from bot.runs.transitions import FINAL
from bot.store import tables, tables_saved
from bot.store.engine import Store
from bot.store.postgresql import KEPT_FOR_FIRST, WRITERS
from bot.store.tables import ledger_entries, runs, synced_commands
from bot.store.upsert import insert_if_absent
from tests.contract.meanwhile import meanwhile

AddRun = Callable[[Connection, int], str]
OpenStore = Callable[..., AbstractAsyncContextManager[Store]]
AT = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
async def store(open_store: OpenStore) -> AsyncIterator[Store]:
    """A store, opened and migrated."""
    async with open_store() as store:
        yield store


def note(connection: Connection, number: int) -> None:
    connection.execute(insert(synced_commands).values(application_id=number, digest="d", synced_at=AT))


async def noted(store: Store) -> list[int]:
    return await store.read(
        lambda connection: list(connection.scalars(select(synced_commands.c.application_id).order_by(text("1"))))
    )


# --- tables and migrations


async def test_all_migrations_together_equal_the_tables(empty_database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, tables_saved.metadata))

    async with Store.open(empty_database_url) as store:

        def change(connection: Connection) -> None:
            assert differences(connection) == []

        await store.write(change)


async def test_partial_indexes_are_those_of_the_tables(store: Store) -> None:
    catalogue = "sqlite_master" if store.dialect == "sqlite" else "pg_indexes"
    definition, name = ("sql", "name") if store.dialect == "sqlite" else ("indexdef", "indexname")

    def look(connection: Connection) -> Any:
        rows = connection.execute(text(f"SELECT {name}, {definition} FROM {catalogue}"))
        return {row[0]: row[1] for row in rows}

    found = await store.read(look)
    assert " WHERE " in found["ix_runs_unfinished"]
    assert " WHERE " in found["uq_ledger_entries_end"]
    assert "UNIQUE" in found["uq_ledger_entries_end"]


async def test_opening_again_changes_nothing(open_empty_store: OpenStore) -> None:
    async with open_empty_store() as store:
        await store.write(note, 1)
    async with open_empty_store() as store:
        assert await noted(store) == [1]


async def test_two_processes_may_start_at_once(open_empty_store: OpenStore) -> None:
    async def start() -> list[int]:
        async with open_empty_store() as store:
            return await noted(store)

    assert await asyncio.gather(start(), start(), start()) == [[], [], []]


async def test_a_database_of_a_newer_bot_is_refused(open_empty_store: OpenStore) -> None:
    async with open_empty_store() as store:
        await store.write(
            lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        )
    with pytest.raises(SettingsError, match="newer"):
        async with open_empty_store():
            pass


def test_unfinished_names_every_state_that_is_not_final() -> None:
    named = str(tables.UNFINISHED).split("NOT IN")[1]
    assert {word.strip("() ,'") for word in named.split()} == {state.value for state in FINAL}


async def test_unfinished_runs_are_those_that_owe_an_end(store: Store, add_run: AddRun) -> None:

    def change(connection: Connection) -> None:
        for number in range(6):
            add_run(connection, number)
        connection.execute(update(runs).where(runs.c.interaction_id < 3).values(state="failed", delivery="shown"))
        connection.execute(update(runs).where(runs.c.interaction_id == 3).values(state="succeeded"))
        assert len(list(connection.scalars(select(runs.c.id).where(tables.UNFINISHED)))) == 3

    await store.write(change)


# --- values


async def test_times_are_utc_in_and_out(store: Store) -> None:
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))

    def change(connection: Connection) -> Any:
        connection.execute(insert(synced_commands).values(application_id=1, digest="d", synced_at=tokyo))
        return connection.scalar(select(synced_commands.c.synced_at).where(synced_commands.c.synced_at == tokyo))

    found = await store.write(change)
    assert found is not None
    assert (found, found.utcoffset()) == (AT, timedelta(0))


async def test_a_naive_time_is_refused(store: Store) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        await store.write(
            lambda connection: connection.execute(
                insert(synced_commands).values(application_id=1, digest="d", synced_at=AT.replace(tzinfo=None))
            )
        )


async def test_a_run_comes_back_as_it_went_in(store: Store, add_run: AddRun) -> None:
    run_id = await store.write(add_run, 7)
    row = await store.read(
        lambda connection: (connection.execute(select(runs).where(runs.c.id == run_id, runs.c.result.is_(None)))).one()
    )
    assert (row.user_id, row.input, row.reason_fields, row.guild_id) == (2**63 - 1, {"prompt": "a fox ✨"}, [], None)


async def test_a_unique_conflict_is_an_answer(store: Store) -> None:
    row: dict[str, object] = {"application_id": 1, "digest": "d", "synced_at": AT}

    def change(connection: Connection) -> None:
        assert insert_if_absent(connection, synced_commands, row)
        assert not insert_if_absent(connection, synced_commands, {**row, "digest": "e"})
        note(connection, 2)

    await store.write(change)
    assert await noted(store) == [1, 2]


async def test_other_constraints_are_errors_still(store: Store) -> None:
    with pytest.raises(IntegrityError):
        await store.write(insert_if_absent, synced_commands, {"application_id": 1, "digest": None, "synced_at": AT})


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "gift"},
        {"kind": "reserve", "amount_micro_usd": -1},
        {"kind": "settle", "amount_micro_usd": -1},
        {"kind": "release"},  # the run is settled already: one end
        {"kind": "reserve", "run_id": "no such run"},
    ],
)
async def test_the_database_itself_keeps_the_ledgers_rules(
    store: Store, add_run: AddRun, wrong: dict[str, object]
) -> None:

    def change(connection: Connection) -> Any:
        run_id = add_run(connection, 1)
        entry: dict[str, object] = {
            "run_id": run_id,
            "kind": "settle",
            "user_id": 1,
            "amount_micro_usd": 5,
            "estimated": False,
            "at": AT,
        }
        connection.execute(insert(ledger_entries).values(entry))
        return entry

    entry = await store.write(change)
    with pytest.raises(IntegrityError):
        await store.write(lambda connection: connection.execute(insert(ledger_entries).values(entry | wrong)))


# --- transactions


async def test_writers_at_once_do_not_mix(store: Store) -> None:
    """Each odd writer is undone after it wrote, while the even ones are under way: only the even ones' rows stay."""

    def written(connection: Connection, number: int) -> None:
        note(connection, 2 * number)
        note(connection, 2 * number + 1)
        if number % 2:
            raise ZeroDivisionError

    ends = await asyncio.gather(*(store.write(written, number) for number in range(20)), return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), ZeroDivisionError] * 10
    assert await noted(store) == sorted(n for number in range(0, 20, 2) for n in (2 * number, 2 * number + 1))


async def test_writers_of_two_processes_do_not_mix(database_url: str) -> None:
    loop = asyncio.get_running_loop()
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        kept: list[asyncio.Task[None]] = []

        async def begin_another() -> None:
            assert await noted(other) == []  # readers neither wait nor see it
            kept.append(asyncio.create_task(other.write(note, 2), name="another writer"))

        def undone(connection: Connection) -> None:
            note(connection, 1)
            meanwhile(loop, begin_another())
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await one.write(undone)
        await asyncio.gather(*kept)
        assert await noted(one) == [2]


async def test_what_a_writer_reads_stays_true(store: Store) -> None:
    """Read, think, write: no addition is lost. (On PostgreSQL the row is locked, as the ledger does.)"""
    row = {"application_id": 1, "digest": "0", "synced_at": AT}
    await store.write(insert_if_absent, synced_commands, row)

    def add_one(connection: Connection) -> None:
        found = connection.scalar(select(synced_commands.c.digest).with_for_update())
        connection.execute(update(synced_commands).values(digest=str(int(str(found)) + 1)))

    await asyncio.gather(*(store.write(add_one) for _ in range(12)))
    assert await store.read(lambda connection: connection.scalar(select(synced_commands.c.digest))) == "12"


async def test_a_reader_sees_one_moment(database_url: str) -> None:
    loop, count = asyncio.get_running_loop(), select(func.count()).select_from(synced_commands)
    async with Store.open(database_url) as store:

        def counted(connection: Connection) -> tuple[int | None, int | None]:
            before = connection.scalar(count)
            meanwhile(loop, store.write(note, 1))
            return before, connection.scalar(count)

        assert await store.read(counted) == (0, 0)


def for_long(connection: Connection) -> None:
    """Be busy in the database until the statement is broken off."""
    sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    connection.execute(text(sqlite if connection.dialect.name == "sqlite" else "SELECT pg_sleep(60)"))


async def test_a_cancelled_writer_leaves_nothing_and_gives_its_connection_back(database_url: str) -> None:
    """Twenty times, which is more than the pool has connections, and before the statement or in the middle of it.

    Inline there is no such middle: a transaction is one step of the loop.
    """
    loop = asyncio.get_running_loop()
    async with Store.open(database_url) as store:
        tasks: list[asyncio.Task[None]] = []  # kept, since their tracebacks hold on to the statements
        for number in range(20):
            wrote = asyncio.Event()

            def written(connection: Connection, number: int, wrote: asyncio.Event) -> None:
                note(connection, number)
                loop.call_soon_threadsafe(wrote.set)
                for_long(connection)

            task = asyncio.create_task(store.write(written, number, wrote), name=f"writer {number}")
            tasks.append(task)
            await wrote.wait()
            await asyncio.sleep(number / 4000)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await store.write(note, 100)
        assert await noted(store) == [100]


async def test_a_cancelled_reader_breaks_its_question_off(database_url: str) -> None:
    loop = asyncio.get_running_loop()
    async with Store.open(database_url) as store:
        for number in range(12):
            began = asyncio.Event()

            def counted(connection: Connection, began: asyncio.Event) -> None:
                connection.execute(text("SELECT 1"))
                loop.call_soon_threadsafe(began.set)
                for_long(connection)

            task = asyncio.create_task(store.read(counted, began), name=f"reader {number}")
            await began.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await noted(store) == []


async def test_a_writer_cancelled_while_it_waits_takes_no_turn(database_url: str) -> None:
    loop = asyncio.get_running_loop()
    async with Store.open(database_url) as store:

        async def cancelled() -> None:
            task = asyncio.create_task(_one_note(store, 1), name="waiting writer")
            for _ in range(5):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        def first(connection: Connection) -> None:
            connection.execute(text("SELECT 1"))
            meanwhile(loop, cancelled())

        await store.write(first)
        await _one_note(store, 2)
        assert await noted(store) == [2]


async def test_a_function_that_awaits_is_refused_and_undone(store: Store) -> None:
    async def awaiting(connection: Connection) -> None:
        await store.write(note, 2)

    def writing_within_a_write(connection: Connection) -> object:
        note(connection, 1)
        return store.write(note, 2)

    for wrong in (awaiting, writing_within_a_write):
        with pytest.raises(RuntimeError, match="never awaits"):
            await store.write(wrong)
    assert await noted(store) == []


async def _one_note(store: Store, number: int) -> None:
    await store.write(note, number)


async def test_nobody_writes_while_reading(store: Store) -> None:
    if store.dialect == "sqlite":
        pytest.skip("SQLite has no read-only transactions; reads there are deferred ones")
    with pytest.raises(Unavailable):
        await store.read(note, 1)


# --- when the database cannot


async def test_a_wrong_statement_is_a_fault_not_bad_weather(store: Store) -> None:
    with pytest.raises(DBAPIError):
        await store.write(lambda connection: connection.execute(text("SELECT * FROM nowhere")))


async def test_an_error_tells_the_log_nothing_of_the_row(store: Store) -> None:
    row = {"application_id": 1, "digest": "a secret", "synced_at": None}
    with pytest.raises(IntegrityError) as caught:
        await store.write(lambda connection: connection.execute(insert(synced_commands).values(row)))
    told = "".join(traceback.format_exception(caught.value))
    assert "synced_at" in told
    assert "a secret" not in told


async def test_a_locked_database_is_bad_weather(open_sqlite: OpenStore, sqlite_url: str) -> None:
    async with open_sqlite(patience_s=0.05) as store:
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="nothing was started"):
            await _one_note(store, 1)
        assert await noted(store) == []  # readers go on
        other.execute("ROLLBACK")
        other.close()
        await _one_note(store, 2)
        assert await noted(store) == [2]


async def test_a_queue_of_writers_that_does_not_move_is_bad_weather(sqlite_url: str) -> None:
    loop = asyncio.get_running_loop()
    async with Store.open(sqlite_url, patience_s=0.02) as store:

        async def refused() -> None:
            with pytest.raises(Unavailable):
                await _one_note(store, 2)

        def slow(connection: Connection) -> None:
            note(connection, 1)
            meanwhile(loop, refused())

        await store.write(slow)
        assert await noted(store) == [1]


async def test_a_full_disk_is_bad_weather_and_half_a_write_is_none(open_sqlite: OpenStore) -> None:
    async with open_sqlite() as store:

        def too_much(connection: Connection) -> None:
            note(connection, 1)
            connection.execute(text("PRAGMA max_page_count = 1"))  # no page more than there are
            row = {"application_id": 2, "digest": "d" * 1_000_000, "synced_at": AT}
            connection.execute(insert(synced_commands).values(row))

        with pytest.raises(Unavailable):
            await store.write(too_much)
        assert await noted(store) == []


async def test_a_lost_connection_is_bad_weather_once(postgres_url: str) -> None:
    loop, end = asyncio.get_running_loop(), text("SELECT pg_terminate_backend(:pid, 2000)")
    async with Store.open(postgres_url) as store:

        def broken_off(connection: Connection) -> None:
            note(connection, 1)
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            meanwhile(loop, store.write(lambda other: other.scalar(end, {"pid": pid})))
            note(connection, 2)

        with pytest.raises(Unavailable):
            await store.write(broken_off)
        await _one_note(store, 3)
        assert await noted(store) == [3]


async def test_in_a_rush_writers_wait_for_their_turn_and_not_for_each_others_rows(postgres_url: str) -> None:
    at_work, most = set[int](), 0

    def written(connection: Connection, number: int) -> None:
        nonlocal most
        at_work.add(number)
        most = max(most, len(at_work))
        connection.execute(text("SELECT pg_sleep(0.002)"))
        note(connection, number)
        at_work.remove(number)

    async with Store.open(postgres_url) as store:
        await asyncio.gather(*(store.write(written, number) for number in range(60)))
        assert await noted(store) == list(range(60))
    assert most <= WRITERS


async def test_some_turns_of_writers_are_only_for_those_that_go_first(postgres_url: str) -> None:
    at_work, most, ended = set[int](), 0, list[int]()

    def written(connection: Connection, number: int) -> None:
        nonlocal most
        at_work.add(number)
        most = max(most, len(at_work - {99}))
        connection.execute(text("SELECT pg_sleep(0.002)"))
        at_work.remove(number)
        ended.append(number)

    async with Store.open(postgres_url) as store:
        others = asyncio.gather(*(store.write(written, number) for number in range(40)))
        await asyncio.sleep(0)
        await store.write_first(written, 99)
        await others
    assert most <= WRITERS - KEPT_FOR_FIRST
    assert ended.index(99) < 20, "it waited for those that had come before it"


async def test_a_row_that_stays_locked_is_bad_weather(postgres_url: str) -> None:
    loop, locked = asyncio.get_running_loop(), select(synced_commands).with_for_update()
    async with Store.open(postgres_url, patience_s=0.3) as store:

        def locks(connection: Connection) -> None:
            connection.execute(locked)
            with pytest.raises(Unavailable):
                meanwhile(loop, store.write(lambda other: other.scalar(locked)))

        await _one_note(store, 1)
        await store.write(locks)


async def test_a_database_that_does_not_answer() -> None:
    with pytest.raises(Unavailable, match=r"DATABASE_URL: the database does not answer: .*127\.0\.0\.1"):
        async with Store.open("postgresql://x@127.0.0.1:9/x"):
            pass


async def test_a_database_that_stays_locked_at_a_start(sqlite_url: str) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="DATABASE_URL: the database does not answer: database is locked"):
            async with Store.open(sqlite_url, patience_s=0.05):
                pass


@asynccontextmanager
async def a_server(answer: bytes) -> AsyncGenerator[int]:
    """The port of a server that gives one answer, and then waits for its client to go."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.sleep(0.05)  # for the client's end to be heard


async def test_a_server_that_says_nothing_at_a_start() -> None:
    async with a_server(b"") as port:
        with pytest.raises(Unavailable, match="DATABASE_URL: the database does not answer: nothing came in time"):
            async with Store.open(f"postgresql://x@127.0.0.1:{port}/x?sslmode=disable", patience_s=0.1):
                pass


@pytest.mark.parametrize(
    "options", ["sslmode=prefer&channel_binding=prefer", "ssl=false", "sslmode=disable&connect_timeout=5"]
)
async def test_options_as_hosters_give_them(postgres_url: str, options: str) -> None:
    url = postgres_url.replace("postgresql+asyncpg://", "postgres://")
    async with Store.open(f"{url}&{options}&application_name=imagine") as store:

        def look(connection: Connection) -> None:
            assert connection.scalar(text("SHOW application_name")) == "imagine"

        await store.read(look)


@pytest.mark.parametrize("options", ["sslmode=require&channel_binding=require", "ssl=true"])
async def test_a_server_without_tls_where_it_is_demanded(options: str) -> None:
    async with a_server(b"N") as port:  # "no", in PostgreSQL's protocol
        with pytest.raises(Unavailable, match=r"DATABASE_URL: the database does not answer: .*SSL"):
            async with Store.open(f"postgres://bot:word@127.0.0.1:{port}/x?{options}", patience_s=1):
                pass


async def test_a_migration_may_take_longer_than_a_statement(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(connection: Connection) -> None:
        connection.execute(text("SELECT pg_sleep(0.3)"))

    monkeypatch.setattr("bot.store.engine.upgrade", slow)
    async with Store.open(postgres_url, statement_s=0.1) as store:
        with pytest.raises(Unavailable):
            await store.write(lambda connection: connection.execute(text("SELECT pg_sleep(0.3)")))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "imagine.db",
        "mysql://x/y",
        "sqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite:////proc/no/x.db",
        "sqlite:////proc/x.db",
        "postgresql://x@h:99999/x",
        "postgres://x@h/x?sslmode=sometimes",
        "postgres://x@h/x?sslmode=verify-full&sslrootcert=/no/such/file",
        "postgres://x@h/x?prefer=cheese",
    ],
)
async def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        async with Store.open(url):
            pass


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"junk" * 1000)
    with pytest.raises(SettingsError, match="not a database"):
        async with Store.open(f"sqlite:///{tmp_path / 'x.db'}"):
            pass


async def test_a_postgresql_without_the_database(postgres_folder: str) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        async with Store.open(f"postgresql://postgres@/nope?host={postgres_folder}"):
            pass


async def test_sqlite_is_set_up_to_lose_nothing(empty_sqlite_url: str) -> None:
    async with Store.open(empty_sqlite_url) as store:
        found = await store.read(
            lambda connection: {
                name: connection.scalar(text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        )
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
