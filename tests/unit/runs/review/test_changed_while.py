"""“Changed while …”: at each step of a run, whatever changes binds what is shown from then on.

Every step of the table is driven through the bot between its edges; every change is one that an admin, a moderator, a
member or Discord can make at that very moment.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.guilds.audit import AdminAction
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting
from bot.runs.card import EditResult, FinalCard, Held, Pictures, Rejected, Withheld
from bot.runs.past import Viewing
from bot.runs.review.review import Obstacle
from bot.runs.run import Delivery, ReviewCause, Run, State
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
        return [ending for run, ending, _ in self.room.card.ends if self.run and run.id == self.run.id]

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


# --- steps: each makes the change at its moment, and comes back once the run may go on


async def before_the_first_card(made: Scene) -> None:
    await made.press()
    await made.alter()
    await made.start()


async def in_the_queue(made: Scene) -> None:
    room, usual = made.room, made.room.runflow.switches
    room.frozen = True
    room.runflow.switches = replace(usual, running_s=100)
    first = await room.press(image_size="square")
    await room.services.runs.start(first, 10)
    await room.running(first)
    room.runflow.switches = usual
    run = await made.start()
    await made.alter()
    assert (await room.runs.load(run.id)).state is State.ACCEPTED
    room.clock.advance(101)
    room.frozen = False


async def while_it_is_sent(made: Scene) -> None:
    made.room.frozen = True
    made.room.runflow.switches = replace(made.room.runflow.switches, create_delay_s=20)
    await made.start()

    async def has_come() -> bool:
        return bool(made.room.runflow.runs)

    await until(has_come)
    await made.alter()
    made.room.frozen = False


async def while_it_is_drawn(made: Scene) -> None:
    made.room.frozen = True
    made.room.runflow.switches = replace(made.room.runflow.switches, running_s=20)
    await made.room.running(await made.start())
    await made.alter()
    made.room.frozen = False


async def while_it_is_downloaded(made: Scene) -> None:
    made.room.frozen = True
    made.room.runflow.switches = replace(made.room.runflow.switches, storage="slow")
    await made.start()
    await fetches(made.room, 1)
    await made.alter()
    made.room.frozen = False


async def while_storage_is_waited_for(made: Scene) -> None:
    made.room.frozen = True
    made.room.runflow.switches = replace(made.room.runflow.switches, storage="wrong_length")
    await made.start()
    await fetches(made.room, 2)
    await made.alter()
    mend_storage(made.room)
    made.room.frozen = False


def mend_storage(room: RunsRoom) -> None:
    """From now on the storage gives out what it has. A run keeps its switches, so they are changed in it."""
    for one in room.runflow.runs.values():
        object.__setattr__(one, "switches", replace(one.switches, storage="valid"))


def while_the_edit_is_retried(number: int) -> Callable[[Scene], Awaitable[None]]:
    async def step(made: Scene) -> None:
        made.room.card.answers = [EditResult.LATER] * number
        at_edit(made, number)
        await made.start()

    return step


async def while_it_is_uploaded(made: Scene) -> None:
    at_edit(made, 1)
    await made.start()


WITHOUT_PICTURES = {
    "before the first card": before_the_first_card,
    "queue": in_the_queue,
    "submit": while_it_is_sent,
    "drawing": while_it_is_drawn,
}
WITH_PICTURES = {
    "download": while_it_is_downloaded,
    "waiting for storage": while_storage_is_waited_for,
    **{f"retry {number}": while_the_edit_is_retried(number) for number in (1, 2, 4, 7)},
    "upload": while_it_is_uploaded,
}
TABLE = [
    pytest.param(step, change, id=f"{change.name} in {name}")
    for steps, there in ((WITHOUT_PICTURES, False), (WITH_PICTURES, True))
    for name, step in steps.items()
    for change in CHANGES
    if there or not change.needs_pictures
]


@pytest.mark.parametrize(("step", "change"), TABLE)
async def test_what_changed_while_a_picture_was_on_its_way_binds(
    tmp_path: Path, step: Callable[[Scene], Awaitable[None]], change: Change
) -> None:
    caps = ONE_AT_ONCE if step is in_the_queue else NO_CAPS
    async with scene(tmp_path, change, caps=caps) as made:
        await step(made)
        await is_over(made)
        assert made.after or not change.needs_pictures
        assert change.binds(made.ends[-1])
        assert all(change.binds(card) for card in made.after)


async def is_over(made: Scene) -> None:
    """Come back when the card is as it is to be, the change made."""

    async def over() -> bool:
        assert made.run is not None
        return made.before is not None and (await made.room.runs.load(made.run.id)).delivery.is_over

    await until(over)


# --- pictures that a moderator approves


async def approve(made: Scene) -> None:
    assert made.run is not None
    await made.room.services.reviews.approve(MODERATOR, made.run.id)


async def held(made: Scene) -> Run:
    run = await made.start()

    async def is_asked() -> bool:
        return bool(made.room.moderators.asked) and (await made.room.runs.load(run.id)).delivery is Delivery.HELD

    await until(is_asked)
    return run


async def before_the_approval(made: Scene) -> None:
    await held(made)
    await made.alter()
    with suppress(UserError):  # that it cannot be shown
        await approve(made)


async def while_the_approved_is_downloaded(made: Scene) -> None:
    made.room.runflow.switches = replace(made.room.runflow.switches, storage="slow")
    await held(made)
    made.room.frozen = True
    before = sum(one.path.startswith("/storage/") for one in made.room.runflow.requests)
    await approve(made)
    await fetches(made.room, before + 1)
    await made.alter()
    made.room.frozen = False


async def while_the_approved_is_uploaded(made: Scene) -> None:
    await held(made)
    at_edit(made, len(made.ends) + 1)
    await approve(made)


async def while_the_approved_is_retried(made: Scene) -> None:
    await held(made)
    made.room.card.answers = [EditResult.LATER]
    at_edit(made, len(made.ends) + 1)
    await approve(made)


AFTER_APPROVAL = {
    "before": before_the_approval,
    "download": while_the_approved_is_downloaded,
    "retry": while_the_approved_is_retried,
    "upload": while_the_approved_is_uploaded,
}
BINDING_THE_APPROVED = [BY_NAME[name] for name in ("block", "spoiler", "channel gone", "prompt hidden")]


@pytest.mark.parametrize("change", BINDING_THE_APPROVED, ids=lambda one: one.name)
@pytest.mark.parametrize("step", AFTER_APPROVAL.values(), ids=AFTER_APPROVAL)
async def test_what_changed_while_an_approved_picture_was_on_its_way_binds(
    tmp_path: Path, step: Callable[[Scene], Awaitable[None]], change: Change
) -> None:
    async with scene(tmp_path, change, policy=Policy.REVIEW) as made:
        await step(made)
        await is_over(made)
        assert all(change.binds(card) for card in made.after)
        last = made.ends[-1]
        assert change.binds(last) or (step is before_the_approval and isinstance(last, Held))


async def test_a_report_before_an_approval_is_closed_hides_it(tmp_path: Path) -> None:
    async with scene(tmp_path, BY_NAME["report"], policy=Policy.REVIEW) as made:
        run = await held(made)
        made.room.moderators.closing = EditResult.LATER
        await approve(made)
        await made.room.settled(run)
        await made.alter()
        made.room.moderators.closing = EditResult.YES
        await until_delivery(made, Delivery.HELD)
        assert all(BY_NAME["report"].binds(card) for card in made.after)


async def until_delivery(made: Scene, delivery: Delivery) -> None:
    async def is_so() -> bool:
        assert made.run is not None
        return (await made.room.runs.load(made.run.id)).delivery is delivery

    await until(is_so)


# --- pictures that are shown once more, for one person's eyes


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.name)
async def test_what_changed_while_pictures_were_fetched_once_more_binds(tmp_path: Path, change: Change) -> None:
    async with scene(tmp_path, change) as made:
        made.room.runflow.switches = replace(made.room.runflow.switches, storage="slow")
        run = await made.room.to_the_end(await made.press())
        made.room.frozen = True
        viewing = Viewing(7, ChannelContext(GUILD, CHANNEL, age_restricted=True), 10_000_000)
        seen = asyncio.create_task(made.room.services.history.pictures(run, viewing))
        await fetches(made.room, 2)
        await made.alter()
        made.room.frozen = False
        if change.name == "spoiler":
            assert (await seen).spoiler
        else:
            with pytest.raises(UserError):
                await seen


# --- pictures that are brought to moderators


async def made_public(room: RunsRoom, run: Run) -> None:
    room.moderators.blocked = Obstacle.PUBLIC


async def moved(room: RunsRoom, run: Run) -> None:
    await room.app.moderation.guild_settings.set_review_channel(ADMIN, OTHER_MODS)


async def decided(room: RunsRoom, run: Run) -> None:
    await room.services.reviews.reject(MODERATOR, run.id, "unkind")


async def while_it_is_fetched_for_moderators(made: Scene) -> None:
    """The card says that it waits, and moderators are about to be asked."""
    made.room.frozen = True
    made.room.runflow.switches = replace(made.room.runflow.switches, storage="slow")
    await made.start()
    await fetches(made.room, 1)
    await made.alter()
    made.room.frozen = False


async def while_the_post_is_retried(made: Scene) -> None:
    made.room.moderators.answers = [Obstacle.TOO_LARGE]
    made.room.moderators.before_ask = made.alter
    await made.start()


@pytest.mark.parametrize("step", [while_it_is_fetched_for_moderators, while_the_post_is_retried])
@pytest.mark.parametrize("change", ["public", "moved", "decided"])
async def test_what_changed_while_pictures_were_brought_to_moderators_binds(
    tmp_path: Path, step: Callable[[Scene], Awaitable[None]], change: str
) -> None:
    make = {"public": made_public, "moved": moved, "decided": decided}[change]
    async with scene(tmp_path, Change(change, make, lambda _: True), policy=Policy.REVIEW) as made:
        await step(made)

        async def is_settled() -> bool:
            assert made.run is not None
            try:
                review = (await made.room.services.reviews.find(GUILD, made.run.id)).review
            except UserError:  # its card is still on its way to say that it waits
                return False
            if change == "moved":
                return review.message_id is not None
            return review.obstacle is Obstacle.PUBLIC if change == "public" else review.closed_at is not None

        await until(is_settled)
        await asyncio.sleep(0.05)
        assert made.room.moderators.asked_in == ([OTHER_MODS] if change == "moved" else [])
