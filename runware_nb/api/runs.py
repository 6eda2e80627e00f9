"""Run: what became of some tasks, as a value. Events go in, a new `Run` comes out; nothing here does I/O."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, overload

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.errors import RunwareError, UsageError
from runware_nb.reprs import Drawn


@dataclass(frozen=True, slots=True)
class Accepted:
    """The API has taken a task: it runs, and will be billed if it succeeds."""

    task_uuid: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A task reports how far it is, 0 to 100 percent. Few models do."""

    task_uuid: str
    percent: float


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of text, streamed."""

    task_uuid: str
    text: str = ""
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A result is here."""

    result: Result


@dataclass(frozen=True, slots=True)
class Refused:
    """A task, or one of its results, came to nothing.

    `doubtful` tells that the task may have run all the same: then it is not called failed, but of unknown outcome.
    """

    task_uuid: str
    error: RunwareError
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing more will come of a task."""

    task_uuid: str


Event = Accepted | Progress | Delta | Arrived | Refused | Closed
Stage = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, repr=False, eq=False)
class Run(Drawn, Sequence[Result]):
    """Tasks that were sent together and what came of them. A sequence of its results, in the order of the tasks.

    A run that made something never raises: its problems are on its card and in its rows. Failures cost nothing.

    Parameters
    ----------
    tasks
        What was asked, in order.
    results
        What has arrived, ordered by task and index.
    problems
        What went wrong, as pairs of task UUID and error.
    stages
        Task UUID to how far it is.
    progress
        Task UUID to percent, where a model reports it.
    partial
        Task UUID to the text streamed so far.
    started, finished
        UTC times of sending and of the last event that ended it.
    name
        What the user calls it.
    axes
        Task UUID to what it is on the axes of a sweep: name to value.
    steps
        For a chain, the name of each step to the names of those it works on, in order.
    thoughts
        Task UUID to the reasoning streamed so far.
    notebook, cell
        Where it was asked for, as far as the front end told.
    """

    tasks: tuple[Task, ...] = ()
    results: tuple[Result, ...] = ()
    problems: tuple[tuple[str, RunwareError], ...] = ()
    stages: Mapping[str, Stage] = field(default_factory=dict)
    progress: Mapping[str, float] = field(default_factory=dict)
    partial: Mapping[str, str] = field(default_factory=dict)
    started: datetime | None = None
    finished: datetime | None = None
    name: str | None = None
    axes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    steps: Mapping[str, Sequence[str]] = field(default_factory=dict)
    thoughts: Mapping[str, str] = field(default_factory=dict)
    notebook: str | None = None
    cell: str | None = None

    def __await__(self) -> Generator[Any, None, Run]:
        """Give itself: `await clip` means the same while a job runs in the background and once its run is here."""
        yield from ()
        return self

    @classmethod
    def of(cls, tasks: Sequence[Task], name: str | None = None, axes: Sequence[Mapping[str, Any]] = ()) -> Run:
        """Start a run of some tasks, now. `axes` tells of each task in turn what it is on the axes of a sweep."""
        told = {t.task_uuid: dict(point) for t, point in zip(tasks, axes, strict=False) if point}
        stages: dict[str, Stage] = {t.task_uuid: "queued" for t in tasks}
        return cls(tuple(tasks), stages=stages, started=datetime.now(UTC), name=name, axes=told)

    def after(self, event: Event) -> Run:
        """Return the run as it is after an event. Events about foreign tasks change nothing."""
        match event:
            case Accepted(uuid):
                return self._staged(uuid, "running")
            case Progress(uuid, percent):
                return self._staged(uuid, "running")._but(progress={**self.progress, uuid: percent})  # noqa: SLF001
            case Delta(uuid, text, reasoning):
                partial = {**self.partial, uuid: self.partial.get(uuid, "") + text}
                thoughts = {**self.thoughts, uuid: self.thoughts.get(uuid, "") + reasoning}
                return self._staged(uuid, "running")._but(partial=partial, thoughts=thoughts)  # noqa: SLF001
            case Arrived(result):
                return self._with(result)
            case Refused(uuid, error, _):
                return self._but(problems=(*self.problems, (uuid, error)))._settled(uuid)  # noqa: SLF001
            case Closed(uuid):
                return self._closed(uuid)

    def end(self) -> Run:
        """Return the run as ended now. Tasks that never answered stay as they were."""
        return replace(self, finished=datetime.now(UTC))

    def _staged(self, uuid: str, stage: Stage) -> Run:
        if self.stages.get(uuid) != "queued":
            return self
        return self._but(stages={**self.stages, uuid: stage})

    def _with(self, result: Result) -> Run:
        uuid = result.task.task_uuid
        if uuid not in self._places:
            return self
        first = bisect_left(self.results, self._place(result), key=self._place)
        after = bisect_right(self.results, self._place(result), key=self._place)
        return self._but(results=(*self.results[:first], result, *self.results[after:]))._settled(uuid)  # noqa: SLF001

    def _settled(self, uuid: str) -> Run:
        """Mark a task done or failed once all it asked for is here or refused."""
        if uuid not in self._places:
            return self
        made = self._made(uuid)
        wrong = sum(u == uuid for u, _ in self.problems)
        stage: Stage = "running"
        if wrong and not made:
            stage = "failed"
        elif made + wrong >= self.tasks[self._places[uuid]].count:
            stage = "done"
        return self._but(stages={**self.stages, uuid: stage})

    def _closed(self, uuid: str) -> Run:
        """Mark a task ended, even if it made fewer results than asked."""
        if uuid not in self.stages:
            return self
        wrong = any(u == uuid for u, _ in self.problems)
        return self._but(stages={**self.stages, uuid: "failed" if wrong and not self._made(uuid) else "done"})

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """Task UUID to its place among the tasks."""
        return {t.task_uuid: n for n, t in enumerate(self.tasks)}

    def _place(self, result: Result) -> tuple[int, int]:
        """Return what results are ordered by."""
        return self._places[result.task.task_uuid], result.index

    def _made(self, uuid: str) -> int:
        """Count the results of a task, which stand together."""
        place = self._places.get(uuid, -1)
        first = bisect_left(self.results, place, key=lambda r: self._places[r.task.task_uuid])
        return bisect_right(self.results, place, first, key=lambda r: self._places[r.task.task_uuid]) - first

    def _but(self, **changes: Any) -> Run:
        """Return a run of the same tasks, whose places it is told: to find those of thousands takes a millisecond."""
        run = replace(self, **changes)
        run.__dict__["_places"] = self._places
        return run

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        return self.results[index]

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        bad = f", {len(self.problems)} failed" if self.problems else ""
        box = ", sandbox" if self.sandbox else ""
        return f"<Run {self.kinds}: {len(self.results)} of {self.asked}{bad}{box}>"

    @property
    def is_streaming(self) -> bool:
        """Whether words of a text are coming."""
        return any(self.stages.get(uuid) == "running" for uuid in self.partial)

    @property
    def kinds(self) -> str:
        """What its tasks make, in their order, such as `image` or `image+video`."""
        return "+".join(dict.fromkeys(t.kind for t in self.tasks)) or "empty"

    def where(self, **point: Any) -> Run:
        """Return the part of the run at a place on its axes: `run.where(style="noir")`, or of one step of a chain.

        Raises
        ------
        UsageError
            For an axis that it does not have.
        """
        names = {name for told in self.axes.values() for name in told}
        if unknown := [name for name in point if name not in names]:
            raise UsageError(f"this run has no axis {unknown[0]!r}; its axes: {', '.join(sorted(names)) or 'none'}.")
        mine = {u for u, told in self.axes.items() if all(n in told and told[n] == v for n, v in point.items())}
        return replace(
            self,
            tasks=tuple(t for t in self.tasks if t.task_uuid in mine),
            results=tuple(r for r in self.results if r.task.task_uuid in mine),
            problems=tuple(p for p in self.problems if p[0] in mine),
            stages={u: s for u, s in self.stages.items() if u in mine},
            axes={u: told for u, told in self.axes.items() if u in mine},
        )

    def grid(self) -> Any:
        """Return a run of a sweep as a comparison grid: shown, any two axes are its rows and columns. Sends nothing.

        Raises
        ------
        UsageError
            When the run varies nothing, or its axes were taken side by side.
        """
        from importlib import import_module

        return import_module("runware_nb.door").grid_of(self)

    @property
    def asked(self) -> int:
        """How many results the tasks ask for."""
        return sum(t.count for t in self.tasks)

    @property
    def sandbox(self) -> bool:
        """Whether any result comes from the sandbox."""
        return any(r.sandbox for r in self.results)

    @property
    def cost(self) -> float | None:
        """USD billed for the results here. Sandbox results cost nothing; None when one real price is unknown."""
        return _total(r.cost for r in self.results if not r.sandbox)

    @property
    def sandbox_cost(self) -> float | None:
        """USD the sandbox's results would have cost, as it pretends."""
        return _total(r.cost for r in self.results if r.sandbox)

    @property
    def elapsed(self) -> float | None:
        """Seconds from sending to the end, or to now while it runs."""
        if self.started is None:
            return None
        return ((self.finished or datetime.now(UTC)) - self.started).total_seconds()

    @property
    def unfinished(self) -> tuple[Task, ...]:
        """Tasks that have neither all their results nor an error."""
        going = {uuid for uuid, stage in self.stages.items() if stage in {"queued", "running"}}
        return tuple(task for task in self.tasks if task.task_uuid in going) if going else ()

    @property
    def df(self) -> Any:
        """A pandas DataFrame, one row an output or failure; columns in `runware_nb.compare.frames.COLUMNS`."""
        from importlib import import_module

        return import_module("runware_nb.compare.frames").frame([self])

    def view(self) -> Any:
        """Look into its results, one at a time. Returns a widget; the last line of a cell shows it.

        Raises
        ------
        UsageError
            When none of their files is on this machine.
        """
        from importlib import import_module

        return import_module("runware_nb.widgets.viewer").Viewer(self.results)


def _total(costs: Iterator[float | None] | Any) -> float | None:
    known = list(costs)
    return None if any(c is None for c in known) else float(sum(known))
