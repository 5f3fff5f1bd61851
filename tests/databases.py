"""Databases in the newest form, copied instead of migrated anew for each test: migrations have tests of their own."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine

from bot.store.migrate import upgrade


def migrated_sqlite(file: Path) -> str:
    """The address of a SQLite database there, put there fresh where there is none. No migration of it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_bytes(_migrated())
    return f"sqlite+aiosqlite:///{file}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.db"
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        return file.read_bytes()
