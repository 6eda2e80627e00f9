"""Facts: what the columns of a frame are read from, gathered from runs or from rows of the ledger. Knows no pandas.

A list a fact, all of one length, since a frame is made a column at a time: 100,000 objects for the rows between would
take longer than all columns together. What columns share is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from runware_nb import errors
from runware_nb.api import wire
from runware_nb.api.results import Asset, Result, price_in, seed_in
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.compare.alike import alike, each
from runware_nb.compare.opinions import Opinion
from runware_nb.compare.parameters import settings
from runware_nb.memory.queries import Entry, Status
from runware_nb.memory.revival import revived

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
    def task_types(self) -> list[str | None]:
        """Wire names of their task types."""
        return [None if task is None else task.task_type for task in self.tasks]

    @cached_property
    def types(self) -> list[wire.TaskType | None]:
        """The rows of their task types."""
        return each(lambda name: None if name is None else wire.BY_NAME.get(name), self.task_types)

    @cached_property
    def numbers(self) -> list[int | None]:
        """How many results they want by `numberResults`."""
        return [None if task is None else task.number_results for task in self.tasks]

    @cached_property
    def asked(self) -> list[Mapping[str, Any]]:
        """What the tasks say on the wire beyond the fields of `Task`."""
        return [_NO_POINT if task is None else task.model_extra or _NO_POINT for task in self.tasks]

    @cached_property
    def prompts(self) -> list[str | None]:
        """The words they were asked with."""
        return [
            words if type(words := asked.get("positivePrompt")) is str else wire.prompt_of(asked)
            for asked in self.asked
        ]

    @cached_property
    def files(self) -> list[Asset | None]:
        """The first file of each result."""
        return [result.assets[0] if result is not None and result.assets else None for result in self.results]

    @cached_property
    def items(self) -> list[Mapping[str, Any]]:
        """The results as the API sent them."""
        return [_NO_POINT if result is None else result.wire for result in self.results]

    @cached_property
    def cached(self) -> list[bool | None]:
        """Whether the results were here already."""
        return [None if result is None else result.cached for result in self.results]

    @cached_property
    def prices(self) -> list[float | None]:
        """Prices of the results in USD as the API told them, None when nobody knows."""
        return each(price_in, self.told("cost"))

    @cached_property
    def usd(self) -> list[float | None]:
        """What they cost in USD: results their price or 0 from the cache, failures 0 unless they may be billed."""
        if not any(self.cached) and not any(self.errors):
            return self.prices
        free = each(_is_free, self.errors)
        return [
            0.0 if cached or (is_free and cached is None and not doubt) else price
            for price, cached, is_free, doubt in zip(self.prices, self.cached, free, self.doubtful, strict=True)
        ]

    @property
    def saved(self) -> list[float | None]:
        """What the cache saved in USD."""
        return [
            price if cached else None if cached is None else 0.0
            for price, cached in zip(self.prices, self.cached, strict=True)
        ]

    @property
    def seeds(self) -> list[Any]:
        """The seed the API told, else the asked one where a task makes one result: it can only be that."""
        told = each(seed_in, self.told("seed"))
        if None not in told:
            return told
        names = each(lambda of: of.count if of else "numberResults", self.types)
        counts = self.numbers
        if not alike(names) or names[0] != "numberResults":
            counts = [
                number if name == "numberResults" else asked.get(name or "")
                for name, number, asked in zip(names, self.numbers, self.asked, strict=True)
            ]
        meant = [asked.get("seed") for asked in self.asked]
        if any(counts):
            meant = [seed if _is_one(count) else None for seed, count in zip(meant, counts, strict=True)]
        if alike(told):
            return meant
        return [known if seed is None else seed for seed, known in zip(told, meant, strict=True)]

    @property
    def media(self) -> list[str | None]:
        """The medium of each result, else the one that the task would give."""
        media = [None if file is None else file.medium for file in self.files]
        if None not in media:
            return media
        return [
            medium if medium is not None else result.medium if result is not None else None if of is None else of.medium
            for medium, result, of in zip(media, self.results, self.types, strict=True)
        ]

    @property
    def kinds(self) -> list[str | None]:
        """What is typed after `%%runware`."""
        return each(lambda of: of and of.kind, self.types)

    @property
    def texts(self) -> list[str | None]:
        """What was written."""
        return each(lambda text: text if isinstance(text, str) else None, self.told("text"))

    @property
    def codes(self) -> list[str | None]:
        """The API's code of what went wrong, else the class of the error."""
        return each(_code, self.errors)

    @property
    def parameters(self) -> list[str | None]:
        """What has no column of its own, as JSON with sorted keys: equal settings group together."""
        texts: list[str | None] = [*settings(self.asked, self.numbers, self.prompts)]
        for row, task in enumerate(self.tasks):
            if task is None:
                texts[row] = None
        return texts

    def real(self, usd: list[float | None]) -> list[float | None]:
        """Return amounts without play money."""
        if not any(self.sandbox):
            return usd
        return [None if play else amount for play, amount in zip(self.sandbox, usd, strict=True)]

    def pretended(self, usd: list[float | None]) -> list[float | None]:
        """Return amounts of play money alone."""
        if not any(self.sandbox):
            return [None] * len(usd)
        return [amount if play else None for play, amount in zip(self.sandbox, usd, strict=True)]

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


def _is_one(count: Any) -> bool:
    return not (isinstance(count, int) and count > 1)


def _is_free(error: errors.RunwareError | None) -> bool:
    return error is not None and not _may_be_billed(error)


def _may_be_billed(error: errors.RunwareError) -> bool:
    """Tell whether what failed may still run, or has run: then nobody knows its price.

    An error status of the server (502 and its like) says that no answer came, not that the task failed.
    """
    if isinstance(error, errors.Unreachable):
        return error.sent
    if isinstance(error, errors.ServerFailed):
        return error.status is not None
    return isinstance(error, errors.TaskTimeout | errors.Interrupted | errors.BadAsset)


def _code(error: errors.RunwareError | None) -> str | None:
    if error is None:
        return None
    return error.code if isinstance(error, errors.ApiError) else type(error).__name__
