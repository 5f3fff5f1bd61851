"""The place of every chaos test: the real bot against the stand-ins, killed where a trap says and started again."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sandbox.app import Sandbox, SandboxOptions, open_sandbox
from sandbox.botprocess import BotDied, BotProcess
from sandbox.discord.switches import DiscordSwitches
from sandbox.once import flatten, will_change
from sandbox.runflow.run import view
from sandbox.runflow.switches import DEFAULT, Switches, without_waiting
from sandbox.witness import Moment, Point, Unheard

Payload = Mapping[str, Any]
Fate = Literal["heard", "unheard", "late"]
"""What becomes of a request at whose arrival the bot dies: done at once, never, or when the next bot is up already."""

CALM = replace(without_waiting(DEFAULT), pictures="plain")

# Nobody runs out of money; a create whose answer was lost is given up within seconds; every state is shown, because
# each edit is one more point to die at. None of these changes what is promised, only how long it takes.
SETTINGS: Mapping[str, str] = {
    "USER_DAILY_LIMIT_USD": "1000",
    "PRIVATE_DAILY_LIMIT_USD": "1000",
    "LOST_AFTER_S": "3",
    "RUN_DEADLINE_S": "12",
    "PROGRESS_SPACING_S": "0",
}

# How late a request is done after the death of its sender: when the next bot is up already. An edit is late by less:
# that Discord does two edits of one message in another order than they were sent is beyond what a bot could mend.
_LATE_S: Mapping[str, float] = {"POST": 2.5, "PATCH": 0.4}
_LOOK_AGAIN_S = 0.05
_FAULTS = ("faulted", "could not be ended", "stopped by a fault", "never retrieved", "unknown error", "Unclosed")


@dataclass(frozen=True, slots=True)
class Press:
    """A press of /imagine, by the id of its interaction."""

    id: int
    user_id: int
    channel_id: int
    prompt: str


class Trap:
    """Kills the bot at a point. The sandbox tells it of every request and answer."""

    def __init__(self) -> None:
        self.seen: list[Point] = []
        self.last: Point | None = None
        self.sprung = asyncio.Event()
        self.delay_callback_s: Callable[[], float] = lambda: 0.0
        self.out: Callable[[Point], Exception | None] = lambda _: None
        """What keeps a request from being served, Unheard or Failing; None for one that is."""
        self._bot: BotProcess | None = None
        self._wanted: Callable[[Point], bool] | None = None
        self._skip = 0
        self._fate: Fate = "heard"

    def guard(self, bot: BotProcess) -> None:
        """Kill this bot."""
        self._bot = bot

    def set(self, wanted: Callable[[Point], bool], *, skip: int = 0, fate: Fate = "heard") -> None:
        """Kill at the next point that is wanted, after letting `skip` such points pass."""
        self.sprung.clear()
        self._wanted, self._skip, self._fate = wanted, skip, fate

    def disarm(self) -> None:
        """Let everything pass."""
        self._wanted = None

    async def __call__(self, point: Point) -> None:
        """Be told of a point."""
        self.seen.append(point)
        if point.moment is Moment.ARRIVED and (error := self.out(point)) is not None:
            raise error
        if point.peer == "callback" and point.moment is Moment.ARRIVED:
            await asyncio.sleep(self.delay_callback_s())
        if self._wanted is None or self._bot is None or not self._wanted(point):
            return
        if self._skip:
            self._skip -= 1
            return
        self._wanted, self.last = None, point
        await self._bot.kill()
        self.sprung.set()
        if point.moment is Moment.ARRIVED and self._fate == "unheard":
            raise Unheard
        if point.moment is Moment.ARRIVED and self._fate == "late":
            await asyncio.sleep(_LATE_S.get(point.method, 0))


@dataclass(slots=True)
class Arena:
    """A sandbox, its trap, and what was done in it."""

    sandbox: Sandbox
    trap: Trap
    database: Path
    presses: list[Press] = field(default_factory=list[Press])
    others: dict[int, str] = field(default_factory=dict[int, str])
    """Presses of buttons and of other commands, by id of the interaction: their answers are no cards."""
    faults: list[str] = field(default_factory=list[str])
    kills: int = 0

    async def press(self, *, user_id: int, channel_id: int, prompt: str, **options: object) -> Press:
        """Let somebody press /imagine."""
        interaction_id = await self.sandbox.discord.people.slash(
            user_id=user_id, channel_id=channel_id, command="imagine", options={"prompt": prompt, **options}
        )
        press = Press(int(interaction_id), user_id, channel_id, prompt)
        self.presses.append(press)
        return press

    def hear(self, line: str) -> None:
        """Take a line of the bot's log."""
        if any(word in line for word in _FAULTS):
            self.faults.append(line)

    def calm(self) -> None:
        """Let everybody behave."""
        self.sandbox.runflow.switches = CALM
        self.sandbox.discord.switches = DiscordSwitches()

    async def kill(self) -> None:
        """SIGKILL."""
        await self.sandbox.bot.kill()

    async def start(self) -> None:
        """Start the bot, again where it dies before it is up."""
        for _ in range(10):
            try:
                await self.sandbox.start_bot()
            except BotDied as death:
                self.died(death.exit_code)
            else:
                return
        raise AssertionError("the bot does not come up")

    async def keep_up(self) -> None:
        """Start the bot whenever it has died, as a service manager would, until cancelled."""
        while True:
            self.died(await self.sandbox.bot.wait())
            await self.start()

    def died(self, exit_code: int) -> None:
        """Note a death. By itself the bot is never to end."""
        self.kills += 1
        if exit_code != -signal.SIGKILL:
            self.faults.append(f"the bot ended by itself with {exit_code}: {self.sandbox.bot.tail(1)}")

    # --- what is

    def ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the bot's database."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def messages_of(self, press: Press) -> list[Payload]:
        """Every message that answers a press, as people see it."""
        world = self.sandbox.discord.world
        found = [
            each for each in world.messages() if each.origin is not None and each.origin.interaction_id == press.id
        ]
        return [world.render(each) for each in sorted(found, key=lambda each: each.id)]

    def stands(self, press: Press) -> str:
        """How Discord sees the interaction: sent, deferred, answered or failed."""
        found = self.sandbox.discord.interactions.get(press.id)
        assert found is not None
        return found.state

    async def quiet(self, timeout_s: float, *, since: int = 0) -> bool:
        """Wait until nothing is owed to anybody any more, of those who pressed as number `since` (from 0) or later.

        False where that does not come.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while self._owed(self.presses[since:]):  # noqa: ASYNC110 - a database rings no bell
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError:
            return False
        return True

    def _owed(self, presses: Sequence[Press]) -> bool:
        if any(self.stands(press) in {"sent", "deferred"} for press in presses):
            return True
        if any(is_hanging(message) for press in presses for message in self.messages_of(press)):
            return True
        first = presses[0].id if presses else 0  # ids grow with time
        unfinished = self.ask(
            "SELECT count(*) AS n FROM runs WHERE interaction_id >= ? AND (delivery = 'pending'"
            " OR state NOT IN ('canceled', 'failed', 'lost', 'partial', 'succeeded'))",
            first,
        )
        return bool(unfinished[0]["n"]) or self._unbooked(first)

    def _unbooked(self, first: int) -> bool:
        """Whether Runflow ended and billed a run that the books do not have yet."""
        now = self.sandbox.clock.now()
        costs = {run.client_ref: view(run, now).cost for run in self.sandbox.runflow.runs.values()}
        rows = self.ask(
            "SELECT runs.id FROM runs WHERE interaction_id >= ? AND NOT EXISTS"
            " (SELECT 1 FROM ledger_entries WHERE run_id = runs.id AND kind NOT IN ('reserve', 'release'))",
            first,
        )
        return any(costs.get(row["id"]) for row in rows)


def is_hanging(message: Payload) -> bool:
    """Whether a message still promises something."""
    return will_change(message)


def text_of(message: Payload) -> str:
    """A message as a screen reader would read it."""
    return "\n".join(flatten(message))


@asynccontextmanager
async def open_arena(
    directory: Path, *, seed: int = 0, switches: Switches = CALM, crowd: int = 0, bot: bool = True, **settings: str
) -> AsyncGenerator[Arena]:
    """An arena whose bot is up, or with `bot` False is not started yet."""
    trap = Trap()
    heard: list[Callable[[str], None]] = []
    options = SandboxOptions(
        page_port=None,
        seed=seed,
        switches=switches,
        settings={**SETTINGS, **settings},
        callbacks=True,
        directory=directory,
        crowd=crowd,
        bot=bot,
        witness=trap,
        on_bot_line=lambda line: [hear(line) for hear in heard].clear(),
    )
    async with open_sandbox(options) as sandbox:
        trap.guard(sandbox.bot)
        arena = Arena(sandbox, trap, directory / "imagine.db")
        heard.append(arena.hear)
        yield arena
