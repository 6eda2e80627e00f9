"""Oracle: compares what the sandbox made and billed with what the ledger and the folder have of it.

It asks the sandbox's own books, never the client. What it finds wrong is a line each; none is the only good answer.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runware_nb.api.runs import Run
from runware_nb.sandbox import Sandbox
from runware_nb.sandbox.jobs import Job

_MEDIA = ("imageUUID", "videoUUID", "audioUUID")


@dataclass(frozen=True)
class Kept:
    """A row of results in the ledger."""

    cost: int | None
    sandbox: bool
    item: Mapping[str, Any]
    files: list[Mapping[str, Any]]


@dataclass(frozen=True)
class Books:
    """The ledger, read by itself: states and problems by task, results by task and number."""

    tasks: Mapping[str, tuple[str, str | None]]
    requests: Mapping[str, Mapping[str, Any]]
    results: Mapping[str, list[Kept]]

    @classmethod
    def read(cls, path: Path) -> Books:
        """Read a ledger file."""
        with closing(sqlite3.connect(path)) as connection:
            tasks = connection.execute("SELECT uuid, state, problem, request FROM tasks").fetchall()
            rows = connection.execute("SELECT uuid, cost, sandbox, item, files FROM results ORDER BY number").fetchall()
        results: dict[str, list[Kept]] = {}
        for key, cost, sandbox, item, files in rows:
            results.setdefault(_name(key), []).append(Kept(cost, bool(sandbox), json.loads(item), json.loads(files)))
        return cls(
            {_name(key): (state, problem) for key, state, problem, _ in tasks},
            {_name(key): json.loads(request) for key, *_, request in tasks},
            results,
        )

    @property
    def is_settled(self) -> bool:
        """Whether a resume would find nothing to do."""
        files = [file for rows in self.results.values() for row in rows for file in row.files]
        states = {state for state, _ in self.tasks.values()}
        return states <= {"done", "failed"} and all(file["path"] for file in files)


def audit(box: Sandbox, books: Books, asked: int, *, final: bool, withheld: bool = False) -> list[str]:
    """Say what is wrong.

    Parameters
    ----------
    asked
        Tasks that were asked for.
    final
        Whether all paid results must be here; else it is enough that a resume can still find them.
    withheld
        Whether the sandbox kept prices to itself.
    """
    bills = {u: bill for u, bill in box.billed().items() if bill.usd > 0}
    wrong = [f"{u} was billed {bill.runs} times" for u, bill in bills.items() if bill.runs != 1]
    if len(bills) > asked:
        wrong.append(f"{asked} tasks were asked for, but {len(bills)} billed")
    jobs = box._world.desk.jobs
    for name in bills:
        wrong += [f"{name}: {line}" for line in _paid(box, jobs[name], name, books, final=final, withheld=withheld)]
    for name in books.tasks.keys() - bills.keys():
        wrong += [f"{name}: {line}" for line in _unpaid(jobs.get(name), name, books, final=final)]
    return wrong


def _paid(box: Sandbox, job: Job, name: str, books: Books, *, final: bool, withheld: bool) -> Iterator[str]:
    if name not in books.tasks:
        yield "was billed, but is not in the ledger"
        return
    if job.task != books.requests[name]:
        yield "is not what was written down before it was sent"
    state, problem = books.tasks[name]
    rows = books.results.get(name, [])
    made = {_sign(item.result): item.result for item in job.items if item.result}
    here = [_sign(row.item) for row in rows]
    missing = made.keys() - set(here)
    if missing and state in {"done", "failed"}:
        yield f"is called {state} ({problem}), but {len(missing)} paid of {len(made)} results are not here"
    if missing and final:
        yield f"lost {len(missing)} paid of {len(made)} results ({state}, {problem})"
    if len(here) != len(set(here)) or set(here) - made.keys():
        yield f"has {len(here)} results in the ledger, but {len(made)} were made"
    if state in {"intended", "accepted"} or (state == "unknown" and not problem):
        yield f"is left {state} without a reason"
    if final and state == "unknown":
        yield f"is still unknown ({problem})"
    for row in rows:
        yield from _row(box, row, round(job.price * 1_000_000), final=final, withheld=withheld)


def _row(box: Sandbox, row: Kept, price: int, *, final: bool, withheld: bool) -> Iterator[str]:
    if row.cost != price and not (withheld and row.cost is None):
        yield f"costs {row.cost} millionths in the ledger, but was billed {price}"
    if not row.sandbox:
        yield "is play money, but is counted as money"
    for file in row.files:
        if file["path"] is None:
            if final:
                yield "lost a file"
            continue
        source = box._world.shelf.find(file["uuid"])
        if source is None or Path(file["path"]).read_bytes() != box._world.shelf.read(source):
            yield "has a file that is not what was made"


def _unpaid(job: Job | None, name: str, books: Books, *, final: bool) -> Iterator[str]:
    state, problem = books.tasks[name]
    if books.results.get(name):
        yield "has results, but nothing was billed"
    if state not in {"failed", "unknown"} or not problem:
        yield f"made nothing, but is {state} for the reason {problem}"
    if final and state != "failed" and job and job.items[0].problem["code"] != "timeoutProvider":
        yield f"has failed at the API, but is {state} ({problem})"


def errors_of(run: Run) -> list[str]:
    """Say which errors do not name their task, and which files are missing without a word."""
    wrong = [f"{uuid}: the error {error} names {error.task_uuids}" for uuid, error in run.problems
             if uuid not in error.task_uuids]  # fmt: skip
    wrong += [f"{r.task.task_uuid}: a file is missing without a word" for r in run for a in r.assets
              if a.path is None and not a.problem]  # fmt: skip
    return wrong


def litter(folder: Path) -> list[str]:
    """Say which half-written files lie about."""
    return [f"{path.name} is left half-written" for path in folder.glob("*.part")] + [
        f"{path.name} is left half-written" for path in folder.glob(".*.part")
    ]


def _sign(item: Mapping[str, Any]) -> str:
    """What tells a result from all others: its media UUID, or the whole text."""
    return next((str(item[key]) for key in _MEDIA if key in item), str(item.get("text")))


def _name(key: bytes) -> str:
    return str(uuid.UUID(bytes=bytes(key)))
