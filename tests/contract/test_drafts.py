"""Drafts on SQLite and on PostgreSQL: their author's alone, for a day."""

from datetime import timedelta

import pytest

from bot.catalog.source import SourceImage
from bot.entropy import Entropy
from bot.errors import UserError
from bot.runs.drafts import KEPT, DraftService
from bot.runs.housekeeping import Housekeeping
from bot.runs.run import PictureRef
from bot.store.engine import Store
from sandbox.clock import SandboxClock

CAT = SourceImage("https://cdn.example/cat.png?hm=1", "image/png", 99)
PARENTS = (PictureRef("1" * 32, 2),)


@pytest.fixture
def clock() -> SandboxClock:
    return SandboxClock(stopped=True)


async def test_a_draft_comes_back_as_it_was_and_is_gone_after_a_day(store: Store, clock: SandboxClock) -> None:
    drafts = DraftService(store=store, clock=clock, new_id=Entropy.seeded(1).new_run_id)
    given = {"prompt": "a 🦊", "num_images": 4, "loud": True, "image": CAT}
    old = await drafts.keep(7, "a/model", {**given, "odd": object()}, PARENTS)
    found = await drafts.find(7, old.id)
    assert found == old
    assert dict(found.options) == given
    clock.advance(KEPT.total_seconds() / 2)
    young = await drafts.keep(7, "a/model", {})
    clock.advance((KEPT / 2 + timedelta(seconds=1)).total_seconds())
    await Housekeeping(store=store, clock=clock).forget_drafts()
    with pytest.raises(UserError, match="not kept any more"):
        await drafts.find(7, old.id)
    assert (await drafts.find(7, young.id)).parents == ()


async def test_a_draft_of_another_person_is_as_unknown_as_one_that_never_was(store: Store, clock: SandboxClock) -> None:
    drafts = DraftService(store=store, clock=clock, new_id=Entropy.seeded(1).new_run_id)
    draft = await drafts.keep(7, "a/model", {"prompt": "mine"})
    for user_id, draft_id in ((8, draft.id), (7, "f" * 32)):
        with pytest.raises(UserError, match="not kept any more"):
            await drafts.find(user_id, draft_id)
