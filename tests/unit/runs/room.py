"""The runs room whole, on a real SQLite file and against the Runflow stand-in; only the face is a fake."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp
from pydantic import SecretStr
from sqlalchemy import select

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.guilds.settings import GuildSettingsService
from bot.images.download import Downloader
from bot.images.image import Picture
from bot.ledger.values import Defaults, Subject, Window
from bot.moderation.policy import Policy
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.moderation.sanctions import Thresholds
from bot.moderation.sanctions_service import SanctionsService
from bot.runflow.client import RunflowClient
from bot.runs.card import Balance, EditResult, FinalCard
from bot.runs.delivery.deliver import Deliverer
from bot.runs.delivery.progress import Progress
from bot.runs.execution.overdue import OverduePolls
from bot.runs.execution.poll import Poller
from bot.runs.execution.recovery import CardFinder
from bot.runs.execution.review_worker import ReviewWorker
from bot.runs.execution.submit import Submitter
from bot.runs.execution.worker import Worker
from bot.runs.history import RunHistory
from bot.runs.moderating import Moderating
from bot.runs.review.channel import Asked
from bot.runs.review.review import Obstacle, Review
from bot.runs.review.service import ReviewService
from bot.runs.run import Place, Reply, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.scheduling.turns import Caps
from bot.runs.service import RunService
from bot.runs.store import RunStore
from bot.store.engine import Store
from bot.store.tables import ledger_totals
from sandbox.clock import SandboxClock
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import Switches

NO_CAPS = Caps(at_once=1000, per_guild=1000, per_user=1000)
MODELS = {FLUX_KLEIN.model_id: FLUX_KLEIN}


async def until(holds: Callable[[], Awaitable[bool]], timeout_s: float = 20.0) -> None:
    """Come back when it holds. Rows and fakes ring no bell, so they are asked every few milliseconds."""
    async with asyncio.timeout(timeout_s):
        while not await holds():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.005)


class FakeFace:
    """Remembers what it was asked to show. `answers` are given to ends in turn, then YES; an exception is raised."""

    def __init__(self) -> None:
        self.age_restricted = False
        self.answers: list[EditResult | Exception] = []
        self.cards: list[int | Exception] = []
        self.progressed: list[State] = []
        self.places: list[tuple[str, int]] = []
        self.ends: list[tuple[Run, FinalCard, Balance]] = []
        self.ended = asyncio.Event()

    async def progress(self, run: Run, place: int | None = None) -> EditResult:
        self.progressed.append(run.state)
        if place is not None:
            self.places.append((run.id, place))
        return EditResult.YES

    async def end(self, run: Run, ending: FinalCard, balance: Balance) -> EditResult:
        self.ends.append((run, ending, balance))
        answer = self.answers.pop(0) if self.answers else EditResult.YES
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

    async def channel_context(self, run: Run) -> ChannelContext:
        place = run.place
        return ChannelContext(place.guild_id, place.channel_id, age_restricted=self.age_restricted)


class FakeModerators:
    """Remembers what moderators were asked and told. `answers` are given to questions in turn, then a message."""

    def __init__(self) -> None:
        self.answers: list[Obstacle] = []
        self.asked: list[tuple[Run, Review, tuple[Picture, ...]]] = []
        self.closed: list[tuple[Run, Review]] = []
        self.told: list[Obstacle] = []
        self.lines: list[str] = []
        self.deleted: set[int] = set()
        self.blocked: Obstacle | None = None

    def obstacle(self, guild_id: int, channel_id: int | None) -> Obstacle | None:
        return Obstacle.NO_CHANNEL if channel_id is None else self.blocked

    async def ask(self, run: Run, review: Review, shown: Sequence[Picture], channel_id: int) -> Asked | Obstacle:
        if self.answers:
            return self.answers.pop(0)
        self.asked.append((run, review, tuple(shown)))
        return Asked(channel_id, 7_000 + len(self.asked))

    async def close(self, run: Run, review: Review) -> EditResult:
        self.closed.append((run, review))
        return EditResult.YES

    async def files(self, channel_id: int, message_id: int) -> list[tuple[int, bytes]]:
        return [(one.index, one.data) for one in self.asked[message_id - 7_001][2]]

    async def stands(self, channel_id: int, message_id: int) -> bool:
        return message_id not in self.deleted

    async def tell_obstacle(self, channel_id: int | None, review: Review, obstacle: Obstacle) -> bool:
        self.told.append(obstacle)
        return channel_id is not None

    async def tell_decision(self, channel_id: int | None, run: Run, review: Review) -> None:
        self.lines.append(f"{review.outcome} {run.delivery}")

    async def tell_rule(self, channel_id: int | None, run: Run, words: str) -> None:
        self.lines.append(f"rule {words}")


@dataclass
class RunsRoom:
    """The room and what stands around it."""

    clock: SandboxClock
    runflow: RunflowStandin
    store: Store
    book: RunStore
    service: RunService
    driver: Worker
    face: FakeFace
    history: RunHistory
    moderators: FakeModerators
    policies: PolicyService
    prompt_rules: PromptRulesService
    sanctions: SanctionsService
    guild_settings: GuildSettingsService
    reviews: ReviewService
    keeper: ReviewWorker
    presses: int = field(default=0)

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
        return await self.service.accept(
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
        await self.service.start(run, 11)
        return await self.settled(run)

    async def settled(self, run: Run) -> Run:
        """Come back when nothing more happens with a run."""

        async def delivered() -> bool:
            return (await self.book.load(run.id)).delivery != "pending"

        await until(delivered)
        return await self.book.load(run.id)

    async def running(self, run: Run) -> None:
        """Come back when the run is known to be running."""

        async def seen() -> bool:
            return (await self.book.load(run.id)).state is State.RUNNING

        await until(seen)

    async def held(self) -> int:
        """What is held for everybody, in micro-dollars."""
        async with self.store.read() as connection:
            everybody = select(ledger_totals.c.held_micro_usd).where(
                ledger_totals.c.subject == Subject.BOT, ledger_totals.c.window == Window.EVER
            )
            return int((await connection.execute(everybody)).scalar() or 0)


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
) -> AsyncGenerator[RunsRoom]:
    """Open it all; with `serve` the driver runs."""
    clock, rng, face = SandboxClock(), Random(1), FakeFace()
    bell: asyncio.Queue[str] = asyncio.Queue()
    async with (
        RunflowStandin(clock=clock, switches=switches) as runflow,
        Store.open(f"sqlite+aiosqlite:///{directory / 'runs.db'}", patience_s=patience_s) as store,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        Downloader(api_url=runflow.url, max_bytes=32 * 1024 * 1024) as downloader,
    ):
        client = RunflowClient(
            session=session, base_url=runflow.url, api_key=SecretStr(runflow.api_key), clock=clock, rng=rng
        )
        book = RunStore(store=store, defaults=defaults, clock=clock)
        watcher = Poller(
            book=book,
            runflow=client,
            models=MODELS,
            clock=clock,
            rng=rng,
            deadline_s=deadline_s,
            dues=OverduePolls(clock),
        )
        line = Scheduler(caps=caps, clock=clock)
        moderators = FakeModerators()
        policies, prompt_rules = PolicyService(store=store, clock=clock), PromptRulesService(store=store, clock=clock)
        sanctions = SanctionsService(store=store, clock=clock, thresholds=Thresholds())
        guild_settings = GuildSettingsService(store=store, clock=clock)
        parts = Moderating.made(
            store=store,
            policies=policies,
            prompt_rules=prompt_rules,
            sanctions=sanctions,
            guild_settings=guild_settings,
            face=face,
            moderators=moderators,
            clock=clock,
            driver=bell,
        )
        deliverer = Deliverer(
            book=book,
            watcher=watcher,
            downloader=downloader,
            face=face,
            clock=clock,
            judge=parts.judge,
            holds=parts.holds,
        )
        history = RunHistory(store=store, runflow=client, downloader=downloader, deliverer=deliverer)
        driver = Worker(
            book=book,
            submitter=Submitter(
                book=book, runflow=client, models=MODELS, clock=clock, callback_url=None, lost_after_s=lost_after_s
            ),
            watcher=watcher,
            deliverer=deliverer,
            progress=lambda: Progress(face=face, clock=clock, spacing_s=0),
            line=line,
            cards=CardFinder(book=book, face=face, clock=clock),
            clock=clock,
            bell=bell,
        )
        service = RunService(book=book, bell=bell, line=line, gate=parts.gate)
        keeper = parts.keeper(book, deliverer)
        room = RunsRoom(
            clock=clock,
            runflow=runflow,
            store=store,
            book=book,
            service=service,
            driver=driver,
            face=face,
            history=history,
            moderators=moderators,
            policies=policies,
            prompt_rules=prompt_rules,
            sanctions=sanctions,
            guild_settings=guild_settings,
            reviews=parts.reviews,
            keeper=keeper,
        )
        parts_served = (driver.serve, keeper.serve) if serve else ()
        serving = [asyncio.create_task(part(), name=part.__qualname__) for part in parts_served]
        try:
            yield room
        finally:
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
