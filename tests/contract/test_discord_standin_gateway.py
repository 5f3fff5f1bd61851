"""The gateway: identify, heartbeat, resume, and how connections end. Sockets live in real time, so beats are short."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.discord import DiscordSwitches
from sandbox.discord.sessions import GUILD_MEMBERS, GUILD_MESSAGES
from tests.contract.discord_raw import GUILDS, Stage, open_stage

HEARTBEAT, RESUME, RECONNECT, INVALID, HELLO, ACK = 1, 6, 7, 9, 10, 11


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


async def test_ready_then_the_guild(stage: Stage):
    events = stage.people.subscribe()
    async with stage.connect() as socket:
        ready = await socket.identify(stage.discord.token)
        assert ready["user"]["id"] == str(stage.cast.bot.id)
        assert ready["guilds"] == [{"id": str(stage.cast.guild.id), "unavailable": True}]
        guild = await socket.event("GUILD_CREATE")
        assert {channel["name"] for channel in guild["channels"]} == {"general", "after-dark", "mod-room"}
        assert [thread["name"] for thread in guild["threads"]] == ["poster ideas"]
        assert [member["user"]["id"] for member in guild["members"]] == [str(stage.cast.bot.id)]
        assert guild["member_count"] == 5
        await stage.discord.wait_connected(1)
        online = await anext(events)
        assert (online["t"], online["online"]) == ("bot", True)
    offline = await anext(events)
    assert (offline["t"], offline["online"]) == ("bot", False)


async def test_an_interaction_in_a_guild(stage: Stage):
    async with stage.connect() as socket:
        await socket.identify(stage.discord.token)
        await stage.slash(options={"prompt": "a kite"}, user_id=stage.cast.moderator.id)
        heard = await socket.event("INTERACTION_CREATE")
    assert heard["context"] == 0
    assert heard["attachment_size_limit"] == 10 * 1024 * 1024
    assert heard["authorizing_integration_owners"] == {"0": heard["guild_id"]}
    assert heard["member"]["roles"] == [str(stage.cast.moderator_role.id)]
    assert int(heard["member"]["permissions"]) & (1 << 13)
    assert heard["channel"]["id"] == heard["channel_id"]
    assert heard["data"]["options"] == [{"name": "prompt", "type": 3, "value": "a kite"}]
    assert {"app_permissions", "entitlements", "locale", "guild_locale", "version", "token"} <= heard.keys()
    assert "user" not in heard


async def test_interactions_in_private(stage: Stage):
    async with stage.connect() as socket:
        await socket.identify(stage.discord.token)
        for channel, context in ((stage.cast.dm_of(stage.cast.member.id), 1), (stage.cast.elsewhere, 2)):
            await stage.slash(channel_id=channel.id)
            heard = await socket.event("INTERACTION_CREATE")
            assert heard["context"] == context
            assert heard["user"]["id"] == str(stage.cast.member.id)
            assert not {"member", "guild_id"} & heard.keys()
        assert heard["authorizing_integration_owners"] == {"1": str(stage.cast.member.id)}
        await stage.slash(channel_id=stage.cast.thread.id)
        thread = (await socket.event("INTERACTION_CREATE"))["channel"]
        assert (thread["type"], thread["parent_id"]) == (11, str(stage.cast.general.id))


async def test_messages_take_an_intent(stage: Stage):
    async with stage.connect() as deaf, stage.connect() as hearing:
        await deaf.identify(stage.discord.token)
        await hearing.identify(stage.discord.token, GUILDS | GUILD_MESSAGES)
        said = await stage.people.say(user_id=stage.cast.member.id, channel_id=stage.cast.general.id, content="hi")
        message = await hearing.event("MESSAGE_CREATE")
        assert (message["id"], message["content"]) == (said, ""), "content is privileged"
        await stage.people.delete_message(user_id=stage.cast.member.id, message_id=said)
        assert (await hearing.event("MESSAGE_DELETE"))["id"] == said
        await deaf.send(HEARTBEAT, None)
        await deaf.event("GUILD_CREATE")
        assert (await deaf.receive())["op"] == ACK


async def test_one_zlib_stream_per_connection(stage: Stage):
    async with stage.connect(compress="zlib-stream") as socket:
        await socket.identify(stage.discord.token)
        assert (await socket.event("GUILD_CREATE"))["name"] == "Sandbox"


async def test_clients_may_send_binary_frames(stage: Stage):
    async with stage.connect() as socket:
        await socket.receive()
        await socket.send(HEARTBEAT, None, binary=True)
        assert (await socket.receive())["op"] == ACK


async def test_a_session_resumes_with_what_it_missed(stage: Stage):
    async with stage.connect() as socket:
        session_id = (await socket.identify(stage.discord.token))["session_id"]
        await socket.event("GUILD_CREATE")
        await stage.discord.drop_gateway("reconnect")
        assert (await socket.receive())["op"] == RECONNECT
        sequence = socket.sequence
        await socket.socket.close(code=4000)
    asked = await stage.slash()
    async with stage.connect() as socket:
        assert (await socket.receive())["op"] == HELLO
        await socket.send(RESUME, {"token": stage.discord.token, "session_id": session_id, "seq": sequence})
        missed = await socket.receive()
        assert (missed["t"], missed["d"]["id"]) == ("INTERACTION_CREATE", asked.id)
        assert (await socket.receive())["t"] == "RESUMED"


@pytest.mark.parametrize("kind", ["close", "abrupt"])
async def test_a_lost_connection_resumes(stage: Stage, kind: str):
    async with stage.connect() as socket:
        session_id = (await socket.identify(stage.discord.token))["session_id"]
        await stage.discord.drop_gateway(kind)
        assert await socket.close_code() in {4000, 1006}
    async with stage.connect() as socket:
        await socket.receive()
        await socket.send(RESUME, {"token": stage.discord.token, "session_id": session_id, "seq": 1})
        await socket.event("RESUMED")


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_session_the_client_ended_is_gone(stage: Stage, code: int):
    async with stage.connect() as socket:
        session_id = (await socket.identify(stage.discord.token))["session_id"]
        await socket.socket.close(code=code)
    async with stage.connect() as socket:
        await socket.receive()
        await socket.send(RESUME, {"token": stage.discord.token, "session_id": session_id, "seq": 1})
        assert (await socket.receive()) == {"op": INVALID, "d": False, "s": None, "t": None}


async def test_an_invalid_session_identifies_again(stage: Stage):
    async with stage.connect() as socket:
        await socket.identify(stage.discord.token)
        await socket.event("GUILD_CREATE")
        await stage.discord.drop_gateway("invalid")
        assert (await socket.receive())["d"] is False
        await socket.send(2, {"token": stage.discord.token, "intents": GUILDS, "properties": {}})
        await socket.event("READY")


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        (2, {"token": "wrong", "intents": 1, "properties": {}}, 4004),
        (2, {"token": None, "intents": -1, "properties": {}}, 4013),
        (2, {"token": None, "intents": GUILDS | GUILD_MEMBERS, "properties": {}}, 4014),
        (2, {"token": None, "intents": 1, "properties": {}, "shard": [2, 2]}, 4010),
        (2, {"token": None, "intents": 1}, 4002),
        (2, "nonsense", 4002),
        (3, {}, 4003),
        (99, {}, 4001),
        (1, "x" * 5000, 4002),
    ],
)
async def test_close_codes(stage: Stage, op: int, data: Any, code: int):
    if "token" in data and data["token"] is None:
        data = {**data, "token": stage.discord.token}
    async with stage.connect() as socket:
        await socket.send(op, data)
        assert await socket.close_code() == code


async def test_identify_once(stage: Stage):
    async with stage.connect() as socket:
        await socket.identify(stage.discord.token)
        await socket.send(2, {"token": stage.discord.token, "intents": 1, "properties": {}})
        assert await socket.close_code() == 4005


async def test_other_versions_and_encodings(stage: Stage):
    async with stage.connect(v="6") as socket:
        assert await socket.close_code() == 4012
    async with stage.connect(encoding="etf") as socket:
        assert await socket.close_code() == 4002


async def test_a_client_without_a_heartbeat_is_let_go():
    async with open_stage(DiscordSwitches(heartbeat_interval_s=0.05)) as stage, stage.connect() as socket:
        await socket.identify(stage.discord.token)
        assert await socket.close_code() == 4009


async def test_shards_hear_what_is_theirs(stage: Stage):
    number = (stage.cast.guild.id >> 22) % 2
    async with stage.connect() as own, stage.connect() as other:
        assert (await own.identify(stage.discord.token, shard=[number, 2]))["guilds"]
        assert (await other.identify(stage.discord.token, shard=[1 - number, 2]))["guilds"] == []
        asked = await stage.slash()
        assert (await own.event("INTERACTION_CREATE"))["id"] == asked.id


async def test_members_on_request():
    async with open_stage(DiscordSwitches(privileged_intents=True)) as stage, stage.connect() as socket:
        await socket.identify(stage.discord.token, GUILDS | GUILD_MEMBERS)
        assert len((await socket.event("GUILD_CREATE"))["members"]) == 5
        wanted = {"guild_id": str(stage.cast.guild.id), "query": "mi", "limit": 5, "nonce": "n"}
        await socket.send(8, wanted)
        chunk = await socket.event("GUILD_MEMBERS_CHUNK")
        assert [member["user"]["username"] for member in chunk["members"]] == ["mira"]


async def test_connections_are_turned_away():
    async with open_stage(DiscordSwitches(refuse_gateway=1)) as stage:
        with pytest.raises(Exception, match="503"):
            async with stage.connect():
                pass
        async with stage.connect() as socket:
            await socket.identify(stage.discord.token)


async def test_changes_of_channels_are_told(stage: Stage):
    async with stage.connect() as socket:
        await socket.identify(stage.discord.token)
        await stage.discord.change_channel(stage.cast.general.id, nsfw=True)
        assert (await socket.event("CHANNEL_UPDATE"))["nsfw"] is True
        await stage.discord.delete_channel(stage.cast.general.id)
        assert (await socket.event("CHANNEL_DELETE"))["id"] == str(stage.cast.general.id)
