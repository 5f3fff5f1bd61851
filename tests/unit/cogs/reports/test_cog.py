"""“Report picture”: who reads the words of a report is said before they are written."""

import asyncio
from typing import Any

import pytest

from bot.runs.run import Delivery
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import server
from tests.unit.cogs.samples import FakeRuns, a_run
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, MESSAGE_ID, interaction, message


def reporting(*, dm: bool = False) -> dict[str, Any]:
    """The menu of a card, as Discord sends it."""
    data: dict[str, Any] = {"id": "1", "name": "Report picture", "type": 3, "target_id": str(MESSAGE_ID)}
    return interaction({}, dm=dm) | {"data": data | {"resolved": {"messages": {str(MESSAGE_ID): message()}}}}


async def test_the_form_says_who_reads_the_words() -> None:
    run = a_run(delivery=Delivery.SHOWN)
    assert (run.place.guild_id, run.place.channel_id) == (GUILD_ID, CHANNEL_ID)
    async with opened(FakeRuns(started=[(run, MESSAGE_ID)])) as open_:
        open_.press(reporting())
        (form,) = await open_.discord.wait("POST", "/callback")
    assert form.data["components"][0]["description"] == "Only moderators and admins read this."


@pytest.mark.parametrize("command", ["menu", "appeal"])
async def test_outside_servers_it_is_said_why_and_what_to_do(command: str) -> None:
    words = {"menu": "there are no moderators here.", "appeal": "appeal where you were paused or stopped."}
    async with opened() as open_:
        open_.press(reporting(dm=True) if command == "menu" else interaction({}, command=command, dm=True))
        (said,) = await open_.discord.wait("POST", "/callback")
    assert said.data["content"] == f"This works in a server only: {words[command]}"


class StillStanding:
    """Reviews of servers where something could not be taken away."""

    def __init__(self) -> None:
        self.tried: list[int] = []

    async def hide_again(self, guild_id: int) -> None:
        self.tried.append(guild_id)


@pytest.mark.parametrize(("changed", "tried"), [({"permissions": str(1 << 10)}, [GUILD_ID]), ({"name": "x"}, [])])
async def test_what_still_stands_is_tried_when_the_bot_may_do_more(changed: dict[str, Any], tried: list[int]) -> None:
    reviews, known = StillStanding(), server()
    async with opened(reviews=reviews, server=known) as open_:
        open_.hand_in("GUILD_ROLE_UPDATE", {"guild_id": str(GUILD_ID), "role": known["roles"][0] | changed})
        await asyncio.sleep(0.05)
    assert reviews.tried == tried


async def test_a_channel_that_was_opened_again_lets_it_be_tried() -> None:
    reviews, known = StillStanding(), server()
    async with opened(reviews=reviews, server=known) as open_:
        overwrite = {"id": str(GUILD_ID), "type": 0, "allow": str(1 << 10), "deny": "0"}
        shown = known["channels"][0] | {"guild_id": str(GUILD_ID), "permission_overwrites": [overwrite]}
        open_.hand_in("CHANNEL_UPDATE", shown)
        await asyncio.sleep(0.05)
    assert reviews.tried == [GUILD_ID]
