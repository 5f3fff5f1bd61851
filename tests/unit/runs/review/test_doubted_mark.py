"""A channel's age mark came a moment ago, and that is not written down yet: what it allows is waited for."""

from dataclasses import replace
from pathlib import Path

from bot.guilds.audit import AdminAction
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules, ChannelSetting
from bot.runs.run import Delivery
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
