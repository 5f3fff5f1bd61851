"""The frozen record of services a cog may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.catalog.model import Model
from bot.moderation.policy import Policy
from bot.runs.face import Balance
from bot.runs.run import Place, Reply, Run


class Runs(Protocol):
    """What a cog may ask of the runs room."""

    async def accept(
        self,
        *,
        user_id: int,
        place: Place,
        reply: Reply,
        model: Model,
        options: Mapping[str, object],
        policy: Policy,
    ) -> Run:
        """Check the options, hold the dearest price and write the row: all or nothing. Nothing is sent yet.

        Raises OptionError, LimitError, or Unavailable. A repeated interaction id raises UserError.
        """
        ...

    async def start(self, run: Run, message_id: int) -> None:
        """The card stands as `message_id`: submit the run and see it to its end, supervised, in the background."""
        ...

    async def abandon(self, run: Run) -> None:
        """The card could not be shown (nothing was sent to Runflow): end the run and release the money."""
        ...

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message; None for any other message."""
        ...

    async def balance(self, user_id: int) -> Balance:
        """What the person has used and has left today."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a cog receives."""

    runs: Runs
    imagine: Model  # the model behind /imagine
