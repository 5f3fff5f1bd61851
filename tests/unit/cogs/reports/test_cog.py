"""“Report picture”: who reads the words of a report is said before they are written."""

from typing import Any

import pytest

from bot.runs.run import Delivery
from tests.unit.cogs.opened import opened
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
