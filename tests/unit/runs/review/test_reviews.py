"""Pictures that wait for a moderator, in the runs room: holds, decisions, obstacles, rules for prompts and reports."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.errors import UserError
from bot.guilds.audit import AdminAction, AuditFilter, AuditKind, page
from bot.moderation.policy import Policy, Showing
from bot.moderation.prompts import PromptAction
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked
from bot.moderation.sanctions import SanctionKind
from bot.runs.card import EditResult, Ended, Held, Pictures, Rejected, Withheld
from bot.runs.review.review import Decision, Obstacle
from bot.runs.review.service import Reported
from bot.runs.review.visibility import Known, decide
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Delivery, Reason, Result, ReviewCause, Run, State
from sandbox.runflow.switches import PROFILES, Switches, without_waiting
from tests.unit.runs.made import a_run
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])
FLAGGED = without_waiting(PROFILES["nsfw_flagged"])
GUILD, CHANNEL, MODS, LOG = 1, 2, 50, 51
ADMIN, MODERATOR, SECOND = AdminAction(GUILD, 90), AdminAction(GUILD, 91), AdminAction(GUILD, 92)
REVIEW = ChannelRules(policy=Policy.REVIEW)


@asynccontextmanager
async def reviewing(
    directory: Path, switches: Switches = FLAGGED, *, channel: bool = True, **setting: object
) -> AsyncGenerator[RunsRoom]:
    """A room whose channel reviews, with a moderation channel."""
    async with runs_room(directory, switches) as room:
        changes = ChannelSetting(**{"policy": Policy.REVIEW, **setting})  # pyright: ignore[reportArgumentType]
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, changes)
        if channel:
            await room.app.moderation.guild_settings.set_review_channel(ADMIN, MODS)
        yield room


async def held(room: RunsRoom, rules: ChannelRules = REVIEW, **options: Any) -> Run:
    """A run that waits, with moderators asked."""
    run = await room.to_the_end(await room.press(rules=rules, **options))
    assert run.delivery is Delivery.HELD
    await posted(room, run)
    return run


async def posted(room: RunsRoom, run: Run) -> None:
    """Come back when moderators were asked about a run."""

    async def is_posted() -> bool:
        return (await room.services.reviews.find(GUILD, run.id)).review.message_id is not None

    await until(is_posted)


async def closed(room: RunsRoom) -> None:
    """Come back when moderators were told how it ended."""

    async def is_closed() -> bool:
        return bool(room.moderators.lines)

    await until(is_closed)


async def test_moderators_are_asked_and_the_money_is_settled_at_once(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room, num_images=2)
        ((_, review, shown),) = room.moderators.asked
        assert (review.why, review.guild_id, len(shown)) == (ReviewCause.FLAGGED, GUILD, 2)
        assert room.card.ends[-1][1] == Held(ReviewCause.FLAGGED)
        assert (run.cost, await room.held()) == (room.runflow.billed_micro_usd(), 0)


async def test_approved_pictures_are_shown_and_moderators_told(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        assert (await room.services.reviews.approve(MODERATOR, run.id)).first
        done = await room.settled(run)
        ending = room.card.ends[-1][1]
        assert isinstance(ending, Pictures)
        assert (done.delivery, ending.approved, ending.spoiler) == (Delivery.SHOWN, True, False)
        await closed(room)
        assert room.moderators.lines == ["approved shown"]
        assert room.moderators.closed[0][1].decided_by == MODERATOR.actor_id
        acts = await room.store.read(
            lambda connection: [
                (one.actor_id, one.what) for one in (page(connection, GUILD, AuditFilter(), most=1)).rows
            ]
        )
        assert acts == [(MODERATOR.actor_id, "review approved")]


async def test_rejected_pictures_stay_away_and_the_reason_is_said(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        await room.services.reviews.reject(MODERATOR, run.id, "  too\n spooky ")
        assert (await room.settled(run)).delivery is Delivery.WITHHELD
        assert room.card.ends[-1][1] == Rejected("too spooky")
        await closed(room)
        assert room.moderators.lines == ["rejected withheld"]


async def test_the_first_decision_holds(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        assert (await room.services.reviews.approve(MODERATOR, run.id)).first
        second = await room.services.reviews.reject(SECOND, run.id, "no")
        assert (second.first, second.review.outcome, second.review.decided_by) == (False, Decision.APPROVED, 91)
        await room.settled(run)
        assert isinstance(room.card.ends[-1][1], Pictures)


async def test_another_server_knows_nothing_of_it(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        for known in (run.id, "f" * 32):
            with pytest.raises(UserError, match="no longer knows"):
                await room.services.reviews.approve(AdminAction(GUILD + 1 if known == run.id else GUILD, 91), known)
        with pytest.raises(UserError, match="no longer knows"):
            await room.services.reviews.reject(AdminAction(GUILD + 1, 91), run.id, "x")
        assert (await room.services.reviews.find(GUILD, run.id)).first


async def test_a_long_reason_is_refused(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        with pytest.raises(UserError, match="at most 300"):
            await room.services.reviews.reject(MODERATOR, run.id, "x" * 301)
        assert (await room.services.reviews.find(GUILD, run.id)).first


async def test_the_rule_decides_when_nobody_did(tmp_path: Path) -> None:
    async with reviewing(tmp_path, undecided_after_s=3600, undecided_reject=True) as room:
        rules = replace(REVIEW, undecided_after_s=3600, undecided_reject=True)
        run = await held(room, rules)
        room.clock.advance(3601)
        await closed(room)
        assert room.card.ends[-1][1] == Rejected(None, by_rule=True)
        assert (await room.runs.load(run.id)).delivery is Delivery.WITHHELD


async def test_without_a_rule_it_stays_held(tmp_path: Path) -> None:
    async with reviewing(tmp_path, undecided_after_s=3600) as room:
        run = await held(room, replace(REVIEW, undecided_after_s=3600))
        assert (await room.services.reviews.find(GUILD, run.id)).review.due_at is None


async def test_admins_are_told_once_that_there_is_no_channel_and_it_is_asked_when_there_is(tmp_path: Path) -> None:
    async with reviewing(tmp_path, channel=False) as room:
        first = await room.to_the_end(await room.press(rules=REVIEW))
        second = await room.to_the_end(await room.press(rules=REVIEW))

        async def told() -> bool:
            return bool(room.moderators.told)

        await until(told)
        room.clock.advance(31)
        assert room.card.ends[-1][1] == Held(ReviewCause.FLAGGED, asked=False)
        status = await room.services.reviews.status(GUILD)
        assert (status.obstacle, {one.run_id for one in status.waiting}) == (
            Obstacle.NO_CHANNEL,
            {first.id, second.id},
        )
        await room.app.moderation.guild_settings.set_review_channel(ADMIN, MODS)
        await room.services.reviews.retry(GUILD)
        await posted(room, first)
        await posted(room, second)
        assert room.card.ends[-1][1] == Held(ReviewCause.FLAGGED, asked=True)
        assert set(room.moderators.told) == {Obstacle.NO_CHANNEL}


async def test_discord_that_forbids_it_is_an_obstacle_and_one_that_is_away_is_none(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        room.moderators.answers = [Obstacle.LATER, Obstacle.FORBIDDEN]
        run = await room.to_the_end(await room.press(rules=REVIEW))

        async def is_forbidden() -> bool:
            await room.services.reviews.retry(GUILD)
            return (await room.services.reviews.find(GUILD, run.id)).review.obstacle is Obstacle.FORBIDDEN

        await until(is_forbidden)
        await room.services.reviews.retry(GUILD)
        await posted(room, run)
        assert room.moderators.told == [Obstacle.FORBIDDEN]
        assert (await room.services.reviews.find(GUILD, run.id)).review.obstacle is None


async def test_pictures_that_are_too_large_for_discord_are_fitted(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        room.moderators.answers = [Obstacle.TOO_LARGE]
        await held(room)
        ((_, _, (picture,)),) = room.moderators.asked
        assert picture.changed is not None


async def test_a_moderators_message_that_was_deleted_is_posted_again(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        first = (await room.services.reviews.find(GUILD, run.id)).review.message_id
        assert first is not None
        await room.services.reviews.retry(GUILD)
        room.moderators.deleted.add(first)
        await room.services.reviews.retry(GUILD)
        await posted(room, run)
        assert (await room.services.reviews.find(GUILD, run.id)).review.message_id != first
        assert len(room.moderators.asked) == 2


async def test_what_became_blocked_meanwhile_cannot_be_approved(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        await room.app.moderation.policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.BLOCK))
        with pytest.raises(UserError, match="does not show such pictures any more"):
            await room.services.reviews.approve(MODERATOR, run.id)
        await room.services.reviews.reject(MODERATOR, run.id, "no")
        assert (await room.settled(run)).delivery is Delivery.WITHHELD


async def test_a_card_that_is_gone_is_said_to_moderators(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        room.card.answers = [EditResult.GONE]
        await room.services.reviews.approve(MODERATOR, run.id)
        assert (await room.settled(run)).delivery is Delivery.UNDELIVERABLE
        await closed(room)
        assert room.moderators.lines == ["approved undeliverable"]


async def test_every_picture_waits_where_the_channel_says_so(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST, approve_everything=True) as room:
        run = await held(room, ChannelRules(policy=Policy.BLOCK))
        assert room.moderators.asked[0][1].why is ReviewCause.EVERYTHING
        await room.services.reviews.approve(MODERATOR, run.id)
        assert (await room.settled(run)).delivery is Delivery.SHOWN


async def test_a_refused_prompt_leaves_nothing_behind(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        await room.app.moderation.prompt_rules.add_rule(ADMIN, "red fox", PromptAction.REFUSE, "No foxes today.")
        with pytest.raises(UserError, match="No foxes today"):
            await room.press()
        assert (await room.held(), await room.runs.unfinished(), room.runflow.create_requests) == (0, [], 0)


async def test_a_stopped_person_is_refused_before_money(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        await room.app.moderation.sanctions.sanction(MODERATOR, 7, SanctionKind.STOP, "spam")
        with pytest.raises(UserError, match="spam"):
            await room.press()
        assert await room.held() == 0


async def test_a_prompt_to_be_reviewed_waits_though_it_was_cleared(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST) as room:
        await room.app.moderation.prompt_rules.add_rule(ADMIN, "fox", PromptAction.REVIEW)
        await held(room)
        assert room.moderators.asked[0][1].why is ReviewCause.RULE


async def test_a_prompt_to_be_logged_is_logged_and_made(tmp_path: Path) -> None:
    async with reviewing(tmp_path, FAST) as room:
        await room.app.moderation.prompt_rules.add_rule(ADMIN, "fox", PromptAction.LOG)
        assert (await room.to_the_end(await room.press())).delivery is Delivery.SHOWN
        await closed(room)
        assert room.moderators.lines == ["rule fox"]


@pytest.mark.parametrize(
    ("action", "showing", "why"),
    [
        (PromptAction.REFUSE, Showing.WITHHELD, None),
        (PromptAction.REVIEW, Showing.HELD, ReviewCause.PROMPT_USED),
        (PromptAction.LOG, Showing.OPEN, None),
    ],
)
async def test_the_prompt_that_runflow_used_is_checked_too(
    tmp_path: Path, action: PromptAction, showing: Showing, why: ReviewCause | None
) -> None:
    async with reviewing(tmp_path, FAST) as room:
        await room.app.moderation.prompt_rules.add_rule(ADMIN, "gore", action, "Nothing bloody.")
        visibility = VisibilityNow(
            store=room.store,
            policies=room.app.moderation.policies,
            prompt_rules=room.app.moderation.prompt_rules,
            channels=room.card,
        )
        result = Result(nsfw_detected=False, prompt_used="a red fox, gore", num_outputs=1)
        decided = await visibility.decide(a_run(state=State.SUCCEEDED, result=result))
        assert (decided.showing, decided.cause) == (showing, why)


async def test_a_run_that_ends_for_its_content_is_not_charged(tmp_path: Path) -> None:
    async with reviewing(tmp_path, without_waiting(PROFILES["nsfw_failed"]), hide_prompt=True) as room:
        done = await room.to_the_end(await room.press(rules=REVIEW))
        assert (done.state, done.reason, done.cost) == (State.FAILED, Reason.CONTENT, None)
        assert room.card.ends[-1][1] == Ended(hide_prompt=True)


async def test_a_black_picture_that_nobody_cleared_counts_as_flagged(tmp_path: Path) -> None:
    switches = replace(without_waiting(PROFILES["nsfw_black"]))
    async with reviewing(tmp_path, switches, unchecked=Unchecked.AS_CLEAR) as room:
        run = await held(room, replace(REVIEW, unchecked=Unchecked.AS_CLEAR))
        await room.services.reviews.approve(MODERATOR, run.id)
        await room.settled(run)
        ending = room.card.ends[-1][1]
        assert isinstance(ending, Pictures)
        assert ending.black == (0,)


@pytest.mark.parametrize("black", [True, False])
def test_null_as_clear_is_shown_unless_it_is_black(black: bool) -> None:
    rules = ChannelRules(policy=Policy.REVIEW, unchecked=Unchecked.AS_CLEAR)
    run = a_run(state=State.SUCCEEDED, result=Result(num_outputs=1), rules=rules)
    decided = decide(run, Known(rules, black=(0,) if black else ()))
    assert (decided.showing, decided.cause) == ((Showing.HELD, ReviewCause.BLACK) if black else (Showing.OPEN, None))


def test_nobody_checked_because_nobody_was_asked_counts_as_flagged_once_that_no_longer_holds() -> None:
    then = ChannelRules(policy=Policy.ALLOW, unchecked=Unchecked.AS_CLEAR, safety_checker=False)
    now = ChannelRules(policy=Policy.BLOCK, unchecked=Unchecked.AS_CLEAR)
    run = a_run(state=State.SUCCEEDED, result=Result(num_outputs=1), rules=then)
    assert decide(run, Known(now)).showing is Showing.WITHHELD
    assert decide(run, Known(then)).showing is Showing.OPEN


async def test_the_safety_checker_is_off_only_where_the_rules_say_so(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        asked = await room.press()
        free = await room.press(rules=ChannelRules(policy=Policy.ALLOW, safety_checker=False))
        assert [run.input["enable_safety_checker"] for run in (asked, free)] == [True, False]
        assert (await room.runs.load(free.id)).rules == ChannelRules(policy=Policy.ALLOW, safety_checker=False)


@pytest.mark.parametrize("hide", [True, False])
@pytest.mark.parametrize("keep", [True, False])
async def test_a_reported_picture_is_kept_or_removed(tmp_path: Path, hide: bool, keep: bool) -> None:
    async with reviewing(tmp_path, FAST, hide_reported=hide) as room:
        run = await room.to_the_end(await room.press())
        assert await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=hide) is Reported.NEW
        await posted(room, run)
        run = await room.settled(run)
        assert run.delivery is (Delivery.HELD if hide else Delivery.SHOWN)
        assert (room.moderators.asked[0][1].why, room.moderators.asked[0][1].detail) == (ReviewCause.REPORTED, "mean")
        assert await room.services.reviews.report(run=run, reporter_id=9, reason=None, hide=hide) is Reported.AGAIN
        if keep:
            await room.services.reviews.approve(MODERATOR, run.id)
        else:
            await room.services.reviews.reject(MODERATOR, run.id, "unkind")
        (act,) = await room.store.read(lambda connection: (page(connection, GUILD, AuditFilter(), most=1)).rows)
        assert act.after is not None
        assert act.after["reported"] is True
        await closed(room)
        assert isinstance(room.card.ends[-1][1], Pictures if keep else Rejected)
        assert await room.services.reviews.report(run=run, reporter_id=9, reason=None, hide=hide) is Reported.TWICE
        after = Reported.KEPT if keep else Reported.AGAIN
        assert await room.services.reviews.report(run=run, reporter_id=10, reason=None, hide=hide) is after
        noted = (await room.store.read(page, GUILD, AuditFilter(kind=AuditKind.PICTURE_REPORTED), most=9)).rows
        assert [row.actor_id for row in noted] == [10, 9, 8]  # of whom each reported it once
        assert [(row.after or {}).get("known") for row in noted] == [True, True, None]


async def test_what_is_not_shown_cannot_be_reported(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        run = await room.to_the_end(await room.press())
        assert isinstance(room.card.ends[-1][1], Withheld)
        assert await room.services.reviews.report(run=run, reporter_id=8, reason=None, hide=True) is Reported.NOTHING


async def test_a_process_that_died_leaves_its_reviews_to_the_next(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as room:
        run = await held(room)
        room.moderators.asked.clear()
    async with runs_room(tmp_path, FLAGGED, serve=False) as room:
        await room.services.reviews.approve(MODERATOR, run.id)
        assert [one.id for one in await room.runs.unfinished()] == [run.id]


BROKEN_REVIEWS = "CREATE TRIGGER broken BEFORE INSERT ON reviews BEGIN SELECT RAISE(FAIL, 'broken'); END"


async def test_a_report_whose_review_fails_leaves_nothing_behind_and_can_be_made_again(tmp_path: Path) -> None:
    """One transaction: else the second try is told that moderators know of it, though nobody does."""
    async with reviewing(tmp_path, FAST, hide_reported=True) as room:
        run = await room.to_the_end(await room.press())
        await room.store.write(lambda connection: connection.execute(text(BROKEN_REVIEWS)))
        with pytest.raises(DBAPIError):
            await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=True)
        await room.store.write(lambda connection: connection.execute(text("DROP TRIGGER broken")))
        assert (await room.runs.load(run.id)).delivery is Delivery.SHOWN
        assert await room.services.reviews.report(run=run, reporter_id=8, reason="mean", hide=True) is Reported.NEW
        await posted(room, run)
        assert (await room.settled(run)).delivery is Delivery.HELD
