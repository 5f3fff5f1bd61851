"""Removed is for good: from whatever state, whatever is decided, set, tried or restarted afterwards."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from bot.errors import UserError
from bot.guilds.audit import AuditFilter, page
from bot.moderation.policy import Policy, Showing
from bot.moderation.prompts import PromptAction, Verdict
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting
from bot.runs.card import EditResult, Ended, FinalCard, Held, Pictures, Rejected, Removed
from bot.runs.past import Viewing
from bot.runs.review.removing import REASON_WANTED
from bot.runs.review.review import Decision, Review
from bot.runs.review.service import Reported
from bot.runs.review.visibility import Known, decide
from bot.runs.run import Delivery, Place, Reason, Removal, Result, ReviewCause, Run, State
from bot.store.tables import ledger_entries
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.made import a_run
from tests.unit.runs.review.test_reviews import ADMIN, CHANNEL, FAST, FLAGGED, GUILD, MODERATOR, held, reviewing
from tests.unit.runs.room import RunsRoom, runs_room, until

BY_AUTHOR, BY_MODERATOR = Removed(by_author=True), Removed(by_author=False, reason="not here")
VIEWING = Viewing(7, ChannelContext(GUILD, CHANNEL, age_restricted=True), 10_000_000)
UNREADABLE = without_waiting(PROFILES["truncated"])


async def remove(room: RunsRoom, run: Run) -> Run:
    """The one who made them removes the pictures; the run after the next try to take them away."""
    await room.services.removals.remove(run, by=run.user_id)
    return await room.services.removals.after(run.id)


async def remove_as_moderator(room: RunsRoom, run: Run) -> Run:
    await room.services.removals.remove(run, by=MODERATOR.actor_id, reason=" not\n here ")
    return await room.services.removals.after(run.id)


def endings(room: RunsRoom) -> list[FinalCard]:
    return [ending for _, ending in room.card.ends]


async def acts(room: RunsRoom) -> list[tuple[int, str, object]]:
    rows = (await room.store.read(page, GUILD, AuditFilter(), most=99)).rows
    return [(one.actor_id, one.what, one.after) for one in rows if one.what == "picture removed"]


async def entries(room: RunsRoom, run: Run) -> list[object]:
    def look(connection: Connection) -> list[object]:
        return list(connection.execute(select(ledger_entries).where(ledger_entries.c.run_id == run.id)).all())

    return await room.store.read(look)


async def becomes(room: RunsRoom, run: Run, delivery: Delivery) -> Run:
    async def is_so() -> bool:
        return (await room.runs.load(run.id)).delivery is delivery

    await until(is_so)
    return await room.runs.load(run.id)


async def test_the_pictures_go_and_the_money_stays(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        before = await entries(room, run)
        done = await remove(room, run)
        assert (done.delivery, done.is_removed, endings(room)[-1]) == (Delivery.WITHHELD, True, BY_AUTHOR)
        assert (done.cost, done.state, await entries(room, run)) == (run.cost, run.state, before)
        assert await acts(room) == []
        with pytest.raises(UserError, match="were removed"):
            await room.services.history.pictures(run, VIEWING)


async def test_a_moderators_removal_has_its_reason_and_its_row(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        for reason in (None, "", " \n ", "x" * 301):
            with pytest.raises(UserError) as refused:
                await room.services.removals.remove(run, by=MODERATOR.actor_id, reason=reason)
            assert str(refused.value) == REASON_WANTED
        assert not (await room.runs.load(run.id)).is_removed
        done = await remove_as_moderator(room, run)
        assert (done.delivery, endings(room)[-1]) == (Delivery.WITHHELD, BY_MODERATOR)
        about = {"run": run.id, "user": "7", "reason": "not here"}
        assert await acts(room) == [(MODERATOR.actor_id, "picture removed", about)]


async def test_what_the_author_says_is_no_reason(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        await room.services.removals.remove(run, by=run.user_id, reason="a moderator made me")
        removal = (await room.settled(run)).removal
        assert removal is not None
        assert (removal.by, removal.reason) == (7, None)


async def test_ten_presses_are_one_removal(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        pressed = [room.services.removals.remove(run, by=91 + number, reason="not here") for number in range(10)]
        done = await asyncio.gather(*pressed)
        assert [one.first for one in done].count(True) == 1
        assert {one.run.removal for one in done} == {(await room.settled(run)).removal}
        assert len(await acts(room)) == 1
        assert endings(room)[1:] == [BY_MODERATOR]


async def test_private_pictures_are_their_makers(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press(place=Place(None, 5)))
        assert (await remove(room, run)).delivery is Delivery.WITHHELD
        assert endings(room)[-1] == BY_AUTHOR


async def test_what_waits_for_a_moderator_is_closed_and_never_shown(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        assert (await remove(room, run)).delivery is Delivery.WITHHELD
        await line(room, "removed withheld")
        _, review = room.moderators.closed[-1]
        assert (review.outcome, review.decided_by, review.reason) == (Decision.REMOVED, 7, None)
        late = await room.services.reviews.approve(MODERATOR, run.id)
        assert (late.first, late.review.outcome) == (False, Decision.REMOVED)
        assert (await room.services.reviews.status(GUILD)).waiting == ()
        assert not any(isinstance(one, Pictures) for one in endings(room))


async def line(room: RunsRoom, words: str) -> None:
    """Come back when the log channel read this."""

    async def is_told() -> bool:
        return words in room.moderators.lines

    await until(is_told)


async def test_a_report_about_it_is_closed(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        reports = room.services.reviews
        assert await reports.report(run=run, reporter_id=8, reason="mean", hide=False) is Reported.NEW
        await remove(room, run)
        await line(room, "removed withheld")
        for reporter_id in (8, 9):
            again = await reports.report(run=run, reporter_id=reporter_id, reason=None, hide=True)
            assert again is Reported.NOTHING


async def test_moderators_read_of_what_they_approved_that_it_was_removed_since(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        await room.services.reviews.approve(MODERATOR, run.id)
        await line(room, "approved shown")
        await remove(room, run)
        await line(room, "approved withheld")
        shown, review = room.moderators.closed[-1]
        assert (shown.is_removed, review.outcome) == (True, Decision.APPROVED)


async def test_what_a_moderator_rejected_is_not_made_the_authors_own_deed(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST, hide_reported=False) as room:
        run = await room.to_the_end(await room.press())
        room.card.always = EditResult.FORBIDDEN
        await room.services.reviews.report(run=run, reporter_id=8, reason=None, hide=False)
        await room.services.reviews.reject(MODERATOR, run.id, "unkind")
        await becomes(room, run, Delivery.STILL_VISIBLE)
        with pytest.raises(UserError, match="kept back already"):
            await room.services.removals.remove(run, by=run.user_id)
        room.card.always = None
        await room.services.reviews.hide_again(GUILD)
        await becomes(room, run, Delivery.WITHHELD)
        assert endings(room)[-1] == Rejected("unkind")


async def test_what_cannot_be_taken_away_is_still_visible_and_tried_until_it_is_gone(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        room.card.always = EditResult.FORBIDDEN
        assert (await remove(room, run)).delivery is Delivery.STILL_VISIBLE
        await line(room, "still visible")
        assert (await remove(room, run)).delivery is Delivery.STILL_VISIBLE  # and is tried once more
        reported = await room.services.reviews.report(run=run, reporter_id=8, reason=None, hide=True)
        assert reported is Reported.REMOVED
        with pytest.raises(UserError, match="were removed"):
            await room.services.history.pictures(await room.runs.load(run.id), VIEWING)
        room.card.always = None
    async with runs_room(tmp_path, FAST) as room:
        assert (await becomes(room, run, Delivery.WITHHELD)).pictures_up is False
        assert endings(room) == [BY_AUTHOR]


async def test_discord_is_away_and_comes_back(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        room.card.always = EditResult.LATER
        await room.services.removals.remove(run, by=run.user_id)

        async def was_tried() -> bool:
            return len(room.card.ends) > 1

        await until(was_tried)
        assert (await room.runs.load(run.id)).pictures_up
        room.card.always = None
        for _ in range(10):
            room.clock.advance(20)
            await asyncio.sleep(0.01)
        await becomes(room, run, Delivery.WITHHELD)
        assert endings(room)[-1] == BY_AUTHOR


async def test_a_kill_between_the_row_and_the_edit(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
    async with runs_room(tmp_path, FAST, serve=False) as room:
        await room.services.removals.remove(run, by=run.user_id)
    async with runs_room(tmp_path, FAST) as room:
        assert (await becomes(room, run, Delivery.WITHHELD)).is_removed
        assert endings(room) == [BY_AUTHOR]


async def test_a_policy_that_allows_all_a_restart_and_an_approval_bring_nothing_back(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        await remove(room, run)
    async with runs_room(tmp_path, FLAGGED) as room:
        room.card.age_restricted = True
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW))
        await room.services.reviews.approve(MODERATOR, run.id)
        await room.services.reviews.retry(GUILD)
        room.app.wake_ups.wake_run(run.id)
        await asyncio.sleep(0.1)
        assert endings(room) == []
        with pytest.raises(UserError, match="were removed"):
            await room.services.history.pictures(await room.runs.load(run.id), VIEWING)


async def test_a_message_that_is_gone_ends_it_and_history_has_nothing(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.to_the_end(await room.press())
        room.card.always = EditResult.GONE
        done = await remove(room, run)
        assert (done.delivery, done.pictures_up, done.is_removed) == (Delivery.UNDELIVERABLE, False, True)
        with pytest.raises(UserError, match="were removed"):
            await room.services.history.pictures(await room.runs.load(run.id), VIEWING)
        # Somebody sees it after all: it is to go.
        room.card.always = None
        assert await room.services.reviews.report(run=done, reporter_id=8, reason=None, hide=True) is Reported.REMOVED
        await becomes(room, run, Delivery.WITHHELD)


async def test_nothing_can_be_removed_before_it_is_there(tmp_path: Path) -> None:
    async with runs_room(tmp_path, replace(FAST, running_s=100)) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.running(run)
        with pytest.raises(UserError, match="no pictures here yet"):
            await room.services.removals.remove(run, by=run.user_id)


async def test_what_policy_withheld_stays_as_it_is(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        run = await room.to_the_end(await room.press())
        with pytest.raises(UserError, match="kept back already"):
            await room.services.removals.remove(run, by=run.user_id)
        assert len(room.card.ends) == 1


async def test_removed_while_the_answer_is_that_none_could_be_read(tmp_path: Path) -> None:
    """The worker is about to write why there are no pictures: the row has moved on, and that is not said."""
    async with runs_room(tmp_path, UNREADABLE) as room:
        room.frozen = True
        apply = room.runs.apply

        async def removed_first(before: Run, change: object) -> Run:
            if getattr(getattr(change, "run", None), "reason", None) is Reason.PICTURES_UNREADABLE:
                await room.services.removals.remove(before, by=before.user_id)
            return await apply(before, change)  # pyright: ignore[reportArgumentType]

        room.runs.apply = removed_first  # pyright: ignore[reportAttributeAccessIssue]
        run = await room.press()
        await room.services.runs.start(run, 11)
        done = await becomes(room, run, Delivery.WITHHELD)
        assert (done.is_removed, done.reason) == (True, None)
        assert not any(isinstance(one, Ended) for one in endings(room))


async def test_removed_in_the_moment_between_the_last_look_and_the_row(tmp_path: Path) -> None:
    """The pictures stand, the row is about to say so: whoever waits for the next try reads what came of it."""
    async with runs_room(tmp_path, FAST) as room:
        write, waiting = room.store.write, list[asyncio.Task[Run]]()
        run = await room.press()

        async def removed_first(function: Any, *args: Any, **named: Any) -> Any:
            if getattr(function, "__name__", "") == "note_shown":
                room.store.write = write
                await room.services.removals.remove(run, by=run.user_id)
                waiting.append(asyncio.create_task(room.services.removals.after(run.id), name="waits for the next try"))
                await asyncio.sleep(0.1)
            return await write(function, *args, **named)

        room.store.write = removed_first
        await room.services.runs.start(run, 11)

        async def is_waited_for() -> bool:
            return bool(waiting)

        await until(is_waited_for)
        assert (await waiting[0]).delivery is Delivery.WITHHELD
        assert [type(one) for one in endings(room)] == [Pictures, Removed]


async def test_a_card_that_says_that_moderators_are_asked_does_not_cover_the_removal(tmp_path: Path) -> None:
    """The edit that says so is under way while the pictures are removed, and comes last."""
    async with reviewing(tmp_path, channel=False) as room:
        run = await room.to_the_end(await room.press(rules=ChannelRules(policy=Policy.REVIEW)))
        assert endings(room)[-1] == Held(ReviewCause.FLAGGED, asked=False)

        async def removed_in_between(ending: FinalCard) -> None:
            if ending == Held(ReviewCause.FLAGGED, asked=True):
                room.card.before_end = nothing
                await remove(room, run)

        async def nothing(_: FinalCard) -> None:
            pass

        room.card.before_end = removed_in_between
        await room.app.moderation.guild_settings.set_review_channel(ADMIN, 50)
        await room.services.reviews.retry(GUILD)

        async def is_said_last() -> bool:
            return len(endings(room)) > 3 and (await room.runs.load(run.id)).delivery is Delivery.WITHHELD

        await until(is_said_last)
        assert endings(room)[1:] == [BY_AUTHOR, Held(ReviewCause.FLAGGED, asked=True), BY_AUTHOR]
        assert room.moderators.asked == []


async def test_a_question_that_was_just_being_posted_says_that_it_is_over(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await room.press(rules=ChannelRules(policy=Policy.REVIEW))

        async def removed() -> None:
            room.moderators.before_ask = None
            await becomes(room, run, Delivery.HELD)
            await remove(room, run)

        room.moderators.before_ask = removed
        await room.services.runs.start(run, 11)
        await line(room, "removed withheld")
        _, review = room.moderators.closed[-1]
        assert (review.outcome, review.message_id) == (Decision.REMOVED, 7_001)


POLICIES = st.builds(
    ChannelRules,
    policy=st.sampled_from(Policy),
    approve_everything=st.booleans(),
    hide_reported=st.booleans(),
    safety_checker=st.booleans(),
)
REVIEWS = st.none() | st.builds(
    Review,
    run_id=st.just("0" * 32),
    guild_id=st.just(1),
    why=st.sampled_from(ReviewCause),
    opened_at=st.just(datetime(2026, 7, 1, tzinfo=UTC)),
    outcome=st.none() | st.sampled_from(Decision),
    decided_by=st.none() | st.just(91),
)


@given(
    then=POLICIES,
    now=POLICIES,
    review=REVIEWS,
    flag=st.sampled_from([None, True, False]),
    delivery=st.sampled_from(Delivery),
    verdict=st.builds(Verdict, action=st.sampled_from(PromptAction)),
    black=st.sampled_from([(), (0,)]),
    by=st.sampled_from([7, 91]),
    in_the_row=st.booleans(),
)
def test_nothing_that_can_be_set_or_decided_shows_what_was_removed(  # noqa: PLR0917 - given by name
    then: ChannelRules,
    now: ChannelRules,
    review: Review | None,
    flag: bool | None,
    delivery: Delivery,
    verdict: Verdict,
    black: tuple[int, ...],
    by: int,
    in_the_row: bool,
) -> None:
    removal = Removal(by, datetime(2026, 7, 1, tzinfo=UTC), None if by == 7 else "no")
    run = a_run(
        state=State.SUCCEEDED,
        delivery=delivery,
        result=Result(nsfw_detected=flag, num_outputs=2),
        rules=then,
        policy=then.policy,
        removal=removal if in_the_row else None,
    )
    visibility = decide(run, Known(now, review, verdict, black, removal=None if in_the_row else removal))
    assert (visibility.showing, visibility.delivery) == (Showing.WITHHELD, Delivery.WITHHELD)
    with pytest.raises(ValueError, match="withheld"):
        visibility.pictures((), ())
    words = visibility.words(asked=True)
    rejected = review is not None and review.outcome is Decision.REJECTED
    assert isinstance(words, Rejected) if rejected else words == Removed(by == 7, removal.reason)
