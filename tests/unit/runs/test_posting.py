"""Private requests and their posts: seen by one person first, then for all under what holds at that moment, once."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from bot.errors import PromptRefused, SanctionError, UserError
from bot.moderation.policy import Policy
from bot.moderation.prompts import PromptAction
from bot.moderation.rules import ChannelRules, ChannelSetting
from bot.moderation.sanctions import SanctionKind
from bot.runs.card import EditResult, FinalCard, Held, Pictures, Removed, Withheld
from bot.runs.execution.reach import Reach
from bot.runs.posting import MOST_IN_A_MINUTE
from bot.runs.run import Delivery, Place, Reason, ReviewCause, Run, State
from bot.store.tables import ledger_entries
from tests.unit.runs.execution.test_reach import ENDLESS, ONE
from tests.unit.runs.execution.test_recovery import serving
from tests.unit.runs.review.test_reviews import ADMIN, CHANNEL, FAST, FLAGGED, GUILD, MODERATOR, reviewing
from tests.unit.runs.room import RunsRoom, runs_room, until

SPOILER = ChannelRules(policy=Policy.SPOILER)


async def shown(room: RunsRoom, **how: object) -> Run:
    """A private run whose pictures its person sees."""
    run = await room.to_the_end(await room.press(private=True, **how))  # pyright: ignore[reportArgumentType]
    assert (run.private, run.delivery, run.reply.message_id) == (True, Delivery.SHOWN, 11)
    return run


async def post(room: RunsRoom, run: Run) -> Run:
    await room.services.posts.post(run, by=run.user_id)
    return await room.services.posts.after(run.id)


def last(room: RunsRoom) -> FinalCard:
    return room.card.ends[-1][1]


async def entries(room: RunsRoom) -> list[object]:
    def look(connection: Connection) -> list[object]:
        return list(connection.execute(select(ledger_entries)).all())

    return await room.store.read(look)


async def test_a_post_is_a_card_of_its_own_and_costs_nothing(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        books = await entries(room)
        assert await room.services.runs.by_message(11) is None
        done = await post(room, run)
        assert (done.private, done.delivery, done.reply.message_id, done.reply.token) == (
            False,
            Delivery.SHOWN,
            900,
            "",
        )
        assert isinstance(last(room), Pictures)
        assert room.card.ends[-1][0].reply.message_id == 900
        assert (done.cost, done.held, await entries(room)) == (run.cost, run.held, books)
        found = await room.services.runs.by_message(900)
        assert found is not None
        assert found.id == run.id


async def test_ten_presses_are_one_post(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        pressed = [room.services.posts.post(run, by=run.user_id) for _ in range(10)]
        done = await asyncio.gather(*pressed, return_exceptions=True)
        assert [one for one in done if one is None] == [None]
        assert {str(one) for one in done if one is not None} <= {"This is posted already."}
        assert all(isinstance(one, UserError) for one in done if one is not None)
        await room.services.posts.after(run.id)
        assert len(room.card.posted) == 1


async def test_nobody_else_posts_it_or_learns_of_it(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        with pytest.raises(UserError, match="not known"):
            await room.services.posts.post(run, by=8)
        public = await room.to_the_end(await room.press())
        for by in (7, 8):
            with pytest.raises(UserError):
                await room.services.posts.post(public, by=by)
        alone = await room.to_the_end(await room.press(private=True, place=Place(None, 5)))
        with pytest.raises(UserError):
            await room.services.posts.post(alone, by=7)
        assert not room.card.posted


async def test_what_is_covered_stays_covered(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        room.card.age_restricted = True
        run = await shown(room, rules=SPOILER)
        await post(room, run)
        card = last(room)
        assert isinstance(card, Pictures)
        assert card.spoiler


@pytest.mark.parametrize("policy", [Policy.BLOCK, Policy.REVIEW])
async def test_the_policy_of_the_moment_binds(tmp_path: Path, policy: Policy) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        room.card.age_restricted = True
        run = await shown(room, rules=SPOILER)
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=policy))
        done = await post(room, run)
        card = room.card.ends[-1]
        assert card[0].reply.message_id == 900
        assert isinstance(card[1], Withheld if policy is Policy.BLOCK else Held)
        assert done.delivery is (Delivery.WITHHELD if policy is Policy.BLOCK else Delivery.HELD)


async def test_what_waits_for_a_moderator_is_asked_about_and_posted_when_approved(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await room.to_the_end(await room.press(private=True, rules=ChannelRules(policy=Policy.REVIEW)))
        assert run.delivery is Delivery.HELD
        with pytest.raises(UserError):
            await room.services.posts.post(run, by=7)  # nothing is posted that nobody has looked at

        async def is_asked() -> bool:
            return (await room.services.reviews.find(GUILD, run.id)).review.message_id is not None

        await until(is_asked)
        await room.services.reviews.approve(MODERATOR, run.id)

        async def is_shown() -> bool:
            return (await room.runs.load(run.id)).delivery is Delivery.SHOWN

        await until(is_shown)
        done = await post(room, await room.runs.load(run.id))
        assert done.delivery is Delivery.SHOWN
        card = last(room)
        assert isinstance(card, Pictures)
        assert card.approved


async def test_a_person_who_was_stopped_meanwhile_posts_nothing(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        await room.services.sanctions.sanction(MODERATOR, 7, SanctionKind.STOP, "rude")
        with pytest.raises(SanctionError):
            await room.services.posts.post(run, by=7)
        assert (await room.runs.load(run.id)).private


async def test_a_rule_for_prompts_that_came_meanwhile_binds(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        refused, looked_at = await shown(room), await shown(room, prompt="a blue fox")
        await room.services.prompt_rules.add_rule(ADMIN, "red", PromptAction.REFUSE, "no red")
        await room.services.prompt_rules.add_rule(ADMIN, "blue", PromptAction.REVIEW, "let us see")
        with pytest.raises(PromptRefused):
            await room.services.posts.post(refused, by=7)
        done = await post(room, looked_at)
        assert (done.delivery, done.review_why) == (Delivery.HELD, ReviewCause.RULE)


async def test_what_is_posted_can_be_removed_and_what_is_removed_is_not_posted(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        first, second = await shown(room), await shown(room)
        await post(room, first)
        await room.services.removals.remove(first, by=7)
        done = await room.services.removals.after(first.id)
        assert (done.delivery, last(room)) == (Delivery.WITHHELD, Removed(by_author=True))
        assert room.card.ends[-1][0].reply.message_id == 900
        await room.services.removals.remove(second, by=7)
        with pytest.raises(UserError):
            await room.services.posts.post(second, by=7)


async def test_what_is_posted_can_be_reported_and_is_hidden(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST, hide_reported=True) as room:
        run = await shown(room)
        posted = await post(room, run)
        await room.services.reviews.report(run=posted, reporter_id=8, reason="mean", hide=True)
        await room.services.reviews.after_hiding(GUILD, run.id)
        assert isinstance(last(room), Held)


@pytest.mark.parametrize("answer", [EditResult.FORBIDDEN, EditResult.GONE])
async def test_what_could_not_be_posted_is_private_again_and_can_be_posted_later(
    tmp_path: Path, answer: EditResult
) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        room.card.posting = [answer]
        done = await post(room, run)
        assert (done.private, done.posted_at, done.delivery) == (True, None, Delivery.UNDELIVERABLE)
        again = await post(room, done)
        assert (again.private, again.delivery) == (False, Delivery.SHOWN)


async def test_a_discord_that_is_away_is_waited_for(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        room.card.posting = [EditResult.LATER, EditResult.LATER, 901]
        await room.services.posts.post(run, by=7)
        done = await room.settled(run)
        assert (done.reply.message_id, done.delivery) == (901, Delivery.SHOWN)


async def test_a_new_worker_posts_what_was_to_be_posted(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        async with serving(room):
            run = await shown(room)
        await room.services.posts.post(run, by=7)
        assert not room.card.posted
        async with serving(room):
            done = await room.settled(run)
        assert [one.id for one in room.card.posted] == [run.id]
        assert (done.private, done.reply.message_id, done.delivery) == (False, 900, Delivery.SHOWN)


async def test_removed_before_it_stood_it_is_never_posted(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        async with serving(room):
            run = await shown(room)
        await room.services.posts.post(run, by=7)
        await room.services.removals.remove(run, by=7)
        shown_so_far = len(room.card.ends)
        async with serving(room):
            assert (await room.settled(run)).is_removed
        assert not room.card.posted
        assert not [one for _, one in room.card.ends[shown_so_far:] if isinstance(one, Pictures)]


async def test_a_person_posts_a_few_times_a_minute(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        runs = [await shown(room) for _ in range(MOST_IN_A_MINUTE + 1)]
        for run in runs[:-1]:
            await post(room, run)
        for _ in range(2):
            with pytest.raises(UserError, match="a minute"):
                await post(room, runs[-1])
        room.clock.advance(61)
        await post(room, runs[-1])
        assert len(room.card.posted) == len(runs)


async def test_posts_at_once_are_counted_and_those_that_fail_are_not(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        runs = [await shown(room) for _ in range(MOST_IN_A_MINUTE + 2)]
        for _ in range(MOST_IN_A_MINUTE):
            with pytest.raises(UserError, match="not known"):
                await room.services.posts.post(runs[0], by=8)
        done = await asyncio.gather(*(room.services.posts.post(one, by=7) for one in runs), return_exceptions=True)
        assert done.count(None) == MOST_IN_A_MINUTE


async def test_a_private_run_that_waits_too_long_is_not_sent_whatever_others_can(tmp_path: Path) -> None:
    async with runs_room(tmp_path, ENDLESS, caps=ONE, deadline_s=100_000) as room:
        first = await room.press()
        await room.services.runs.start(first, 11)
        await room.running(first)
        public, private = await room.press(user_id=8), await room.press(user_id=9, private=True)
        await room.services.runs.start(public, 12)
        await room.services.runs.start(private, 13)
        room.card.reaches = [True, False]
        room.clock.advance(13 * 60 + 5)
        await Reach(store=room.runs, card=room.card, clock=room.clock, wake=room.app.wake_ups.wake_run).look()
        ended = await room.settled(private)
        assert (ended.state, ended.reason) == (State.CANCELED, Reason.OUT_OF_REACH)
        assert (await room.runs.load(public.id)).state is State.ACCEPTED


async def test_whoever_read_it_as_a_private_one_writes_nothing_over_a_posted_one(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        await post(room, run)
        as_it_was = await room.runs.delivered(run, Delivery.WITHHELD)
        assert (as_it_was.private, as_it_was.delivery) == (False, Delivery.SHOWN)
