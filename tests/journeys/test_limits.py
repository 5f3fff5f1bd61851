"""Limits from command to refusal: set, explained, felt, granted on top of, removed, and nobody else's to set."""

import json
import re
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio

from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import EPHEMERAL, Answer, Stage, open_stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOTHING = "Nothing was changed."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A server of its own, so that its limits are in nobody's way."""
    settings = SETTINGS | {"USER_DAILY_LIMIT_USD": "0.10"}
    async with open_stage(tmp_path_factory.mktemp("limits"), **settings) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def admin(server: Stage) -> AsyncGenerator["Admin"]:
    """A new scene without limits and log channel."""
    await server.new_scene()
    here = Admin(server)
    yield here
    for _ in range(here.limits):
        await here.use("limits remove", limit="1")
    for person in (server.cast.member, server.cast.other):
        server.discord.world.change_person(person.id, role_ids=person.role_ids, in_guild=True)
    assert not [line for line in server.log if "Traceback" in line or "faulted" in line]


class Admin:
    """Ada, who manages the server."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    async def use(self, command: str, **options: object) -> Answer:
        answer = await self.stage.use(command, options, person=self.stage.cast.admin)
        assert answer.is_ephemeral
        return answer

    async def forge(self, command: str, **options: object) -> Answer:
        return await self.stage.use(command, options, person=self.stage.cast.member, check=False)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.stage.database)) as database:
            return database.execute(query).fetchall()

    @property
    def limits(self) -> int:
        return self.rows("SELECT count(*) FROM limits")[0][0]

    @property
    def acts(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT what FROM audit ORDER BY id")]


async def test_a_limit_is_set_explained_felt_and_removed(admin: Admin):
    stage, cast = admin.stage, admin.stage.cast
    await admin.use("limits set", measure="pictures", amount="2", user=cast.member.id)
    explained = await admin.use("limits explain", user=cast.member.id)
    assert "2 pictures" in explained.text
    assert "$0.10" in explained.text
    refused = await stage.imagine(num_images=3, image_size="square")
    assert refused.is_ephemeral
    assert "2 pictures" in refused.text
    assert refused.message is not None
    assert "<t:" in refused.message["content"]
    made = await stage.imagine(num_images=2, image_size="square")
    assert made.shows(2)
    again = await stage.imagine(image_size="square")
    assert again.is_ephemeral
    assert admin.limits == 1
    await admin.use("limits remove", limit="1")
    assert admin.limits == 0
    assert (await stage.imagine(image_size="square")).shows(1)
    assert admin.acts[-2:] == ["limit_set", "limit_removed"]


async def test_a_role_that_is_given_between_presses_changes_the_limit(admin: Admin):
    stage, cast = admin.stage, admin.stage.cast
    await admin.use("limits set", measure="pictures", amount="0", role=cast.guild.id)
    await admin.use("limits set", measure="pictures", amount="50", role=cast.moderator_role.id)
    assert (await stage.imagine(person=cast.other, image_size="square")).is_ephemeral
    stage.discord.world.change_person(cast.other.id, role_ids=(cast.moderator_role.id,))
    assert (await stage.imagine(person=cast.other, image_size="square")).shows(1)
    stage.discord.world.change_person(cast.other.id, role_ids=())
    assert (await stage.imagine(person=cast.other, image_size="square")).is_ephemeral


async def test_a_thread_counts_to_its_channel(admin: Admin):
    stage, cast = admin.stage, admin.stage.cast
    told = await admin.use("limits set", measure="pictures", amount="0", window="hour", channel=cast.thread.id)
    assert f"<#{cast.general.id}>" in told.text
    for channel in (cast.general, cast.thread):
        assert (await stage.imagine(channel=channel, image_size="square")).is_ephemeral
    assert (await stage.imagine(channel=cast.after_dark, image_size="square")).shows(1)


@pytest.mark.parametrize("amount", ["1e400", "-5", "0,5", "$3.999999", "3.9999999", " ", "99999999999", "½"])
async def test_amounts_that_are_none(admin: Admin, amount: str):
    before = admin.acts
    told = await admin.use("limits set", measure="money", amount=amount)
    assert told.text.endswith(NOTHING)
    assert (admin.limits, admin.acts) == (0, before)


@pytest.mark.parametrize("amount", ["1.5", "-1", "many", "10000000"])
async def test_numbers_that_are_none(admin: Admin, amount: str):
    assert (await admin.use("limits set", measure="pictures", amount=amount)).text.endswith(NOTHING)
    assert admin.limits == 0


async def test_things_that_are_not_here(admin: Admin):
    stage, cast = admin.stage, admin.stage.cast
    stage.discord.world.change_person(cast.other.id, in_guild=False)
    options = {"measure": "pictures", "amount": "5"}
    for named in ({"role": 123456789012345678}, {"channel": 123456789012345678}, {"user": cast.other.id}):
        told = await stage.use("limits set", {**options, **named}, person=cast.admin, check=False)
        assert told.text.endswith(NOTHING), named
    both = await admin.use("limits set", **options, user=cast.member.id, role=cast.guild.id)
    assert "name only one" in both.text
    assert admin.limits == 0


async def test_the_limit_of_a_deleted_role_and_of_somebody_who_left_can_be_removed(admin: Admin):
    cast = admin.stage.cast
    await admin.use("limits set", measure="pictures", amount="5", user=cast.other.id)
    admin.stage.discord.world.change_person(cast.other.id, in_guild=False)
    (suggested,) = await admin.stage.discord.people.autocomplete(
        user_id=cast.admin.id, channel_id=cast.general.id, command="limits remove", focused="limit"
    )
    assert "5 pictures a day" in suggested["name"]
    assert "Removed" in (await admin.use("limits remove", limit=suggested["value"])).text
    assert admin.limits == 0


async def test_a_grant_lets_somebody_on(admin: Admin):
    stage, cast = admin.stage, admin.stage.cast
    await admin.use("limits set", measure="money", amount="0.001", user=cast.moderator.id)
    assert (await stage.imagine(person=cast.moderator, image_size="square")).is_ephemeral
    assert "reason" in (await admin.use("grant", user=cast.moderator.id, amount="1", reason=" ")).text
    granted = await admin.use("grant", user=cast.moderator.id, amount="0.50", reason="for the *poster*")
    assert "$0.50 more" in granted.text
    assert (await stage.imagine(person=cast.moderator, image_size="square")).shows(1)
    (after,) = admin.rows("SELECT after FROM audit WHERE what = 'granted' ORDER BY id DESC LIMIT 1")[0]
    assert json.loads(after) == {
        "user_id": str(cast.moderator.id),
        "amount_micro_usd": 500_000,
        "reason": "for the *poster*",
    }


async def test_the_log_channel_hears_of_each_act(admin: Admin):
    stage, cast = admin.stage, admin.stage.cast
    secret = await admin.use("settings log-channel", channel=cast.mod_room.id)
    assert f"<#{cast.mod_room.id}>" in secret.text
    await admin.use("limits set", measure="runs", amount="3")
    await admin.use("limits remove", limit="1")
    await admin.use("grant", user=cast.member.id, amount="1", reason="well done")

    def heard(act: str) -> int:
        messages = stage.discord.people.snapshot(cast.admin.id)["messages"]
        return sum(act in str(one["content"]) for one in messages if one["channel_id"] == str(cast.mod_room.id))

    await stage.until(lambda: bool(heard("made a grant")))
    for act in ("chose this channel", "set a limit", "removed a limit", "made a grant"):
        assert heard(act) == 1, act
    looked = (await admin.use("settings log-channel")).message
    assert looked is not None
    assert admin.rows("SELECT log_channel_id FROM guild_settings")[0] == (cast.mod_room.id,)
    (button,) = looked["components"][0]["components"]
    await stage.discord.people.press(user_id=cast.admin.id, message_id=int(looked["id"]), custom_id=button["custom_id"])
    await stage.until(lambda: bool(heard("ended the log in this channel")))
    assert admin.rows("SELECT log_channel_id FROM guild_settings")[0] == (None,)


async def test_the_audit_is_read_by_kind_and_by_person_page_by_page(admin: Admin):
    people, cast = admin.stage.discord.people, admin.stage.cast
    for amount in range(1, 12):
        await admin.use("limits set", measure="runs", amount=str(amount), user=cast.member.id)
    page = (await admin.use("settings audit", kind="limit_set", person=cast.member.id)).message
    assert page is not None

    def shown() -> str:
        messages = people.snapshot(cast.admin.id)["messages"]
        return next(json.dumps(one) for one in messages if one["id"] == page["id"])

    assert shown().count("set a limit: ") == 10
    (older,) = re.findall(r"audit_page:before:[^\"]+", shown())
    await people.press(user_id=cast.admin.id, message_id=int(page["id"]), custom_id=older)
    await admin.stage.until(lambda: "audit_page:after" in shown())
    assert "1 run at once" in shown()
    nothing = await admin.use("settings audit", kind="granted", person=cast.bot.id)
    assert "Nothing is noted here." in nothing.text


async def test_eighty_percent_is_said_once(admin: Admin):
    stage, cast = admin.stage, admin.stage.cast
    await admin.use("limits set", measure="pictures", amount="5", window="month", user=cast.admin.id)
    seen = {message["id"] for message in stage.discord.people.snapshot(cast.admin.id)["messages"]}
    made = await stage.imagine(person=cast.admin, num_images=4, image_size="square")
    assert (await stage.closed_books(made.id)).ending == ("succeeded", None, "shown")

    def whispers() -> list[str]:
        return [
            str(message["content"])
            for message in stage.discord.people.snapshot(cast.admin.id)["messages"]
            if message["id"] not in seen and message["flags"] & EPHEMERAL
        ]

    await stage.until(lambda: bool(whispers()))
    (said,) = whispers()
    assert "1 picture is left of 5 pictures for this month" in said
    last = await stage.imagine(person=cast.admin, image_size="square")
    assert (await stage.closed_books(last.id)).ending == ("succeeded", None, "shown")
    assert len(whispers()) == 1


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("limits set", {"measure": "pictures", "amount": "500"}),
        ("limits remove", {"limit": "1"}),
        ("limits list", {}),
        ("limits explain", {"user": 1}),
        ("grant", {"user": 1, "amount": "1", "reason": "me"}),
        ("settings log-channel", {}),
        ("settings audit", {}),
    ],
)
async def test_a_member_who_forges_a_command_changes_nothing(admin: Admin, command: str, options: dict[str, object]):
    cast = admin.stage.cast
    await admin.use("limits set", measure="pictures", amount="7")
    before = admin.acts
    named = {name: cast.member.id if name == "user" else value for name, value in options.items()}
    told = await admin.forge(command, **named)
    assert told.is_ephemeral
    assert "“Manage Server”" in told.text
    assert (admin.limits, admin.acts) == (1, before)
