"""How often a card says where its run stands, and what it says of a run that was taken up."""

import asyncio
from typing import cast

import pytest

from bot.choices import Choices
from bot.runs.card import CardView, EditResult, InLine, Word
from bot.runs.delivery.progress import Progress, position_spacing_s
from bot.runs.run import Run, State
from bot.settings import load_settings
from sandbox.clock import SandboxClock
from tests.unit.runs.made import NOON, a_run

QUEUED, DRAWING = (a_run(state=State.QUEUED), a_run(state=State.RUNNING))


class Card:
    """A card that notes what it says. While `holds` is set, its edits take until it is free again."""

    def __init__(self) -> None:
        self.said: list[tuple[State, Word | None]] = []
        self.free = asyncio.Event()
        self.free.set()
        self.failing = False

    async def progress(self, run: Run, line: InLine | None = None, *, word: Word | None = None) -> EditResult:
        self.said.append((run.state, word))
        await self.free.wait()
        if self.failing:
            raise RuntimeError("a fault")
        return EditResult.YES

    @property
    def states(self) -> list[State]:
        return [state for state, _ in self.said]


class Scene:
    def __init__(self, *, spacing_s: float = 0.5, quiet_s: float = 1.0) -> None:
        self.card, self.clock = Card(), SandboxClock(stopped=True, start=NOON)
        card = cast("CardView", self.card)
        self.progress = Progress(card=card, clock=self.clock, spacing_s=spacing_s, quiet_s=quiet_s)

    async def after(self, seconds: float) -> list[State]:
        """What was said when so many seconds more have passed."""
        self.clock.advance(seconds)
        for _ in range(20):
            await asyncio.sleep(0)
        return self.card.states


def test_places_far_back_are_told_less_often() -> None:
    assert [position_spacing_s(place) for place in (1, 10, 11, 100, 101, 5000)] == [5, 5, 15, 15, 60, 60]


async def test_a_run_that_ends_within_a_second_is_told_by_its_end_alone() -> None:
    scene = Scene()
    async with scene.progress as progress:
        progress.show(QUEUED)
        await scene.after(0.3)
        progress.show(DRAWING)
        assert await scene.after(0.6) == []
        await progress.finish()
        assert await scene.after(10) == []


async def test_the_latest_is_said_when_the_first_second_is_over_without_being_asked_again() -> None:
    scene = Scene()
    async with scene.progress as progress:
        progress.show(QUEUED)
        progress.show(DRAWING)
        assert await scene.after(0.9) == []
        assert await scene.after(0.2) == [State.RUNNING]
        assert await scene.after(30) == [State.RUNNING]


async def test_edits_keep_their_distance_and_none_is_left_out_at_the_end() -> None:
    scene = Scene(spacing_s=5)
    async with scene.progress as progress:
        progress.show(QUEUED)
        assert await scene.after(1) == [State.QUEUED]
        progress.show(DRAWING)
        assert await scene.after(4.9) == [State.QUEUED]
        assert await scene.after(0.2) == [State.QUEUED, State.RUNNING]


async def test_one_edit_at_a_time_and_the_end_waits_for_the_one_under_way() -> None:
    scene = Scene(quiet_s=0, spacing_s=0)
    async with scene.progress as progress:
        scene.card.free.clear()
        progress.show(QUEUED)
        await scene.after(0)
        progress.show(DRAWING)
        assert await scene.after(5) == [State.QUEUED]
        finishing = asyncio.create_task(progress.finish())
        await scene.after(5)
        assert not finishing.done()
        scene.card.free.set()
        await finishing
        progress.show(DRAWING)
        assert await scene.after(5) == [State.QUEUED]


async def test_what_reads_the_same_is_no_news() -> None:
    scene = Scene(quiet_s=0, spacing_s=0)
    async with scene.progress as progress:
        progress.show(a_run(state=State.SUBMITTING))
        assert await scene.after(1) == []
        progress.show(a_run(state=State.DISPATCHING))
        await scene.after(1)
        progress.show(DRAWING)
        assert await scene.after(1) == [State.DISPATCHING]


async def test_what_was_to_be_said_and_is_so_no_more_is_not_said() -> None:
    scene = Scene(spacing_s=5, quiet_s=0)
    async with scene.progress as progress:
        progress.show(DRAWING)
        await scene.after(0)
        progress.look(DRAWING)
        await scene.after(1)
        progress.show(DRAWING)
        assert await scene.after(10) == [State.RUNNING]


async def test_after_a_minute_at_runflow_one_edit_says_that_it_takes_longer_than_usual() -> None:
    scene = Scene()
    async with scene.progress as progress:
        progress.show(QUEUED)
        await scene.after(2)
        for _ in range(57):
            progress.show(QUEUED)
            await scene.after(1)
        assert scene.card.said == [(State.QUEUED, None)]
        await scene.after(1)
        for one in (QUEUED, QUEUED, DRAWING, QUEUED):
            progress.show(one)
            await scene.after(5)
        assert scene.card.said == [(State.QUEUED, None), (State.QUEUED, Word.LATE)]


async def test_a_late_run_that_is_taken_up_says_so_already() -> None:
    scene = Scene()
    await scene.after(90)
    async with scene.progress as progress:
        progress.taken_up(QUEUED)
        progress.show(DRAWING)
        assert await scene.after(5) == []


async def test_a_run_that_is_not_taken_is_told_of_after_five_seconds_and_once() -> None:
    scene = Scene()
    sending = a_run(state=State.SUBMITTING, submitted_at=NOON)
    async with scene.progress as progress:
        progress.busy(sending)
        assert await scene.after(4.9) == []
        assert await scene.after(0.2) == [State.SUBMITTING]
        for _ in range(3):
            progress.busy(sending)
            await scene.after(4)
        assert scene.card.said == [(State.SUBMITTING, Word.BUSY)]
        progress.show(QUEUED)
        assert await scene.after(1) == [State.SUBMITTING, State.QUEUED]


async def test_a_run_that_is_taken_at_the_second_try_says_nothing_of_the_first() -> None:
    scene = Scene()
    async with scene.progress as progress:
        progress.busy(a_run(state=State.SUBMITTING, submitted_at=NOON))
        await scene.after(2)
        progress.show(QUEUED)
        await scene.after(10)
        assert scene.card.said == [(State.QUEUED, None)]


async def test_that_a_run_is_looked_for_is_said_once() -> None:
    scene = Scene()
    sending = a_run(state=State.SUBMITTING)
    async with scene.progress as progress:
        for _ in range(4):
            progress.look(sending)
            await scene.after(1)
        assert scene.card.said == [(State.SUBMITTING, Word.LOOKING)]


async def test_whoever_waited_is_told_at_once_that_it_goes_on_and_the_rest_later() -> None:
    scene = Scene()
    other = asyncio.create_task(asyncio.Event().wait())
    async with scene.progress as progress:
        progress.after(cast("asyncio.Task[None]", other))
        progress.start(a_run())
        assert await scene.after(0) == []  # an edit of somebody else's is under way
        other.cancel()
        assert await scene.after(0) == [State.SUBMITTING]
        progress.show(QUEUED)
        assert await scene.after(0.7) == [State.SUBMITTING]
        assert await scene.after(0.4) == [State.SUBMITTING, State.QUEUED]


async def test_the_end_of_a_run_that_somebody_else_speaks_of_comes_after_their_edit() -> None:
    scene = Scene()
    free = asyncio.Event()
    other = asyncio.create_task(free.wait())
    async with scene.progress as progress:
        progress.after(cast("asyncio.Task[None]", other))
        progress.start(a_run())
        finishing = asyncio.create_task(progress.finish())
        await scene.after(2)
        assert not finishing.done()
        free.set()
        await finishing
        assert await scene.after(2) == []


@pytest.mark.parametrize("read_first", [True, False])
async def test_the_card_of_a_run_taken_up_never_says_how_far_it_was_when_it_was_adopted(read_first: bool) -> None:
    """A row keeps the first state that was read at Runflow; the card may have said more since."""
    scene = Scene()
    async with scene.progress as progress:
        progress.taken_up(QUEUED)
        if read_first:
            progress.show(DRAWING)
            assert await scene.after(0) == []  # it says so most likely: no edit for each of thousands at a start
        assert progress.refresh(QUEUED)
        progress.show(DRAWING)
        assert await scene.after(0) == [State.RUNNING]
        assert not progress.refresh(QUEUED)


async def test_a_card_that_has_said_something_since_needs_no_refreshing() -> None:
    scene = Scene()
    async with scene.progress as progress:
        progress.taken_up(QUEUED)
        progress.show(QUEUED)  # Runflow still has it in its queue
        assert await scene.after(0) == [State.QUEUED]
        assert not progress.refresh(QUEUED)


@pytest.mark.parametrize("finishes", [True, False])
async def test_nothing_is_left_behind(finishes: bool) -> None:
    scene, before = Scene(), asyncio.all_tasks()
    async with scene.progress as progress:
        progress.show(QUEUED)
        await scene.after(0.1)
        if finishes:
            await progress.finish()
    assert asyncio.all_tasks() == before


async def test_a_fault_in_an_edit_is_not_hidden() -> None:
    scene = Scene(quiet_s=0)
    scene.card.failing = True
    scene.card.free.clear()
    scene.progress.show(QUEUED)
    await scene.after(0)
    finishing = asyncio.create_task(scene.progress.finish())
    await scene.after(0)
    scene.card.free.set()
    with pytest.raises(RuntimeError):
        await finishing


@pytest.mark.parametrize(("spacing", "quiet_s"), [("0.5", 1.0), ("0", 0.0)])
def test_who_wants_no_spacing_wants_every_change_at_once(spacing: str, quiet_s: float) -> None:
    settings = load_settings({"DISCORD_TOKEN": "t", "RUNFLOW_API_KEY": "k", "PROGRESS_SPACING_S": spacing})
    assert Choices.of(settings).progress_quiet_s == quiet_s
