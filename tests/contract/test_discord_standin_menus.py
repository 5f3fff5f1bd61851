"""Commands from the menu of a message or of a person, as Discord sends them; discord.py understands them."""

from collections.abc import AsyncIterator

import pytest

from sandbox.discord import ClientRefusal
from sandbox.discord.cast import Channel
from tests.contract.discord_raw import Json, Stage, command, open_stage

EPHEMERAL = 64
USER, MESSAGE = 2, 3


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        await opened.register(menu("Report picture", MESSAGE), menu("Stop this person", USER, moderators_only=True))
        yield opened


def menu(name: str, kind: int, *, moderators_only: bool = False) -> Json:
    permissions = 1 << 40 if moderators_only else None
    return command(name=name, type=kind, description="") | {"default_member_permissions": permissions}


async def said(stage: Stage, flags: int = 0) -> int:
    """A message of the bot's."""
    asked = await stage.slash("made up")
    reply = await asked.answer(4, {"content": "A kite", "flags": flags})
    return int(reply.body["resource"]["message"]["id"])


async def test_a_message_comes_whole(stage: Stage):
    message_id = await said(stage)
    used = stage.heard(
        await stage.people.use_context_menu(
            user_id=stage.cast.member.id,
            channel_id=stage.cast.general.id,
            command="Report picture",
            target_id=message_id,
        )
    )
    interaction = stage.discord.interactions.get(int(used.id))
    assert interaction is not None
    assert interaction.data["type"] == MESSAGE
    assert interaction.data["target_id"] == str(message_id)
    message = interaction.data["resolved"]["messages"][str(message_id)]
    assert message["content"] == "A kite"
    assert message["author"]["id"] == str(stage.cast.application_id)
    assert "options" not in interaction.data
    reply = await used.answer(4, {"content": "Thank you", "flags": EPHEMERAL})
    assert reply.body["resource"]["message"]["interaction_metadata"]["target_message_id"] == str(message_id)


async def test_a_person_comes_with_their_membership(stage: Stage):
    used = stage.heard(
        await stage.people.use_context_menu(
            user_id=stage.cast.moderator.id,
            channel_id=stage.cast.general.id,
            command="Stop this person",
            target_id=stage.cast.member.id,
        )
    )
    interaction = stage.discord.interactions.get(int(used.id))
    assert interaction is not None
    resolved = interaction.data["resolved"]
    assert interaction.data["type"] == USER
    assert resolved["users"][str(stage.cast.member.id)]["username"] == "mira"
    assert "user" not in resolved["members"][str(stage.cast.member.id)]
    reply = await used.answer(4, {"content": "Done", "flags": EPHEMERAL})
    metadata = reply.body["resource"]["message"]["interaction_metadata"]
    assert metadata["target_user"]["id"] == str(stage.cast.member.id)


async def test_what_the_client_does_not_offer_is_refused(stage: Stage):
    cast = stage.cast
    public, ephemeral = await said(stage), await said(stage, EPHEMERAL)

    async def use(command: str, target: int, *, who: int = cast.member.id, where: Channel = cast.general) -> None:
        await stage.people.use_context_menu(user_id=who, channel_id=where.id, command=command, target_id=target)

    for command_name, target, where in (
        ("Stop this person", cast.other.id, cast.general),  # a member has not the permission
        ("Nothing", public, cast.general),
        ("Stop this person", public, cast.general),  # a person's command, on a message
        ("Report picture", cast.other.id, cast.general),
        ("Report picture", ephemeral, cast.general),
        ("Report picture", public, cast.after_dark),  # another channel's message
        ("Report picture", 1, cast.general),
    ):
        with pytest.raises(ClientRefusal):
            await use(command_name, target, where=where)
    with pytest.raises(ClientRefusal):
        await use("Report picture", ephemeral, who=cast.other.id)


async def test_what_is_forged_gets_through(stage: Stage):
    forged = await stage.people.use_context_menu(
        user_id=stage.cast.member.id,
        channel_id=stage.cast.general.id,
        command="Stop this person",
        target_id=stage.cast.other.id,
        check=False,
    )
    assert stage.heard(forged)
