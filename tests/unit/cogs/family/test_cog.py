"""/show and Family, from Discord's payload to the sheet: what somebody may not see is neither shown nor named."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.errors import UserError
from bot.runs.past import Page
from bot.runs.run import Delivery, PictureRef, Place, Run
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import server
from tests.unit.cogs.samples import FakeHistory, FakeRuns, a_run, done
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, Call, interaction, pressed_button

EPHEMERAL = 64
HERE, ELSEWHERE = Place(GUILD_ID, CHANNEL_ID), Place(GUILD_ID, CHANNEL_ID + 7)
SOMEBODY = USER_ID + 5
UNKNOWN = "I know no such request"


def run_id(number: int) -> str:
    return f"{number:08x}" + "0" * 24


def past(number: int, *parents: tuple[int, int], **changes: Any) -> Run:
    refs = tuple(PictureRef(run_id(of), index) for of, index in parents)
    run = done(a_run(f"prompt {number}", user_id=USER_ID, place=HERE, delivery=Delivery.SHOWN))
    return replace(run, **{"id": run_id(number), "parents": refs, **changes})


def known(*runs: Run, **how: Any) -> FakeHistory:
    return FakeHistory(runs={one.id: one for one in runs}, **how)


def walk(components: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for part in components for one in (part, *walk(part.get("components", [])))]


async def sheet(open_: Opened) -> Call:
    (call,) = await open_.discord.wait("PATCH", "/messages/@original")
    (deferred,) = open_.discord.named("POST", "/callback")
    assert deferred.data["flags"] & EPHEMERAL
    assert call.body["allowed_mentions"] == {"parse": []}
    assert call.files
    return call


async def refused(open_: Opened) -> str:
    (call,) = await open_.discord.wait("POST", "/webhooks/")
    assert call.data["flags"] & EPHEMERAL
    assert not call.files
    return str(call.data["content"])


def opens(call: Call) -> list[str]:
    return [one["custom_id"] for one in walk(call.body["components"]) if one["type"] == 2]


def gallery(call: Call) -> dict[str, Any]:
    (found,) = [one for one in walk(call.body["components"]) if one["type"] == 12]
    return found["items"][0]


async def test_a_sheet_names_each_cell_and_opens_each_picture() -> None:
    history = known(past(1), past(2, (1, 2)), past(3, (2, 0)))
    async with opened(history=history, server=server()) as open_:
        open_.press(interaction({"id": "00000002"}, command="show"))
        call = await sheet(open_)
    words = gallery(call)["description"]
    assert words == (
        "Family. Made from: 00000001 picture 3. This one: 00000002 picture 1. Made from this one: 00000003 picture 1."
    )
    assert opens(call) == [f"picture:{run_id(1)}:2", f"picture:{run_id(2)}:0", f"picture:{run_id(3)}:0"]
    (drawn,) = call.files.values()
    assert Image.open(BytesIO(drawn)).format == "PNG"
    assert call.body["attachments"][0]["description"] == words
    assert not gallery(call)["spoiler"]


async def test_what_the_asker_may_not_see_is_not_fetched_and_not_named() -> None:
    strangers = past(1, user_id=SOMEBODY, place=ELSEWHERE)
    abroad = past(3, (2, 0), place=Place(GUILD_ID + 1, 5))
    private = past(4, (2, 0), place=Place(None, CHANNEL_ID))
    history = known(strangers, past(2, (1, 0)), abroad, private)
    async with opened(history=history, server=server()) as open_:
        open_.press(pressed_button(f"family:{run_id(2)}"))
        call = await sheet(open_)
    assert [one.run_id for one in history.thumbnailed] == [run_id(2)]
    assert opens(call) == [f"picture:{run_id(2)}:0"]
    assert gallery(call)["description"] == (
        "Family. Made from: (not shown). This one: 00000002 picture 1. Made from this one: (not shown), (not shown)."
    )


async def test_a_kept_back_picture_is_a_cell_without_a_button() -> None:
    history = known(past(2), refusal=UserError("kept back"))
    async with opened(history=history, server=server()) as open_:
        open_.press(interaction({"id": run_id(2)}, command="show"))
        call = await sheet(open_)
    assert opens(call) == []
    assert "00000002 picture 1 (not shown)" in gallery(call)["description"]


async def test_a_sheet_with_a_covered_picture_is_covered() -> None:
    async with opened(history=known(past(2), spoiler=True), server=server()) as open_:
        open_.press(interaction({"id": "`00000002`"}, command="show"))
        call = await sheet(open_)
    assert gallery(call)["spoiler"]
    assert all(name.startswith("SPOILER_") for name in call.files)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("deadbeef", UNKNOWN),
        ("00000001", UNKNOWN),
        (run_id(1), UNKNOWN),
        ("00000004", UNKNOWN),
        ("00000002", "Several requests"),
        ("0000000", "eight digits"),
        ("%%%%%%%%", "eight digits"),
        ("0" * 33, "eight digits"),
        ("https://evil.example/channels/1/2/3", "eight digits"),
        ("https://discord.com/channels/1/2/3", UNKNOWN),
        (f"https://discord.com/channels/1/2/{2**63}", UNKNOWN),
        ("\u0660" * 8, "eight digits"),
    ],
)
async def test_what_cannot_be_shown_is_one_sentence(typed: str, said: str) -> None:
    alike = replace(past(2), id=run_id(2)[:-1] + "1")
    others = (past(1, user_id=SOMEBODY, place=ELSEWHERE), past(4, place=Place(None, CHANNEL_ID)))
    history = known(*others, past(2), alike)
    async with opened(history=history, server=server()) as open_:
        open_.press(interaction({"id": typed}, command="show"))
        assert said in await refused(open_)
    assert history.thumbnailed == []


async def test_a_link_to_a_card_names_its_request_where_it_may_be_seen() -> None:
    for place, is_seen in ((HERE, True), (Place(GUILD_ID + 1, 5), False)):
        run = past(2, place=place)
        runs = FakeRuns(started=[(run, 77)])
        async with opened(runs, history=known(run), server=server()) as open_:
            link = f"https://discord.com/channels/{GUILD_ID}/{CHANNEL_ID}/77"
            open_.press(interaction({"id": link}, command="show"))
            assert await (sheet(open_) if is_seen else refused(open_))


async def test_a_private_request_is_its_authors_alone_even_in_the_same_conversation() -> None:
    place = Place(None, CHANNEL_ID)
    history = known(past(1, place=place, user_id=SOMEBODY), past(2, place=place))
    for number, is_seen in ((1, False), (2, True)):
        async with opened(history=history) as open_:
            open_.press(interaction({"id": f"{number:08x}"}, command="show", dm=True))
            assert await (sheet(open_) if is_seen else refused(open_))


async def test_suggestions_are_the_askers_own_and_cut() -> None:
    runs = (past(1), replace(past(2), id=run_id(2), request=replace(past(2).request, prompt="fox " * 99)))
    history = known(page_now=Page(runs))
    async with opened(history=history, server=server()) as open_:
        payload: dict[str, Any] = interaction({"id": "FOX"}, command="show")
        payload["type"] = 4
        payload["data"]["options"][0]["focused"] = True
        open_.press(payload)
        (call,) = await open_.discord.wait("POST", "/callback")
    (choice,) = call.data["choices"]
    assert (choice["value"], choice["name"][:16]) == (run_id(2), "00000002 · fox f")
    assert len(choice["name"]) <= 100
    assert history.asked == [(USER_ID, GUILD_ID, None, None)]


async def test_details_say_what_was_made_from_it_and_lead_to_the_family() -> None:
    history = known(past(1), past(2, (1, 2)), past(3, (1, 0)), past(9))
    for number, said, leads in (
        (1, "2 made from this", True),
        (2, "From picture 3 of `00000001`", True),
        (9, "", False),
    ):
        async with opened(history=history, server=server()) as open_:
            open_.press(pressed_button(f"details:{run_id(number)}"))
            (call,) = await open_.discord.wait("PATCH", "/messages/@original")
        parts = walk(call.body["components"])
        assert said in "\n".join(one["content"] for one in parts if "content" in one)
        assert (f"family:{run_id(number)}" in opens(call)) is leads
