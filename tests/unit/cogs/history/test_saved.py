"""Hearts from Discord's payload to the calls they make: whose list it is, and what of it may still be seen."""

from dataclasses import replace
from typing import Any

import pytest

from bot.catalog.request import Request
from bot.errors import UserError
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules
from bot.runs.card import Withheld
from bot.runs.run import Delivery, Place, Removal, Run
from bot.runs.saved import SavedPage, SavedRun
from cogs.history.saved import turn_of
from cogs.history.saved_view import PAGE, which
from cogs.ui.markdown import length
from cogs.ui.subjects import saving
from tests.unit.cogs.history.test_cog import HOSTILE, buttons, listed, refused, text, walk
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import MODERATOR_ROLE, by, server
from tests.unit.cogs.samples import NOW, FakeHistory, FakeSaved, a_run, done
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, interaction, pressed_button

HERE, SOMEBODY, RUN_ID = Place(GUILD_ID, CHANNEL_ID), USER_ID + 5, f"{7:032x}"
MINE = (USER_ID, RUN_ID)


def anothers(**changes: Any) -> Run:
    run = done(a_run("a secret fox", id=RUN_ID, user_id=SOMEBODY, place=HERE, delivery=Delivery.SHOWN))
    return replace(run, **changes)


def asked(**options: object) -> dict[str, Any]:
    return interaction({"saved": True, **options}, command="history")


def one(run: Run) -> FakeSaved:
    return FakeSaved(kept={MINE: {1}}, page_now=SavedPage((SavedRun(run, (1,), NOW),)))


@pytest.mark.parametrize(("subject", "kept"), [(RUN_ID, {0, 1, 2, 3}), (f"{RUN_ID}:2", {2})])
async def test_a_heart_saves_its_picture_or_its_card_and_then_takes_it_out(subject: str, kept: set[int]) -> None:
    saved, history = FakeSaved(), FakeHistory(runs={RUN_ID: anothers()})
    for expected, words in ((kept, "Saved to your pictures."), (set[int](), "Taken out of your pictures.")):
        async with opened(history=history, saved=saved, server=server()) as open_:
            open_.press(pressed_button(f"save:{subject}"))
            assert words in await refused(open_)
        assert saved.kept[MINE] == expected


@pytest.mark.parametrize("subject", ["", "x", RUN_ID.upper()[:-1] + "G", f"{RUN_ID}:", f"{RUN_ID}:10", f"{RUN_ID}:-1"])
async def test_a_forged_heart_leads_nowhere(subject: str) -> None:
    with pytest.raises(ValueError, match="no "):
        saving(subject)
    saved = FakeSaved()
    async with opened(history=FakeHistory(runs={RUN_ID: anothers()}), saved=saved) as open_:
        open_.press(pressed_button(f"save:{subject}"))
        said = await refused(open_)
    assert "leads nowhere" in said or "no longer in use" in said
    assert not saved.kept


async def test_a_heart_on_what_the_person_does_not_see_saves_nothing() -> None:
    saved, hidden = FakeSaved(), anothers(place=Place(GUILD_ID, CHANNEL_ID + 9))
    async with opened(history=FakeHistory(runs={RUN_ID: hidden}), saved=saved, server=server()) as open_:
        open_.press(pressed_button(f"save:{RUN_ID}"))
        assert "not from a channel that you can see" in await refused(open_)
    assert not saved.kept


async def test_a_list_shows_words_and_a_button_for_what_may_be_seen() -> None:
    saved = one(anothers())
    async with opened(saved=saved, server=server()) as open_:
        open_.press(asked())
        call = await listed(open_)
    assert saved.asked == [(USER_ID, GUILD_ID, None, None)]
    assert "a secret fox" in text(call)
    assert buttons(call) == [f"saved_show:{RUN_ID}"]


HIDDEN: dict[str, dict[str, Any]] = {
    "removed": {"removal": Removal(9, NOW, "no")},
    "withheld": {"delivery": Delivery.WITHHELD},
    "held": {"delivery": Delivery.HELD},
    "to go": {"delivery": Delivery.STILL_VISIBLE},
    "of a channel not seen": {"place": Place(GUILD_ID, CHANNEL_ID + 9)},
    "of hidden words": {
        "rules": ChannelRules(Policy.BLOCK, hide_prompt=True),
        "delivery": Delivery.UNDELIVERABLE,
    },
    "kept back by now": {},
}


@pytest.mark.parametrize("why", HIDDEN)
async def test_what_may_not_be_seen_any_more_is_listed_without_words_or_pictures(why: str) -> None:
    history = FakeHistory(hidden=Withheld(checked=True) if why == "kept back by now" else None)
    async with opened(history=history, saved=one(anothers(**HIDDEN[why])), server=server()) as open_:
        open_.press(asked())
        call = await listed(open_)
    assert "secret" not in str(call.body)
    assert "not shown any more" in text(call)
    assert buttons(call) == [f"saved_out:{RUN_ID}"]


async def test_show_pictures_gives_what_was_saved_and_no_price_of_anothers() -> None:
    history = FakeHistory(runs={RUN_ID: anothers()})
    async with opened(history=history, saved=one(anothers()), server=server()) as open_:
        open_.press(pressed_button(f"saved_show:{RUN_ID}"))
        call = await listed(open_)
    assert [viewing.only for viewing in history.viewings] == [1]
    assert len(call.files) == 1
    assert "cost" not in text(call)
    assert f"saved_out:{RUN_ID}" in buttons(call)


@pytest.mark.parametrize(
    ("saved", "run", "words"),
    [
        (FakeSaved(), anothers(), "not among your saved pictures"),
        (FakeSaved(kept={(SOMEBODY, RUN_ID): {1}}), anothers(), "not among your saved pictures"),
        (one(anothers()), anothers(place=Place(GUILD_ID, CHANNEL_ID + 9)), "not from a channel that you can see"),
    ],
)
async def test_show_pictures_forged_shows_nothing(saved: FakeSaved, run: Run, words: str) -> None:
    history = FakeHistory(runs={RUN_ID: run})
    async with opened(history=history, saved=saved, server=server()) as open_:
        open_.press(pressed_button(f"saved_show:{RUN_ID}"))
        assert words in await refused(open_)
    assert not history.viewings


async def test_why_pictures_are_not_shown_is_said_as_ever() -> None:
    history = FakeHistory(runs={RUN_ID: anothers()}, refusal=UserError("These pictures were removed."))
    async with opened(history=history, saved=one(anothers()), server=server()) as open_:
        open_.press(pressed_button(f"saved_show:{RUN_ID}"))
        assert await refused(open_) == "These pictures were removed."


async def test_what_another_person_saved_is_nobodys_business_not_even_a_moderators() -> None:
    saved, payload = one(anothers()), asked()
    payload["data"]["options"].append({"name": "user", "type": 6, "value": str(SOMEBODY)})
    user = {"id": str(SOMEBODY), "username": "sam", "discriminator": "0", "avatar": None}
    payload["data"]["resolved"] = {"users": {str(SOMEBODY): user}}
    async with opened(saved=saved, server=server()) as open_:
        open_.press(by(payload, MODERATOR_ROLE))
        assert "for their eyes alone" in await refused(open_)
    assert not saved.asked


async def test_pages_turn_by_the_place_that_their_buttons_name() -> None:
    run = anothers()
    saved = FakeSaved(page_now=SavedPage((SavedRun(run, (1,), NOW),), has_newer=True, has_older=True))
    async with opened(saved=saved, server=server()) as open_:
        open_.press(asked())
        turns = [each for each in buttons(await listed(open_)) if each.startswith(PAGE)]
    newer, older = (turn_of(each.partition(":")[2]) for each in turns)
    assert (newer.after, older.before) == ((NOW, RUN_ID), (NOW, RUN_ID))
    async with opened(saved=saved, server=server()) as open_:
        open_.press(pressed_button(turns[1]))
        await listed(open_)
    assert saved.asked[-1] == (USER_ID, GUILD_ID, (NOW, RUN_ID), None)


@pytest.mark.parametrize("subject", ["", "before:", f"before:-1:{RUN_ID}", f"at:1:{RUN_ID}", f"after:{9**30}:{RUN_ID}"])
def test_a_page_that_was_never_made_is_not_read(subject: str) -> None:
    with pytest.raises(ValueError, match="no page"):
        turn_of(subject)


@pytest.mark.parametrize("prompt", HOSTILE)
async def test_ten_lines_hold_discords_limits_whatever_their_prompts(prompt: str) -> None:
    runs = [anothers(id=f"{at:032x}", request=Request(prompt, 4)) for at in range(10)]
    page = SavedPage(tuple(SavedRun(run, tuple(range(10)), NOW) for run in runs), has_newer=True, has_older=True)
    async with opened(saved=FakeSaved(page_now=page), server=server()) as open_:
        open_.press(asked())
        call = await listed(open_)
    parts = walk(call.body["components"])
    assert len(parts) <= 40
    assert sum(length(each["content"]) for each in parts if "content" in each) <= 4000


def test_pictures_are_named_by_their_numbers() -> None:
    assert [which(each) for each in ((0,), (0, 2), (1, 2, 3))] == [
        "Picture 1",
        "Pictures 1 and 3",
        "Pictures 2, 3 and 4",
    ]
