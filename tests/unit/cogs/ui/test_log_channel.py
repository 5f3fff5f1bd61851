"""Lines for log channels: a burst loses none, and no trouble of Discord's does."""

from typing import Any

import pytest

from bot.entropy import Entropy
from cogs.ui.log_channel import LogOutbox, fitting
from cogs.ui.markdown import length
from sandbox.clock import SandboxClock
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import server
from tests.unit.cogs.wire import CHANNEL_ID, Call

LOG, OTHER = 4242, 4243


class QuickClock(SandboxClock):
    """Waits at once, and remembers for how long."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, delay_s: float) -> None:
        self.slept.append(delay_s)


def an_outbox(open_: Opened, clock: QuickClock) -> LogOutbox:
    outbox = LogOutbox(clock=clock, new_nonce=Entropy.seeded(3).new_reference)
    outbox.attach(open_.client)
    return outbox


def posted(open_: Opened, channel_id: int = LOG) -> list[dict[str, Any]]:
    return [call.body for call in open_.discord.named("POST", f"/channels/{channel_id}/messages")]


@pytest.mark.parametrize("size", [10, 300, 1999, 5000])
async def test_a_burst_stands_whole_in_order_and_in_few_messages(size: int) -> None:
    async with opened() as open_:
        outbox = an_outbox(open_, QuickClock())
        for number in range(20):
            outbox.tell(LOG, f"{number:03} ".ljust(size, "x"))
        await outbox.flush()
        sent = posted(open_)
    lines = [line for one in sent for line in one["content"].split("\n")]
    assert [line[:3] for line in lines] == [f"{number:03}" for number in range(20)]
    assert all(length(one["content"]) <= 2000 and one["allowed_mentions"] == {"parse": []} for one in sent)
    assert len(sent) <= max(2, 20 * size // 1500)


async def test_what_discord_did_not_take_is_sent_again_as_the_same_message() -> None:
    troubles = [(503, {"code": 0, "message": "x"})] * 20

    def refuse(call: Call) -> tuple[int, dict[str, Any]] | None:
        return troubles.pop() if troubles and "/messages" in call.path else None

    async with opened() as open_:
        clock = QuickClock()
        outbox = an_outbox(open_, clock)
        open_.client.http.max_ratelimit_timeout = None
        open_.discord.refuse = refuse
        del troubles[1:]
        outbox.tell(LOG, "one")
        outbox.tell(LOG, "two")
        await outbox.flush()
        sent = posted(open_)
    assert sent[-1]["content"] == "one\ntwo"
    assert len({one["nonce"] for one in sent}) == 1
    assert all(one["enforce_nonce"] for one in sent)


async def test_a_channel_that_is_closed_holds_up_no_other() -> None:
    async with opened() as open_:
        open_.discord.refuse = lambda call: (
            (403, {"code": 50001, "message": "Missing Access"}) if f"/channels/{LOG}/" in call.path else None
        )
        clock = QuickClock()
        outbox = an_outbox(open_, clock)
        outbox.tell(LOG, "closed")
        outbox.tell(OTHER, "open")
        await outbox.flush()
        assert [one["content"] for one in posted(open_, OTHER)] == ["open"]
        assert (len(posted(open_)), clock.slept) == (1, [])


def a_server(*, seen: bool) -> dict[str, Any]:
    known = server()
    known["roles"][0]["permissions"] = str(1 << 10 if seen else 0)
    return known


@pytest.mark.parametrize(("known", "seen"), [(True, True), (True, False), (False, False)])
async def test_what_not_everybody_may_read_is_left_out_where_everybody_can(known: bool, seen: bool) -> None:
    async with opened(server=a_server(seen=seen) if known else None) as open_:
        outbox = an_outbox(open_, QuickClock())
        outbox.tell(CHANNEL_ID, "a prompt met a rule: fox", public="a prompt met a rule")
        outbox.tell(CHANNEL_ID, "another")
        await outbox.flush()
        (sent,) = posted(open_, CHANNEL_ID)
    assert ("fox" in sent["content"]) is (known and not seen)
    assert sent["content"].startswith("a prompt met a rule")
    assert sent["content"].endswith("\nanother")


async def test_a_log_channel_that_is_opened_while_a_line_waits_gets_the_short_one() -> None:
    async with opened(server=a_server(seen=False)) as open_:
        clock = QuickClock()
        outbox = LogOutbox(clock=clock, new_nonce=Entropy.seeded(3).new_reference)

        async def then_opened(delay_s: float) -> None:
            clock.slept.append(delay_s)
            open_.hand_in("GUILD_CREATE", a_server(seen=True))
            outbox.attach(open_.client)

        clock.sleep = then_opened
        outbox.tell(CHANNEL_ID, "met a rule: fox", public="met a rule")
        await outbox.flush()
        (sent,) = posted(open_, CHANNEL_ID)
    assert sent["content"] == "met a rule"


async def test_lines_wait_while_the_bot_is_not_connected() -> None:
    async with opened() as open_:
        clock = QuickClock()
        outbox = LogOutbox(clock=clock, new_nonce=Entropy.seeded(3).new_reference)

        async def then_connected(delay_s: float) -> None:
            clock.slept.append(delay_s)
            outbox.attach(open_.client)

        clock.sleep = then_connected
        outbox.tell(LOG, "patience")
        await outbox.flush()
        assert [one["content"] for one in posted(open_)] == ["patience"]
    assert clock.slept == [1.0]


def test_as_many_lines_as_hold_and_never_none() -> None:
    assert fitting(["x" * 999, "y" * 1000, "z"]) == 2
    assert fitting(["x" * 2000, "y"]) == 1
    assert fitting(["\U0001f98a" * 1000, "y"]) == 1
