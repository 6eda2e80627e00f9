"""What keeping costs: CPU of the client per task, alone, with ledger and store, and beside the official SDK.

`python bench/overhead.py [TASKS]` starts the sandbox in a process of its own, sends the same number of image tasks each
way, and prints milliseconds of this process's CPU a task and their ratio to the SDK's, medians of five rounds in turn.
Files are fetched by the way that keeps them, and by no other: so its figure holds the download and the disk too.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any

from runware_nb.api.client import Runware
from runware_nb.api.tasks import Task
from runware_nb.memory.ledger import Intent, Ledger
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

ROUNDS = 5


def tasks(count: int) -> list[dict[str, Any]]:
    """Make image tasks that no cache knows."""
    return [
        {
            "taskType": "imageInference",
            "taskUUID": str(uuid.uuid4()),
            "model": "runware:101@1",
            "positivePrompt": f"a fox {uuid.uuid4()}",
            "width": 128,
            "height": 128,
            "includeCost": True,
            "deliveryMethod": "async",
        }
        for _ in range(count)
    ]


async def alone(place: Endpoint, count: int) -> None:
    """The client by itself: results are seen, none is kept."""
    async with Runware.at(place) as client:
        await client.perform([Task.of(t) for t in tasks(count)], lambda _: None)


async def with_ledger(place: Endpoint, count: int) -> None:
    """The client, and every task and result in the ledger."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite")
        several = [Task.of(t) for t in tasks(count)]
        intents = [Intent(t, uuid.uuid4().hex * 2, 0.001) for t in several]
        await ledger.intend(intents, base_url=place.base_url, folder=Path(folder))

        def tell(event: Any) -> None:
            if result := getattr(event, "result", None):
                ledger.keep(result)
            elif type(event).__name__ == "Closed":
                ledger.finish(event.task_uuid)

        async with Runware.at(place) as client:
            await client.perform(several, tell)
        await ledger.settled()
        ledger.close()


async def kept(place: Endpoint, count: int) -> None:
    """All of it: cache, ledger, download, store."""
    with tempfile.TemporaryDirectory() as folder:
        async with Session(place, folder=Path(folder) / "out", ledger=Path(folder) / "ledger.sqlite") as session:
            await session.run(tasks(count))


async def sdk(place: Endpoint, count: int) -> None:
    """The official SDK over REST, as it comes; only its schema service, which is not on this machine, is left out."""
    import runware
    from runware.types.sdk import RunOptions

    async with runware.Runware(
        api_key=place.key.reveal(), transport="rest", http_base_url=place.base_url, ws_base_url=place.ws_url
    ) as client:
        await asyncio.gather(*(client.run(t, RunOptions(validate=False)) for t in tasks(count)))


def cpu(way: Callable[[Endpoint, int], Awaitable[None]], place: Endpoint, count: int) -> float:
    """Return milliseconds of this process's CPU a task."""
    before = time.process_time()
    asyncio.run(way(place, count))  # type: ignore[arg-type]
    return (time.process_time() - before) * 1000 / count


def main(count: int) -> None:
    """Measure all ways in turn, and print a table."""
    ways = {"official SDK, REST": sdk, "client alone": alone, "with ledger": with_ledger, "all kept": kept}
    server = subprocess.Popen(
        [sys.executable, "-m", "runware_nb.sandbox", "--port", "0", "--latency", "0.2,1.0"], stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        place = Endpoint(told["http_url"], told["ws_url"], Secret(told["api_key"]))
        figures: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                figures[name].append(cpu(way, place, count))
    finally:
        server.terminate()
    peer = median(figures["official SDK, REST"])
    print(f"{count} image tasks, {ROUNDS} rounds\n\n{'way':20} {'ms a task':>10} {'÷ SDK':>8}")
    for name, values in figures.items():
        print(f"{name:20} {median(values):10.2f} {median(values) / peer:8.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
