"""The moderation desk: all that is asked of moderation, in one place."""

from bot.clock import Clock
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.prompts import PromptAction, Verdict
from bot.moderation.sanctions import Thresholds
from bot.moderation.sanctions_service import SanctionsService
from bot.store.engine import Store


class ModerationDesk(PolicyService, PromptRulesService, SanctionsService):
    """Channels, prompts and people. Every act is one transaction and leaves an audit row in it."""

    def __init__(self, *, store: Store, clock: Clock, thresholds: Thresholds | None = None) -> None:
        PolicyService.__init__(self, store=store, clock=clock)
        PromptRulesService.__init__(self, store=store, clock=clock)
        SanctionsService.__init__(self, store=store, clock=clock, thresholds=thresholds or Thresholds())

    async def gate(self, guild_id: int | None, user_id: int, prompt: str) -> Verdict:
        """Whether a person may ask for this, before any money is held; where refused, `reason` is what they read.

        A server's sanctions and rules hold in that server; in DMs nobody set any.
        """
        if guild_id is None:
            return Verdict()
        held = await self.standing(guild_id, user_id)
        if not held.allowed:
            return Verdict(PromptAction.REFUSE, held.sentence)
        return await self.check_prompt(guild_id, prompt)
