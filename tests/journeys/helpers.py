"""One press of /imagine, from the person's side: what they see, what Runflow was asked, and what the books say."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Context, Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import aiohttp
from PIL import Image

from sandbox.app import Sandbox, SandboxOptions, open_sandbox
from sandbox.discord.cast import Cast, Channel, Person
from sandbox.discord.events import Subscription
from sandbox.discord.rest.log import BotRequest
from sandbox.discord.switches import DiscordSwitches
from sandbox.once import flatten, will_change
from sandbox.runflow.run import StandinRun, billed_micro_usd
from sandbox.runflow.switches import DEFAULT, PROFILES, without_waiting

Payload = Mapping[str, Any]

EPHEMERAL = 64
PATIENCE_S = 30.0
FAST = replace(without_waiting(DEFAULT), pictures="plain")
"""Runs that are over at once, with pictures that take no time to draw: scenes that look at them ask for `scenes`."""
AT_ONCE = replace(FAST, create_terminal=True)
"""A run that is over when its create is answered, so that the card's second form is its last."""

_LOOK_AGAIN_S = 0.01


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one press. `forms` are the texts the reply had, one after the other; the last is where it ended.

    `message` is the reply in its last form; None where it is gone, or where the application did not respond.
    """

    id: str
    forms: tuple[str, ...]
    message: Payload | None
    ack_ms: float | None

    @property
    def text(self) -> str:
        """The last form, as a screen reader would read it."""
        return self.forms[-1] if self.forms else ""

    @property
    def is_ephemeral(self) -> bool:
        """Whether only the person who pressed sees it."""
        return self.message is not None and bool(self.message["flags"] & EPHEMERAL)

    def shows(self, count: int) -> bool:
        """Whether the reply ended in so many pictures, each of them with a description."""
        described = [item for item in self.gallery if item["description"]]
        return len(self.attachments) == len(self.gallery) == len(described) == count

    @property
    def attachments(self) -> Sequence[Payload]:
        """The files of the reply."""
        return () if self.message is None else self.message["attachments"]

    @property
    def gallery(self) -> list[Payload]:
        """The items of the reply's media gallery, in order."""
        found: list[Payload] = []
        waiting: list[Payload] = list(self.message["components"]) if self.message else []
        while waiting:
            component = waiting.pop(0)
            found += component.get("items") or ()
            waiting += component.get("components") or ()
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger; the amount in micro-dollars."""

    kind: str
    amount: int
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the bot's database says of one press. `row` is None where nothing was written."""

    row: Payload | None
    entries: tuple[Entry, ...]

    @property
    def ending(self) -> tuple[object, ...]:
        """State, reason and delivery of the run."""
        return () if self.row is None else (self.row["state"], self.row["reason"], self.row["delivery"])


class Stage:
    """A sandbox with the real bot. A scene is everything since the last `new_scene`."""

    def __init__(self, sandbox: Sandbox, database: Path) -> None:
        self.sandbox, self._database = sandbox, database
        self.discord, self.runflow = sandbox.discord, sandbox.runflow
        self._scene = 0, 0

    @property
    def database(self) -> Path:
        """The bot's database, to be read."""
        return self._database

    @property
    def cast(self) -> Cast:
        """Who and what there is."""
        return self.discord.world.cast

    async def new_scene(self) -> None:
        """Forget what was seen, and let everyone behave as usual."""
        self.runflow.switches = FAST
        self.discord.switches = DiscordSwitches()
        for channel in self.cast.channels:
            if self.discord.world.channel(channel.id) != channel:
                await self.discord.change_channel(channel.id, nsfw=channel.nsfw, overwrites=channel.overwrites)
        self._scene = len(self.runflow.requests), len(self.discord.requests)
        self.sandbox.bot.lines.clear()

    def play(self, profile: str, **changes: Any) -> None:
        """Let Runflow have one of its kinds of day, without waiting and with plain pictures."""
        self.runflow.switches = replace(without_waiting(PROFILES[profile]), **{"pictures": "plain", **changes})

    # --- what a person does and sees

    async def imagine(
        self,
        prompt: str = "a red fox in snow",
        *,
        person: Person | None = None,
        channel: Channel | None = None,
        **options: object,
    ) -> Answer:
        """Press, and follow the reply to its end."""
        async with self.pressing(prompt, person=person, channel=channel, **options) as press:
            return await press.end()

    async def forge(self, options: Mapping[str, object]) -> Answer:
        """Press as a hostile client would, with any options at all; None leaves one out."""
        async with self._following({"options": options, "check": False}) as press:
            return await press.end()

    async def use(
        self,
        command: str,
        options: Mapping[str, object] | None = None,
        *,
        person: Person | None = None,
        channel: Channel | None = None,
        check: bool = True,
    ) -> Answer:
        """Use any command, a subcommand as "name sub", and follow the reply to its end. `check` False forges it."""
        how = {"command": command, "options": options or {}, "check": check}
        async with self._following(how, person, channel) as press:
            return await press.end()

    async def turned(self, answer: Answer, custom_id: str) -> str:
        """What a reply says once the member has pressed one of its buttons."""
        message = answer.message or {}
        events = self.discord.people.subscribe()
        try:
            await self.discord.people.press(
                user_id=self.cast.member.id, message_id=int(message["id"]), custom_id=custom_id
            )
            async with asyncio.timeout(PATIENCE_S):
                async for event in events:
                    if event["t"] == "message_update" and event["message"]["id"] == message["id"]:
                        return "\n".join(flatten(event["message"]))
        finally:
            events.close()
        raise AssertionError("the sandbox was closed")

    @asynccontextmanager
    async def pressing(
        self,
        prompt: str = "a red fox in snow",
        *,
        person: Person | None = None,
        channel: Channel | None = None,
        **options: object,
    ) -> "AsyncGenerator[Press]":
        """Press, for those who mean to do something before the end."""
        async with self._following({"options": {"prompt": prompt, **options}}, person, channel) as press:
            yield press

    @asynccontextmanager
    async def _following(
        self, how: Mapping[str, Any], person: Person | None = None, channel: Channel | None = None
    ) -> "AsyncGenerator[Press]":
        what: dict[str, Any] = {"command": "imagine", **how}
        events = self.discord.people.subscribe()  # before the press: its first answer may be there at once
        try:
            interaction_id = await self.discord.people.slash(
                user_id=(person or self.cast.member).id,
                channel_id=(channel or self.cast.general).id,
                **what,
            )
            yield Press(self, events, interaction_id)
        finally:
            events.close()

    async def files(self, answer: Answer) -> list[bytes]:
        """The pictures of a reply, as the CDN gives them out."""
        found: list[bytes] = []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session:
            for attachment in answer.attachments:
                async with session.get(attachment["url"]) as response:
                    assert response.status == 200
                    found.append(await response.read())
        return found

    # --- what Runflow and Discord were asked in this scene

    @property
    def creates(self) -> list[Payload]:
        """The bodies of the creates."""
        asked = self.runflow.requests[self._scene[0] :]
        return [cast("Payload", one.body) for one in asked if one.method == "POST" and one.path.endswith("/runs")]

    @property
    def log(self) -> list[str]:
        """What the bot has logged."""
        return list(self.sandbox.bot.lines)

    @property
    def fetches(self) -> int:
        """How often a picture was asked of the storage."""
        return sum(one.path.startswith("/storage/") for one in self.runflow.requests[self._scene[0] :])

    @property
    def calls(self) -> list[BotRequest]:
        """What the bot asked of Discord."""
        return self.discord.requests[self._scene[1] :]

    def run_of(self, answer: Answer) -> StandinRun:
        """Runflow's run of a press. Raises LookupError where it has none."""
        row = self.books(answer.id).row
        for run in self.runflow.runs.values():
            if row is not None and run.client_ref == row["id"]:
                return run
        raise LookupError(answer.id)

    def billed(self, answer: Answer) -> int:
        """What Runflow billed for a press, in micro-dollars."""
        return billed_micro_usd(self.run_of(answer), self.sandbox.clock.now())

    # --- what the books say

    def books(self, interaction_id: str) -> Ledger:
        """The row of a press and its entries."""
        rows = self._ask("SELECT * FROM runs WHERE interaction_id = ?", int(interaction_id))
        if not rows:
            return Ledger(None, ())
        entries = self._ask(
            "SELECT kind, amount_micro_usd, estimated FROM ledger_entries WHERE run_id = ? ORDER BY id", rows[0]["id"]
        )
        return Ledger(
            rows[0], tuple(Entry(one["kind"], one["amount_micro_usd"], bool(one["estimated"])) for one in entries)
        )

    def seed_of(self, answer: Answer) -> int | None:
        """The seed that the row of a press keeps: for the one who asked, and not on the card."""
        row = self.books(answer.id).row
        return None if row is None else json.loads(row["result"])["seed"]

    def review(self, interaction_id: str) -> Payload | None:
        """The review of a press; None where it has none."""
        wanted = "SELECT reviews.* FROM reviews JOIN runs ON runs.id = reviews.run_id WHERE runs.interaction_id = ?"
        return next(iter(self._ask(wanted, int(interaction_id))), None)

    def acts(self, what: str) -> list[Payload]:
        """What admins and moderators did, of one kind, oldest first."""
        return list(self._ask("SELECT * FROM audit WHERE what = ? ORDER BY id", what))

    def alter(self, statement: str, *values: object) -> None:
        """Change a row behind the bot's back: for what would take days."""
        with closing(sqlite3.connect(self._database, timeout=PATIENCE_S)) as connection:
            connection.execute(statement, values)
            connection.commit()

    def forget_review(self, run_id: str) -> None:
        """Take the review of a run away, as if the run had been deleted."""
        self.alter("DELETE FROM reviews WHERE run_id = ?", run_id)

    async def closed_books(self, interaction_id: str) -> Ledger:
        """The books of a press once its end is noted. Every total agrees with its entries, and nothing is held."""
        await self.until(lambda: (self.books(interaction_id).row or {}).get("delivery") not in {None, "pending"})
        self.check_totals()
        return self.books(interaction_id)

    def check_totals(self) -> None:
        """No money is held but for lost runs, and each person has spent what their entries say."""
        spent = self._ask(
            "SELECT subject_id, sum(held_micro_usd) AS held, sum(spent_micro_usd) AS spent"
            " FROM ledger_totals WHERE subject = 'user' AND \"window\" = 'ever' GROUP BY subject_id ORDER BY subject_id"
        )
        entered = self._ask(
            "SELECT user_id AS subject_id, sum(CASE WHEN kind = 'reserve' AND run_id IN (SELECT id FROM runs WHERE"
            " state = 'lost' AND id NOT IN (SELECT run_id FROM ledger_entries WHERE kind IN ('settle', 'release')))"
            " THEN amount_micro_usd ELSE 0 END) AS held, sum(CASE WHEN kind IN ('settle', 'adjust') THEN"
            " amount_micro_usd ELSE 0 END) AS spent FROM ledger_entries GROUP BY user_id ORDER BY user_id"
        )
        assert spent == entered

    @property
    def unfinished(self) -> int:
        """How many runs still owe somebody an end."""
        return int(self._ask("SELECT count(*) AS n FROM runs WHERE delivery = 'pending'")[0]["n"])

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self._ask(f"SELECT count(*) AS n FROM {table}")[0]["n"])

    def _ask(self, query: str, *values: object) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=PATIENCE_S)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Come back when `holds` does: for what nobody tells of, such as a row of the database."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - a database rings no bell
                await asyncio.sleep(_LOOK_AGAIN_S)


class Press:
    """A press on its way. `forms` are the texts its reply has had so far."""

    def __init__(self, stage: Stage, events: Subscription, interaction_id: str) -> None:
        self.id = interaction_id
        self.forms: list[str] = []
        self._stage, self._events = stage, events
        self._reply: str | None = None

    async def says(self, *words: str) -> Payload:
        """The reply, once it says any of these."""
        return await self._follow(lambda message: any(each in self.forms[-1] for each in words))

    async def drawing(self) -> Payload:
        """The reply, as it is edited when the run is being drawn at Runflow."""

        def is_drawn(_: Payload) -> bool:
            # Its row does not say how far a run is at Runflow; the card does.
            state = (self._stage.books(self.id).row or {}).get("state", "accepted")
            return state not in {"accepted", "submitting"} and "Starting soon" not in self.forms[-1]

        return await self._follow(is_drawn)

    async def end(self) -> Answer:
        """The reply, once it will not change any more; without a message where the application did not respond."""
        try:
            message = await self._follow(_has_ended)
        except DidNotRespond:
            message = None
        return self.answer(message)

    def answer(self, message: Payload | None) -> Answer:
        """What came of it, with `message` as the last form of the reply."""
        stands = self._stage.discord.people.interaction(self.id) or {}
        return Answer(self.id, tuple(self.forms), message, stands.get("ack_ms"))

    async def _follow(self, wanted: Callable[[Payload], bool]) -> Payload:
        async with asyncio.timeout(PATIENCE_S):
            async for event in self._events:
                if event["t"] == "interaction" and event["id"] == self.id and event["state"] == "failed":
                    raise DidNotRespond(self.id)
                message = cast("Payload", event.get("message") or {})
                if not event["t"].startswith("message_") or not _answers(message, self.id):
                    continue
                if event["t"] == "message_delete":
                    self._reply = None  # another may come in its place
                    continue
                self._reply = self._reply or message["id"]
                if message["id"] != self._reply:
                    continue  # said beside the reply
                text = "\n".join(flatten(message))
                if not self.forms or self.forms[-1] != text:
                    self.forms.append(text)
                if wanted(message):
                    return message
        raise AssertionError("the sandbox was closed")


class DidNotRespond(Exception):
    """Discord told the person that the application did not respond."""


def _answers(message: Payload, interaction_id: str) -> bool:
    metadata = cast("Payload", message.get("interaction_metadata") or {})
    return metadata.get("id") == interaction_id


def _has_ended(message: Payload) -> bool:
    return not will_change(message)


@asynccontextmanager
async def open_stage(directory: Path, **settings: str) -> AsyncGenerator[Stage]:
    """A stage whose bot has these further settings."""
    options = SandboxOptions(page_port=None, switches=FAST, settings=settings, directory=directory)
    async with open_sandbox(options) as sandbox:
        stage = Stage(sandbox, directory / "imagine.db")
        await stage.new_scene()
        yield stage


def shape(data: bytes) -> tuple[str | None, tuple[int, int]]:
    """The format and the size of a picture, from its bytes, decoded whole."""
    with Image.open(BytesIO(data)) as image:
        image.load()
        return image.format, image.size


def usd(micro_usd: int, *, rounding: str = ROUND_CEILING) -> str:
    """A cost as people read it, or with ROUND_FLOOR what is left: in cents with two significant digits, or dollars."""
    cents = Decimal(micro_usd) / 10_000
    digits = 2 if cents < 100 else cents.adjusted() + 1
    cents = Context(prec=digits, rounding=rounding).plus(cents)
    if cents >= 100:
        return f"${cents / 100:,.2f}"
    shown = f"{cents:f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) + " ¢"
