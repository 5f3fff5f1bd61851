"""The same interaction twice: a gateway that repeats itself, a second session, a restart. The second has no answer."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.client.intake import MOST_SEEN, Seen
from bot.custom_ids import run_id
from bot.errors import LimitError, RepeatedPress
from bot.guilds.permissions import Permissions, Rule, Scope
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.samples import FakeRuns
from tests.unit.cogs.wire import MESSAGE_ID, Call, chosen, interaction, message, pressed_button, sent_form

RUN = "0123456789abcdef" * 2
EVERYBODY = Rule(None, Scope.ANYWHERE)
RULES = {"wave": EVERYBODY}
TABLE = Permissions(commands={"odd": EVERYBODY}, buttons=RULES, selects=RULES, forms=RULES)
EPHEMERAL, LOADING = 64, 128

Answer = Callable[[discord.Interaction[Any]], Awaitable[None]]


def command() -> dict[str, Any]:
    return interaction({"word": "fox"}, command="odd")


def typing() -> dict[str, Any]:
    payload: dict[str, Any] = interaction({"word": "f"}, command="odd") | {"type": 4}
    payload["data"]["options"][0]["focused"] = True
    return payload


SENT: dict[str, Callable[[], dict[str, Any]]] = {
    "command": command,
    "autocomplete": typing,
    "button": lambda: pressed_button(f"wave:{RUN}"),
    "select": lambda: chosen(f"wave:{RUN}", "blue"),
    "form": lambda: sent_form(f"wave:{RUN}"),
}
every_kind = pytest.mark.parametrize("kind", SENT)


def answering(open_: Opened, answer: Answer) -> None:
    """Answer every kind of interaction with the same words."""

    async def handle(interaction: discord.Interaction[Any], *_: object) -> None:
        await answer(interaction)

    async def odd(interaction: discord.Interaction[Any], word: str) -> None:
        await answer(interaction)

    async def suggest(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        await asyncio.sleep(0)
        return [app_commands.Choice(name=typed, value=typed)]

    one: app_commands.Command[Any, ..., None] = app_commands.Command(name="odd", description="odd", callback=odd)
    one.autocomplete("word")(suggest)
    open_.client.tree.add_command(one)
    router = open_.client.router
    router.on_press("wave", run_id, handle)
    router.on_select("wave", run_id, handle)
    router.on_form("wave", run_id, handle)


async def says_done(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("Done.", ephemeral=True)


def answers(open_: Opened) -> list[Call]:
    """Everything that a person may see."""
    return [call for call in open_.discord.calls if "/callback" in call.path or "/webhooks/" in call.path]


@every_kind
async def test_the_second_is_dropped_before_the_first_has_answered(kind: str) -> None:
    goes_on, begun = asyncio.Event(), list[int]()

    async def slow(interaction: discord.Interaction[Any]) -> None:
        begun.append(interaction.id)
        await goes_on.wait()
        await says_done(interaction)

    payload = SENT[kind]()
    async with opened(extensions=(), permissions=TABLE) as open_:
        answering(open_, slow)
        open_.press(payload)
        open_.press(payload)
        goes_on.set()
        await open_.discord.wait("POST", "/callback")
        await open_.client.quiet()
        assert len(answers(open_)) == 1
    assert len(begun) == (kind != "autocomplete")


@every_kind
async def test_the_second_is_dropped_after_the_first_has_answered(kind: str) -> None:
    payload = SENT[kind]()
    async with opened(extensions=(), permissions=TABLE) as open_:
        answering(open_, says_done)
        open_.press(payload)
        await open_.discord.wait("POST", "/callback")
        open_.press(payload)
        await asyncio.sleep(0)
        await open_.client.quiet()
        assert len(answers(open_)) == 1


@every_kind
async def test_a_new_client_of_the_same_bot_knows_what_the_last_one_heard(kind: str) -> None:
    payload, seen = SENT[kind](), Seen()
    async with opened(extensions=(), permissions=TABLE, seen=seen) as first:
        answering(first, says_done)
        first.press(payload)
        await first.discord.wait("POST", "/callback")
    async with opened(extensions=(), permissions=TABLE, seen=seen) as second:
        answering(second, says_done)
        second.press(payload)
        await asyncio.sleep(0)
        await second.client.quiet()
        assert not answers(second)


def acknowledged(call: Call) -> tuple[int, dict[str, Any]] | None:
    """What Discord answers to the second of two processes."""
    return (400, {"message": "x", "code": 40060}) if call.path.endswith("/callback") else None


async def defers(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.defer(ephemeral=True)
    await interaction.followup.send("Done.", ephemeral=True)


async def refuses(_interaction: discord.Interaction[Any]) -> None:
    raise LimitError("You have nothing left.")


@every_kind
@pytest.mark.parametrize("answer", [says_done, defers, refuses])
async def test_after_a_restart_the_second_says_nothing_beside_what_another_process_said(
    kind: str, answer: Answer
) -> None:
    async with opened(extensions=(), permissions=TABLE) as open_:
        answering(open_, answer)
        open_.discord.refuse = acknowledged
        open_.press(SENT[kind]())
        await open_.discord.wait("POST", "/callback")
        await open_.client.quiet()
        assert {call.path.rpartition("/")[2] for call in answers(open_)} == {"callback"}


async def test_a_press_that_has_its_run_already_is_dropped_whatever_process_wrote_it() -> None:
    async with opened(FakeRuns(refusal=RepeatedPress("this press has its run"))) as open_:
        open_.press(interaction({"prompt": "fox"}))
        await asyncio.sleep(0)
        await open_.client.quiet()
        assert not answers(open_)


@pytest.mark.parametrize(("flags", "is_ours"), [(EPHEMERAL, False), (0, True), (LOADING, True)])
async def test_words_for_one_person_are_never_taken_for_the_card(flags: int, is_ours: bool) -> None:
    def another_was_quicker(call: Call) -> tuple[int, dict[str, Any]] | None:
        if call.path.endswith("/callback"):
            return 400, {"message": "x", "code": 40060}
        return (200, message() | {"flags": flags}) if call.method == "GET" else None

    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.discord.refuse = another_was_quicker
        open_.press(interaction({"prompt": "fox"}))
        async with asyncio.timeout(5):
            await runs.changed.wait()
        await open_.client.quiet()
        edits = open_.discord.named("PATCH", "@original")
        assert not open_.discord.named("POST", "/webhooks/")
    assert [message_id for _, message_id in runs.started] == ([MESSAGE_ID] if is_ours else [])
    assert len(runs.abandoned) == (not is_ours)
    assert len(edits) == (flags == LOADING)  # a card is brought where only “thinking” stands, and no words are covered


def test_what_was_seen_is_bounded_and_the_oldest_goes_first() -> None:
    seen = Seen()
    assert all(seen.is_new(each) for each in range(MOST_SEEN + 1))
    assert not seen.is_new(MOST_SEEN)
    assert not seen.is_new(1)
    assert seen.is_new(0)
