"""A hand-made ledger of as many rows as wanted: what a browser of it scrolls over, finds and adds up.

Row `n`, the newest being 0: every hundredth failed, every third is the sandbox's, one word in each is its number.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from runware_nb.loops import wait_for
from runware_nb.memory.ledger import Ledger

MODELS = ("runware:101@1", "runware:100@1", "bfl:2@1", "maker:7@1")
TYPES = ("imageInference", "videoInference", "textInference", "imageInference")
WORDS = "a red fox in the snow, seen from very far away on a hill; soft light, film grain, wide angle, muted colours"
_TASK = (
    "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, fingerprint, owner, state,"
    " problem, notebook) VALUES (?, x'00', ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?)"
)


def uuid_of(n: int) -> str:
    return f"00000000-0000-0000-0000-{n:012x}"


def fill(path: Path, folder: Path, count: int) -> None:
    """Fill a new ledger with so many rows."""
    ledger = Ledger(path)
    wait_for(ledger.totals())
    ledger.close()
    connection = sqlite3.connect(path)
    tasks, results = [], []
    for n in range(count):
        minutes = count - n
        day = f"2026-{1 + minutes // 40_320:02}-{1 + minutes // 1_440 % 28:02}"
        created = f"{day}T{minutes // 60 % 24:02}:{minutes % 60:02}:00.000+00:00"
        kind, model, failed, sandbox = TYPES[n % 4], MODELS[n % 4], n % 100 == 0, n % 3 == 0
        request = {"taskType": kind, "taskUUID": uuid_of(n), "model": model, "positivePrompt": f"number{n} {WORDS}"}
        request |= {"width": 1024, "height": 1024, "steps": 28, "seed": n}
        key = (n + 1).to_bytes(32, "big")
        state, problem = ("failed", "promptBlocked: no") if failed else ("done", None)
        name = n.to_bytes(16, "big")
        home = "sandbox" if sandbox else "api"
        told = (created, home, str(folder), kind, model, json.dumps(request), key, state, problem)
        tasks.append((name, *told, f"/home/me/nb{n % 7}.ipynb"))
        if not failed:
            cost = None if n % 100 == 1 else 1_000
            item = {"text": f"text {n}"} | ({} if cost is None else {"cost": cost / 1e6})
            results.append((name, created, cost, sandbox, json.dumps(item), key))
    connection.execute("INSERT INTO folders VALUES (?)", (str(folder),))
    connection.executemany(_TASK, tasks)
    connection.executemany("INSERT INTO results VALUES (?, 0, ?, ?, ?, 1.5, ?, '[]', ?)", results)
    connection.commit()
    connection.close()
