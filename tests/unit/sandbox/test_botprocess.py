"""The bot's process: what it is given, what it hands back, how it ends."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.botprocess import BotProcess, bot_environment

Stub = Callable[..., BotProcess]

STUB = """
import os, signal, sys, time
print("token", os.environ["DISCORD_TOKEN"], flush=True)
print("x" * 200_000, flush=True)
{rest}
"""


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    """A `bot` package of a few lines stands where the real one would."""

    def write(rest: str, on_line: Callable[[str], None] | None = None) -> BotProcess:
        package = tmp_path / "bot"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / "__main__.py").write_text(STUB.format(rest=rest))
        return BotProcess(settings={"DISCORD_TOKEN": "t", "HTTP_PORT": "1"}, directory=tmp_path, on_line=on_line)

    return write


def test_neither_proxies_nor_real_secrets_are_passed_on():
    inherited = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://x",
        "DISCORD_TOKEN": "real",
        "RUNFLOW_API_KEY": "real",
        "LANG": "C",
    }
    given = bot_environment({"DISCORD_TOKEN": "sandbox"}, inherited)
    assert given["DISCORD_TOKEN"] == "sandbox"
    assert given["PATH"] == "/bin"
    assert not {"HTTPS_PROXY", "RUNFLOW_API_KEY"} & given.keys()


async def test_it_keeps_what_the_bot_says_and_its_exit_code(stub: Stub):
    heard: list[str] = []
    bot = stub("sys.exit(7)", heard.append)
    async with bot:
        assert await bot.wait() == 7
    assert bot.tail(2) == ("token t", "x" * 200_000)
    assert heard == list(bot.lines)


async def test_leaving_the_context_asks_the_bot_to_end(stub: Stub):
    bot = stub("signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('up', flush=True); time.sleep(60)")
    async with bot:
        while "up" not in bot.lines:
            await bot.heard()
        assert bot.running
    assert not bot.running
    assert await bot.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to ignore")
async def test_a_bot_that_does_not_listen_is_killed(stub: Stub):
    bot = stub("signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)")
    async with bot:
        while "up" not in bot.lines:
            await bot.heard()
        assert await bot.terminate(grace_s=0.1) == -9


async def test_it_can_be_killed_and_started_again(stub: Stub):
    bot = stub("print('up', flush=True); time.sleep(60)")
    async with bot:
        assert await bot.kill() == -9
        await bot.start()
        assert bot.running
