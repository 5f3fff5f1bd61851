"""Two people make pictures; each reads what they used and have left, and an admin what the server spent."""

import csv
from collections.abc import AsyncGenerator
from decimal import ROUND_FLOOR, Decimal
from io import BytesIO, StringIO

import pytest
import pytest_asyncio
from PIL import Image

from tests.journeys.helpers import Answer, Stage, open_stage, shape, usd

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT = 500_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[Stage, tuple[Answer, ...]]]:
    """A bot with a limit of half a dollar a day, and three runs: two of the member's, one of somebody else's."""
    async with open_stage(tmp_path_factory.mktemp("shop"), USER_DAILY_LIMIT_USD="0.50") as stage:
        runs = (
            await stage.imagine("a red fox", num_images=2),
            await stage.imagine("a *blue* owl", image_size="square"),
            await stage.imagine("a green hen", person=stage.cast.other, channel=stage.cast.thread),
        )
        for run in runs:
            await stage.closed_books(run.id)
        yield stage, runs


async def test_usage_tells_what_was_charged_and_what_is_left(shop: tuple[Stage, tuple[Answer, ...]]):
    stage, (fox, owl, _) = shop
    answer = await stage.use("usage")
    spent = stage.billed(fox) + stage.billed(owl)
    assert answer.is_ephemeral
    left = (LIMIT - spent) // 10_000  # at the dearest price of a picture
    assert f"About {left} of 50 pictures left today. Renews" in answer.text
    limits = await stage.turned(answer, "usage_part:limits")
    assert f"About {left} of 50 pictures left today." in limits
    assert f"{usd(spent)} today" in limits
    assert f"{usd(spent)} of 50 ¢ used, {usd(LIMIT - spent, rounding=ROUND_FLOOR)} left, resets" in limits
    assert "You, 50 ¢ a day: [#---------] 1 %" in limits
    runs = await stage.turned(answer, "usage_part:runs")
    assert f"a red fox · 2 pictures shown · {usd(stage.billed(fox))}" in runs
    assert f"a *blue* owl · 1 picture shown · {usd(stage.billed(owl))}" in runs
    assert runs.index("owl") < runs.index("fox")
    assert "green hen" not in runs
    assert "Square, 512x512: about 0.14 ¢, at most 0.5 ¢" in await stage.turned(answer, "usage_part:prices")


async def test_privately_other_limits_and_other_runs_count(shop: tuple[Stage, tuple[Answer, ...]]):
    stage, _ = shop
    for channel in (stage.cast.dm_of(stage.cast.member.id), stage.cast.elsewhere):
        answer = await stage.use("usage", channel=channel)
        assert answer.is_ephemeral
        assert "0 ¢ today" in await stage.turned(answer, "usage_part:limits")
        assert "You have not asked for anything here yet." in await stage.turned(answer, "usage_part:runs")


async def test_an_admin_sees_the_spending_as_words_a_picture_and_entries(shop: tuple[Stage, tuple[Answer, ...]]):
    stage, runs = shop
    answer = await stage.use("spend", {"period": "7 days"}, person=stage.cast.admin)
    fox, owl, hen = (stage.billed(run) for run in runs)
    total, mine = fox + owl + hen, fox + owl
    assert answer.is_ephemeral
    assert f"{usd(total)} for 4 pictures." in answer.text
    assert f"<@{stage.cast.member.id}>: {usd(mine)} for 3 pictures" in answer.text
    assert f"<@{stage.cast.other.id}>: {usd(hen)} for 1 picture" in answer.text

    chart, entries = await stage.files(answer)
    assert shape(chart)[0] == "PNG"
    assert shape(chart)[1][0] == 1000
    (shown,) = answer.gallery
    first, second = sorted((mine, hen), reverse=True)
    for words in (f"{usd(total)} for 4 pictures", f"person 1 {usd(first)}, person 2 {usd(second)}", f" {usd(total)};"):
        assert words in shown["description"]
    rows = list(csv.DictReader(StringIO(entries.decode(), newline="")))
    settled = [Decimal(row["amount_usd"]) for row in rows if row["kind"] == "settle"]
    assert sum(settled) * 1_000_000 == total
    assert {row["run_id"] for row in rows} == {(await stage.closed_books(run.id)).row["id"] for run in runs}  # pyright: ignore[reportOptionalSubscript]


async def test_the_chart_is_not_blank(shop: tuple[Stage, tuple[Answer, ...]]):
    stage, _ = shop
    answer = await stage.use("spend", {"period": "today"}, person=stage.cast.admin)
    chart, _ = await stage.files(answer)
    with Image.open(BytesIO(chart)) as picture:
        assert len(picture.convert("RGB").getcolors(maxcolors=2**16) or ()) > 2


async def test_a_month_without_spending_says_so_without_a_picture(shop: tuple[Stage, tuple[Answer, ...]]):
    stage, _ = shop
    answer = await stage.use("spend", {"period": "last month"}, person=stage.cast.admin)
    assert answer.is_ephemeral
    assert "Nothing was spent here." in answer.text
    assert not answer.attachments


@pytest.mark.parametrize("who", ["member", "moderator"])
async def test_who_forges_spend_is_refused(shop: tuple[Stage, tuple[Answer, ...]], who: str):
    stage, _ = shop
    person = stage.cast.member if who == "member" else stage.cast.moderator
    answer = await stage.use("spend", {"period": "7 days"}, person=person, check=False)
    assert answer.is_ephemeral
    assert "Only people with the permission “Manage Server” may do this." in answer.text
    assert not answer.attachments


async def test_a_forged_period_is_refused(shop: tuple[Stage, tuple[Answer, ...]]):
    stage, _ = shop
    answer = await stage.use("spend", {"period": "1e400"}, person=stage.cast.admin, check=False)
    assert answer.is_ephemeral
    assert "Please choose one of: today" in answer.text
