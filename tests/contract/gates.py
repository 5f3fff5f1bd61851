"""Admission for tests in which nobody moderates."""

from typing import cast

from bot.clock import Clock
from bot.guilds.settings import GuildSettingsService
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.sanctions import Thresholds
from bot.moderation.sanctions_service import SanctionsService
from bot.runs.admission import Admission
from bot.runs.sources import Sources
from bot.store.engine import Store
from tests.unit.runs.room import FakeReviewChannel

NO_SOURCES = cast("Sources", None)
"""For tests of models that work from words alone: nobody asks for sources."""


def open_admission(store: Store, clock: Clock) -> Admission:
    """Without rules or sanctions, but for those that a test writes to the store."""
    return Admission(
        sanctions=SanctionsService(store=store, clock=clock, thresholds=Thresholds()),
        policies=PolicyService(store=store, clock=clock),
        prompt_rules=PromptRulesService(store=store, clock=clock),
        guild_settings=GuildSettingsService(store=store, clock=clock),
        rule_log=FakeReviewChannel(),
    )
