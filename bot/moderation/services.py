"""The services of what admins and moderators decide, made together."""

from dataclasses import dataclass
from typing import Self

from bot.clock import Clock
from bot.guilds.settings import GuildSettingsService
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.sanctions import Thresholds
from bot.moderation.sanctions_service import SanctionsService
from bot.store.engine import Store


@dataclass(frozen=True, slots=True)
class ModerationServices:
    """One of each."""

    policies: PolicyService
    prompt_rules: PromptRulesService
    sanctions: SanctionsService
    guild_settings: GuildSettingsService

    @classmethod
    def over(cls, store: Store, clock: Clock, thresholds: Thresholds) -> Self:
        """All of them over one store. `thresholds`: at how many strikes what follows."""
        return cls(
            policies=PolicyService(store=store, clock=clock),
            prompt_rules=PromptRulesService(store=store, clock=clock),
            sanctions=SanctionsService(store=store, clock=clock, thresholds=thresholds),
            guild_settings=GuildSettingsService(store=store, clock=clock),
        )
