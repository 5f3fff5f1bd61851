"""Posting private runs on both engines: one press does it, and no write of whoever read the row before undoes it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from bot.errors import UserError
from bot.moderation.rules import ChannelRules
from bot.runs import posting_rows, rows
from bot.runs.posting import PostingService
from bot.runs.run import Delivery, Removal, ReviewCause, Run
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store
from sandbox.clock import SandboxClock
from tests.contract.gates import open_admission
from tests.contract.test_review_decisions import NOW, a_held_run, put


def a_private_run(number: int = 1) -> Run:
    run = a_held_run(number)
    return replace(run, private=True, delivery=Delivery.SHOWN, review_why=None)


async def test_a_private_run_is_kept_and_no_message_leads_to_it(store: Store) -> None:
    run = a_private_run()
    await put(store, run)

    def look(connection: Connection) -> None:
        assert rows.load(connection, run.id) == run
        assert rows.by_message(connection, 11) is None

    await store.read(look)


async def test_a_post_is_written_once_and_kept(store: Store) -> None:
    run = a_private_run()
    await put(store, run)

    def change(connection: Connection) -> None:
        assert posting_rows.post(connection, run, NOW, ReviewCause.RULE)
        assert not posting_rows.post(connection, run, NOW + timedelta(hours=1), None)
        kept = rows.load(connection, run.id)
        assert (kept.private, kept.posted_at, kept.reply.token, kept.reply.message_id) == (False, NOW, "", None)
        assert (kept.delivery, kept.review_why, kept.is_to_be_posted) == (Delivery.PENDING, ReviewCause.RULE, True)
        # Whoever read the row before writes nothing; whoever knows writes all but that it was posted.
        assert not rows.change(connection, run, replace(run, delivery=Delivery.WITHHELD))
        assert not rows.change(connection, replace(run, delivery=Delivery.PENDING), run)
        stands = posting_rows.note_post(connection, run.id, 77)
        assert (stands.reply.message_id, stands.is_to_be_posted) == (77, False)
        assert posting_rows.note_post(connection, run.id, 78).reply.message_id == 77
        assert not posting_rows.unpost(connection, run.id)
        assert rows.change(connection, stands, replace(stands, delivery=Delivery.SHOWN, private=True, posted_at=None))
        found = rows.by_message(connection, 77)
        assert found == replace(stands, delivery=Delivery.SHOWN)

    await store.write(change)


async def test_what_could_not_be_posted_is_private_again(store: Store) -> None:
    run = a_private_run()
    await put(store, run)

    def change(connection: Connection) -> None:
        assert not posting_rows.unpost(connection, run.id)
        assert posting_rows.post(connection, run, NOW, None)
        assert posting_rows.unpost(connection, run.id)
        kept = rows.load(connection, run.id)
        assert (kept.private, kept.posted_at, kept.delivery) == (True, None, Delivery.UNDELIVERABLE)

    await store.write(change)


async def test_what_was_removed_is_not_posted(store: Store) -> None:
    run = a_private_run()
    await put(store, run)

    def change(connection: Connection) -> None:
        assert rows.remove(connection, run.id, Removal(run.user_id, NOW))
        assert not posting_rows.post(connection, rows.load(connection, run.id), NOW, None)
        assert not posting_rows.post(connection, run, NOW, None)

    await store.write(change)


async def test_ten_presses_at_once_are_one_post(store: Store) -> None:
    run = a_private_run()
    await put(store, run)
    clock = SandboxClock()
    services = [
        PostingService(store=store, admission=open_admission(store, clock), clock=clock, wake_ups=WakeUps())
        for _ in range(10)
    ]
    done = await asyncio.gather(*(one.post(run, by=run.user_id) for one in services), return_exceptions=True)
    assert done.count(None) == 1
    assert all(isinstance(one, UserError) for one in done if one is not None)


async def test_rules_keep_that_answers_begin_privately(store: Store) -> None:
    run = replace(a_private_run(), rules=ChannelRules(a_private_run().policy, private=True))
    await put(store, run)
    assert (await store.read(rows.load, run.id)).rules_then.private
