"""What admins and members read of channels' policies: pure sentences."""

from collections.abc import Set
from dataclasses import fields

from bot.moderation.policy import Policy
from bot.moderation.pressers import Pressers
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked
from cogs.ui.setting_texts import called, duration, set_to

POLICIES = {
    Policy.BLOCK.value: "block: flagged pictures are never shown",
    Policy.REVIEW.value: "review: flagged pictures wait for a moderator",
    Policy.SPOILER.value: "spoiler: flagged pictures are covered until opened",
    Policy.ALLOW.value: "allow: flagged pictures are shown (age-restricted channels only)",
}
UNCHECKED = {
    Unchecked.AS_FLAGGED.value: "as flagged",
    Unchecked.AS_CLEAR.value: "as clear",
}
ANYBODY, ONLY_AUTHOR, ROLE = "everyone", "author", "role"
BUTTONS = {
    ANYBODY: "everyone who sees the card",
    ONLY_AUTHOR: "only the one who asked for it",
    ROLE: "people with a role, and the one who asked",
}
WHICH_ROLE = "Please name the role with `buttons_role`. Nothing was changed."
NO_ROLE_NEEDED = "`buttons_role` goes with `buttons: role` alone. Nothing was changed."
STAY, REJECT = "stay", "reject"
UNDECIDED = {STAY: "they stay held", REJECT: "they are rejected"}
NO_MODERATION_CHANNEL = (
    "**Next:** there is no moderation channel yet, so such pictures stay hidden from everybody. "
    "Choose one with /review channel."
)
MARKED_LATER = (
    "That holds in channels that are age-restricted now; one that is marked later starts with `block` until you set it."
)
MARK_WENT = "is no longer age-restricted, so its policy was changed."
MARK_CAME = "is age-restricted from now on; what was set before and needs that must be set anew."
CAME_INTO_CATEGORY = (
    "came into a category that allows what needs the age restriction; here that holds once it is set for the channel."
)
NO_MARK = "is not age-restricted, so what needs that will not come with a later mark."
NOTHING_SET = (
    "No channel has a policy of its own: flagged pictures are covered in age-restricted channels, "
    "and never shown elsewhere."
)


def what_members_see(place: str, rules: ChannelRules) -> str:
    """One sentence: what people in `place` will see. `place` is a mention or a name, fit to show."""
    also = "" if rules.unchecked is Unchecked.AS_CLEAR else " or never checked"
    flagged = f"pictures that were flagged{also} {_FATES[rules.policy]}"
    if not rules.approve_everything:
        return f"In {place}, pictures are shown when they are ready; {flagged}."
    first = f"In {place}, every picture waits for a moderator before anybody sees it"
    if rules.policy in {Policy.REVIEW, Policy.ALLOW}:
        return f"{first}."  # what is flagged fares like everything else
    return f"{first}; {flagged}, approved or not." if rules.policy is Policy.BLOCK else f"{first}; {flagged}."


_FATES = {
    Policy.BLOCK: "are never shown, and people read why",
    Policy.REVIEW: "wait for a moderator",
    Policy.SPOILER: "are covered until somebody opens them",
    Policy.ALLOW: "are shown like any other",
}


def who_presses(pressers: Pressers, gone: Set[int] = frozenset()) -> str:
    """One sentence: who may press the buttons of a card. `gone` are those of its roles that were deleted."""
    looking = "moderators may open Details and pictures all the same"
    if gone:
        return f"The role that may press a card's buttons is gone, so only the one who asked for it may; {looking}."
    if pressers.author_only:
        return f"Only the one who asked for a card may press its buttons; {looking}."
    if not pressers.role_ids:
        return "Everyone may press the buttons of a card, except of cards that were made under a stricter setting."
    roles = " and ".join(f"<@&{one}>" for one in sorted(pressers.role_ids))
    return f"People with {roles}, and the one who asked for it, may press the buttons of a card; {looking}."


def details_of(rules: ChannelRules) -> str:
    """The rest of a channel's rules, in one line."""
    undecided = "stay held until a moderator decides"
    if rules.undecided_reject and rules.undecided_after_s is None:
        undecided += ", as long as no `undecided_hours` are set"
    if rules.undecided_after_s is not None and rules.undecided_reject:
        undecided = f"are rejected after {duration(rules.undecided_after_s)}"
    parts = (
        "prompt left out until pictures are shown"
        if rules.hide_prompt
        else "prompt behind a spoiler while pictures are withheld",
        "safety checker on" if rules.safety_checker else "safety checker off",
        f"undecided pictures {undecided}",
        "reported pictures hidden at once" if rules.hide_reported else "reported pictures stay until decided",
        "answers private until they are posted" if rules.private else "answers for all to see",
    )
    return " · ".join(parts)


def needs_age_mark(changes: ChannelSetting, place: str) -> str:
    """Why `allow` and an unchecked channel are refused, and what to do."""
    what = "The policy `allow`" if changes.policy is Policy.ALLOW else "Switching off the safety checker"
    return (
        f"{what} is for age-restricted channels only, and {place} is not one. Mark it as age-restricted in Discord's "
        "channel settings first, or choose `spoiler` or `review`. Nothing was changed."
    )


def setting_line(place_id: int, setting: ChannelSetting) -> str:
    """What was set for one place, in one line."""
    parts = [
        f"{called(one.name)}: {set_to(one.name, value)}"
        for one in fields(setting)
        if (value := getattr(setting, one.name)) is not None
    ]
    return f"- <#{place_id}> · " + " · ".join(parts)
