"""Moderators who are quicker than a card, reports in between, a Discord that is away: nothing hangs, nothing spins."""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, text

from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules, ChannelSetting
from bot.runs.card import EditResult, FinalCard, Held, Pictures, Rejected
from bot.runs.review.review import Obstacle
from bot.runs.review.service import Reported
from bot.runs.run import Delivery, Run
from tests.unit.runs.review.test_reviews import (
    ADMIN,
    CHANNEL,
    FAST,
    FLAGGED,
    GUILD,
    MODERATOR,
    MODS,
    REVIEW,
    closed,
    held,
    reviewing,
)
from tests.unit.runs.room import RunsRoom, runs_room, until


async def is_asked(room: RunsRoom) -> None:
    """Come back when moderators were asked."""

    async def asked() -> bool:
        return bool(room.moderators.asked)

    await until(asked)


async def test_a_decision_while_the_card_is_being_hidden_is_what_the_card_says(tmp_path: Path) -> None:
    """The card is edited before the row says `held`: who decides in between is not forgotten."""
    async with reviewing(tmp_path, FAST, hide_reported=True) as room:
        run = await room.to_the_end(await room.press())
        room.card.before_end = lambda ending: _approved_once_asked(room, run, ending)
        assert await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=True) is Reported.NEW
        await closed(room)
        assert (await room.runs.load(run.id)).delivery is Delivery.SHOWN
        assert isinstance(room.card.ends[-1][1], Pictures)


async def _approved_once_asked(room: RunsRoom, run: Run, ending: FinalCard) -> None:
    if isinstance(ending, Held):
        await is_asked(room)
        await room.services.reviews.approve(MODERATOR, run.id)


async def test_a_rejection_while_the_pictures_are_being_shown_takes_them_away(tmp_path: Path) -> None:
    """Reported where such pictures were hidden, which no longer holds: shown anew, and rejected meanwhile."""
    async with reviewing(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        room.card.before_end = lambda ending: _rejected_once_asked(room, run, ending)
        assert await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=True) is Reported.NEW
        await closed(room)
        assert (await room.runs.load(run.id)).delivery is Delivery.WITHHELD
        assert isinstance(room.card.ends[-1][1], Rejected)


async def _rejected_once_asked(room: RunsRoom, run: Run, ending: FinalCard) -> None:
    if isinstance(ending, Pictures):
        await is_asked(room)
        await room.services.reviews.reject(MODERATOR, run.id, "unkind")


async def test_a_report_between_an_approval_and_its_closing_reaches_moderators(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        room.moderators.closing = EditResult.LATER
        await room.services.reviews.approve(MODERATOR, run.id)
        run = await room.settled(run)
        assert run.delivery is Delivery.SHOWN
        assert await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=True) is Reported.NEW

        def look(connection: Connection) -> None:
            noted = connection.execute(text("SELECT count(*) FROM audit WHERE what = 'picture reported'"))
            assert noted.scalar() == 1

        await room.store.read(look)


async def test_moderators_who_cannot_be_asked_now_are_not_asked_without_a_pause(tmp_path: Path) -> None:
    """With the clock standing still, each of six held runs is tried once, not again and again."""
    async with reviewing(tmp_path) as room:
        room.moderators.always = Obstacle.LATER
        runs = [await room.press(rules=REVIEW, user_id=user_id) for user_id in range(1, 7)]
        for run in runs:
            await room.services.runs.start(run, 11)
        for run in runs:
            await room.settled(run)

        async def tried() -> bool:
            return room.moderators.tries > 0

        await until(tried)
        await asyncio.sleep(0.3)
        assert room.moderators.tries <= 2 * len(runs)


async def test_a_card_says_once_that_nobody_can_be_asked(tmp_path: Path) -> None:
    """No channel, then one that is forbidden, then none again: the row says so, and the card is left alone."""
    async with reviewing(tmp_path, channel=False) as room:
        run = await room.to_the_end(await room.press(rules=REVIEW))
        settings = room.app.moderation.guild_settings
        await _obstructed(room, run, Obstacle.NO_CHANNEL)
        room.moderators.blocked = Obstacle.FORBIDDEN
        await settings.set_review_channel(ADMIN, MODS)
        await _obstructed(room, run, Obstacle.FORBIDDEN)
        await settings.set_review_channel(ADMIN, None)
        await _obstructed(room, run, Obstacle.NO_CHANNEL)
        before = len(room.card.ends)
        for _ in range(3):
            await room.services.reviews.retry(GUILD)
            await asyncio.sleep(0.05)
        assert len(room.card.ends) == before


async def _obstructed(room: RunsRoom, run: Run, obstacle: Obstacle) -> None:
    async def says_so() -> bool:
        await room.services.reviews.retry(GUILD)
        return (await room.services.reviews.find(GUILD, run.id)).review.obstacle is obstacle

    await until(says_so)


async def test_pictures_wait_for_a_discord_that_is_away_and_are_not_withheld_for_good(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW))
        room.card.age_restricted = True
        room.card.away = 2
        run = await room.press(rules=ChannelRules(policy=Policy.ALLOW))
        await room.services.runs.start(run, 11)

        async def was_asked() -> bool:
            room.clock.advance(5)
            return room.card.away == 0

        await until(was_asked)
        assert (await room.settled(run)).delivery is Delivery.SHOWN


async def test_an_admin_who_asks_again_while_a_try_is_failing_gets_another_try_at_once(tmp_path: Path) -> None:
    """The try under way may have seen how things stood before the admin mended them."""
    async with reviewing(tmp_path) as room:
        room.moderators.answers = [Obstacle.FORBIDDEN]
        room.moderators.before_ask = lambda: _mended_meanwhile(room)
        await room.to_the_end(await room.press(rules=REVIEW))
        await is_asked(room)
        assert room.moderators.tries == 2


async def _mended_meanwhile(room: RunsRoom) -> None:
    if room.moderators.tries == 1:
        await room.services.reviews.retry(GUILD)
        await asyncio.sleep(0.2)  # long enough for the worker to look for what is due, and find this try under way
