"""Every combination that decides whether pictures are seen. Tests judge it, docs/moderation.md shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from bot.moderation.decision import decide
from bot.moderation.policy import Policy, Showing
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked, rules_for

FLAGS: dict[str, bool | None] = {"flagged": True, "cleared": False, "not checked": None}


@dataclass(frozen=True)
class State:
    """A place at one moment: what is set for it (a thread has its channel's), its age mark, and the switches."""

    place: str  # channel, thread, DM, unreadable
    policy: Policy | None
    age_mark: bool
    approve_everything: bool
    as_clear: bool = False

    @property
    def rules(self) -> ChannelRules:
        unchecked = Unchecked.AS_CLEAR if self.as_clear else None
        setting = ChannelSetting(
            policy=self.policy, approve_everything=self.approve_everything or None, unchecked=unchecked
        )
        if self.place == "DM":
            return rules_for(None, None, age_restricted=False, private=True)
        return rules_for(setting, None, age_restricted=self.age_mark, private=self.place == "unreadable")

    def __str__(self) -> str:
        words = [self.place, self.policy.value if self.policy else "unset", "18+" if self.age_mark else "all-ages"]
        return "-".join(
            [*words, *(["approve"] if self.approve_everything else []), *(["clear"] if self.as_clear else [])]
        )


def states() -> Iterator[State]:
    """Every state of a place."""
    for place, policy, mark, approve, clear in product(
        ("channel", "thread", "unreadable"), (None, *Policy), (False, True), (False, True), (False, True)
    ):
        yield State(place, policy, mark, approve, clear)
    yield State("DM", None, age_mark=False, approve_everything=False)


def changes(then: State) -> Iterator[State]:
    """What a place may be when its pictures are shown. A DM, a channel and a thread stay what they are."""
    for now in states():
        if now.place == then.place or (now.place == "unreadable" and then.place != "DM"):
            yield now


def policies_table() -> str:
    """What holds in a place, by what is set for it and its age mark."""
    lines = ["| place | set for it | age-restricted | what holds |", "| --- | --- | --- | --- |"]
    for policy, mark in product((None, *Policy), (False, True)):
        state = State("channel", policy, mark, approve_everything=False)
        word = f"`{policy}`" if policy else "nothing"
        lines.append(f"| channel, or a thread in it | {word} | {'yes' if mark else 'no'} | `{state.rules.policy}` |")
    for place, words in (("DM", "direct message"), ("unreadable", "channel that the bot cannot read")):
        held = {state.rules.policy for state in states() if state.place == place}
        lines.append(f"| {words} | anything | either | {', '.join(f'`{one}`' for one in sorted(held))} |")
    return "\n".join(lines)


_WORDS = {
    Showing.OPEN: "shown",
    Showing.SPOILER: "covered",
    Showing.HELD: "waits",
    Showing.WITHHELD: "withheld",
}


def decisions_table() -> str:
    """What becomes of the pictures, by what held at submission and what holds at showing."""
    head = ("then", "now", "approve everything (then or now)", "flagged", "cleared", "not checked", "…taken as clear")
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for then, now, approve in product(Policy, Policy, (False, True)):
        cells = [_cell(then, now, flag, approve=approve, clear=False) for flag in FLAGS.values()]
        cells.append(_cell(then, now, None, approve=approve, clear=True))
        lines.append(f"| `{then}` | `{now}` | {'on' if approve else 'off'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(then: Policy, now: Policy, flag: bool | None, *, approve: bool, clear: bool) -> str:
    unchecked = Unchecked.AS_CLEAR if clear else Unchecked.AS_FLAGGED
    one, other = ChannelRules(then, approve, unchecked), ChannelRules(now, unchecked=unchecked)
    shown = decide(flag, then=one, now=other)
    if shown is not Showing.HELD:
        return _WORDS[shown]
    return f"waits, then {_WORDS[decide(flag, then=one, now=other, approved=True)]}"
