"""The presenter and private cards: by the token alone, found for what they are, and posted once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.runs.card import EditResult, Ended, Pictures
from bot.runs.run import Place, Reason, Run, State
from tests.unit.cogs.samples import NOW, a_run, done, pictures
from tests.unit.cogs.ui.test_presenter import presenting, refuse
from tests.unit.cogs.wire import CHANNEL_ID, MESSAGE_ID, message

PRIVATE = a_run(private=True)
POSTED = done(replace(a_run(posted_at=NOW), reply=replace(a_run().reply, token="", message_id=None)))
EPHEMERAL, LOADING, V2 = 64, 128, 1 << 15


async def test_a_private_card_is_edited_as_the_original_answer() -> None:
    async with presenting() as (open_, presenter):
        assert await presenter.end(done(PRIVATE), Pictures(pictures(1))) is EditResult.YES
        (call,) = open_.discord.calls
    assert call.path.endswith("/messages/@original")
    assert "post:" in str(call.body["components"])
    assert "Only you see this" in str(call.body["components"])


async def test_outside_servers_there_is_nobody_to_post_for() -> None:
    async with presenting() as (open_, presenter):
        await presenter.end(done(replace(PRIVATE, place=Place(None, CHANNEL_ID))), Pictures(pictures(1)))
        (call,) = open_.discord.calls
    assert "post:" not in str(call.body["components"])


async def test_after_the_token_no_way_leads_to_a_private_card() -> None:
    async with presenting(timedelta(minutes=14, seconds=1)) as (open_, presenter):
        assert await presenter.end(done(PRIVATE), Pictures(pictures(1))) is EditResult.GONE
        assert not open_.discord.calls


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015)])
async def test_a_token_that_expired_early_is_the_end_of_a_private_card(status: int, code: int) -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = refuse("/webhooks/", status, code)
        assert await presenter.end(replace(PRIVATE, reason=Reason.BUSY), Ended()) is EditResult.GONE
        assert len(open_.discord.calls) == 1


async def test_a_private_card_never_outlives_its_token() -> None:
    async with presenting() as (open_, presenter):
        assert not await presenter.outlives_token(PRIVATE)
        assert not open_.discord.calls


@pytest.mark.parametrize(
    ("flags", "content", "stands"),
    [
        (EPHEMERAL | V2, "", True),
        (EPHEMERAL | LOADING, "", True),
        (EPHEMERAL, "Something went wrong on our side.", False),
        (V2, "", False),
    ],
)
async def test_whether_a_private_card_stands(flags: int, content: str, *, stands: bool) -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = lambda _: (200, message() | {"flags": flags, "content": content})
        assert await presenter.find_card(PRIVATE) == (MESSAGE_ID if stands else None)


async def test_what_is_posted_names_its_person_and_can_be_sent_again() -> None:
    async with presenting() as (open_, presenter):
        assert await presenter.post(POSTED) == MESSAGE_ID
        assert await presenter.post(POSTED) == MESSAGE_ID
        first, second = open_.discord.calls
    assert (first.method, first.path, first.authorized) == ("POST", f"/channels/{CHANNEL_ID}/messages", True)
    assert (first.body["nonce"], first.body["enforce_nonce"]) == (POSTED.id[:25], True)
    assert first.body["nonce"] == second.body["nonce"]
    assert first.body["allowed_mentions"] == {"parse": []}
    assert f"<@{POSTED.user_id}>" in str(first.body["components"])
    assert POSTED.prompt not in str(first.body["components"])


@pytest.mark.parametrize(
    ("status", "code", "answer"),
    [(403, 50013, EditResult.FORBIDDEN), (404, 10003, EditResult.GONE), (429, 0, EditResult.LATER)],
)
async def test_what_discord_answers_to_a_post(status: int, code: int, answer: EditResult) -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = refuse("/channels/", status, code)
        assert await presenter.post(POSTED) is answer


def texts(components: list[dict[str, Any]]) -> str:
    return str(components)


async def test_a_posted_card_is_edited_through_its_channel() -> None:
    stands: Run = replace(POSTED, reply=replace(POSTED.reply, message_id=MESSAGE_ID), state=State.SUCCEEDED)
    async with presenting() as (open_, presenter):
        assert await presenter.end(stands, Pictures(pictures(1))) is EditResult.YES
        (call,) = open_.discord.calls
    assert call.path == f"/channels/{CHANNEL_ID}/messages/{MESSAGE_ID}"
    assert f"Made by <@{stands.user_id}>" in texts(call.body["components"])
    assert "Only you" not in texts(call.body["components"])
