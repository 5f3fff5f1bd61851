"""A limit check with few entries in the ledger against one with many: both in one run, in turns.

The two databases differ in nothing but the number of entries (and of totals, a tenth of them). Entries are written by
SQL, each pair a run that was held for and settled, spread evenly over run ids, people, servers and two years.
"""

import platform
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from bench.bulk import fill_by
from bot.guilds.audit import AdminAction
from bot.ledger import ledger
from bot.ledger.service import LedgerService
from bot.ledger.values import Defaults, Demand, Limit, Measure, Person, Subject, Window
from bot.money import MicroUsd
from bot.store.engine import Store
from bot.store.tables import runs

FEW, MANY, PAIRS = 10_000, 10_000_000, 400
TARGET = 1.3
SEED = 7

_PEOPLE, _SERVERS = 50_000, 100
_START = datetime(2024, 1, 1, tzinfo=UTC)
_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
_WARM_UP = 40
_DEFAULTS = Defaults(user_daily=MicroUsd(10**9), bot_monthly=MicroUsd(10**14))

# Made again after the fill, sorted: much quicker than row by row.
_COUNTS = "SELECT (SELECT count(*) FROM ledger_entries), (SELECT count(*) FROM ledger_totals)"

# A run id is 32 hex digits; these are spread over all of them in order, so that the index is filled from left to right.
_FILL_ENTRIES = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :runs)
INSERT INTO ledger_entries
    (run_id, kind, user_id, guild_id, channel_id, amount_micro_usd, estimated, at, pictures)
SELECT printf('%08x%024x', n * 4294967296 / :runs, n), kinds.column1,
    n % :people + 1, n % :servers + 1, n % 500 + 1, 5000, 0,
    (:start + n * 63072000 / :runs) * 1000000, 1
FROM numbers, (VALUES ('reserve'), ('settle')) AS kinds
"""

_FILL_TOTALS = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :totals)
INSERT OR IGNORE INTO ledger_totals
SELECT n % :servers + 1, 'user', n % :people + 1, 'hour',
    (:start + n * 63072000 / :totals) / 3600 * 3600000000, 0, 5000, 0, 0, 0, 1, 0, 0, 0
FROM numbers
"""


@dataclass(frozen=True, slots=True)
class Side:
    """One ledger: how many entries it has, and how long each check took, in seconds."""

    entries: int
    totals: int
    check_s: tuple[float, ...]
    whole_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Both sides. `check` is the check and hold (`ledger.reserve`); `whole` its transaction, with row and commit."""

    few: Side
    many: Side
    fill_s: float

    @property
    def check_ratio(self) -> float:
        """How many times as long the check takes with many entries, by the medians."""
        return median(self.many.check_s) / median(self.few.check_s)

    @property
    def whole_ratio(self) -> float:
        """How many times as long the whole transaction takes, by the medians."""
        return median(self.many.whole_s) / median(self.few.whole_s)

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return max(self.check_ratio, self.whole_ratio) <= TARGET


async def measure(folder: Path, *, many: int, pairs: int, say: Callable[[str], None]) -> Measured:
    """Fill both ledgers and time checks in turns."""
    began = perf_counter()
    async with AsyncExitStack() as stack:
        stores: list[Store] = []
        counts: list[tuple[int, int]] = []
        for entries in (FEW, many):
            say(f"filling a ledger with {entries:,} entries")
            file = folder / f"{entries}-{len(stores)}.db"
            async with Store.open(f"sqlite:///{file}"):
                pass  # migrated
            counts.append(fill(file, entries, [_FILL_TOTALS]))
            stores.append(await stack.enter_async_context(Store.open(f"sqlite:///{file}")))
            await _set_limits(stores[-1])
        fill_s = perf_counter() - began
        say(f"filled in {fill_s:.0f} s; timing {pairs} pairs of checks")
        times = await _in_turns(stores, pairs)
    few_times, many_times = times
    return Measured(_side(counts[0], few_times), _side(counts[1], many_times), fill_s)


def table(measured: Measured) -> str:
    """The numbers for people."""
    lines = ["", "A limit check (milliseconds)        entries      median         p95"]
    for name, few, many in (
        ("check and hold", measured.few.check_s, measured.many.check_s),
        ("whole transaction", measured.few.whole_s, measured.many.whole_s),
    ):
        for side, times in ((measured.few, few), (measured.many, many)):
            lines.append(f"  {name:<20}{side.entries:>20,}{median(times) * 1000:>12.2f}{_p95(times) * 1000:>12.2f}")
    verdict = "holds" if measured.holds else "is MISSED"
    lines.append(
        f"  ratio: {measured.check_ratio:.2f} (check and hold), {measured.whole_ratio:.2f} (whole transaction); "
        f"the target of at most {TARGET} {verdict}"
    )
    return "\n".join(lines)


def as_json(measured: Measured) -> dict[str, object]:
    """The numbers for machines; times in milliseconds."""

    def side(one: Side) -> dict[str, object]:
        return {
            "entries": one.entries,
            "totals": one.totals,
            "check_ms": {"median": _ms(median(one.check_s)), "p95": _ms(_p95(one.check_s))},
            "whole_transaction_ms": {"median": _ms(median(one.whole_s)), "p95": _ms(_p95(one.whole_s))},
        }

    return {
        "what": "a limit check, few entries against many, in turns",
        "engine": f"SQLite {sqlite3.sqlite_version}",
        "python": platform.python_version(),
        "pairs": len(measured.few.check_s),
        "few": side(measured.few),
        "many": side(measured.many),
        "check_ratio": round(measured.check_ratio, 3),
        "whole_transaction_ratio": round(measured.whole_ratio, 3),
        "target": TARGET,
        "holds": measured.holds,
    }


def fill(file: Path, entries: int, totals: Sequence[str]) -> tuple[int, int]:
    """Write the entries, and the totals by statements of SQL; how many of each there are then."""
    amounts = {"people": _PEOPLE, "servers": _SERVERS, "start": int(_START.timestamp())}
    amounts |= {"runs": entries // 2, "totals": entries // 10}
    fill_by(file, (_FILL_ENTRIES, *totals), amounts)
    with closing(sqlite3.connect(file)) as connection:
        (counted,) = connection.execute(_COUNTS).fetchall()
    return counted


async def _set_limits(store: Store) -> None:
    """Limits of every scope in every server, none of them in the way."""
    desk = LedgerService(store=store, clock=_Standing(), defaults=_DEFAULTS)
    for guild_id in range(1, _SERVERS + 1):
        for subject, subject_id in ((Subject.GUILD, None), (Subject.ROLE, 5), (Subject.ROLE, 6), (Subject.CHANNEL, 7)):
            limit = Limit(subject, subject_id, Window.MONTH, Measure.PICTURES, 1_000_000, guild_id)
            await desk.set_limit(AdminAction(guild_id, 1), limit)


async def _in_turns(stores: Sequence[Store], pairs: int) -> list[list[tuple[float, float]]]:
    """The same checks on each store, which of them goes first changing each time."""
    rng = Random(SEED)  # noqa: S311 - the same checks in every run
    times: list[list[tuple[float, float]]] = [[] for _ in stores]
    for number in range(pairs + _WARM_UP):
        run_id = UUID(int=rng.getrandbits(128)).hex
        person = Person(rng.randrange(_PEOPLE) + 1, rng.randrange(_SERVERS) + 1, rng.randrange(500) + 1, (5, 6))
        at = _NOW + timedelta(seconds=number)
        order = range(len(stores)) if number % 2 else reversed(range(len(stores)))
        for index in order:
            taken = await _check(stores[index], number, run_id, person, at)
            if number >= _WARM_UP:
                times[index].append(taken)
    return times


async def _check(store: Store, number: int, run_id: str, person: Person, at: datetime) -> tuple[float, float]:
    """Seconds for the check and hold, and for its whole transaction."""
    began = perf_counter()

    def change(connection: Connection) -> Any:
        connection.execute(insert(runs).values(_run_row(run_id, number, person, at)))
        check_began = perf_counter()
        ledger.reserve(
            connection, run_id=run_id, person=person, demand=Demand(MicroUsd(5_000), 1), defaults=_DEFAULTS, at=at
        )
        return perf_counter() - check_began

    check_s = await store.write(change)
    return check_s, perf_counter() - began


def _run_row(run_id: str, number: int, person: Person, at: datetime) -> dict[str, object]:
    return {
        "id": run_id,
        "interaction_id": number + 1,
        "application_id": 1,
        "user_id": person.user_id,
        "guild_id": person.guild_id,
        "channel_id": person.channel_id,
        "model_id": "m",
        "input": {"prompt": "a fox"},
        "policy": "block",
        "interaction_token": "t",
        "interaction_at": at,
        "attachment_limit_bytes": 1,
        "state": "accepted",
        "delivery": "pending",
        "held_micro_usd": 5_000,
        "cost_estimated": False,
        "reason_fields": [],
        "created_at": at,
    }


def _side(counts: tuple[int, int], times: Sequence[tuple[float, float]]) -> Side:
    return Side(*counts, tuple(check for check, _ in times), tuple(whole for _, whole in times))


def _p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


class _Standing:
    """A clock that stands."""

    def now(self) -> datetime:
        return _NOW

    async def sleep(self, delay_s: float) -> None:
        """Nothing here waits."""
