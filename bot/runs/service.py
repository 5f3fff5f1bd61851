"""What a cog may ask of the runs room: accept a request, start it once its card stands, or abandon it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from bot.catalog.model import Model
from bot.errors import UserError
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules
from bot.runs.book import RunBook
from bot.runs.face import Balance
from bot.runs.gate import Gate
from bot.runs.run import Delivery, Place, Reason, Reply, Run, State
from bot.runs.states import Change, ended


class RunService:
    """Accepts runs. `bell` carries run ids to the driver, which sees each to its end."""

    def __init__(self, *, book: RunBook, bell: asyncio.Queue[str], gate: Gate) -> None:
        self._book, self._bell, self._gate = book, bell, gate

    async def accept(
        self,
        *,
        user_id: int,
        place: Place,
        reply: Reply,
        model: Model,
        options: Mapping[str, object],
        policy: Policy,
        rules: ChannelRules | None = None,
    ) -> Run:
        """Check the options, hold the dearest price and write the row: all or nothing. Nothing is sent yet.

        `rules` is what holds in the channel; where only its policy is given, the rest is as nobody set it. Raises
        OptionError, LimitError, Unavailable, and UserError for a prompt or a person that the server does not let
        through, and for a press that has its run already.
        """
        rules = rules or ChannelRules(policy=policy)
        checked = model.parse(options, safety_checker=rules.safety_checker)
        passed = await self._gate.passed(user_id, place, checked.prompt)
        run = Run(
            id=uuid4().hex,
            user_id=user_id,
            place=place,
            reply=reply,
            model_id=model.model_id,
            input=checked.wire(),
            policy=rules.policy,
            state=State.ACCEPTED,
            delivery=Delivery.PENDING,
            held=model.dearest_price(checked),
            created_at=self._book.now(),
            rules=rules,
            review_why=passed.why,
        )
        if not await self._book.open(run):
            raise UserError("This request is already being worked on. Its card shows how far it is.")
        self._gate.tell(run, passed)
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
