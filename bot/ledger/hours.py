"""Hours that are over for long: their days say the same, so their rows go."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, select

from bot.ledger import totals
from bot.ledger.values import TotalKey, Window
from bot.store.tables import ledger_totals

HOURS_KEPT = timedelta(days=38)
"""How long the totals of hours are kept, and at most two days longer. Limits are held against the present hour."""

_MARGIN = timedelta(days=1)  # so that no clock that is a little behind misses what another has taken away


def hours_needed_from(now: datetime) -> datetime:
    """From when on the totals of hours must be there: before, they may be."""
    return Window.DAY.start_of(now - HOURS_KEPT)


def drop_hours(connection: Connection, now: datetime, *, most: int) -> int:
    """Take away totals of hours before `hours_needed_from`, the oldest first and no more than `most`; how many it took.

    Those stay that still hold something: what comes of it is counted in them.
    """
    table = ledger_totals
    key = list(table.primary_key.columns)
    holds_nothing = and_(table.c.held_micro_usd == 0, table.c.held_pictures == 0)
    over = select(*key).where(
        table.c.window == Window.HOUR, table.c.window_start < hours_needed_from(now) - _MARGIN, holds_nothing
    )
    chosen = connection.execute(over.order_by(table.c.window_start).limit(most)).all()
    if chosen:
        # Row by row: to find whole keys in a list of them, SQLite goes through every row of their servers.
        names = [f"of_{column.name}" for column in key]
        one = and_(holds_nothing, *(column == bindparam(name) for column, name in zip(key, names, strict=True)))
        connection.execute(delete(table).where(one), [dict(zip(names, row, strict=True)) for row in chosen])
    return len(chosen)


def still_kept(connection: Connection, keys: tuple[TotalKey, ...], now: datetime) -> tuple[TotalKey, ...]:
    """Of the rows that count something of another time, those that are not taken away."""
    old = [key for key in keys if key.window is Window.HOUR and key.window_start < hours_needed_from(now)]
    if not old:
        return keys
    gone = set(old) - set(totals.read(connection, old))
    return tuple(key for key in keys if key not in gone)
