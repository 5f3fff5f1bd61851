"""A channel's age mark came a moment ago, and that is not written down yet: what it allows is waited for."""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.guilds.audit import AdminAction
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting
from bot.runs.run import Delivery, Place, Reply
from sandbox.runflow.switches import DEFAULT, without_waiting
from tests.unit.runs.room import runs_room, until

FLAGGED = replace(without_waiting(DEFAULT), nsfw="flagged", pictures="plain")
GUILD, CHANNEL = 1, 2
ADMIN = AdminAction(GUILD, 9)


async def test_nothing_is_kept_back_for_good_while_a_new_mark_is_being_written_down(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        policies = room.app.moderation.policies
        room.card.age_restricted = True
        await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.ALLOW))
        policies.doubt_age_mark(CHANNEL)
        run = await room.press(rules=ChannelRules(policy=Policy.ALLOW))
        await room.services.runs.start(run, 11)

        async def is_made() -> bool:
            return (await room.runs.load(run.id)).made_pictures

        await until(is_made)
        assert not room.card.ends
        await policies.set_channel(ADMIN, CHANNEL, ChannelSetting(policy=Policy.SPOILER))
        assert (await room.settled(run)).delivery is Delivery.SHOWN


async def test_a_press_meets_what_the_channel_allows_with_its_new_mark(tmp_path: Path) -> None:
    """What held at the press holds for as long as there is the run."""
    async with runs_room(tmp_path, FLAGGED) as room:
        policies = room.app.moderation.policies
        policies.doubt_age_mark(CHANNEL)
        pressing = asyncio.create_task(
            room.services.runs.accept(
                user_id=7,
                place=Place(GUILD, CHANNEL),
                reply=Reply(5, 8, "token", room.clock.now(), 10_000_000),
                model=FLUX_KLEIN,
                options={"prompt": "a red fox"},
                where=ChannelContext(GUILD, CHANNEL, age_restricted=True, known=True),
            ),
            name="press",
        )
        await asyncio.sleep(0.05)
        assert not pressing.done()
        await policies.age_mark_removed(ADMIN, CHANNEL)
        assert (await pressing).rules_then.policy is Policy.SPOILER
