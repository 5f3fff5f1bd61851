"""Every way for Runflow to behave, against the same journeys: cards always end, and the books are always right."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio

from sandbox.runflow.switches import PROFILES, Switches, without_waiting
from tests.chaos.arena import CALM, Arena, open_arena, text_of
from tests.chaos.verdict import judge

pytestmark = pytest.mark.asyncio(loop_scope="session")

_QUIET_S = 30.0

# What no profile has by name. Where a count is given, it is used up by the presses of one scene.
_MORE = {
    "create_202": Switches(create_status=202),
    "create_delayed": Switches(create_delay_s=0.5),
    "creates_limited_until_a_date": Switches(limited_creates=2, retry_after="date"),
    "creates_limited_with_nonsense": Switches(limited_creates=2, retry_after="nonsense"),
    "errors_as_detail": Switches(refused_field="prompt", error_body="detail"),
    "errors_as_html": Switches(auth="forbidden", error_body="html"),
    "errors_empty": Switches(auth="unauthorized", error_body="empty"),
    "lists_ignore_client_ref": Switches(lost_creates=2, list_client_ref="ignored"),
    "lists_refuse_client_ref": Switches(lost_creates=2, list_client_ref="refused"),
    "lists_fail_at_first": Switches(lost_creates=1, list_errors=2),
    "late_failure_of_many_steps": Switches(provider_max_steps=3),
    "fields_absent": Switches(unset_fields="absent"),
    "failure_as_error_object": Switches(outcome="failed", failure_dialect="error", callback_failed_output="envelope"),
    "output_image_list": Switches(output_shape="image_list"),
    "output_image_object": Switches(output_shape="image_object"),
    "output_url": Switches(output_shape="url"),
    "output_output_url": Switches(output_shape="output_url"),
    "seed_as_text": Switches(output_seed="string"),
    "png_for_everything": Switches(delivered_format="png"),
    "addresses_never_renewed": Switches(storage="expired_once", fresh_urls=False),
    "callbacks_of_the_old_secret": Switches(callback_signature="old_secret"),
    "callbacks_tried_again_on_anything": Switches(callback_retry="any_non_2xx", callback_signature="unsigned"),
    "model_missing": Switches(model="missing"),
    "model_unavailable": Switches(model="unavailable"),
}
# The same behaviour, sooner: how long the bot doubles its waits is the client's unit tests'.
_SOONER = {
    "passing_unknown_status": replace(PROFILES["passing_unknown_status"], unknown_status_s=0.5),
    "slow_storage": replace(PROFILES["slow_storage"], storage_delay_s=0.5),
}
# Five waits, and a journey of its own; two minutes of waits, which a clock that moves takes in the runs' unit tests.
_ELSEWHERE = {"rate_limited_always", "wrong_length"}
_ALL = {name: one for name, one in {**PROFILES, **_SOONER, **_MORE}.items() if name not in _ELSEWHERE}


@dataclass(slots=True)
class Matrix:
    """One bot for all of it, which Runflow also calls back. `told` is what was wrong before: each has its own test."""

    arena: Arena
    told: set[str] = field(default_factory=set[str])

    async def news(self) -> list[str]:
        """What is wrong by now and was not before."""
        wrong = [sentence for sentence in (await judge(self.arena, seed=0)).wrong if sentence not in self.told]
        self.told |= set(wrong)
        return wrong


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matrix(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Matrix]:
    async with open_arena(tmp_path_factory.mktemp("matrix"), LOST_AFTER_S="1", RUN_DEADLINE_S="2.5") as arena:
        yield Matrix(arena)


@pytest.mark.parametrize("profile", _ALL)
async def test_cards_end_and_the_books_are_right(matrix: Matrix, profile: str):
    arena = matrix.arena
    arena.sandbox.bot.lines.clear()
    arena.sandbox.runflow.switches = replace(without_waiting(_ALL[profile]), pictures="plain")
    cast = arena.sandbox.discord.world.cast
    places = ((cast.member, cast.general, 1), (cast.other, cast.dm_of(cast.other.id), 2))
    for person, channel, count in places:
        await arena.press(
            user_id=person.id,
            channel_id=channel.id,
            prompt=f"{profile} {count}",
            num_images=count,
            image_size="square",
            output_format="jpeg",
        )
    quiet = await arena.quiet(_QUIET_S)
    arena.sandbox.runflow.switches = CALM
    said = [text_of(message) for press in arena.presses[-2:] for message in arena.messages_of(press)]
    assert quiet, said
    assert not await matrix.news()
    assert len(said) == len(places)
    assert not [line for line in arena.sandbox.bot.lines if "Traceback" in line]
