"""Removing pictures on both engines: the first removal holds, and no write of whoever did not know undoes it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from bot.errors import Unavailable, UserError
from bot.guilds.audit import AdminAction, AuditFilter, page
from bot.guilds.settings import GuildSettingsService
from bot.moderation import record
from bot.moderation.sanctions import RecordKind
from bot.runs import rows
from bot.runs.review import rows as review_rows
from bot.runs.review.held_images import HeldImages
from bot.runs.review.removing import RemovalService, Removed
from bot.runs.review.review import Decision
from bot.runs.review.visibility import Known, decide
from bot.runs.run import Delivery, Reason, Removal, Run
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store
from sandbox.clock import SandboxClock
from tests.contract.test_plans import plans_of
from tests.contract.test_review_decisions import GUILD, NOW, a_held_run, a_review, a_service, put
from tests.unit.runs.room import FakeReviewChannel

MODERATOR = Removal(91, NOW, "not here ✨")


def removals(store: Store) -> RemovalService:
    return RemovalService(store=store, clock=SandboxClock(), wake_ups=WakeUps())


async def test_a_removal_is_written_once_and_kept(store: Store) -> None:
    run = a_held_run(1)
    await put(store, run)

    def change(connection: Connection) -> None:
        assert rows.removal_of(connection, run.id) is None
        assert rows.remove(connection, run.id, MODERATOR)
        assert not rows.remove(connection, run.id, Removal(run.user_id, NOW + timedelta(hours=1)))
        kept = rows.load(connection, run.id)
        assert (kept.removal, kept.delivery, kept.pictures_up) == (MODERATOR, Delivery.PENDING, False)
        assert rows.removal_of(connection, run.id) == MODERATOR
        # Whoever read the row before writes nothing; whoever knows writes all but the removal.
        before = replace(run, delivery=Delivery.PENDING)
        assert not rows.change(connection, before, replace(before, delivery=Delivery.SHOWN))
        assert rows.change(connection, kept, replace(kept, delivery=Delivery.WITHHELD, removal=None))
        assert rows.load(connection, run.id) == replace(kept, delivery=Delivery.WITHHELD)

    await store.write(change)


@pytest.mark.parametrize(
    ("changes", "up"),
    [
        ({"delivery": Delivery.SHOWN}, True),
        ({"delivery": Delivery.SHOWN, "reason": Reason.PICTURES_UNREADABLE}, False),
        ({"delivery": Delivery.STILL_VISIBLE, "pictures_up": True}, True),
        ({"delivery": Delivery.PENDING, "pictures_up": True}, True),
        ({"delivery": Delivery.PENDING}, False),
        ({"delivery": Delivery.HELD}, False),
        ({"delivery": Delivery.UNDELIVERABLE}, False),
    ],
)
async def test_whether_pictures_stand_is_known_from_the_row(store: Store, changes: dict[str, object], up: bool) -> None:
    run = replace(a_held_run(1), **changes)  # pyright: ignore[reportArgumentType]

    def change(connection: Connection) -> None:
        assert rows.add(connection, run)
        assert rows.remove(connection, run.id, MODERATOR)
        after = rows.load(connection, run.id)
        assert (after.delivery, after.pictures_up) == (Delivery.PENDING, up)
        assert rows.may_stand(connection, run.id).pictures_up

    await store.write(change)


async def test_two_processes_remove_at_the_same_instant_and_one_removal_holds(database_url: str) -> None:
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        for number in range(1, 9):
            run = a_held_run(number)
            await put(one, run)
            done: tuple[Removed, ...] = await asyncio.gather(
                removals(one).remove(run, by=91, reason="no"),
                removals(other).remove(run, by=run.user_id),
                removals(other).remove(run, by=92, reason="never"),
                removals(one).remove(run, by=93, reason="not"),
            )
            assert [each.first for each in done].count(True) == 1
            kept = await one.read(rows.load, run.id)
            review = await one.read(review_rows.find, run.id)
            acts = [each for each in (await one.read(page, GUILD, AuditFilter(), most=99)).rows if each.after]
            mine = [each for each in acts if (each.after or {})["run"] == run.id]
            assert {each.run.removal for each in done} == {kept.removal}
            assert kept.removal is not None
            assert [each.actor_id for each in mine] == ([] if kept.removal.by == run.user_id else [kept.removal.by])
            assert review is not None
            assert (review.outcome, review.decided_by) == (Decision.REMOVED, kept.removal.by)


Race = Callable[[], Coroutine[object, object, object]]


@pytest.mark.parametrize("rival", ["approve", "reject", "report", "hold", "shown"])
async def test_whatever_else_happens_at_that_instant_it_is_removed(database_url: str, rival: str) -> None:
    """Afterwards the card is to be brought to it by somebody, or is said to be kept back already."""
    async with Store.open(database_url) as one, Store.open(database_url) as other:
        held = HeldImages(
            store=other,
            guild_settings=GuildSettingsService(store=other, clock=SandboxClock()),
            channel=FakeReviewChannel(),
            clock=SandboxClock(),
            wake_ups=WakeUps(),
        )
        reviews = a_service(other)
        for number in range(1, 9):
            run = a_held_run(number)
            if rival in {"report", "shown", "hold"}:
                run = replace(run, delivery=Delivery.SHOWN if rival == "report" else Delivery.PENDING)
                await one.write(rows.add, run)
            else:
                await put(one, run)
            visibility = decide(run, Known(run.rules_then))
            race: dict[str, Race] = {
                "approve": partial(reviews.approve, AdminAction(GUILD, 92), run.id),
                "reject": partial(reviews.reject, AdminAction(GUILD, 92), run.id, "no"),
                "report": partial(reviews.report, run=run, reporter_id=8, reason="mean", hide=True),
                "hold": partial(held.hold, run, visibility, None),
                "shown": partial(held.shown, run, visibility, 1),
            }
            await asyncio.gather(quietly(race[rival]), quietly(partial(removals(one).remove, run, by=run.user_id)))
            await it_is_removed(one, run, was_shown=rival == "shown")


async def quietly(act: Race) -> None:
    with suppress(UserError, Unavailable):  # too late for the one or the other
        await act()


async def it_is_removed(store: Store, run: Run, *, was_shown: bool) -> None:
    kept, review = await store.read(lambda c: (rows.load(c, run.id), review_rows.find(c, run.id)))
    assert kept.delivery is Delivery.PENDING
    if review is not None and review.outcome is Decision.REJECTED:
        return
    assert kept.is_removed
    assert kept.pictures_up or not was_shown
    assert review is None or review.outcome is not None


async def test_what_a_moderator_removed_is_on_record_and_counts_for_messages(store: Store) -> None:
    def change(connection: Connection) -> None:
        for number, by in ((1, 91), (2, 7), (3, 92)):
            run = a_held_run(number)
            assert rows.add(connection, run)
            assert review_rows.add(connection, a_review(run))
            assert rows.remove(connection, run.id, Removal(by, NOW + timedelta(minutes=number), "no"))
        lines = record.read(connection, GUILD, 7, 25)
        assert [(line.kind, line.actor_id) for line in lines] == [(RecordKind.REMOVED, 92), (RecordKind.REMOVED, 91)]
        assert record.acts_since(connection, GUILD, 7, NOW) == 2
        assert record.acts_since(connection, GUILD, 7, NOW + timedelta(minutes=2)) == 1
        assert record.acts_since(connection, GUILD + 1, 7, NOW) == 0

    await store.write(change)


READS: dict[str, Callable[[Connection], object]] = {
    "a person's record": lambda connection: record.read(connection, GUILD, 7, 25),
    "acts of late": lambda connection: record.acts_since(connection, GUILD, 7, NOW),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_they_are_found_by_their_index(store: Store, read: Callable[[Connection], object]) -> None:
    (plan,) = [one for one in await plans_of(store, read) if "ix_runs_removed" in one]
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
