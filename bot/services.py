"""The frozen record of services a cog may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.catalog.model import Model
from bot.moderation.channels import ReviewSettings
from bot.moderation.people import Appeal, AppealDecision
from bot.moderation.policy import Policy
from bot.moderation.prompts import PromptAction, PromptRule, PromptTest
from bot.moderation.rules import ChannelRules, ChannelSetting, Surroundings
from bot.moderation.sanctions import RecordLine, SanctionKind, Standing
from bot.runs.face import Balance
from bot.runs.reviewing import Decided, Reported, Status
from bot.runs.run import Place, Reply, Run
from bot.store.audit import Act as Act  # noqa: PLC0414 - cogs act, and never see the store


class Runs(Protocol):
    """What a cog may ask of the runs room."""

    async def accept(
        self,
        *,
        user_id: int,
        place: Place,
        reply: Reply,
        model: Model,
        options: Mapping[str, object],
        policy: Policy,
        rules: ChannelRules | None = None,
    ) -> Run:
        """Check the options, hold the dearest price and write the row: all or nothing. Nothing is sent yet.

        `rules` is all that holds in the channel. Raises OptionError, LimitError, or Unavailable, and UserError for a
        person or a prompt that the server does not let through. A repeated interaction id raises UserError.
        """
        ...

    async def start(self, run: Run, message_id: int) -> None:
        """The card stands as `message_id`: submit the run and see it to its end, supervised, in the background."""
        ...

    async def abandon(self, run: Run) -> None:
        """The card could not be shown (nothing was sent to Runflow): end the run and release the money."""
        ...

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message; None for any other message."""
        ...

    async def balance(self, user_id: int) -> Balance:
        """What the person has used and has left today."""
        ...


class Reviews(Protocol):
    """What a cog may ask about pictures that wait for a moderator, always for one server."""

    async def find(self, guild_id: int, run_id: str) -> Decided:
        """A review as it stands. Raises UserError for one that is not this server's, or that nobody knows."""
        ...

    async def approve(self, act: Act, run_id: str) -> Decided:
        """Show the pictures. Raises UserError where they are unknown, or where the channel shows no such pictures."""
        ...

    async def reject(self, act: Act, run_id: str, reason: str | None) -> Decided:
        """Keep the pictures from view for good, with the reason that the person reads. Raises UserError as `find`."""
        ...

    async def report(self, *, run: Run, reporter_id: int, reason: str | None, hide: bool) -> Reported:
        """Have moderators look at pictures that are shown. With `hide` they are taken away until one has looked."""
        ...

    async def status(self, guild_id: int) -> Status:
        """How reviewing stands in a server, with the oldest of those that wait."""
        ...

    async def retry(self, guild_id: int) -> None:
        """Ask moderators now wherever they could not be asked before, or their message was deleted meanwhile."""
        ...


class Moderation(Protocol):
    """What a cog may ask of the moderation desk. Every act leaves an audit row; a UserError changed nothing."""

    async def rules_at(self, surroundings: Surroundings) -> ChannelRules:
        """What holds in a place now; the strictest where it cannot be read."""
        ...

    async def set_channel(self, act: Act, channel_id: int, changes: ChannelSetting) -> ChannelSetting:
        """Set what `changes` says for a channel or a category and leave the rest; gives what is set now."""
        ...

    async def clear_channel(self, act: Act, channel_id: int) -> bool:
        """Forget what was set for a channel or a category; False when nothing was."""
        ...

    async def age_mark_removed(self, act: Act, channel_id: int) -> bool:
        """Undo for good what only an age-restricted channel may have; False when nothing of it was set."""
        ...

    async def channel_settings(self, guild_id: int) -> tuple[tuple[int, ChannelSetting], ...]:
        """What is set in a server, by channel or category id."""
        ...

    async def review_settings(self, guild_id: int) -> ReviewSettings:
        """How a server's moderators are reached."""
        ...

    async def set_review_channel(self, act: Act, channel_id: int | None) -> None:
        """Choose the channel where held pictures are shown to moderators; None: nowhere."""
        ...

    async def set_reasons(self, act: Act, reasons: Sequence[str]) -> tuple[str, ...]:
        """Choose the reasons that moderators pick from when they reject. Raises UserError for too many or too long."""
        ...

    async def add_rule(
        self,
        act: Act,
        text: str,
        action: PromptAction = ...,
        public_reason: str | None = None,
        *,
        is_exception: bool = False,
    ) -> PromptRule:
        """Write a rule or an exception. Raises UserError for one that is empty, too long, or there already."""
        ...

    async def remove_rule(self, act: Act, rule_id: int) -> PromptRule:
        """Forget a rule. Raises UserError for one that is not this server's, or that nobody knows."""
        ...

    async def prompt_rules(self, guild_id: int) -> tuple[PromptRule, ...]:
        """A server's rules and exceptions, oldest first."""
        ...

    async def test_prompt(self, guild_id: int, prompt: str) -> PromptTest:
        """What the rules find in a prompt, exceptions told."""
        ...

    async def sanction(
        self, act: Act, user_id: int, kind: SanctionKind, reason: str, *, length_s: int | None = None
    ) -> Standing:
        """Act about a person; gives what holds then, a pause or stop that follows from the strikes included.

        `length_s` is how long a pause lasts (None: as the settings say). Raises UserError where there is nothing to do.
        """
        ...

    async def standing(self, guild_id: int, user_id: int) -> Standing:
        """What holds for a person now."""
        ...

    async def appeal(self, guild_id: int, user_id: int, words: str) -> Appeal:
        """Ask moderators to lift what holds. Raises UserError where nothing does, or it was appealed against before."""
        ...

    async def appeal_posted(self, appeal_id: int, *, channel_id: int, message_id: int) -> None:
        """Note the moderators' message of an appeal."""
        ...

    async def find_appeal(self, guild_id: int, appeal_id: int) -> Appeal:
        """An appeal as it stands. Raises UserError for one that is not this server's, or that nobody knows."""
        ...

    async def open_appeals(self, guild_id: int) -> tuple[Appeal, ...]:
        """The appeals of a server that wait for a decision, oldest first."""
        ...

    async def decide_appeal(self, act: Act, appeal_id: int, *, lift: bool, reason: str = "") -> AppealDecision:
        """Decide an appeal; `lift` ends what holds. The first decision counts. Raises UserError as `find_appeal`."""
        ...

    async def unheard(self, guild_id: int, user_id: int) -> Appeal | None:
        """A decided appeal that the person was not told of yet; from now on they count as told."""
        ...

    async def add_report(self, *, run_id: str, guild_id: int, user_id: int, reason: str | None = None) -> bool:
        """Note that a person reported a run's pictures; False when they did before, and nothing is changed."""
        ...

    async def report_count(self, run_id: str) -> int:
        """How many people reported a run's pictures."""
        ...

    async def record(self, guild_id: int, user_id: int, most: int = 25) -> tuple[RecordLine, ...]:
        """What moderators decided about a person, and what was reported of them; newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a cog receives."""

    runs: Runs
    reviews: Reviews
    moderation: Moderation
    imagine: Model  # the model behind /imagine
