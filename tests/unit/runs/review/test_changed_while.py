"""“Changed while …”: at each step of a run, whatever changes binds what is shown from then on.

Every step of the table is driven through the bot between its edges; every change is one that an admin, a moderator, a
member or Discord can make at that very moment.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext
from bot.runs.card import EditResult, Held
from bot.runs.past import Viewing
from bot.runs.review.review import Obstacle
from bot.runs.run import Delivery, Run, State
from tests.unit.runs.review.scene import (
    ADMIN,
    BY_NAME,
    CHANGES,
    CHANNEL,
    GUILD,
    MODERATOR,
    ONE_AT_ONCE,
    OTHER_MODS,
    Change,
    Scene,
    at_edit,
    fetches,
    scene,
)
from tests.unit.runs.room import NO_CAPS, RunsRoom, until

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
BINDING_THE_APPROVED = [BY_NAME[name] for name in ("block", "spoiler", "channel gone", "prompt hidden", "removal")]


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
