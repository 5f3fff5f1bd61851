"""/usage from Discord's payload to the card: limits, prices and runs, in words that read well aloud."""

from dataclasses import replace
from typing import Any

import pytest

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.registry import Registry
from bot.custom_ids import CustomId
from bot.errors import Unavailable
from bot.ledger.values import (
    Applied,
    Explanation,
    Limit,
    LimitCause,
    LimitUse,
    Measure,
    Person,
    RecentRun,
    Subject,
    Total,
    UsageReport,
    Window,
)
from bot.money import MicroUsd
from cogs.ui.limit_texts import bar, described, use_line
from cogs.ui.markdown import length
from cogs.usage.cog import PART, Part, UsageCard, run_line, what_is_left
from cogs.usage.prices import price_lines
from tests.unit.catalog.sketch import SKETCH
from tests.unit.cogs.opened import opened
from tests.unit.cogs.samples import NOW, FakeLedger, SampleModel
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, Call, guild, interaction, pressed_button

EPHEMERAL = 64
STAMP = int(NOW.timestamp())
DAILY = Limit(Subject.USER, None, Window.DAY, Measure.MONEY, 500_000, None)


def use(limit: Limit = DAILY, why: LimitCause = LimitCause.DEFAULT, used: int = 300_000, **changes: Any) -> LimitUse:
    left = max(0, limit.amount - used)
    return replace(LimitUse(Applied(limit, why), used, left, limit.amount, NOW), **changes)


def recent(**changes: Any) -> RecentRun:
    made = RecentRun("r", NOW, "succeeded", "a red fox", 4, MicroUsd(0), MicroUsd(12_000), False, shown=4)
    return replace(made, **changes)


def text(call: Call) -> str:
    box, buttons = call.body["components"]
    assert [one["label"] for one in buttons["components"]] == ["My limits", "Prices", "My pictures"]
    return "\n".join(part["content"] for part in box["components"])


async def shown(ledger: FakeLedger, **how: Any) -> str:
    async with opened(ledger=ledger) as open_:
        open_.press(interaction({}, command="usage", **how))
        (call,) = await open_.discord.wait("PATCH", "/messages/@original")
        (deferred,) = open_.discord.named("POST", "/callback")
    assert (deferred.body["type"], deferred.data["flags"]) == (5, EPHEMERAL)
    assert call.body["allowed_mentions"] == {"parse": []}
    return text(call)


def card_text(report: UsageReport, part: Part) -> str:
    box, buttons = UsageCard(report, Registry((SampleModel(),)), part=part).to_components()
    chosen = [one.get("custom_id") for one in buttons.get("components", ()) if one.get("disabled")]
    assert chosen == [str(CustomId(PART, part.value))], "the button of what is shown leads nowhere"
    return "\n".join(str(one["content"]) for one in box.get("components", ()))


async def test_one_sentence_says_what_is_left() -> None:
    report = UsageReport((use(used=380_000),), {}, ())
    ledger = FakeLedger(report=report)
    said = await shown(ledger)
    assert ledger.asked == [("usage", Person(USER_ID, GUILD_ID, CHANNEL_ID))]
    assert said == f"`[#######---] 76 %` used\n**About 3 of 12 pictures left today.** Renews <t:{STAMP}:R>."


@pytest.mark.parametrize(
    ("uses", "sentence"),
    [
        ((), "**No limit on pictures holds for you here.**"),
        ((use(replace(DAILY, measure=Measure.PICTURES, amount=120), used=25),), "**95 of 120 pictures left today.**"),
        ((use(replace(DAILY, amount=40_000), used=0),), "**About 1 of 1 picture left today.**"),
        ((use(replace(DAILY, amount=40_000), used=1),), "**No pictures left today.**"),
        (
            (use(), use(replace(DAILY, measure=Measure.PICTURES, amount=3, window=Window.HOUR), used=1)),
            "**2 of 3 pictures left this hour.**",
        ),
        (
            (use(replace(DAILY, measure=Measure.RUNS, amount=1), used=1),),
            "**No limit on pictures holds for you here.**",
        ),
    ],
)
def test_what_is_left(uses: tuple[LimitUse, ...], sentence: str) -> None:
    assert sentence in what_is_left(uses, Registry((SampleModel(),)))


def test_where_only_cheaper_pictures_fit_that_is_said() -> None:
    left = use(replace(DAILY, amount=500_000), used=495_000)
    assert "**Only cheaper pictures still fit today.**" in what_is_left((left,), Registry((FLUX_KLEIN,)))


def test_the_limits_tell_what_was_used() -> None:
    totals = {Window.DAY: Total(held=MicroUsd(40_000), spent=MicroUsd(272_000), refunded=MicroUsd(12_000))}
    said = card_text(UsageReport((use(),), totals, ()), Part.LIMITS)
    assert "30 ¢ today (of which 4 ¢ on hold), 0 ¢ this month" in said
    assert f"You, 50 ¢ a day: `[######----] 60 %` · 30 ¢ of 50 ¢ used, 20 ¢ left, resets <t:{STAMP}:R>" in said


def test_prices_and_runs_stand_behind_their_buttons() -> None:
    report = UsageReport((use(),), {}, (recent(), recent(cost=MicroUsd(5_000), estimated=True)))
    assert "Each picture: about 1.2 ¢, at most 4 ¢" in card_text(report, Part.PRICES)
    said = card_text(report, Part.RUNS)
    assert f"a red fox · 4 pictures shown · 1.2 ¢ · <t:{STAMP}:R>" in said
    assert "4 pictures shown · about 0.5 ¢ ·" in said


@pytest.mark.parametrize("part", Part)
async def test_a_button_shows_its_part_to_who_pressed_it(part: Part) -> None:
    async with opened(ledger=FakeLedger(report=UsageReport((use(),), {}, (recent(),)))) as open_:
        open_.press(pressed_button(str(CustomId(PART, part.value))))
        (call,) = await open_.discord.wait("PATCH", "/messages/@original")
    assert len(call.body["components"][0]["components"]) == 2


async def test_roles_and_the_channel_of_a_thread_are_told_to_the_books() -> None:
    ledger = FakeLedger()
    payload = interaction({}, command="usage", thread_of=77)
    payload["member"]["roles"] = ["55"]
    payload["channel"]["id"] = payload["channel_id"] = "78"
    known = guild(nsfw=False)
    known["roles"].append({"id": "55", "name": "artists", "permissions": "0", "position": 1})
    async with opened(ledger=ledger, server=known) as open_:
        open_.press(payload)
        await open_.discord.wait("PATCH", "/messages/@original")
    assert {(person.channel_id, frozenset(person.role_ids)) for _, person in ledger.asked} == {(77, frozenset({55}))}


async def test_roles_are_told_to_the_books_before_the_server_is_known() -> None:
    ledger = FakeLedger()
    payload = interaction({}, command="usage")
    payload["member"]["roles"] = ["55"]
    async with opened(ledger=ledger) as open_:
        open_.press(payload)
        await open_.discord.wait("PATCH", "/messages/@original")
    assert {frozenset(person.role_ids) for _, person in ledger.asked} == {frozenset({55})}


async def test_privately_and_with_nothing_it_says_so() -> None:
    ledger = FakeLedger()
    said = await shown(ledger, dm=True)
    assert said == "**No limit on pictures holds for you here.**"
    assert "No limit holds for you here." in card_text(ledger.report, Part.LIMITS)
    assert "You have not asked for anything here yet." in card_text(ledger.report, Part.RUNS)
    person = Person(USER_ID, None, CHANNEL_ID)
    assert ledger.asked == [("usage", person), ("explain", person)]


async def test_where_private_use_is_off_it_says_so() -> None:
    ledger = FakeLedger(explanation=Explanation((), (), allowed=False))
    assert "Making pictures is switched off in direct messages" in await shown(ledger, dm=True)


async def test_without_the_database_it_says_to_try_later() -> None:
    async with opened(ledger=FakeLedger(refusal=Unavailable("Try again later."))) as open_:
        open_.press(interaction({}, command="usage"))
        (call,) = await open_.discord.wait("POST", "/webhooks/")
    assert call.data["content"] == "Try again later."
    assert call.data["flags"] & EPHEMERAL


@pytest.mark.parametrize("prompt", ["||*_~`" * 300, "\U0001f98a" * 900, "@everyone", "# " * 900])
def test_whatever_there_is_it_holds_discords_limits(prompt: str) -> None:
    role = Limit(Subject.ROLE, 2**63 - 1, Window.MONTH, Measure.MONEY, 999_999_999_999_999, GUILD_ID)
    report = UsageReport(
        tuple(use(role, LimitCause.ROLE, used, amount=role.amount + 1) for used in range(40)),
        {window: Total(MicroUsd(10**15 - 1), MicroUsd(10**15)) for window in Window},
        tuple(recent(prompt=prompt, cost=MicroUsd(10**15 - 1)) for _ in range(10)),
    )
    for part in (None, *Part):
        box, _ = UsageCard(report, Registry((FLUX_KLEIN, SKETCH)), part=part).to_components()
        texts = [str(text["content"]) for text in box.get("components", ())]
        assert sum(length(one) for one in texts) <= 4000
        assert any("limits that are used less" in one for one in texts) is (part is Part.LIMITS)


@pytest.mark.parametrize(
    ("used", "whole", "said"),
    [
        (0, 10, "[----------] 0 %"),
        (1, 1000, "[#---------] less than 1 %"),
        (6, 10, "[######----] 60 %"),
        (999, 1000, "[#########-] 99 %"),
        (10, 10, "[##########] 100 %"),
        (15, 10, "[##########] 100 %"),
        (0, 0, "[##########] 100 %"),
    ],
)
def test_bars(used: int, whole: int, said: str) -> None:
    assert bar(used, whole) == said


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (
            use(Limit(Subject.GUILD, None, Window.EVER, Measure.PICTURES, 20, 1), LimitCause.GUILD, 1, resets_at=None),
            "This server, 20 pictures in all: `[#---------] 5 %` · 1 picture of 20 pictures used, 19 pictures left",
        ),
        (
            use(Limit(Subject.ROLE, 5, Window.EVER, Measure.RUNS, 3, 1), LimitCause.ROLE, 3, resets_at=None),
            "You, as <@&5>, 3 runs at once: `[##########] 100 %` · 3 runs of 3 runs under way, nothing left",
        ),
        (use(replace(DAILY, amount=0), used=0), "You, 0 ¢ a day: switched off"),
        (
            use(amount=700_000, left=400_000),
            "You, 50 ¢ a day: `[####------] 42 %` · 30 ¢ of 70 ¢ used, 40 ¢ left (20 ¢ granted on top), "
            f"resets <t:{STAMP}:R>",
        ),
    ],
)
def test_each_limit_has_its_words(one: LimitUse, said: str) -> None:
    assert use_line(one) == said


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (DAILY, "Everybody, by default: $0.50 a day"),
        (replace(DAILY, subject_id=5), "<@5>: $0.50 a day"),
        (replace(DAILY, subject=Subject.ROLE, subject_id=5), "Everybody with <@&5>: $0.50 a day"),
        (replace(DAILY, subject=Subject.CHANNEL, subject_id=5, window=Window.HOUR), "Channel <#5>: $0.50 an hour"),
        (
            replace(DAILY, subject=Subject.BOT, window=Window.MONTH),
            "Everybody who uses this bot, together: $0.50 a month",
        ),
    ],
)
def test_limits_are_described(limit: Limit, said: str) -> None:
    assert described(limit) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"state": "accepted", "held": MicroUsd(20_000), "cost": None},
            "4 pictures, waiting in line · up to 2 ¢ on hold",
        ),
        ({"state": "running", "held": MicroUsd(20_000), "cost": None}, "4 pictures, in progress · up to 2 ¢ on hold"),
        ({"state": "partial", "shown": 3}, "3 pictures shown · 1.2 ¢"),
        ({"shown": 1, "given_back": MicroUsd(9_000)}, "1 picture shown · 1.2 ¢"),
        ({"shown": None}, "no pictures shown · 1.2 ¢"),
        ({"shown": None, "given_back": MicroUsd(12_000)}, "no pictures shown · 1.2 ¢, given back"),
        ({"state": "failed", "shown": None, "cost": None}, "no pictures shown · no charge"),
        ({"state": "canceled", "shown": None, "cost": MicroUsd(0)}, "canceled · no charge"),
        ({"state": "lost", "shown": None, "cost": None, "held": MicroUsd(0)}, "no pictures shown · no charge"),
        (
            {"state": "lost", "shown": None, "cost": None, "held": MicroUsd(5_000)},
            "no pictures shown · up to 0.5 ¢ on hold",
        ),
    ],
)
def test_each_run_has_its_words(changes: dict[str, Any], said: str) -> None:
    assert f" · {said} · " in run_line(recent(**changes))


def test_pictures_that_cost_the_same_share_a_line() -> None:
    heading, *lines = price_lines(FLUX_KLEIN)
    assert heading == r"**What a picture costs** with FLUX.2 \[klein\] 4B"
    assert "Square, 512x512: about 0.14 ¢, at most 0.5 ¢" in lines
    assert "Portrait 4:3, 768x1024 or Landscape 4:3, 1024x768: about 0.4 ¢, at most 0.5 ¢" in lines
    assert len(lines) == 4
    assert price_lines(SampleModel())[1:] == ["Each picture: about 1.2 ¢, at most 4 ¢"]
