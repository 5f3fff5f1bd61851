"""The day's limit: a press that could pass it is refused before anything is held or sent."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.journeys.helpers import Stage, open_stage, usd

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def frugal(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose bot lets everyone spend a cent a day: two pictures at the dearest price."""
    async with open_stage(tmp_path_factory.mktemp("thrifty"), USER_DAILY_LIMIT_USD="0.01") as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def thrifty(frugal: Stage) -> AsyncGenerator[Stage]:
    """A new scene there, on a new day: nobody has spent anything."""
    await frugal.new_scene()
    yield frugal
    await frugal.until(lambda: not frugal.unfinished)
    for table in ("ledger_entries", "ledger_totals", "limit_notices"):
        frugal.alter(f"DELETE FROM {table}")


async def test_the_press_that_could_pass_the_limit_is_refused_for_its_person_alone(thrifty: Stage):
    thrifty.play("rounded_cost")
    for left in (5_000, 0):
        answer = await thrifty.imagine(image_size="square")
        assert answer.shows(1)
        usage = await thrifty.use("usage")
        limits = await thrifty.turned(usage, "usage_part:limits")
        assert (f"{usd(left)} left" if left else "nothing left") in limits
    await thrifty.closed_books(answer.id)

    refused = await thrifty.imagine(image_size="square")
    assert refused.is_ephemeral
    assert "0.5 ¢" in refused.text
    assert "1 ¢" in refused.text
    assert thrifty.books(refused.id).row is None
    assert len(thrifty.creates) == 2
    thrifty.check_totals()

    other = await thrifty.imagine(image_size="square", person=thrifty.cast.other)
    assert other.shows(1)


async def test_a_press_that_is_too_dear_for_any_day_says_what_would_fit_and_it_does(thrifty: Stage):
    refused = await thrifty.imagine(image_size="square", num_images=3)
    assert refused.is_ephemeral
    assert "2 pictures" in refused.text
    assert not thrifty.creates
    assert (await thrifty.imagine(image_size="square", num_images=2)).shows(2)


async def test_what_is_held_counts_while_it_is_held_and_comes_back(thrifty: Stage):
    thrifty.play("failing", running_s=0.6)
    async with thrifty.pressing(image_size="square", num_images=2) as press:
        await thrifty.until(lambda: bool(thrifty.creates))
        refused = await thrifty.imagine(image_size="square")
        assert refused.is_ephemeral
        failed = await press.end()
    assert "You were not charged." in failed.text
    thrifty.play("fast")
    assert (await thrifty.imagine(image_size="square")).shows(1)


async def test_presses_at_once_cannot_pass_the_limit_together(thrifty: Stage):
    thrifty.play("rounded_cost", running_s=0.3)
    answers = await asyncio.gather(*(thrifty.imagine(image_size="square") for _ in range(6)))
    assert sum(answer.shows(1) for answer in answers) == 2
    assert sum(answer.is_ephemeral for answer in answers) == 4
    assert len(thrifty.creates) == 2
    thrifty.check_totals()
