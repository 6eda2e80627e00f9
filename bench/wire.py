"""The wire: how long, how late, how many requests and how much CPU a task takes, beside the official SDK.

`python bench/wire.py [--tasks 1000] [--rounds 5] [--json FILE]` has all ways take turns against one server in a process
of its own, and prints medians and spread. Only ratios of one run are worth comparing: a machine that is busy makes all
of them slow. Each way runs in a process of its own. What is timed is connecting, and every task to its end; ours writes
the ledger, which a kernel has open since its first cell.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

HERE = Path(__file__).parent
KEY = "bench-key-that-is-long-enough"
Seen = dict[str, float]
Tasks = list[dict[str, Any]]


def tasks(count: int) -> Tasks:
    """Make image tasks."""
    task = {"taskType": "imageInference", "model": "runware:101@1", "width": 512, "height": 512, "includeCost": True}
    return [{**task, "taskUUID": str(uuid.uuid4()), "positivePrompt": f"a fox, number {n}"} for n in range(count)]


class Clock:
    """Wall time and CPU time of what is done within it, in seconds."""

    wall = cpu = 0.0

    def __enter__(self) -> None:
        self.wall, self.cpu = -time.monotonic(), -time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.monotonic()
        self.cpu += time.process_time()


async def ours(port: int, tasks: Tasks, seen: Seen, clock: Clock, *, transport: str) -> None:
    """Our client, with the ledger and its events."""
    from runware_nb.api.client import Runware
    from runware_nb.api.runs import Accepted, Arrived, Closed
    from runware_nb.api.tasks import Task
    from runware_nb.memory.ledger import Intent, Ledger

    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite")
        url = f"http://127.0.0.1:{port}/v1"

        def tell(event: Any) -> None:
            match event:
                case Arrived(result):
                    seen[result.task.task_uuid] = time.monotonic()
                    ledger.keep(result)
                case Accepted(name):
                    ledger.accept(name)
                case Closed(name):
                    ledger.finish(name)

        keys = [uuid.uuid4().hex * 2 for _ in tasks]
        await ledger.settled()
        with clock:
            async with Runware(KEY, url, f"ws://127.0.0.1:{port}/v1", transport) as client:
                asked = await client.prepared([Task.of(task) for task in tasks])
                intents = [Intent(task, key, 0.001) for task, key in zip(asked, keys, strict=True)]
                await ledger.intend(intents, base_url=url, folder=Path(folder))
                await client.perform(asked, tell)
                await ledger.settled()
        ledger.close()


async def sdk(
    port: int, tasks: Tasks, seen: Seen, clock: Clock, *, transport: str, delivery: str | None = None
) -> None:
    """The official SDK as its docs show it, a call a task; only its schema service is left out."""
    import runware
    from runware.types.sdk import RunOptions

    places = {"http_base_url": f"http://127.0.0.1:{port}/v1", "ws_base_url": f"ws://127.0.0.1:{port}/v1"}
    how = {"deliveryMethod": delivery} if delivery else {}

    with clock:
        async with runware.Runware(api_key=KEY, transport=transport, **places) as client:

            async def one(task: dict[str, Any]) -> None:
                await client.run({**task, **how}, RunOptions(validate=False))
                seen[task["taskUUID"]] = time.monotonic()

            await asyncio.gather(*(one(task) for task in tasks))


Way = Callable[[int, Tasks, Seen, Clock], Awaitable[None]]
WAYS: dict[str, Way] = {
    "SDK REST": partial(sdk, transport="rest"),
    "SDK WebSocket": partial(sdk, transport="websocket"),
    "SDK WebSocket, sync": partial(sdk, transport="websocket", delivery="sync"),
    "runware_nb REST": partial(ours, transport="rest"),
    "runware_nb WebSocket": partial(ours, transport="websocket"),
}


def measured(way: str, port: int, count: int) -> dict[str, float]:
    """Run one way in this process, and return its figures. Imports are done before."""
    clock = Clock()
    asyncio.run(WAYS[way](port, tasks(8), {}, clock))  # type: ignore[arg-type]
    _get(port, "/reset")
    seen: Seen = {}
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(WAYS[way](port, tasks(count), seen, clock))  # type: ignore[arg-type]
    told = json.loads(_get(port, "/stats"))
    jobs = told["jobs"]
    longest = max(due - taken for taken, due in jobs.values())
    lags = sorted(seen[name] - due for name, (_, due) in jobs.items())
    return {
        "wall": clock.wall / longest,
        "lag_ms": 1000 * median(lags),
        "lag_mean_ms": 1000 * mean(lags),
        "lag_p95_ms": 1000 * lags[int(0.95 * len(lags))],
        "requests": told["requests"] / count,
        "cpu_ms": 1000 * clock.cpu / count,
        "beyond_ms": 1000 * (clock.wall - longest),
        "memory_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) * 1024 / 1e6,
    }


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return bytes(answer.read())


@contextmanager
def serving(low: str, high: str) -> Iterator[int]:
    """Serve tasks that take so many seconds, and give the port."""
    server = subprocess.Popen([sys.executable, HERE / "server.py", low, high], stdout=subprocess.PIPE)  # noqa: S603
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait()


def compared(
    count: int, rounds: int, ways: Iterable[str] = WAYS, longest: float = 3.0
) -> dict[str, dict[str, list[float]]]:
    """Have ways take turns, and return the figures of each round. Tasks take up to `longest` seconds."""
    figures: dict[str, dict[str, list[float]]] = {way: {} for way in ways}
    with serving("0.2", str(longest)) as port:
        for _ in range(rounds):
            for way, found in figures.items():
                asked = [sys.executable, __file__, "--one", way, "--port", str(port), "--tasks", str(count)]
                told = subprocess.run(asked, stdout=subprocess.PIPE, check=True)  # noqa: S603
                for name, value in json.loads(told.stdout).items():
                    found.setdefault(name, []).append(value)
    return figures


def show(figures: dict[str, dict[str, list[float]]], count: int) -> None:
    """Print medians, with the least and the most."""
    rounds = len(next(iter(figures.values()))["wall"])
    print(f"{count} image tasks of 0.2 to 3 s, {rounds} rounds in turn; median (least to most)\n")
    names = ("wall", "lag_ms", "lag_p95_ms", "requests", "cpu_ms")
    print(f"{'way':22}" + "".join(f"{name:>24}" for name in names))
    for way, told in figures.items():
        cells = (f"{median(told[n]):.3f} ({min(told[n]):.3f}-{max(told[n]):.3f})" for n in names)
        print(f"{way:22}" + "".join(f"{cell:>24}" for cell in cells))


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tasks", type=int, default=1000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--json", type=Path)
    asked.add_argument("--one")
    asked.add_argument("--port", type=int)
    options = asked.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options.port, options.tasks)))
        return
    figures = compared(options.tasks, options.rounds)
    show(figures, options.tasks)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        told = {"tasks": options.tasks, "cores": os.cpu_count(), "load": os.getloadavg()[0], "figures": figures}
        options.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
