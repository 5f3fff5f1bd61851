"""Requests that were typed and not made, kept for a day: a refusal throws nobody's words away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, delete, insert, select

from bot.catalog.source import SourceImage
from bot.clock import Clock
from bot.errors import UserError
from bot.runs.run import PictureRef
from bot.store.engine import Store
from bot.store.tables import drafts

KEPT = timedelta(days=1)
"""How long a draft can be taken up again."""

_PICTURE = "picture"
_GONE = "These words are not kept any more. Please start with the command again."


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wanted to ask a model for. `options` by the names of the model's, not checked.

    `card` is the run whose card it came from, where a button of one was pressed for it.
    """

    id: str  # 32 hex digits, ours
    user_id: int
    model_id: str
    options: Mapping[str, object] = field(repr=False)
    parents: tuple[PictureRef, ...]
    kept_at: datetime  # UTC
    card: str | None = None


class DraftService:
    """Keeps drafts. A draft is its author's alone."""

    def __init__(self, *, store: Store, clock: Clock, new_id: Callable[[], str]) -> None:
        self._store, self._clock, self._new_id = store, clock, new_id

    async def keep(
        self,
        user_id: int,
        model_id: str,
        options: Mapping[str, object],
        parents: tuple[PictureRef, ...] = (),
        *,
        card: str | None = None,
    ) -> Draft:
        """Keep a request; the draft. Options that are no words, numbers, flags or pictures are left out.

        Of a picture its address is kept, not its bytes. Raises Unavailable.
        """
        kinds = str | int | float | SourceImage
        plain = {name: value for name, value in options.items() if isinstance(value, kinds)}
        draft = Draft(self._new_id(), user_id, model_id, plain, parents, self._clock.now(), card)
        await self._store.write(_add, draft)
        return draft

    async def find(self, user_id: int, draft_id: str) -> Draft:
        """A draft of this person's. Raises UserError where there is none (any more), and Unavailable."""
        draft = await self._store.read(_find, draft_id)
        if draft is None or draft.user_id != user_id:
            raise UserError(_GONE)
        return draft


def forget(connection: Connection, before: datetime, *, most: int) -> int:
    """Take away drafts from before then, no more than `most`; how many those were."""
    old = select(drafts.c.id).where(drafts.c.at < before).order_by(drafts.c.at).limit(most)
    return connection.execute(delete(drafts).where(drafts.c.id.in_(old))).rowcount


def _add(connection: Connection, draft: Draft) -> None:
    values: dict[str, Any] = {
        "id": draft.id,
        "user_id": draft.user_id,
        "model_id": draft.model_id,
        "options": {name: _kept(value) for name, value in draft.options.items()},
        "parents": [[one.run_id, one.index] for one in draft.parents],
        "at": draft.kept_at,
        "card": draft.card,
    }
    connection.execute(insert(drafts).values(**values))


def _find(connection: Connection, draft_id: str) -> Draft | None:
    row = connection.execute(select(drafts).where(drafts.c.id == draft_id)).first()
    if row is None:
        return None
    parents = tuple(PictureRef(str(run_id), int(index)) for run_id, index in row.parents)
    options = {name: _as_given(value) for name, value in row.options.items()}
    return Draft(row.id, row.user_id, row.model_id, options, parents, row.at, row.card)


def _kept(value: object) -> object:
    return {_PICTURE: [value.url, value.content_type, value.size_bytes]} if isinstance(value, SourceImage) else value


def _as_given(kept: Any) -> object:
    if not isinstance(kept, dict):
        return kept
    url, content_type, size_bytes = cast("dict[str, Any]", kept)[_PICTURE]
    return SourceImage(str(url), str(content_type), int(size_bytes))
