"""The goals: each measured beside its peer in this run, printed as a table and written as JSON.

`make bench`, or `python bench/goals.py [--short]`. What is computed from a schedule, and so the same on any machine,
says so; all else is a median of five rounds in turn. The growth of each cost with the number of tasks is in the JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

import wire

from runware_nb.api.paces import Pace

_ALONE = """
import time, sys
import IPython
began = time.perf_counter()
{}
print((time.perf_counter() - began) * 1000)
"""
_MEMORY = """
import asyncio, sys, uuid
from pathlib import Path
sys.path.insert(0, {folder!r})
import psutil, wire
from runware_nb.api.client import Runware
from runware_nb.api.runs import Accepted
from runware_nb.api.tasks import Task

async def main():
    async with Runware(wire.KEY, "http://127.0.0.1:{port}/v1", "ws://127.0.0.1:{port}/v1", {way!r}) as client:
        await client.prepared([Task.of(t) for t in wire.tasks(8)])
        asked = [Task.of(t) for t in wire.tasks({count})]
        left, done = set(t.task_uuid for t in asked), asyncio.Event()
        def tell(event):
            if isinstance(event, Accepted):
                left.discard(event.task_uuid)
                if not left:
                    done.set()
        before = psutil.Process().memory_info().rss
        work = asyncio.create_task(client.perform(asked, tell))
        await done.wait()
        print((psutil.Process().memory_info().rss - before) / {count} / 1000)
        work.cancel()

asyncio.run(main())
"""
_EXTENSION = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
began = time.perf_counter()
shell.run_line_magic("load_ext", "runware_nb")
"""


def sdk_polls() -> Iterator[float]:
    """The official SDK's schedule (1.8.0), read in its source: seconds after sending."""
    at, wait = 1.0, 0.5
    while True:
        yield at
        at, wait = at + wait, min(10.0, wait * 1.5)


def our_polls(pace: Pace) -> Iterator[float]:
    """Ours, for a model whose times are known."""
    at = 0.0
    while True:
        at += pace.wait(at)
        yield at


def scheduled(low: float, high: float, polls: Callable[[], Iterator[float]]) -> tuple[float, float]:
    """Return the mean lag in seconds, and polls a task, of tasks that take so long."""
    dice = random.Random(1)  # noqa: S311
    lags, asked = [], []
    for _ in range(2000):
        end = dice.uniform(low, high)
        for number, at in enumerate(polls(), 1):
            if at >= end:
                lags.append(at - end)
                asked.append(number)
                break
    return mean(lags), mean(asked)


def alone(code: str, rounds: int) -> float:
    """Return milliseconds that code takes in a new process, beyond IPython."""
    told = [
        subprocess.run([sys.executable, "-c", _ALONE.format(code)], stdout=subprocess.PIPE, check=True)  # noqa: S603
        for _ in range(rounds)
    ]
    return median(float(one.stdout.split()[-1]) for one in told)


def held(way: str, count: int) -> float:
    """Return kilobytes of memory a pending task takes."""
    slow = subprocess.Popen([sys.executable, wire.HERE / "server.py", "600", "600"], stdout=subprocess.PIPE)  # noqa: S603
    try:
        assert slow.stdout is not None
        code = _MEMORY.format(folder=str(wire.HERE), port=int(slow.stdout.readline()), way=way, count=count)
        told = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)  # noqa: S603
        return float(told.stdout)
    finally:
        slow.terminate()


def figures(rounds: int, count: int) -> tuple[list[tuple[str, str, str, str]], dict[str, Any]]:
    """Measure all, and return the rows of the table and what is written down."""
    told = wire.compared(count, rounds)
    growth = {n: wire.compared(n, 1) for n in (1, 10, 100)}

    def of(way: str, name: str) -> float:
        return median(told[way][name])

    def pair(name: str, digits: int) -> tuple[str, str]:
        peers = f"{of('SDK REST', name):.{digits}f} / {of('SDK WebSocket', name):.{digits}f}"
        return peers, f"{of('runware_nb REST', name):.{digits}f} / {of('runware_nb WebSocket', name):.{digits}f}"

    rows = [
        (f"{count:,} images, wall / server's own time, REST / WebSocket", *pair("wall", 3), "<= 1.04 / 1.015"),
        ("result lag, median, ms", *pair("lag_ms", 0), "<= 120 / 5"),
        ("requests a task", *pair("requests", 3), "<= 0.08"),
        ("client CPU a task, ms, ledger included", *pair("cpu_ms", 2), "<= 0.35 / 0.25"),
    ]
    for low, high, goal in ((60, 180, "<= 0.8 s, 50"), (20, 40, "<= 0.2 s, 40")):
        pace = Pace.of([low, (low + high) / 2, high])
        lag, asked = scheduled(low, high, sdk_polls)
        lag_of_ours, asked_by_us = scheduled(low, high, lambda p=pace: our_polls(p))  # type: ignore[misc]
        what = f"video of {low}-{high} s: mean lag, polls a task (computed)"
        rows.append((what, f"{lag:.1f} s, {asked:.0f}", f"{lag_of_ours:.2f} s, {asked_by_us:.0f}", goal))
    rows.append(
        (
            "memory a pending task, kB, REST / WebSocket",
            "13",
            f"{held('rest', 2000):.1f} / {held('websocket', 2000):.1f}",
            "<= 5",
        )
    )
    sdk = alone("import runware", rounds)
    rows.append(("import beyond IPython, ms", f"{sdk:.0f}", f"{alone('import runware_nb', rounds):.0f}", "<= 60"))
    rows.append(("%load_ext, ms", "", f"{alone(_EXTENSION, rounds):.0f}", "<= 80"))
    return rows, {"wire": told, "growth": growth}


def main() -> None:
    """Measure, print and write down."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--short", action="store_true", help="see only that it works")
    short = asked.parse_args().short
    rows, told = figures(1 if short else 5, 100 if short else 1000)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| what | official SDK | runware_nb | goal |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    place = Path("build/bench/goals.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"load": os.getloadavg()[0], "table": rows, **told}, indent=1))


if __name__ == "__main__":
    main()
