"""What holds in a channel: what admins set there, for its category, and what Discord says of it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from bot.moderation.policy import Policy, default_policy, stricter
from bot.moderation.pressers import AUTHOR, EVERYONE, Pressers


class Unchecked(StrEnum):
    """How pictures count that nobody checked (`nsfw_detected` null)."""

    AS_FLAGGED = "as_flagged"
    AS_CLEAR = "as_clear"


@dataclass(frozen=True, slots=True)
class ChannelContext:
    """What Discord says of a place now. Of a thread, `parent_id` is its channel and `category_id` that channel's.

    `known` is False where the place cannot be read: the strictest holds. DMs have no `guild_id`.
    """

    guild_id: int | None
    channel_id: int
    parent_id: int | None = None
    category_id: int | None = None
    age_restricted: bool = False
    known: bool = True

    @property
    def rules_id(self) -> int:
        """The channel whose setting holds here: threads inherit their channel's."""
        return self.parent_id or self.channel_id


@dataclass(frozen=True, slots=True)
class ChannelSetting:
    """What admins set for a channel or a category; None: not set. `undecided_after_s` of 0 means no end."""

    policy: Policy | None = None
    approve_everything: bool | None = None
    unchecked: Unchecked | None = None
    hide_prompt: bool | None = None
    safety_checker: bool | None = None
    undecided_after_s: int | None = None
    undecided_reject: bool | None = None
    hide_reported: bool | None = None
    private: bool | None = None
    buttons: Pressers | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is set."""
        return all(getattr(self, one.name) is None for one in fields(self))

    @property
    def needs_age_mark(self) -> bool:
        """Whether something is set that only an age-restricted channel may have."""
        return self.policy is Policy.ALLOW or self.safety_checker is False

    def over(self, other: "ChannelSetting") -> "ChannelSetting":
        """Both: where this setting says nothing, what the other says."""
        return ChannelSetting(
            **{
                one.name: getattr(other, one.name) if getattr(self, one.name) is None else getattr(self, one.name)
                for one in fields(self)
            }
        )

    def holding(self, *, age_restricted: bool) -> "ChannelSetting":
        """What of it holds: without the mark, what needs it counts as not set."""
        if age_restricted or not self.needs_age_mark:
            return self
        policy = None if self.policy is Policy.ALLOW else self.policy
        return replace(self, policy=policy, safety_checker=self.safety_checker or None)


def without_age_mark(channel: ChannelSetting, category: ChannelSetting) -> ChannelSetting:
    """The setting of a channel that lost its mark, so that nothing comes back with the mark, from its category either.

    Where the category allows flagged pictures, the channel blocks them from now on, until an admin sets it anew.
    """
    return kept_from_category(channel.holding(age_restricted=False), category)


def kept_from_category(channel: ChannelSetting, category: ChannelSetting) -> ChannelSetting:
    """The setting of a channel that came into a category: what needs the mark is not given to it by the category."""
    if category.policy is Policy.ALLOW and channel.policy is None:
        channel = replace(channel, policy=Policy.BLOCK)
    if category.safety_checker is False and channel.safety_checker is None:
        channel = replace(channel, safety_checker=True)
    return channel


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """What holds for a run, everything decided. `undecided_after_s` None: an undecided picture waits without end.

    `private`: answers are for the eyes of whoever asks, until they post them.
    """

    policy: Policy
    approve_everything: bool = False
    unchecked: Unchecked = Unchecked.AS_FLAGGED
    hide_prompt: bool = False
    safety_checker: bool = True
    undecided_after_s: int | None = None
    undecided_reject: bool = False
    hide_reported: bool = False
    private: bool = False
    buttons: Pressers = EVERYONE

    def as_json(self) -> dict[str, object]:
        """As it is kept with a run."""
        return {**{one.name: getattr(self, one.name) for one in fields(self)}, "buttons": str(self.buttons)}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> "ChannelRules":
        """As it was kept; what is missing is as nobody set it, and without a policy it is `block`."""
        after = kept.get("undecided_after_s")
        return cls(
            policy=Policy(str(kept.get("policy", Policy.BLOCK))),
            approve_everything=kept.get("approve_everything") is True,
            unchecked=Unchecked(str(kept.get("unchecked", Unchecked.AS_FLAGGED))),
            hide_prompt=kept.get("hide_prompt") is True,
            safety_checker=kept.get("safety_checker") is not False,
            undecided_after_s=after if isinstance(after, int) else None,
            undecided_reject=kept.get("undecided_reject") is True,
            hide_reported=kept.get("hide_reported") is True,
            private=kept.get("private") is True,
            buttons=_pressers(kept.get("buttons", str(EVERYONE))),
        )


def _pressers(kept: object) -> Pressers:
    """Who may press, as it was kept; what nobody can read lets nobody but the author."""
    try:
        return Pressers.parse(str(kept))
    except ValueError:
        return AUTHOR


_NOTHING = ChannelSetting()


def rules_for(
    channel: ChannelSetting | None,
    category: ChannelSetting | None,
    *,
    age_restricted: bool,
    private: bool = False,
) -> ChannelRules:
    """What holds in a channel. Its own setting comes before its category's; what needs the age mark holds only with it.

    `private`: a DM, or a place Discord does not let the bot read. There flagged pictures are always blocked, and no
    setting opens anything.
    """
    age_restricted = age_restricted and not private
    own = (channel or _NOTHING).holding(age_restricted=age_restricted)
    held = own.over((category or _NOTHING).holding(age_restricted=age_restricted))
    policy = Policy.BLOCK if private else held.policy or default_policy(age_restricted=age_restricted)
    return ChannelRules(
        policy=policy,
        approve_everything=held.approve_everything or False,
        unchecked=Unchecked.AS_FLAGGED if private else held.unchecked or Unchecked.AS_FLAGGED,
        hide_prompt=held.hide_prompt or False,
        # The checker may rest only where flagged pictures are allowed to be seen: nothing else would read its flag.
        safety_checker=not (held.safety_checker is False and policy is Policy.ALLOW),
        undecided_after_s=held.undecided_after_s or None,
        undecided_reject=held.undecided_reject or False,
        hide_reported=held.hide_reported or False,
        private=held.private or False,
        buttons=held.buttons or EVERYONE,
    )


def with_all_of(rules: ChannelRules, elsewhere: Iterable[ChannelSetting]) -> ChannelRules:
    """The rules of a place with what is stricter elsewhere in its server: it may be its category's."""
    for one in elsewhere:
        approve = rules.approve_everything or one.approve_everything is True
        buttons = rules.buttons.stricter(one.buttons or EVERYONE)
        rules = replace(rules, approve_everything=approve, buttons=buttons)
    return rules


def stricter_rules(one: ChannelRules, other: ChannelRules) -> ChannelRules:
    """The stricter of two in every point: what held at submission and what holds at showing both bind.

    An undecided picture is rejected rather than kept, and of two times the earlier one counts.
    """
    after = [each for each in (one.undecided_after_s, other.undecided_after_s) if each is not None]
    # A channel that takes unchecked pictures as clear trusts that they are rarely unchecked, not that nobody looked.
    checked = one.safety_checker and other.safety_checker
    as_clear = checked and one.unchecked is other.unchecked is Unchecked.AS_CLEAR
    return ChannelRules(
        policy=stricter(one.policy, other.policy),
        approve_everything=one.approve_everything or other.approve_everything,
        unchecked=Unchecked.AS_CLEAR if as_clear else Unchecked.AS_FLAGGED,
        hide_prompt=one.hide_prompt or other.hide_prompt,
        safety_checker=one.safety_checker or other.safety_checker,
        undecided_after_s=min(after, default=None),
        undecided_reject=one.undecided_reject or other.undecided_reject,
        hide_reported=one.hide_reported or other.hide_reported,
        private=one.private or other.private,
        buttons=one.buttons.stricter(other.buttons),
    )
