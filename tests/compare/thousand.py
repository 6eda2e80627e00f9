"""A hand-made ledger of 1,000 tasks, whose every figure follows from the number of the task."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

COUNT = 1_000


def facts(n: int) -> dict:
    """Return what task `n` is and became."""
    fate = {0: "failed", 1: "unknown", 2: "intended", 3: "unpriced", 4: "sandbox"}.get(n % 20, "done")
    return {
        "fate": fate,
        "model": f"maker:{n % 4}@1",
        "kind": ("image", "text")[n % 2],
        "day": f"2026-01-{1 + n % 10:02}",
        "notebook": ("a.ipynb", "b.ipynb", None)[n % 3],
        "micro": 1_000 * (n % 5 + 1) + 1,
        "latency": (n % 100) / 10,
        "key": f"{n % 50:064x}",
    }


def key_of(n: int) -> bytes:
    return n.to_bytes(16, "big")


def fill(path: Path, folder: Path) -> None:
    """Fill an empty ledger, which must be there already."""
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO folders VALUES (?)", (str(folder),))
    for n in range(COUNT):
        f = facts(n)
        task_type = {"image": "imageInference", "text": "textInference"}[f["kind"]]
        uuid = f"00000000-0000-0000-0000-{n:012x}"
        request = {"taskType": task_type, "taskUUID": uuid, "model": f["model"], "positivePrompt": f"fox {n}"}
        state = {"failed": "failed", "unknown": "unknown", "intended": "intended"}.get(f["fate"], "done")
        problem = {"failed": "promptBlocked: no", "unknown": "timeoutProvider: late"}.get(f["fate"])
        connection.execute(
            "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, fingerprint, owner,"
            " state, problem, estimate, notebook) VALUES (?, x'00', ?, 'api', ?, ?, ?, ?, ?, '', ?, ?, 2000, ?)",
            (
                key_of(n), f"{f['day']}T12:00:00.000+00:00", str(folder), task_type, f["model"], json.dumps(request),
                bytes.fromhex(f["key"]), state, problem, f["notebook"],
            ),
        )  # fmt: skip
        if state == "done":
            cost = None if f["fate"] == "unpriced" else f["micro"]
            item = {"text": "x"} | ({} if cost is None else {"cost": cost / 1e6})
            connection.execute(
                "INSERT INTO results VALUES (?, 0, ?, ?, ?, ?, ?, '[]', ?)",
                (
                    key_of(n), f"{f['day']}T12:00:01.000+00:00", cost, f["fate"] == "sandbox", f["latency"],
                    json.dumps(item), bytes.fromhex(f["key"]),
                ),
            )  # fmt: skip
    connection.execute(
        "INSERT INTO savings VALUES ('2026-01-02', 'maker:1@1', 'textInference', 'a.ipynb', 0, 5, 70000)"
    )
    connection.execute("INSERT INTO savings VALUES ('2026-01-02', 'maker:2@1', 'imageInference', '', 1, 5, 90000)")
    connection.commit()
    connection.close()
