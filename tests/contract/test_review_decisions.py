"""Decisions about one picture by two processes at the same instant, on both engines: the first holds, alone."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.guilds.audit import AdminAction, AuditFilter, page
from bot.guilds.settings import GuildSettingsService
from bot.moderation.policy import Policy
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.rules import ChannelRules
from bot.money import MicroUsd
from bot.runs import rows
from bot.runs.review import rows as review_rows
from bot.runs.review.review import Decision, Obstacle, Review
from bot.runs.review.service import Decided, ReviewService
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Delivery, Place, Reply, Result, ReviewCause, Run, State
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store
from sandbox.clock import SandboxClock
from tests.unit.runs.room import FakeCardView, FakeReviewChannel

GUILD = 2**62 + 1
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def a_held_run(number: int) -> Run:
    checked = FLUX_KLEIN.parse({"prompt": "a red fox"})
    return Run(
        id=f"{number:032x}",
        user_id=7,
        place=Place(GUILD, 2),
        reply=Reply(number, 8, "token", NOW, 10, message_id=11),
        model_id=FLUX_KLEIN.model_id,
        input=checked.wire(),
        request=checked.request,
        policy=Policy.REVIEW,
        state=State.SUCCEEDED,
        delivery=Delivery.HELD,
        held=MicroUsd(0),
        created_at=NOW,
        result=Result(nsfw_detected=True, num_outputs=1),
        rules=ChannelRules(policy=Policy.REVIEW, undecided_after_s=60),
        review_why=ReviewCause.RULE,
    )


def a_review(run: Run) -> Review:
    return Review(run.id, GUILD, ReviewCause.RULE, opened_at=NOW, detail="because ✨")


async def put(store: Store, run: Run) -> None:

    def change(connection: Connection) -> None:
        assert rows.add(connection, run)
        assert review_rows.add(connection, a_review(run))

    await store.write(change)


def a_service(store: Store) -> ReviewService:
    clock, card = SandboxClock(), FakeCardView()
    card.age_restricted = True
    return ReviewService(
        store=store,
        guild_settings=GuildSettingsService(store=store, clock=clock),
        visibility=VisibilityNow(
            store=store,
            policies=PolicyService(store=store, clock=clock),
            prompt_rules=PromptRulesService(store=store, clock=clock),
            channels=card,
        ),
        channel=FakeReviewChannel(),
        clock=clock,
        wake_ups=WakeUps(),
    )


async def test_a_run_keeps_its_rules_and_its_review(store: Store) -> None:
    run = a_held_run(1)
    await put(store, run)

    def change(connection: Connection) -> None:
        assert rows.load(connection, run.id) == run
        assert review_rows.find(connection, run.id) == a_review(run)
        assert not review_rows.add(connection, a_review(run))

    await store.write(change)


async def test_two_processes_decide_at_the_same_instant_and_one_decision_holds(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        first, second = a_service(one), a_service(other)
        for number in range(1, 9):
            run = a_held_run(number)
            await put(one, run)
            answers: tuple[Decided, ...] = await asyncio.gather(
                first.approve(AdminAction(GUILD, 91), run.id),
                second.reject(AdminAction(GUILD, 92), run.id, "no"),
                second.approve(AdminAction(GUILD, 93), run.id),
            )
            assert sum(answer.first for answer in answers) == 1
            assert len({(answer.review.outcome, answer.review.decided_by) for answer in answers}) == 1

            kept = await one.read(review_rows.find, run.id)
            acts = (await one.read(page, GUILD, AuditFilter(), most=99)).rows
            loaded = await one.read(rows.load, run.id)
            assert kept is not None
            assert (kept.outcome, kept.decided_by) == (answers[0].review.outcome, answers[0].review.decided_by)
            assert len(acts) == number
            assert loaded.delivery is Delivery.PENDING


async def test_what_is_to_be_done_is_found_until_it_is_closed(store: Store) -> None:
    fresh, due, decided, shown = (a_held_run(number) for number in range(1, 5))
    for run in (fresh, due, decided, shown):
        await put(store, run)

    def change(connection: Connection) -> None:
        for run in (due, decided, shown):
            review_rows.posted(connection, run.id, channel_id=1, message_id=2)
        for run in (decided, shown):
            assert review_rows.decide(connection, replace(a_review(run), outcome=Decision.APPROVED, decided_at=NOW))
        assert rows.change(connection, decided, replace(decided, delivery=Delivery.PENDING))
        assert review_rows.work(connection, NOW) == [fresh.id, shown.id]
        review_rows.closed(connection, shown.id, NOW)
        assert review_rows.work(connection, NOW) == [fresh.id]
        assert [one.run_id for one in review_rows.undecided(connection, GUILD, 9)] == [fresh.id, due.id]
        assert review_rows.undecided(connection, GUILD + 1, 9) == []
        assert not review_rows.reopened(connection, a_review(fresh))
        assert review_rows.reopened(connection, a_review(shown))
        assert review_rows.find(connection, shown.id) == a_review(shown)

    await store.write(change)


async def test_admins_are_told_of_an_obstacle_once_in_a_while(store: Store) -> None:
    run = a_held_run(1)
    await put(store, run)

    def change(connection: Connection) -> None:
        assert not review_rows.told_since(connection, GUILD, Obstacle.FORBIDDEN, NOW)
        review_rows.obstructed(connection, run.id, Obstacle.FORBIDDEN, NOW)
        assert review_rows.told_since(connection, GUILD, Obstacle.FORBIDDEN, NOW)
        assert not review_rows.told_since(connection, GUILD, Obstacle.NO_CHANNEL, NOW)
        assert not review_rows.told_since(connection, GUILD + 1, Obstacle.FORBIDDEN, NOW)

    await store.write(change)
