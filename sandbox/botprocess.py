"""The real bot as a process of its own, pointed at the stand-ins by nothing but its environment."""

import asyncio
import codecs
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]

# What a Python process needs to run at all. Everything else stays outside: proxies, and above all a real token or key.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV")

LINES_KEPT = 5000


class BotDied(Exception):
    """The bot ended although nobody asked it to. `lines` are the last it logged."""

    def __init__(self, exit_code: int, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join((f"The bot ended with exit code {exit_code}. Its last lines:", *lines)))
        self.exit_code = exit_code
        self.lines = lines


def free_port() -> int:
    """A port of the loopback interface on which nobody listens at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bot_environment(settings: Mapping[str, str], inherited: Mapping[str, str]) -> dict[str, str]:
    """`settings` over the little of `inherited` that is passed on."""
    kept = {name: inherited[name] for name in PASSED_ON if name in inherited}
    # It runs in a directory of its own, where no .env of the checkout reaches it, so it is told where `bot` is.
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"} | dict(settings)


class BotProcess:
    """`python -m bot` in `directory` with `settings` as its environment.

    As an async context it starts the process and, on the way out, stops it. `lines` holds what it has logged, oldest
    first; `on_line` hears each line as it comes.
    """

    def __init__(
        self, *, settings: Mapping[str, str], directory: Path, on_line: Callable[[str], None] | None = None
    ) -> None:
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._settings = dict(settings)
        self._directory = directory
        self._on_line = on_line
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.terminate()

    async def start(self) -> None:
        """Start the process. It is up when it has connected, which the stand-ins see, not when this returns."""
        if self.running:
            raise RuntimeError("the bot is running already")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            cwd=self._directory,
            env=bot_environment(self._settings, os.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the sandbox, which then stops the bot in good order
        )
        assert self._process.stdout is not None  # noqa: S101  # a pipe was asked for
        self._reader = asyncio.create_task(self._read(self._process.stdout), name="bot log reader")

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def http_url(self) -> str:
        """Where its own web server (callbacks, health, metrics) listens."""
        return f"http://127.0.0.1:{self._settings['HTTP_PORT']}"

    def tail(self, count: int = 30) -> tuple[str, ...]:
        """The last `count` lines it has logged."""
        return tuple(self.lines)[-count:]

    async def heard(self) -> None:
        """Wait until it has logged another line, or has ended."""
        await self._heard.wait()

    async def wait(self) -> int:
        """Wait for the process to end and return its exit code."""
        if self._process is None:
            raise RuntimeError("the bot was never started")
        code = await self._process.wait()
        if self._reader is not None:
            await asyncio.shield(self._reader)
        return code

    async def terminate(self, grace_s: float = 10.0) -> int | None:
        """Ask it to end, insist after `grace_s` seconds; its exit code, or None where it never ran."""
        if self._process is None:
            return None
        if self.running:
            with suppress(ProcessLookupError):
                self._process.terminate()
        try:
            return await asyncio.wait_for(self.wait(), grace_s)
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int | None:
        """End it at once, as a crash would (SIGKILL)."""
        if self._process is None:
            return None
        if self.running:
            with suppress(ProcessLookupError):
                self._process.kill()
        return await self.wait()

    async def _read(self, stream: asyncio.StreamReader) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        while chunk := await stream.read(65536):
            *whole, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in whole:
                self._keep(line)
        if rest:
            self._keep(rest)
        self._heard.set()

    def _keep(self, line: str) -> None:
        self.lines.append(line)
        heard, self._heard = self._heard, asyncio.Event()
        heard.set()
        if self._on_line is not None:
            self._on_line(line)
