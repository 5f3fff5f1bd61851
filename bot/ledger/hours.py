"""Hours that are over for long: their days say the same, so their rows go."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, tuple_

from bot.ledger import totals
from bot.ledger.values import TotalKey, Window
from bot.store.tables import ledger_totals

HOURS_KEPT = timedelta(days=40)
"""How long the totals of hours are kept. Limits by the hour are held against the present one."""

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
    over = select(*key).where(
        table.c.window == Window.HOUR,
        table.c.window_start < hours_needed_from(now) - _MARGIN,
        table.c.held_micro_usd == 0,
        table.c.held_pictures == 0,
    )
    chosen = over.order_by(table.c.window_start).limit(most).subquery()
    done = connection.execute(delete(table).where(tuple_(*key).in_(select(chosen))))
    return done.rowcount


def still_kept(connection: Connection, keys: tuple[TotalKey, ...], now: datetime) -> tuple[TotalKey, ...]:
    """Of the rows that count something of another time, those that are not taken away."""
    old = [key for key in keys if key.window is Window.HOUR and key.window_start < hours_needed_from(now)]
    if not old:
        return keys
    gone = set(old) - set(totals.read(connection, old))
    return tuple(key for key in keys if key not in gone)
