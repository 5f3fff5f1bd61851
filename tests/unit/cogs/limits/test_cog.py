"""/limits: a category is taken nowhere, because no limit of one would hold."""

from typing import Any

import pytest

from bot.ledger.values import Limit, Measure, Subject, Window
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import ADMIN_ROLE, by, server
from tests.unit.cogs.samples import FakeLedger
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, interaction

CATEGORY_ID = 61
HERE = server(
    channels=[
        {"id": str(CHANNEL_ID), "type": 0, "name": "art", "position": 0},
        {"id": str(CATEGORY_ID), "type": 4, "name": "Studio", "position": 0},
    ]
)


def asked(sub: str, *options: dict[str, Any]) -> dict[str, Any]:
    payload = interaction({}, command="limits")
    payload["data"]["options"] = [{"name": sub, "type": 1, "options": list(options)}]
    return by(payload, ADMIN_ROLE)


def text(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "type": 3, "value": value}


PLACE = {"name": "channel", "type": 7, "value": str(CATEGORY_ID)}
PERSON = {"name": "user", "type": 6, "value": str(USER_ID)}


@pytest.mark.parametrize(
    "payload",
    [asked("set", text("measure", "money"), text("amount", "0"), PLACE), asked("explain", PERSON, PLACE)],
    ids=["set", "explain"],
)
async def test_a_category_is_refused_in_words(payload: dict[str, Any]) -> None:
    ledger = FakeLedger()
    (sub,) = payload["data"]["options"]
    if sub["name"] == "explain":
        member = {key: value for key, value in payload["member"].items() if key not in {"user", "deaf", "mute"}}
        people = {"users": {str(USER_ID): payload["member"]["user"]}, "members": {str(USER_ID): member}}
        payload["data"]["resolved"] = people
    async with opened(ledger=ledger, server=HERE) as open_:
        open_.press(payload)
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert "A category has no limit of its own" in answer.data["content"]
    assert ledger.asked == []


async def test_discord_offers_no_category() -> None:
    async with opened() as open_:
        (told,) = await open_.discord.wait("PUT", "/commands")
    (limits,) = (one for one in told.body if one["name"] == "limits")
    offered = [option for sub in limits["options"] for option in sub["options"] if option["name"] == "channel"]
    assert offered
    assert all(4 not in option["channel_types"] for option in offered)


async def test_one_that_was_set_before_is_told_to_hold_nowhere() -> None:
    limits = tuple(
        Limit(Subject.CHANNEL, place, Window.DAY, Measure.MONEY, 0, GUILD_ID) for place in (CATEGORY_ID, CHANNEL_ID)
    )
    async with opened(ledger=FakeLedger(limits=limits), server=HERE) as open_:
        open_.press(asked("list"))
        (answer,) = await open_.discord.wait("POST", "/callback")
    first, second = answer.data["content"].split("\n")
    assert "holds nowhere" in first
    assert "holds nowhere" not in second
