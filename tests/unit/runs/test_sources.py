"""What runs work from: judged by its bytes when it is handed in, asked for anew when it is sent, never in the log."""

import asyncio
import base64
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from bot.catalog.source import SourceImage
from bot.errors import OptionError, Unavailable, UserError
from bot.guilds.audit import AdminAction
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.runs import rows
from bot.runs.card import Ended, Pictures, Withheld
from bot.runs.run import Delivery, PictureRef, Place, Reason, Result, Run, State
from bot.store.tables import runs
from cogs.ui import card_texts, detail_texts
from tests.unit.images.test_source import bomb
from tests.unit.runs.editing import HERE, Studio, a_picture, studio
from tests.unit.runs.made import a_run
from tests.unit.runs.room import RunsRoom

MODERATOR = AdminAction(1, 91)
ELSEWHERE = Place(1, 99)


async def how_many(room: RunsRoom) -> int:
    return await room.store.read(lambda connection: len(connection.execute(select(runs.c.id)).all()))


async def test_an_attachment_goes_to_runflow_by_the_address_that_discord_gave(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        cat = on.attach("cat.png", a_picture())
        run = await on.room.to_the_end(await on.ask(cat))
        assert on.sent == {"prompt": "make it night", "image_urls": [cat.url], "steps": 4}
        assert (run.state, run.delivery, run.cost, run.held) == (State.SUCCEEDED, Delivery.SHOWN, 5000, 5000)
        assert run.parents == ()
        assert on.room.attachments.fetched == [cat.url]  # looked at once, and not when it was sent
        assert await on.room.held() == 0


async def test_of_a_moving_picture_the_first_frame_is_sent_and_the_card_says_so(tmp_path: Path) -> None:
    moving = a_picture("gif", frames=3)
    async with studio(tmp_path) as on:
        run = await on.room.to_the_end(await on.ask(on.attach("cat.gif", moving, "image/gif")))
        (sent,) = on.sent["image_urls"]
        head, _, frame = sent.partition(",")
        assert head == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(frame))) as image, Image.open(io.BytesIO(moving)) as whole:
            assert image.convert("RGB").tobytes() == whole.convert("RGB").tobytes()
        assert "first frame of a moving picture" in str(card_texts.facts(run))
        assert len(str(run.input)) < 300  # the row keeps where it is, not the bytes
        _, ending = on.room.card.ends[-1]
        assert isinstance(ending, Pictures)


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"%PDF-1.7 not a picture at all", "image/png", "no such picture, whatever its name says"),
        (a_picture()[:-9], "image/png", "broken or cut off"),
        (a_picture("jpeg")[:500], "image/jpeg", "broken or cut off"),
        (a_picture() + b"PK\x03\x04", "image/png", "behind the end"),
        (bomb(10_000, 10_000), "image/png", "10,000 × 10,000 pixels"),  # noqa: RUF001
        (a_picture(), "application/pdf", "application/pdf"),
        (a_picture() + bytes(10 * 1024 * 1024), "image/png", "more than 10 MB"),
    ],
    ids=["lies", "cut off", "cut off too", "goes on", "bomb", "of another kind", "heavy"],
)
async def test_what_cannot_be_worked_from_is_answered_with_what_is_allowed(
    data: bytes, kind: str, said: str, tmp_path: Path
) -> None:
    async with studio(tmp_path, serve=False) as on:
        good, bad = on.attach("good.png", a_picture()), on.attach("bad", data, kind)
        with pytest.raises(OptionError) as caught:
            await on.ask(good, bad)
        sentence = card_texts.option_refused(caught.value)
        assert sentence.startswith("`image_2` cannot be ")
        assert said in sentence
        assert sentence.endswith(f"Allowed: {SourceImage.ACCEPTED}.")
        assert "cdn.example" not in sentence
        assert (await how_many(on.room), await on.room.held()) == (0, 0)


async def test_a_file_that_is_gone_is_refused_and_one_that_cannot_be_fetched_may_be_tried_again(tmp_path: Path) -> None:
    async with studio(tmp_path, serve=False) as on:
        with pytest.raises(OptionError, match="not there any more"):
            await on.ask(SourceImage("https://cdn.example/gone.png", "image/png", 10))
        cat = on.attach("cat.png", a_picture())
        on.room.attachments.away = True
        with pytest.raises(Unavailable, match="nothing was sent"):
            await on.ask(cat)
        assert (await how_many(on.room), await on.room.held()) == (0, 0)


async def test_a_picture_of_a_run_goes_to_runflow_by_a_fresh_address(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        second = PictureRef(source.id, 1)
        run = await on.room.to_the_end(await on.ask(second, second, PictureRef(source.id, 0)))
        first, again, other = on.sent["image_urls"]
        assert first == again
        assert "/pictures/run-1/1?look=" in first
        assert "/pictures/run-1/0?look=" in other
        assert run.input["image_urls"] == [second.address, second.address, f"run:{source.id}:0"]
        assert run.parents == run.sources == (second, PictureRef(source.id, 0))
        assert (run.state, run.delivery) == (State.SUCCEEDED, Delivery.SHOWN)


async def test_a_run_can_be_asked_for_again_from_its_row(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        moving = on.attach("cat.gif", a_picture("gif", frames=2), "image/gif")
        run = await on.room.to_the_end(await on.ask(moving, PictureRef(source.id, 0)))
        model = on.room.services.models.get(run.model_id)
        given = model.options_given(model.read(run.input))
        again = await on.ask(*[one for one in given.values() if isinstance(one, SourceImage)])
        assert (again.input["image_urls"], again.parents) == (run.input["image_urls"], run.parents)
        assert again.request.facts == run.request.facts


@pytest.mark.parametrize("policy", list(Policy))
async def test_a_checker_that_cannot_be_switched_off_was_not_switched_off(policy: Policy, tmp_path: Path) -> None:
    async with studio(tmp_path, serve=False) as on:
        resting = ChannelRules(policy, safety_checker=False)
        edit = await on.ask(on.attach("cat.png", a_picture()), rules=resting)
        assert edit.rules_then == replace(resting, safety_checker=True)
        assert not (await on.room.press(rules=resting)).rules_then.safety_checker


def away(run: Run) -> dict[str, Any]:
    return {"user_id": run.user_id + 1, "place": ELSEWHERE}


async def test_what_a_person_cannot_see_they_cannot_use(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        picture = PictureRef(source.id, 0)
        refusals: list[tuple[PictureRef, dict[str, Any], str]] = [
            (picture, away(source), "Only the person who asked"),
            (picture, {"place": Place(5, 2)}, "not known here"),  # another server
            (picture, {"place": Place(None, 2)}, "not known here"),
            (PictureRef("f" * 32, 0), {}, "not known here"),
            (PictureRef(source.id, 2), {}, "no such picture"),
        ]
        before = await how_many(on.room)
        for ref, asked, said in refusals:
            with pytest.raises(UserError, match=said):
                await on.ask(ref, **asked)
        assert await how_many(on.room) == before
        await on.ask(picture, user_id=source.user_id + 1)  # whoever is where it stands
        await on.ask(picture, place=ELSEWHERE)  # one's own


@pytest.mark.parametrize("flag", [True, None])
async def test_what_nobody_cleared_is_used_elsewhere_only_where_adults_are(flag: bool | None, tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        on.room.card.age_restricted = True
        on.upstream.flags["run-1"] = flag
        source = await on.source(rules=ChannelRules(Policy.SPOILER))
        assert source.delivery is Delivery.SHOWN
        picture = PictureRef(source.id, 0)
        with pytest.raises(UserError, match="not cleared as safe for work"):
            await on.ask(picture, place=ELSEWHERE, where=ChannelContext(1, 99))
        await on.ask(picture, place=ELSEWHERE, where=ChannelContext(1, 99, age_restricted=True))


async def reject(on: Studio, source: Run) -> None:
    await on.room.services.reviews.report(run=source, reporter_id=8, reason="mean", hide=True)
    await on.room.services.reviews.reject(MODERATOR, source.id, "unkind")


async def report(on: Studio, source: Run) -> None:
    await on.room.services.reviews.report(run=source, reporter_id=8, reason="mean", hide=True)


async def forget(on: Studio, source: Run) -> None:
    assert source.runflow_id
    on.upstream.gone.add(source.runflow_id)


async def flag(on: Studio, source: Run) -> None:
    assert source.runflow_id
    on.upstream.flags[source.runflow_id] = True


async def remove(on: Studio, source: Run) -> None:
    await on.room.services.removals.remove(await on.room.runs.load(source.id), by=source.user_id)


async def remove_as_moderator(on: Studio, source: Run) -> None:
    await on.room.services.removals.remove(await on.room.runs.load(source.id), by=91, reason="unkind")


CHANGES = {
    "removed": remove,
    "removed by a moderator": remove_as_moderator,
    "rejected": reject,
    "reported": report,
    "forgotten by Runflow": forget,
    "flagged since": flag,
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_source_that_may_not_be_used_any_more_ends_the_run_before_anything_is_sent(
    change: str, tmp_path: Path
) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        run = await on.ask(PictureRef(source.id, 0))
        await CHANGES[change](on, source)
        run = await on.room.to_the_end(run)
        assert (run.state, run.reason, run.delivery) == (State.CANCELED, Reason.SOURCE_GONE, Delivery.SHOWN)
        assert len(on.upstream.creates) == 1
        assert (await on.room.held(), run.cost) == (0, None)
        (ending,) = [ending for of, ending in on.room.card.ends if of.id == run.id]
        assert isinstance(ending, Ended)
        assert "nothing was sent" in card_texts.ended(run)


@pytest.mark.parametrize("change", ["rejected", "reported", "removed", "removed by a moderator"])
async def test_a_source_that_may_not_be_used_any_more_is_refused_by_name(change: str, tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        await CHANGES[change](on, source)
        with pytest.raises(
            UserError, match=r"were removed|kept back|keep these|wait for a moderator|on their way|taken away"
        ):
            await on.ask(PictureRef(source.id, 0))


async def test_a_file_that_is_gone_when_it_is_to_be_sent_ends_the_run(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        run = await on.ask(on.attach("cat.gif", a_picture("gif", frames=2), "image/gif"))
        on.room.attachments.files.clear()
        run = await on.room.to_the_end(run)
        assert (run.state, run.reason) == (State.CANCELED, Reason.SOURCE_GONE)
        assert (on.upstream.creates, await on.room.held()) == ([], 0)


async def test_while_runflow_does_not_tell_of_a_source_it_is_asked_again_and_then_it_is_busy(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        run = await on.ask(PictureRef(source.id, 0))
        assert source.runflow_id
        on.upstream.broken.add(source.runflow_id)
        passing = asyncio.create_task(_pass(on.room), name="time passes")
        try:
            run = await on.room.to_the_end(run)
        finally:
            passing.cancel()
        assert (run.state, run.reason, await on.room.held()) == (State.CANCELED, Reason.BUSY, 0)
        assert len(on.upstream.creates) == 1


async def _pass(room: RunsRoom) -> None:
    while True:
        await asyncio.sleep(0.01)
        room.clock.advance(1)


@pytest.mark.parametrize("change", ["rejected", "removed by a moderator", "removed"])
async def test_what_a_moderator_removes_while_it_is_worked_from_keeps_the_edit_of_its_edit_back(
    change: str, tmp_path: Path
) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        edit = await on.room.to_the_end(await on.ask(PictureRef(source.id, 0)))
        on.upstream.unfinished.add("run-3")
        again = await on.ask(PictureRef(edit.id, 0))
        await on.room.services.runs.start(again, 12)
        await on.room.running(again)
        await CHANGES[change](on, source)
        on.upstream.unfinished.clear()
        passing = asyncio.create_task(_pass(on.room), name="time passes")
        try:
            again = await on.room.settled(again)
        finally:
            passing.cancel()
        assert (again.state, again.delivery) == (State.SUCCEEDED, Delivery.WITHHELD)
        ending = next(ending for of, ending in reversed(on.room.card.ends) if of.id == again.id)
        assert isinstance(ending, Withheld)
        assert ending.from_source
        assert "made from one that may not be shown here" in str(detail_texts.why_hidden(again, ending))
        with pytest.raises(UserError):  # nor is what was shown before worked from any more
            await on.ask(PictureRef(edit.id, 0))


async def test_an_edit_of_what_was_flagged_is_flagged_where_it_is_shown(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        on.room.card.age_restricted = True
        on.upstream.flags["run-1"] = True
        source = await on.source(rules=ChannelRules(Policy.SPOILER))
        run = await on.room.to_the_end(await on.ask(PictureRef(source.id, 0), rules=ChannelRules(Policy.ALLOW)))
        assert run.nsfw_flag is False
        _, ending = on.room.card.ends[-1]
        assert isinstance(ending, Pictures)
        assert ending.spoiler


async def test_another_try_of_what_was_withheld_is_judged_by_itself(tmp_path: Path) -> None:
    async with studio(tmp_path) as on:
        on.upstream.flags["run-1"] = True
        withheld = await on.source()
        assert withheld.delivery is Delivery.WITHHELD
        cat = on.attach("cat.png", a_picture())
        run = await on.room.to_the_end(await on.ask(cat, parents=(PictureRef(withheld.id, 0),)))
        assert (run.delivery, run.parents, run.sources) == (Delivery.SHOWN, (PictureRef(withheld.id, 0),), ())


async def test_a_family_too_long_to_be_looked_through_goes_no_further(tmp_path: Path) -> None:
    async with studio(tmp_path, serve=False) as on:
        line = [await _kept(on, number) for number in range(rows.MOST_GENERATIONS + 1)]
        await on.ask(PictureRef(line[-2].id, 0))
        with pytest.raises(UserError, match="so many others"):
            await on.ask(PictureRef(line[-1].id, 0))


async def _kept(on: Studio, number: int) -> Run:
    """A run that was made from the one with the number before."""
    parents = (PictureRef(f"{number - 1:032x}", 0),) if number else ()
    made = a_run(
        id=f"{number:032x}",
        place=HERE,
        parents=parents,
        input={"image_urls": [one.address for one in parents]},
        state=State.SUCCEEDED,
        delivery=Delivery.SHOWN,
        runflow_id=f"run-{number}",
    )
    reply, result = replace(made.reply, interaction_id=1000 + number), _RESULT
    made = replace(made, reply=reply, result=result)
    assert await on.room.store.write(rows.add, made)
    return made


_RESULT = Result(nsfw_detected=False, num_outputs=1)


async def test_no_address_and_no_words_of_a_source_come_into_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with studio(tmp_path) as on:
        source = await on.source()
        await on.room.to_the_end(await on.ask(on.attach("cat.png", a_picture()), PictureRef(source.id, 0)))
        gone = await on.ask(PictureRef(source.id, 0), on.attach("cat.gif", a_picture("gif", frames=2), "image/gif"))
        on.room.attachments.files.clear()
        await on.room.to_the_end(gone)
        with pytest.raises(OptionError):
            await on.ask(SourceImage("https://cdn.example/gone.png?hm=secret", "image/png", 10))
    logged = "".join(capsys.readouterr())
    assert "a source cannot be had" in logged
    assert not [word for word in ("cdn.example", "hm=secret", "look=", "base64", "make it night") if word in logged]


async def test_who_asks_is_answered_while_others_pictures_are_decoded(tmp_path: Path) -> None:
    """Decoding never holds the loop up."""
    large = io.BytesIO()
    Image.effect_noise((3000, 3000), 90).convert("RGB").save(large, "jpeg", progressive=True)
    async with studio(tmp_path, serve=False) as on:
        source = on.attach("large.jpg", large.getvalue(), "image/jpeg")
        asking = asyncio.create_task(on.ask(source), name="ask")
        longest, loop = 0.0, asyncio.get_running_loop()
        while not asking.done():
            before = loop.time()
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - before)
        await asking
    assert longest < 0.25
