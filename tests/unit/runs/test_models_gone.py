"""Rows outlive models: those from before requests were kept, and those whose model has left the catalog."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.model import Model
from bot.catalog.registry import Registry
from bot.catalog.request import Request
from bot.ledger import reports
from bot.ledger.values import Defaults, Person
from bot.money import MicroUsd
from bot.runflow.reading import RunflowStatus
from bot.runs.card import Ended, Pictures
from bot.runs.run import Delivery, Reason, Run, State
from bot.runs.transitions import Settle, read
from bot.store.tables import runs
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.made import NOON, a_reading, a_run
from tests.unit.runs.room import RunsRoom, runs_room

FAST = without_waiting(PROFILES["default"])


async def without_request(room: RunsRoom, run: Run) -> Run:
    """The run as a row from before requests were kept has it."""
    await room.store.write(
        lambda connection: connection.execute(update(runs).where(runs.c.id == run.id).values(request=None))
    )
    return await room.runs.load(run.id)


async def test_a_row_from_before_requests_were_kept_reads_and_ends_as_ever(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        pressed = await room.press(num_images=2, num_inference_steps=7)
        old = await without_request(room, pressed)
        assert old == pressed
        assert old.request == Request("a red fox", 2, ("7 steps",), tells_seed=True)
        (recent,) = await room.store.read(
            lambda connection: (reports.usage(connection, Person(7, 1, 2), Defaults(), room.clock.now())).runs
        )
        assert (recent.prompt, recent.pictures) == ("a red fox", 2)
        done = await room.to_the_end(old)
        assert (done.state, done.delivery, done.request) == (State.SUCCEEDED, Delivery.SHOWN, pressed.request)


async def test_a_run_whose_model_is_gone_is_not_sent_and_its_card_says_so(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, models=Registry(())) as room:
        done = await room.to_the_end(await room.press())
        assert (done.state, done.reason, done.delivery) == (State.FAILED, Reason.NOT_AVAILABLE, Delivery.SHOWN)
        assert isinstance(room.card.ends[-1][1], Ended)
        assert (await room.held(), room.runflow.create_requests) == (0, 0)


class Forgetful(Registry):
    """A catalog that a model leaves."""

    gone = False

    def find(self, model_id: str) -> Model | None:
        return None if self.gone else super().find(model_id)


async def test_a_run_that_was_sent_before_its_model_left_ends_in_pictures(tmp_path: Path) -> None:
    models = Forgetful((FLUX_KLEIN,))
    async with runs_room(tmp_path, replace(FAST, running_s=100.0), models=models) as room:
        run = await room.press(num_images=2)
        await room.services.runs.start(run, 11)
        await room.running(run)
        models.gone = True
        room.clock.advance(200)
        done = await room.settled(run)
        assert (done.state, done.delivery, done.cost) == (State.SUCCEEDED, Delivery.SHOWN, 7_864)
        assert isinstance(room.card.ends[-1][1], Pictures)


@pytest.mark.parametrize(
    ("changes", "model"),
    [({}, None), ({"input": {"strength": 3}}, FLUX_KLEIN)],
    ids=["the model is gone", "its schema cannot read the input any more"],
)
def test_where_no_price_is_known_what_was_held_is_the_estimate(changes: dict[str, object], model: Model | None) -> None:
    run = a_run(state=State.RUNNING, **changes)
    for cost, booked in (
        (None, Settle(run.held, estimated=True)),
        (MicroUsd(77), Settle(MicroUsd(77), estimated=False)),
    ):
        change = read(run, a_reading(RunflowStatus.SUCCEEDED, outputs=1, cost=cost), model, NOON)
        assert change is not None
        assert change.books == booked
