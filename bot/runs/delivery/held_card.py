"""The card of held pictures: it says whether anybody is looking at them."""

from dataclasses import replace

from bot.moderation.policy import Showing
from bot.runs.card import CardView, Held
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Delivery, ReviewCause, Run
from bot.runs.store import RunStore
from bot.runs.transitions import Change
from bot.runs.wake_ups import WakeUps


class HeldCard:
    """Edits cards that wait for a moderator. What they say is kind, not needed: each edit is tried once.

    `wake_ups` tells the worker of one that was ended while it was edited.
    """

    def __init__(self, *, store: RunStore, card: CardView, visibility: VisibilityNow, wake_ups: WakeUps) -> None:
        self._store, self._card, self._visibility, self._wake_ups = store, card, visibility, wake_ups

    async def say_asked(self, run: Run, cause: ReviewCause, *, asked: bool) -> None:
        """Let the card of a held run say whether moderators were asked. Raises Unavailable."""
        if run.delivery is not Delivery.HELD:
            return
        visibility = await self._visibility.decide(run)
        if visibility.showing is not Showing.HELD:
            return  # it was decided, or removed: the worker says so
        hide = visibility.rules.hide_prompt
        # The next reading of the review says it again, or the end of the review does.
        _ = await self._card.end(run, Held(cause, asked=asked, hide_prompt=hide))
        now = await self._store.load(run.id)
        if now.delivery.is_over and now.delivery is not Delivery.HELD:
            # It had its end while this was said, which covers it: it is ended once more.
            _ = await self._store.apply(now, Change(replace(now, delivery=Delivery.PENDING, pictures_up=False)))
            self._wake_ups.wake_run(run.id)
