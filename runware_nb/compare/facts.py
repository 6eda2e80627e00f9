"""Facts: what the columns of a frame are read from, gathered from runs or from rows of the ledger. Knows no pandas.

A list a fact, all of one length, since a frame is made a column at a time: 100,000 objects for the rows between would
take longer than all columns together. What columns share is worked out once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from runware_nb import errors
from runware_nb.api import wire
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.compare.opinions import Opinion
from runware_nb.memory.queries import Entry, Status
from runware_nb.memory.revival import revived

_LONG: Final = 1_000
"""Characters from which a string among the parameters is cut: it is a file in base64, not a setting."""
_TOLD_ELSEWHERE: Final = frozenset(
    {
        "taskType",
        "taskUUID",
        "model",
        "deliveryMethod",
        "includeCost",
        "includeUsage",
        "uploadEndpoint",
        "webhookURL",
    }
)
_JSON: Final = json.JSONEncoder(default=str, ensure_ascii=False, sort_keys=True)
_NO_POINT: Final[Mapping[str, Any]] = {}
_NO_OPINION: Final = Opinion()


@dataclass
class Facts:
    """Rows, each an output, a failure, or a task that has not ended, by what is known of them.

    Parameters
    ----------
    tasks, uuids
        What was asked; a task is None if nobody knows any more.
    statuses
        How it ended.
    results, errors
        What came of it.
    names
        Name of its run.
    created
        When it was asked.
    sandbox
        Whether the sandbox answered; None when nothing tells.
    doubtful
        Whether a failure may have been billed.
    points
        Its place on the axes of a sweep.
    notebooks, cells
        Where it was asked.
    opinions
        What people think of it.
    """

    tasks: list[Task | None] = field(default_factory=list)
    uuids: list[str] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    results: list[Result | None] = field(default_factory=list)
    errors: list[errors.RunwareError | None] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    created: list[datetime | None] = field(default_factory=list)
    sandbox: list[bool | None] = field(default_factory=list)
    doubtful: list[bool] = field(default_factory=list)
    points: list[Mapping[str, Any]] = field(default_factory=list)
    notebooks: list[str | None] = field(default_factory=list)
    cells: list[str | None] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)

    @cached_property
    def asked(self) -> list[Mapping[str, Any]]:
        """What the tasks say on the wire beyond the fields of `Task`, how many results they want included."""
        return [_NO_POINT if task is None else _asked(task) for task in self.tasks]

    @cached_property
    def prompts(self) -> list[str | None]:
        """The words they were asked with."""
        return [wire.prompt_of(asked) for asked in self.asked]

    @cached_property
    def files(self) -> list[Asset | None]:
        """The first file of each result."""
        return [result.assets[0] if result is not None and result.assets else None for result in self.results]

    @cached_property
    def items(self) -> list[Mapping[str, Any]]:
        """The results as the API sent them."""
        return [_NO_POINT if result is None else result.wire for result in self.results]

    @cached_property
    def usd(self) -> list[float | None]:
        """Prices in USD: that of a result, 0 for a failure that is not billed, None when nobody knows."""
        return [
            result.cost if result is not None else None if error is None or doubt or _may_be_billed(error) else 0.0
            for result, error, doubt in zip(self.results, self.errors, self.doubtful, strict=True)
        ]

    @property
    def seeds(self) -> list[Any]:
        """The seed the API told, else the asked one where a task makes one result: it can only be that."""
        told = [None if result is None else result.seed for result in self.results]
        return [
            asked.get("seed") if seed is None and task is not None and _makes_one(task, asked) else seed
            for seed, task, asked in zip(told, self.tasks, self.asked, strict=True)
        ]

    @property
    def media(self) -> list[str | None]:
        """The medium of each result, else the one that the task would give."""
        return [
            result.medium if result is not None else None if task is None or not (of := task.type) else of.medium
            for result, task in zip(self.results, self.tasks, strict=True)
        ]

    @property
    def kinds(self) -> list[str | None]:
        """What is typed after `%%runware`."""
        types = [None if task is None else task.type for task in self.tasks]
        return [None if of is None else of.kind for of in types]

    @property
    def texts(self) -> list[str | None]:
        """What was written."""
        return [text if isinstance(text, str) else None for text in self.told("text")]

    @property
    def codes(self) -> list[str | None]:
        """The API's code of what went wrong, else the class of the error."""
        return [None if error is None else _code(error) for error in self.errors]

    @property
    def parameters(self) -> list[str | None]:
        """What has no column of its own, as JSON with sorted keys: equal settings group together."""
        said: dict[tuple[str, ...], list[tuple[str, str]]] = {}

        def text(asked: Mapping[str, Any], words: str | None) -> str:
            names = tuple(asked)
            if names not in said:
                said[names] = [(n, f"{_JSON.encode(n)}: ") for n in sorted(names) if n not in _TOLD_ELSEWHERE]
            several = [
                f"{start}{value if type(value) is int else _JSON.encode(_shortened(value))}"
                for name, start in said[names]
                if (value := asked[name]) != words
            ]
            return f"{{{', '.join(several)}}}"

        return [
            None if task is None else text(asked, words)
            for task, asked, words in zip(self.tasks, self.asked, self.prompts, strict=True)
        ]

    def told(self, key: str) -> list[Any]:
        """Return a field of each result as the API sent it."""
        return [item[key] if key in item else None for item in self.items]  # noqa: SIM401  (twice as quick)


def of_runs(runs: Iterable[Run]) -> Facts:
    """Gather runs: of each its results by task and index, then its failures, then what has not ended."""
    facts = Facts()
    for run in runs:
        _add_run(facts, run)
    return facts


def of_entries(entries: Iterable[Entry], opinion: Callable[[str], Opinion]) -> Facts:
    """Gather rows of the ledger; `opinion` gives what is thought of what lies under a key."""
    facts = Facts()
    for entry in entries:
        _add_entry(facts, entry, opinion(entry.key))
    return facts


def _add_run(facts: Facts, run: Run) -> None:
    sandbox = [result.sandbox for result in run.results]
    made = [result.task for result in run.results]
    _add(facts, run, "done", _uuids(made), made, sandbox=sandbox, results=run.results)
    answered = [any(sandbox) if sandbox else None]
    if run.problems:
        tasks = {task.task_uuid: task for task in run.tasks}
        uuids = [uuid for uuid, _ in run.problems]
        wrong = [error for _, error in run.problems]
        failed = [tasks.get(uuid) for uuid in uuids]
        _add(facts, run, "failed", uuids, failed, sandbox=answered * len(uuids), errors=wrong)
    if unfinished := run.unfinished:
        _add(facts, run, "unfinished", _uuids(unfinished), unfinished, sandbox=answered * len(unfinished))


def _add(
    facts: Facts,
    run: Run,
    status: Status,
    uuids: Sequence[str],
    tasks: Sequence[Task | None],
    *,
    sandbox: Sequence[bool | None],
    results: Sequence[Result] | None = None,
    errors: Sequence[errors.RunwareError] | None = None,
) -> None:
    """Add rows of one run that ended alike."""
    count = len(tasks)
    facts.tasks += tasks
    facts.uuids += uuids
    facts.statuses += [status] * count
    facts.results += [None] * count if results is None else results
    facts.errors += [None] * count if errors is None else errors
    facts.names += [run.name] * count
    facts.created += [run.started] * count
    facts.sandbox += sandbox
    facts.doubtful += [False] * count
    facts.points += [run.axes.get(uuid, _NO_POINT) for uuid in uuids] if run.axes else [_NO_POINT] * count
    facts.notebooks += [run.notebook] * count
    facts.cells += [run.cell] * count
    facts.opinions += [_NO_OPINION] * count


def _uuids(tasks: Iterable[Task]) -> list[str]:
    return [task.task_uuid for task in tasks]


def _add_entry(facts: Facts, entry: Entry, opinion: Opinion) -> None:
    told = revived(entry)
    made = told.result
    facts.tasks.append(told.task)
    facts.uuids.append(entry.uuid)
    facts.statuses.append(entry.status)
    facts.results.append(made)
    facts.errors.append(told.error)
    facts.names.append(entry.name)
    facts.created.append(datetime.fromisoformat(entry.created))
    facts.sandbox.append(made.sandbox if made is not None else True if entry.api == "sandbox" else None)
    facts.doubtful.append(entry.doubtful)
    facts.points.append(told.point)
    facts.notebooks.append(entry.notebook)
    facts.cells.append(entry.cell)
    facts.opinions.append(opinion if made is not None else _NO_OPINION)


def _asked(task: Task) -> Mapping[str, Any]:
    """Return what a task says on the wire, but for its fields with a column: `to_wire` would copy it all."""
    extra = task.model_extra or {}
    return extra if task.number_results is None else {"numberResults": task.number_results, **extra}


def _makes_one(task: Task, asked: Mapping[str, Any]) -> bool:
    """Tell whether `task.count` is 1, without the microsecond it takes to be kept in each task."""
    name = of.count if (of := task.type) else "numberResults"
    count = asked.get(name, 1) if name else 1
    return not (isinstance(count, int) and count > 1)


def _may_be_billed(error: errors.RunwareError) -> bool:
    """Tell whether what failed may still run, or has run: then nobody knows its price.

    An error status of the server (502 and its like) says that no answer came, not that the task failed.
    """
    if isinstance(error, errors.Unreachable):
        return error.sent
    if isinstance(error, errors.ServerFailed):
        return error.status is not None
    return isinstance(error, errors.TaskTimeout | errors.Interrupted | errors.BadAsset)


def _code(error: errors.RunwareError) -> str:
    return error.code if isinstance(error, errors.ApiError) else type(error).__name__


def _shortened(value: Any) -> Any:
    """Cut long strings, at any depth: a frame is no place for files in base64."""
    if isinstance(value, str) and len(value) > _LONG:
        return f"{value[:40]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {k: _shortened(v) for k, v in value.items()}
    return [_shortened(v) for v in value] if isinstance(value, list) else value
