"""A start with many unfinished runs, and people who press from the first second on.

`python -m bench.start --waiting 10000` fills a database with runs that wait in the bot's own queue, `--unfinished N`
with runs that are at Runflow. Then the real bot is started as a process of its own, against the stand-ins in this one;
each callback of its loop is timed from inside (`probe_of_start`). Every run has a card on the stand-in of Discord.
What is printed is JSON; the exit code is 1 where something was lost, sent twice or out of order.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from uuid import uuid4

import aiohttp
from sqlalchemy import Connection

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.ledger import ledger, recount
from bot.ledger.values import Defaults, Demand, Person
from bot.moderation.policy import Policy
from bot.money import MicroUsd
from bot.runs import rows
from bot.runs.run import Delivery, Place, Reply, Run, State
from bot.store.engine import Store
from sandbox.app import RUNFLOW_KEY, Sandbox, SandboxOptions, open_sandbox
from sandbox.botprocess import ROOT
from sandbox.discord.interactions import Interaction
from sandbox.runflow.switches import DEFAULT

_PROMPT = {"prompt": "a red fox in snow"}
_COMPONENTS_V2 = 1 << 15
_CARD = {"type": 4, "data": {"flags": _COMPONENTS_V2, "components": [{"type": 10, "content": "Waiting"}]}}
_AT_ONCE = 16  # requests that fill
_PER_PERSON = 4  # runs
_PRESSERS = 200
_LOOK_S = 0.01
_SETTINGS = {"USER_DAILY_LIMIT_USD": "1000", "BOT_MONTHLY_LIMIT_USD": "100000"}
_DEFAULTS = Defaults(user_daily=MicroUsd(10**9), bot_monthly=MicroUsd(10**11))


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured. `press_s`: for how many seconds people press, `presses` of them a second."""

    waiting: int
    unfinished: int
    presses: float
    press_s: float
    running_s: float
    database_url: str | None
    say: Callable[[str], None]
    rest_s: float = 4.0  # after the last press: whoever was not answered by then is not


@dataclass(slots=True)
class Seen:
    """What was seen from outside. A run was looked at when Runflow showed it: by itself, or on a page of a list."""

    ready_s: float | None = None
    first_create_s: float | None = None
    all_looked_at_s: float | None = None
    own_lag_s: float = 0.0
    lists: int = 0
    single_reads: int = 0
    presses: list[int] = field(default_factory=list[int])


async def measure(case: Case, folder: Path) -> dict[str, Any]:
    """Fill, start, press, stop, and look at the books."""
    probe = folder / "probe.json"
    path = f"{ROOT / 'bench' / 'probe_of_start'}:{ROOT}"
    url = case.database_url or f"sqlite:///{folder / 'imagine.db'}"
    settings = {**_SETTINGS, "DATABASE_URL": url, "PYTHONPATH": path, "PROBE_FILE": str(probe)}
    count = case.waiting + case.unfinished
    switches = replace(DEFAULT, queued_s=0.0, dispatching_s=0.0, running_s=case.running_s, pictures="plain")
    options = SandboxOptions(
        page_port=None,
        switches=replace(switches, running_s=100_000.0),
        settings=settings,
        directory=folder,
        bot=False,
        crowd=count // _PER_PERSON + 1 + _PRESSERS,
        log_level="warning",
    )
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(open_sandbox(options))
        began = perf_counter()
        filled = await _fill(sandbox, case, url)
        case.say(f"{count:,} runs with their cards written in {perf_counter() - began:.0f} s")
        sandbox.runflow.switches = switches
        at_first = len(sandbox.runflow.runs)
        seen = await _played(sandbox, case, filled)
        presses = [sandbox.discord.interactions.get(one) for one in seen.presses]
        await sandbox.bot.terminate()
        told = [line for line in sandbox.bot.lines if "run waits" in line]
        wrong = await _wrong(sandbox, url, filled, at_first)
    inside: dict[str, Any] = json.loads(probe.read_text())
    engine = "postgresql" if "postgres" in url else "sqlite"
    return _report(case, engine, seen, presses, inside) | {"run_waits_lines": len(told), "wrong": wrong}


def _report(
    case: Case, engine: str, seen: Seen, presses: Sequence[Interaction | None], inside: dict[str, Any]
) -> dict[str, Any]:
    """What is printed; `inside`: what the probe saw in the bot's own loop."""
    acks = sorted(one.ack_ms for one in presses if one is not None and one.ack_ms is not None)
    return {
        "waiting": case.waiting,
        "unfinished_at_runflow": case.unfinished,
        "engine": engine,
        "ready_s": seen.ready_s,
        "first_create_s": seen.first_create_s,
        "all_looked_at_s": seen.all_looked_at_s,
        "lists_read": seen.lists,
        "single_reads": seen.single_reads,
        "presses": len(presses),
        "presses_lost": len(presses) - len(acks),
        "ack_ms": {"p50": median(acks), "p99": quantiles(acks, n=100, method="inclusive")[98], "most": acks[-1]}
        if len(acks) > 1
        else None,
        "longest_block_ms": round(1000 * max((one[0] for one in inside["blocks"]), default=0.0), 1),
        "longest_block_cpu_ms": round(1000 * max((one[1] for one in inside["blocks"]), default=0.0), 1),
        "bot_cpu_s": inside["cpu_s"],
        "standin_loop_held_ms": round(1000 * seen.own_lag_s, 1),
        "longest_collection_ms": round(1000 * max((one[0] for one in inside["collections"]), default=0.0), 1),
        "blocks": sorted(inside["blocks"], reverse=True)[:8],
        "collections": inside["collections"][:8],
    }


# --- filling


async def _fill(sandbox: Sandbox, case: Case, url: str) -> list[Run]:
    people = sandbox.discord.world.cast.crowd
    kinds = [State.ACCEPTED] * case.waiting + [State.RUNNING] * case.unfinished
    gate = asyncio.Semaphore(_AT_ONCE)
    began = datetime.now(UTC) - timedelta(seconds=len(kinds) * 0.002 + 5)
    async with aiohttp.ClientSession(trust_env=False) as session:

        async def one(number: int, state: State) -> Run:
            async with gate:
                person = people[number % (len(kinds) // _PER_PERSON + 1)]
                at = began + timedelta(seconds=0.002 * number)
                return await _run(sandbox, session, person.id, state, at)

        made = await asyncio.gather(*(one(number, state) for number, state in enumerate(kinds)))
    async with Store.open(url) as store:
        for first in range(0, len(made), 200):
            await store.write(_add, made[first : first + 200])
    return made


def _add(connection: Connection, made: Sequence[Run]) -> None:
    for run in made:
        _ = rows.add(connection, run)
        _ = ledger.reserve(
            connection,
            run_id=run.id,
            person=Person(run.user_id, run.place.guild_id, run.place.channel_id, ()),
            demand=Demand(run.held, run.images_wanted),
            defaults=_DEFAULTS,
            at=run.created_at,
        )


async def _run(sandbox: Sandbox, session: aiohttp.ClientSession, user_id: int, state: State, at: datetime) -> Run:
    """A run as the bot would have written it, its card standing."""
    discord, cast = sandbox.discord, sandbox.discord.world.cast
    pressed = await discord.people.slash(
        user_id=user_id, channel_id=cast.general.id, command="imagine", options=_PROMPT, check=False
    )
    interaction = discord.interactions.get(int(pressed))
    assert interaction is not None  # noqa: S101 - it was made a moment ago
    url = f"{discord.api_url}/interactions/{interaction.id}/{interaction.token}/callback"
    async with session.post(url, json=_CARD) as answer:
        answer.raise_for_status()
    checked = FLUX_KLEIN.parse(_PROMPT)
    run = Run(
        id=uuid4().hex,
        user_id=user_id,
        place=Place(cast.guild.id, cast.general.id),
        reply=Reply(
            interaction.id,
            cast.application_id,
            interaction.token,
            datetime.now(UTC),
            10 * 2**20,
            interaction.original_id,
        ),
        model_id=FLUX_KLEIN.model_id,
        input=checked.wire(),
        request=checked.request,
        policy=Policy.BLOCK,
        state=state,
        delivery=Delivery.PENDING,
        held=FLUX_KLEIN.most(checked),
        created_at=at,
    )
    return run if state is State.ACCEPTED else await _at_runflow(sandbox, session, run)


async def _at_runflow(sandbox: Sandbox, session: aiohttp.ClientSession, run: Run) -> Run:
    headers = {"Authorization": f"Bearer {RUNFLOW_KEY}"}
    body = {"input": run.input, "metadata": {"job": run.id}, "client_ref": run.id}
    url = f"{sandbox.runflow.url}/v1/models/{run.model_id}/runs"
    async with session.post(url, json=body, headers=headers) as answer:
        answer.raise_for_status()
        made: dict[str, Any] = await answer.json()
    return replace(run, runflow_id=str(made["id"]), submitted_at=run.created_at)


# --- playing


async def _played(sandbox: Sandbox, case: Case, filled: list[Run]) -> Seen:
    seen, began = Seen(), perf_counter()
    await sandbox.bot.start()
    looking = asyncio.create_task(_look(sandbox, filled, seen, began), name="looking")
    await sandbox.discord.wait_connected(60)
    seen.ready_s = round(perf_counter() - began, 2)
    await sandbox.discord.wait_commands(60)
    pressers = sandbox.discord.world.cast.crowd[-_PRESSERS:]
    first = perf_counter()
    for number in range(int(case.presses * case.press_s)):
        await asyncio.sleep(max(0.0, first + number / case.presses - perf_counter()))
        pressed = await sandbox.discord.people.slash(
            user_id=pressers[number % _PRESSERS].id,
            channel_id=sandbox.discord.world.cast.general.id,
            command="imagine",
            options=_PROMPT,
        )
        seen.presses.append(int(pressed))
    await asyncio.sleep(case.rest_s)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    return seen


async def _look(sandbox: Sandbox, filled: list[Run], seen: Seen, began: float) -> None:
    """See when Runflow is asked for the first new run, when every old one was looked at, and what was asked for that.

    Requests are counted until then, or to the end.
    """
    at_first, counted = len(sandbox.runflow.runs), len(sandbox.runflow.requests)
    missing = {run.runflow_id for run in filled if run.runflow_id}
    while True:
        missing -= sandbox.runflow.looked_at
        if seen.all_looked_at_s is None:
            requests = sandbox.runflow.requests
            paths = [one.path for one in requests[counted:] if one.method == "GET"]
            counted = len(requests)
            seen.lists += paths.count("/v1/runs")
            seen.single_reads += sum(path.startswith("/v1/runs/") for path in paths)
        now = round(perf_counter() - began, 2)
        if seen.first_create_s is None and len(sandbox.runflow.runs) > at_first:
            seen.first_create_s = now
        if seen.all_looked_at_s is None and filled[-1].runflow_id and not missing:
            seen.all_looked_at_s = now
        slept = perf_counter()
        await asyncio.sleep(_LOOK_S)
        seen.own_lag_s = max(seen.own_lag_s, perf_counter() - slept - _LOOK_S)


# --- judging


async def _wrong(sandbox: Sandbox, url: str, filled: list[Run], at_first: int) -> list[str]:
    """What does not hold afterwards, in words."""
    created = [run.client_ref for run in sandbox.runflow.runs.values()][at_first:]
    wrong = [f"sent {count} times: {ref}" for ref, count in Counter(created).items() if count > 1]
    number = {run.id: at for at, run in enumerate(filled)}
    last: dict[int, int] = {}
    for ref in created:
        if ref in number:
            person = filled[number[ref]].user_id
            if number[ref] < last.get(person, -1):
                wrong.append(f"out of order: {ref}")
            last[person] = number[ref]
    # Whoever has none alive goes first: everybody's first comes before anybody's third, two at a time for each.
    rounds = [number[ref] // (len(filled) // _PER_PERSON + 1) for ref in created if ref in number]
    wrong += [f"round {now} after round {before}" for before, now in _backwards(rounds, 1)]
    async with Store.open(url) as store:
        wrong += await store.read(lambda connection: [str(one) for one in recount.disagreements(connection)])
    return wrong[:20]


def _backwards(rounds: list[int], by: int) -> list[tuple[int, int]]:
    """Where a list goes back by more than `by` from the highest before."""
    highest, found = 0, list[tuple[int, int]]()
    for one in rounds:
        if one < highest - by:
            found.append((highest, one))
        highest = max(highest, one)
    return found


def main() -> int:
    """Measure once and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    parser.add_argument("--waiting", type=int, default=0, help="runs in the bot's own queue")
    parser.add_argument("--unfinished", type=int, default=0, help="runs at Runflow")
    parser.add_argument("--presses", type=float, default=10.0, help="a second")
    parser.add_argument("--press-s", type=float, default=15.0, help="for how long people press")
    parser.add_argument("--running-s", type=float, default=1.0, help="how long Runflow takes for a new run")
    parser.add_argument("--database-url", help="an empty database; without it, SQLite in a folder that is removed")
    given = parser.parse_args()

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    case = Case(**vars(given), say=say)
    with tempfile.TemporaryDirectory(prefix="start-", ignore_cleanup_errors=True) as folder:
        found = asyncio.run(measure(case, Path(folder)))
    print(json.dumps(found, indent=2))
    return 1 if found["wrong"] or found["presses_lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
