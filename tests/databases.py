"""Databases in the newest form, copied instead of migrated anew for each test: migrations have tests of their own."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine

from bot.store.migrate import upgrade


def migrated_sqlite(file: Path) -> str:
    """Put a fresh SQLite database there; its address. Who opens it still asks for migrations, and none is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
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
