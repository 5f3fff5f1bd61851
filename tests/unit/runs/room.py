"""The bot between its edges, on a real SQLite file and against the Runflow stand-in; only what people see is a fake."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, select

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.registry import Registry, every_model
from bot.choices import Choices
from bot.entropy import Entropy
from bot.errors import PictureError, PictureFault, Unavailable
from bot.images.download import Downloader
from bot.images.image import Picture
from bot.ledger.values import Defaults, Subject, Window
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.runflow.session import open_runflow
from bot.runs.card import EditResult, FinalCard, InLine, Word
from bot.runs.review.channel import Asked
from bot.runs.review.review import Obstacle, Review
from bot.runs.run import AT_RUNFLOW, Delivery, Place, Reply, Run, State
from bot.runs.scheduling.turns import Caps
from bot.runs.store import RunStore
from bot.services import Services
from bot.store.engine import Store
from bot.store.tables import ledger_totals
from bot.wiring import App, Edges, wire
from sandbox.clock import SandboxClock
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import Switches
from tests.databases import migrated_sqlite

MODELS = every_model()
NO_CAPS = Caps(at_once=1000, per_guild=1000, per_user=1000)


async def until(holds: Callable[[], Awaitable[bool]], timeout_s: float = 20.0) -> None:
    """Come back when it holds. Rows and fakes ring no bell, so they are asked every few milliseconds."""
    async with asyncio.timeout(timeout_s):
        while not await holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.005)


async def _nothing(_: FinalCard) -> None:
    """Let an end be shown at once."""


class FakeCardView:
    """Remembers what it was asked to show. `answers` are given to ends in turn, then YES; an exception is raised."""

    def __init__(self) -> None:
        self.age_restricted = False
        self.unreadable = False  # the channel
        self.answers: list[EditResult | Exception] = []
        self.always: EditResult | None = None  # whatever is to be shown
        self.cards: list[int | Exception] = []
        self.reaches: list[bool | Exception] = [True]  # in turn, the last for ever
        self.asked_for: list[str] = []
        self.progressed: list[State] = []
        self.positions: list[tuple[str, int]] = []
        self.words: list[tuple[str, Word]] = []
        self.looked_for: list[State] = []
        self.ends: list[tuple[Run, FinalCard]] = []
        self.ended = asyncio.Event()
        self.before_end: Callable[[FinalCard], Awaitable[None]] = _nothing
        self.away = 0  # how often Discord is still not connected when it is asked for a channel

    async def progress(self, run: Run, line: InLine | None = None, *, word: Word | None = None) -> EditResult:
        self.progressed.append(run.state)
        if word is not None:
            self.words.append((run.id, word))
        if word is Word.LOOKING:
            self.looked_for.append(run.state)
        if line is not None:
            self.positions.append((run.id, line.position))
        return EditResult.YES

    async def end(self, run: Run, ending: FinalCard) -> EditResult:
        await self.before_end(ending)
        self.ends.append((run, ending))
        answer = self.always or (self.answers.pop(0) if self.answers else EditResult.YES)
        if isinstance(answer, Exception):
            raise answer
        self.ended.set()
        return answer

    async def has_ended_once(self) -> bool:
        """Whether it was asked to show an end."""
        return bool(self.ends)

    async def find_card(self, run: Run) -> int | None:
        answer = self.cards.pop(0) if self.cards else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def outlives_token(self, run: Run) -> bool:
        self.asked_for.append(run.id)
        answer = self.reaches.pop(0) if len(self.reaches) > 1 else self.reaches[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def channel_context(self, run: Run) -> ChannelContext:
        place = run.place
        if self.away:
            self.away -= 1
            raise Unavailable("not connected")
        known = not self.unreadable
        return ChannelContext(
            place.guild_id, place.channel_id, age_restricted=self.age_restricted and known, known=known
        )


class FakeReviewChannel:
    """Remembers what moderators were asked and told. `answers` are given to questions in turn, then a message."""

    def __init__(self) -> None:
        self.answers: list[Obstacle] = []
        self.asked: list[tuple[Run, Review, tuple[Picture, ...]]] = []
        self.asked_in: list[int] = []
        self.before_ask: Callable[[], Awaitable[None]] | None = None
        self.closed: list[tuple[Run, Review]] = []
        self.told: list[Obstacle] = []
        self.lines: list[str] = []
        self.deleted: set[int] = set()
        self.blocked: Obstacle | None = None
        self.always: Obstacle | None = None
        self.tries = 0
        self.closing = EditResult.YES

    def obstacle(self, guild_id: int, channel_id: int | None) -> Obstacle | None:
        return Obstacle.NO_CHANNEL if channel_id is None else self.blocked

    async def ask(self, run: Run, review: Review, shown: Sequence[Picture], channel_id: int) -> Asked | Obstacle:
        self.tries += 1
        if self.before_ask is not None:
            await self.before_ask()
        if self.always or self.answers:
            return self.always or self.answers.pop(0)
        self.asked.append((run, review, tuple(shown)))
        self.asked_in.append(channel_id)
        return Asked(channel_id, 7_000 + len(self.asked))

    async def refresh(self, run: Run, review: Review) -> EditResult:
        if self.closing is EditResult.YES:
            self.closed.append((run, review))
        return self.closing

    async def files(self, channel_id: int, message_id: int) -> list[tuple[int, bytes]]:
        return [(one.index, one.data) for one in self.asked[message_id - 7_001][2]]

    async def stands(self, channel_id: int, message_id: int) -> bool:
        return message_id not in self.deleted

    async def tell_obstacle(self, channel_id: int | None, review: Review, obstacle: Obstacle) -> bool:
        self.told.append(obstacle)
        return channel_id is not None

    async def tell_decision(self, channel_id: int | None, run: Run, review: Review) -> None:
        self.lines.append(f"{review.outcome} {run.delivery}")

    async def tell_visible(self, channel_id: int | None, run: Run, review: Review | None) -> None:
        self.lines.append("still visible" if run.delivery is Delivery.STILL_VISIBLE else "taken away")

    async def tell_rule(self, channel_id: int | None, run: Run, words: str) -> None:
        self.lines.append(f"rule {words}")


class FakeAttachments:
    """Discord's files, by their addresses. What is in no `files` is not there (any more); `away`: nothing is."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.away = False
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.away:
            raise PictureError(PictureFault.UNREACHABLE, "away")
        if url not in self.files:
            raise PictureError(PictureFault.EXPIRED, "not there")
        return self.files[url]


class NobodyToWarn:
    """No admins: nobody is warned of a low balance."""

    async def can_tell(self) -> bool:
        return False

    async def low_balance(self, channel_id: int) -> bool:
        return False


@dataclass
class RunsRoom:
    """The bot between its edges, and what stands at them."""

    clock: SandboxClock
    runflow: RunflowStandin
    store: Store
    app: App
    card: FakeCardView
    moderators: FakeReviewChannel
    attachments: FakeAttachments
    presses: int = field(default=0)
    frozen: bool = False  # for tests in which time passes by itself

    @property
    def runs(self) -> RunStore:
        return self.app.store

    @property
    def services(self) -> Services:
        return self.app.services

    async def press(
        self,
        *,
        user_id: int = 7,
        limit_bytes: int = 10 * 1024 * 1024,
        place: Place = Place(1, 2),  # noqa: B008 - frozen
        policy: Policy = Policy.BLOCK,
        rules: ChannelRules | None = None,
        **options: object,
    ) -> Run:
        """Accept a run as a cog would, without starting it."""
        self.presses += 1
        reply = Reply(self.presses, 8, "token-of-the-interaction", self.clock.now(), limit_bytes)
        return await self.services.runs.accept(
            user_id=user_id,
            place=place,
            reply=reply,
            model=FLUX_KLEIN,
            options={"prompt": "a red fox", **options},
            policy=policy,
            rules=rules,
        )

    async def to_the_end(self, run: Run) -> Run:
        """Start a run and come back when its card has its last form and the row says so."""
        await self.services.runs.start(run, 11)
        return await self.settled(run)

    async def settled(self, run: Run) -> Run:
        """Come back when nothing more happens with a run."""

        async def delivered() -> bool:
            return (await self.runs.load(run.id)).delivery != "pending"

        await until(delivered)
        return await self.runs.load(run.id)

    async def running(self, run: Run) -> None:
        """Come back when the run is at Runflow, and its row says so. How far it is there, rows do not say."""

        async def seen() -> bool:
            return (await self.runs.load(run.id)).state in AT_RUNFLOW

        await until(seen)

    async def held(self) -> int:
        """What is held for everybody, in micro-dollars."""

        def look(connection: Connection) -> Any:
            everybody = select(ledger_totals.c.held_micro_usd).where(
                ledger_totals.c.subject == Subject.BOT, ledger_totals.c.window == Window.EVER
            )
            return int((connection.execute(everybody)).scalar() or 0)

        return await self.store.read(look)


@asynccontextmanager
async def runs_room(
    directory: Path,
    switches: Switches,
    *,
    serve: bool = True,
    defaults: Defaults = Defaults(),  # noqa: B008 - frozen
    deadline_s: float = 600,
    lost_after_s: float = 30,
    caps: Caps = NO_CAPS,
    patience_s: float = 5.0,
    inline: bool = False,
    models: Registry = MODELS,
    runflow_url: str | None = None,
    callback_url: str | None = None,
) -> AsyncGenerator[RunsRoom]:
    """Open it all, wired as the bot is; with `serve` both workers run. `runflow_url`: another than the stand-in's."""
    clock, card, moderators = SandboxClock(), FakeCardView(), FakeReviewChannel()
    attachments = FakeAttachments()
    entropy = Entropy.of_system()  # a room may be opened twice over one file, and two seeds alike would make ids alike
    choices = Choices(
        defaults=defaults,
        caps=caps,
        run_deadline_s=deadline_s,
        lost_after_s=lost_after_s,
        progress_spacing_s=0,
        progress_quiet_s=0,
        callback_url=callback_url,
    )
    async with (
        RunflowStandin(clock=clock, switches=switches) as runflow,
        Store.open(migrated_sqlite(directory / "runs.db"), patience_s=patience_s, inline=inline) as store,
        open_runflow(runflow_url or runflow.url, SecretStr(runflow.api_key), clock, entropy.rng) as client,
        Downloader(api_url=runflow_url or runflow.url, max_bytes=32 * 1024 * 1024) as downloader,
    ):
        edges = Edges(store, client, downloader, attachments, card, moderators, NobodyToWarn(), clock, entropy)
        app = wire(edges, choices, models)
        room = RunsRoom(clock, runflow, store, app, card, moderators, attachments)
        served = (app.worker.serve, app.review_worker.serve) if serve else ()
        serving = [asyncio.create_task(part(), name=part.__qualname__) for part in served]
        try:
            yield room
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
