"""The probe sees what holds up the event loop, in a process of its own: it changes asyncio for good."""

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_PROGRAM = """
import asyncio, gc, os, pathlib, signal, sys, time
from bench.probe import REPORT_SIGNAL, Probe

Probe(pathlib.Path(sys.argv[1])).install()

async def hold_up():
    began = time.thread_time()
    while time.thread_time() - began < 0.03:
        pass
    gc.collect()

async def main():
    await asyncio.create_task(hold_up(), name="a busy one")
    os.kill(os.getpid(), REPORT_SIGNAL)
    await asyncio.sleep(0.05)

asyncio.run(main())
"""


def test_a_callback_that_takes_long_is_named_with_its_own_work(tmp_path: Path) -> None:
    file = tmp_path / "probe.json"
    subprocess.run([sys.executable, "-c", _PROGRAM, str(file)], cwd=_ROOT, check=True, timeout=60)
    seen = json.loads(file.read_text("utf-8"))
    (block, *_) = seen["blocks"]
    assert block["what"] == "a busy one: hold_up"
    assert seen["longest_s"] >= block["wall_s"] >= 0.03
    assert block["cpu_s"] >= 0.03
    assert seen["longest_collection_s"] > 0
    assert seen["callbacks"] > 0
