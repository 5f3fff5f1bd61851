"""Who may press the buttons of somebody's card: setting by presser by button, as Discord would send the press."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from bot.catalog.flux_klein_edit import FLUX_KLEIN_EDIT
from bot.catalog.registry import Registry
from bot.errors import OptionError
from bot.guilds.permissions import PERMISSIONS
from bot.moderation.policy import Policy
from bot.moderation.pressers import AUTHOR, EVERYONE, Pressers
from bot.moderation.rules import ChannelRules, ChannelSetting
from bot.runs.card import Pictures
from bot.runs.drafts import Draft
from bot.runs.run import Delivery, PictureRef, Place, Run
from cogs.imagine.workbench import Bench
from cogs.ui import cards
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import MANAGE_MESSAGES, MEMBER_ROLE, MODERATOR_ROLE, by, server
from tests.unit.cogs.samples import (
    NOW,
    FakeDrafts,
    FakeHistory,
    FakePolicies,
    FakeRuns,
    FakeSaved,
    SampleModel,
    a_run,
    done,
    pictures,
)
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, Call, interaction, pressed_button, sent_form

RUN_ID, DRAFT_ID = f"{7:032x}", f"{1:032x}"
AUTHOR_ID, OTHER_ROLE, GONE_ROLE = USER_ID + 5, 710000000000000009, 710000000000000099
SETTINGS = {
    "everyone": EVERYONE,
    "author": AUTHOR,
    "role": Pressers(frozenset({MEMBER_ROLE})),
    "gone": Pressers(frozenset({GONE_ROLE})),
}


class Presser(NamedTuple):
    user_id: int = USER_ID
    roles: tuple[int, ...] = ()
    held_here: int = 0


PRESSERS = {
    "author": Presser(user_id=AUTHOR_ID),
    "member": Presser(roles=(MEMBER_ROLE, OTHER_ROLE)),
    "other": Presser(roles=(OTHER_ROLE,)),
    "moderator": Presser(roles=(MODERATOR_ROLE,)),
    "moderator here": Presser(held_here=MANAGE_MESSAGES),
}
LOOKS = {"details", "picture"}
BUTTONS = sorted(action for action, rule in PERMISSIONS.buttons.items() if rule.by_channel)
SUBJECTS: Mapping[str, str] = {
    **dict.fromkeys(("picture", "download", "edit", "more_subtle", "more_strong", "zoom_out"), f"{RUN_ID}:1"),
    "edit_picture": f"{RUN_ID}:1",
    "draft_change": DRAFT_ID,
    "draft_fewer": f"{DRAFT_ID}:1",
}
REFUSALS = ("Only the one who asked", "Only people with")


def the_run(*, then: Pressers = EVERYONE, channel_id: int = CHANNEL_ID) -> Run:
    rules = ChannelRules(Policy.BLOCK, buttons=then)
    place = Place(GUILD_ID, channel_id)
    return done(a_run("a red fox", id=RUN_ID, user_id=AUTHOR_ID, place=place, delivery=Delivery.SHOWN, rules=rules))


def two_channels() -> dict[str, Any]:
    """A server in which everybody sees both channels."""
    room = {"type": 0, "position": 0, "nsfw": False}
    channels = [room | {"id": str(CHANNEL_ID + one), "name": f"room-{one}"} for one in (0, 1)]
    payload = server(channels=channels)
    everyone, *others = payload["roles"]
    return payload | {"roles": [everyone | {"permissions": str(1 << 10)}, *others]}


async def said(
    payload: dict[str, Any], presser: str, *, now: Pressers = EVERYONE, run: Run | None = None
) -> tuple[bool, list[Call]]:
    """Whether the press was let through, and all that was sent to Discord."""
    who = PRESSERS[presser]
    draft = Draft(DRAFT_ID, who.user_id, SampleModel.model_id, {"prompt": "a red fox"}, (), NOW, RUN_ID)
    runs, saved = FakeRuns(), FakeSaved()
    history = FakeHistory(runs={RUN_ID: run or the_run()})
    policies = FakePolicies(ChannelSetting(buttons=now))
    async with opened(
        runs,
        history=history,
        drafts=FakeDrafts({DRAFT_ID: draft}),
        policies=policies,
        saved=saved,
        server=two_channels(),
        models=Registry((SampleModel(), FLUX_KLEIN_EDIT)),
    ) as open_:
        open_.press(by(payload, *who.roles, held_here=who.held_here, user_id=who.user_id))
        await open_.discord.wait("POST", "/callback")
        await open_.client.intake.quiet()
        calls = [one for one in open_.discord.calls if "/commands" not in one.path and one.body]
    was_refused = any(words in str(one.body) for one in calls for words in REFUSALS)
    if was_refused:
        assert not runs.accepted
        assert not history.viewings
        assert not saved.kept
        assert not [one for one in calls if one.files or one.body.get("type") == 9]
    assert not any(words in str(one.body) for one in calls for words in ("leads nowhere", "cannot be edited here"))
    return not was_refused, calls


def is_let(setting: str, presser: str, action: str) -> bool:
    return (
        presser == "author"
        or setting == "everyone"
        or (setting == "role" and presser == "member")
        or (presser.startswith("moderator") and action in LOOKS)
    )


@pytest.mark.parametrize("presser", PRESSERS)
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("action", BUTTONS)
async def test_a_press_goes_as_far_as_the_channel_lets_it(action: str, setting: str, presser: str) -> None:
    payload = pressed_button(f"{action}:{SUBJECTS.get(action, RUN_ID)}")
    let, _ = await said(payload, presser, now=SETTINGS[setting])
    assert let is is_let(setting, presser, action)


@pytest.mark.parametrize("action", sorted(one for one, rule in PERMISSIONS.forms.items() if rule.by_channel))
@pytest.mark.parametrize("presser", ["author", "other", "moderator"])
async def test_a_form_that_was_opened_before_goes_no_further(action: str, presser: str) -> None:
    words = {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "prompt", "value": "a blue fox"}}
    let, _ = await said(sent_form(f"{action}:{SUBJECTS.get(action, RUN_ID)}", words), presser, now=AUTHOR)
    assert let is (presser == "author")


@pytest.mark.parametrize("presser", ["author", "member", "other"])
async def test_what_held_when_it_was_asked_for_binds_too(presser: str) -> None:
    let, _ = await said(pressed_button(f"again:{RUN_ID}"), presser, run=the_run(then=SETTINGS["role"]))
    assert let is (presser != "other")
    both = Pressers(frozenset({OTHER_ROLE}))
    let, _ = await said(pressed_button(f"again:{RUN_ID}"), presser, now=both, run=the_run(then=SETTINGS["role"]))
    assert let is (presser != "other"), "a person with both roles is let by both"


async def test_the_refusal_is_one_sentence_that_names_the_role() -> None:
    _, calls = await said(pressed_button(f"again:{RUN_ID}"), "other", now=SETTINGS["role"])
    (words,) = {one.data["content"] for one in calls if "content" in one.data}
    assert words == f"Only people with <@&{MEMBER_ROLE}>, and the one who asked for it, may use this button."
    _, calls = await said(pressed_button(f"again:{RUN_ID}"), "other", now=SETTINGS["gone"])
    (words,) = {one.data["content"] for one in calls if "content" in one.data}
    assert words == "Only the one who asked for it may use this button."


@pytest.mark.parametrize(("presser", "let"), [("moderator here", False), ("moderator", True)])
async def test_a_moderator_of_one_channel_does_not_look_at_cards_of_another(presser: str, let: bool) -> None:
    elsewhere = the_run(channel_id=CHANNEL_ID + 1)
    was_let, calls = await said(pressed_button(f"details:{RUN_ID}"), presser, now=AUTHOR, run=elsewhere)
    assert was_let is let
    assert "not from a channel that you can see" not in str([one.body for one in calls])


def test_every_button_of_a_card_and_of_its_workbench_asks_the_channel() -> None:
    run = the_run()
    ending = Pictures(pictures(2))
    views = cards.final(run, ending), Bench(run, ending, PictureRef(RUN_ID, 0))
    shown = {
        str(getattr(item, "custom_id")).partition(":")[0]  # noqa: B009 - views know their items as any kind
        for view in views
        for item in view.walk_children()
        if getattr(item, "custom_id", None)
    }
    assert {"again", "picture", "save", "download"} <= shown
    assert shown <= set(BUTTONS)


async def test_a_refusal_keeps_the_words_with_the_card_that_they_are_from() -> None:
    drafts = FakeDrafts()
    runs = FakeRuns(refusal=OptionError("prompt", "x", "y"))
    history = FakeHistory(runs={RUN_ID: the_run()})
    async with opened(runs, history=history, drafts=drafts, server=server()) as open_:
        open_.press(by(pressed_button(f"again:{RUN_ID}"), user_id=AUTHOR_ID))
        await open_.discord.wait("POST", "/callback")
        open_.press(by(interaction({"prompt": "a fox"}), user_id=AUTHOR_ID))
        await open_.discord.wait("POST", "/callback", 2)
        await open_.client.intake.quiet()
    assert [one.card for one in drafts.kept.values()] == [RUN_ID, None]


async def test_outside_servers_nothing_can_be_set() -> None:
    payload = pressed_button(f"again:{RUN_ID}")
    direct = interaction({}, dm=True)
    payload = {key: value for key, value in payload.items() if key not in {"member", "guild_id"}}
    payload |= {"user": direct["user"], "channel": direct["channel"], "authorizing_integration_owners": {"1": "1"}}
    private = done(a_run("a red fox", id=RUN_ID, user_id=USER_ID, place=Place(None, CHANNEL_ID)))
    runs = FakeRuns()
    async with opened(
        runs, history=FakeHistory(runs={RUN_ID: private}), policies=FakePolicies(ChannelSetting(buttons=AUTHOR))
    ) as open_:
        open_.press(payload)
        await open_.discord.wait("POST", "/callback")
        await open_.client.intake.quiet()
    assert len(runs.accepted) == 1
