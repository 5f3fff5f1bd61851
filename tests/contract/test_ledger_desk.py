"""What cogs ask of the books, on SQLite and on PostgreSQL: reports that add up, and acts that leave their row."""

import asyncio
import csv
import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from bot.__main__ import main
from bot.check import books
from bot.errors import BotError, UserError
from bot.guilds.audit import AdminAction, AuditRow
from bot.ledger.export import HEADER, csv_line
from bot.ledger.values import (
    Defaults,
    EntryRow,
    Kind,
    Limit,
    LimitCause,
    Measure,
    Person,
    PersonSpend,
    Spend,
    Subject,
    Total,
    Window,
)
from bot.money import MicroUsd
from bot.runs.transitions import Change, Settle
from bot.store.engine import Store
from bot.store.tables import ledger_totals
from tests.contract.pressing import ADMIN, JUST_BEFORE_MIDNIGHT, PRIVATE, THERE, Room

DAILY = Limit(Subject.USER, 7, Window.DAY, Measure.MONEY, 1_000_000, 1)
ME = Person(7, 1, 10, (5,))
MIDNIGHT = datetime(2026, 6, 30, tzinfo=UTC)


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store, Defaults(user_daily=MicroUsd(500_000)))


async def acts(room: Room) -> tuple[AuditRow, ...]:
    """What the audit of the first server holds, newest first."""
    return (await room.guild_settings.audit(1)).rows


async def entries(
    room: Room, guild_id: int | None, since: datetime | None = None, until: datetime | None = None
) -> list[dict[str, str]]:
    """The lines of the CSV of a stretch, by the names of its header."""
    file = await room.desk.entries_csv(guild_id, since, until, most_bytes=1_000_000)
    assert file is not None
    return list(csv.DictReader(io.StringIO(file.decode())))


async def test_a_limit_is_set_changed_and_removed_and_each_act_leaves_a_row(room: Room) -> None:
    assert await room.desk.set_limit(ADMIN, DAILY) is None
    assert await room.desk.set_limit(ADMIN, replace(DAILY, amount=5)) == DAILY
    assert await room.desk.limits_of(1) == (replace(DAILY, amount=5),)
    assert await room.desk.remove_limit(ADMIN, DAILY)
    assert not await room.desk.remove_limit(ADMIN, DAILY)
    assert await room.desk.limits_of(1) == ()
    told = {"subject": "user", "subject_id": "7", "window": "day", "measure": "money", "amount": 1_000_000}
    assert await acts(room) == (
        AuditRow(3, 1, 9, "limit_removed", told | {"amount": 5}, None, JUST_BEFORE_MIDNIGHT),
        AuditRow(2, 1, 9, "limit_set", told, told | {"amount": 5}, JUST_BEFORE_MIDNIGHT),
        AuditRow(1, 1, 9, "limit_set", None, told, JUST_BEFORE_MIDNIGHT),
    )


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        (replace(DAILY, amount=-1), "from \\$0.00 to \\$1,000,000.00"),
        (replace(DAILY, amount=10**12 + 1), "from \\$0.00 to"),
        (replace(DAILY, measure=Measure.PICTURES, amount=10**6 + 1), "from 0 pictures to 1,000,000 pictures"),
        (replace(DAILY, measure=Measure.RUNS, window=Window.EVER, amount=10**6), "from 0 runs to 1,000 runs"),
        (replace(DAILY, measure=Measure.RUNS), "leave the window out"),
        (replace(DAILY, guild_id=2), "another server"),
        (replace(DAILY, guild_id=None), "whoever runs it"),
        (replace(DAILY, subject=Subject.BOT), "whoever runs it"),
        (replace(DAILY, subject_id=None), "name the person"),
        (replace(DAILY, subject=Subject.GUILD), "needs no name"),
    ],
)
async def test_what_no_admin_may_set_changes_nothing(room: Room, limit: Limit, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        await room.desk.set_limit(ADMIN, limit)
    assert await room.desk.limits_of(1) == await room.desk.limits_of(2) == ()
    assert await acts(room) == ()


async def test_the_largest_limits_and_ids_are_kept_as_they_are(room: Room) -> None:
    large = Limit(Subject.ROLE, 2**63 - 1, Window.EVER, Measure.MONEY, 10**12, 1)
    await room.desk.set_limit(ADMIN, large)
    assert await room.desk.limits_of(1) == (large,)


async def test_another_servers_limits_cannot_be_removed(room: Room) -> None:
    await room.desk.set_limit(ADMIN, DAILY)
    with pytest.raises(UserError, match="another server"):
        await room.desk.remove_limit(AdminAction(2, 9), DAILY)
    assert await room.desk.limits_of(1) == (DAILY,)


async def test_a_grant_raises_what_is_left_in_this_server_until_the_windows_end(room: Room) -> None:
    usage = await room.desk.grant(ADMIN, ME, MicroUsd(250_000), "won the contest")
    (daily,) = usage.limits
    assert (daily.amount, daily.left, daily.applied.why) == (750_000, 750_000, LimitCause.DEFAULT)
    assert (await room.desk.usage(replace(ME, guild_id=2))).limits[0].left == 500_000
    assert (await room.desk.usage(replace(ME, user_id=8))).limits[0].left == 500_000
    (row,) = await acts(room)
    assert row.what == "granted"
    assert row.after == {"user_id": "7", "amount_micro_usd": 250_000, "reason": "won the contest"}
    room.clock.advance(60)
    (daily,) = (await room.desk.usage(ME)).limits
    assert (daily.amount, daily.left) == (500_000, 500_000)
    (entry,) = await entries(room, 1)
    assert [entry[name] for name in ("kind", "amount_usd", "user_id", "run_id")] == ["grant", "0.250000", "7", ""]


@pytest.mark.parametrize(
    ("person", "amount", "reason"),
    [
        (ME, 0, ""),
        (ME, -5, ""),
        (ME, 10**10 + 1, ""),
        (ME, 5, "x" * 501),
        (replace(ME, guild_id=2), 5, ""),
        (replace(ME, guild_id=None), 5, ""),
    ],
)
async def test_a_grant_out_of_range_changes_nothing(room: Room, person: Person, amount: int, reason: str) -> None:
    with pytest.raises(UserError):
        await room.desk.grant(ADMIN, person, MicroUsd(amount), reason)
    assert await entries(room, None) == []
    assert await acts(room) == ()


async def test_usage_tells_the_persons_own_totals_and_last_runs_of_this_place(room: Room) -> None:
    mine = [await room.press(number) for number in range(1, 13)]
    await room.press(20, THERE)
    await room.press(21, user_id=8)
    spent = await room.book.apply(
        mine[-1], Change(replace(mine[-1], cost=MicroUsd(3), cost_estimated=True), Settle(MicroUsd(3), estimated=True))
    )
    usage = await room.desk.usage(ME)
    assert [run.run_id for run in usage.runs] == [run.id for run in reversed(mine)][:10], "pressed last, listed first"
    assert {run.prompt for run in usage.runs} == {"a red fox"}
    told = {run.run_id: run for run in usage.runs}.get(spent.id)
    assert told is None or (told.cost, told.estimated) == (3, True)
    assert set(usage.totals) == set(Window)
    held = MicroUsd(11 * mine[0].held)
    month = Total(held=held, spent=MicroUsd(3), estimated=MicroUsd(3), held_pictures=11)
    assert usage.totals[Window.MONTH] == month
    assert usage.totals[Window.EVER] == replace(month, live_runs=11)
    private = await room.desk.usage(Person(7, None, 30))
    assert (private.runs, private.limits) == ((), ())


async def test_limits_are_explained_with_those_that_give_way(room: Room) -> None:
    role = Limit(Subject.ROLE, 5, Window.DAY, Measure.MONEY, 2, 1)
    everybody = Limit(Subject.ROLE, 1, Window.DAY, Measure.MONEY, 1, 1)
    other_role = Limit(Subject.ROLE, 6, Window.DAY, Measure.MONEY, 9, 1)
    for limit in (role, everybody, other_role):
        await room.desk.set_limit(ADMIN, limit)
    explanation = await room.desk.explain(ME)
    assert [(one.limit, one.why) for one in explanation.applied] == [(role, LimitCause.ROLE)]
    assert [(one.limit.amount, one.by) for one in explanation.passed_over] == [(1, role), (500_000, role)]
    await room.desk.set_limit(ADMIN, DAILY)
    explanation = await room.desk.explain(ME)
    assert [(one.limit, one.why) for one in explanation.applied] == [(DAILY, LimitCause.USER)]
    assert {one.by for one in explanation.passed_over} == {DAILY}
    assert (await room.desk.explain(Person(7, None, 30))).applied == ()


async def test_spending_by_day_and_by_person(room: Room) -> None:
    for number, (user_id, cost) in enumerate([(7, 30), (8, 50), (7, 5)], start=1):
        run = await room.press(number, user_id=user_id)
        if number == 3:
            room.clock.advance(60)
            run = await room.press(9, user_id=user_id)
        await room.book.apply(run, Change(run, Settle(MicroUsd(cost), estimated=cost == 5)))
    run = await room.press(10, PRIVATE)
    await room.book.apply(run, Change(run, Settle(MicroUsd(1), estimated=False)))
    spend = await room.desk.spend(1, MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=2))
    assert [(one.day, one.spend.money) for one in spend.by_day] == [
        (date(2026, 6, 29), 0),
        (date(2026, 6, 30), 80),
        (date(2026, 7, 1), 5),
    ]
    assert spend.by_person == (
        PersonSpend(8, Spend(MicroUsd(50))),
        PersonSpend(7, Spend(MicroUsd(35), MicroUsd(5))),
    )
    assert spend.total == Spend(MicroUsd(85), MicroUsd(5))
    private = await room.desk.spend(None, MIDNIGHT, MIDNIGHT + timedelta(days=2))
    assert private.total.money == 1


async def test_stretches_of_time_that_make_no_report(room: Room) -> None:
    with pytest.raises(UserError, match="before it begins"):
        await room.desk.spend(1, MIDNIGHT, MIDNIGHT)
    with pytest.raises(UserError, match="more than a year"):
        await room.desk.spend(1, MIDNIGHT, MIDNIGHT + timedelta(days=367))


async def test_entries_come_in_pages_oldest_first_and_only_those_asked_for(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.ledger.reports._PAGE", 2)
    here = [await room.press(number) for number in range(1, 6)]
    there, private = await room.press(6, THERE), await room.press(7, PRIVATE)
    room.clock.advance(60)
    late = await room.press(8)

    async def asked(guild_id: int | None, since: datetime | None = None, until: datetime | None = None) -> list[str]:
        return [entry["run_id"] for entry in await entries(room, guild_id, since, until)]

    assert await asked(1) == [run.id for run in (*here, late)]
    assert await asked(None) == [run.id for run in (*here, there, private, late)]
    assert await asked(1, since=MIDNIGHT + timedelta(days=1)) == [late.id]
    assert await asked(1, until=late.created_at) == [run.id for run in here]
    assert await asked(3) == []
    whole = await room.desk.entries_csv(1, None, None, most_bytes=10_000)
    assert whole is not None
    assert await room.desk.entries_csv(1, None, None, most_bytes=len(whole)) == whole
    assert await room.desk.entries_csv(1, None, None, most_bytes=len(whole) - 1) is None


def test_a_line_of_the_export() -> None:
    at = datetime(2026, 6, 30, 23, 59, 50, 1, tzinfo=UTC)
    entry = EntryRow(4, at, Kind.SETTLE, "ab", None, 2**63 - 1, 7, MicroUsd(1_000_005), 2, estimated=True)
    (row,) = csv.DictReader(io.StringIO(HEADER + csv_line(entry)))
    assert row == {
        "id": "4",
        "at": "2026-06-30T23:59:50.000001Z",
        "kind": "settle",
        "run_id": "ab",
        "guild_id": "",
        "channel_id": str(2**63 - 1),
        "user_id": "7",
        "amount_usd": "1.000005",
        "pictures": "2",
        "estimated": "yes",
    }


@pytest.fixture
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the command line reads, and the log's handlers as they were: it sets up its own, on streams of this test."""
    for name, value in {"DISCORD_TOKEN": "a", "RUNFLOW_API_KEY": "b", "DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level


async def filled(database_url: str) -> None:
    async with Store.open(database_url) as store:
        room = Room(store)
        await room.press(1)
        await room.press(2, THERE)
        room.clock.advance(60)
        await room.press(3)


@pytest.mark.usefixtures("environment")
def test_the_export_from_the_command_line(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(filled(database_url))
    assert main(["export"]) == 0
    printed = capsys.readouterr()
    assert len(list(csv.DictReader(io.StringIO(printed.out)))) == 3
    assert printed.err.endswith("3 entries\n")
    file = tmp_path / "entries.csv"
    assert main(["export", "--guild", "1", "--since", "2026-07-01", "--until", "2026-07-02", "--out", str(file)]) == 0
    (row,) = csv.DictReader(io.StringIO(file.read_text("utf-8")))
    assert (row["guild_id"], row["at"]) == ("1", "2026-07-01T00:00:50.000000Z")
    assert main(["export", "--out", str(tmp_path / "no" / "folder.csv")]) == 1
    with pytest.raises(SystemExit):
        main(["export", "--since", "yesterday"])


async def test_the_check_says_where_the_books_disagree(room: Room, database_url: str) -> None:
    await room.press(1)
    assert await books(database_url, datetime(2026, 5, 1, tzinfo=UTC)) == "every total agrees with its entries"

    def change(connection: Connection) -> None:
        one = (ledger_totals.c.subject == Subject.GUILD) & (ledger_totals.c.window == Window.MONTH)
        connection.execute(update(ledger_totals).where(one).values(held_micro_usd=1))

    await room.store.write(change)
    with pytest.raises(BotError, match="1 totals disagree with their entries; the first: guild 1 of server 1, month"):
        await books(database_url, datetime(2026, 5, 1, tzinfo=UTC))
