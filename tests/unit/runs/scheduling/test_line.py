"""The line is the plain rule kept up to date: the same runs start in the same order and stand at the same positions."""

from datetime import datetime, timedelta
from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st

from bot.runs.scheduling.line import Line
from bot.runs.scheduling.turns import Caps, Entry
from tests.unit.runs.made import NOON
from tests.unit.runs.scheduling import plain

CAPS = st.builds(Caps, at_once=st.integers(1, 6), per_guild=st.integers(1, 4), per_user=st.integers(1, 3))
WHO = st.tuples(st.integers(1, 4), st.sampled_from([None, 1, 2]))
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["press", "press", "press", "end", "fail", "leave", "found", "cancel"]), WHO, st.integers(0, 99)
    )
)


class Both:
    """The line, and beside it the facts that the plain rule goes by."""

    def __init__(self, caps: Caps) -> None:
        self.caps, self.line = caps, Line(caps)
        self.waiting: dict[str, Entry] = {}
        self.live: dict[str, Entry] = {}
        self.behind: set[str] = set()  # of those that are alive
        self.served: dict[int, datetime] = {}
        self.at = NOON
        self.pressed = 0

    def entry(self, who: tuple[int, int | None]) -> Entry:
        self.pressed += 1
        # Ids are in no order of time, as they are in truth.
        return Entry(f"{self.pressed * 7919 % 1000:03}-{self.pressed}", *who, self.at)

    def act(self, what: str, who: tuple[int, int | None], which: int) -> None:
        self.at += timedelta(seconds=1)
        if what == "press":
            one = self.entry(who)
            self.waiting[one.run_id] = one
            self.line.add(one)
        elif what == "found":
            one = self.entry(who)
            self.live[one.run_id] = one
            self.line.begin(one)
        elif what == "leave" and self.waiting:
            run_id = sorted(self.waiting)[which % len(self.waiting)]
            del self.waiting[run_id]
            self.line.remove(run_id)
        elif what == "cancel" and self.live:
            run_id = sorted(self.live)[which % len(self.live)]
            if run_id not in self.behind:
                self.served[self.live[run_id].user_id] = self.at
            self.behind.add(run_id)
            self.line.leave_behind(run_id, self.at)
        elif self.live:
            one = self.live.pop(sorted(self.live)[which % len(self.live)])
            if what == "end":
                self.served[one.user_id] = self.at
            self.behind.discard(one.run_id)
            self.line.end(one.run_id, self.at if what == "end" else None)
        people = {one.user_id for one in self.waiting.values()}
        self.served = {user_id: at for user_id, at in self.served.items() if user_id in people}

    def move(self) -> tuple[str, ...]:
        """Let start whoever may, by the plain rule."""
        starting = plain.next_to_start(self.waiting.values(), self.live.values(), self.caps, self.served, self.behind)
        for run_id in starting:
            self.live[run_id] = self.waiting.pop(run_id)
        people = {one.user_id for one in self.waiting.values()}
        self.served = {user_id: at for user_id, at in self.served.items() if user_id in people}
        return starting

    def positions(self) -> dict[str, int]:
        return plain.positions(self.waiting.values(), self.live.values(), self.caps, self.served, self.behind)


@given(CAPS, ACTS)
def test_the_same_start_in_the_same_order_after_each_change(
    caps: Caps, acts: list[tuple[str, tuple[int, int | None], int]]
):
    both = Both(caps)
    for act in acts:
        both.act(*act)
        assert both.line.start() == list(both.move())
        assert both.line.waiting == len(both.waiting)
        assert all(both.line.lives(run_id) for run_id in both.live)


@given(CAPS, ACTS, st.booleans())
def test_the_same_positions_whoever_is_full(
    caps: Caps, acts: list[tuple[str, tuple[int, int | None], int]], asked_between: bool
):
    both = Both(caps)
    for act in acts:
        both.act(*act)
        assert both.line.start() == list(both.move())
        if asked_between:
            assert {run_id: both.line.position(run_id) for run_id in both.waiting} == both.positions()
    assert {run_id: both.line.position(run_id) for run_id in both.waiting} == both.positions()
    assert dict(both.line.standing().positions()) == both.positions()


@given(CAPS, st.lists(st.tuples(st.integers(1, 4), st.just(1)), max_size=25))
def test_a_line_that_was_found_starts_as_the_rule_says(caps: Caps, presses: list[tuple[int, int]]):
    both = Both(caps)
    for who in presses:
        both.act("press", who, 0)
    assert both.line.start() == list(both.move())


@given(CAPS, st.lists(WHO, max_size=25))
def test_a_line_that_was_found_leaves_no_slot_idle_and_is_in_order(caps: Caps, presses: list[tuple[int, int | None]]):
    both = Both(caps)
    for who in presses:
        both.act("press", who, 0)
    started = both.line.start()
    assert len(started) == len(both.move())
    assert started == list(dict.fromkeys(started))


@given(CAPS, ACTS)
def test_what_holds_a_run_up_is_what_is_full(caps: Caps, acts: list[tuple[str, tuple[int, int | None], int]]):
    both = Both(caps)
    for act in acts:
        both.act(*act)
        assert both.line.start() == list(both.move())
    for run_id, one in both.waiting.items():
        slots, own = both.line.held_up_by(run_id)
        in_guild = sum(each.guild_id == one.guild_id for each in both.live.values())
        if len(both.live) >= caps.at_once:
            assert (slots, own) == (caps.at_once, 0)
        elif one.guild_id is not None and in_guild >= caps.per_guild:
            assert (slots, own) == (caps.per_guild, 0)
        else:
            assert slots == own == caps.per_user


def test_who_cancels_has_the_place_back_and_no_more_than_that():
    caps = Caps(at_once=9, per_guild=9, per_user=2)
    line = Line(caps)
    started: list[str] = []
    for number in range(20):
        line.add(Entry(f"{number:02}", 1, 1, NOON + timedelta(seconds=number)))
        for run_id in line.start():
            started.append(run_id)
            line.leave_behind(run_id)
    assert len(started) == 2 * caps.per_user, "however often one cancels, the others of the bot have their slots"
    line.end(started[0])
    assert len(line.start()) == 1


def spent(line: Line, entries: list[Entry], ends: int) -> float:
    """Seconds that so many ends take, each with its starts and a new press that is told its position."""
    for one in entries:
        line.add(one)
    live = line.start()
    line.standing()
    began = perf_counter()
    for number in range(ends):
        at = NOON + timedelta(days=1, seconds=number)
        line.end(live[number % len(live)], at)
        live[number % len(live)] = (line.start() or live)[0]
        late = Entry(f"late-{number}", entries[number % len(entries)].user_id, 1, at)
        line.add(late)
        assert line.position(late.run_id) > 0
    return perf_counter() - began


def test_ten_thousand_in_line_cost_little_more_than_a_thousand():
    def entries(count: int) -> list[Entry]:
        return [Entry(f"{at:05}", at // 4, 1 + at % 40, NOON + timedelta(seconds=at)) for at in range(count)]

    caps = Caps(at_once=20, per_guild=100, per_user=2)
    few = min(spent(Line(caps), entries(1_000), 200) for _ in range(3))
    many = min(spent(Line(caps), entries(10_000), 200) for _ in range(3))
    assert many < 4 * few  # ten times as much where everything is gone through
