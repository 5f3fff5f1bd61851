"""Past runs: pages that neither skip nor repeat, and pictures that are shown again only where they may be seen."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Unavailable, UserError
from bot.guilds.audit import AdminAction
from bot.ledger.values import Defaults
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelSetting
from bot.money import MicroUsd
from bot.runs.card import Balance, EditResult, Pictures, Withheld
from bot.runs.past import Viewing
from bot.runs.run import Delivery, Place, Run
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import RunsRoom, runs_room

FAST = without_waiting(PROFILES["default"])
FLAGGED = without_waiting(PROFILES["nsfw_flagged"])
MIB = 1024 * 1024
HERE = Place(1, 2)


def viewing(place: Place = HERE, *, adults: bool = False, limit_bytes: int = 10 * MIB) -> Viewing:
    context = ChannelContext(place.guild_id, place.channel_id, place.parent_channel_id, age_restricted=adults)
    return Viewing(7, context, limit_bytes=limit_bytes)


async def shown(room: RunsRoom, **options: Any) -> Run:
    return await room.to_the_end(await room.press(image_size="square", **options))


async def refusal(room: RunsRoom, run: Run, seen: Viewing | None = None) -> str:
    with pytest.raises((UserError, Unavailable)) as caught:
        await room.services.history.pictures(run, seen or viewing())
    return str(caught.value)


def fetches(room: RunsRoom) -> int:
    return sum(one.path.startswith("/storage/") for one in room.runflow.requests)


async def now(room: RunsRoom, policy: Policy) -> None:
    """Set the policy of the channel, which is age-restricted."""
    room.card.age_restricted = True
    await room.app.moderation.policies.set_channel(AdminAction(1, 9), 2, ChannelSetting(policy=policy))


async def test_pages_lead_through_all_runs_once_and_back(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        pressed = [(await room.press(image_size="square")).id for _ in range(25)]
        await room.press(place=Place(None, 2))
        await room.press(place=Place(3, 2))
        await room.press(user_id=8)
        pages = [await room.services.history.page(7, 1)]
        while pages[-1].has_older:
            pages.append(await room.services.history.page(7, 1, before=pages[-1].runs[-1].reply.interaction_id))
        assert [run.id for page in pages for run in page.runs] == pressed[::-1]
        assert [(len(page.runs), page.has_newer, page.has_older) for page in pages] == [
            (10, False, True),
            (10, True, True),
            (5, True, False),
        ]
        back = await room.services.history.page(7, 1, after=pages[2].runs[0].reply.interaction_id)
        assert back == pages[1]
        assert await room.services.history.page(7, 1, after=back.runs[0].reply.interaction_id) == replace(
            pages[0], has_newer=False
        )
        assert len((await room.services.history.page(7, None)).runs) == 1
        assert (await room.services.history.page(9, 1)).runs == ()


async def test_a_run_is_found_in_its_own_server_only(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
        assert await room.services.history.find(run.id, 1) == run
        for run_id, guild_id in ((run.id, 2), (run.id, None), ("nobody", 1)):
            with pytest.raises(UserError):
                await room.services.history.find(run_id, guild_id)


async def test_pictures_are_fetched_again_from_fresh_addresses(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room, num_images=2)
        first = room.card.ends[-1][1]
        room.clock.advance(60 * 60 * 24 * 30)  # every address of then has expired
        again = await room.services.history.pictures(run, viewing())
        assert again == first
        assert await room.held() == 0
        assert (await room.runs.load(run.id)) == run


async def test_a_run_whose_card_could_not_be_reached_still_offers_its_pictures(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        room.card.answers = [EditResult.GONE]
        run = await shown(room)
        assert run.delivery is Delivery.UNDELIVERABLE
        assert len((await room.services.history.pictures(run, viewing())).pictures) == 1


async def test_what_was_withheld_stays_withheld_and_is_not_even_fetched(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        await now(room, Policy.BLOCK)
        run = await shown(room, policy=Policy.SPOILER)
        assert run.delivery is Delivery.WITHHELD
        await now(room, Policy.SPOILER)
        assert "keep these pictures back" in await refusal(room, run, viewing(adults=True))
        assert fetches(room) == 0


async def test_the_rules_of_now_bind_as_those_of_then_did(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FLAGGED) as room:
        await now(room, Policy.SPOILER)
        run = await shown(room, policy=Policy.SPOILER)
        assert run.delivery is Delivery.SHOWN
        again = await room.services.history.pictures(run, viewing(adults=True))
        assert again.spoiler
        before = fetches(room)
        await now(room, Policy.BLOCK)
        assert "keep these pictures back" in await refusal(room, run, viewing(adults=True))
        await now(room, Policy.REVIEW)
        assert "none was asked" in await refusal(room, run, viewing(adults=True))
        assert fetches(room) == before


@pytest.mark.parametrize("profile", ["nsfw_flagged", "nsfw_null"])
async def test_what_nobody_cleared_is_not_carried_to_where_children_may_look(tmp_path: Path, profile: str) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES[profile])) as room:
        await now(room, Policy.ALLOW)
        run = await shown(room, policy=Policy.ALLOW)
        assert run.delivery is Delivery.SHOWN
        assert "age-restricted" in await refusal(room, run, viewing(Place(1, 3)))
        for seen in (viewing(Place(1, 3), adults=True), viewing(), viewing(Place(1, 9, 2))):
            assert isinstance(await room.services.history.pictures(run, seen), Pictures)


async def test_a_flag_that_came_later_counts(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        before = fetches(room)
        for standin in room.runflow.runs.values():
            object.__setattr__(standin, "switches", FLAGGED)
        assert "keep these pictures back" in await refusal(room, run)
        assert fetches(room) == before


async def test_runs_without_pictures_say_so(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
        assert "still on their way" in await refusal(room, run)
        assert "no pictures" in await refusal(room, replace(run, delivery=Delivery.SHOWN))


async def test_pictures_that_are_gone_are_said_to_be_so(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        assert "not kept any more" in await refusal(room, replace(run, runflow_id="forgotten"))
        for standin in room.runflow.runs.values():
            object.__setattr__(standin, "switches", replace(FAST, storage="gone"))
        assert "not kept any more" in await refusal(room, run)


async def test_runflow_out_of_reach_is_for_later(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        room.runflow.switches = replace(FAST, get_errors=10)
        with pytest.raises(Unavailable, match="try again"):
            await room.services.history.pictures(run, viewing())


async def test_pictures_larger_than_the_person_may_see_are_fitted(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await shown(room)
        size_bytes = len((await room.services.history.pictures(run, viewing())).pictures[0].data)
        small = await room.services.history.pictures(run, viewing(limit_bytes=size_bytes // 2))
        assert len(small.pictures[0].data) <= size_bytes // 2
        assert small.pictures[0].changed
        assert "too large" in await refusal(room, run, viewing(limit_bytes=10))


async def test_a_person_has_one_fetch_at_a_time(tmp_path: Path) -> None:
    async with runs_room(tmp_path, replace(FAST, storage="slow", storage_delay_s=0.3)) as room:
        run = await shown(room)
        answers = await asyncio.gather(
            *(room.services.history.pictures(run, viewing()) for _ in range(5)), return_exceptions=True
        )
        assert sum(isinstance(one, Pictures) for one in answers) == 1
        assert sum(isinstance(one, UserError) for one in answers) == 4
        assert isinstance(await room.services.history.pictures(run, viewing()), Pictures)


async def test_the_channel_that_is_looked_in_has_its_say_too(tmp_path: Path) -> None:
    """What one adults' channel shows, another may block."""
    async with runs_room(tmp_path, FLAGGED) as room:
        await now(room, Policy.ALLOW)
        run = await shown(room, policy=Policy.ALLOW)
        there = viewing(Place(1, 9), adults=True)
        assert (await room.services.history.pictures(run, there)).pictures
        await room.app.moderation.policies.set_channel(AdminAction(1, 9), 9, ChannelSetting(policy=Policy.BLOCK))
        assert "This channel does not show such pictures" in await refusal(room, run, there)


@pytest.mark.parametrize(
    ("profile", "kept"),
    [("nsfw_flagged", Withheld(checked=True)), ("nsfw_null", Withheld(checked=False)), ("fast", None)],
)
async def test_why_pictures_are_kept_back_can_be_asked_later(
    tmp_path: Path, profile: str, kept: Withheld | None
) -> None:
    daily = Defaults(user_daily=MicroUsd(22_000))
    async with runs_room(tmp_path, without_waiting(PROFILES[profile]), defaults=daily) as room:
        done = await room.to_the_end(await room.press())
        assert await room.services.history.kept_back(done) == kept
        assert await room.services.runs.balance(done) == Balance(3, "today"), "at 5,000 each, 3,932 of 22,000 used"


async def test_of_a_run_without_pictures_nothing_is_kept_back(tmp_path: Path) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["failing"])) as room:
        done = await room.to_the_end(await room.press())
        assert await room.services.history.kept_back(done) is None
