"""The command line: `python -m bot [run]`, `python -m bot check`, `python -m bot export`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import structlog

from bot import logs, loops
from bot.clock import SystemClock
from bot.entropy import Entropy
from bot.errors import BotError, SettingsError
from bot.settings import load_settings

_log = structlog.get_logger("bot")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Discord image bot.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="run the bot (so does no command at all)")
    commands.add_parser("check", help="show the settings, try what can be reached, recompute the books")
    exported = commands.add_parser("export", help="write the entries of the ledger as CSV")
    exported.add_argument("--guild", type=int, metavar="ID", help="one server's entries only")
    exported.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="from this day on (UTC, 2026-01-31)")
    exported.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="until before this day (UTC)")
    exported.add_argument("--out", type=Path, metavar="FILE", help="where to write; standard output without it")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit code: 0 well, 1 a fault or something out of reach, 2 settings that do not hold."""
    given = _parser().parse_args(arguments)
    try:
        settings = load_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    secrets = (settings.discord_token, settings.runflow_api_key, *settings.runflow_callback_secrets)
    logs.set_up(
        level=settings.log_level,
        style=settings.log_format,
        secrets=[secret.get_secret_value() for secret in secrets],
        clock=SystemClock(),
    )
    try:
        # Each command brings in what it needs: the whole bot takes 50 MB, and `check` is run beside one.
        match given.command:
            case "check":
                from bot.check import examine  # noqa: PLC0415 - as above

                return asyncio.run(examine(settings, SystemClock(), Entropy.of_system(), print))
            case "export":
                from bot.export import export  # noqa: PLC0415 - as above

                wanted = export(settings, guild_id=given.guild, since=given.since, until=given.until, file=given.out)
                print(f"{asyncio.run(wanted)} entries", file=sys.stderr)
            case _:
                from bot.app import run  # noqa: PLC0415 - as above

                _log.info("event loop", of=loops.name())
                loops.run(run(settings))
    except BotError as error:
        _log.error("stopped", reason=str(error))
        return 2 if isinstance(error, SettingsError) else 1
    except Exception:  # noqa: BLE001 - whatever ended the bot is logged whole, and the process ends with it
        _log.exception("stopped by a fault")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
