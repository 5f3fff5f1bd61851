"""Private requests at the wire: ephemeral from the first answer on, posted by their own person where the bot may."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.errors import BotError, LimitError, Unavailable, UserError
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.runs.run import Delivery, Place, Run
from tests.unit.cogs.imagine.test_card_buttons import EPHEMERAL, HERE, RUN_ID, past
from tests.unit.cogs.opened import opened
from tests.unit.cogs.samples import FakeDrafts, FakeHistory, FakeRuns
from tests.unit.cogs.wire import APPLICATION_ID, CHANNEL_ID, GUILD_ID, USER_ID, interaction, pressed_button

ALL = str((1 << 10) | (1 << 11) | (1 << 15) | (1 << 38))
"""View Channel, Send Messages, Attach Files, Send Messages in Threads."""


@dataclass
class FakePosts:
    refusal: BotError | None = None
    becomes: dict[str, Any] = field(default_factory=dict[str, Any])
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def post(self, run: Run, *, by: int) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append((run.id, by))

    async def after(self, run_id: str) -> Run:
        return past(**{"private": False, "posted_at": past().created_at, **self.becomes})


class Privately:
    """A channel whose answers begin as private ones; or one of which nothing is known."""

    def __init__(self, *, known: bool = True) -> None:
        self.known = known

    async def rules_at(self, channel_context: ChannelContext) -> ChannelRules:
        if not self.known:
            raise Unavailable("the database is away")
        return ChannelRules(Policy.BLOCK, private=True)


@pytest.mark.parametrize(
    ("options", "policies", "private"),
    [
        ({"private": True}, None, True),
        ({"private": False}, None, False),
        ({}, None, False),
        ({}, Privately(), True),
        ({"private": False}, Privately(), True),
        ({}, Privately(known=False), True),
    ],
)
async def test_who_sees_the_answer(options: dict[str, object], policies: object, *, private: bool) -> None:
    runs = FakeRuns()
    async with opened(runs, policies=policies) as open_:
        open_.press(interaction({"prompt": "a red fox", **options}))
        (call,) = await open_.discord.wait("POST", "/callback")
    assert bool(call.data.get("flags", 0) & EPHEMERAL) is private
    (asked,) = runs.accepted
    assert (asked["private"], asked["options"]) == (private, {"prompt": "a red fox"})
    assert ("Only you see this" in str(call.data["components"])) is private


async def test_private_is_yes_or_no() -> None:
    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.press(interaction({"prompt": "a red fox", "private": "perhaps"}))
        (call,) = await open_.discord.wait("POST", "/callback")
    assert "Allowed: yes or no" in call.data["content"]
    assert not runs.accepted


async def test_again_from_a_private_card_is_private() -> None:
    runs = FakeRuns()
    async with opened(runs, history=FakeHistory(runs={RUN_ID: past(private=True)})) as open_:
        open_.press(pressed_button(f"again:{RUN_ID}"))
        (call,) = await open_.discord.wait("POST", "/callback")
    assert call.data["flags"] & EPHEMERAL
    assert runs.accepted[0]["private"]


async def test_what_was_refused_stays_private_when_it_is_taken_up() -> None:
    runs, drafts = FakeRuns(refusal=LimitError("That is too much for today.", fits=1)), FakeDrafts()
    async with opened(runs, drafts=drafts) as open_:
        open_.press(interaction({"prompt": "a red fox", "num_images": 4, "private": True}))
        await open_.discord.wait("POST", "/callback")
        (draft,) = drafts.kept.values()
        runs.refusal = None
        open_.press(pressed_button(f"draft_fewer:{draft.id}:1"))
        _, call = await open_.discord.wait("POST", "/callback", 2)
    assert call.data["flags"] & EPHEMERAL
    assert [(one["private"], one["options"]) for one in runs.accepted] == [
        (True, {"prompt": "a red fox", "num_images": 1})
    ]


def pressed(permissions: str = ALL) -> dict[str, Any]:
    return pressed_button(f"post:{RUN_ID}") | {"app_permissions": permissions}


async def said(posts: FakePosts, payload: dict[str, Any], run: Run | None = None) -> str:
    """What a press was answered with, for one person's eyes."""
    history = FakeHistory(runs={RUN_ID: run or past(private=True)})
    async with opened(history=history, posts=posts) as open_:
        open_.press(payload)
        (first,) = await open_.discord.wait("POST", "/callback")
        assert first.body["type"] == 5
        assert first.data["flags"] == EPHEMERAL
        (told,) = await open_.discord.wait("POST", f"/webhooks/{APPLICATION_ID}/tok-secret")
    assert told.data["flags"] & EPHEMERAL
    return str(told.data["content"])


async def test_the_answer_leads_to_what_was_posted() -> None:
    posts = FakePosts()
    words = await said(posts, pressed())
    assert posts.asked == [(RUN_ID, USER_ID)]
    assert words.startswith("[Posted](https://discord.com/channels/")


@pytest.mark.parametrize(
    ("becomes", "words"),
    [
        ({"private": True, "posted_at": None, "delivery": Delivery.UNDELIVERABLE}, "stays private"),
        ({"delivery": Delivery.HELD}, "waits for a moderator"),
        ({"delivery": Delivery.PENDING}, "on its way"),
        ({"delivery": Delivery.WITHHELD}, "could not be shown"),
    ],
)
async def test_what_came_of_it_is_said_as_it_is(becomes: dict[str, Any], words: str) -> None:
    assert words in await said(FakePosts(becomes=becomes), pressed())


@pytest.mark.parametrize("missing", [1 << 10, 1 << 11, 1 << 15])
async def test_where_the_bot_may_not_post_there_is_a_sentence(missing: int) -> None:
    posts = FakePosts()
    assert "nothing was posted" in await said(posts, pressed(str(int(ALL) & ~missing)))
    assert not posts.asked


async def test_it_is_posted_where_it_was_asked_for() -> None:
    posts = FakePosts()
    elsewhere = past(private=True, place=Place(GUILD_ID, CHANNEL_ID + 1))
    assert "only in the channel where you asked" in await said(posts, pressed(), elsewhere)
    assert not posts.asked


async def test_a_refusal_is_said() -> None:
    assert await said(FakePosts(refusal=UserError("This is posted already.")), pressed()) == "This is posted already."


@pytest.mark.parametrize("action", ["again", "change", "details", "picture", "download"])
async def test_nobody_else_gets_at_it_in_whatever_channel(action: str) -> None:
    subject = f"{action}:{RUN_ID}" + (":1" if action in {"picture", "download"} else "")
    run = replace(past(private=True, user_id=USER_ID + 5), place=HERE)
    runs, history = FakeRuns(), FakeHistory(runs={RUN_ID: run})
    async with opened(runs, history=history) as open_:
        open_.press(pressed_button(subject))
        (first,) = await open_.discord.wait("POST", "/callback")
        told = first
        if first.body["type"] != 4:
            (told,) = await open_.discord.wait("POST", f"/webhooks/{APPLICATION_ID}/tok-secret")
    assert "not from a channel that you can see" in told.data["content"]
    assert not runs.accepted
    assert not history.viewings
