"""The goals: each measured beside its peer in this run, printed as a table and written as JSON.

`make bench`, or `python bench/goals.py [--short]`. What is computed from a schedule, and so the same on any machine,
says so; all else is a median of five rounds or more, with the least and the most of them behind it. How costs grow with
the number of tasks is for `growth.py` to tell.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import keeping
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
    with wire.serving("600", "600") as port:
        code = _MEMORY.format(folder=str(wire.HERE), port=port, way=way, count=count)
        told = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)  # noqa: S603
        return float(told.stdout)


@dataclass(frozen=True)
class Row:
    """A row of the table: what was measured, the peer's figure in words, ours and the most that is allowed, in turn."""

    what: str
    peer: str
    ours: Sequence[Sequence[float]]
    goal: Sequence[float]
    digits: int = 2

    @property
    def met(self) -> bool:
        """Whether all goals are met by the medians."""
        return all(median(values) <= most for values, most in zip(self.ours, self.goal, strict=True))

    def __str__(self) -> str:
        spreads = " / ".join(_spread(values, self.digits) for values in self.ours)
        goals = " / ".join(f"{most:g}" for most in self.goal)
        return f"| {self.what} | {self.peer} | {spreads} | ≤ {goals} | {'met' if self.met else '**missed**'} |"


def _spread(values: Sequence[float], digits: int) -> str:
    """Write a median, and the least and the most where they differ."""
    low, middle, high = (f"{value:.{digits}f}" for value in (min(values), median(values), max(values)))
    return middle if low == high else f"{middle} ({low}-{high})"


def rows(rounds: int, count: int, told: dict[str, dict[str, list[float]]], *, whole: bool) -> Iterator[Row]:
    """Measure all but the wire, and yield the rows of the table."""

    def pair(what: str, name: str, goal: Sequence[float], digits: int) -> Row:
        peers = " / ".join(
            f"{median(told[way][name]):.{digits}f}" for way in ("SDK REST", "SDK WebSocket") if way in told
        )
        return Row(what, peers, [told[f"runware_nb {way}"][name] for way in ("REST", "WebSocket")], goal, digits)

    yield pair(f"{count:,} images, wall ÷ server's own time, REST / WebSocket", "wall", (1.04, 1.015), 3)
    yield pair("result lag, median, ms", "lag_ms", (120, 5), 0)
    yield pair("requests a task", "requests", (0.08, 0.08), 3)
    yield pair("client CPU a task, ms, ledger and events included", "cpu_ms", (0.35, 0.25), 2)
    for low, high, goal in ((60, 180, (0.8, 50)), (20, 40, (0.2, 40))):
        pace = Pace.of([low, (low + high) / 2, high])
        lag, asked = scheduled(low, high, sdk_polls)
        ours = scheduled(low, high, lambda p=pace: our_polls(p))  # type: ignore[misc]
        what = f"video of {low} to {high} s: mean lag in s / polls a task (computed)"
        yield Row(what, f"{lag:.1f} / {asked:.0f}", [[value] for value in ours], goal)
    kept = [[held(way, 2000) for _ in range(rounds)] for way in ("rest", "websocket")]
    yield Row("memory a pending task, kB, REST / WebSocket", "13", kept, (5, 5), 1)
    yield Row(
        "import beyond IPython, ms",
        f"{alone('import runware', rounds):.0f}",
        [[alone("import runware_nb", rounds)]],
        (60,),
        0,
    )
    yield Row("%load_ext, ms", "", [[alone(_EXTENSION, rounds)]], (80,), 0)
    yield Row("a 20 MB file kept: memory, MB", "whole body", [keeping.measured("download", rounds)["mb"]], (1,))
    yield Row("pure-Python cell: background lag, 95 %, ms", "", [keeping.measured("busy", rounds)["p95_ms"]], (15,), 1)
    if whole:
        yield from heavy(rounds)


def heavy(rounds: int) -> Iterator[Row]:
    """Measure what takes minutes."""
    book = keeping.measured("notebook", 1)
    yield Row("100 images in a saved notebook, MB", f"{median(book['base64_mb']):.0f}", [book["mb"]], (3,))
    if shutil.which("chromium"):
        what = "that notebook opened, first image drawn ÷ one without outputs"
        yield Row(what, "", [browsed("opening")["first"]], (1.1,))
    frame = keeping.measured("frame", rounds)
    what = "frame of 100,000 results ÷ `pd.DataFrame` of dicts: time / memory"
    yield Row(what, "1 / 1", [frame["time"], frame["memory"]], (0.4, 0.8))
    ledger = keeping.measured("ledger", 1)
    what = "ledger of 1,000,000: a month's costs by model, ms / loop late, ms"
    yield Row(what, "", [ledger["ms"], ledger["late_ms"]], (150, 20), 0)
    if shutil.which("chromium"):
        seen = browsed("streaming")
        what = "a streamed word on the screen, ms / updates a second / seconds busy with 1,000"
        names = ("word_ms", "updates_a_second", "busy_s")
        yield Row(what, "- / 130 / 6.5", [[seen[name]] for name in names], (50, 30, 2.3), 1)


def browsed(name: str) -> dict[str, Any]:
    """Measure in JupyterLab, in a process of its own: `streaming` or `opening`."""
    subprocess.run([sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, check=True)  # noqa: S603
    found: dict[str, Any] = json.loads(Path(f"build/bench/{name}.json").read_text())
    return found


def main() -> None:
    """Measure, print the table as it comes, ready to paste, and write it down."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--short", action="store_true", help="see only that ours works")
    asked.add_argument("--json", type=Path, default=Path("build/bench/goals.json"))
    options = asked.parse_args()
    rounds, count, longest = (1, 50, 0.3) if options.short else (5, 1000, 3.0)
    load = os.getloadavg()[0]
    ways = [way for way in wire.WAYS if way.startswith("runware_nb") or not options.short]
    told = wire.compared(count, rounds, ways, longest)
    print("| what | official SDK | runware_nb | goal | |\n|---|---|---|---|---|")
    table = []
    for row in rows(rounds, count, told, whole=not options.short):
        print(row, flush=True)
        table.append(asdict(row) | {"met": row.met})
    missed = sum(not row["met"] for row in table)
    print(
        f"\n{len(table) - missed} of {len(table)} goals met; load {load:.1f} on {os.cpu_count()} cores, {rounds} rounds"
    )
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"load": load, "rounds": rounds, "table": table, "wire": told}, indent=1))


if __name__ == "__main__":
    main()
