"""What the log channel reads of prompts that met a rule and of pictures that still stand, and what everybody may."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import discord

from bot.runs.run import Delivery
from cogs.review.channel import DiscordReviewChannel
from sandbox.clock import SandboxClock
from tests.unit.cogs.samples import a_run


async def test_a_prompt_that_met_a_rule_and_the_rule_are_not_for_everybody() -> None:
    told: list[tuple[str, str | None]] = []

    class Log:
        def tell(self, channel_id: int, sentence: str, *, public: str | None = None) -> None:
            told.append((sentence, public))

    channel = DiscordReviewChannel(SandboxClock())
    channel.attach(cast("discord.Client", SimpleNamespace(admin_log=Log())))
    await channel.tell_rule(4242, a_run("a red fox"), "fox")
    ((line, public),) = told
    assert line.endswith("met a rule (fox): a red fox")
    assert public is not None
    assert public.endswith("met a rule. Everybody can see this channel, so neither is shown here.")
    assert "fox" not in public


async def test_everybody_is_not_led_to_pictures_that_are_to_go() -> None:
    told: list[tuple[str, str | None]] = []

    class Log:
        def tell(self, channel_id: int, sentence: str, *, public: str | None = None) -> None:
            told.append((sentence, public))

    channel = DiscordReviewChannel(SandboxClock())
    channel.attach(cast("discord.Client", SimpleNamespace(admin_log=Log())))
    run = a_run()
    await channel.tell_visible(4242, replace(run, delivery=Delivery.STILL_VISIBLE), None)
    ((line, public),) = told
    assert "/channels/" in line
    assert public is not None
    assert "could not be taken away" in public
    assert "/channels/" not in public
    assert f"<#{run.place.channel_id}>" not in public
