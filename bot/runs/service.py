"""What a cog may ask of the runs room: accept a request, start it once its card stands, abandon or leave it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy import Connection

from bot.catalog.model import Model
from bot.catalog.prompt_check import typed_prompt, with_prompt_checked
from bot.catalog.request import Request
from bot.errors import RepeatedPress, Unavailable, UserError
from bot.guilds.audit import AdminAction, AuditKind
from bot.ledger.values import Notice
from bot.moderation.policy import Policy
from bot.moderation.prompt_rules_service import RulesChanged
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.runs import rows
from bot.runs.admission import Admission, Passed
from bot.runs.card import Balance, InLine
from bot.runs.past import Viewing
from bot.runs.run import Delivery, PictureRef, Place, Reason, Reply, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.sources import Sources, pictures_in, takes_pictures
from bot.runs.store import Accepted, RunStore
from bot.runs.transitions import FINAL, canceled, ended
from bot.runs.wake_ups import WakeUps
from bot.store import locks

_log = structlog.get_logger(__name__)

_NO_SUCH_RUN = "This request is not known any more. Nothing was changed."
_NOT_YOURS = "Only the person who asked for this, or a moderator here, can take it out of the queue."
_NOT_YOURS_TO_CANCEL = "Only the person who asked for this, or a moderator here, can cancel it."
_IS_CANCELED = "This is canceled already."
_IS_FINISHED = "This is finished already, so there is nothing to cancel."


def _under(model: Model, sent: Mapping[str, object], run: Run, rules: ChannelRules) -> Run:
    """A run whose options are `sent`, under other rules than those it was made with."""
    rules = _as_made(rules, model)
    is_known = rules.safety_checker is run.rules_then.safety_checker
    wire = run.input if is_known else model.parse(sent, safety_checker=rules.safety_checker).wire()
    return replace(run, input=wire, policy=rules.policy, rules=rules)


_ONE_PRESS = timedelta(seconds=3)  # presses of one button by one person closer to each other than this are one


def _need_new_press(connection: Connection, run: Run) -> None:
    """Raises RepeatedPress where the person pressed this very button a moment ago: an impatient finger is one wish."""
    if run.button is not None:
        locks.one_press(connection, run.user_id)
        if rows.pressed_since(connection, run.user_id, run.button, run.created_at - _ONE_PRESS):
            raise RepeatedPress("this button was pressed a moment ago")


def _as_made(rules: ChannelRules, model: Model) -> ChannelRules:
    """The rules of a run: a model whose checker cannot be switched off was never asked to leave the check out."""
    return rules if model.has_checker else replace(rules, safety_checker=True)


def _over(run: Run) -> str:
    """Why a run cannot leave the queue any more."""
    if run.state in FINAL:
        return "This request is over already. Nothing was changed."
    return "This request has left the queue already: it is being worked on, and its card shows how far it is."


def _as_typed(request: Request, typed: str | None) -> Request:
    """The request as the person wrote it, which keeps what is sent where that is another text."""
    if typed is None or typed == request.prompt:
        return request
    return replace(request, prompt=typed, sent=request.prompt)


def _act_of(run: Run, user_id: int) -> AdminAction | None:
    """Whose act it is where a moderator ends another person's run; None for one's own."""
    guild_id = run.place.guild_id
    return None if guild_id is None or user_id == run.user_id else AdminAction(guild_id, user_id)


class RunService:
    """Accepts runs. `wake_ups` tells the worker, which sees each to its end; `scheduler` is the queue."""

    def __init__(
        self,
        *,
        store: RunStore,
        wake_ups: WakeUps,
        scheduler: Scheduler,
        admission: Admission,
        sources: Sources,
        new_run_id: Callable[[], str],
    ) -> None:
        self._store, self._wake_ups, self._scheduler = store, wake_ups, scheduler
        self._admission, self._sources, self._new_run_id = admission, sources, new_run_id
        self._nothing_to_tell: set[str] = set()  # runs just accepted, until it is asked what to tell beside their card

    async def accept(
        self,
        *,
        user_id: int,
        place: Place,
        reply: Reply,
        model: Model,
        options: Mapping[str, object],
        policy: Policy = Policy.BLOCK,
        rules: ChannelRules | None = None,
        where: ChannelContext | None = None,
        role_ids: tuple[int, ...] = (),
        parents: tuple[PictureRef, ...] = (),
        button: str | None = None,
    ) -> Run:
        """Check the options, hold the dearest price and write the row: all or nothing. Nothing is sent yet.

        What the prompt check takes out of a prompt is not sent, and may set options that were left out.
        `rules` is what holds in the channel, and with `where` it is read in the same transaction; where only its policy
        is given, the rest is as nobody set it. `role_ids` are the person's roles at this moment; `parents` the pictures
        it is another try of (those it works from are taken from the options); `button` the custom_id that was pressed
        for it. Raises OptionError, LimitError, Unavailable, RepeatedPress for a press that has its run already, or one
        of the same button by the same person right after it, and UserError for a picture, a prompt or a person that is
        not let through, and where private use is switched off.
        """
        self._store.need_allowed(place)
        now = self._store.now()  # before anything that takes time: the interaction's age begins here
        if where is not None:
            await self._admission.until_known(where)
        sent = await self._with_sources(with_prompt_checked(model, options), model, user_id, place, where)
        known = _as_made(rules or ChannelRules(policy=policy), model)
        checked = model.parse(sent, safety_checker=known.safety_checker)
        run = Run(
            id=self._new_run_id(),
            user_id=user_id,
            place=place,
            reply=replace(reply, created_at=now),  # its age is told by the clock that tells it later
            model_id=model.model_id,
            input=checked.wire(),
            request=_as_typed(checked.request, typed_prompt(model, options)),
            policy=known.policy,
            state=State.ACCEPTED,
            delivery=Delivery.PENDING,
            held=model.most(checked),
            created_at=now,
            rules=known,
            parents=tuple(dict.fromkeys((*parents, *pictures_in(options)))),
            button=button,
        )
        with self._wake_ups.presses.one():
            return await self._admitted(
                run, role_ids, partial(self._as_ruled, run, where, partial(_under, model, sent))
            )

    async def _with_sources(
        self, options: Mapping[str, object], model: Model, user_id: int, place: Place, where: ChannelContext | None
    ) -> Mapping[str, object]:
        """The options with what is to be worked from looked at. Raises OptionError, UserError and Unavailable."""
        if not takes_pictures(model):
            return options
        model.parse(options)  # what is wrong without any look is said first
        context = where or ChannelContext(place.guild_id, place.channel_id, place.parent_channel_id)
        return await self._sources.checked(options, Viewing(user_id, context, limit_bytes=0))

    def _as_ruled(
        self, run: Run, where: ChannelContext | None, under: Callable[[Run, ChannelRules], Run], connection: Connection
    ) -> Run:
        """The run under the rules that hold where it is asked for, now."""
        return run if where is None else under(run, self._admission.rules_in(connection, where))

    async def _admitted(self, run: Run, role_ids: tuple[int, ...], as_ruled: Callable[[Connection], Run]) -> Run:
        """Write the run where the server lets it through; judged anew where its rules for prompts have changed."""
        prompt, sent = run.request.prompt, run.request.sent
        passed = await self._admission.judged(run.place, prompt, sent=sent)
        while True:

            def made(connection: Connection, passed: Passed = passed) -> Run:
                _need_new_press(connection, run)
                self._admission.admit(connection, run.user_id, run.place, passed)
                return replace(as_ruled(connection), review_why=passed.review_cause)

            try:
                accepted = await self._accepted(run, made, role_ids)
            except RulesChanged as newer:
                passed = await self._admission.judged(run.place, prompt, newer, sent=sent)
                continue
            if accepted is None:
                raise RepeatedPress("this press has its run already")
            if not accepted.is_told:
                self._nothing_to_tell.add(run.id)
            self._admission.tell(accepted.run, passed)
            return accepted.run

    async def _accepted(
        self, run: Run, made: Callable[[Connection], Run], role_ids: tuple[int, ...]
    ) -> Accepted | None:
        """As `RunStore.accept`. Where the answer to its commit was lost, what it may have held is given back."""
        try:
            return await self._store.accept(made, role_ids)
        except Unavailable:
            change = ended(run, State.CANCELED, Reason.CANCELED, self._store.now())
            unseen = replace(change, run=replace(change.run, delivery=Delivery.UNDELIVERABLE))
            try:
                undone = await self._store.take(run, unseen)
            except Unavailable:
                self._wake_ups.wake_run(run.id)  # the worker sees to it, if it was written
            else:
                if undone is not None:
                    _log.warning("run canceled: it was written, but the answer was lost", run=run.id)
            raise

    async def start(self, run: Run, message_id: int) -> None:
        """The card stands as `message_id`: hand the run to the worker, which writes that down with its first step."""
        self._store.hand_over(run, message_id)
        self._wake_ups.wake_run(run.id)

    def position(self, run: Run) -> InLine | None:
        """Where a run that was just accepted waits in the queue; None where it may start at once."""
        return self._scheduler.expect(run)

    async def leave(self, run_id: str, *, user_id: int, moderated_channel_id: int | None = None) -> Run:
        """Take a run out of the queue and release its money, for the one who asked or who moderates its channel.

        Where it starts at the same moment, the row's state decides. Raises UserError when the press is somebody
        else's and when the run waits no more, and Unavailable.
        """
        run = await self._of(run_id, user_id, moderated_channel_id, refusal=_NOT_YOURS)
        if run.state is not State.ACCEPTED:
            raise UserError(_over(run))
        left = await self._take_out(run, _act_of(run, user_id))
        if left is None:
            raise UserError(_over(await self._store.load(run_id)))
        return left

    async def cancel(self, run_id: str, *, user_id: int, moderated_channel_id: int | None = None) -> Run:
        """Wait no more for a run, wherever it is, for the one who asked or who moderates its channel.

        Its place is free at once, and its card says so. Runflow cannot be made to stop: what it bills is settled when
        it is known (`transitions.canceled`). Where the run ends at the same moment, the row's state decides. Raises as
        `leave`, for a run that has its end.
        """
        run = await self._of(run_id, user_id, moderated_channel_id, refusal=_NOT_YOURS_TO_CANCEL)
        act = _act_of(run, user_id)
        while run.state not in FINAL:
            change = canceled(run, by_moderator=act is not None, at=self._store.now())
            done = await self._store.take(run, change, act, AuditKind.RUN_CANCELED)
            if done is not None:
                self._wake_ups.calling_off.call_off(run_id)
                self._wake_ups.wake_run(run_id)  # whoever works on it ends its card
                return done
            run = await self._store.load(run_id)
        raise UserError(_IS_CANCELED if run.state is State.CANCELED or run.is_unwanted else _IS_FINISHED)

    async def _of(self, run_id: str, user_id: int, moderated_channel_id: int | None, *, refusal: str) -> Run:
        """A run that somebody may end. Raises UserError."""
        try:
            run = await self._store.load(run_id)
        except LookupError:
            raise UserError(_NO_SUCH_RUN) from None
        if user_id != run.user_id and run.place.channel_id != moderated_channel_id:
            raise UserError(refusal)
        return run

    async def leave_all(self, user_id: int, act: AdminAction) -> int:
        """Take whatever a person has waiting in a server out of the queue, as a moderator's act; how many those were.

        A run that is sent at the same moment goes on. Raises Unavailable.
        """
        waiting = await self._store.waiting_of(user_id, act.guild_id)
        return sum([await self._take_out(run, act) is not None for run in waiting])

    async def _take_out(self, run: Run, act: AdminAction | None) -> Run | None:
        """Take a waiting run out of the queue; `act` None: its own person leaves. None where it waits no more."""
        reason = Reason.LEFT_QUEUE if act is None else Reason.REMOVED
        left = await self._store.take(run, ended(run, State.CANCELED, reason, self._store.now()), act)
        if left is not None:
            self._wake_ups.wake_run(run.id)  # whoever works on it ends its card
        return left

    async def abandon(self, run: Run) -> None:
        """The card could not be shown, and nothing was sent: end the run and release the money.

        Raises Unavailable where that cannot be written down just now: the worker then does it later, or goes on with
        the run where its card stands after all.
        """
        self._scheduler.forget(run.id)
        self._nothing_to_tell.discard(run.id)
        change = ended(run, State.CANCELED, Reason.CANCELED, self._store.now())
        try:
            await self._store.apply(run, replace(change, run=replace(change.run, delivery=Delivery.UNDELIVERABLE)))
        except Unavailable:
            self._wake_ups.wake_run(run.id)
            raise

    async def notices(self, run: Run) -> tuple[Notice, ...]:
        """What the person is to be told beside this run's card: limits of which it used 80 % for the first time."""
        if run.id in self._nothing_to_tell:
            self._nothing_to_tell.discard(run.id)
            return ()
        return await self._store.notices(run)

    async def balance(self, run: Run) -> Balance:
        """How many pictures like these the one who asked has left, where they asked. Raises Unavailable."""
        return await self._store.balance(run)

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message; None for any other message."""
        return await self._store.by_message(message_id)
