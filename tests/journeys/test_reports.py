"""“Report picture” by the real bot: from a member's menu to the moderators' decision and back to the card."""

import pytest

from sandbox.discord.cast import Overwrite
from sandbox.discord.permissions import Permission
from tests.journeys.helpers import Answer
from tests.journeys.moderating import buttons_of, text_of
from tests.journeys.tools import Refused, Tools

pytestmark = pytest.mark.asyncio(loop_scope="session")

MENU = "Report picture"
HIDDEN = "hidden until a moderator has looked at it"


def message_id(answer: Answer) -> str:
    """The card's id."""
    assert answer.message is not None
    return answer.message["id"]


async def report(tools: Tools, answer: Answer, words: str = "") -> str:
    """Somebody else reports a card; what they read."""
    opened = await tools.menu(tools.cast.other, MENU, message_id(answer))
    return await tools.fill_in(tools.cast.other, opened, words=words)


async def test_a_reported_picture_stays_until_moderators_look_and_is_kept(tools: Tools):
    reported = len(tools.stage.acts("picture reported"))
    answer = await tools.shown_card()
    await report(tools, answer, "this is *me*")
    panel = await tools.panel("A report")
    assert "this is *me*" in text_of(panel)
    assert len(panel["attachments"]) == 1
    assert buttons_of(panel) == ["Keep", "Remove…", "Stop this person…"]
    await tools.press(tools.cast.moderator, panel, "Keep")
    await tools.panel("Kept by")
    card = tools.people.message(message_id(answer))
    assert card is not None
    assert len(card["attachments"]) == 1
    assert len(tools.stage.acts("picture reported")) == reported + 1


async def test_it_is_hidden_at_once_where_the_channel_says_so_and_comes_back_when_kept(tools: Tools):
    await tools.use(tools.cast.admin, "policy set", hide_reported=True)
    answer = await tools.shown_card()
    assert "Until then it is hidden." in await report(tools, answer)
    card = await tools.card_says(answer, HIDDEN)
    assert not card["attachments"]
    panel = await tools.panel("A report")
    await tools.press(tools.cast.moderator, panel, "Keep")
    await tools.panel("Kept by")
    await tools.stage.until(lambda: bool((tools.people.message(message_id(answer)) or {}).get("attachments")))
    card = tools.people.message(message_id(answer))
    assert HIDDEN not in text_of(card or {})


@pytest.mark.parametrize("hide", [False, True])
async def test_remove_takes_it_away_for_good(tools: Tools, hide: bool):
    await tools.use(tools.cast.admin, "policy set", hide_reported=hide)
    answer = await tools.shown_card()
    await report(tools, answer, "not here")
    panel = await tools.panel("A report")
    opened = await tools.press(tools.cast.moderator, panel, "Remove…")
    form = await tools.form(opened)
    await tools.people.submit_modal(
        user_id=tools.cast.moderator.id,
        interaction_id=opened,
        custom_id=form["custom_id"],
        values={"words": "Real people are out."},
    )
    await tools.panel("Removed by")
    card = await tools.card_says(answer, "Real people are out.")
    assert not card["attachments"]
    await tools.log_says("Removed by")


async def test_what_cannot_be_taken_away_is_said_to_be_visible_until_it_is_gone(tools: Tools):
    """The token is over, and the bot may not see the channel any more."""
    cast, discord = tools.cast, tools.stage.discord
    await tools.use(cast.admin, "policy set", hide_reported=True)
    answer = await tools.shown_card()
    tools.stage.alter("UPDATE runs SET interaction_token = '' WHERE interaction_id = ?", int(answer.id))
    open_to = cast.general.overwrites
    shut = Overwrite(cast.bot.id, is_role=False, deny=int(Permission.VIEW_CHANNEL))
    await discord.change_channel(cast.general.id, overwrites=(*open_to, shut))
    try:
        assert "could not be taken away and is still visible" in await report(tools, answer)
        panel = await tools.panel("it is still visible")
        await tools.log_says("it is still visible")
        opened = await tools.press(cast.moderator, panel, "Remove…")
        form = await tools.form(opened)
        await tools.people.submit_modal(
            user_id=cast.moderator.id,
            interaction_id=opened,
            custom_id=form["custom_id"],
            values={"words": "Not here."},
        )
        again = await tools.panel("Remove again")
        said = await tools.told(await tools.press(cast.moderator, again, "Remove again"))
        assert "it is still visible" in said
        assert len((tools.people.message(message_id(answer)) or {})["attachments"]) == 1
    finally:
        await discord.change_channel(cast.general.id, overwrites=open_to)
    card = await tools.card_says(answer, "Not here.")
    assert not card["attachments"]
    await tools.log_says("The person was told in the card.")


async def test_once_for_each_person_and_moderators_are_asked_once(tools: Tools):
    answer = await tools.shown_card()
    await report(tools, answer)
    await tools.panel("A report")
    assert "You have reported this picture before." in await report(tools, answer)
    opened = await tools.menu(tools.cast.moderator, MENU, message_id(answer))
    said = await tools.fill_in(tools.cast.moderator, opened)
    assert said == "Thank you. Moderators know of this picture already."
    assert sum("A report" in text for text in tools.posts(tools.cast.mod_room)) == 1
    assert tools.count("reports") == (2,)
    said = await tools.use(tools.cast.moderator, "record user", person=tools.cast.member.id)
    assert said.count("a picture of theirs was reported") == 2


async def test_a_kept_picture_is_not_hidden_again(tools: Tools):
    await tools.use(tools.cast.admin, "policy set", hide_reported=True)
    answer = await tools.shown_card()
    await report(tools, answer)
    await tools.press(tools.cast.moderator, await tools.panel("A report"), "Keep")
    await tools.panel("Kept by")
    await tools.stage.until(lambda: bool((tools.people.message(message_id(answer)) or {}).get("attachments")))
    await tools.stage.closed_books(answer.id)
    opened = await tools.menu(tools.cast.admin, MENU, message_id(answer))
    assert "has looked at this picture already, and kept it." in await tools.fill_in(tools.cast.admin, opened)
    card = tools.people.message(message_id(answer))
    assert card is not None
    assert len(card["attachments"]) == 1


async def test_what_is_no_picture_of_the_bots_is_said(tools: Tools):
    said = await tools.people.say(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, content="hello")
    with pytest.raises(Refused, match="Only pictures that this bot made"):
        await tools.form(await tools.menu(tools.cast.other, MENU, said))


async def test_a_card_without_pictures_is_said(tools: Tools):
    tools.stage.play("nsfw_flagged")
    answer = await tools.stage.imagine(image_size="square")
    await tools.stage.closed_books(answer.id)
    with pytest.raises(Refused, match="There are no pictures in this message now"):
        await tools.form(await tools.menu(tools.cast.other, MENU, message_id(answer)))


async def test_a_form_cannot_name_a_card_of_another_channel(tools: Tools):
    here, there = await tools.shown_card(), await tools.shown_card(channel=tools.cast.after_dark)
    opened = await tools.menu(tools.cast.other, MENU, message_id(here))
    said = await tools.fill_in(
        tools.cast.other, opened, custom_id=f"report:{message_id(there)}", check=False, words="x"
    )
    assert "Only pictures that this bot made" in said
    assert tools.count("reports") == (0,)


async def test_a_member_cannot_decide_about_a_report(tools: Tools):
    answer = await tools.shown_card()
    await report(tools, answer)
    panel = await tools.panel("A report")
    for label in ("Keep", "Remove…"):
        said = await tools.told(await tools.press(tools.cast.member, panel, label, check=False))
        assert "Only people with the permission" in said
    card = tools.people.message(message_id(answer))
    assert card is not None
    assert len(card["attachments"]) == 1
