"""A gate for tests in which nobody moderates."""

from bot.clock import Clock
from bot.moderation.desk import ModerationDesk
from bot.runs.admission import Admission
from bot.store.engine import Store
from tests.unit.runs.room import FakeModerators


def an_open_gate(store: Store, clock: Clock) -> Admission:
    """A gate without rules or sanctions, but for those that a test writes to the store."""
    return Admission(desk=ModerationDesk(store=store, clock=clock), moderators=FakeModerators())
