"""The error door: the right words for each error, and never the insides."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord import app_commands
from structlog.testing import capture_logs

from bot.entropy import Entropy
from bot.errors import BotError, OptionError, PromptRefused, RunflowUnclear, SanctionError, Unavailable, UserError
from cogs.ui import errors
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.wire import Call, interaction

REPLIES = errors.ErrorReplies(Entropy.seeded(1).new_reference)


@pytest.mark.parametrize(
    "error", [UserError("Pick another."), OptionError("seed", "-1", "0 or more"), Unavailable("Try later.")]
)
def test_errors_for_people_are_said_as_they_are(error: BotError) -> None:
    assert REPLIES.sentence_for(error) == str(error)


def test_a_refused_value_is_escaped_and_leaves_room_for_what_is_allowed() -> None:
    sentence = REPLIES.sentence_for(OptionError("size", "**@everyone** " * 500, "sq or w"))
    assert sentence.startswith(r"`size` cannot be \*\*\@everyone\*\*")
    assert sentence.endswith("…. Allowed: sq or w.")


def test_the_reason_for_a_stop_is_escaped() -> None:
    error = SanctionError(before="Why: ", reason="[the rules](https://evil.example/x) <@1>", after=". Go on.")
    assert REPLIES.sentence_for(error) == r"Why: \[the rules\](https\://evil.example/x) \<\@1>. Go on."


def test_an_error_is_found_behind_discord_pys_wrappers() -> None:
    wrapped = app_commands.TransformerError("x", discord.AppCommandOptionType.string, app_commands.Transformer())
    wrapped.__cause__ = UserError("Pick another.")
    assert REPLIES.sentence_for(wrapped) == "Pick another."


@pytest.mark.parametrize("fault", [RuntimeError("password=1"), RunflowUnclear("upstream says no"), KeyError("x")])
def test_a_fault_gives_a_reference_that_the_log_has_too(fault: Exception) -> None:
    with capture_logs() as logs:
        sentence = REPLIES.sentence_for(fault)
    (entry,) = logs
    assert entry["reference"] in sentence
    assert len(entry["reference"]) == 8
    assert str(fault) not in sentence
    assert type(fault).__name__ not in sentence


def test_a_value_that_no_option_takes_is_not_quoted_in_the_log() -> None:
    transformer = app_commands.Transformer()
    with capture_logs() as logs:
        REPLIES.sentence_for(
            app_commands.TransformerError("a red fox", discord.AppCommandOptionType.string, transformer)
        )
    (entry,) = logs
    assert entry["why"] == "TransformerError"
    assert "exc_info" not in entry


def test_a_check_that_says_no_is_said_plainly() -> None:
    assert "may not" in REPLIES.sentence_for(app_commands.CheckFailure("The check functions failed."))


@contextlib.asynccontextmanager
async def pressed() -> AsyncGenerator[tuple[Opened, "discord.Interaction[Any]"]]:
    """An interaction of the real client that nobody has answered yet."""
    arrived: asyncio.Future[discord.Interaction[Any]] = asyncio.get_running_loop().create_future()

    async def keep(interaction: "discord.Interaction[Any]") -> None:
        arrived.set_result(interaction)

    async with opened(extensions=()) as open_:
        command: app_commands.Command[Any, ..., None] = app_commands.Command(
            name="imagine", description="keep", callback=keep
        )
        open_.client.tree.add_command(command)
        open_.press(interaction({}))
        yield open_, await arrived


async def test_before_an_answer_it_answers_for_one_pair_of_eyes() -> None:
    async with pressed() as (open_, one):
        await errors.say(one, UserError("Pick another, @everyone."))
        (call,) = open_.discord.named("POST", "/callback")
    assert call.data["content"] == "Pick another, @everyone."
    assert call.data["flags"] == 64
    assert call.data["allowed_mentions"] == {"parse": []}


async def test_after_an_answer_it_follows_up() -> None:
    async with pressed() as (open_, one):
        await one.response.send_message("card")
        await errors.say(one, UserError("Pick another."))
        (call,) = open_.discord.named("POST", "/webhooks/")
    assert call.data["content"] == "Pick another."
    assert call.data["flags"] == 64


@pytest.mark.parametrize(
    ("error", "followups"),
    [
        (OSError("the answer to ours was lost"), 1),
        (UserError("Pick another."), 0),
    ],
    ids=["ours may stand", "another process answered"],
)
async def test_where_discord_has_an_answer_only_what_follows_one_of_ours_is_said(
    error: Exception, followups: int
) -> None:
    def acknowledged(call: Call) -> tuple[int, dict[str, Any]] | None:
        return (400, {"message": "x", "code": 40060}) if call.path.endswith("/callback") else None

    async with pressed() as (open_, one):
        open_.discord.refuse = acknowledged
        await errors.say(one, error)
        assert len(open_.discord.named("POST", "/webhooks/")) == followups


async def test_a_long_sentence_is_cut_to_what_discord_takes() -> None:
    async with pressed() as (open_, one):
        await errors.say(one, UserError("word " * 1000))
        (call,) = open_.discord.named("POST", "/callback")
    assert len(call.data["content"]) <= 2000


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (401, 50027), (403, 50013)])
async def test_it_never_raises(status: int, code: int) -> None:
    async with pressed() as (open_, one):
        open_.discord.refuse = lambda _: (status, {"message": "no", "code": code})
        with capture_logs() as logs:
            await errors.say(one, UserError("Pick another."))
    assert [entry["why"] for entry in logs] == [
        f"{'NotFound' if status == 404 else 'Forbidden' if status == 403 else 'HTTPException'} {status}/{code}"
    ]
    assert "tok-secret" not in str(logs)


async def test_even_a_broken_door_is_only_logged() -> None:
    class Broken(UserError):
        def __str__(self) -> str:
            raise RuntimeError("broken")

    async with pressed() as (_, one):
        with capture_logs() as logs:
            await errors.say(one, Broken())
    assert logs[0]["log_level"] == "error"


def test_the_reason_of_a_rule_reaches_people_as_it_was_typed() -> None:
    assert REPLIES.sentence_for(PromptRefused("[the rules](https://evil.example/x)")) == (
        "This server does not allow that prompt: \\[the rules\\](https\\://evil.example/x). "
        "Nothing was sent and nothing was charged."
    )


async def test_an_interaction_that_lost_its_client_is_no_fault() -> None:
    """Nothing can be said through a client that was closed, and nothing in the bot is broken."""
    lost = cast("discord.Interaction", SimpleNamespace(id=1))
    with capture_logs() as logs:
        await REPLIES.say(lost, RuntimeError("Session is closed"))
    assert [entry["log_level"] for entry in logs] == ["warning"]
