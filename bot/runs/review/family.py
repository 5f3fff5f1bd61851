"""What a run takes over from the pictures it was made from: its sources, their sources, and so on. Pure.

The law: an edit is shown no more openly than any picture it was made from, by the rules where that stands and by those
where the edit is to stand. So the strictest of all decisions holds, and the strictest of all flags goes into its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.moderation.policy import Showing
from bot.runs.run import Delivery

_STRICTNESS = (Showing.OPEN, Showing.SPOILER, Showing.HELD, Showing.WITHHELD)
_MAY_STAND = frozenset({Delivery.PENDING, Delivery.SHOWN, Delivery.UNDELIVERABLE})


@dataclass(frozen=True, slots=True)
class Inherited:
    """How openly a run may be shown at most, and the flag that counts at least, whatever is found out about itself."""

    showing: Showing = Showing.OPEN
    flag: bool | None = False

    @property
    def is_nothing(self) -> bool:
        """Whether it changes nothing."""
        return self.showing is Showing.OPEN and self.flag is False


NOTHING = Inherited()
"""Of runs that are made from words alone."""

TOO_LARGE_A_FAMILY = Inherited(Showing.WITHHELD, flag=None)
"""Where nobody looked through all ancestors: then nothing is shown."""


def strictest(showings: Iterable[Showing]) -> Showing:
    """The strictest of several ways to show pictures; open where there are none."""
    return max(showings, key=_STRICTNESS.index, default=Showing.OPEN)


def stricter_flag(one: bool | None, other: bool | None) -> bool | None:
    """The flag of two together: flagged where one is, else unchecked where one is."""
    if one or other:
        return True
    return None if one is None or other is None else False


def standing(delivery: Delivery, showing: Showing, *, approved: bool) -> Showing:
    """How a picture stands for those made from it: as it may be shown now, and no better than its card was left.

    `approved`: a moderator has let it through; a card that still waits for its new form is no hindrance then. What was
    kept back for good stays so, and a way of ending a card that nobody has thought of here counts as that.
    """
    if delivery in _MAY_STAND:
        return showing
    if delivery is Delivery.HELD:
        return showing if approved else strictest((showing, Showing.HELD))
    if delivery is Delivery.STILL_VISIBLE:  # it is to go, and could not be taken away
        return strictest((showing, Showing.HELD))
    return Showing.WITHHELD


def what_all_leave(ancestors: Iterable[tuple[Showing, bool | None]]) -> Inherited:
    """What comes of all ancestors: how each stands, and its flag."""
    found = Inherited()
    for showing, flag in ancestors:
        found = Inherited(strictest((found.showing, showing)), stricter_flag(found.flag, flag))
    return found
