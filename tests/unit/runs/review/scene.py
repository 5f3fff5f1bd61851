"""A channel where flagged pictures may be seen, and what can change in it while one is on its way."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.guilds.audit import AdminAction
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules, ChannelSetting
from bot.runs.card import FinalCard, Held, Pictures, Rejected, Removed, Withheld
from bot.runs.run import ReviewCause, Run
from bot.runs.scheduling.turns import Caps
from sandbox.runflow.switches import Switches
from tests.unit.runs.room import NO_CAPS, RunsRoom, runs_room, until

GUILD, CHANNEL, MODS, OTHER_MODS = 1, 2, 50, 52
ADMIN, MODERATOR = AdminAction(GUILD, 90), AdminAction(GUILD, 91)
FLAGGED = Switches(nsfw="flagged", pictures="plain", queued_s=0, dispatching_s=0, running_s=0)
UNCHECKED = replace(FLAGGED, nsfw="cleared")  # what a provider says of pictures that it was asked not to check
ONE_AT_ONCE = Caps(at_once=1, per_guild=1, per_user=1)


@dataclass
class Scene:
    """A room, the run that is watched, and how many edits that end its card were begun before the change."""

    room: RunsRoom
    rules: ChannelRules
    change: "Change"
    run: Run | None = None
    before: int | None = None

    async def press(self) -> Run:
        self.run = await self.room.press(rules=self.rules, policy=self.rules.policy, image_size="square")
        return self.run

    async def start(self) -> Run:
        run = self.run or await self.press()
        await self.room.services.runs.start(run, 11)
        return run

    async def alter(self, *, editing: bool = False) -> None:
        """Make the change, once. `editing`: the card is just being ended."""
        if self.before is None:
            assert self.run is not None
            self.before = len(self.ends) + editing
            await self.change.make(self.room, self.run)

    @property
    def ends(self) -> list[FinalCard]:
        """How the card was ended, edit by edit."""
        return [ending for run, ending in self.room.card.ends if self.run and run.id == self.run.id]

    @property
    def after(self) -> list[FinalCard]:
        """How the card was ended by edits that began after the change."""
        assert self.before is not None
        return self.ends[self.before :]


@dataclass(frozen=True)
class Change:
    name: str
    make: Callable[[RunsRoom, Run], Awaitable[None]]
    binds: Callable[[FinalCard], bool]
    """Whether a card is as the stricter of then and now wants it."""

    needs_pictures: bool = False


def setting(**changes: object) -> Callable[[RunsRoom, Run], Awaitable[None]]:
    async def make(room: RunsRoom, run: Run) -> None:
        chosen = ChannelSetting(**changes)  # pyright: ignore[reportArgumentType]
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, chosen)

    return make


async def lose_the_mark(room: RunsRoom, run: Run) -> None:
    room.card.age_restricted = False


async def lose_the_channel(room: RunsRoom, run: Run) -> None:
    room.card.unreadable = True


async def report(room: RunsRoom, run: Run) -> None:
    await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=True)


async def report_and_reject(room: RunsRoom, run: Run) -> None:
    await report(room, run)
    await room.services.reviews.reject(MODERATOR, run.id, "unkind")


async def remove(room: RunsRoom, run: Run) -> None:
    await room.services.removals.remove(run, by=run.user_id)


async def remove_as_moderator(room: RunsRoom, run: Run) -> None:
    await room.services.removals.remove(run, by=MODERATOR.actor_id, reason="unkind")


def is_withheld(card: FinalCard) -> bool:
    return isinstance(card, Withheld)


CHANGES = (
    Change("block", setting(policy=Policy.BLOCK), is_withheld),
    Change("review", setting(policy=Policy.REVIEW), lambda card: isinstance(card, Held)),
    Change("spoiler", setting(policy=Policy.SPOILER), lambda card: isinstance(card, Pictures) and card.spoiler),
    Change("age mark removed", lose_the_mark, is_withheld),
    Change("channel gone", lose_the_channel, is_withheld),
    Change("checker", setting(policy=Policy.BLOCK, safety_checker=True), is_withheld),
    Change(
        "prompt hidden",
        setting(policy=Policy.BLOCK, hide_prompt=True),
        lambda card: isinstance(card, Withheld) and card.hide_prompt,
    ),
    Change(
        "report", report, lambda card: isinstance(card, Held) and card.why is ReviewCause.REPORTED, needs_pictures=True
    ),
    Change("rejection", report_and_reject, lambda card: isinstance(card, Rejected), needs_pictures=True),
    Change("removal", remove, lambda card: card == Removed(by_author=True), needs_pictures=True),
    Change(
        "removal by a moderator",
        remove_as_moderator,
        lambda card: card == Removed(by_author=False, reason="unkind"),
        needs_pictures=True,
    ),
)
BY_NAME = {one.name: one for one in CHANGES}


@asynccontextmanager
async def scene(
    directory: Path,
    change: Change,
    switches: Switches = FLAGGED,
    *,
    policy: Policy = Policy.ALLOW,
    caps: Caps = NO_CAPS,
) -> AsyncGenerator[Scene]:
    """A channel where flagged pictures may be seen, unless something changes. Time passes by itself."""
    unchecked = change.name == "checker"
    rules = ChannelRules(policy=policy, safety_checker=not unchecked, hide_reported=True)
    switches = replace(switches, nsfw=UNCHECKED.nsfw) if unchecked else switches
    async with runs_room(directory, switches, caps=caps) as room:
        room.card.age_restricted = True
        await room.app.moderation.guild_settings.set_review_channel(ADMIN, MODS)
        chosen = ChannelSetting(policy=policy, hide_reported=True, safety_checker=False if unchecked else None)
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, chosen)
        made = Scene(room, rules, change)
        passing = asyncio.create_task(_pass(room), name="time passes")
        try:
            yield made
        finally:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)


async def _pass(room: RunsRoom) -> None:
    while True:
        await asyncio.sleep(0.02)
        if not room.frozen:
            room.clock.advance(4)


async def fetches(room: RunsRoom, count: int) -> None:
    """Come back when the storage was asked so often."""

    async def were_made() -> bool:
        return sum(one.path.startswith("/storage/") for one in room.runflow.requests) >= count

    await until(were_made)


def at_edit(made: Scene, number: int) -> None:
    """Make the change while this edit that ends the card is under way, from 1."""

    async def alter(_: FinalCard) -> None:
        if len(made.ends) + 1 == number:
            await made.alter(editing=True)

    made.room.card.before_end = alter
