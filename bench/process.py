"""What the system says of a process: processor time and memory, from /proc (Linux)."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_LIBRARIES = ("discord.py", "aiohttp", "SQLAlchemy", "aiosqlite", "Pillow", "pydantic", "uvloop", "orjson")


def cpu_s(pid: int) -> float:
    """Processor time of a process and all of its threads since its start, in seconds."""
    after_name = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) * _TICK_S


def resident_bytes(pid: int) -> int:
    """Memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def machine(checkout: Path | None = None) -> dict[str, Any]:
    """What was measured on: enough to compare with another day, nothing that names the machine."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": _commit(checkout or Path(__file__).parents[1]),
        "cores": os.cpu_count(),
        "cpu": _cpu_model(),
        "load_before": round(os.getloadavg()[0], 2),
        "nice": os.nice(0),
        "python": platform.python_version(),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
    }


def _commit(root: Path) -> str:
    """The last commit of the bot's own code, with a plus where something there is not committed."""

    def git(*words: str) -> str:
        ran = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
        return ran.stdout.strip()

    changed = git("status", "--porcelain", "--", "bot", "cogs")
    return git("log", "-1", "--format=%h", "--", "bot", "cogs") + ("+" if changed else "")


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), sys.platform)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
