"""The parts of the runs room that moderation binds together, made at once."""

import asyncio
from dataclasses import dataclass

from bot.clock import Clock
from bot.guilds.settings import GuildSettingsService
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.sanctions_service import SanctionsService
from bot.runs.admission import Admission
from bot.runs.card import CardView
from bot.runs.delivery.deliver import Deliverer
from bot.runs.execution.review_worker import ReviewWorker
from bot.runs.review.channel import ReviewChannel
from bot.runs.review.held_images import HeldImages
from bot.runs.review.service import ReviewService
from bot.runs.review.visibility import Judge
from bot.runs.store import RunStore
from bot.store.engine import Store


@dataclass(frozen=True, slots=True)
class Moderating:
    """What stands between a run and eyes. `gate` is closed at the end; `keeper` is made once there is a deliverer."""

    guild_settings: GuildSettingsService
    judge: Judge
    gate: Admission
    holds: HeldImages
    reviews: ReviewService
    store: Store
    face: CardView
    moderators: ReviewChannel
    clock: Clock
    bell: asyncio.Queue[str]
    driver: asyncio.Queue[str]

    @classmethod
    def made(
        cls,
        *,
        store: Store,
        policies: PolicyService,
        prompt_rules: PromptRulesService,
        sanctions: SanctionsService,
        guild_settings: GuildSettingsService,
        face: CardView,
        moderators: ReviewChannel,
        clock: Clock,
        driver: asyncio.Queue[str],
    ) -> "Moderating":
        """All of it. `driver` is the driver's bell."""
        bell: asyncio.Queue[str] = asyncio.Queue()
        return cls(
            guild_settings=guild_settings,
            judge=Judge(store=store, policies=policies, prompt_rules=prompt_rules, face=face),
            gate=Admission(
                sanctions=sanctions, prompt_rules=prompt_rules, guild_settings=guild_settings, moderators=moderators
            ),
            holds=HeldImages(store=store, guild_settings=guild_settings, moderators=moderators, clock=clock, bell=bell),
            reviews=ReviewService(
                store=store,
                policies=policies,
                guild_settings=guild_settings,
                face=face,
                moderators=moderators,
                clock=clock,
                bell=driver,
                keeper=bell,
            ),
            store=store,
            face=face,
            moderators=moderators,
            clock=clock,
            bell=bell,
            driver=driver,
        )

    def keeper(self, book: RunStore, deliverer: Deliverer) -> ReviewWorker:
        """The part that keeps reviews moving, to be served."""
        return ReviewWorker(
            store=self.store,
            book=book,
            guild_settings=self.guild_settings,
            deliverer=deliverer,
            judge=self.judge,
            face=self.face,
            moderators=self.moderators,
            clock=self.clock,
            bell=self.bell,
            driver=self.driver,
        )
