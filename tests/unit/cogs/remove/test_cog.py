"""“Remove picture”: who may, what they are asked, and that what they read is so."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.errors import UserError
from bot.guilds.settings import GuildSettings
from bot.runs.review.removing import Removed
from bot.runs.run import Delivery, Place, Removal, Run
from cogs.remove import texts
from cogs.ui.telling import Hearing
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import ADMIN_ROLE, ADMINISTRATOR, MEMBER_ROLE, MODERATOR_ROLE, by, server
from tests.unit.cogs.samples import NOW, FakeGuilds, FakeHistory, FakeRuns, a_run, done
from tests.unit.cogs.wire import (
    CHANNEL_ID,
    GUILD_ID,
    MESSAGE_ID,
    USER_ID,
    interaction,
    message,
    pressed_button,
    sent_form,
)

SOMEBODY, OTHER_CHANNEL, OTHER_SERVER, LOG = USER_ID + 9, CHANNEL_ID + 1, GUILD_ID + 1, 4242
MANAGE_MESSAGES = 1 << 13


def shown(**changes: Any) -> Run:
    return done(a_run(), **{"delivery": Delivery.SHOWN, **changes})


@dataclass
class FakeRemovals:
    """Removes pictures. `becomes` is how the card stands after the next try."""

    becomes: Delivery = Delivery.WITHHELD
    asked: list[tuple[str, int, str | None]] = field(default_factory=list[tuple[str, int, str | None]])
    runs: dict[str, Run] = field(default_factory=dict[str, Run])

    async def remove(self, run: Run, *, by: int, reason: str | None = None) -> Removed:
        self.asked.append((run.id, by, reason))
        first = len(self.asked) == 1
        removed = replace(run, removal=Removal(by, NOW, reason), delivery=Delivery.PENDING)
        return Removed(self.runs.setdefault(run.id, removed), first)

    async def after(self, run_id: str) -> Run:
        run = self.runs.get(run_id) or shown(removal=Removal(USER_ID, NOW))
        return replace(run, delivery=self.becomes)


class Sanctions:
    """Whom the bot may write to."""

    def __init__(self, *, writes: bool = True) -> None:
        self.writes = writes
        self.asked: list[tuple[int, int]] = []

    async def may_write_to(self, guild_id: int, user_id: int) -> bool:
        self.asked.append((guild_id, user_id))
        return self.writes

    async def unheard(self, guild_id: int, user_id: int) -> None:
        return None


class Logged(FakeGuilds):
    async def settings_of(self, guild_id: int) -> GuildSettings:
        return GuildSettings(log_channel_id=LOG)


class KnownHere(FakeHistory):
    """Knows runs by their server, as the real one does."""

    async def find(self, run_id: str, guild_id: int | None) -> Run:
        run = await super().find(run_id, guild_id)
        if run.place.guild_id != guild_id:
            raise UserError("This request is not known here any more.")
        return run


Way = Callable[[Run], dict[str, Any]]


def menu(run: Run, *, dm: bool = False) -> dict[str, Any]:
    """The menu of a card, as Discord sends it."""
    data: dict[str, Any] = {"id": "1", "name": "Remove picture", "type": 3, "target_id": str(MESSAGE_ID)}
    return interaction({}, dm=dm) | {"data": data | {"resolved": {"messages": {str(MESSAGE_ID): message()}}}}


def button(run: Run) -> dict[str, Any]:
    return pressed_button(f"remove:{run.id}")


def confirmed(run: Run) -> dict[str, Any]:
    payload = pressed_button(f"remove_yes:{run.id}")
    return payload | {"message": payload["message"] | {"flags": 64}}


def form(run: Run, words: str = "not here") -> dict[str, Any]:
    return sent_form(f"remove:{run.id}", {"type": 4, "custom_id": "words", "value": words})


WAYS: dict[str, Way] = {"menu": menu, "button": button, "confirm": confirmed, "form": form}


@dataclass
class Scene:
    open_: Opened
    removals: FakeRemovals
    sanctions: Sanctions

    async def said(self) -> str:
        """What whoever pressed read last, once the press is over."""
        await self.open_.discord.wait("POST", "/callback")
        await self.open_.client.intake.quiet()
        calls = [c for c in self.open_.discord.calls if c.path.endswith("/callback") or c.path.startswith("/webhooks")]
        return next((str(c.data["content"]) for c in reversed(calls) if c.data and "content" in c.data), "")


class opening:  # noqa: N801 - read as what it does
    """A server with its roles, and one card."""

    def __init__(self, run: Run, *, becomes: Delivery = Delivery.WITHHELD, writes: bool = True) -> None:
        self.removals, self.sanctions = FakeRemovals(becomes), Sanctions(writes=writes)
        self._opened = opened(
            FakeRuns(started=[(run, MESSAGE_ID)]),
            history=KnownHere(runs={run.id: run}),
            removals=self.removals,
            sanctions=self.sanctions,
            guild_settings=Logged(),
            server=server(),
        )

    async def __aenter__(self) -> Scene:
        return Scene(await self._opened.__aenter__(), self.removals, self.sanctions)

    async def __aexit__(self, *error: Any) -> None:
        await self._opened.__aexit__(*error)


# --- who may


AUTHOR, STRANGER, THERE, ELSEWHERE, MODERATOR, ADMIN, ADMINISTRATES = (
    "who made it",
    "a stranger",
    "who moderates its channel",
    "who moderates the channel where they are, and it is of another",
    "a moderator",
    "who manages the server",
    "an administrator",
)
ACTORS: dict[str, tuple[int, tuple[int, ...], int, int]] = {
    # the person, their roles, what they hold where they are, the picture's channel
    AUTHOR: (USER_ID, (MEMBER_ROLE,), 0, CHANNEL_ID),
    STRANGER: (SOMEBODY, (MEMBER_ROLE,), 0, CHANNEL_ID),
    THERE: (SOMEBODY, (MEMBER_ROLE,), MANAGE_MESSAGES, CHANNEL_ID),
    ELSEWHERE: (SOMEBODY, (MEMBER_ROLE,), MANAGE_MESSAGES, OTHER_CHANNEL),
    MODERATOR: (SOMEBODY, (MODERATOR_ROLE,), 0, OTHER_CHANNEL),
    ADMIN: (SOMEBODY, (ADMIN_ROLE,), 0, CHANNEL_ID),
    ADMINISTRATES: (SOMEBODY, (MEMBER_ROLE,), ADMINISTRATOR, OTHER_CHANNEL),
}
OWNS, MODERATES = {AUTHOR}, {THERE, MODERATOR, ADMINISTRATES}


@pytest.mark.parametrize("way", ["menu", "button"])
@pytest.mark.parametrize("actor", ACTORS)
async def test_who_is_asked_what(actor: str, way: str) -> None:
    user_id, roles, held, channel_id = ACTORS[actor]
    run = shown(place=Place(GUILD_ID, channel_id))
    async with opening(run) as scene:
        scene.open_.press(by(WAYS[way](run), *roles, held_here=held, user_id=user_id))
        (answer,) = await scene.open_.discord.wait("POST", "/callback")
        assert scene.removals.asked == []
    if actor in OWNS:
        (row,) = answer.data["components"]
        assert answer.data["content"] == "Remove these 4 pictures? They can't be shown again."
        assert (row["components"][0]["custom_id"], row["components"][0]["style"]) == (f"remove_yes:{run.id}", 4)
        assert answer.data["flags"] & 64
    elif actor in MODERATES:
        assert (answer.body["type"], answer.data["custom_id"]) == (9, f"remove:{run.id}")
        assert answer.data["components"][0]["component"]["required"] is True
    else:
        assert "Only people with the permission “Manage Messages”" in answer.data["content"]


@pytest.mark.parametrize("way", ["confirm", "form"])
@pytest.mark.parametrize("actor", ACTORS)
async def test_a_forged_answer_removes_nothing_that_is_not_theirs_to_remove(actor: str, way: str) -> None:
    user_id, roles, held, channel_id = ACTORS[actor]
    run = shown(place=Place(GUILD_ID, channel_id))
    async with opening(run) as scene:
        scene.open_.press(by(WAYS[way](run), *roles, held_here=held, user_id=user_id))
        await scene.said()
        allowed = actor in (OWNS if way == "confirm" else MODERATES)
        reason = None if way == "confirm" else "not here"
        assert scene.removals.asked == ([(run.id, user_id, reason)] if allowed else [])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("user_id", [USER_ID, SOMEBODY])
@pytest.mark.parametrize(
    "place", [Place(OTHER_SERVER, CHANNEL_ID), Place(None, CHANNEL_ID)], ids=["another server", "a private one"]
)
async def test_a_run_from_elsewhere_is_as_unknown_as_none(way: str, user_id: int, place: Place) -> None:
    run = shown(place=place)
    async with opening(run) as scene:
        scene.open_.press(by(WAYS[way](run), held_here=ADMINISTRATOR, user_id=user_id))
        said = await scene.said()
        assert said in {texts.NOT_OURS, "This request is not known here any more."}
        assert scene.removals.asked == []


@pytest.mark.parametrize("subject", ["0" * 32, "f" * 32, "9" * 80, "x", "-1"])
@pytest.mark.parametrize("make", [pressed_button, sent_form])
async def test_forged_ids_are_a_sentence(subject: str, make: Callable[[str], dict[str, Any]]) -> None:
    async with opening(shown()) as scene:
        scene.open_.press(by(make(f"remove:{subject}"), held_here=ADMINISTRATOR))
        said = await scene.said()
        assert "not known here" in said or "leads nowhere" in said
        assert scene.removals.asked == []


async def test_in_private_the_one_who_made_it_may() -> None:
    run = shown(place=Place(None, CHANNEL_ID))
    async with opening(run) as scene:
        scene.open_.press(menu(run, dm=True))
        (answer,) = await scene.open_.discord.wait("POST", "/callback")
        assert answer.data["components"][0]["components"][0]["custom_id"] == f"remove_yes:{run.id}"
    async with opening(shown(place=Place(None, CHANNEL_ID), user_id=SOMEBODY)) as scene:
        scene.open_.press(menu(run, dm=True))
        assert await scene.said() == texts.NOT_OURS


async def test_another_message_is_no_picture_of_ours() -> None:
    async with opening(shown()) as scene:
        payload = menu(shown())
        payload["data"]["target_id"] = "1"
        payload["data"]["resolved"]["messages"] = {"1": message() | {"id": "1"}}
        scene.open_.press(payload)
        assert await scene.said() == texts.NOT_OURS


@pytest.mark.parametrize(("words", "said"), [("", "1 to 300"), ("x" * 301, "1 to 300"), (" \n ", "1 to 300")])
async def test_a_moderator_gives_a_reason(words: str, said: str) -> None:
    run = shown()
    async with opening(run) as scene:
        scene.open_.press(by(form(run, words), MODERATOR_ROLE, user_id=SOMEBODY))
        assert said in await scene.said()
        assert scene.removals.asked == []


# --- what is said


STANDS = {
    Delivery.WITHHELD: "Removed. It can't be shown again.",
    Delivery.STILL_VISIBLE: "Removed. But I could not take it away: it is still visible. I keep trying.",
    Delivery.PENDING: "it may still be visible",
    Delivery.UNDELIVERABLE: "I cannot reach its message",
}


@pytest.mark.parametrize(("becomes", "words"), STANDS.items())
async def test_the_one_who_made_it_reads_how_it_stands_in_place_of_the_question(becomes: Delivery, words: str) -> None:
    run = shown()
    async with opening(run, becomes=becomes) as scene:
        scene.open_.press(confirmed(run))
        (edit,) = await scene.open_.discord.wait("PATCH", "/webhooks/")
        assert words in edit.body["content"]
        assert edit.body["components"] == []
        assert not scene.open_.discord.named("POST", f"/channels/{LOG}")
        assert scene.sanctions.asked == []


async def test_ten_presses_are_one_removal_and_each_is_answered() -> None:
    run = shown()
    async with opening(run) as scene:
        for _ in range(10):
            scene.open_.press(confirmed(run))
        edits = await scene.open_.discord.wait("PATCH", "/webhooks/", 10)
        said = [edit.body["content"] for edit in edits]
        assert said.count("Removed. It can't be shown again.") == 1
        assert said.count("This was removed before. It can't be shown again.") == 9


@pytest.mark.parametrize(
    ("becomes", "writes", "words"),
    [
        (Delivery.WITHHELD, True, "They were told in a direct message."),
        (Delivery.WITHHELD, False, "they can read it in the message."),
        (Delivery.STILL_VISIBLE, False, "so they were not told: please tell them yourself."),
    ],
)
async def test_a_moderator_reads_whether_the_person_was_told(becomes: Delivery, writes: bool, words: str) -> None:
    run = shown()
    async with opening(run, becomes=becomes, writes=writes) as scene:
        scene.open_.press(by(form(run, "not *here*"), MODERATOR_ROLE, user_id=SOMEBODY))
        (line,) = await scene.open_.discord.wait("POST", f"/channels/{LOG}/messages")
        assert line.data["content"] == (
            f"<@{SOMEBODY}> removed a picture by <@{USER_ID}> in <#{CHANNEL_ID}>. Reason: not \\*here\\*."
        )
        (edit,) = await scene.open_.discord.wait("PATCH", "/webhooks/")
        assert edit.body["content"].endswith(words)
        assert scene.sanctions.asked == [(GUILD_ID, USER_ID)]
        told = scene.open_.discord.named("POST", f"/channels/{MESSAGE_ID}/messages")
        assert len(told) == writes
        if told:
            assert told[0].data["content"].startswith("A moderator of Studio removed your pictures in [this message](")
            assert "not \\*here\\*" in told[0].data["content"]


async def test_the_second_moderator_tells_nobody_again() -> None:
    run = shown()
    async with opening(run) as scene:
        scene.removals.asked.append((run.id, 5, "before"))
        scene.open_.press(by(form(run), MODERATOR_ROLE, user_id=SOMEBODY))
        assert (await scene.said()).startswith("This was removed before.")
        assert scene.sanctions.asked == []
        assert not scene.open_.discord.named("POST", f"/channels/{LOG}")


@pytest.mark.parametrize("user_id", [USER_ID, SOMEBODY])
async def test_what_was_removed_and_still_stands_is_tried_again(user_id: int) -> None:
    run = shown(removal=Removal(USER_ID, NOW), delivery=Delivery.STILL_VISIBLE)
    async with opening(run, becomes=Delivery.STILL_VISIBLE) as scene:
        scene.open_.press(by(menu(run), MODERATOR_ROLE, user_id=user_id))
        assert "it is still visible" in await scene.said()
        assert scene.removals.asked == []


@pytest.mark.parametrize(
    ("run", "words"),
    [(a_run(), "no pictures here yet"), (shown(delivery=Delivery.WITHHELD), "kept back already")],
)
async def test_where_there_is_nothing_to_remove_that_is_said(run: Run, words: str) -> None:
    async with opening(run) as scene:
        scene.open_.press(menu(run))
        assert words in await scene.said()


@pytest.mark.parametrize("delivery", Delivery)
@pytest.mark.parametrize("told", Hearing)
def test_nothing_is_said_to_be_told_or_gone_that_is_not(delivery: Delivery, told: Hearing) -> None:
    said = texts.to_moderator(shown(delivery=delivery), told)
    assert ("They were told" in said) is (told is Hearing.TOLD)
    stands = delivery in {Delivery.STILL_VISIBLE, Delivery.PENDING}
    assert ("still visible" in said or "may still be visible" in said) is stands
