"""What a cog may ask of moderation. Every act leaves an audit row; a UserError changed nothing.

Every method raises Unavailable when the database does not answer. Who may act is checked at the edge.
"""

from typing import Protocol

from bot.guilds.audit import AdminAction
from bot.moderation.prompts import PromptAction, PromptRule, PromptTest
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting
from bot.moderation.sanctions import RecordLine, SanctionKind, SanctionStatus
from bot.moderation.sanctions_service import Appeal, AppealDecision


class Policies(Protocol):
    """What channels and categories do with pictures."""

    async def rules_at(self, channel_context: ChannelContext) -> ChannelRules:
        """What holds in a place now; the strictest where it cannot be read."""
        ...

    async def set_channel(self, act: AdminAction, channel_id: int, changes: ChannelSetting) -> ChannelSetting:
        """Set what `changes` says for a channel or a category and leave the rest; gives what is set now."""
        ...

    async def clear_channel(self, act: AdminAction, channel_id: int) -> bool:
        """Forget what was set for a channel or a category; False when nothing was."""
        ...

    def doubt_age_mark(self, channel_id: int) -> int:
        """Something happened to a channel's mark; gives what names that.

        Until all such is written down (`age_mark_removed`), the channel counts as without the mark.
        """
        ...

    async def no_doubt(self, channel_id: int) -> None:
        """Come back once that is written down, which takes a moment. Raises Unavailable where it takes longer."""
        ...

    def is_doubted(self, channel_id: int, doubt: int | None = None) -> bool:
        """Whether something that happened to the mark is still to be written down; with `doubt`, whether that is."""
        ...

    async def age_mark_removed(
        self,
        act: AdminAction,
        channel_id: int,
        category_id: int | None = None,
        *,
        own: bool = True,
        doubt: int | None = None,
    ) -> bool:
        """Undo for good what only an age-restricted channel may have, from its category too; False for nothing.

        Without `own`, what was set for the channel itself stays. It settles `doubt`; None for all that there are now.
        """
        ...

    async def needing_age_mark(self) -> tuple[tuple[int, int], ...]:
        """The servers with the channels and categories where something is set that only an age mark lets hold."""
        ...

    async def channel_settings(self, guild_id: int) -> tuple[tuple[int, ChannelSetting], ...]:
        """What is set in a server, by channel or category id."""
        ...


class PromptRules(Protocol):
    """What a server does not want asked for."""

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


class Sanctions(Protocol):
    """Strikes, pauses and stops, appeals against them, and what is on record about a person."""

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

    async def need_unappealed(self, guild_id: int, user_id: int) -> None:
        """Raises UserError where what holds for a person was appealed against before."""
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

    async def used_here(self, guild_id: int, user_id: int) -> bool:
        """Whether the person ever asked for pictures in this server."""
        ...

    async def may_write_to(self, guild_id: int, user_id: int) -> bool:
        """Whether the bot may write to the person of the latest act: they used it here, and acts were few of late."""
        ...

    async def record(self, guild_id: int, user_id: int, most: int = 25) -> tuple[RecordLine, ...]:
        """What moderators decided about a person, and what was reported of them; newest first."""
        ...
