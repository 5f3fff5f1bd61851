"""Admission for tests in which nobody moderates."""

from bot.clock import Clock
from bot.moderation.desk import ModerationDesk
from bot.runs.admission import Admission
from bot.store.engine import Store
from tests.unit.runs.room import FakeReviewChannel


def open_admission(store: Store, clock: Clock) -> Admission:
    """Without rules or sanctions, but for those that a test writes to the store."""
    return Admission(desk=ModerationDesk(store=store, clock=clock), rule_log=FakeReviewChannel())
