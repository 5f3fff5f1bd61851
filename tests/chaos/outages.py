"""Something is away for minutes while thousands wait in line: how soon everything moves again, and what it cost.

Each outage has an arena of its own, with a line that was there before the bot. People press all the while. In a variant
the bot is killed in the middle of the outage, and the next one comes up into it.
"""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from sandbox.discord import ClientRefusal
from sandbox.discord.messages import Message
from tests.chaos.arena import CALM, Arena, Press, is_hanging, open_arena
from tests.chaos.away import AWAY, Away
from tests.chaos.line import PER_PERSON, fill
from tests.chaos.verdict import FINAL, Verdict, judge

Say = Callable[[str], None]

COURSE = replace(CALM, queued_s=0.5, dispatching_s=0.5, running_s=6.0)
SETTINGS: Mapping[str, str] = {
    "LOST_AFTER_S": "30",
    "RUN_DEADLINE_S": "600",
    "PROGRESS_SPACING_S": "0.5",
    "MAX_RUNS_PER_GUILD": "20",
}
"""The defaults again, which an arena makes shorter; and one server may use all that there is."""

MOVES_WITHIN_S = 30.0
FRONT = 100
"""Of the line, so many are told first where they stand."""

_CUT_OFF = "cut off by the kill"
_NOTHING_TO_SEE = 6  # the type of a first answer that defers an update
_PRESSERS = 40
_UP_S = 30.0
_LOOK_AGAIN_S = 0.25
_AGAIN_S = 0.5  # until a bot that ended is started again
_ANSWERED_S = 5.0
_SETTLED_S = 60.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How large: requests in line, seconds of the outage, of the time before it, and until all of the line moved."""

    waiting: int = 3000
    away_s: float = 180.0
    before_s: float = 8.0
    line_moves_within_s: float = 120.0


@dataclass(slots=True)
class Seen:
    """What was seen, in seconds after the end of the outage; None where it never came."""

    name: str
    killed: bool
    on_gateway_s: float | None = None
    owed: int = 0
    owed_moved_s: float | None = None
    owed_over_s: float | None = None
    front_moved_s: float | None = None
    line_moved_s: float | None = None
    in_line: int = 0
    cut_off: int = 0
    presses_meanwhile: int = 0
    answered_meanwhile: int = 0
    verdict: Verdict | None = None
    wrong: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Card:
    """A card that promised something when the outage ended."""

    press: Press
    message_id: int
    place: int | None  # in line, from 0; None for one that was not there any more


class Outage:
    """One outage in an arena whose line is filled and whose bot was not started."""

    def __init__(self, arena: Arena, seen: Seen, *, scale: Scale, rng: Random, say: Say) -> None:
        self._arena, self._seen, self._scale, self._rng, self._say = arena, seen, scale, rng, say
        self._away: Away = AWAY[seen.name]
        self._is_away = False

    async def play(self) -> Seen:
        """From the bot's start to the verdict."""
        await self._arena.start()
        async with asyncio.TaskGroup() as parts:
            service = parts.create_task(self._keep_up(), name="service manager")
            pressing = parts.create_task(self._press(), name="people")
            await asyncio.sleep(self._scale.before_s)
            first, others_before = len(self._arena.presses), len(self._arena.others)
            await self._be_away()
            ended_at = self._arena.sandbox.clock.now()
            presses, others = self._arena.presses[first:], list(self._arena.others.items())[others_before:]
            cards = self._cards()
            await self._watch(cards, ended_at)
            pressing.cancel()
            await asyncio.gather(pressing, return_exceptions=True)
            self._judge_presses(presses, others)
            await self._normal_again()
            await self._settle([*(card.press for card in cards if card.place is None), *presses])
            service.cancel()
        await self._arena.kill()
        await self._judge()
        return self._seen

    # --- the outage

    async def _be_away(self) -> None:
        self._say("away")
        self._is_away = True
        async with self._away.begin(self._arena):
            await asyncio.sleep(self._scale.away_s / 2)
            if self._seen.killed:
                await self._arena.kill()
                self._let_go_of_what_was_cut_off()
                self._say(f"killed with {self._seen.cut_off} presses half answered, and started again into it")
            await asyncio.sleep(self._scale.away_s / 2)
        self._is_away = False
        self._say("back")

    def _let_go_of_what_was_cut_off(self) -> None:
        """Whoever was told to wait, and of whose press nothing could be written: no next bot can know of them."""
        known = {row["interaction_id"] for row in self._arena.ask("SELECT interaction_id FROM runs")}
        cut_off = {press.id for press in self._arena.presses if press.id not in known and self._waits_for(press.id)}
        self._arena.presses[:] = [press for press in self._arena.presses if press.id not in cut_off]
        self._arena.others.update(dict.fromkeys(cut_off, _CUT_OFF))
        others = [one for one, what in self._arena.others.items() if what != _CUT_OFF and self._waits_for(one)]
        self._arena.others.update(dict.fromkeys(others, _CUT_OFF))
        self._seen.cut_off = len(cut_off) + len(others)

    def _waits_for(self, interaction_id: int) -> bool:
        """Whether somebody was told to wait, and sees that. A press of "leave" shows nothing: its card changes."""
        found = self._arena.sandbox.discord.interactions.get(interaction_id)
        assert found is not None
        return found.state == "deferred" and found.answer != _NOTHING_TO_SEE

    async def _keep_up(self) -> None:
        """Start the bot again whenever it ended. By itself it may only end where it found its database locked."""
        while True:
            code = await self._arena.sandbox.bot.wait()
            if self._is_away and self._away.blocks_starts and code == 1 and self._seen.killed:
                self._say("a start came to nothing")
            else:
                self._arena.died(code)
            await asyncio.sleep(0 if code == -signal.SIGKILL else _AGAIN_S)
            await self._arena.sandbox.bot.start()

    async def _press(self) -> None:
        """People ask, leave the line, and look at what they had, about one a second."""
        cast = self._arena.sandbox.discord.world.cast
        while True:
            await asyncio.sleep(self._rng.uniform(0.5, 1.5))
            with suppress(ClientRefusal):  # what their client shows changes as the bot comes and goes
                match self._rng.choice(("ask", "ask", "leave", "history")):
                    case "ask":
                        person = self._rng.choice(cast.crowd[-_PRESSERS:])
                        prompt = f"meanwhile, number {len(self._arena.presses) + 1}"
                        await self._arena.press(
                            user_id=person.id, channel_id=cast.general.id, prompt=prompt, image_size="square"
                        )
                    case "leave":
                        await self._leave(self._rng.choice(self._arena.presses[: self._scale.waiting]))
                    case _:
                        person = self._rng.choice(cast.crowd)
                        pressed = await self._arena.sandbox.discord.people.slash(
                            user_id=person.id, channel_id=cast.general.id, command="history"
                        )
                        self._arena.others[int(pressed)] = "/history"

    async def _leave(self, press: Press) -> None:
        row = self._arena.ask("SELECT id, state FROM runs WHERE interaction_id = ?", press.id)
        message = self._message(press)
        if message is None or not row or row[0]["state"] != "accepted":
            return
        pressed = await self._arena.sandbox.discord.people.press(
            user_id=press.user_id, message_id=message.id, custom_id=f"leave:{row[0]['id']}"
        )
        self._arena.others[int(pressed)] = "leave"

    # --- what moves

    def _cards(self) -> list[Card]:
        """All cards that promise something now, the first in line first."""
        rows = self._arena.ask("SELECT interaction_id, state FROM runs ORDER BY created_at, id")
        states = {row["interaction_id"]: row["state"] for row in rows}
        places = {row["interaction_id"]: n for n, row in enumerate(one for one in rows if one["state"] == "accepted")}
        cards: list[Card] = []
        for press in self._arena.presses:
            message = self._message(press)
            if message is not None and press.id in states and self._is_hanging(message):
                cards.append(Card(press, message.id, places.get(press.id)))
        return cards

    async def _watch(self, cards: Sequence[Card], ended_at: datetime) -> None:
        """Note when everything has moved."""
        seen, loop = self._seen, asyncio.get_running_loop()
        began = loop.time()
        owed = [card for card in cards if card.place is None]
        in_line = sorted((card for card in cards if card.place is not None), key=lambda card: card.place or 0)
        seen.owed, seen.in_line = len(owed), len(in_line)
        self._say(f"{len(owed)} cards are owed something, {len(in_line)} are in line")
        parts: list[tuple[str, list[Card], Callable[[Card], bool]]] = [
            ("owed_moved_s", owed, lambda card: self._has_moved(card, ended_at)),
            ("owed_over_s", owed, self._is_over),
            ("front_moved_s", in_line[:FRONT], lambda card: self._has_moved(card, ended_at)),
            ("line_moved_s", in_line, lambda card: self._has_moved(card, ended_at)),
        ]
        while (took_s := loop.time() - began) < self._scale.line_moves_within_s:
            if seen.on_gateway_s is None and self._arena.sandbox.discord.online:
                seen.on_gateway_s = took_s
            for name, left, is_done in parts:
                left[:] = [card for card in left if not is_done(card)]
                if not left and getattr(seen, name) is None:
                    setattr(seen, name, loop.time() - began)
            if seen.on_gateway_s is not None and not any(left for _, left, _ in parts):
                break
            await asyncio.sleep(_LOOK_AGAIN_S)
        for name, left, _ in parts:
            self._say(f"{name}: {getattr(seen, name)}" + (f", {len(left)} left" if left else ""))
        await asyncio.sleep(max(0.0, MOVES_WITHIN_S - (loop.time() - began)))
        self._check_times(parts)

    def _check_times(self, parts: Sequence[tuple[str, list[Card], Callable[[Card], bool]]]) -> None:
        within = {"owed_over_s": self._scale.line_moves_within_s, "line_moved_s": self._scale.line_moves_within_s}
        left = {name: [card.press.id for card in cards][:5] for name, cards, _ in parts}
        for name in ("on_gateway_s", "owed_moved_s", "front_moved_s", "owed_over_s", "line_moved_s"):
            took_s, most_s = getattr(self._seen, name), within.get(name, MOVES_WITHIN_S)
            if took_s is None or took_s > most_s:
                self._seen.wrong.append(f"{name}: {took_s} instead of {most_s} ({left.get(name, [])})")

    def _message(self, press: Press) -> Message | None:
        found = self._arena.sandbox.discord.interactions.get(press.id)
        assert found is not None
        return None if found.original_id is None else self._arena.sandbox.discord.world.message(found.original_id)

    def _is_hanging(self, message: Message) -> bool:
        return is_hanging(self._arena.sandbox.discord.world.render(message))

    def _has_moved(self, card: Card, ended_at: datetime) -> bool:
        message = self._arena.sandbox.discord.world.message(card.message_id)
        return message is None or (message.edited_at is not None and message.edited_at >= ended_at)

    def _is_over(self, card: Card) -> bool:
        message = self._arena.sandbox.discord.world.message(card.message_id)
        return message is None or not self._is_hanging(message)

    # --- what holds

    def _judge_presses(self, presses: Sequence[Press], others: Sequence[tuple[int, str]]) -> None:
        """Whoever pressed while something was away was answered, or was told by Discord that the bot did not."""
        made = [(press.id, "/imagine") for press in presses] + list(others)
        for interaction_id, what in made:
            found = self._arena.sandbox.discord.interactions.get(interaction_id)
            assert found is not None
            self._seen.presses_meanwhile += 1
            self._seen.answered_meanwhile += found.state != "failed"
            if what != _CUT_OFF and (found.state == "sent" or self._waits_for(interaction_id)):
                self._seen.wrong.append(f"{what} {interaction_id}, pressed meanwhile, stays {found.state}")

    async def _normal_again(self) -> None:
        """Three people press, and each is answered as ever."""
        cast = self._arena.sandbox.discord.world.cast
        made = [
            await self._arena.press(
                user_id=person.id, channel_id=cast.general.id, prompt="afterwards", image_size="square"
            )
            for person in cast.crowd[-_PRESSERS:][:3]
        ]
        await asyncio.sleep(_ANSWERED_S)
        for press in made:
            if self._arena.stands(press) != "answered":
                self._seen.wrong.append(f"press {press.id} after the outage is {self._arena.stands(press)}")

    async def _settle(self, presses: Sequence[Press]) -> None:
        """Wait for the end of whatever was not in line at the end of the outage."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLED_S):
                while any(self._owes(press) for press in presses):  # noqa: ASYNC110 - a database rings no bell
                    await asyncio.sleep(1)

    def _owes(self, press: Press) -> bool:
        row = self._arena.ask("SELECT state, delivery FROM runs WHERE interaction_id = ?", press.id)
        return bool(row) and row[0]["state"] != "accepted" and _is_open(row[0])

    async def _judge(self) -> None:
        """Everything that is over must be right, and what still is in line must be untouched."""
        open_runs = {row["id"] for row in self._arena.ask("SELECT id, state, delivery FROM runs") if _is_open(row)}
        self._seen.verdict = await judge(self._arena, seed=0, open_runs=frozenset(open_runs))
        self._seen.wrong += self._seen.verdict.wrong


def _is_open(row: Mapping[str, Any]) -> bool:
    return row["state"] not in FINAL or row["delivery"] == "pending"


async def outage(
    directory: Path, name: str, *, killed: bool, scale: Scale, seed: int = 0, say: Say = lambda _: None
) -> Seen:
    """One outage, from an empty database to the verdict."""
    crowd = scale.waiting // PER_PERSON + 1 + _PRESSERS
    async with open_arena(directory, seed=seed, switches=COURSE, crowd=crowd, bot=False, **SETTINGS) as arena:
        await fill(arena, scale.waiting)
        say(f"{scale.waiting} in line")
        rng = Random(f"{seed} {name} {killed}")
        return await Outage(arena, Seen(name, killed), scale=scale, rng=rng, say=say).play()


def table(found: Sequence[Seen]) -> str:
    """What was seen, one outage a line, in markdown."""
    head = (
        "outage", "gateway back", "owed moved", "owed over", f"first {FRONT} moved", "line moved", "owed", "in line",
        "pressed meanwhile", "answered", "shown", "most creates of one run", "broken",
    )  # fmt: skip
    lines = [head, tuple("---" for _ in head), *(_line(seen) for seen in found)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _line(seen: Seen) -> tuple[str, ...]:
    took = (seen.on_gateway_s, seen.owed_moved_s, seen.owed_over_s, seen.front_moved_s, seen.line_moved_s)
    verdict = seen.verdict
    return (
        f"{seen.name}, killed" if seen.killed else seen.name,
        *("never" if each is None else f"{each:.0f} s" for each in took),
        *(str(each) for each in (seen.owed, seen.in_line, seen.presses_meanwhile, seen.answered_meanwhile)),
        "" if verdict is None else str(verdict.ends.get("succeeded shown", 0)),
        "" if verdict is None else str(verdict.most_creates),
        str(len(seen.wrong)),
    )
