"""Entries as CSV (RFC 4180). Pure; both `/spend` and `python -m bot export` write these lines."""

from collections.abc import Iterable

from bot.ledger.values import EntryRow
from bot.money import MicroUsd

_COLUMNS = (
    "id",
    "at",
    "kind",
    "run_id",
    "guild_id",
    "channel_id",
    "user_id",
    "amount_usd",
    "pictures",
    "estimated",
)

_WITHOUT_ZONE = len("2026-01-31T12:00:00.000000")

HEADER = ",".join(_COLUMNS) + "\r\n"


def csv_line(entry: EntryRow) -> str:
    """An entry as a line, with its end. Dollars have six digits after the point, times are UTC with a `Z`.

    Every value is a number, a time, or a word of ours: nothing needs quotes, or is a formula to a spreadsheet.
    """
    number, at, kind, run_id, guild_id, channel_id, user_id, cost, pictures, estimated = entry
    when = at.isoformat(timespec="microseconds")[:_WITHOUT_ZONE]
    return (
        f"{number},{when}Z,{kind},{run_id or ''},{guild_id or ''},{channel_id or ''},{user_id},{decimal_usd(cost)},"
        f"{pictures},{'yes' if estimated else 'no'}\r\n"
    )


def csv_file(entries: Iterable[EntryRow], most_bytes: int) -> bytes | None:
    """The entries as a whole file; None where it would be longer than `most_bytes`, which is seen as soon as it is."""
    file = bytearray(HEADER.encode())
    for entry in entries:
        file += csv_line(entry).encode()
        if len(file) > most_bytes:
            return None
    return bytes(file)


def decimal_usd(amount: MicroUsd) -> str:
    """Dollars for machines: six digits after the point, no sign for the currency (`0.005000`)."""
    sign = "-" if amount < 0 else ""
    dollars, micro = divmod(abs(amount), 1_000_000)
    return f"{sign}{dollars}.{micro:06d}"
