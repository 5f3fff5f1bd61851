"""Runs as rows. Every function takes the connection of the transaction it is part of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, false, insert, select, true, tuple_, update

from bot.catalog.stored import stored_request
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules
from bot.money import MicroUsd
from bot.runs.run import (
    AT_RUNFLOW,
    Delivery,
    Outline,
    PictureRef,
    Place,
    Reason,
    Removal,
    Reply,
    Result,
    ReviewCause,
    Run,
    State,
)
from bot.store.tables import LOST, UNFINISHED, WITH_TOKEN, run_parents, runs
from bot.store.upsert import insert_if_absent

Age = tuple[datetime, str]
"""Where a page of runs begins: after the run that was accepted then, and has this id."""


MOST_GENERATIONS = 50
"""How many generations of pictures made from pictures are looked through, each time one is to be shown."""

MOST_ANCESTORS = 200


def add(connection: Connection, run: Run) -> bool:
    """Write a new run; False when this press has its run already (the interaction id is unique)."""
    if not insert_if_absent(connection, runs, _values(run)):
        return False
    if run.parents:
        connection.execute(insert(run_parents), [{"run_id": run.id, **one} for one in _parents(run)])
    return True


def pressed_since(connection: Connection, user_id: int, button: str, since: datetime) -> bool:
    """Whether this person's press of this button has made a run since then."""
    wanted = select(runs.c.id).where(runs.c.button == button, runs.c.user_id == user_id, runs.c.created_at > since)
    return connection.execute(wanted.limit(1)).first() is not None


def children(connection: Connection, run_id: str, most: int) -> list[Run]:
    """The runs that were made from pictures of this one, oldest first and no more than `most`."""
    ids = select(run_parents.c.run_id).where(run_parents.c.parent_run_id == run_id)
    wanted = select(runs).where(runs.c.id.in_(ids)).order_by(runs.c.created_at, runs.c.id).limit(most)
    return [_run(row) for row in connection.execute(wanted)]


def children_count(connection: Connection, run_id: str, most: int) -> int:
    """How many runs were made from pictures of this one, counted up to `most`."""
    of_it = select(run_parents.c.run_id).where(run_parents.c.parent_run_id == run_id).distinct().limit(most)
    return len(connection.execute(of_it).all())


def beginning(connection: Connection, digits: str, guild_id: int | None, most: int) -> list[Run]:
    """The runs of a server (None: private ones) whose ids, 32 hex digits, begin with these. By the primary key."""
    between = runs.c.id.between(
        digits.ljust(32, "0"), digits.ljust(32, "f")
    )  # no LIKE: its index depends on the locale
    there = runs.c.guild_id.is_(None) if guild_id is None else runs.c.guild_id == guild_id
    return [_run(row) for row in connection.execute(select(runs).where(between, there).order_by(runs.c.id).limit(most))]


def ancestors(connection: Connection, run: Run, generations: int = MOST_GENERATIONS) -> list[Run] | None:
    """The runs whose pictures this one works from, and those that they work from, and so on; each once, nearest first.

    None where there are more generations than these, or more runs than anybody looks through.
    """
    found, wanted = dict[str, Run](), {one.run_id for one in run.sources}
    for _ in range(generations):
        if not wanted:
            return list(found.values())
        nearest = these(connection, sorted(wanted))
        if len(nearest) < len(wanted) or len(found) + len(nearest) > MOST_ANCESTORS:
            break  # one is gone: nobody can tell what it was
        found |= {one.id: one for one in nearest}
        wanted = {each.run_id for one in nearest for each in one.sources} - found.keys()
    return None if wanted else list(found.values())


def load(connection: Connection, run_id: str) -> Run:
    """The run. Raises LookupError when there is none."""
    row = connection.execute(select(runs).where(runs.c.id == run_id)).first()
    if row is None:
        raise LookupError(run_id)
    return _run(row)


def find(connection: Connection, *, run_id: str | None, runflow_id: str) -> Run | None:
    """The run with our id, else the one with Runflow's; None where there is neither."""
    for wanted in (runs.c.id == run_id, runs.c.runflow_id == runflow_id):
        row = connection.execute(select(runs).where(wanted)).first()
        if row is not None:
            return _run(row)
    return None


def by_message(connection: Connection, message_id: int) -> Run | None:
    """The run whose card is this message, where there is one."""
    row = connection.execute(select(runs).where(runs.c.message_id == message_id)).first()
    return None if row is None else _run(row)


def change(connection: Connection, before: Run, after: Run) -> bool:
    """Write `after` over `before`; False when the row has moved on meanwhile, and nothing was written.

    A row that says how far a run is at Runflow has not moved on from another that does. One whose pictures were removed
    has: whoever read it before does not know, and nobody but `remove` writes that.
    """
    values = _values(after)
    for name in _OF_REMOVAL:
        del values[name]
    del values["interaction_token"]  # it never changes, and may have been forgotten meanwhile
    if after.reply.message_id is None:
        del values["message_id"]  # whoever read the row before the card was noted does not undo that
    if after.runflow_id is None:
        del values["runflow_id"]  # and who read it before Runflow's answer came does not undo that
    as_before = runs.c.state.in_(AT_RUNFLOW) if before.state in AT_RUNFLOW else runs.c.state == before.state
    as_known = runs.c.removed_at.is_(None) if before.removal is None else runs.c.removed_at.is_not(None)
    same = (runs.c.id == before.id, as_before, runs.c.delivery == before.delivery, as_known)
    return connection.execute(update(runs).where(*same).values(**values)).rowcount == 1


def remove(connection: Connection, run_id: str, removal: Removal) -> bool:
    """Write that the pictures are removed, with the card to be brought to that; False where they were before.

    Of a card that is pending, whether pictures stand there is known to whoever works on it.
    """
    shows = and_(runs.c.delivery == Delivery.SHOWN.value, runs.c.reason.is_(None))
    shows_still = runs.c.delivery == Delivery.STILL_VISIBLE.value
    is_pending = runs.c.delivery == Delivery.PENDING.value
    up = case((shows, true()), (shows_still, true()), (is_pending, runs.c.pictures_up), else_=false())
    values = dict(zip(_OF_REMOVAL, (removal.by, removal.at, removal.reason), strict=True))
    removed = update(runs).where(runs.c.id == run_id, runs.c.removed_at.is_(None))
    pending = {"delivery": Delivery.PENDING.value, "pictures_up": up}
    return connection.execute(removed.values(**values, **pending)).rowcount == 1


def removal_of(connection: Connection, run_id: str) -> Removal | None:
    """By whom, when and why the pictures of a run were removed; None where they were not."""
    columns: list[ColumnElement[Any]] = [runs.c[name] for name in _OF_REMOVAL]
    row = connection.execute(select(*columns).where(runs.c.id == run_id)).first()
    return None if row is None else _removal(row)


def may_stand(connection: Connection, run_id: str) -> Run:
    """Note of a card that is not as it is to be that pictures stand there, or may; the run as it stands then.

    Whatever else was written meanwhile stays. Raises LookupError.
    """
    not_over = [one.value for one in Delivery if not one.is_over]
    connection.execute(update(runs).where(runs.c.id == run_id, runs.c.delivery.in_(not_over)).values(pictures_up=True))
    return load(connection, run_id)


def forget_tokens(connection: Connection, before: datetime, *, most: int) -> int:
    """Blank the tokens of interactions from before then, the oldest first and no more than `most`; how many there were.

    Nothing else of a row is written. Where somebody is writing one just now, PostgreSQL leaves it for the next time.
    """
    old = select(runs.c.id).where(WITH_TOKEN, runs.c.interaction_at < before).order_by(runs.c.interaction_at)
    chosen = old.limit(most).with_for_update(skip_locked=True)
    done = connection.execute(update(runs).where(runs.c.id.in_(chosen)).values(interaction_token=""))
    return done.rowcount


def unfinished(
    connection: Connection, *, after: Age | None = None, most: int | None = None, but_waiting: bool = False
) -> list[Run]:
    """Runs that still owe somebody an end: not final, or with a card that is not as it is to be. Oldest first.

    `after` and `most` make a page of them; `but_waiting` leaves out those in the bot's own queue.
    """
    wanted = _unfinished(select(runs), after, most)
    if but_waiting:
        wanted = wanted.where(runs.c.state != State.ACCEPTED)
    return [_run(row) for row in connection.execute(wanted)]


def outlines(connection: Connection, *, after: Age | None, most: int) -> list[Outline]:
    """A page of the runs that still owe somebody an end, as far as the queue needs them. Oldest first."""
    columns: list[ColumnElement[Any]] = [runs.c.id, runs.c.user_id, runs.c.guild_id, runs.c.created_at, runs.c.state]
    wanted = select(*columns, runs.c.message_id.is_not(None).label("has_card"))
    return [
        Outline(row.id, row.user_id, row.guild_id, row.created_at, State(row.state), bool(row.has_card))
        for row in connection.execute(_unfinished(wanted, after, most))
    ]


def these(connection: Connection, run_ids: Sequence[str]) -> list[Run]:
    """The runs with these ids, in no order; a few at a time."""
    return [_run(row) for row in connection.execute(select(runs).where(runs.c.id.in_(run_ids)))]


def _unfinished(wanted: Select[Any], after: Age | None, most: int | None) -> Select[Any]:
    wanted = wanted.where(UNFINISHED).order_by(runs.c.created_at, runs.c.id).limit(most)
    return wanted if after is None else wanted.where(tuple_(runs.c.created_at, runs.c.id) > after)


def still_visible(connection: Connection, guild_id: int) -> list[str]:
    """The ids of a server's runs whose pictures are to go and still stand."""
    wanted = select(runs.c.id).where(
        UNFINISHED, runs.c.delivery == Delivery.STILL_VISIBLE.value, runs.c.guild_id == guild_id
    )
    return list(connection.execute(wanted).scalars())


def waiting_of(connection: Connection, user_id: int, guild_id: int) -> list[Run]:
    """A person's runs in a server that wait in the bot's own queue, oldest first."""
    wanted = select(runs).where(
        runs.c.user_id == user_id, runs.c.guild_id == guild_id, UNFINISHED, runs.c.state == State.ACCEPTED
    )
    return [_run(row) for row in connection.execute(wanted.order_by(runs.c.created_at, runs.c.id))]


def waiting_pressed_between(connection: Connection, since: datetime, until: datetime) -> list[Run]:
    """Runs that wait in the bot's own queue and were pressed then, while their token is kept; oldest first."""
    pressed = (runs.c.interaction_at >= since, runs.c.interaction_at <= until)
    wanted = select(runs).where(WITH_TOKEN, *pressed, runs.c.state == State.ACCEPTED)
    return [_run(row) for row in connection.execute(wanted.order_by(runs.c.interaction_at))]


def lost(connection: Connection, since: datetime, *, after: Age | None = None, most: int | None = None) -> list[Run]:
    """Runs that were given up as lost since then, oldest first. `after` (its end and id) and `most` make a page."""
    wanted = select(runs).where(LOST, runs.c.ended_at >= since).order_by(runs.c.ended_at, runs.c.id).limit(most)
    if after is not None:
        wanted = wanted.where(tuple_(runs.c.ended_at, runs.c.id) > after)
    return [_run(row) for row in connection.execute(wanted)]


def pressed_by(
    connection: Connection, user_id: int, guild_id: int | None, *, before: int | None, most: int
) -> list[Run]:
    """A person's runs in a server (None: privately), newest first, pressed before this interaction."""
    wanted = _of(user_id, guild_id)
    if before is not None:
        wanted = wanted.where(runs.c.interaction_id < before)
    newest_first = (runs.c.guild_id.desc(), runs.c.interaction_id.desc())
    rows = connection.execute(wanted.order_by(*newest_first).limit(most))
    return [_run(row) for row in rows]


def pressed_after(connection: Connection, user_id: int, guild_id: int | None, *, after: int, most: int) -> list[Run]:
    """The first of a person's runs there that were pressed after this interaction, oldest first."""
    wanted = _of(user_id, guild_id).where(runs.c.interaction_id > after)
    wanted = wanted.order_by(runs.c.guild_id, runs.c.interaction_id).limit(most)
    return [_run(row) for row in connection.execute(wanted)]


def _of(user_id: int, guild_id: int | None) -> Select[Any]:
    # `=`, or IS NULL: PostgreSQL has no index for IS NOT DISTINCT FROM. Whoever wants an order names the server in it
    # too, without which PostgreSQL sorts all of somebody's private runs.
    return select(runs).where(runs.c.user_id == user_id, runs.c.guild_id == guild_id)


_OF_REMOVAL = ("removed_by", "removed_at", "removed_why")


def _values(run: Run) -> dict[str, Any]:
    result, removal = run.result, run.removal
    return {
        "id": run.id,
        "interaction_id": run.reply.interaction_id,
        "application_id": run.reply.application_id,
        "user_id": run.user_id,
        "guild_id": run.place.guild_id,
        "channel_id": run.place.channel_id,
        "parent_channel_id": run.place.parent_channel_id,
        "model_id": run.model_id,
        "input": run.input,
        "request": run.request.as_json(),
        "policy": run.policy.value,
        "rules": run.rules_then.as_json(),
        "review_why": run.review_why.value if run.review_why else None,
        "pictures_up": run.pictures_up,
        "parents": _parents(run) or None,
        "button": run.button,
        "interaction_token": run.reply.token,
        "interaction_at": run.reply.created_at,
        "attachment_limit_bytes": run.reply.attachment_limit_bytes,
        "message_id": run.reply.message_id,
        "state": run.state.value,
        "delivery": run.delivery.value,
        "held_micro_usd": run.held,
        "cost_micro_usd": run.cost,
        "cost_estimated": run.cost_estimated,
        "given_back_micro_usd": run.given_back,
        "pictures_shown": run.pictures_shown,
        "runflow_id": run.runflow_id,
        "reason": run.reason.value if run.reason else None,
        "reason_fields": list(run.reason_fields),
        "result": None
        if result is None
        else {
            "seed": result.seed,
            "nsfw_detected": result.nsfw_detected,
            "prompt_used": result.prompt_used,
            "num_outputs": result.num_outputs,
            "duration_ms": result.duration_ms,
        },
        "created_at": run.created_at,
        "submitted_at": run.submitted_at,
        "ended_at": run.ended_at,
        "removed_by": removal.by if removal else None,
        "removed_at": removal.at if removal else None,
        "removed_why": removal.reason if removal else None,
    }


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        user_id=row.user_id,
        place=Place(row.guild_id, row.channel_id, row.parent_channel_id),
        reply=Reply(
            interaction_id=row.interaction_id,
            application_id=row.application_id,
            token=row.interaction_token,
            created_at=row.interaction_at,
            attachment_limit_bytes=row.attachment_limit_bytes,
            message_id=row.message_id,
        ),
        model_id=row.model_id,
        input=row.input,
        request=stored_request(row.request, row.input),
        policy=Policy(row.policy),
        state=State(row.state),
        delivery=Delivery(row.delivery),
        held=MicroUsd(row.held_micro_usd),
        created_at=row.created_at,
        cost=None if row.cost_micro_usd is None else MicroUsd(row.cost_micro_usd),
        cost_estimated=row.cost_estimated,
        runflow_id=row.runflow_id,
        reason=Reason(row.reason) if row.reason else None,
        reason_fields=tuple(row.reason_fields or ()),
        result=Result(**row.result) if row.result else None,
        submitted_at=row.submitted_at,
        ended_at=row.ended_at,
        rules=ChannelRules.from_json(row.rules) if row.rules else None,
        review_why=ReviewCause(row.review_why) if row.review_why else None,
        pictures_up=row.pictures_up,
        parents=tuple(PictureRef(one["parent_run_id"], one["picture"]) for one in row.parents or ()),
        button=row.button,
        removal=_removal(row),
        given_back=None if row.given_back_micro_usd is None else MicroUsd(row.given_back_micro_usd),
        pictures_shown=row.pictures_shown,
    )


def _parents(run: Run) -> list[dict[str, Any]]:
    return [{"position": at, "parent_run_id": one.run_id, "picture": one.index} for at, one in enumerate(run.parents)]


def _removal(row: Row[Any]) -> Removal | None:
    return None if row.removed_at is None else Removal(row.removed_by, row.removed_at, row.removed_why)
