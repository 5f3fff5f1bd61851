"""When Discord is late, broken or has lost the card: no money stays held, and a card that stands comes to an end."""

import pytest

from sandbox.discord.switches import DiscordSwitches, FailNext
from tests.journeys.helpers import AT_ONCE, Entry, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

EDIT = "/messages/"


async def assert_never_sent(stage: Stage, interaction_id: str) -> None:
    """What was held was given back, and Runflow heard nothing."""
    books = await stage.closed_books(interaction_id)
    assert books.ending == ("canceled", "canceled", "undeliverable")
    assert [entry.kind for entry in books.entries] == ["reserve", "release"]
    assert not stage.creates


@pytest.mark.parametrize(
    "broken",
    [
        DiscordSwitches(ack_deadline_s=0.0),
        DiscordSwitches(ack_deadline_s=1.0, fail_next=(FailNext("/callback", 400, count=9, code=50035),)),
    ],
    ids=["too late", "refused"],
)
async def test_a_press_that_cannot_be_acknowledged_is_never_sent(stage: Stage, broken: DiscordSwitches):
    stage.discord.switches = broken
    answer = await stage.imagine(image_size="square")
    assert answer.message is None
    await assert_never_sent(stage, answer.id)
    await stage.until(lambda: any("could not be said" in line for line in stage.log))


@pytest.mark.parametrize("status", [502, 503])  # discord.py repeats the one, and finds it acknowledged; not the other
async def test_an_acknowledgement_whose_answer_was_lost_goes_on_with_its_card(stage: Stage, status: int):
    stage.discord.switches = DiscordSwitches(fail_next=(FailNext("/callback", status, applied=True),))
    answer = await stage.imagine(image_size="square")
    assert answer.shows(1)
    assert (await stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")
    assert len(stage.creates) == 1
    assert not [call for call in stage.calls if call.method == "POST" and call.route.startswith("/webhooks/")]


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_last_edit_that_discord_does_not_take_is_sent_again(stage: Stage, status: int):
    stage.runflow.switches = AT_ONCE
    stage.discord.switches = DiscordSwitches(fail_next=(FailNext(EDIT, status, method="PATCH"),))
    answer = await stage.imagine(image_size="square")
    assert answer.shows(1)
    books = await stage.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert books.entries[1:] == (Entry("settle", stage.billed(answer)),)
    assert [call.status for call in stage.calls if call.method == "PATCH"] == [status, 200]
    assert len(answer.attachments) == 1


async def test_a_last_edit_whose_answer_was_lost_shows_its_pictures_once(stage: Stage):
    stage.runflow.switches = AT_ONCE
    stage.discord.switches = DiscordSwitches(fail_next=(FailNext(EDIT, 503, method="PATCH", applied=True),))
    answer = await stage.imagine(image_size="square")
    books = await stage.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    message = stage.discord.people.message_of(answer.id)
    assert message is not None
    assert len(message["attachments"]) == 1


async def test_a_rate_limit_on_the_last_edit_is_waited_out(stage: Stage):
    stage.runflow.switches = AT_ONCE
    stage.discord.switches = DiscordSwitches(fail_next=(FailNext(EDIT, 429, method="PATCH", retry_after_s=0.2),))
    answer = await stage.imagine(image_size="square")
    assert answer.shows(1)
    assert (await stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")


async def test_progress_that_cannot_be_shown_does_not_keep_the_pictures_away(stage: Stage):
    stage.play("default", running_s=0.5)
    stage.discord.switches = DiscordSwitches(fail_next=(FailNext(EDIT, 404, method="PATCH", code=10062),))
    answer = await stage.imagine(image_size="square")
    assert answer.shows(1)
    assert (await stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")


async def test_a_card_deleted_meanwhile_is_paid_for_and_noted_as_undeliverable(stage: Stage):
    stage.play("default", running_s=0.5)
    async with stage.pressing(image_size="square") as press:
        card = await press.drawing()
        await stage.discord.people.delete_message(user_id=stage.cast.moderator.id, message_id=card["id"])
        books = await stage.closed_books(press.id)
        assert books.ending == ("succeeded", None, "undeliverable")
        assert books.entries[1:] == (Entry("settle", stage.billed(press.answer(None))),)
        assert stage.discord.people.message_of(press.id) is None


async def test_an_expired_token_is_followed_by_an_edit_through_the_channel(stage: Stage):
    stage.play("default", running_s=0.5)
    async with stage.pressing(image_size="square") as press:
        await press.drawing()
        stage.discord.switches = DiscordSwitches(token_life_s=0.0)
        answer = await press.end()
    assert answer.shows(1)
    assert (await stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")
    assert [call.route for call in stage.calls if call.status == 200][
        -1
    ] == "/channels/{channel_id}/messages/{message_id}"


async def test_a_token_that_expired_in_a_foreign_place_leaves_the_run_paid_and_undeliverable(stage: Stage):
    stage.play("default", running_s=0.5)
    async with stage.pressing(image_size="square", channel=stage.cast.elsewhere) as press:
        await press.drawing()
        stage.discord.switches = DiscordSwitches(token_life_s=0.0)
        books = await stage.closed_books(press.id)
    assert books.ending == ("succeeded", None, "undeliverable")
    assert books.entries[1:] == (Entry("settle", stage.billed(press.answer(None))),)


@pytest.mark.parametrize("kind", ["reconnect", "abrupt"])
async def test_a_gateway_that_breaks_keeps_no_card_from_its_end(stage: Stage, kind: str):
    stage.play("default", running_s=0.5)
    seen = stage.discord.gateway_connections
    async with stage.pressing(image_size="square") as press:
        await press.drawing()
        await stage.discord.drop_gateway(kind)
        answer = await press.end()
    assert answer.shows(1)
    assert (await stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")
    await stage.until(lambda: stage.discord.gateway_connections > seen)
    await stage.discord.wait_connected(30)
