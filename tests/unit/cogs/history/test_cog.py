"""/history from Discord's payload to the calls it makes: who may see what, and cards that hold Discord's limits."""

from dataclasses import replace
from typing import Any

import pytest

from bot.catalog.request import Request
from bot.errors import Unavailable, UserError
from bot.money import MicroUsd
from bot.runs.past import Page
from bot.runs.run import Delivery, Place, Reason, Run, State
from cogs.history.view import price, standing
from cogs.ui.markdown import length
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import MEMBER_ROLE, MODERATOR_ROLE, by, server
from tests.unit.cogs.samples import PNG, FakeHistory, a_run, done
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, Call, interaction, pressed_button

V2, EPHEMERAL = 32768, 64
MANAGE_MESSAGES, VIEW_CHANNEL, MANAGE_THREADS = 1 << 13, 1 << 10, 1 << 34
HERE = Place(GUILD_ID, CHANNEL_ID)
SOMEBODY = USER_ID + 5
HOSTILE = (
    "||*_~`" * 300,
    "\u202e" + "z\u0301" * 900,
    "# " * 900,
    "@everyone <@1> https://x.example",
    "\U0001f98a" * 900,
)


def past(number: int, **changes: Any) -> Run:
    run = done(a_run(f"prompt {number}", user_id=USER_ID, place=HERE, delivery=Delivery.SHOWN))
    reply = replace(run.reply, interaction_id=1000 + number)
    return replace(run, **{"id": f"{number:032x}", "reply": reply, **changes})


def moderator(payload: dict[str, Any], permissions: int = MANAGE_MESSAGES | VIEW_CHANNEL) -> dict[str, Any]:
    return by(payload, MODERATOR_ROLE, held_here=permissions)


def asked(user_id: int | None = None, **how: Any) -> dict[str, Any]:
    """/history, with another person where one is named."""
    payload = interaction({}, command="history", **how)
    if user_id is not None:
        payload["data"]["options"] = [{"name": "user", "type": 6, "value": str(user_id)}]
        user = {"id": str(user_id), "username": "sam", "discriminator": "0", "avatar": None}
        payload["data"]["resolved"] = {"users": {str(user_id): user}}
    return payload


def walk(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in components:
        inner = [*one.get("components", []), *([one["accessory"]] if "accessory" in one else [])]
        found += [one, *walk(inner)]
    return found


def text(call: Call) -> str:
    return "\n".join(one["content"] for one in walk(call.body["components"]) if "content" in one)


def buttons(call: Call) -> list[str]:
    return [one["custom_id"] for one in walk(call.body["components"]) if one["type"] == 2]


async def listed(open_: Opened) -> Call:
    """The page that was shown, for one person's eyes."""
    (call,) = await open_.discord.wait("PATCH", "/messages/@original")
    (deferred,) = open_.discord.named("POST", "/callback")
    assert deferred.body["type"] == 6 or (deferred.body["type"], deferred.data["flags"]) == (5, EPHEMERAL)
    assert call.body["flags"] & V2
    assert call.body["allowed_mentions"] == {"parse": []}
    return call


async def refused(open_: Opened) -> str:
    """What was said instead, for one person's eyes."""
    (call,) = await open_.discord.wait("POST", "/callback")
    if call.body["type"] != 4:
        (call,) = await open_.discord.wait("POST", "/webhooks/")
    assert call.data["flags"] & EPHEMERAL
    return str(call.data["content"])


async def test_a_page_lists_runs_with_a_button_for_each_that_has_pictures() -> None:
    failed = past(8, state=State.FAILED, delivery=Delivery.SHOWN, result=None, cost=None, reason=Reason.BUSY)
    history = FakeHistory(page_now=Page((past(9), failed, past(7, delivery=Delivery.UNDELIVERABLE)), has_older=True))
    async with opened(history=history, server=server()) as open_:
        open_.press(asked())
        call = await listed(open_)
    assert history.asked == [(USER_ID, GUILD_ID, None, None)]
    assert buttons(call) == [
        f"history_pictures:{9:032x}",
        f"history_pictures:{7:032x}",
        f"history_page:{USER_ID}:before:1007",
    ]
    for words in ("prompt 9", "4 pictures · cost 1.2 ¢ · <t:", "no pictures · no charge", "card could not be reached"):
        assert words in text(call)


async def test_privately_it_lists_what_was_asked_for_privately() -> None:
    history = FakeHistory()
    async with opened(history=history, server=server()) as open_:
        open_.press(asked(dm=True))
        assert "Nothing has been asked for here yet." in text(await listed(open_))
    assert history.asked == [(USER_ID, None, None, None)]


@pytest.mark.parametrize("prompt", HOSTILE)
async def test_ten_runs_hold_discords_limits_whatever_their_prompts(prompt: str) -> None:
    runs = tuple(past(n, request=Request(prompt, 4), delivery=Delivery.SHOWN) for n in range(10))
    async with opened(history=FakeHistory(page_now=Page(runs, has_newer=True, has_older=True))) as open_:
        open_.press(asked())
        call = await listed(open_)
    parts = walk(call.body["components"])
    assert len(parts) <= 40
    assert sum(length(one["content"]) for one in parts if "content" in one) <= 4000
    assert all(len(custom_id) <= 100 for custom_id in buttons(call))
    assert len(set(buttons(call))) == 12


async def test_a_turn_of_the_page_changes_the_message_it_is_under() -> None:
    history = FakeHistory(page_now=Page((past(3),), has_newer=True))
    async with opened(history=history, server=server()) as open_:
        payload = pressed_button(f"history_page:{USER_ID}:before:1004")
        payload["message"]["flags"] |= EPHEMERAL
        open_.press(payload)
        call = await listed(open_)
        assert open_.discord.named("POST", "/callback")[0].body["type"] == 6
    assert history.asked == [(USER_ID, GUILD_ID, 1004, None)]
    assert f"history_page:{USER_ID}:after:1003" in buttons(call)


@pytest.mark.parametrize(
    "subject",
    [
        f"{SOMEBODY}:before:5",
        f"{SOMEBODY}:after:0",
        "5",
        f"{USER_ID}:before:-1",
        f"{USER_ID}:before:9223372036854775808",
        "99999999999999999999:before:1",
    ],
)
async def test_a_forged_page_shows_nothing(subject: str) -> None:
    history = FakeHistory(page_now=Page((past(1),)))
    async with opened(history=history, server=server()) as open_:
        open_.press(pressed_button(f"history_page:{subject}"))
        assert await refused(open_)
    assert history.asked == []


async def test_others_are_listed_for_moderators_only() -> None:
    history = FakeHistory(page_now=Page((past(1, user_id=SOMEBODY),)))
    async with opened(history=history, server=server()) as open_:
        open_.press(asked(SOMEBODY))
        assert "Manage Messages" in await refused(open_)
    assert history.asked == []
    async with opened(history=history, server=server()) as open_:
        open_.press(moderator(asked(SOMEBODY)))
        call = await listed(open_)
    assert f"<@{SOMEBODY}>" in text(call)
    assert "prompt 1" in text(call)
    assert history.asked == [(SOMEBODY, GUILD_ID, None, None)]


async def test_privately_nobody_moderates() -> None:
    async with opened(history=FakeHistory()) as open_:
        open_.press(asked(SOMEBODY, dm=True))
        assert "in a server only" in await refused(open_)


@pytest.mark.parametrize("place", [Place(GUILD_ID, 77), Place(GUILD_ID, 78, 77), Place(GUILD_ID, 78, CHANNEL_ID)])
async def test_moderators_read_no_prompt_from_where_they_cannot_look(place: Place) -> None:
    run = past(1, user_id=SOMEBODY, place=place)
    history = FakeHistory(page_now=Page((run,)), runs={run.id: run})
    async with opened(history=history, server=server()) as open_:
        open_.press(moderator(asked(SOMEBODY)))
        call = await listed(open_)
        assert "prompt 1" not in text(call)
        assert "a channel that you cannot see" in text(call)
        assert buttons(call) == []
    async with opened(history=history, server=server()) as open_:
        open_.press(moderator(pressed_button(f"history_pictures:{run.id}")))
        assert "Only the person who asked" in await refused(open_)
    assert history.viewings == []


async def test_pictures_go_to_the_one_who_pressed_with_alt_text() -> None:
    run = past(1)
    history = FakeHistory(runs={run.id: run}, spoiler=True)
    async with opened(history=history, server=server()) as open_:
        open_.press(pressed_button(f"history_pictures:{run.id}"))
        call = await listed(open_)
    assert list(call.files.values()) == [PNG, PNG]
    assert all(name.startswith("SPOILER_") for name in call.files)
    assert [one["description"] for one in call.body["attachments"]] == [f"Picture {n} of 4: prompt 1" for n in (1, 2)]
    (seen,) = history.viewings
    assert (seen.user_id, seen.context.channel_id, seen.context.age_restricted) == (USER_ID, HERE.channel_id, False)
    assert seen.limit_bytes == 10_485_760


async def test_pictures_of_others_are_for_moderators_only() -> None:
    run = past(1, user_id=SOMEBODY)
    history = FakeHistory(runs={run.id: run})
    async with opened(history=history, server=server()) as open_:
        open_.press(pressed_button(f"history_pictures:{run.id}"))
        assert "Manage Messages" in await refused(open_)
    assert history.viewings == []
    async with opened(history=history, server=server()) as open_:
        open_.press(moderator(pressed_button(f"history_pictures:{run.id}")))
        assert len((await listed(open_)).files) == 2


@pytest.mark.parametrize("refusal", [UserError("They are not kept any more."), Unavailable("Try again later.")])
async def test_why_there_are_none_is_said(refusal: UserError | Unavailable) -> None:
    run = past(1)
    async with opened(history=FakeHistory(runs={run.id: run}, refusal=refusal)) as open_:
        open_.press(pressed_button(f"history_pictures:{run.id}"))
        assert await refused(open_) == str(refusal)
        assert open_.discord.named("DELETE", "/messages/@original")  # the public waiting message, were it one


async def test_a_run_nobody_knows_is_said_to_be_so() -> None:
    async with opened(history=FakeHistory()) as open_:
        open_.press(pressed_button(f"history_pictures:{'a' * 32}"))
        assert "not known here" in await refused(open_)


@pytest.mark.parametrize("answer", [(413, 0), (400, 40005)])
async def test_pictures_discord_finds_too_large_are_said_to_be_so(answer: tuple[int, int]) -> None:
    run = past(1)

    def refuse(call: Call) -> tuple[int, dict[str, Any]] | None:
        return (answer[0], {"message": "no", "code": answer[1]}) if call.method == "PATCH" else None

    async with opened(history=FakeHistory(runs={run.id: run})) as open_:
        open_.discord.refuse = refuse
        open_.press(pressed_button(f"history_pictures:{run.id}"))
        assert "too large" in await refused(open_)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": State.ACCEPTED}, "waiting in line · not charged yet"),
        ({"state": State.RUNNING}, "in progress · not charged yet"),
        ({"state": State.LOST, "result": None, "cost": None}, "no pictures · no charge so far"),
        ({"state": State.CANCELED, "result": None, "cost": None}, "canceled · no charge"),
        ({"delivery": Delivery.PENDING}, "4 pictures, on the way to the card · cost 1.2 ¢"),
        ({"delivery": Delivery.HELD}, "4 pictures, waiting for a moderator · cost 1.2 ¢"),
        ({"delivery": Delivery.WITHHELD}, "4 pictures, kept back by the channel's rules · cost 1.2 ¢"),
        ({"reason": Reason.UPLOAD_REFUSED}, "4 pictures, which could not be posted · cost 1.2 ¢"),
        ({"cost_estimated": True, "cost": MicroUsd(5000)}, "4 pictures · cost about 0.5 ¢"),
    ],
)
def test_each_end_has_its_words(changes: dict[str, Any], said: str) -> None:
    run = past(1, **changes)
    assert f"{standing(run)} · {price(run)}" == said


async def test_prompts_of_what_is_kept_back_are_covered() -> None:
    history = FakeHistory(page_now=Page((past(1, delivery=Delivery.WITHHELD),)))
    async with opened(history=history, server=server()) as open_:
        open_.press(asked())
        call = await listed(open_)
    assert "||prompt 1||" in text(call)
    assert buttons(call) == []


async def test_a_forged_turn_under_a_card_changes_no_card() -> None:
    async with opened(history=FakeHistory(), server=server()) as open_:
        open_.press(pressed_button(f"history_page:{USER_ID}:after:0"))
        (deferred,) = await open_.discord.wait("POST", "/callback")
    assert (deferred.body["type"], deferred.data["flags"]) == (5, EPHEMERAL)


async def test_whoever_moderates_one_channel_lists_nobodys_requests_and_sees_those_from_there() -> None:
    run, other = past(1, user_id=SOMEBODY), past(2, user_id=SOMEBODY, place=Place(GUILD_ID, 77))
    history = FakeHistory(runs={run.id: run, other.id: other})
    for payload, may in (
        (asked(SOMEBODY), False),
        (pressed_button(f"history_page:{SOMEBODY}:after:0"), False),
        (pressed_button(f"history_pictures:{other.id}"), False),
        (pressed_button(f"history_pictures:{run.id}"), True),
    ):
        async with opened(history=history, server=server()) as open_:
            open_.press(by(payload, MEMBER_ROLE, held_here=MANAGE_MESSAGES))
            if may:
                assert len((await listed(open_)).files) == 2
            else:
                assert "Manage Messages" in await refused(open_)
    assert history.asked == []


def brought_along(payload: dict[str, Any]) -> dict[str, Any]:
    """The interaction, where only the person has the app."""
    return payload | {"authorizing_integration_owners": {"1": str(USER_ID)}}


async def test_where_the_person_brought_the_app_their_private_requests_are_listed() -> None:
    history = FakeHistory()
    async with opened(history=history) as open_:
        open_.press(brought_along(asked()))
        await listed(open_)
    assert history.asked == [(USER_ID, None, None, None)]


async def test_a_server_that_has_the_bot_is_never_private() -> None:
    history = FakeHistory()
    async with opened(history=history, server=server()) as open_:
        open_.press(brought_along(asked()))
        await listed(open_)
    assert history.asked == [(USER_ID, GUILD_ID, None, None)]
