"""What a cog may ask of the runs room: accept a request, start it once its card stands, or abandon it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from bot.catalog.model import Model
from bot.errors import UserError
from bot.moderation.policy import Policy
from bot.runs.book import RunBook
from bot.runs.face import Balance
from bot.runs.run import Delivery, Place, Reason, Reply, Run, State
from bot.runs.states import Change, ended


class RunService:
    """Accepts runs. `bell` carries run ids to the driver, which sees each to its end."""

    def __init__(self, *, book: RunBook, bell: asyncio.Queue[str]) -> None:
        self._book, self._bell = book, bell

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

        Raises OptionError, LimitError, Unavailable, and UserError for a press that has its run already.
        """
        checked = model.parse(options, safety_checker=True)
        run = Run(
            id=uuid4().hex,
            user_id=user_id,
            place=place,
            reply=reply,
            model_id=model.model_id,
            input=checked.wire(),
            policy=policy,
            state=State.ACCEPTED,
            delivery=Delivery.PENDING,
            held=model.dearest_price(checked),
            created_at=self._book.now(),
        )
        if not await self._book.open(run):
            raise UserError("This request is already being worked on. Its card shows how far it is.")
        return run

    async def start(self, run: Run, message_id: int) -> None:
        """The card stands as `message_id`: hand the run to the driver."""
        reply = replace(run.reply, message_id=message_id)
        await self._book.apply(run, Change(replace(run, reply=reply)))
        self._bell.put_nowait(run.id)

    async def abandon(self, run: Run) -> None:
        """The card could not be shown, and nothing was sent: end the run and release the money."""
        change = ended(run, State.CANCELED, Reason.CANCELED, self._book.now())
        await self._book.apply(run, replace(change, run=replace(change.run, delivery=Delivery.UNDELIVERABLE)))

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message; None for any other message."""
        return await self._book.by_message(message_id)

    async def balance(self, user_id: int) -> Balance:
        """What the person has used and has left today."""
        return await self._book.balance(user_id)
