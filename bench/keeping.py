"""What keeping costs: a large file fetched, pictures in a saved notebook, frames, a full ledger, and a busy kernel.

`python bench/keeping.py NAME` measures one of them once, in this process, and prints its figures as JSON; `measured`
does so in processes of their own. Sizes are MB of 1,000,000 bytes, times milliseconds of CPU unless they say otherwise.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import wire

Figures = dict[str, float]
ROUNDS, MODELS = 5, 10
HUNDRED = Path("build/bench/hundred.ipynb")
_MILLION = 1_000_000
_IMAGES = """%load_ext runware_nb
import os
from runware_nb.sandbox import Sandbox
box = Sandbox(latency=(0, 0.1)).start()
os.environ |= {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}"""
_CELL = "%%runware image --size 1024x1024\n#| count: 10\na fox, number {}"


def download() -> Figures:
    """A WAV file of 20 MB, kept: how much more memory this process takes at most, after one of 200 kB."""
    from runware_nb.api.client import Runware
    from runware_nb.api.results import Result
    from runware_nb.api.tasks import Task
    from runware_nb.memory.store import Store

    async def fetch(port: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            store, before = Store(Path(folder)), 0
            client = Runware(wire.KEY, f"http://127.0.0.1:{port}/v1", f"ws://127.0.0.1:{port}/v1")
            async with client:
                for kilobytes in (200, 20_000):
                    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                    task = Task.of({"taskType": "audioInference"})
                    item = {"audioURL": f"http://127.0.0.1:{port}/wav/{kilobytes}", "audioUUID": task.task_uuid}

                    async def get(url: str, sink: Callable[[bytes], object]) -> None:
                        await client.download(url, sink, limit=100 * _MILLION)

                    kept = await store.keep(Result.of(task, 0, item), get)
                    assert [asset.bytes for asset in kept.assets] == [kilobytes * 1000], kept.assets
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / _MILLION

    with wire.serving("0.2", "0.3") as port:
        return {"mb": asyncio.run(fetch(port))}


def notebook() -> Figures:
    """A hundred pictures of 1024 by 1024 made in ten cells, and the notebook saved: its size, beside base64's.

    It is left in `HUNDRED`, for `opening.py`.
    """
    import nbformat
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        cells = [nbformat.v4.new_code_cell(code) for code in [_IMAGES, *map(_CELL.format, range(10))]]
        book = nbformat.v4.new_notebook(cells=cells)
        began = time.perf_counter()
        NotebookClient(book, timeout=600, resources={"metadata": {"path": folder}}).execute()
        seconds = time.perf_counter() - began
        files = [f.stat().st_size for f in (Path(folder) / "runware_outputs").iterdir() if f.suffix != ".jsonl"]
        assert len(files) == 100, len(files)  # noqa: PLR2004
        HUNDRED.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(book, HUNDRED)
        return {"mb": HUNDRED.stat().st_size / _MILLION, "base64_mb": sum(files) * 4 / 3 / _MILLION,
                "seconds": seconds}  # fmt: skip


def frame() -> Figures:
    """A run of 100,000 results as a frame, beside `pd.DataFrame` of the same rows as dicts: ratios of time and size."""
    import pandas as pd

    from runware_nb.api.results import Result
    from runware_nb.api.runs import Run
    from runware_nb.api.tasks import Task
    from runware_nb.compare import frames

    tasks = [Task.of({**task, "seed": n}) for n, task in enumerate(wire.tasks(100_000))]
    results = [
        Result.of(
            t, 0, {"imageURL": f"https://im.runware.ai/{t.task_uuid}.jpg", "imageUUID": t.task_uuid, "cost": 0.0013}
        )
        for t in tasks
    ]
    run = Run(tuple(tasks), tuple(results), started=datetime.now(UTC))
    frames.frame([Run(tuple(tasks[:10]), tuple(results[:10]), started=datetime.now(UTC))])

    def timed(make: Callable[[], Any]) -> tuple[float, Any]:
        began = time.thread_time()
        made = make()
        return 1000 * (time.thread_time() - began), made

    ours, table = timed(lambda: frames.frame([run]))
    rows = table.to_dict("records")
    peers, plain = timed(lambda: pd.DataFrame(rows))
    sizes = [float(t.memory_usage(deep=True).sum()) for t in (table, plain)]
    return {"ms": ours, "peer_ms": peers, "time": ours / peers, "memory": sizes[0] / sizes[1]}


def ledger() -> Figures:
    """A ledger of 1,000,000 results of a year: time of a month's costs by model, and how late a loop is at worst."""
    from runware_nb.compare.history import History
    from runware_nb.loops import wait_for
    from runware_nb.memory.ledger import Ledger
    from runware_nb.memory.queries import Part

    with tempfile.TemporaryDirectory() as folder:
        kept = Ledger(Path(folder) / "ledger.sqlite")
        wait_for(kept.settled())
        _fill(kept.path, _MILLION)
        month = History(kept, Part(since=date(2026, 12, 1), until=date(2026, 12, 31)))
        took, worst = [], []
        for _ in range(ROUNDS):  # the first of which imports numpy, whose own code may hold all threads up
            late = Late()
            wait_for(late.begin())
            began = time.perf_counter()
            told = month.costs("model")
            took.append(1000 * (time.perf_counter() - began))
            wait_for(late.end())
            worst.append(late.worst)
        assert len(told.groups) == MODELS, told
        kept.close()
    return {"ms": median(took), "late_ms": median(worst)}


def _fill(path: Path, count: int) -> None:
    """Write results down, evenly over 2026, of some models and in some notebooks."""
    start, step = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=365) / count
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    connection.execute("BEGIN")
    connection.execute("DROP TRIGGER result_added")  # what it keeps is not what is asked for
    connection.execute("INSERT INTO folders VALUES ('/out')")
    for first in range(0, count, 10_000):
        numbers = range(first, min(first + 10_000, count))
        tasks, results = [], []
        for n in numbers:
            name, when = uuid.uuid4().bytes, (start + n * step).isoformat(timespec="milliseconds")
            model = f"bench:{n % MODELS}@1"
            request = json.dumps({"taskType": "imageInference", "model": model, "positivePrompt": f"a fox, number {n}"})
            tasks.append((name, name, when, "api", "/out", "imageInference", model, request, name, "", "done"))
            results.append((name, 0, when, 1300, 0, 1.0 + n % 7, "{}", "[]", name))
        connection.executemany(
            "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, fingerprint, owner,"
            " state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            tasks,
        )
        connection.executemany("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", results)
    connection.execute("COMMIT")
    connection.close()


def busy() -> Figures:
    """The background loop while a cell computes in pure Python: how late it comes back, at the 95th percentile."""
    from runware_nb.loops import start, wait_for

    late = Late()
    wait_for(late.begin())
    future = start(asyncio.sleep(3))
    while not future.done():
        sum(n * n for n in range(1000))
    wait_for(late.end())
    return {"p95_ms": late.p95}


class Late:
    """How late the running loop comes back from naps of 5 ms, in milliseconds."""

    def __init__(self) -> None:
        self._all: list[float] = []

    async def begin(self) -> None:
        """Begin to nap."""
        self._task = asyncio.create_task(self._nap())

    async def end(self) -> None:
        """Nap no more."""
        self._task.cancel()

    async def _nap(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            self._all.append(1000 * (time.perf_counter() - began) - 5)

    @property
    def worst(self) -> float:
        """The latest of all."""
        return max(self._all)

    @property
    def p95(self) -> float:
        """The 95th percentile."""
        return sorted(self._all)[int(0.95 * len(self._all))]


KINDS: dict[str, Callable[[], Figures]] = {
    "download": download, "notebook": notebook, "frame": frame, "ledger": ledger, "busy": busy,
}  # fmt: skip


def measured(kind: str, rounds: int) -> dict[str, list[float]]:
    """Measure something in processes of its own, and return the figures of each."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        told = subprocess.run([sys.executable, __file__, kind], stdout=subprocess.PIPE, check=True)  # noqa: S603
        for name, value in json.loads(told.stdout.splitlines()[-1]).items():
            found.setdefault(name, []).append(value)
    return found


if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]]()))
