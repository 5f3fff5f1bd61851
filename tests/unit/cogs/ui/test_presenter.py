"""The presenter: which way an edit goes, what becomes of it, and what Discord's refusals mean."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.errors import Unavailable
from bot.runs.card import CardView, EditResult, Ended, FinalCard, Pictures, Withheld
from bot.runs.run import Place, Reason, State
from cogs.ui.presenter import Presenter
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.samples import NOW, PNG, a_run, done, pictures
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, MESSAGE_ID, Call, guild, message

BY_TOKEN = f"/webhooks/900000000000000001/tok-secret/messages/{MESSAGE_ID}"
BY_CHANNEL = f"/channels/{CHANNEL_ID}/messages/{MESSAGE_ID}"


class StoppedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    async def sleep(self, delay_s: float) -> None:
        self.time += timedelta(seconds=delay_s)


@asynccontextmanager
async def presenting(age: timedelta = timedelta(0)) -> AsyncGenerator[tuple[Opened, Presenter]]:
    async with opened() as open_:
        presenter = Presenter(clock=StoppedClock(NOW + age))
        presenter.attach(open_.client)
        face: CardView = presenter
        assert face
        open_.discord.calls.clear()
        yield open_, presenter


def refuse(part: str, status: int, code: int = 0) -> Any:
    def answer(call: Call) -> tuple[int, dict[str, Any]] | None:
        return (status, {"message": "no", "code": code}) if part in call.path else None

    return answer


async def test_progress_goes_through_the_token_without_the_bots_own() -> None:
    async with presenting() as (open_, presenter):
        assert await presenter.progress(a_run(state=State.RUNNING)) is EditResult.YES
        (call,) = open_.discord.calls
    assert call.path == BY_TOKEN
    assert not call.authorized
    assert "Drawing" in str(call.body["components"])
    assert call.body["allowed_mentions"] == {"parse": []}


async def test_pictures_go_up_with_alt_text_in_one_edit() -> None:
    async with presenting() as (open_, presenter):
        ending = Pictures(pictures(4))
        assert await presenter.end(done(a_run()), ending) is EditResult.YES
        (call,) = open_.discord.calls
    assert call.files == {f"imagine-01234567-{n}.png": PNG for n in (1, 2, 3, 4)}
    assert [one["description"] for one in call.body["attachments"]] == [
        f"Picture {n} of 4: a red fox in snow" for n in (1, 2, 3, 4)
    ]
    assert call.body["flags"] & 32768


async def test_words_take_earlier_pictures_away() -> None:
    async with presenting() as (open_, presenter):
        await presenter.end(a_run(reason=Reason.BUSY), Ended())
        (call,) = open_.discord.calls
    assert call.body["attachments"] == []


async def test_after_fourteen_minutes_the_channel_is_the_way() -> None:
    async with presenting(timedelta(minutes=14, seconds=1)) as (open_, presenter):
        assert await presenter.end(done(a_run()), Pictures(pictures(2))) is EditResult.YES
        (call,) = open_.discord.calls
    assert call.path == BY_CHANNEL
    assert call.authorized
    assert len(call.files) == 2


@pytest.mark.parametrize(("status", "code"), [(401, 50027), (404, 10015)])
async def test_a_token_that_expired_early_gives_way_to_the_channel(status: int, code: int) -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = refuse("/webhooks/", status, code)
        assert await presenter.end(done(a_run()), Pictures(pictures(2))) is EditResult.YES
        assert [call.path for call in open_.discord.calls] == [BY_TOKEN, BY_CHANNEL]
        assert open_.discord.calls[1].files.keys() == open_.discord.calls[0].files.keys()
        assert all(open_.discord.calls[1].files.values())


async def test_whether_a_card_outlives_its_token_is_tried_through_its_channel() -> None:
    run = a_run()
    async with presenting() as (open_, presenter):
        assert await presenter.outlives_token(run)
        (call,) = open_.discord.calls
        assert (call.path, "components" in call.body, "attachments" in call.body) == (BY_CHANNEL, False, False)
        assert not await presenter.outlives_token(replace(run, reply=replace(run.reply, message_id=None)))


@pytest.mark.parametrize(
    ("status", "code", "outlives"),
    [(403, 50001, False), (404, 10003, False), (404, 10008, False), (400, 50083, True), (400, 50035, True)],
)
async def test_what_discord_refuses_tells_whether_a_card_outlives_its_token(
    status: int, code: int, *, outlives: bool
) -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = refuse("/channels/", status, code)
        assert await presenter.outlives_token(a_run()) is outlives


async def test_nobody_knows_whether_a_card_outlives_its_token_while_discord_is_away() -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = refuse("/channels/", 403, 0)
        await open_.client.close()
        with pytest.raises(Unavailable):
            await presenter.outlives_token(a_run())


async def test_a_card_without_a_known_id_is_found_by_its_token() -> None:
    run = a_run(state=State.RUNNING)
    async with presenting() as (open_, presenter):
        assert await presenter.progress(replace(run, reply=replace(run.reply, message_id=None))) is EditResult.YES
        assert open_.discord.calls[0].path.endswith("/messages/@original")


@pytest.mark.parametrize(
    ("status", "code", "shown", "calls"),
    [
        (413, 0, EditResult.TOO_LARGE, 1),
        (400, 40005, EditResult.TOO_LARGE, 1),
        (404, 10008, EditResult.GONE, 1),
        (404, 10003, EditResult.GONE, 1),
        (403, 50001, EditResult.FORBIDDEN, 2),
        (403, 50013, EditResult.FORBIDDEN, 2),
        (429, 0, EditResult.LATER, 1),
    ],
)
async def test_what_discord_answers(status: int, code: int, shown: EditResult, calls: int) -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = refuse("", status, code)
        assert await presenter.end(done(a_run()), Pictures(pictures(1))) is shown
        assert len(open_.discord.calls) == calls


async def test_a_card_that_nobody_noted_may_stand_although_no_way_leads_to_it() -> None:
    run = done(a_run())
    async with presenting(timedelta(minutes=20)) as (_, presenter):
        lost = replace(run, reply=replace(run.reply, message_id=None))
        assert await presenter.end(lost, Withheld(checked=True)) is EditResult.FORBIDDEN


@pytest.mark.parametrize("ending", [Pictures(pictures(2)), Withheld(checked=True), Ended()])
@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=20)])
async def test_a_last_card_that_discord_rejects_ends_in_plain_words(ending: FinalCard, age: timedelta) -> None:
    def refuse_what_others_wrote(call: Call) -> tuple[int, dict[str, Any]] | None:
        is_bare = "a red fox" not in str(call.body)
        return None if is_bare else (400, {"message": "Invalid Form Body", "code": 50035})

    run = done(a_run(reason=Reason.INPUT_REFUSED, reason_fields=("a red fox",)))
    async with presenting(age) as (open_, presenter):
        open_.discord.refuse = refuse_what_others_wrote
        assert await presenter.end(run, ending) is EditResult.YES
        last = open_.discord.calls[-1]
        assert len(open_.discord.calls) == 2
    assert last.body["attachments"] == []
    assert "Working on it" not in str(last.body)
    assert "¢" not in str(last.body)
    assert ("/history" in str(last.body)) is not isinstance(ending, Ended)


async def test_a_card_that_discord_rejects_in_every_form_is_given_up() -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = refuse("", 400, 50035)
        assert await presenter.end(done(a_run()), Pictures(pictures(1))) is EditResult.FORBIDDEN
        assert len(open_.discord.calls) == 2


def archived(status: int) -> Any:
    """A thread that takes no edits until it is opened, which is answered with this status."""
    opened_now: list[bool] = []

    def answer(call: Call) -> tuple[int, dict[str, Any]] | None:
        if call.path == f"/channels/{CHANNEL_ID}" and call.method == "PATCH":
            opened_now[:] = [True] if status == 200 else []
            return status, THREAD if status == 200 else {"message": "no", "code": 0}
        if call.path == f"/channels/{CHANNEL_ID}":
            return 200, THREAD
        if "/messages/" in call.path and not opened_now:
            return 400, {"message": "Thread is archived", "code": 50083}
        return None

    return answer


THREAD = {
    "id": str(CHANNEL_ID),
    "type": 11,
    "guild_id": str(GUILD_ID),
    "parent_id": "31",
    "owner_id": "1",
    "name": "thread",
    "message_count": 1,
    "member_count": 1,
    "rate_limit_per_user": 0,
    "thread_metadata": {
        "archived": True,
        "auto_archive_duration": 60,
        "archive_timestamp": "2026-01-01T00:00:00+00:00",
        "locked": False,
    },
}


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=20)])
@pytest.mark.parametrize(
    ("status", "shown"), [(200, EditResult.YES), (403, EditResult.FORBIDDEN), (429, EditResult.LATER)]
)
async def test_an_archived_thread_is_opened_for_the_end(age: timedelta, status: int, shown: EditResult) -> None:
    async with presenting(age) as (open_, presenter):
        open_.hand_in("GUILD_CREATE", guild(nsfw=False))
        open_.discord.refuse = archived(status)
        assert await presenter.end(done(a_run()), Pictures(pictures(1))) is shown
        patches = open_.discord.named("PATCH", f"/channels/{CHANNEL_ID}")
        assert {"archived": False} in [call.body for call in patches]


async def test_a_lost_connection_is_for_later() -> None:
    async with presenting() as (open_, presenter):
        await open_.discord.close()
        assert await presenter.progress(a_run(state=State.RUNNING)) is EditResult.LATER


async def test_before_the_login_and_after_the_end_it_is_for_later() -> None:
    lonely = Presenter(clock=StoppedClock())
    assert await lonely.progress(a_run()) is EditResult.LATER
    with pytest.raises(Unavailable):  # not connected is not unknown: nothing can be decided
        await lonely.channel_context(a_run())
    async with presenting() as (open_, presenter):
        await open_.client.close()
        assert await presenter.progress(a_run()) is EditResult.LATER


@pytest.mark.parametrize("nsfw", [True, False])
async def test_the_surroundings_are_read_from_the_channel_as_it_is_now(nsfw: bool) -> None:
    async with presenting() as (open_, presenter):
        open_.become_ready()
        open_.hand_in("GUILD_CREATE", guild(nsfw=nsfw))
        here = await presenter.channel_context(a_run(place=Place(GUILD_ID, CHANNEL_ID)))
        assert (here.known, here.age_restricted, here.rules_id) == (True, nsfw, CHANNEL_ID)
        thread = await presenter.channel_context(a_run(place=Place(GUILD_ID, 99, CHANNEL_ID)))
        assert (thread.known, thread.age_restricted, thread.rules_id) == (True, nsfw, CHANNEL_ID)


@pytest.mark.parametrize("place", [Place(None, CHANNEL_ID), Place(5, 6), Place(GUILD_ID, 6)])
async def test_what_cannot_be_read_is_unknown(place: Place) -> None:
    async with presenting() as (open_, presenter):
        open_.become_ready()
        open_.hand_in("GUILD_CREATE", guild(nsfw=True))
        here = await presenter.channel_context(a_run(place=place))
        assert (here.known, here.age_restricted) == (False, False)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (None, MESSAGE_ID),
        ((200, {**message(), "flags": 64}), None),  # a refusal's sentence, for one person's eyes
        ((404, {"message": "Unknown Webhook", "code": 10015}), None),
        ((404, {"message": "Unknown Message", "code": 10008}), None),
    ],
)
async def test_whether_a_card_stands(answer: tuple[int, dict[str, Any]] | None, found: int | None) -> None:
    async with presenting() as (open_, presenter):
        open_.discord.refuse = lambda _: answer
        assert await presenter.find_card(a_run()) == found
        (call,) = open_.discord.calls
    assert (call.method, call.path.endswith("/messages/@original"), call.authorized) == ("GET", True, False)


async def test_where_discord_does_not_say_nothing_is_concluded() -> None:
    async with presenting() as (open_, presenter):
        await open_.discord.close()
        with pytest.raises(Unavailable):
            await presenter.find_card(a_run())
    async with presenting(timedelta(minutes=14)) as (open_, presenter):
        assert await presenter.find_card(a_run()) is None
        assert not open_.discord.calls


@pytest.mark.parametrize("age", [timedelta(0), timedelta(minutes=20)], ids=["by token", "by channel"])
async def test_a_client_that_is_closed_within_an_edit_is_no_fault_of_the_run(age: timedelta) -> None:
    """discord.py sleeps between its own tries; a client that is away for long is closed meanwhile."""
    async with presenting(age) as (open_, presenter):
        open_.discord.refuse = refuse(str(MESSAGE_ID), 502)
        edit = asyncio.create_task(presenter.end(done(a_run()), Pictures(pictures(1))), name="edit")
        await open_.discord.wait("PATCH", str(MESSAGE_ID))
        await open_.client.close()
        assert await edit is EditResult.LATER
