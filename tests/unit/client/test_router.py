"""The router: buttons, selects and forms reach their handler from their custom_id alone, and are closed together."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import discord
import pytest

from bot.client.router import Kind
from bot.custom_ids import CustomId, number, run_id
from bot.errors import UserError
from bot.guilds.permissions import Permission, Permissions, Rule, Scope
from cogs.ui.actions import Press, Values
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import ADMIN_ROLE, by, server
from tests.unit.cogs.wire import Call, chosen, interaction, pressed_button, sent_form

RUN = "0123456789abcdef" * 2
EVERYBODY, ADMINS = Rule(None, Scope.ANYWHERE), Rule(Permission.MANAGE_SERVER, Scope.SERVER)
RULES = {"wave": EVERYBODY, "rule": ADMINS, "hinted": Rule(None, Scope.SERVER, hint="go to one")}
TABLE = Permissions(commands={"odd": EVERYBODY}, buttons=RULES, selects=RULES, forms=RULES)
WORDS = {"type": 18, "component": {"type": 4, "custom_id": "words", "value": "hm"}}

SENT: dict[Kind, Callable[[str], dict[str, Any]]] = {
    Kind.BUTTON: pressed_button,
    Kind.SELECT: lambda custom_id: chosen(custom_id, "blue", "red"),
    Kind.FORM: lambda custom_id: sent_form(custom_id, WORDS),
}
every_kind = pytest.mark.parametrize("kind", Kind)

Body = Callable[[discord.Interaction, object], Awaitable[None]]


async def says_done(interaction: discord.Interaction, _subject: object) -> None:
    await interaction.response.send_message("Done.", ephemeral=True)


@asynccontextmanager
async def room() -> AsyncGenerator[Opened]:
    async with opened(extensions=(), permissions=TABLE) as open_:
        yield open_


@dataclass
class Answering:
    """Answers every kind with the same body, and remembers what it was given."""

    open_: Opened
    body: Body = says_done
    seen: list[object] = field(default_factory=list[object])

    def answer(self, kind: Kind, action: str = "wave", parse: Callable[[str], object] = run_id, **how: str) -> None:
        router = self.open_.client.router
        match kind:
            case Kind.BUTTON:
                router.on_press(action, parse, self._pressed, **how)
            case Kind.SELECT:
                router.on_select(action, parse, self._filled, **how)
            case Kind.FORM:
                router.on_form(action, parse, self._filled, **how)

    async def _pressed(self, interaction: discord.Interaction, subject: object) -> None:
        self.seen.append(subject)
        await self.body(interaction, subject)

    async def _filled(self, interaction: discord.Interaction, subject: object, values: str | Values) -> None:
        self.seen.append((subject, values))
        await self.body(interaction, subject)


async def said(open_: Opened, count: int = 1) -> str:
    """The last answer, which is for one person's eyes."""
    call: Call = (await open_.discord.wait("POST", "/callback", count))[-1]
    assert call.data["flags"] & 64
    return str(call.data["content"])


@every_kind
async def test_each_reaches_its_handler_though_this_process_never_sent_it(kind: Kind) -> None:
    async with room() as open_:
        answering = Answering(open_)
        answering.answer(kind)
        open_.press(SENT[kind](f"wave:{RUN}"))
        assert await said(open_) == "Done."
    given = {Kind.BUTTON: RUN, Kind.SELECT: (RUN, "blue"), Kind.FORM: (RUN, {"words": "hm"})}
    assert answering.seen == [given[kind]]


@every_kind
async def test_once_the_bot_stops_each_is_refused_with_a_sentence(kind: Kind) -> None:
    async with room() as open_:
        answering = Answering(open_)
        answering.answer(kind)
        open_.client.stop_accepting()
        open_.press(SENT[kind](f"wave:{RUN}"))
        assert "I am being restarted just now" in await said(open_)
    assert not answering.seen


@every_kind
async def test_what_is_being_answered_is_waited_for(kind: Kind) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(interaction: discord.Interaction, subject: object) -> None:
        begun.set()
        await goes_on.wait()
        await says_done(interaction, subject)

    async with room() as open_:
        Answering(open_, slow).answer(kind)
        open_.press(SENT[kind](f"wave:{RUN}"))
        await begun.wait()
        open_.client.stop_accepting()
        quiet = asyncio.create_task(open_.client.quiet(), name="quiet")
        await asyncio.sleep(0)
        assert not quiet.done()
        goes_on.set()
        async with asyncio.timeout(5):
            await quiet
        assert await said(open_) == "Done."


@every_kind
@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (UserError("Only moderators may do this."), "Only moderators may do this."),
        (RuntimeError("secret"), "reference"),
    ],
)
async def test_an_error_is_said_to_whoever_used_it(kind: Kind, raised: Exception, words: str) -> None:
    async def fails(_interaction: discord.Interaction, _subject: object) -> None:
        raise raised

    async with room() as open_:
        Answering(open_, fails).answer(kind)
        open_.press(SENT[kind](f"wave:{RUN}"))
        answer = await said(open_)
    assert words in answer
    assert "secret" not in answer


@every_kind
@pytest.mark.parametrize("custom_id", ["gone_since:1", "wave", "Wave:1", "wave:", "", "wave:" + "x" * 81])
async def test_what_nobody_answers_says_so(kind: Kind, custom_id: str) -> None:
    async with room() as open_:
        Answering(open_).answer(kind)
        open_.press(SENT[kind](custom_id))
        assert await said(open_) == f"This {kind} is no longer in use."


@every_kind
async def test_a_handler_of_one_kind_does_not_answer_another(kind: Kind) -> None:
    async with room() as open_:
        for other in set(Kind) - {kind}:
            Answering(open_).answer(other)
        open_.press(SENT[kind](f"wave:{RUN}"))
        assert "no longer in use" in await said(open_)


@every_kind
async def test_a_subject_that_was_never_made_is_refused_before_its_handler(kind: Kind) -> None:
    async with room() as open_:
        answering = Answering(open_)
        answering.answer(kind)
        open_.press(SENT[kind]("wave:nobody-made-this"))
        assert await said(open_) == f"This {kind} leads nowhere any more. Nothing was changed."
    assert not answering.seen


@every_kind
async def test_whoever_answers_says_what_to_do_about_a_subject_that_was_never_made(kind: Kind) -> None:
    async with room() as open_:
        Answering(open_).answer(kind, hint="Use /wave again.")
        open_.press(SENT[kind]("wave:nobody-made-this"))
        assert await said(open_) == f"This {kind} leads nowhere any more. Use /wave again."


@every_kind
async def test_an_action_has_one_handler_and_a_rule(kind: Kind) -> None:
    async with room() as open_:
        Answering(open_).answer(kind)
        with pytest.raises(ValueError, match="wave"):
            Answering(open_).answer(kind)
        with pytest.raises(LookupError, match="unruled"):
            Answering(open_).answer(kind, "unruled")


@every_kind
@pytest.mark.parametrize(("held", "allowed"), [(0, False), (1 << 5, True), (1 << 3, True), (1 << 13, False)])
async def test_who_may_use_it_is_checked_before_its_handler(kind: Kind, held: int, allowed: bool) -> None:
    async with room() as open_:
        answering = Answering(open_)
        answering.answer(kind, "rule")
        payload = SENT[kind](f"rule:{RUN}")
        open_.hand_in("GUILD_CREATE", server())
        open_.press(by(payload, *([ADMIN_ROLE] if held == 1 << 5 else []), held_here=held))
        expected = "Done." if allowed else "Only people with the permission “Manage Server” may do this. "
        assert (await said(open_)).startswith(expected)
    assert bool(answering.seen) is allowed


@pytest.mark.parametrize(("action", "why"), [("rule", ""), ("hinted", ": go to one")])
async def test_what_is_for_servers_is_refused_elsewhere(action: str, why: str) -> None:
    async with room() as open_:
        Answering(open_).answer(Kind.BUTTON, action)
        payload = pressed_button(f"{action}:{RUN}")
        private = interaction({}, dm=True)
        open_.press({**{k: v for k, v in payload.items() if k not in {"member", "guild_id"}}, "user": private["user"]})
        assert await said(open_) == f"This works in a server only{why}."


async def test_a_forms_fields_are_found_whatever_they_are_wrapped_in() -> None:
    fields: tuple[dict[str, Any], ...] = (
        {"type": 18, "component": {"type": 3, "custom_id": "reason", "values": ["1", "2"]}},
        {"type": 18, "component": {"type": 4, "custom_id": "words", "value": "hm"}},
        {"type": 1, "components": [{"type": 4, "custom_id": "old", "value": "x"}]},
        {"type": 18, "component": {"type": 3, "custom_id": "none", "values": []}},
    )
    async with room() as open_:
        answering = Answering(open_)
        answering.answer(Kind.FORM)
        open_.press(sent_form(f"wave:{RUN}", *fields))
        await said(open_)
    assert answering.seen == [(RUN, {"reason": "1", "words": "hm", "old": "x", "none": ""})]


async def test_a_button_that_its_message_does_not_have_is_answered_all_the_same() -> None:
    async with room() as open_:
        answering = Answering(open_)
        answering.answer(Kind.BUTTON)
        payload = pressed_button("another:2")
        payload["data"]["custom_id"] = f"wave:{RUN}"
        open_.press(payload)
        assert await said(open_) == "Done."
    assert answering.seen == [RUN]


async def test_nothing_that_was_sent_is_kept_in_memory() -> None:
    async with room() as open_:
        view = discord.ui.LayoutView(timeout=None)
        row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
        view.add_item(row.add_item(Press("wave", RUN, label="Wave")))
        assert not view.is_dispatchable()
        assert open_.client.persistent_views == []


@pytest.mark.parametrize("subject", ["", "a" * 81, "a b", "ä", "a/b"])
def test_what_could_not_be_read_back_is_never_sent(subject: str) -> None:
    with pytest.raises(ValueError, match="custom_id"):
        Press("wave", subject, label="Wave")


@pytest.mark.parametrize("text", ["wave:1", "history_page:8:before:7", "appeal_lift:4", f"leave:{RUN}"])
def test_a_custom_id_is_read_as_it_was_made(text: str) -> None:
    assert str(CustomId.parse(text)) == text


@pytest.mark.parametrize("text", ["", "0", "-1", "+1", " 1", "1.0", "٣", str(2**63), "9" * 30])
def test_a_number_is_one_that_the_database_holds(text: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        number(text)


def test_the_largest_number_is_one() -> None:
    assert number(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "g" * 32, "A" * 32, "a" * 32 + "\n"])
def test_a_run_id_is_32_hex_digits(text: str) -> None:
    with pytest.raises(ValueError, match="no run id"):
        run_id(text)
