"""Families as both databases keep them: found by their first digits in one server alone, by the primary key."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, insert, update

from bot.runs import rows
from bot.runs.families import FamilyService
from bot.runs.run import Run
from bot.store.engine import Store
from bot.store.tables import run_parents, runs
from tests.contract.test_plans import plans_of

REQUEST: dict[str, Any] = {"prompt": "a fox", "images": 1, "facts": [], "tells_seed": True}

AddRun = Callable[[Connection, int], str]


def in_guild(connection: Connection, run_id: str, guild_id: int | None, *parents: str) -> None:
    refs = [{"position": at, "parent_run_id": one, "picture": 2} for at, one in enumerate(parents)]
    named: dict[str, Any] = {"guild_id": guild_id, "parents": refs or None, "request": REQUEST}
    connection.execute(update(runs).where(runs.c.id == run_id).values(named))
    for one in refs:
        connection.execute(insert(run_parents).values(run_id=run_id, **one))


def ids(found: tuple[Run, ...]) -> list[int]:
    return [int(one.id, 16) for one in found]


async def test_first_digits_find_runs_of_one_server_alone(store: Store, add_run: AddRun) -> None:
    def change(connection: Connection) -> None:
        for number, guild_id in ((0xAB << 96, 5), ((0xAB << 96) + 0xF, 5), ((0xAB << 96) + 1, 6), ((0xAC << 96), 5)):
            in_guild(connection, add_run_with_id(connection, number), guild_id)
        in_guild(connection, add_run_with_id(connection, (0xAB << 96) + 2), None)

    def add_run_with_id(connection: Connection, number: int) -> str:
        nonlocal pressed
        pressed += 1
        given, wanted = add_run(connection, pressed), f"{number:032x}"
        connection.execute(update(runs).where(runs.c.id == given).values(id=wanted))
        return wanted

    pressed = 0
    await store.write(change)
    families = FamilyService(store=store)
    assert ids(await families.beginning("000000ab", 5)) == [0xAB << 96, (0xAB << 96) + 0xF]
    assert ids(await families.beginning("000000ab", 6)) == [(0xAB << 96) + 1]
    assert ids(await families.beginning("000000ab", None)) == [(0xAB << 96) + 2]
    assert ids(await families.beginning(f"{(0xAB << 96) + 0xF:032x}", 5)) == [(0xAB << 96) + 0xF]
    for digits in ("000000a", "000000a%", "000000ad", "0" * 33, "000000AB"):
        assert await families.beginning(digits, 5) == ()


async def test_a_family_is_read_with_its_ancestors_and_children(store: Store, add_run: AddRun) -> None:
    def change(connection: Connection) -> None:
        made = [add_run(connection, number) for number in range(1, 6)]
        for number, parents in ((1, ()), (2, (0,)), (3, (1, 1)), (4, (3,))):
            in_guild(connection, made[number], 5, *(made[one] for one in parents))
        in_guild(connection, made[0], 5)

    await store.write(change)
    families = FamilyService(store=store)
    run = await store.read(rows.load, f"{4:032x}")
    family = await families.family(run)
    assert [[int(one.id, 16) for one in each] for each in family.generations] == [[2], [4], [5]]
    assert not family.has_more
    assert await families.made_from(f"{2:032x}") == 1
    assert await families.made_from(f"{5:032x}") == 0


async def test_families_are_read_by_their_indexes(store: Store, add_run: AddRun) -> None:
    def change(connection: Connection) -> None:
        made = [add_run(connection, number) for number in range(1, 40)]
        in_guild(connection, made[0], 5)
        in_guild(connection, made[1], 5, made[0])

    await store.write(change)
    primary = "sqlite_autoindex_runs_1 (id>" if store.dialect == "sqlite" else "pk_runs"
    by_digits = await plans_of(store, lambda c: rows.beginning(c, "0" * 8, 5, 10))
    assert any(primary in plan for plan in by_digits), by_digits
    of_a_run = await plans_of(store, lambda c: rows.children_count(c, f"{1:032x}", 100))
    assert all("ix_run_parents_parent_run_id" in plan for plan in of_a_run), of_a_run
