"""How moderators are reached: a protocol that cogs/review/channel.py answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.images.image import Picture
from bot.runs.card import EditResult
from bot.runs.review.review import Obstacle, Review
from bot.runs.run import Run


@dataclass(frozen=True, slots=True)
class Asked:
    """The moderators' message."""

    channel_id: int
    message_id: int


class ReviewChannel(Protocol):
    """Shows reviews to moderators. No method raises for anything Discord answers."""

    def obstacle(self, guild_id: int, channel_id: int | None) -> Obstacle | None:
        """Why moderators cannot be asked there, as far as is known without asking Discord; None where they can."""
        ...

    async def ask(self, run: Run, review: Review, shown: Sequence[Picture], channel_id: int) -> Asked | Obstacle:
        """Post the pictures, covered, with what moderators need to know and two buttons."""
        ...

    async def refresh(self, run: Run, review: Review) -> EditResult:
        """Let the moderators' message say what was decided, what became of it, and whether pictures still stand."""
        ...

    async def files(self, channel_id: int, message_id: int) -> list[tuple[int, bytes]]:
        """The pictures of a moderators' message with their indices; none where it is gone."""
        ...

    async def stands(self, channel_id: int, message_id: int) -> bool:
        """Whether a moderators' message is still there; True where that cannot be known now."""
        ...

    async def tell_obstacle(self, channel_id: int | None, review: Review, obstacle: Obstacle) -> bool:
        """Tell admins in their log channel why moderators could not be asked; whether it stands."""
        ...

    async def tell_decision(self, channel_id: int | None, run: Run, review: Review) -> None:
        """A line in the log channel for a decision."""
        ...

    async def tell_visible(self, channel_id: int | None, run: Run, review: Review | None) -> None:
        """A line in the log channel: pictures that are to go could not be taken away, or were at last."""
        ...

    async def tell_rule(self, channel_id: int | None, run: Run, words: str) -> None:
        """A line in the log channel for a prompt that met a rule."""
        ...
