"""People do not pay for what they did not get: what is given back of a run, once, and what the card may say of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.errors import PictureFault
from bot.images.image import MissingPicture
from bot.ledger import ledger, recount
from bot.ledger.values import Defaults, Measure, Person, UsageReport, Window
from bot.money import MicroUsd
from bot.runflow.reading import Reading, RunflowStatus
from bot.runs.card import EditResult, Ended, Pictures
from bot.runs.images import Fetched, RunImages
from bot.runs.refunds import GiveBack, owed
from bot.runs.run import Delivery, Reason, Result, Run, State
from bot.runs.transitions import read
from sandbox.runflow.switches import PROFILES, Switches, without_waiting
from tests.unit.runs.made import NOON, a_reading, a_run
from tests.unit.runs.room import FLUX_KLEIN, RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])
DOLLAR = Defaults(user_daily=MicroUsd(1_000_000))
PERSON = Person(7, 1, 2)
NOTHING_MADE = replace(FAST, nsfw="empty")


def ended(asked: int, made: int, cost: int, held: int, state: State = State.SUCCEEDED) -> Run:
    checked = FLUX_KLEIN.parse({"prompt": "a red fox", "num_images": asked})
    result = Result(num_outputs=made)
    return a_run(state=state, request=checked.request, result=result, cost=MicroUsd(cost), held=MicroUsd(held))


PAID = st.sampled_from([State.SUCCEEDED, State.PARTIAL, State.FAILED])
RUNS = st.builds(ended, st.integers(1, 4), st.integers(0, 6), st.integers(0, 10**9), st.integers(0, 10**9), PAID)


@given(RUNS, st.integers(0, 4))
def test_never_more_comes_back_than_was_paid_or_was_counted(run: Run, shown: int) -> None:
    assert run.result is not None
    assert run.cost is not None
    shown = min(shown, run.result.num_outputs)
    back = owed(run, shown=shown) or GiveBack(MicroUsd(0), 0)
    assert 0 <= back.amount <= run.cost
    assert 0 <= back.pictures <= run.result.num_outputs - shown


@given(RUNS)
def test_all_comes_back_where_nothing_was_shown(run: Run) -> None:
    assert run.result is not None
    made = run.result.num_outputs
    expected = GiveBack(run.cost or MicroUsd(0), made) if run.cost or made else None
    assert owed(run, shown=0) == expected


@given(RUNS, st.integers(0, 4))
def test_whoever_got_all_that_they_asked_for_gets_nothing_back(run: Run, more: int) -> None:
    assert owed(run, shown=run.images_wanted + more) is None


@given(RUNS, st.integers(1, 3))
def test_what_is_paid_for_some_is_no_more_than_their_dearest_price_and_no_less_than_their_share(
    run: Run, shown: int
) -> None:
    assert run.result is not None
    assert run.cost is not None
    made, asked = run.result.num_outputs, run.images_wanted
    if not shown <= made or shown >= asked:
        return
    back = owed(run, shown=shown)
    paid = run.cost - (back.amount if back else 0)
    share, dearest = run.cost * shown / made, run.held * shown / asked
    assert min(share, dearest) - 1e-3 <= paid < min(share, dearest) + 1, "rounded up, by less than a micro-dollar"


@pytest.mark.parametrize(
    ("run", "shown", "back"),
    [
        (ended(4, 4, 15_728, 20_000), 3, GiveBack(MicroUsd(3_932), 1)),
        (ended(3, 3, 10_000, 15_000), 2, GiveBack(MicroUsd(3_333), 1)),  # 6,666.67 stay paid, rounded up
        (ended(4, 3, 15_000, 20_000), 3, None),  # Runflow billed what it made
        (ended(4, 3, 20_000, 20_000), 3, GiveBack(MicroUsd(5_000), 0)),  # Runflow billed what was asked for
        (ended(2, 0, 7_864, 10_000), 0, GiveBack(MicroUsd(7_864), 0)),
        (ended(2, 2, 0, 10_000), 0, GiveBack(MicroUsd(0), 2)),  # free, and counted against limits on pictures
        (ended(1, 2, 7_864, 10_000), 1, None),
    ],
)
def test_what_comes_back(run: Run, shown: int, back: GiveBack | None) -> None:
    assert owed(run, shown=shown) == back


@pytest.mark.parametrize(
    "changes",
    [
        {"state": State.CANCELED},
        {"state": State.LOST},
        {"given_back": MicroUsd(0)},
        {"pictures_shown": 2},
        {"cost": None},
    ],
)
def test_nothing_comes_back_twice_or_of_what_was_seen_or_stopped(changes: dict[str, object]) -> None:
    run = a_run(**{"state": State.SUCCEEDED, "result": Result(num_outputs=2), "cost": MicroUsd(7), **changes})
    assert owed(run, shown=0) is None


@pytest.mark.parametrize("status", [RunflowStatus.SUCCEEDED, RunflowStatus.PARTIAL, RunflowStatus.FAILED])
def test_an_end_with_a_cost_and_nothing_in_it_gives_it_back(status: RunflowStatus) -> None:
    reading = a_reading(status, cost=MicroUsd(9), nsfw_detected=True)
    change = read(a_run(state=State.RUNNING), reading, FLUX_KLEIN, NOON)
    assert change is not None
    assert (change.run.reason, change.run.given_back) == (Reason.CONTENT, 9)
    assert change.back == GiveBack(MicroUsd(9), 0)


def test_an_end_with_pictures_or_without_a_cost_gives_nothing_back_yet() -> None:
    for reading in (
        a_reading(RunflowStatus.SUCCEEDED, outputs=2, cost=MicroUsd(9)),
        a_reading(RunflowStatus.SUCCEEDED),
        a_reading(RunflowStatus.CANCELED, cost=MicroUsd(9)),
    ):
        change = read(a_run(state=State.RUNNING), reading, FLUX_KLEIN, NOON)
        assert change is not None
        assert (change.back, change.run.given_back) == (None, None)


async def usage(room: RunsRoom) -> UsageReport:
    """What counts for the person; and after every step the totals are the sum of the entries."""

    def right(connection: Connection) -> None:
        assert list(recount.disagreements(connection)) == []

    await room.store.read(right)
    return await room.services.ledger.usage(PERSON)


async def used(room: RunsRoom) -> tuple[int, int]:
    total = (await usage(room)).totals[Window.DAY]
    return total.used(Measure.MONEY), total.used(Measure.PICTURES)


async def spent(room: RunsRoom) -> int:
    """What the server reads in /spend."""
    now = room.clock.now()
    day = Window.DAY.start_of(now)
    return (await room.services.ledger.spend(1, day, Window.DAY.resets_at(now) or now)).total.money


def missing(*gone: int, answers: list[bool] | None = None) -> object:
    """A fetch that brings all pictures but these. `answers`: whether they are gone, in turn, the last for ever."""
    fetch, turns = RunImages.fetch, answers or [True]

    async def some(self: RunImages, run: Run, reading: Reading | None = None) -> Fetched:
        found = await fetch(self, run, reading)
        if not (turns.pop(0) if len(turns) > 1 else turns[0]):
            return found
        lost = tuple(MissingPicture(index, PictureFault.UNREADABLE) for index in gone)
        return Fetched(tuple(one for one in found.pictures if one.index not in gone), lost)

    return some


async def to_the_end(room: RunsRoom, num_images: int = 1) -> Run:
    return await room.to_the_end(await room.press(num_images=num_images))


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ("not_a_picture", Reason.PICTURES_UNREADABLE),
        ("gone_urls", Reason.PICTURES_UNREADABLE),
        ("nsfw_empty", Reason.CONTENT),
        ("no_pictures", Reason.NO_PICTURES),
        ("picture_bomb", Reason.UPLOAD_REFUSED),
    ],
)
async def test_what_brought_no_picture_counts_for_nobody_but_the_server(
    tmp_path: Path, profile: str, reason: Reason
) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES[profile]), defaults=DOLLAR) as room:
        done = await to_the_end(room, num_images=2)
        assert (done.reason, done.delivery) == (reason, Delivery.SHOWN)
        assert await used(room) == (0, 0)
        assert await spent(room) == done.cost == done.given_back
        assert done.cost
        run, ending = room.card.ends[-1]
        assert isinstance(ending, Ended)
        assert run.given_back == done.cost, "the card is written when the row says so"


async def test_of_several_the_missing_one_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunImages, "fetch", missing(1))
    async with runs_room(tmp_path, FAST, defaults=DOLLAR) as room:
        done = await to_the_end(room, num_images=4)
        assert (done.pictures_shown, done.given_back) == (3, 3_932)
        assert await used(room) == (11_797, 3), "three quarters of 15,729, rounded up"
        assert await spent(room) == done.cost == 15_729


async def test_what_is_shown_whole_is_paid_whole(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, defaults=DOLLAR) as room:
        done = await to_the_end(room, num_images=4)
        assert (done.pictures_shown, done.given_back) == (4, None)
        assert await used(room) == (15_729, 4)


async def test_what_the_channel_keeps_back_was_made_and_is_paid(tmp_path: Path) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["nsfw_flagged"]), defaults=DOLLAR) as room:
        done = await to_the_end(room)
        assert (done.delivery, done.given_back) == (Delivery.WITHHELD, None)
        assert await used(room) == (done.cost, 1)


async def test_a_card_that_is_gone_leaves_pictures_for_history_and_they_are_paid(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, defaults=DOLLAR) as room:
        room.card.answers = [EditResult.GONE]
        done = await to_the_end(room)
        assert (done.delivery, done.given_back, done.pictures_shown) == (Delivery.UNDELIVERABLE, None, None)
        assert await used(room) == (done.cost, 1)


async def test_pictures_that_are_found_after_all_are_shown_and_nothing_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunImages, "fetch", missing(0, 1, answers=[True, False]))
    async with runs_room(tmp_path, FAST, defaults=DOLLAR) as room:
        room.card.always = EditResult.LATER  # the reason is written, and the card cannot say it
        run = await room.press(num_images=2)
        await room.services.runs.start(run, 11)

        async def is_given_back() -> bool:
            return (await room.runs.load(run.id)).given_back is not None

        await until(is_given_back)
        room.card.always = None

        async def is_shown() -> bool:
            room.clock.advance(5)
            return (await room.runs.load(run.id)).delivery is Delivery.SHOWN

        # The card is tried in words first, then the run is taken up anew, as a new process does.
        room.card.answers = [EditResult.LATER] * 7
        await until(is_shown)
        done = await room.runs.load(run.id)
        assert (done.delivery, done.reason, done.pictures_shown) == (Delivery.SHOWN, None, 2)
        assert isinstance(room.card.ends[-1][1], Pictures)
        assert await used(room) == (0, 0), "given back once, and not taken again"
        assert await spent(room) == done.cost


async def test_pictures_that_were_seen_and_are_gone_later_are_not_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_room(tmp_path, FAST, defaults=DOLLAR) as room:
        done = await to_the_end(room)
        again = await room.runs.delivered(done, Delivery.PENDING)
        monkeypatch.setattr(RunImages, "fetch", missing(0))
        room.app.wake_ups.wake_run(again.id)
        gone = await room.settled(again)
        assert (gone.reason, gone.given_back) == (Reason.PICTURES_UNREADABLE, None)
        assert await used(room) == (done.cost, 1)


async def test_a_crash_before_the_end_is_written_gives_back_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole end is one transaction: what breaks in the middle of it leaves neither a cost nor a refund."""
    broken = [True]
    refund = ledger.refund

    def breaks_once(*args: object, **kwargs: object) -> bool:
        if broken.pop(0) if broken else False:
            raise RuntimeError("the process ends here")
        return refund(*args, **kwargs)  # pyright: ignore[reportArgumentType, reportCallIssue]

    monkeypatch.setattr(ledger, "refund", breaks_once)
    async with runs_room(tmp_path, NOTHING_MADE, defaults=DOLLAR) as room:
        run = await room.press(num_images=2)
        await room.services.runs.start(run, 11)

        async def ended_at_last() -> bool:
            room.clock.advance(5)
            total = (await usage(room)).totals[Window.DAY]
            assert total.spent == total.refunded, "never one without the other"
            return (await room.runs.load(run.id)).delivery is Delivery.SHOWN

        await until(ended_at_last)
        assert not broken
        assert await used(room) == (0, 0)


@pytest.mark.parametrize("switches", [NOTHING_MADE, without_waiting(PROFILES["not_a_picture"])])
async def test_what_was_given_back_can_be_spent_again(tmp_path: Path, switches: Switches) -> None:
    one = Defaults(user_daily=MicroUsd(5_000))  # the dearest price of one picture
    async with runs_room(tmp_path, switches, defaults=one) as room:
        for _ in range(3):
            assert (await to_the_end(room)).given_back
