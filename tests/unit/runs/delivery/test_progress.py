"""How often a card says where its run stands, and what it says of a run that was taken up."""

import asyncio

import pytest

from bot.runs.delivery.progress import Progress, position_spacing_s
from bot.runs.run import State
from sandbox.clock import SandboxClock
from tests.unit.runs.made import a_run
from tests.unit.runs.room import FakeCardView


def test_places_far_back_are_told_less_often():
    assert [position_spacing_s(place) for place in (1, 10, 11, 100, 101, 5000)] == [5, 5, 15, 15, 60, 60]


@pytest.mark.parametrize("read_first", [True, False])
async def test_the_card_of_a_run_taken_up_never_says_how_far_it_was_when_it_was_adopted(read_first: bool) -> None:
    """A row keeps the first state that was read at Runflow; the card may have said more since."""
    card = FakeCardView()
    row, now = a_run(state=State.QUEUED), a_run(state=State.RUNNING)
    async with Progress(card=card, clock=SandboxClock(), spacing_s=0) as progress:
        progress.taken_up(row)
        if read_first:
            progress.show(now)
            await asyncio.sleep(0)
            assert card.progressed == []  # it says so most likely: no edit for each of thousands at a start
        assert progress.refresh(row)
        progress.show(now)
        await progress.finish()
    assert card.progressed == [State.RUNNING]


async def test_a_run_taken_up_that_went_back_nowhere_is_said_as_it_is() -> None:
    card = FakeCardView()
    row = a_run(state=State.QUEUED)
    async with Progress(card=card, clock=SandboxClock(), spacing_s=0) as progress:
        progress.taken_up(row)
        progress.show(row)  # Runflow still has it in its queue
        await progress.finish()
    assert card.progressed == [State.QUEUED]
