"""Strikes, pauses, stops and appeals by the real bot, with moderator and member, from commands, menus and buttons."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.discord.cast import Person
from tests.journeys.helpers import Payload, Stage
from tests.journeys.moderating import text_of
from tests.journeys.tools import Refused, Tools, components_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONLY_MODERATORS = "Only people with the permission “Timeout Members” may do this. Nothing was changed."
STOP = "Stop this person"
TABLES = ("sanctions", "appeals", "audit")


async def member_reads(tools: Tools, words: str) -> None:
    """Come back when the bot has written this to the member directly."""
    dm = tools.cast.dm_of(tools.cast.member.id)
    await tools.stage.until(lambda: any(words in text for text in tools.posts(dm)))


async def refused(tools: Tools) -> str:
    """What the member reads instead of a card. Nothing was held and nothing sent."""
    before = tools.count("runs", "ledger_entries")
    answer = await tools.stage.imagine()
    assert answer.is_ephemeral
    assert tools.count("runs", "ledger_entries") == before
    return answer.text


async def stopped(tools: Tools, reason: str = "please rest") -> str:
    """The member is stopped."""
    return await tools.use(tools.cast.moderator, "sanction stop", person=tools.cast.member.id, reason=reason)


async def kept(tools: Tools, person: Person, panel: Payload, reason: str) -> str:
    """A moderator turns the appeal down."""
    return await tools.send_form(person, await tools.press(person, panel, "Keep it"), words=reason)


# --- strikes, pauses and stops


async def test_strikes_warn_then_pause_for_a_day_then_stop(tools: Tools):
    moderator, member = tools.cast.moderator, tools.cast.member

    async def strike() -> str:
        return await tools.use(moderator, "sanction strike", person=member.id, reason="spam")

    await tools.stage.imagine(image_size="square")  # whom the bot never met it does not write to
    assert "1 strike counts now." in await strike()
    await member_reads(tools, "This is your first strike that counts.")
    assert len((await tools.stage.imagine(image_size="square")).attachments) == 1
    await strike()
    await strike()
    await refused(tools)
    ends = datetime.fromisoformat(json.loads(tools.stage.acts("sanction pause")[-1]["after"])["until"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=2)
    stops = len(tools.stage.acts("sanction stop"))
    await strike()
    await strike()
    await refused(tools)
    assert len(tools.stage.acts("sanction stop")) == stops + 1
    assert len(tools.stage.acts("sanction strike")) >= 5


async def test_a_pause_ends_by_itself(tools: Tools):
    person = tools.cast.member.id
    await tools.use(tools.cast.moderator, "sanction pause", person=person, reason="a break", hours=2)
    await refused(tools)
    tools.stage.alter("UPDATE sanctions SET until = (strftime('%s', 'now') - 60) * 1000000")
    assert len((await tools.stage.imagine(image_size="square")).attachments) == 1


async def test_lift_ends_it_and_forgets_the_strikes(tools: Tools):
    moderator, person = tools.cast.moderator, tools.cast.member.id
    await tools.use(moderator, "sanction strike", person=person, reason="spam")
    await stopped(tools)
    await tools.use(moderator, "sanction lift", person=person, reason="all is well")
    assert len((await tools.stage.imagine(image_size="square")).attachments) == 1
    lifted = tools.stage.acts("sanction lift")
    await tools.use(moderator, "sanction lift", person=person, reason="again")
    assert tools.stage.acts("sanction lift") == lifted


async def test_each_act_is_on_record_and_in_the_log_channel(tools: Tools):
    moderator, member = tools.cast.moderator, tools.cast.member
    await stopped(tools, "rude *prompts*")
    line = await tools.log_says("rude *prompts*")
    assert f"<@{moderator.id}>: <@{member.id}>" in line
    assert tools.stage.acts("sanction stop")[-1]["actor_id"] == moderator.id
    said = await tools.use(moderator, "record user", person=member.id)
    assert "Stopped until a moderator lifts it." in said
    assert f"stopped by <@{moderator.id}>" in said
    other = await tools.use(moderator, "record user", person=tools.cast.other.id)
    assert "Nothing is on record." in other


async def test_a_person_who_takes_no_messages_is_refused_all_the_same(guarded: Stage, tools: Tools):
    other = tools.cast.other
    await tools.stage.imagine(person=other, image_size="square")  # whom the bot never met it does not write to
    guarded.discord.close_dms(other.id)
    said = await tools.use(tools.cast.moderator, "sanction stop", person=other.id, reason="spam")
    assert f"<@{other.id}> was stopped" in said
    await tools.answer_says("No direct message reached them")
    assert "have stopped you" in (await tools.stage.imagine(person=other)).text


@pytest.mark.parametrize("reason", ["   ", "\u200b", "x" * 301])
async def test_a_reason_is_wanted(tools: Tools, reason: str):
    await tools.use(tools.cast.moderator, "sanction stop", check=False, person=tools.cast.member.id, reason=reason)
    assert tools.count("sanctions") == (0,)


async def test_the_bot_itself_cannot_be_stopped(tools: Tools):
    await tools.use(tools.cast.moderator, "sanction stop", person=tools.cast.bot.id, reason="x")
    assert tools.count("sanctions") == (0,)


# --- menus


async def test_stop_from_the_menu_of_a_card_finds_the_person(tools: Tools):
    answer = await tools.shown_card()
    opened = await tools.menu(tools.cast.moderator, STOP, (answer.message or {})["id"])
    said = await tools.fill_in(tools.cast.moderator, opened, words="not like this")
    assert f"<@{tools.cast.member.id}> was stopped" in said
    assert "not like this" in await refused(tools)


async def test_stop_from_the_menu_of_a_person(tools: Tools):
    opened = await tools.menu(tools.cast.moderator, STOP, tools.cast.member.id)
    await tools.fill_in(tools.cast.moderator, opened, words="not like this")
    await refused(tools)


async def test_a_message_that_is_no_card_has_nobody_to_stop(tools: Tools):
    said = await tools.people.say(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, content="hello")
    opened = await tools.menu(tools.cast.moderator, STOP, said)
    with pytest.raises(Refused, match="no card of the bot's"):
        await tools.form(opened)


async def test_stop_from_a_picture_that_waits(tools: Tools):
    await tools.use(tools.cast.admin, "policy set", approve_everything=True)
    await tools.stage.imagine(image_size="square")
    panel = await tools.panel("A picture waits for you")
    opened = await tools.press(tools.cast.moderator, panel, "Stop this person…")
    await tools.fill_in(tools.cast.moderator, opened, words="no more")
    await refused(tools)


# --- appeals


async def appealed(tools: Tools, words: str = "I am *sorry*") -> Any:
    """The moderators' message of an appeal."""
    opened = await tools.people.slash(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, command="appeal")
    await tools.fill_in(tools.cast.member, opened, words=words)
    return await tools.panel("An appeal waits for you")


async def test_an_appeal_is_lifted(tools: Tools):
    await tools.stage.imagine(image_size="square")  # whom the bot never met it does not write to
    await stopped(tools)
    panel = await appealed(tools)
    assert "I am *sorry*" in text_of(panel)
    assert "please rest" in text_of(panel)
    await tools.press(tools.cast.moderator, panel, "Lift it")
    decided = await tools.panel("Appeal decided")
    assert f"Lifted by <@{tools.cast.moderator.id}>" in text_of(decided)
    assert not [one for one in components_of(decided) if one["type"] == 2]
    await tools.log_says("Appeal of")
    assert tools.stage.acts("appeal lifted")[-1]["actor_id"] == tools.cast.moderator.id
    await member_reads(tools, "granted your appeal")
    assert len((await tools.stage.imagine(image_size="square")).attachments) == 1


async def test_an_appeal_is_kept_and_the_same_stop_cannot_be_appealed_again(tools: Tools):
    await tools.stage.imagine(image_size="square")  # whom the bot never met it does not write to
    await stopped(tools)
    panel = await appealed(tools)
    assert "Please give a reason" in await tools.told(await kept(tools, tools.cast.moderator, panel, "\u200b "))
    await kept(tools, tools.cast.moderator, panel, "you did it *twice*")
    await tools.panel("Appeal decided")
    await member_reads(tools, "turned it down")
    await member_reads(tools, "The reason they gave: you did it *twice*")
    await refused(tools)
    opened = await tools.people.slash(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, command="appeal")
    with pytest.raises(Refused, match="turned it down"):  # before anything is written for nothing
        await tools.form(opened)


async def test_one_appeal_at_a_time(tools: Tools):
    await stopped(tools)
    await appealed(tools)
    opened = await tools.people.slash(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, command="appeal")
    with pytest.raises(Refused, match="waits for a decision already"):
        await tools.form(opened)
    assert tools.count("appeals") == (1,)


async def test_the_second_moderator_is_told_who_decided(tools: Tools):
    await stopped(tools)
    panel = await appealed(tools)
    lift = next(one["custom_id"] for one in components_of(panel) if one.get("label") == "Lift it")
    await kept(tools, tools.cast.moderator, panel, "it stays")
    await tools.panel("Appeal decided")
    late = await tools.people.press(
        user_id=tools.cast.admin.id, message_id=int(panel["id"]), custom_id=lift, check=False
    )
    said = await tools.told(late)
    assert f"This was decided already. Kept by <@{tools.cast.moderator.id}>" in said
    await refused(tools)


async def test_two_moderators_at_once_are_one_decision(tools: Tools):
    await stopped(tools)
    panel = await appealed(tools)
    before = len(tools.stage.acts("appeal lifted")) + len(tools.stage.acts("appeal kept"))
    opened = await tools.press(tools.cast.admin, panel, "Keep it")
    await asyncio.gather(
        tools.press(tools.cast.moderator, panel, "Lift it"),
        tools.send_form(tools.cast.admin, opened, words="it stays"),
    )
    await tools.panel("Appeal decided")
    assert len(tools.stage.acts("appeal lifted")) + len(tools.stage.acts("appeal kept")) == before + 1


async def test_a_form_and_buttons_from_before_a_restart_work_after_it(tools: Tools):
    await stopped(tools)
    opened = await tools.people.slash(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, command="appeal")
    await tools.form(opened)
    await tools.stage.sandbox.bot.kill()
    await tools.stage.sandbox.start_bot()
    await tools.fill_in(tools.cast.member, opened, words="please")
    panel = await tools.panel("An appeal waits for you")
    await tools.stage.sandbox.bot.terminate()
    await tools.stage.sandbox.start_bot()
    await tools.press(tools.cast.moderator, panel, "Lift it")
    await tools.panel("Appeal decided")
    assert len((await tools.stage.imagine(image_size="square")).attachments) == 1


async def test_who_took_no_message_hears_of_it_with_the_next_command(guarded: Stage, tools: Tools):
    other = tools.cast.other
    await tools.stage.imagine(person=other, image_size="square")  # whom the bot never met it does not write to
    guarded.discord.close_dms(other.id)
    await tools.use(tools.cast.moderator, "sanction stop", person=other.id, reason="spam")
    opened = await tools.people.slash(user_id=other.id, channel_id=tools.cast.general.id, command="appeal")
    await tools.fill_in(other, opened, words="please")
    await tools.press(tools.cast.moderator, await tools.panel("An appeal waits for you"), "Lift it")
    await tools.panel("Appeal decided")
    await tools.stage.imagine(image_size="square", person=other)

    def heard() -> bool:
        seen = tools.people.snapshot(other.id)["messages"]
        return any("granted your appeal" in text_of(one) and one["flags"] & 64 for one in seen)

    await tools.stage.until(heard)


async def test_without_a_moderation_channel_nobody_would_read_it(tools: Tools):
    tools.stage.alter("UPDATE guild_settings SET review_channel_id = NULL")
    await stopped(tools)
    assert "no moderation channel" in await tools.use(tools.cast.member, "appeal")
    assert tools.count("appeals") == (0,)


async def test_what_could_not_be_posted_is_posted_when_moderators_look(tools: Tools):
    await stopped(tools)
    opened = await tools.people.slash(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, command="appeal")
    await tools.form(opened)
    room = tools.cast.mod_room
    await tools.stage.discord.change_channel(room.id, overwrites=room.overwrites[:1])
    said = await tools.fill_in(tools.cast.member, opened, words="please")
    assert "could not be brought to the moderators yet" in said
    await tools.stage.discord.change_channel(room.id, overwrites=room.overwrites)
    assert "[open](" in await tools.use(tools.cast.moderator, "record appeals")
    assert await tools.panel("An appeal waits for you")


async def test_there_is_nothing_to_appeal_against(tools: Tools):
    assert "There is nothing to appeal against" in await tools.use(tools.cast.member, "appeal")


# --- forged


async def test_a_member_who_forges_commands_menus_buttons_and_forms_changes_nothing(tools: Tools):
    member, other = tools.cast.member, tools.cast.other
    await stopped(tools)
    panel = await appealed(tools)
    before = tools.count(*TABLES)
    commands: list[tuple[str, dict[str, Any]]] = [
        (f"sanction {what}", {"person": other.id, "reason": "x"}) for what in ("strike", "pause", "stop", "lift")
    ]
    commands += [("record user", {"person": other.id}), ("record appeals", {})]
    for command, options in commands:
        assert await tools.use(member, command, check=False, **options) == ONLY_MODERATORS
    for target in (other.id, int(panel["id"])):
        opened = await tools.menu(member, STOP, target, check=False)
        assert await tools.told(opened) == ONLY_MODERATORS
    for button in ("Lift it", "Keep it"):
        assert await tools.told(await tools.press(member, panel, button, check=False)) == ONLY_MODERATORS
    # A form of their own, sent with a moderator's custom_id.
    await tools.use(tools.cast.moderator, "sanction lift", person=member.id, reason="for the test")
    await stopped(tools)
    opened = await tools.people.slash(user_id=member.id, channel_id=tools.cast.general.id, command="appeal")
    before = tools.count(*TABLES)
    said = await tools.fill_in(member, opened, custom_id=f"stop:{other.id}", check=False, words="x")
    assert said == ONLY_MODERATORS
    assert tools.count(*TABLES) == before


async def test_nobody_decides_about_their_own_appeal(tools: Tools):
    moderator = tools.cast.moderator
    await tools.use(tools.cast.admin, "sanction stop", person=moderator.id, reason="for once")
    opened = await tools.people.slash(user_id=moderator.id, channel_id=tools.cast.general.id, command="appeal")
    await tools.fill_in(moderator, opened, words="but I")
    panel = await tools.panel("An appeal waits for you")
    assert "another moderator must decide it" in await tools.told(await tools.press(moderator, panel, "Lift it"))
    assert tools.stage.acts("appeal lifted") == [] or tools.count("appeals") == (1,)
