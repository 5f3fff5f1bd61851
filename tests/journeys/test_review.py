"""Pictures that wait for a moderator: each way through, with member and moderator, and the real bot between them."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from sandbox.discord.cast import Overwrite
from sandbox.discord.permissions import Permission
from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import Answer, Entry, Stage, open_stage
from tests.journeys.moderating import Desk, buttons_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAITING = "A moderator looks at"
SHOWN = "A moderator approved this."
REASONS = ("Not for this channel.", "Please leave out real people.")
ONLY_MODERATORS = "Only people with the permission “Manage Messages” may do this. Nothing was changed."


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose server reviews: other scenes must not find it so."""
    async with open_stage(tmp_path_factory.mktemp("review"), **SETTINGS) as stage:
        desk = Desk(stage)
        await desk.set_up(reasons=REASONS, policy="review")
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def desk(room: Stage) -> AsyncGenerator[Desk]:
    """The moderators, with a new scene in which the general channel reviews flagged pictures."""
    await room.new_scene()
    desk = Desk(room)
    room.play("nsfw_flagged")
    yield desk
    assert not [line for line in room.log if "Traceback" in line or "faulted" in line]


async def held(desk: Desk, **options: object) -> Answer:
    """A picture that waits."""
    answer = await desk.stage.imagine(image_size="square", **options)  # pyright: ignore[reportArgumentType]
    assert answer.shows(0)
    await desk.asked(answer)
    return answer


async def test_moderators_are_asked_with_all_they_need_and_nobody_else_sees(desk: Desk):
    answer = await held(desk, prompt="a red *fox* in snow", num_images=2)
    panel = await desk.asked(answer)
    text = text_of(panel)
    assert "A picture waits for you" in text
    assert f"<@{desk.stage.cast.member.id}>" in text
    assert f"<#{desk.stage.cast.general.id}>" in text
    assert "Prompt: a red *fox* in snow" in text
    assert "Runflow's safety check flagged it" in text
    assert buttons_of(panel) == ["Approve", "Reject…", "Stop this person…"]
    assert [one["description"] for one in panel["attachments"]] == [
        f"Picture {n} of 2: a red *fox* in snow" for n in (1, 2)
    ]
    assert all(one["filename"].startswith("SPOILER_") for one in panel["attachments"])
    assert int(panel["channel_id"]) == desk.stage.cast.mod_room.id
    books = desk.stage.books(answer.id)
    assert books.ending == ("succeeded", None, "held")
    assert books.entries[1:] == (Entry("settle", desk.stage.billed(answer)),)
    assert "¢" not in answer.text


async def test_approve_shows_the_pictures_in_the_card(desk: Desk):
    answer = await held(desk)
    await desk.press(answer, "approve")
    card = await desk.card_shows(answer)
    assert len(card["attachments"]) == 1
    panel = await desk.panel_says(answer, "The pictures are shown.")
    assert f"Approved by <@{desk.stage.cast.moderator.id}>" in text_of(panel)
    assert buttons_of(panel) == []
    assert len(panel["attachments"]) == 1
    review = desk.stage.review(answer.id)
    assert review is not None
    assert (review["outcome"], review["decided_by"]) == ("approved", desk.stage.cast.moderator.id)
    assert (await desk.stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")
    act = desk.stage.acts("review approved")[-1]
    assert act["actor_id"] == desk.stage.cast.moderator.id


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"reason": "1"}, "The reason: Please leave out real people."),
        ({"words": "Too *spooky* for today"}, "The reason: Too *spooky* for today."),
    ],
    ids=["listed", "own words"],
)
async def test_reject_tells_the_person_why_kindly(desk: Desk, filled: dict[str, str], said: str):
    answer = await held(desk)
    await desk.reject(answer, filled)
    card = await desk.card_says(answer, "A moderator decided not to show this picture.")
    assert said in text_of(card)
    assert not card["attachments"]
    panel = await desk.panel_says(answer, "The person was told in the card.")
    assert f"Rejected by <@{desk.stage.cast.moderator.id}>" in text_of(panel)
    assert (await desk.stage.closed_books(answer.id)).ending == ("succeeded", None, "withheld")
    assert desk.stage.acts("review rejected")[-1]["actor_id"] == desk.stage.cast.moderator.id


async def test_a_rejection_needs_a_reason(desk: Desk):
    answer = await held(desk)
    sent = await desk.reject(answer, {"words": "   "})
    assert "Please choose a reason or write one" in await desk.answer_to(sent)
    assert (desk.stage.review(answer.id) or {})["outcome"] is None


async def test_one_decision_only(desk: Desk):
    answer = await held(desk)
    cast = desk.stage.cast
    opened = await desk.press(answer, "reject", person=cast.admin)
    await desk.stage.discord.people.wait_interaction(opened, "modal")
    await desk.press(answer, "approve")
    await desk.panel_says(answer, "The pictures are shown.")
    sent = await desk.send_form(answer, opened, cast.admin, {"reason": "0"})
    told = await desk.answer_to(sent)
    assert f"This was decided already. Approved by <@{cast.moderator.id}>" in told
    await desk.card_shows(answer)


async def test_two_moderators_at_the_same_instant(desk: Desk):
    answer = await held(desk)
    cast = desk.stage.cast
    first = await desk.press(answer, "approve", person=cast.moderator)
    second = await desk.press(answer, "approve", person=cast.admin)
    await desk.panel_says(answer, "The pictures are shown.")
    review = desk.stage.review(answer.id) or {}
    loser = second if review["decided_by"] == cast.moderator.id else first
    assert f"This was decided already. Approved by <@{review['decided_by']}>" in await desk.answer_to(loser)
    run_id = (desk.stage.books(answer.id).row or {})["id"]
    assert len([act for act in desk.stage.acts("review approved") if run_id in str(act["after"])]) == 1


@pytest.mark.parametrize("action", ["approve", "reject"])
async def test_a_forged_press_changes_nothing(desk: Desk, action: str):
    answer = await held(desk)
    pressed = await desk.press(answer, action, person=desk.stage.cast.member, check=False)
    assert await desk.answer_to(pressed) == ONLY_MODERATORS
    review = desk.stage.review(answer.id) or {}
    assert (review["outcome"], review["decided_by"]) == (None, None)
    assert desk.stage.books(answer.id).ending == ("succeeded", None, "held")
    assert buttons_of(await desk.asked(answer)) == ["Approve", "Reject…", "Stop this person…"]


async def test_a_forged_form_changes_nothing(desk: Desk):
    answer = await held(desk)
    opened = await desk.press(answer, "reject")
    await desk.stage.discord.people.wait_interaction(opened, "modal")
    sent = await desk.send_form(answer, opened, desk.stage.cast.member, {"words": "ha"}, check=False)
    assert await desk.answer_to(sent) == ONLY_MODERATORS
    assert (desk.stage.review(answer.id) or {})["outcome"] is None


async def test_a_press_for_a_run_nobody_knows(desk: Desk):
    answer = await held(desk)
    pressed = await desk.press(answer, "approve", before=desk.stage.forget_review)
    assert "the bot no longer knows this picture" in await desk.answer_to(pressed)
    assert desk.stage.books(answer.id).ending == ("succeeded", None, "held")


async def test_approval_after_the_token_has_expired(desk: Desk):
    answer = await held(desk)
    # The old token alone has expired: the moderators' presses bring their own.
    desk.stage.alter("UPDATE runs SET interaction_token = 'expired' WHERE interaction_id = ?", int(answer.id))
    await desk.press(answer, "approve")
    card = await desk.card_shows(answer)
    assert len(card["attachments"]) == 1
    assert (await desk.stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")
    edits = [call.route for call in desk.stage.calls if call.method == "PATCH" and call.status == 200 and call.files]
    assert edits[-1] == "/channels/{channel_id}/messages/{message_id}"


async def test_approval_after_the_card_was_deleted_says_so_to_the_moderator(desk: Desk):
    answer = await held(desk)
    assert answer.message is not None
    people = desk.stage.discord.people
    await people.delete_message(user_id=desk.stage.cast.moderator.id, message_id=answer.message["id"])
    await desk.press(answer, "approve")
    await desk.panel_says(answer, "nothing was posted")
    assert people.message_of(answer.id) is None
    assert (await desk.stage.closed_books(answer.id)).ending == ("succeeded", None, "undeliverable")


async def test_pictures_that_runflow_no_longer_has_come_from_the_moderators_message(desk: Desk):
    desk.stage.play("nsfw_flagged", url_lifetime_s=60, fresh_urls=False)
    answer = await held(desk)
    desk.stage.sandbox.clock.advance(120)
    await desk.press(answer, "approve")
    card = await desk.card_shows(answer)
    assert len(card["attachments"]) == 1


async def test_undecided_is_rejected_by_the_channels_rule(desk: Desk):
    answer = await held(desk)
    desk.stage.alter(
        "UPDATE reviews SET due_at = opened_at WHERE run_id = (SELECT id FROM runs WHERE interaction_id = ?)",
        int(answer.id),
    )
    await desk.command("review retry")
    card = await desk.card_says(answer, "in time, so")
    assert not card["attachments"]
    await desk.panel_says(answer, "Rejected by the channel's rule: nobody decided in time")
    assert (desk.stage.review(answer.id) or {})["decided_by"] is None


async def test_undecided_has_a_time_where_the_channel_gives_one(desk: Desk):
    await desk.policy(desk.stage.cast.general, undecided="reject", undecided_hours=2)
    answer = await held(desk)
    assert "Without a decision it is rejected" in text_of(await desk.asked(answer))
    assert (desk.stage.review(answer.id) or {})["due_at"] is not None
    await desk.policy(desk.stage.cast.general, undecided="stay", undecided_hours=0)


async def test_without_a_channel_it_is_withheld_until_that_is_mended(desk: Desk):
    await desk.set_channel(None)
    try:
        answer = await desk.stage.imagine(image_size="square")
        assert "no moderator could be asked yet" in answer.text
        assert "no moderator could be asked yet" in answer.text
        assert not answer.attachments
        status = await desk.command("review status")
        assert "This server has no moderation channel. Choose one with /review channel." in status
    finally:
        await desk.set_channel(desk.stage.cast.mod_room)
    await desk.card_says(answer, WAITING)
    await desk.press(answer, "approve")
    await desk.card_shows(answer)


async def test_where_the_bot_may_not_write_admins_are_told_what_to_mend(desk: Desk):
    cast = desk.stage.cast
    bot = Overwrite(cast.bot.id, is_role=False, deny=int(Permission.SEND_MESSAGES))
    await desk.stage.discord.change_channel(cast.mod_room.id, overwrites=(*cast.mod_room.overwrites, bot))
    answer = await desk.stage.imagine(image_size="square")
    assert "no moderator could be asked yet" in answer.text
    status = await desk.command("review status", channel=cast.general)
    assert f"The bot may not post in <#{cast.mod_room.id}>. Let it view the channel and its history" in status
    await desk.stage.discord.change_channel(cast.mod_room.id, overwrites=cast.mod_room.overwrites)
    await desk.command("review retry")
    await desk.asked(answer)
    await desk.card_says(answer, WAITING)


async def test_a_channel_that_blocks_meanwhile_cannot_be_approved_into(desk: Desk):
    answer = await held(desk)
    await desk.policy(desk.stage.cast.general, policy="block")
    try:
        pressed = await desk.press(answer, "approve")
        assert "This channel does not show such pictures any more" in await desk.answer_to(pressed)
        assert (desk.stage.review(answer.id) or {})["outcome"] is None
    finally:
        await desk.policy(desk.stage.cast.general, policy="review")


async def test_where_everything_is_approved_a_clean_picture_waits_too(desk: Desk):
    desk.stage.play("fast")
    await desk.policy(desk.stage.cast.general, approve_everything=True)
    try:
        answer = await held(desk)
        assert "A moderator looks at it first" in answer.text
        assert "a moderator approves every picture" in text_of(await desk.asked(answer))
        await desk.press(answer, "approve")
        card = await desk.card_shows(answer)
        assert not card["attachments"][0]["filename"].startswith("SPOILER_")
    finally:
        await desk.policy(desk.stage.cast.general, approve_everything=False)


async def test_an_approved_picture_is_covered_where_the_channel_covers(desk: Desk):
    place = desk.stage.cast.after_dark
    await desk.policy(place, approve_everything=True)
    try:
        answer = await held(desk, channel=place)
        await desk.press(answer, "approve")
        card = await desk.card_shows(answer)
        assert card["attachments"][0]["filename"].startswith("SPOILER_")
    finally:
        await desk.policy(place, approve_everything=False)


async def test_allow_shows_flagged_pictures_where_adults_are_and_nowhere_else(desk: Desk):
    place = desk.stage.cast.after_dark
    await desk.policy(place, policy="allow")
    try:
        answer = await desk.stage.imagine(image_size="square", channel=place)
        assert answer.shows(1)
        assert not answer.gallery[0]["spoiler"]
        await desk.stage.discord.change_channel(place.id, nsfw=False)
        answer = await desk.stage.imagine(image_size="square", channel=place)
        assert "Hidden in this channel." in answer.text
    finally:
        await desk.stage.discord.change_channel(place.id, nsfw=True)
        await desk.policy(place, policy="spoiler")


async def test_the_prompt_is_hidden_where_the_channel_says_so(desk: Desk):
    await desk.policy(desk.stage.cast.general, hide_prompt=True)
    try:
        answer = await held(desk, prompt="a secret fox")
        assert "secret" not in answer.text
        assert "The prompt is hidden here." in answer.text
        assert "a secret fox" in text_of(await desk.asked(answer))
    finally:
        await desk.policy(desk.stage.cast.general, hide_prompt=False)


async def test_a_run_that_runflow_ends_for_its_content_says_so_and_costs_nothing(desk: Desk):
    desk.stage.play("nsfw_failed")
    answer = await desk.stage.imagine(image_size="square")
    assert "This one could not be made. Details says why." in answer.text
    assert answer.text.endswith("You were not charged.") or "You were not charged." in answer.text
    assert (await desk.stage.closed_books(answer.id)).ending == ("failed", "content", "shown")


async def test_the_log_channel_hears_of_decisions_and_of_what_to_mend(desk: Desk):
    stage, place = desk.stage, desk.stage.cast.after_dark
    stage.alter("UPDATE guild_settings SET log_channel_id = ?", place.id)
    try:
        answer = await held(desk)
        await desk.reject(answer, {"reason": "0"})
        await stage.until(lambda: "Rejected by" in "\n".join(desk.said_in(place)))
        (line,) = [line for line in desk.said_in(place) if "Review of a picture" in line]
        assert f"by <@{stage.cast.member.id}> in <#{stage.cast.general.id}>" in line
        assert f"Rejected by <@{stage.cast.moderator.id}>" in line
        await desk.set_channel(None)
        await stage.imagine(image_size="square")
        await stage.until(lambda: "Choose one with /review channel" in "\n".join(desk.said_in(place)))
    finally:
        await desk.set_channel(stage.cast.mod_room)
        stage.alter("UPDATE guild_settings SET log_channel_id = NULL")


async def test_a_moderators_message_that_was_deleted_can_be_had_again(desk: Desk):
    answer = await held(desk)
    panel = await desk.asked(answer)
    await desk.stage.discord.people.delete_message(user_id=desk.stage.cast.moderator.id, message_id=panel["id"])
    await desk.command("review retry")
    await desk.stage.until(lambda: desk.panel_of(answer) is not None)
    assert desk.panel_of(answer) != panel
    await desk.press(answer, "approve")
    await desk.card_shows(answer)


async def test_open_ones_are_listed_with_links(desk: Desk):
    desk.stage.alter("UPDATE reviews SET outcome = 'rejected', closed_at = opened_at WHERE outcome IS NULL")
    assert await desk.command("review list", person=desk.stage.cast.moderator) == "Nothing waits for a decision."
    answer = await held(desk)
    panel = await desk.asked(answer)
    listed = await desk.command("review list", person=desk.stage.cast.moderator)
    assert f"/{panel['channel_id']}/{panel['id']}" in listed


async def test_settings_are_for_admins(desk: Desk):
    answered = await desk.command("review reasons", person=desk.stage.cast.moderator, change="add", reason="x")
    assert "Manage Server" in answered


@pytest.mark.parametrize("how", ["terminated", "killed"])
async def test_a_restart_in_the_middle(desk: Desk, how: str):
    answer, other = await held(desk), await held(desk)
    opened = await desk.press(other, "reject")
    await desk.stage.discord.people.wait_interaction(opened, "modal")
    bot = desk.stage.sandbox.bot
    await (bot.terminate() if how == "terminated" else bot.kill())
    await desk.stage.sandbox.start_bot()
    await desk.press(answer, "approve")
    await desk.card_shows(answer)
    await desk.panel_says(answer, "The pictures are shown.")
    await desk.send_form(other, opened, desk.stage.cast.moderator, {"reason": "0"})
    await desk.card_says(other, "The reason: Not for this channel.")
