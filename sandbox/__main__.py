"""`python -m sandbox`: the page that looks like a Discord channel, or one /imagine in the terminal."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from sandbox.app import Sandbox, SandboxOptions, open_sandbox
from sandbox.botprocess import BotDied
from sandbox.once import Request, imagine_once
from sandbox.runflow.switches import PROFILES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_profiles:
        print("\n".join(PROFILES))
        return 0
    work = _once(options) if options.once is not None else _serve(options)
    try:
        return asyncio.run(_until_stopped(work))
    except BotDied as death:
        print(death, file=sys.stderr)
    except TimeoutError as late:
        print(late, file=sys.stderr)
    except OSError as taken:
        print(f"Could not listen on port {options.port}: {taken.strerror}. Try --port 0.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="The real bot against stand-ins for Discord and Runflow on this machine. No account, no cost.",
    )
    parser.add_argument("--port", type=int, default=8000, help="port of the page; 0 takes any free one (default 8000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the little world (default 0)")
    parser.add_argument(
        "--profile", default="default", choices=list(PROFILES), metavar="NAME", help="how Runflow behaves today"
    )
    parser.add_argument("--list-profiles", action="store_true", help="print the names of the profiles and stop")
    once = parser.add_argument_group("one /imagine without a browser")
    once.add_argument(
        "--once", metavar="PROMPT", help="ask for PROMPT, print the reply as it changes, save the pictures"
    )
    once.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="where to save them (default out)")
    once.add_argument("--count", type=int, metavar="N", help="num_images")
    once.add_argument("--size", metavar="SIZE", help="image_size")
    once.add_argument("--steps", type=int, metavar="N", help="num_inference_steps")
    once.add_argument("--image-seed", type=int, metavar="SEED", help="seed of the pictures")
    once.add_argument("--format", metavar="FORMAT", help="output_format")
    once.add_argument("--channel", choices=("general", "after-dark"), default="general", help="where to ask")
    return parser


async def _until_stopped(work: Coroutine[Any, Any, int]) -> int:
    """Ctrl-C and SIGTERM end `work` in good order."""
    task = asyncio.create_task(work, name="sandbox")
    loop = asyncio.get_running_loop()
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: asyncio.run turns Ctrl-C into a cancellation
            loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if not stopped:
            raise
        print("\nThe sandbox is closed.")
        return 0


async def _serve(options: argparse.Namespace) -> int:
    wanted = SandboxOptions(page_port=options.port, seed=options.seed, profile=options.profile)
    print("Starting the stand-ins and the bot …", flush=True)
    async with open_sandbox(wanted) as sandbox:
        print(f"\n  The sandbox is open: {sandbox.page_url}\n", flush=True)
        print("  Type /imagine there. Nothing reaches Discord or Runflow. Ctrl-C closes it.\n", flush=True)
        return await _watch(sandbox)


async def _watch(sandbox: Sandbox) -> int:
    code = await sandbox.bot.wait()
    raise BotDied(code, sandbox.bot.tail())


async def _once(options: argparse.Namespace) -> int:
    named = {
        "num_images": options.count,
        "image_size": options.size,
        "num_inference_steps": options.steps,
        "seed": options.image_seed,
        "output_format": options.format,
    }
    request = Request(
        prompt=options.once,
        out=options.out,
        options={name: value for name, value in named.items() if value is not None},
        channel=options.channel,
    )
    wanted = SandboxOptions(page_port=None, seed=options.seed, profile=options.profile)
    async with open_sandbox(wanted) as sandbox:
        code = await imagine_once(sandbox, request, lambda line: print(line, flush=True))
        if code and not sandbox.bot.running:
            raise BotDied(await sandbox.bot.wait(), sandbox.bot.tail())
        return code


if __name__ == "__main__":
    sys.exit(main())
