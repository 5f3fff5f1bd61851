"""Runs found by the first digits of their ids, and their families, for cogs. Who may see what is checked by the cog."""

import re

from sqlalchemy import Connection

from bot.runs import rows
from bot.runs.family import MOST_CELLS, Family, family_of
from bot.runs.run import Run
from bot.store.engine import Store

_MOST_COUNTED = 100
_MOST_ALIKE = 10  # two with the same first eight digits are rare already
_DIGITS = re.compile(r"[0-9a-f]{8,32}")


class FamilyService:
    """Reads families. Every method raises Unavailable when the database does not answer."""

    def __init__(self, *, store: Store) -> None:
        self._store = store

    async def beginning(self, digits: str, guild_id: int | None) -> tuple[Run, ...]:
        """The runs of a server (None: private ones) whose ids begin with these 8 to 32 hex digits; ten at most."""
        if _DIGITS.fullmatch(digits) is None:
            return ()
        return tuple(await self._store.read(rows.beginning, digits, guild_id, _MOST_ALIKE))

    async def family(self, run: Run) -> Family:
        """The family of a run, as far as it fits a sheet."""

        def read(connection: Connection) -> Family:
            children = rows.children(connection, run.id, MOST_CELLS + 1)
            return family_of(run, lambda ids: rows.these(connection, ids), children)

        return await self._store.read(read)

    async def made_from(self, run_id: str) -> int:
        """How many runs were made from pictures of this one, counted up to a hundred."""
        return await self._store.read(rows.children_count, run_id, _MOST_COUNTED)
