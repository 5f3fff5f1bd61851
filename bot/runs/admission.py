"""Admission: sanctions and rules for prompts, before any money is held."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.errors import PromptRefused, SanctionError
from bot.guilds.settings import GuildSettingsService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.prompts import PromptAction, Verdict
from bot.moderation.sanctions_service import SanctionsService
from bot.runs.run import Place, ReviewCause, Run

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Passed:
    """What admission found of a request that it let through."""

    verdict: Verdict

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
        prompt_rules: PromptRulesService,
        guild_settings: GuildSettingsService,
        rule_log: RuleLog,
    ) -> None:
        self._sanctions, self._prompt_rules = sanctions, prompt_rules
        self._guild_settings, self._rule_log = guild_settings, rule_log
        self._told: set[asyncio.Task[None]] = set()

    async def passed(self, user_id: int, place: Place, prompt: str) -> Passed:
        """Let a request through. Raises UserError for one that the server refuses, and Unavailable."""
        await self.need_not_held(user_id, place)
        verdict = await self._verdict(place.guild_id, prompt)
        if verdict.action is PromptAction.REFUSE:
            _log.info("request refused", user=user_id, guild=place.guild_id)
            raise PromptRefused(verdict.reason)
        return Passed(verdict)

    async def need_not_held(self, user_id: int, place: Place) -> None:
        """Raises UserError for a person who is paused or stopped there now; in DMs nobody is."""
        if place.guild_id is None:
            return
        held = await self._sanctions.standing(place.guild_id, user_id)
        if not held.allowed:
            _log.info("person refused", user=user_id, guild=place.guild_id)
            raise SanctionError(before=held.before_reason, reason=held.told_reason, after=held.after_reason)

    async def _verdict(self, guild_id: int | None, prompt: str) -> Verdict:
        """A server's rules hold in that server; in DMs nobody set any."""
        return Verdict() if guild_id is None else await self._prompt_rules.check_prompt(guild_id, prompt)

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
