"""The parts of the runs room that moderation binds together, made at once."""

import asyncio
from dataclasses import dataclass

from bot.clock import Clock
from bot.moderation.desk import ModerationDesk
from bot.runs.book import RunBook
from bot.runs.deliver import Deliverer
from bot.runs.face import Face
from bot.runs.gate import Gate
from bot.runs.holds import Holds
from bot.runs.judge import Judge
from bot.runs.keeper import Keeper
from bot.runs.moderators import Moderators
from bot.runs.reviewing import ReviewService
from bot.store.engine import Store


@dataclass(frozen=True, slots=True)
class Moderating:
    """What stands between a run and eyes. `gate` is closed at the end; `keeper` is made once there is a deliverer."""

    desk: ModerationDesk
    judge: Judge
    gate: Gate
    holds: Holds
    reviews: ReviewService
    store: Store
    face: Face
    moderators: Moderators
    clock: Clock
    bell: asyncio.Queue[str]
    driver: asyncio.Queue[str]

    @classmethod
    def made(
        cls,
        *,
        store: Store,
        desk: ModerationDesk,
        face: Face,
        moderators: Moderators,
        clock: Clock,
        driver: asyncio.Queue[str],
    ) -> "Moderating":
        """All of it. `driver` is the driver's bell."""
        bell: asyncio.Queue[str] = asyncio.Queue()
        return cls(
            desk=desk,
            judge=Judge(store=store, desk=desk, face=face),
            gate=Gate(desk=desk, moderators=moderators),
            holds=Holds(store=store, desk=desk, moderators=moderators, clock=clock, bell=bell),
            reviews=ReviewService(
                store=store, desk=desk, face=face, moderators=moderators, clock=clock, bell=driver, keeper=bell
            ),
            store=store,
            face=face,
            moderators=moderators,
            clock=clock,
            bell=bell,
            driver=driver,
        )

    def keeper(self, book: RunBook, deliverer: Deliverer) -> Keeper:
        """The part that keeps reviews moving, to be served."""
        return Keeper(
            store=self.store,
            book=book,
            desk=self.desk,
            deliverer=deliverer,
            judge=self.judge,
            face=self.face,
            moderators=self.moderators,
            clock=self.clock,
            bell=self.bell,
            driver=self.driver,
        )
