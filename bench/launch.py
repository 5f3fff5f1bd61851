"""`python -m bench.launch ours` or `floor`: installs the probe, then runs the program's own main."""

import cProfile
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from bench.probe import Probe

PROBE_FILE, PROFILE_FILE, CHECKOUT = "BENCH_PROBE_FILE", "BENCH_PROFILE_FILE", "BENCH_CHECKOUT"
FAST = "BENCH_FAST"
"""Set for the measuring process: ours runs with uvloop and orjson. Otherwise neither program finds them."""


# By name: what one program imports is not to weigh on the other.
PROGRAMS: Mapping[str, tuple[str, tuple[list[str], ...]]] = {
    "ours": ("bot.__main__", ([],)),
    "floor": ("bench.floor", ()),
}


def main() -> int:
    """Run one of the programs until it is told to end; its exit code."""
    if checkout := os.environ.pop(CHECKOUT, ""):
        sys.path.insert(0, checkout)  # another commit's bot; this package is imported already, and stays
    if not os.environ.pop(FAST, ""):
        # None in this place: what imports them finds nothing.
        sys.modules.update(dict.fromkeys(("uvloop", "orjson")))  # pyright: ignore[reportCallIssue, reportArgumentType]
    module, arguments = PROGRAMS[sys.argv[1]]
    program: Callable[..., int | None] = import_module(module).main
    if file := os.environ.pop(PROBE_FILE, ""):
        Probe(Path(file)).install()
    profile = os.environ.pop(PROFILE_FILE, "")
    if not profile:
        return program(*arguments) or 0
    profiler = cProfile.Profile()
    try:
        return profiler.runcall(program, *arguments) or 0
    finally:
        profiler.dump_stats(profile)


if __name__ == "__main__":
    sys.exit(main())
