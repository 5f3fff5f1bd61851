"""Entries as CSV (RFC 4180). Pure; both `/spend` and `python -m bot export` write these lines."""

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

HEADER = ",".join(_COLUMNS) + "\r\n"


def csv_line(entry: EntryRow) -> str:
    """An entry as a line, with its end. Dollars have six digits after the point, times are UTC with a `Z`.

    Every value is a number, a time, or a word of ours: nothing needs quotes, or is a formula to a spreadsheet.
    """
    values = (
        entry.id,
        entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        entry.kind.value,
        entry.run_id or "",
        entry.guild_id or "",
        entry.channel_id or "",
        entry.user_id,
        decimal_usd(entry.amount),
        entry.pictures,
        "yes" if entry.estimated else "no",
    )
    return ",".join(str(value) for value in values) + "\r\n"


def decimal_usd(amount: MicroUsd) -> str:
    """Dollars for machines: six digits after the point, no sign for the currency (`0.005000`)."""
    sign = "-" if amount < 0 else ""
    dollars, micro = divmod(abs(amount), 1_000_000)
    return f"{sign}{dollars}.{micro:06d}"
