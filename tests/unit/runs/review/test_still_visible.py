"""Pictures that are to go and cannot be taken away: said to be still visible, and tried again until they are gone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.errors import UserError
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting
from bot.runs.card import EditResult, Held, Pictures, Rejected, Withheld
from bot.runs.past import Viewing
from bot.runs.review.review import Decision
from bot.runs.review.service import Reported
from bot.runs.run import Delivery, ReviewCause, Run
from sandbox.runflow.switches import Switches
from tests.unit.runs.review.test_reviews import (
    ADMIN,
    CHANNEL,
    FAST,
    FLAGGED,
    GUILD,
    MODERATOR,
    REVIEW,
    closed,
    held,
    posted,
    reviewing,
)
from tests.unit.runs.room import RunsRoom, runs_room, until


@asynccontextmanager
async def shut(directory: Path, *, hide: bool = True) -> AsyncGenerator[tuple[RunsRoom, Run]]:
    """A card that shows pictures in a channel that the bot may not see any more, reported by a member."""
    async with reviewing(directory, FAST, hide_reported=hide) as room:
        run = await room.to_the_end(await room.press())
        room.card.always = EditResult.FORBIDDEN
        assert await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=hide) is Reported.NEW
        yield room, run


async def becomes(room: RunsRoom, run: Run, delivery: Delivery) -> Run:
    """Come back when the row says so."""

    async def says_so() -> bool:
        return (await room.runs.load(run.id)).delivery is delivery

    await until(says_so)
    return await room.runs.load(run.id)


async def told(room: RunsRoom, line: str, times: int = 1) -> None:
    """Come back when the log channel read it so often."""

    async def is_told() -> bool:
        return room.moderators.lines.count(line) == times

    await until(is_told)


async def test_what_cannot_be_hidden_is_said_to_be_still_visible(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        standing = await room.services.reviews.after_hiding(GUILD, run.id)
        assert (standing.run.delivery, standing.run.pictures_up) == (Delivery.STILL_VISIBLE, True)
        await told(room, "still visible")
        shown, review = room.moderators.closed[-1]
        assert (shown.delivery, review.outcome) == (Delivery.STILL_VISIBLE, None)


async def test_it_is_hidden_once_the_bot_may_again(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        await becomes(room, run, Delivery.STILL_VISIBLE)
        await told(room, "still visible")
        await posted(room, run)
        room.card.always = None
        room.clock.advance(31)
        done = await becomes(room, run, Delivery.HELD)
        assert (room.card.ends[-1][1], done.pictures_up) == (Held(ReviewCause.REPORTED), False)
        await told(room, "taken away")


async def test_it_is_tried_at_once_when_the_bot_is_let_in(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        await becomes(room, run, Delivery.STILL_VISIBLE)
        room.card.always = None
        await room.services.reviews.hide_again(GUILD + 1)
        await asyncio.sleep(0.05)
        assert (await room.runs.load(run.id)).delivery is Delivery.STILL_VISIBLE
        await room.services.reviews.hide_again(GUILD)
        await becomes(room, run, Delivery.HELD)


async def test_it_is_tried_again_by_the_next_process(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        await becomes(room, run, Delivery.STILL_VISIBLE)
    async with runs_room(tmp_path, FAST) as room:
        await becomes(room, run, Delivery.HELD)
        assert isinstance(room.card.ends[-1][1], Held)


async def test_it_is_tried_again_for_ever_and_ever_more_rarely(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        await becomes(room, run, Delivery.STILL_VISIBLE)
        for _ in range(40):
            room.clock.advance(60)
            await asyncio.sleep(0.01)
        tries = sum(isinstance(ending, Held) for _, ending in room.card.ends)
        assert 4 <= tries <= 10
        assert room.moderators.lines.count("still visible") == 1

        async def none_is_alive() -> bool:
            return room.app.worker.alive == 0

        await until(none_is_alive)


@pytest.mark.parametrize("hide", [True, False])
async def test_remove_says_that_it_is_still_visible_and_may_be_pressed_again(tmp_path: Path, hide: bool) -> None:
    async with shut(tmp_path, hide=hide) as (room, run):
        await posted(room, run)
        await told(room, "still visible", 1 if hide else 0)
        await room.services.reviews.reject(MODERATOR, run.id, "unkind")
        await becomes(room, run, Delivery.STILL_VISIBLE)
        await told(room, "still visible", 2 if hide else 1)
        shown, review = room.moderators.closed[-1]
        assert (shown.delivery, review.outcome, review.closed_at) == (
            Delivery.STILL_VISIBLE,
            Decision.REJECTED,
            None,
        )
        assert (await room.services.reviews.after_hiding(GUILD, run.id)).run.delivery is Delivery.STILL_VISIBLE
        room.card.always = None
        assert (await room.services.reviews.after_hiding(GUILD, run.id)).run.delivery is Delivery.WITHHELD
        assert room.card.ends[-1][1] == Rejected("unkind")
        await told(room, "rejected withheld")


async def test_a_report_that_is_dismissed_leaves_what_is_still_visible(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        await becomes(room, run, Delivery.STILL_VISIBLE)
        await posted(room, run)
        await room.services.reviews.approve(MODERATOR, run.id)
        await becomes(room, run, Delivery.SHOWN)
        await told(room, "approved shown")


async def test_it_may_be_reported_again_and_is_tried_then(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        await becomes(room, run, Delivery.STILL_VISIBLE)
        for reporter_id, what in ((9, Reported.AGAIN), (8, Reported.TWICE)):
            again = await room.services.reviews.report(run=run, reporter_id=reporter_id, reason=None, hide=True)
            assert again is what
            assert (await room.services.reviews.after_hiding(GUILD, run.id)).run.delivery is Delivery.STILL_VISIBLE
        room.card.always = None
        assert (await room.services.reviews.after_hiding(GUILD, run.id)).run.delivery is Delivery.HELD


async def test_a_message_that_is_gone_is_not_visible(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        await becomes(room, run, Delivery.STILL_VISIBLE)
        await posted(room, run)
        room.card.always = EditResult.GONE
        done = (await room.services.reviews.after_hiding(GUILD, run.id)).run
        assert (done.delivery, done.pictures_up) == (Delivery.UNDELIVERABLE, False)
        await told(room, "taken away")


async def test_a_card_without_pictures_that_may_not_be_edited_shows_nothing(tmp_path: Path) -> None:
    """It waited for a moderator, in words: those stand there, whatever is decided."""
    async with reviewing(tmp_path) as room:
        run = await held(room)
        room.card.always = EditResult.FORBIDDEN
        await room.services.reviews.reject(MODERATOR, run.id, "no")
        assert (await room.settled(run)).delivery is Delivery.UNDELIVERABLE
        await closed(room)
        assert room.moderators.lines == ["rejected undeliverable"]


async def test_pictures_that_may_have_been_shown_count_as_shown(tmp_path: Path) -> None:
    """Discord's answer was lost, the channel blocks such pictures from now on, and the card may not be edited."""
    async with runs_room(tmp_path, FLAGGED) as room:
        policies = room.app.moderation.policies
        await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.SPOILER))
        room.card.answers = [EditResult.LATER]

        async def block(ending: object) -> None:
            room.card.always = EditResult.FORBIDDEN if isinstance(ending, Withheld) else None
            await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.BLOCK))

        room.card.before_end = block
        run = await room.press(rules=ChannelRules(policy=Policy.SPOILER))
        await room.services.runs.start(run, 11)
        room.clock.advance(30)
        await becomes(room, run, Delivery.STILL_VISIBLE)
        await told(room, "still visible")


async def test_what_is_to_go_is_not_shown_once_more(tmp_path: Path) -> None:
    async with shut(tmp_path) as (room, run):
        stands = await becomes(room, run, Delivery.STILL_VISIBLE)
        with pytest.raises(UserError, match="taken away"):
            await room.services.history.pictures(stands, Viewing(7, ChannelContext(GUILD, CHANNEL), 10_000_000))


async def test_a_picture_whose_card_was_given_up_can_be_reported_where_it_stands(tmp_path: Path) -> None:
    """As after a process that died between showing pictures and noting it."""
    async with reviewing(tmp_path, FAST, hide_reported=True) as room:
        run = await room.to_the_end(await room.press())
        given_up = text("UPDATE runs SET delivery = 'undeliverable'")
        await room.store.write(lambda connection: connection.execute(given_up))
        assert await room.services.reviews.report(run=run, reporter_id=8, reason=None, hide=True) is Reported.NEW
        assert (await room.services.reviews.after_hiding(GUILD, run.id)).run.delivery is Delivery.HELD
        assert isinstance(room.card.ends[-1][1], Held)


# --- whatever waits for a moderator has one who is asked


@pytest.mark.parametrize("answer", [EditResult.GONE, EditResult.FORBIDDEN])
async def test_a_card_that_is_gone_before_its_end_is_reviewed_all_the_same(tmp_path: Path, answer: EditResult) -> None:
    async with reviewing(tmp_path) as room:
        room.card.always = answer
        run = await room.to_the_end(await room.press(rules=REVIEW))
        assert run.delivery is Delivery.UNDELIVERABLE
        await posted(room, run)
        viewing = Viewing(7, ChannelContext(GUILD, CHANNEL), 10_000_000)
        with pytest.raises(UserError, match="wait for a moderator"):
            await room.services.history.pictures(run, viewing)
        await room.services.reviews.approve(MODERATOR, run.id)
        await closed(room)
        assert room.moderators.lines == ["approved undeliverable"]
        assert isinstance(await room.services.history.pictures(await room.runs.load(run.id), viewing), Pictures)


async def test_nothing_waits_for_a_moderator_whom_nobody_asked(tmp_path: Path) -> None:
    """Shown under other rules than those of now: no review was ever opened."""
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        everything = ChannelSetting(approve_everything=True)
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, everything)
        with pytest.raises(UserError, match="none was asked"):
            await room.services.history.pictures(run, Viewing(7, ChannelContext(GUILD, CHANNEL), 10_000_000))


@pytest.mark.parametrize(("switches", "policy"), [(FAST, Policy.BLOCK), (FLAGGED, Policy.SPOILER)])
async def test_pictures_that_stand_as_they_may_are_not_said_to_be_hidden(
    tmp_path: Path, switches: Switches, policy: Policy
) -> None:
    """The answer to the upload was lost, and then the bot could not see the channel any more."""
    async with runs_room(tmp_path, switches) as room:
        rules = ChannelRules(policy=policy)
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=policy))
        room.card.answers = [EditResult.LATER, EditResult.FORBIDDEN]
        await room.services.runs.start(run := await room.press(rules=rules), 11)
        await until(room.card.has_ended_once)
        room.clock.advance(1.1)
        assert (await becomes(room, run, Delivery.SHOWN)).pictures_up is False
        assert room.moderators.lines == []


async def test_one_person_who_reports_a_gone_card_again_and_again_does_not_fill_the_log(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST, hide_reported=True) as room:
        run = await room.to_the_end(await room.press())
        room.card.always = EditResult.GONE
        reports = room.services.reviews
        assert await reports.report(run=run, reporter_id=8, reason="mean", hide=True) is Reported.NEW
        await becomes(room, run, Delivery.UNDELIVERABLE)
        await reports.reject(MODERATOR, run.id, "no")
        await told(room, "rejected undeliverable")
        await closed(room)
        for _ in range(3):
            assert await reports.report(run=run, reporter_id=8, reason="mean", hide=True) is Reported.TWICE
            assert (await room.runs.load(run.id)).delivery is Delivery.UNDELIVERABLE
        room.clock.advance(600)
        assert await reports.report(run=run, reporter_id=8, reason="mean", hide=True) is Reported.TWICE
        await told(room, "rejected undeliverable", 2)
