"""The card of held pictures: it says whether anybody is looking at them."""

from bot.runs.card import CardView, Held
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Delivery, ReviewCause, Run


class HeldCard:
    """Edits cards that wait for a moderator. What they say is kind, not needed: each edit is tried once."""

    def __init__(self, *, card: CardView, visibility: VisibilityNow) -> None:
        self._card, self._visibility = card, visibility

    async def say_asked(self, run: Run, cause: ReviewCause, *, asked: bool) -> None:
        """Let the card of a held run say whether moderators were asked. Raises Unavailable."""
        if run.delivery is not Delivery.HELD:
            return
        hide = (await self._visibility.decide(run)).rules.hide_prompt
        # The next reading of the review says it again, or the end of the review does.
        _ = await self._card.end(run, Held(cause, asked=asked, hide_prompt=hide))
