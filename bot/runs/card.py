"""What a card can show, and the protocol of whoever shows it: cogs/ui/presenter.py answers it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.images.image import MissingPicture, Picture
from bot.moderation.rules import ChannelContext
from bot.runs.run import ReviewCause, Run


@dataclass(frozen=True, slots=True)
class Balance:
    """How many pictures like those of a run a person can still ask for; `pictures` is None where no limit applies.

    Never more than fit at the dearest price of one. `left_in` says of which limit that is: `today`. `is_exact`: that
    limit counts pictures, so that no price can make it more.
    """

    pictures: int | None
    left_in: str = "today"
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class InLine:
    """Where a run waits in the bot's own queue. `position`: from 1.

    `own`: how many runs of its own person are being made, where those alone hold it up; 0 where others do. `about_s`:
    how long until its turn, in seconds; None where nobody can tell.
    """

    position: int
    own: int = 0
    about_s: float | None = None


class Word(StrEnum):
    """What a card says of a run under way beside its state."""

    LOOKING = "looking"  # what became of it at Runflow is not known, and is being found out
    BUSY = "busy"  # Runflow does not take it yet; it is sent again
    LATE = "late"  # it takes longer than usual


@dataclass(frozen=True, slots=True)
class Pictures:
    """The end people want. `spoiler` hides every picture until a click; `missing` tells which are not there.

    `black` names pictures that are black all over although nobody cleared the run. `approved`: a moderator said yes.
    """

    pictures: tuple[Picture, ...]
    missing: tuple[MissingPicture, ...] = ()
    spoiler: bool = False
    black: tuple[int, ...] = ()
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Withheld:
    """Pictures exist and the channel's policy keeps them from view. `checked` is False where nobody checked them.

    `rule` is the public reason of a rule for prompts that the prompt Runflow used broke. `from_source`: they are kept
    from view for the sake of a picture they were made from.
    """

    checked: bool
    hide_prompt: bool = False
    rule: str | None = None
    from_source: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Pictures wait for a moderator. `asked` is False while nobody could be asked: admins have to mend something."""

    why: ReviewCause
    asked: bool = True
    hide_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A moderator said no, with a reason; or, with `by_rule`, nobody decided in the time that the channel gives."""

    reason: str | None
    by_rule: bool = False
    hide_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """The pictures were removed for good: by the one who made them, or by a moderator, with a reason.

    The prompt goes with them.
    """

    by_author: bool
    reason: str | None = None
    hide_prompt: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """No pictures: `run.reason` says why, `run.cost` whether anything was charged."""

    hide_prompt: bool = False


FinalCard = Pictures | Withheld | Held | Rejected | Removed | Ended


class EditResult(StrEnum):
    """What became of an edit of the card."""

    YES = "yes"
    TOO_LARGE = "too_large"  # Discord refused the upload for its size (413 or 40005)
    GONE = "gone"  # the message or its channel is no more
    FORBIDDEN = "forbidden"  # the message may stand, and no way leads to it now: a permission, a locked thread, a token
    LATER = "later"  # Discord did not take it now; try again


class CardView(Protocol):
    """Shows runs to people. Neither method raises for anything Discord answers: the answer says what became of it."""

    async def progress(self, run: Run, line: InLine | None = None, *, word: Word | None = None) -> EditResult:
        """Edit the card to what `run.state` says. `line`: where it waits in the bot's own queue, if it does.

        `word`: what is to be said beside that, if anything.
        """
        ...

    async def end(self, run: Run, ending: FinalCard) -> EditResult:
        """Edit the card to its last form."""
        ...

    async def find_card(self, run: Run) -> int | None:
        """The message id of a card that may stand without the row knowing; None where none stands.

        Raises Unavailable where Discord does not say.
        """
        ...

    async def outlives_token(self, run: Run) -> bool:
        """Whether the card can be edited once the interaction's token is over. Raises Unavailable: nobody knows now."""
        ...

    async def channel_context(self, run: Run) -> ChannelContext:
        """The run's channel as Discord knows it at this moment; `known` is False where it cannot be read.

        Raises Unavailable while Discord is not connected: nothing can be decided then.
        """
        ...
