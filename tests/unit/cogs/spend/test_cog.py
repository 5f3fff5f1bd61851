"""/spend from Discord's payload to its card, chart and CSV: for admins only, and nothing empty is drawn."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.errors import Unavailable
from bot.ledger.export import HEADER, csv_line
from bot.ledger.values import DaySpend, EntryRow, Kind, PersonSpend, Spend, SpendReport
from bot.money import MicroUsd
from cogs.spend.cog import (
    CHART_NAME,
    CSV_NAME,
    LIST_FOLLOWS,
    LIST_NOT_READ,
    PERIODS,
    TOO_LONG,
    SpendCard,
    stretch_of,
    title,
)
from cogs.ui.markdown import length
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import ADMIN_ROLE, server
from tests.unit.cogs.samples import NOW, FakeLedger
from tests.unit.cogs.wire import GUILD_ID, USER_ID, Call, interaction

EPHEMERAL, MANAGE_GUILD, ADMINISTRATOR = 64, 1 << 5, 1 << 3
HUGE = Spend(MicroUsd(10**15 - 1), MicroUsd(10**15 - 1), 10**9)
ENTRY = EntryRow(7, NOW, Kind.SETTLE, "ab" * 16, GUILD_ID, 5, USER_ID, MicroUsd(12_000), 4, True)


def report(days: int = 7, people: int = 2, spend: Spend | None = None) -> SpendReport:
    """So many days and people who spent as much each."""
    each = spend or Spend(MicroUsd(12_000), MicroUsd(5_000), 4)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    return SpendReport(
        since,
        since + timedelta(days=days),
        tuple(DaySpend((since + timedelta(days=n)).date(), each) for n in range(days)),
        tuple(PersonSpend(2**63 - 1 - n, each) for n in range(people)),
        each,
    )


def asked(permissions: int = MANAGE_GUILD, period: str = "7 days", **how: Any) -> dict[str, Any]:
    payload = interaction({"period": period}, command="spend", **how)
    if "member" in payload:
        roles = [str(ADMIN_ROLE)] if permissions & MANAGE_GUILD else []
        payload["member"] |= {"permissions": str(permissions), "roles": roles}
    return payload


def parts(call: Call) -> list[dict[str, Any]]:
    (box,) = call.body["components"]
    return box["components"]


def text(call: Call) -> str:
    return "\n".join(part["content"] for part in parts(call) if "content" in part)


async def shown(open_: Opened) -> Call:
    (call,) = await open_.discord.wait("PATCH", "/messages/@original")
    (deferred,) = open_.discord.named("POST", "/callback")
    assert (deferred.body["type"], deferred.data["flags"]) == (5, EPHEMERAL)
    assert call.body["allowed_mentions"] == {"parse": []}
    return call


async def refused(open_: Opened) -> str:
    (call,) = await open_.discord.wait("POST", "/callback")
    assert (call.body["type"], call.data["flags"] & EPHEMERAL) == (4, EPHEMERAL)
    return str(call.data["content"])


@pytest.mark.parametrize("permissions", [MANAGE_GUILD, ADMINISTRATOR])
async def test_it_shows_words_a_chart_and_the_entries(permissions: int) -> None:
    ledger = FakeLedger(spent=report(), rows=(ENTRY, ENTRY))
    async with opened(server=server(), ledger=ledger) as open_:
        payload = asked(permissions)
        open_.press(payload)
        call = await shown(open_)
    now = datetime.fromtimestamp(((int(payload["id"]) >> 22) + 1420070400000) / 1000, UTC)
    stretch = stretch_of("7 days", now)
    assert ledger.asked == [("spend", GUILD_ID, *stretch), ("entries", GUILD_ID, *stretch)]
    for words in (
        "Spending in this server, 7 days: 1 Jan to 7 Jan 2026 (UTC)",
        "1.2 ¢ for 4 pictures (about 0.5 ¢ of it estimated).",
        f"1. <@{2**63 - 1}>: 1.2 ¢ for 4 pictures",
        "3 Jan: 1.2 ¢ for 4 pictures",
    ):
        assert words in text(call)
    assert call.files[CSV_NAME].decode() == HEADER + csv_line(ENTRY) * 2
    with Image.open(BytesIO(call.files[CHART_NAME])) as chart:
        chart.load()
        assert chart.width == 1000
    (gallery,) = (part for part in parts(call) if part["type"] == 12)
    alt = gallery["items"][0]["description"]
    assert "By person: person 1 1.2 ¢, person 2 1.2 ¢." in alt
    assert call.body["attachments"][0]["description"] == alt
    (file,) = (part for part in parts(call) if part["type"] == 13)
    assert file["file"]["url"] == f"attachment://{CSV_NAME}"


async def test_nothing_spent_is_said_without_a_picture() -> None:
    ledger = FakeLedger(rows=(ENTRY,))
    async with opened(server=server(), ledger=ledger) as open_:
        open_.press(asked())
        call = await shown(open_)
    assert "Nothing was spent here." in text(call)
    assert not call.files
    assert len(parts(call)) == 1


async def test_pictures_that_cost_nothing_are_told_without_an_empty_chart() -> None:
    async with opened(
        server=server(), ledger=FakeLedger(spent=report(spend=Spend(pictures=3)), rows=(ENTRY,))
    ) as open_:
        open_.press(asked())
        call = await shown(open_)
    assert "0 ¢ for 3 pictures" in text(call)
    assert list(call.files) == [CSV_NAME]


@pytest.mark.parametrize("permissions", [0, (1 << 13) | (1 << 40)])
async def test_it_is_refused_to_everybody_else_before_the_books_are_asked(permissions: int) -> None:
    ledger = FakeLedger(spent=report())
    async with opened(server=server(), ledger=ledger) as open_:
        open_.press(asked(permissions))
        assert "“Manage Server”" in await refused(open_)
    assert ledger.asked == []


async def test_it_is_refused_privately() -> None:
    ledger = FakeLedger(spent=report())
    async with opened(server=server(), ledger=ledger) as open_:
        open_.press(asked(dm=True))
        assert await refused(open_)
    assert ledger.asked == []


@pytest.mark.parametrize("period", ["", "8 days", "TODAY", "1e400"])
async def test_a_forged_period_is_refused_with_those_there_are(period: str) -> None:
    ledger = FakeLedger(spent=report())
    async with opened(server=server(), ledger=ledger) as open_:
        open_.press(asked(period=period))
        assert "today, 7 days, 30 days, this month, last month" in await refused(open_)
    assert ledger.asked == []


async def test_entries_that_are_too_many_for_an_attachment_are_left_out_in_words() -> None:
    async with opened(server=server(), ledger=FakeLedger(spent=report(), rows=(ENTRY,) * 100)) as open_:
        open_.press(asked() | {"attachment_size_limit": 1_000_100})
        call = await shown(open_)
    assert list(call.files) == [CHART_NAME]
    assert TOO_LONG in text(call)


@pytest.mark.parametrize("failed", [None, Unavailable("Try again later.")], ids=["it comes", "it cannot be read"])
async def test_a_long_list_holds_up_neither_words_nor_chart(failed: Unavailable | None) -> None:
    ledger = FakeLedger(spent=report(), rows=(ENTRY,), writing=asyncio.Event(), written=failed)
    async with opened(server=server(), ledger=ledger) as open_:
        open_.press(asked())
        early = await shown(open_)
        assert list(early.files) == [CHART_NAME]
        assert LIST_FOLLOWS in text(early)
        assert ledger.writing is not None
        ledger.writing.set()
        late = (await open_.discord.wait("PATCH", "/messages/@original", count=2))[-1]
    assert "1.2 ¢ for 4 pictures" in text(late)
    assert LIST_FOLLOWS not in text(late)
    if failed is None:
        assert list(late.files) == [CHART_NAME, CSV_NAME], "the chart is sent again: an edit keeps only what it names"
    else:
        assert list(late.files) == [CHART_NAME]
        assert LIST_NOT_READ in text(late)


async def test_without_the_database_it_says_to_try_later() -> None:
    async with opened(server=server(), ledger=FakeLedger(refusal=Unavailable("Try again later."))) as open_:
        open_.press(asked())
        (call,) = await open_.discord.wait("POST", "/webhooks/")
    assert call.data["content"] == "Try again later."
    assert call.data["flags"] & EPHEMERAL


async def test_discord_is_told_who_may_use_it_and_where() -> None:
    async with opened() as open_:
        (command,) = [one.to_dict(open_.client.tree) for one in open_.client.tree.get_commands() if one.name == "spend"]
    assert command["default_member_permissions"] == MANAGE_GUILD
    assert (command["contexts"], command["integration_types"]) == ([0], [0])
    assert [one["value"] for one in command["options"][0]["choices"]] == list(PERIODS)


def content(card: SpendCard) -> Iterator[str]:
    for part in card.to_components()[0].get("components", ()):
        yield str(part.get("content", ""))
        yield from (str(item.get("description", "")) for item in part.get("items", ()))


def test_whatever_was_spent_the_card_holds_discords_limits() -> None:
    said = list(content(SpendCard(report(366, 500, HUGE), "30 days", has_chart=True, has_csv=True)))
    assert sum(length(one) for one in said) <= 4000 + 1024
    assert all(length(one) <= 4000 for one in said)
    assert any(re.search(r"… and (48\d|49\d) more people$", one, re.MULTILINE) for one in said), "all are counted"
    assert any("more days" in one for one in said)


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ("today", (2028, 3, 1), (2028, 3, 2)),
        ("7 days", (2028, 2, 24), (2028, 3, 2)),
        ("30 days", (2028, 2, 1), (2028, 3, 2)),
        ("this month", (2028, 3, 1), (2028, 3, 2)),
        ("last month", (2028, 2, 1), (2028, 3, 1)),
    ],
)
def test_periods_are_whole_days(period: str, since: tuple[int, int, int], until: tuple[int, int, int]) -> None:
    now = datetime(2028, 3, 1, 23, 59, 59, tzinfo=UTC)
    assert stretch_of(period, now) == (datetime(*since, tzinfo=UTC), datetime(*until, tzinfo=UTC))


def test_last_month_in_january_is_december() -> None:
    assert stretch_of("last month", NOW) == (datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))


def test_a_stretch_over_new_year_names_both_years() -> None:
    since, until = datetime(2026, 12, 28, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    over = SpendReport(since, until, (), (), Spend())
    assert title("7 days", over) == "Spending in this server, 7 days: 28 Dec 2026 to 3 Jan 2027 (UTC)"
