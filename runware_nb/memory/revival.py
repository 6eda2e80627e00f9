"""Revival: rows of the ledger made tasks, results, errors and runs again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from runware_nb import errors
from runware_nb.api.results import Result, price_in
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
    task = Task.of(_read(entry.request))
    point = _read(entry.axes) if entry.axes else {}
    if entry.status == "failed":
        problem = error_of(entry.problem or "unknown: nobody noted why", doubtful=entry.doubtful)
        return Revived(task, point, error=problem.about(entry.uuid))
    if entry.status == "unfinished":
        return Revived(task, point)
    item = _read(entry.item or "{}")
    price, told = price_in(item.get("cost")), usd(entry.cost)
    if price is None and told is not None:
        item, price = {**item, "cost": told}, told
    result = restored(
        task,
        entry.number or 0,
        item,
        _read(entry.files or "[]"),
        sandbox=bool(entry.sandbox),
        latency=entry.latency,
        cached=entry.cost == 0 and bool(price),  # in a file from elsewhere: it cost its price there, and nothing here
    )
    return Revived(task, point, result)


def _read(text: str) -> Any:
    """Read JSON as rows have it: by pydantic's reader, three times as quick as `json`, which reads what that refuses.

    That is half of a pair of surrogates, or what is nested hundreds of levels deep.
    """
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


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
