"""Times every callback of the event loop of a bot that `bench.start` runs, from inside. The bot itself is unchanged.

Python imports a module of this name by itself, where it is on the path. PROBE_FILE is where the findings are written.
"""

import asyncio
import atexit
import gc
import json
import os
import sys
import threading
from time import perf_counter, process_time, sleep, thread_time

_KEPT = 15


def _install(file: str) -> None:
    began = perf_counter()
    blocks: list[tuple[float, float, float, str]] = []  # (wall, CPU of the loop's thread, when, what)
    collections: list[tuple[float, int, float]] = []  # (seconds, generation, when)
    run, collecting, in_loop = asyncio.Handle._run, [0.0], [False]

    def timed(self: asyncio.Handle) -> None:
        at, cpu = perf_counter(), thread_time()
        in_loop[0] = True
        run(self)
        in_loop[0] = False
        taken = perf_counter() - at
        if taken > 0.005:
            what = repr(self)[:160]
            blocks.append((round(taken, 4), round(thread_time() - cpu, 4), round(at - began, 2), what))
            if len(blocks) > 4 * _KEPT:
                kept = {*sorted(blocks, reverse=True)[:_KEPT], *sorted(blocks, key=lambda one: -one[1])[:_KEPT]}
                blocks[:] = sorted(kept, reverse=True)

    def collected(phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            collecting[0] = perf_counter()
            return
        taken = perf_counter() - collecting[0]
        if taken > 0.002 and in_loop[0] and threading.current_thread() is threading.main_thread():
            collections.append((round(taken, 4), about["generation"], round(collecting[0] - began, 2)))
            collections.sort(reverse=True)
            del collections[_KEPT:]

    def write() -> None:
        with open(f"{file}.new", "w") as out:  # noqa: PTH123 - in a process that is to load as little more as can be
            found = {"blocks": list(blocks), "collections": list(collections), "cpu_s": round(process_time(), 2)}
            json.dump(found, out)
        os.replace(f"{file}.new", file)  # noqa: PTH105

    def write_on() -> None:
        while True:
            sleep(1)
            write()

    asyncio.Handle._run = timed
    gc.callbacks.append(collected)
    atexit.register(write)
    threading.Thread(target=write_on, daemon=True).start()


if "PROBE_FILE" in os.environ and "-m" in sys.orig_argv and "bot" in sys.orig_argv:
    _install(os.environ["PROBE_FILE"])
