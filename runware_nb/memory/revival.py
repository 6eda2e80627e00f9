"""Revival: rows of the ledger made tasks, results, errors and runs again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from runware_nb import errors
from runware_nb.api.results import Result
from runware_nb.api.runs import Run, Stage
from runware_nb.api.tasks import Task
from runware_nb.memory.cache import restored
from runware_nb.memory.ledger import usd
from runware_nb.memory.queries import Entry, error_of


@dataclass(frozen=True, slots=True)
class Revived:
    """What a row of the ledger tells of: the task, its place on the axes, and its result or error."""

    task: Task
    point: Mapping[str, Any] = field(default_factory=dict)
    result: Result | None = None
    error: errors.RunwareError | None = None


def revived(entry: Entry) -> Revived:
    """Make a row of the ledger objects again."""
    task = Task.of(json.loads(entry.request))
    point = json.loads(entry.axes) if entry.axes else {}
    if entry.status == "failed":
        problem = error_of(entry.problem or "unknown: nobody noted why", doubtful=entry.doubtful)
        return Revived(task, point, error=problem.about(entry.uuid))
    if entry.status == "unfinished":
        return Revived(task, point)
    item = json.loads(entry.item or "{}")
    told = usd(entry.cost)
    files = json.loads(entry.files or "[]")
    result = restored(task, entry.number or 0, item, files, sandbox=bool(entry.sandbox), latency=entry.latency)
    if told is not None and result.price is None:
        result = replace(result, wire={**item, "cost": told})
    # What came in a file from elsewhere cost its price there, and nothing here.
    return Revived(task, point, replace(result, cached=entry.cost == 0 and bool(result.price)))


def run_of(entries: Iterable[Entry], name: str | None = None) -> Run:
    """Return rows of the ledger as one run, in their order. Results are of the cache: they cost nothing now."""
    tasks: dict[str, Task] = {}
    axes: dict[str, Mapping[str, Any]] = {}
    results: list[Result] = []
    problems: list[tuple[str, errors.RunwareError]] = []
    stages: dict[str, Stage] = {}
    created, names, places = [], set(), set()
    for entry in entries:
        told = revived(entry)
        task = tasks.setdefault(entry.uuid, told.task)
        if told.point:
            axes[entry.uuid] = told.point
        if told.result:
            results.append(replace(told.result, task=task, cached=True))
        if told.error:
            problems.append((entry.uuid, told.error))
        stages[entry.uuid] = {"done": "done", "failed": "failed", "unfinished": "running"}[entry.status]  # type: ignore[assignment]
        created.append(entry.created)
        names.add(entry.name)
        places.add((entry.notebook, entry.cell))
    for result in results:
        if stages[result.task.task_uuid] == "failed":
            stages[result.task.task_uuid] = "done"
    started = datetime.fromisoformat(min(created)) if created else None
    notebook, cell = places.pop() if len(places) == 1 else (None, None)
    return Run(
        tuple(tasks.values()), tuple(results), tuple(problems), stages, started=started, finished=started,
        name=name or (names.pop() if len(names) == 1 else None), axes=axes, notebook=notebook, cell=cell,
    )  # fmt: skip
