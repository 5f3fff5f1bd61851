"""A low balance at Runflow: said once a day in the log and in the admins' channel, over restarts."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cogs.ui.card_texts import LOW_BALANCE
from tests.journeys.helpers import PATIENCE_S, Stage, open_stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

SAID = "the balance at Runflow is low"


async def heard(stage: Stage) -> Any:
    """Start the bot, and come back with the first message that says so."""
    events = stage.discord.people.subscribe()
    try:
        await stage.sandbox.start_bot()
        async with asyncio.timeout(PATIENCE_S):
            async for event in events:
                message: Any = event.get("message") or {}
                if message.get("content") == LOW_BALANCE:
                    return message
    finally:
        events.close()


async def test_the_log_and_the_admins_channel_are_warned_once(tmp_path: Path):
    async with open_stage(tmp_path, LOW_BALANCE_USD="1000") as stage:
        bot, mod_room = stage.sandbox.bot, stage.cast.mod_room
        bot.lines.clear()
        await bot.kill()
        await stage.sandbox.start_bot()
        await bot.terminate()
        assert not [line for line in stage.log if SAID in line]  # the first start has said it

        with closing(sqlite3.connect(tmp_path / "imagine.db")) as database, database:
            database.execute("DELETE FROM warnings")
            database.execute(
                "INSERT INTO guild_settings (guild_id, log_channel_id) VALUES (?, ?)",
                (stage.cast.guild.id, mod_room.id),
            )
        message = await heard(stage)
        assert message["channel_id"] == str(mod_room.id)
        assert [line for line in stage.log if SAID in line and "$1,000.00" in line]
        with closing(sqlite3.connect(tmp_path / "imagine.db")) as database:
            told = database.execute("SELECT name FROM warnings ORDER BY name").fetchall()
        assert [name for (name,) in told] == ["low_balance", f"low_balance:{stage.cast.guild.id}"]
