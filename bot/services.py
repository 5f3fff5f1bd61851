"""The frozen record of services a cog may use."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.catalog.model import Model
from bot.catalog.registry import Registry
from bot.guilds.audit import AdminAction as AdminAction  # noqa: PLC0414 - cogs act, and never see the store
from bot.guilds.audit import AuditRow
from bot.ledger.values import EntryRow, Explanation, Limit, Notice, Person, SpendReport, UsageReport
from bot.moderation.policy import Policy
from bot.moderation.policy_service import ReviewSettings
from bot.moderation.prompts import PromptAction, PromptRule, PromptTest
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting
from bot.moderation.sanctions import RecordLine, SanctionKind, SanctionStatus
from bot.moderation.sanctions_service import Appeal, AppealDecision
from bot.money import MicroUsd
from bot.runs.card import Pictures
from bot.runs.past import Page, Viewing
from bot.runs.review.service import Decided, Reported, Status
from bot.runs.run import Place, Reply, Run


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
        role_ids: tuple[int, ...] = (),
    ) -> Run:
        """Check the options, hold the dearest price and write the row: all or nothing. Nothing is sent yet.

        `rules` is all that holds in the channel, `role_ids` are the person's roles at this moment. Raises OptionError,
        LimitError, or Unavailable; UserError for a person or a prompt that the server does not let through, for a
        repeated interaction id, and where private use is switched off.
        """
        ...

    async def notices(self, run: Run) -> tuple[Notice, ...]:
        """What the person is to be told beside this run's card: limits of which this run used 80 % for the first time.

        Each is given once in a window, whatever is pressed; asking again for the same run gives the same. Raises
        Unavailable.
        """
        ...

    def position(self, run: Run) -> int | None:
        """Where a run that was just accepted will stand in the queue, from 1; None where it may start at once."""
        ...

    async def leave(self, run_id: str, *, user_id: int, moderated_channel_id: int | None = None) -> None:
        """Take a run that waits in the bot's queue out of it and release its money; its card then ends by itself.

        Only for the one who asked, and for whoever moderates the channel `moderated_channel_id` (checked by the cog)
        where the run is from there. Raises UserError for anybody else and for a run that waits no more; Unavailable.
        """
        ...

    async def start(self, run: Run, message_id: int) -> None:
        """The card stands as `message_id`: submit the run and see it to its end, supervised, in the background."""
        ...

    async def abandon(self, run: Run) -> None:
        """The card could not be shown (nothing was sent to Runflow): end the run and release the money.

        Raises Unavailable where that happens later: the run then goes on where its card stands after all.
        """
        ...

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message; None for any other message."""
        ...


class History(Protocol):
    """What a cog may ask of runs that are over. Whether somebody may ask for another person's is checked by the cog."""

    async def page(
        self,
        user_id: int,
        guild_id: int | None,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 10,
    ) -> Page:
        """A person's runs in a server (None: privately), newest first; the newest of all where neither end is given.

        `before` and `after` are ids of the interactions that asked for runs. Raises Unavailable.
        """
        ...

    async def find(self, run_id: str, guild_id: int | None) -> Run:
        """A run of this server (None: a private one). Raises UserError where there is none, and Unavailable."""
        ...

    async def pictures(self, run: Run, viewing: Viewing) -> Pictures:
        """The pictures of a run, fetched anew, as far as the rules of then and of now let them be seen there.

        Raises UserError with why there is nothing to show, and Unavailable where it may be tried again.
        """
        ...


class Ledger(Protocol):
    """What a cog may ask of the ledger. Every method raises Unavailable when the database does not answer.

    Whether somebody may act as an admin is checked by the cog; every act leaves an audit row in its own transaction.
    """

    async def usage(self, person: Person) -> UsageReport:
        """What the person uses and has left here, limit by limit, and their last ten runs here."""
        ...

    async def explain(self, person: Person) -> Explanation:
        """Which limits hold for the person here and why, and which of theirs give way."""
        ...

    async def limits_of(self, guild_id: int) -> tuple[Limit, ...]:
        """Every limit that the server's admins set, those of deleted roles and channels too, in a fixed order."""
        ...

    async def set_limit(self, act: AdminAction, limit: Limit) -> Limit | None:
        """Set a limit of the server, in place of the one with the same subject, window and measure, which is given.

        Raises UserError for an amount out of range, and for what no admin may set (the bot's own limits, those of
        another server, runs at once in another window than `ever`).
        """
        ...

    async def remove_limit(self, act: AdminAction, limit: Limit) -> bool:
        """Remove the limit with this subject, window and measure, whatever its amount; False where there is none."""
        ...

    async def grant(self, act: AdminAction, person: Person, amount: MicroUsd, reason: str) -> UsageReport:
        """Raise what is left for the person in this server, in the windows of this moment, by `amount`.

        Money only; the server's and the channel's own limits stand. Gives what the person has then. Raises UserError
        for an amount that is not above zero or above $10,000, and for a reason of more than 500 characters.
        """
        ...

    async def spend(self, guild_id: int | None, since: datetime, until: datetime) -> SpendReport:
        """What was spent from the day of `since` until before that of `until`, by day and by person. None: privately.

        Raises UserError where `until` is not after `since`, or they are more than 366 days apart.
        """
        ...

    def entries(self, guild_id: int | None, since: datetime | None, until: datetime | None) -> AsyncIterator[EntryRow]:
        """The entries of a server (None: of all, and private ones) with since <= at < until, oldest first."""
        ...

    async def audit(self, guild_id: int, most: int = 50) -> tuple[AuditRow, ...]:
        """The last acts of the server's admins, newest first."""
        ...

    async def log_channel(self, guild_id: int) -> int | None:
        """The channel where admins are told of acts and warnings; None where none is set."""
        ...

    async def set_log_channel(self, act: AdminAction, guild_id: int, channel_id: int | None) -> None:
        """Set the log channel, or with None have none."""
        ...


class Reviews(Protocol):
    """What a cog may ask about pictures that wait for a moderator, always for one server."""

    async def find(self, guild_id: int, run_id: str) -> Decided:
        """A review as it stands. Raises UserError for one that is not this server's, or that nobody knows."""
        ...

    async def approve(self, act: AdminAction, run_id: str) -> Decided:
        """Show the pictures. Raises UserError where they are unknown, or where the channel shows no such pictures."""
        ...

    async def reject(self, act: AdminAction, run_id: str, reason: str | None) -> Decided:
        """Keep the pictures from view for good, with the reason that the person reads. Raises UserError as `find`."""
        ...

    async def report(self, *, run: Run, reporter_id: int, reason: str | None, hide: bool) -> Reported:
        """Have moderators look at pictures that are shown. With `hide` they are taken away until one has looked.

        All or nothing: raises Unavailable with nothing written.
        """
        ...

    async def status(self, guild_id: int) -> Status:
        """How reviewing stands in a server, with the oldest of those that wait."""
        ...

    async def retry(self, guild_id: int) -> None:
        """Ask moderators now wherever they could not be asked before, or their message was deleted meanwhile."""
        ...


class Moderation(Protocol):
    """What a cog may ask of the moderation desk. Every act leaves an audit row; a UserError changed nothing."""

    async def rules_at(self, channel_context: ChannelContext) -> ChannelRules:
        """What holds in a place now; the strictest where it cannot be read."""
        ...

    async def set_channel(self, act: AdminAction, channel_id: int, changes: ChannelSetting) -> ChannelSetting:
        """Set what `changes` says for a channel or a category and leave the rest; gives what is set now."""
        ...

    async def clear_channel(self, act: AdminAction, channel_id: int) -> bool:
        """Forget what was set for a channel or a category; False when nothing was."""
        ...

    async def age_mark_removed(self, act: AdminAction, channel_id: int) -> bool:
        """Undo for good what only an age-restricted channel may have; False when nothing of it was set."""
        ...

    async def channel_settings(self, guild_id: int) -> tuple[tuple[int, ChannelSetting], ...]:
        """What is set in a server, by channel or category id."""
        ...

    async def review_settings(self, guild_id: int) -> ReviewSettings:
        """How a server's moderators are reached."""
        ...

    async def set_review_channel(self, act: AdminAction, channel_id: int | None) -> None:
        """Choose the channel where held pictures are shown to moderators; None: nowhere."""
        ...

    async def set_reasons(self, act: AdminAction, reasons: Sequence[str]) -> tuple[str, ...]:
        """Choose the reasons that moderators pick from when they reject. Raises UserError for too many or too long."""
        ...

    async def add_rule(
        self,
        act: AdminAction,
        text: str,
        action: PromptAction = ...,
        public_reason: str | None = None,
        *,
        is_exception: bool = False,
    ) -> PromptRule:
        """Write a rule or an exception. Raises UserError for one that is empty, too long, or there already."""
        ...

    async def remove_rule(self, act: AdminAction, rule_id: int) -> PromptRule:
        """Forget a rule. Raises UserError for one that is not this server's, or that nobody knows."""
        ...

    async def prompt_rules(self, guild_id: int) -> tuple[PromptRule, ...]:
        """A server's rules and exceptions, oldest first."""
        ...

    async def test_prompt(self, guild_id: int, prompt: str) -> PromptTest:
        """What the rules find in a prompt, exceptions told."""
        ...

    async def sanction(
        self, act: AdminAction, user_id: int, kind: SanctionKind, reason: str, *, length_s: int | None = None
    ) -> SanctionStatus:
        """Act about a person; gives what holds then, a pause or stop that follows from the strikes included.

        `length_s` is how long a pause lasts (None: as the settings say). Raises UserError where there is nothing to do.
        """
        ...

    async def standing(self, guild_id: int, user_id: int) -> SanctionStatus:
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

    async def decide_appeal(self, act: AdminAction, appeal_id: int, *, lift: bool, reason: str = "") -> AppealDecision:
        """Decide an appeal; `lift` ends what holds. The first decision counts. Raises UserError as `find_appeal`."""
        ...

    async def unheard(self, guild_id: int, user_id: int) -> Appeal | None:
        """A decided appeal that the person was not told of yet; from now on they count as told."""
        ...

    async def record(self, guild_id: int, user_id: int, most: int = 25) -> tuple[RecordLine, ...]:
        """What moderators decided about a person, and what was reported of them; newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a cog receives."""

    runs: Runs
    history: History
    books: Ledger
    reviews: Reviews
    moderation: Moderation
    models: Registry
