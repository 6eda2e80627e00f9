"""The wire: how long, how late, how many requests and how much CPU a task takes, beside the official SDK.

`python bench/wire.py [--tasks 1000] [--rounds 5] [--json FILE]` has all ways take turns against one server in a process
of its own, and prints medians and spread. Only ratios of one run are worth comparing: a machine that is busy makes all
of them slow. Each way runs in a process of its own; ours writes the ledger.
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
from pathlib import Path
from statistics import mean, median
from typing import Any

HERE = Path(__file__).parent
KEY = "bench-key-that-is-long-enough"
Seen = dict[str, float]


def tasks(count: int) -> list[dict[str, Any]]:
    """Make image tasks."""
    task = {"taskType": "imageInference", "model": "runware:101@1", "width": 512, "height": 512, "includeCost": True}
    return [{**task, "taskUUID": str(uuid.uuid4()), "positivePrompt": f"a fox, number {n}"} for n in range(count)]


async def ours(transport: str, port: int, count: int, seen: Seen) -> None:
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

        async with Runware(KEY, url, f"ws://127.0.0.1:{port}/v1", transport) as client:
            asked = await client.prepared([Task.of(t) for t in tasks(count)])
            intents = [Intent(t, uuid.uuid4().hex * 2, 0.001) for t in asked]
            await ledger.intend(intents, base_url=url, folder=Path(folder))
            await client.perform(asked, tell)
            await ledger.settled()
        ledger.close()


async def sdk(transport: str, delivery: str | None, port: int, count: int, seen: Seen) -> None:
    """The official SDK as its docs show it, a call a task; only its schema service is left out."""
    import runware
    from runware.types.sdk import RunOptions

    places = {"http_base_url": f"http://127.0.0.1:{port}/v1", "ws_base_url": f"ws://127.0.0.1:{port}/v1"}
    how = {"deliveryMethod": delivery} if delivery else {}

    async with runware.Runware(api_key=KEY, transport=transport, **places) as client:

        async def one(task: dict[str, Any]) -> None:
            await client.run({**task, **how}, RunOptions(validate=False))
            seen[task["taskUUID"]] = time.monotonic()

        await asyncio.gather(*(one(task) for task in tasks(count)))


WAYS: dict[str, Callable[[int, int, Seen], Awaitable[None]]] = {
    "SDK REST": lambda port, count, seen: sdk("rest", None, port, count, seen),
    "SDK WebSocket": lambda port, count, seen: sdk("websocket", None, port, count, seen),
    "SDK WebSocket, sync": lambda port, count, seen: sdk("websocket", "sync", port, count, seen),
    "runware_nb REST": lambda port, count, seen: ours("rest", port, count, seen),
    "runware_nb WebSocket": lambda port, count, seen: ours("websocket", port, count, seen),
}


def measured(way: str, port: int, count: int) -> dict[str, float]:
    """Run one way in this process, and return its figures. Imports are done before."""
    warm: Seen = {}
    asyncio.run(WAYS[way](port, 8, warm))  # type: ignore[arg-type]
    _get(port, "/reset")
    seen: Seen = {}
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.monotonic(), time.process_time()
    asyncio.run(WAYS[way](port, count, seen))  # type: ignore[arg-type]
    wall, cpu = time.monotonic() - began, time.process_time() - cpu
    told = json.loads(_get(port, "/stats"))
    jobs = told["jobs"]
    lags = sorted(seen[name] - due for name, (_, due) in jobs.items())
    return {
        "wall": wall / max(due - taken for taken, due in jobs.values()),
        "lag_ms": 1000 * median(lags),
        "lag_mean_ms": 1000 * mean(lags),
        "lag_p95_ms": 1000 * lags[int(0.95 * len(lags))],
        "requests": told["requests"] / count,
        "cpu_ms": 1000 * cpu / count,
        "beyond_ms": 1000 * (wall - max(due - taken for taken, due in jobs.values())),
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
