"""`python -m bot export`: the entries of the ledger as CSV."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection

from bot.errors import BotError
from bot.ledger import reports
from bot.ledger.export import HEADER, csv_line
from bot.settings import Settings
from bot.store.engine import Store


async def export(
    settings: Settings, *, guild_id: int | None, since: date | None, until: date | None, file: Path | None
) -> int:
    """Write the entries from the day of `since` until before that of `until` (UTC); how many there were.

    Without a server those of all, and of private use; without a file, to standard output. The entries are those of one
    moment. Raises BotError where the file cannot be written, Unavailable and SettingsError.
    """
    with _opened(file) as out:

        def written(connection: Connection) -> int:
            out.write(HEADER)
            count = 0
            for entry in reports.all_entries(connection, guild_id, _midnight(since), _midnight(until)):
                out.write(csv_line(entry))
                count += 1
            return count

        async with Store.open(settings.database_url) as store:
            return await store.read(written)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


@contextmanager
def _opened(file: Path | None) -> Generator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            yield out
    except OSError as error:
        raise BotError(f"{file} cannot be written: {error.strerror}") from error
