"""The rule in its plainest form: never above a cap, nobody passed twice, each person's runs in order, no place idle."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.runs.scheduling.turns import Caps, Entry
from tests.unit.runs.made import NOON
from tests.unit.runs.scheduling.plain import next_to_start, positions

CAPS = st.builds(Caps, at_once=st.integers(1, 6), per_guild=st.integers(1, 4), per_user=st.integers(1, 3))
PRESSES = st.lists(st.tuples(st.integers(1, 4), st.sampled_from([None, 1, 2])), max_size=25)


def entries(presses: Sequence[tuple[int, int | None]]) -> list[Entry]:
    """A run for each (person, server), a second apart."""
    return [
        Entry(f"{at:032x}", user_id, guild_id, NOON + timedelta(seconds=at))
        for at, (user_id, guild_id) in enumerate(presses)
    ]


class World:
    """The queue played by hand: presses come, runs end, and whoever may start does."""

    def __init__(self, caps: Caps) -> None:
        self.caps = caps
        self.waiting: list[Entry] = []
        self.live: list[Entry] = []
        self.served: dict[int, datetime] = {}
        self.started: list[Entry] = []
        self.at = NOON + timedelta(hours=1)

    def press(self, one: Entry) -> None:
        self.waiting.append(one)
        self.move()

    def end(self, which: int) -> None:
        self.served[self.live.pop(which % len(self.live)).user_id] = self.at
        self.move()

    def move(self) -> None:
        self.at += timedelta(seconds=1)
        for run_id in next_to_start(self.waiting, self.live, self.caps, self.served):
            one = next(one for one in self.waiting if one.run_id == run_id)
            self.waiting.remove(one)
            self.live.append(one)
            self.started.append(one)

    def may_start(self, one: Entry) -> bool:
        """By the words of the rules: nothing full that stands in its way."""
        of_user = sum(other.user_id == one.user_id for other in self.live)
        of_guild = sum(other.guild_id == one.guild_id for other in self.live)
        has_room = one.guild_id is None or of_guild < self.caps.per_guild
        return len(self.live) < self.caps.at_once and of_user < self.caps.per_user and has_room

    def check(self) -> None:
        assert len(self.live) <= self.caps.at_once
        assert max(Counter(one.user_id for one in self.live).values(), default=0) <= self.caps.per_user
        in_guilds = Counter(one.guild_id for one in self.live if one.guild_id is not None)
        assert max(in_guilds.values(), default=0) <= self.caps.per_guild
        assert not [one for one in self.waiting if self.may_start(one)]


@given(CAPS, PRESSES, st.lists(st.integers(0, 99), max_size=60), st.randoms(use_true_random=False))
def test_caps_hold_no_place_is_idle_and_everybody_starts(
    caps: Caps, presses: list[tuple[int, int | None]], ends: list[int], random: Random
):
    world, coming = World(caps), entries(presses)
    everybody = list(coming)
    for which in ends:
        if coming and random.random() < 0.5:
            world.press(coming.pop(0))
        elif world.live:
            world.end(which)
        world.check()
    for one in coming:
        world.press(one)
    while world.live:
        world.end(random.randrange(99))
        world.check()
    assert sorted(one.run_id for one in world.started) == [one.run_id for one in everybody]
    for key in {(one.user_id, one.guild_id) for one in everybody}:
        in_order = [one.run_id for one in world.started if (one.user_id, one.guild_id) == key]
        assert in_order == sorted(in_order)


@given(st.integers(1, 3), st.lists(st.integers(1, 5), min_size=1, max_size=30))
def test_nobody_is_passed_twice_by_the_same_person_nor_by_newcomers(at_once: int, users: list[int]):
    world = World(Caps(at_once=at_once, per_guild=99, per_user=1))
    for one in entries([(user_id, None) for user_id in users]):
        world.press(one)
    passed: dict[int, Counter[int]] = {}
    newcomer = 100
    while any(one.user_id < 100 for one in world.waiting):
        before = len(world.started)
        waiting = {one.user_id for one in world.waiting} - {one.user_id for one in world.live[1:]}
        newcomer += 1  # somebody new presses all the time
        late = Entry(f"{newcomer:032x}", newcomer, None, world.at + timedelta(seconds=1))
        world.press(late)
        world.end(0)
        for one in world.started[before:]:
            passed.pop(one.user_id, None)
            for user_id in waiting - {one.user_id}:
                passed.setdefault(user_id, Counter())[one.user_id] += 1
        for user_id, by in passed.items():
            assert max(by.values()) == 1, (user_id, by)
            assert not [other for other in by if other >= 100 and user_id < 100 and _came_before(world, user_id, other)]


def _came_before(world: World, user_id: int, newcomer: int) -> bool:
    """Whether the person has waited for their turn since before the newcomer pressed."""
    last = world.served.get(user_id)
    press = next(one for one in world.started if one.user_id == newcomer)
    return last is None or last < press.since


def test_two_people_alternate_though_one_pressed_first_and_often():
    world = World(Caps(at_once=1, per_guild=9, per_user=9))
    for one in entries([(1, 7)] * 4 + [(2, 7)] * 3):
        world.press(one)
    while world.live:
        world.end(0)
    assert [one.user_id for one in world.started] == [1, 2, 1, 2, 1, 2, 1]


def test_a_full_server_holds_up_neither_others_nor_the_same_person_elsewhere():
    a, b, c, d = entries([(1, 7), (2, 7), (2, 8), (2, None)])  # b waits for a, in their server
    caps = Caps(at_once=9, per_guild=1, per_user=2)
    assert next_to_start([a, b, c, d], [], caps, {}) == (a.run_id, c.run_id, d.run_id)


def test_places_count_those_who_are_in_the_way():
    a1, a2, a3, b1, b2 = entries([(1, 7), (1, 7), (1, 7), (2, 7), (2, 7)])
    of_people = Caps(at_once=9, per_guild=9, per_user=1)
    assert positions([a2, a3, b2], [a1, b1], of_people, {}) == {a2.run_id: 1, a3.run_id: 2, b2.run_id: 1}
    of_the_server = Caps(at_once=9, per_guild=2, per_user=1)
    assert positions([a2, a3, b2], [a1, b1], of_the_server, {}) == {a2.run_id: 1, b2.run_id: 2, a3.run_id: 3}
    of_all = Caps(at_once=2, per_guild=9, per_user=9)
    assert positions([a2, a3, b2], [a1, b1], of_all, {}) == {a2.run_id: 1, b2.run_id: 2, a3.run_id: 3}


@given(PRESSES, PRESSES, CAPS)
def test_places_are_a_line_without_gaps_whose_first_is_next(
    waiting: list[tuple[int, int | None]], alive: list[tuple[int, int | None]], caps: Caps
):
    everybody = entries([*alive, *waiting])
    live = everybody[: len(alive)][: caps.at_once]
    rest = everybody[len(live) :]
    found = positions(rest, live, caps, {})
    assert found.keys() == {one.run_id for one in rest}
    if len(live) < caps.at_once:
        return
    assert sorted(found.values()) == list(range(1, len(rest) + 1))
    free = Caps(at_once=caps.at_once + len(rest), per_guild=99, per_user=99)
    by_place = sorted(found, key=found.__getitem__)
    assert list(next_to_start(rest, live, free, {})) == by_place
