"""The books as anybody would keep them on paper: every run and grant in a list, every sum added up anew."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.ledger.values import Limit, Measure, Person, Subject, Window

_Place = tuple[int, Subject, int, Window, Measure]  # server, subject and its id, window, measure


@dataclass
class Held:
    """A run that money was held for. `end`: None while in flight, then what it came to."""

    person: Person
    at: datetime
    money: int
    pictures: int
    end: tuple[int, int, bool] | None = None  # cost, pictures, estimated
    was_released: bool = False
    was_lost: bool = False  # not under way any more, and held for until it is known what it cost
    back: tuple[int, int] | None = None  # money and pictures given back to the person alone

    def takes(self, measure: Measure, *, of_person: bool) -> int:
        """What counts against a limit: on a person, or on anything else."""
        money, pictures, _ = self.end or (self.money, self.pictures, False)
        money_back, pictures_back = (self.back or (0, 0)) if of_person else (0, 0)
        return {
            Measure.MONEY: money - money_back,
            Measure.PICTURES: pictures - pictures_back,
            Measure.RUNS: int(self.end is None and not self.was_lost),
        }[measure]


@dataclass
class Model:
    """What the ledger must agree with. `user_daily`, `private_daily`, `bot_monthly`: the limits of the settings."""

    user_daily: int
    private_daily: int
    bot_monthly: int
    limits: dict[_Place, int] = field(default_factory=dict[_Place, int])
    runs: dict[str, Held] = field(default_factory=dict[str, Held])
    grants: list[tuple[Person, int, datetime]] = field(default_factory=list[tuple[Person, int, datetime]])

    def uses(self, person: Person, at: datetime) -> set[tuple[Subject, int, Window, Measure, int, int]]:
        """Every limit that holds: on whom, of which window and measure, how much is used, of how much."""
        found: set[tuple[Subject, int, Window, Measure, int, int]] = set()
        for window in Window:
            for measure in Measure:
                personal = self._personal(person, window, measure)
                if personal is not None:
                    subject, subject_id, amount = personal
                    if measure is Measure.MONEY:
                        amount += self._granted(person, window, at)
                    used = self._used(window, at, measure, user=person.user_id, guild=person.guild_id)
                    found.add((subject, subject_id, window, measure, used, amount))
                if person.guild_id is None:
                    continue
                for subject, subject_id, channel in (
                    (Subject.GUILD, 0, None),
                    (Subject.CHANNEL, person.channel_id, person.channel_id),
                ):
                    amount = self.limits.get((person.guild_id, subject, subject_id, window, measure))
                    if amount is not None:
                        used = self._used(window, at, measure, guild=person.guild_id, channel=channel)
                        found.add((subject, subject_id, window, measure, used, amount))
        used = self._used(Window.MONTH, at, Measure.MONEY, anywhere=True)
        return found | {(Subject.BOT, 0, Window.MONTH, Measure.MONEY, used, self.bot_monthly)}

    def refuses(self, person: Person, at: datetime, money: int, pictures: int) -> bool:
        """Whether a limit is in the way."""
        needs = {Measure.MONEY: money, Measure.PICTURES: pictures, Measure.RUNS: 1}
        return any(needs[measure] > max(0, amount - used) for _, _, _, measure, used, amount in self.uses(person, at))

    def set(self, limit: Limit) -> None:
        """Set a limit."""
        self.limits[self._place(limit)] = limit.amount

    def remove(self, limit: Limit) -> bool:
        """Remove a limit; whether there was one."""
        return self.limits.pop(self._place(limit), None) is not None

    def spent_on(self, guild_id: int | None, day: datetime) -> int:
        """What a server's runs of a day cost."""
        start = Window.DAY.start_of(day)
        return sum(
            run.end[0]
            for run in self.runs.values()
            if run.end and run.person.guild_id == guild_id and Window.DAY.start_of(run.at) == start
        )

    def _place(self, limit: Limit) -> _Place:
        return limit.guild_id or 0, limit.subject, limit.subject_id or 0, limit.window, limit.measure

    def _personal(self, person: Person, window: Window, measure: Measure) -> tuple[Subject, int, int] | None:
        guild = person.guild_id
        is_daily_money = window is Window.DAY and measure is Measure.MONEY
        if guild is None:
            return (Subject.USER, 0, self.private_daily) if is_daily_money else None
        own = self.limits.get((guild, Subject.USER, person.user_id, window, measure))
        if own is not None:
            return Subject.USER, person.user_id, own
        roles = [
            (self.limits[guild, Subject.ROLE, role, window, measure], -role)
            for role in {*person.role_ids, guild}
            if (guild, Subject.ROLE, role, window, measure) in self.limits
        ]
        if roles:
            amount, role = max(roles)
            return Subject.ROLE, -role, amount
        return (Subject.USER, 0, self.user_daily) if is_daily_money else None

    def _granted(self, person: Person, window: Window, at: datetime) -> int:
        return sum(
            amount
            for who, amount, when in self.grants
            if (who.user_id, who.guild_id) == (person.user_id, person.guild_id)
            and window.start_of(when) == window.start_of(at)
        )

    def _used(
        self,
        window: Window,
        at: datetime,
        measure: Measure,
        *,
        user: int | None = None,
        guild: int | None = None,
        channel: int | None = None,
        anywhere: bool = False,
    ) -> int:
        return sum(
            run.takes(measure, of_person=user is not None)
            for run in self.runs.values()
            if window.start_of(run.at) == window.start_of(at)
            and (anywhere or run.person.guild_id == guild)
            and (user is None or run.person.user_id == user)
            and (channel is None or run.person.channel_id == channel)
        )
