"""Admission: sanctions, rules for prompts and the channel's rules, in the very transaction that holds the money."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy import Connection

from bot.errors import PromptRefused, SanctionError
from bot.guilds.settings import GuildSettingsService
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import Judged, PromptRulesService, RulesChanged
from bot.moderation.prompts import PromptAction, Verdict
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.moderation.sanctions_service import SanctionsService
from bot.runs.run import Place, ReviewCause, Run

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Passed:
    """What is known of a request before its transaction. `judged` counts where the server's rules are still those."""

    judged: Judged = Judged()  # noqa: RUF009 - frozen

    @property
    def verdict(self) -> Verdict:
        """What the rules say of the prompt."""
        return self.judged.verdict

    @property
    def review_cause(self) -> ReviewCause | None:
        """Set where a moderator must look at what comes of it."""
        return ReviewCause.RULE if self.verdict.action is PromptAction.REVIEW else None


class RuleLog(Protocol):
    """Where moderators are told of prompts that met a rule. The review channel answers it."""

    async def tell_rule(self, channel_id: int | None, run: Run, words: str) -> None:
        """A line in the log channel for a prompt that met a rule. Never raises for what Discord answers."""
        ...


class Admission:
    """Lets requests in. Log channels are told beside the request, supervised: a slow Discord delays nobody."""

    def __init__(
        self,
        *,
        sanctions: SanctionsService,
        policies: PolicyService,
        prompt_rules: PromptRulesService,
        guild_settings: GuildSettingsService,
        rule_log: RuleLog,
    ) -> None:
        self._sanctions, self._policies, self._prompt_rules = sanctions, policies, prompt_rules
        self._guild_settings, self._rule_log = guild_settings, rule_log
        self._told: set[asyncio.Task[None]] = set()

    def rules_in(self, connection: Connection, where: ChannelContext) -> ChannelRules:
        """What holds in a channel, at the moment of the transaction."""
        return self._policies.rules_in(connection, where)

    async def until_known(self, where: ChannelContext) -> None:
        """Come back once what holds in a channel is written down. Raises Unavailable."""
        await self._policies.no_doubt(where.rules_id)

    async def judged(
        self, place: Place, prompt: str, newer: RulesChanged | None = None, *, sent: str | None = None
    ) -> Passed:
        """Compare a prompt with the rules that are in memory, or with `newer` ones; in DMs nobody set any.

        `sent`: what the model is given in its place, which is compared as well.
        """
        if place.guild_id is None:
            return Passed()
        return Passed(await self._prompt_rules.judged(place.guild_id, prompt, newer, sent=sent))

    def admit(self, connection: Connection, user_id: int, place: Place, passed: Passed) -> None:
        """Let a request through, as part of the transaction that writes it: no stop can come in between.

        Raises UserError for one that the server refuses, and RulesChanged where it must be judged anew.
        """
        guild_id = place.guild_id
        if guild_id is None:
            return
        held = self._sanctions.standing_in(connection, guild_id, user_id)
        if not held.allowed:
            _log.info("person refused", user=user_id, guild=guild_id)
            raise SanctionError(before=held.before_reason, reason=held.told_reason, after=held.after_reason)
        self._prompt_rules.need_current(connection, guild_id, passed.judged)
        if passed.verdict.action is PromptAction.REFUSE:
            _log.info("request refused", user=user_id, guild=guild_id)
            raise PromptRefused(passed.verdict.reason)

    def tell(self, run: Run, passed: Passed) -> None:
        """Let the log channel know of a prompt that met a rule and was let through."""
        if passed.verdict.action is not PromptAction.LOG or run.place.guild_id is None:
            return
        task = asyncio.create_task(self._tell(run, run.place.guild_id, passed.verdict), name=f"rule met by {run.id}")
        self._told.add(task)
        task.add_done_callback(self._told.discard)

    async def _tell(self, run: Run, guild_id: int, verdict: Verdict) -> None:
        try:
            settings = await self._guild_settings.settings_of(guild_id)
            rules = ", ".join(dict.fromkeys(match.rule.text for match in verdict.matches))
            await self._rule_log.tell_rule(settings.log_channel_id, run, rules)
        except Exception:  # noqa: BLE001 - the request is accepted; what could not be told is in the log
            _log.exception("the log channel could not be told of a rule", run=run.id)

    async def close(self) -> None:
        """Wait for what is being told."""
        await asyncio.gather(*self._told)
