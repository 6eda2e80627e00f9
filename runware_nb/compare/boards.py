"""Board: the cells of a comparison grid, one for each point that its axes span, as plain state.

Nothing here sends, waits or draws. What runs a board tells it what became of tasks; what shows it asks for a page: two
axes laid out as rows and columns, the others held at one value each. Re-pivoting is asking for another page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final, Literal, get_args

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.errors import RunwareError, UnknownName, UsageError

State = Literal["idle", "queued", "running", "done", "failed", "stopped"]
"""How far a cell is. `idle` was never asked for; `stopped` was, and waiting for it ended: it may be billed."""
Filter = Literal["all", "failed", "different", "rated", "unrated"]
Sort = Literal["order", "cost", "time", "rating", "failed"]
LARGEST: Final = 10_000
"""Cells of one board."""
_ALIKE: Final = 3
"""Bits of 64 in which the difference hashes of two pictures may differ while they look the same."""


@dataclass(slots=True)
class Cell:
    """One place of a board.

    Parameters
    ----------
    id
        Its number, from 0, in the order in which cells came to be. It never changes.
    point
        The index of its value on each axis, in the order of the axes.
    task
        What it asks for.
    state
        How far it is.
    results
        What it made.
    error
        Why it made nothing, or less.
    percent
        How far its task is, where the model reports it.
    likely
        Likely price in USD; None if unknown.
    looks
        Difference hash of its picture, by which cells that look the same are told; None for what is no picture.
    """

    id: int
    point: tuple[int, ...]
    task: Task
    state: State = "idle"
    results: tuple[Result, ...] = ()
    error: RunwareError | None = None
    percent: float | None = None
    likely: float | None = None
    looks: int | None = None

    @property
    def result(self) -> Result | None:
        """The first thing it made."""
        return self.results[0] if self.results else None

    @property
    def cost(self) -> float | None:
        """USD that its results were priced at, wherever they came from; None if unknown."""
        prices = [r.price for r in self.results]
        return sum(p for p in prices if p is not None) if prices and None not in prices else None

    @property
    def seconds(self) -> float | None:
        """Seconds from sending to the arrival of its last result; None if unknown."""
        return max((r.latency for r in self.results if r.latency is not None), default=None)


@dataclass(frozen=True, slots=True)
class Pivot:
    """Which axes lie where.

    Parameters
    ----------
    rows, cols
        Names of axes; None for one row, one column.
    pages
        Of each other axis, the index of the value shown.
    filter
        Which rows are shown: all, or those with a cell that failed, is rated, is done and not rated; or whose
        results are not all the same.
    sort
        What rows are ordered by: their place on the axis, mean cost, mean time, mean rating (best first), failures.
    size
        Pixels of a cell's picture, 64 to 384.
    """

    rows: str | None = None
    cols: str | None = None
    pages: Mapping[str, int] = field(default_factory=dict)
    filter: Filter = "all"
    sort: Sort = "order"
    size: int = 160


@dataclass(frozen=True, slots=True)
class Line:
    """A row or column of a page: its value's index on its axis, and its cells."""

    index: int
    cells: tuple[Cell, ...]

    def mean(self, what: Callable[[Cell], float | None]) -> float | None:
        """Return the mean of what is known of its cells; None when nothing is."""
        known = [value for value in map(what, self.cells) if value is not None]
        return sum(known) / len(known) if known else None

    @property
    def cost(self) -> float | None:
        """USD that its cells were priced at together; None when no price is known."""
        known = [cell.cost for cell in self.cells if cell.cost is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class Page:
    """What is on screen: rows and columns, and how many rows the filter leaves out."""

    rows: tuple[Line, ...]
    cols: tuple[Line, ...]
    hidden: int = 0

    @property
    def ids(self) -> list[int]:
        """The ids of its cells, row by row."""
        return [cell.id for row in self.rows for cell in row.cells]


class Board:
    """Cells along axes.

    Parameters
    ----------
    axes
        Name to values; the first varies slowest.
    make
        Gives the task of a point, or refuses it.
    stars
        Gives the stars of a cell, 1 to 5, or None.

    Raises
    ------
    UsageError
        For an axis without values, or more than 10,000 cells.
    """

    def __init__(
        self,
        axes: Mapping[str, Sequence[Any]],
        make: Callable[[Mapping[str, Any]], Task],
        stars: Callable[[Cell], int | None] = lambda _: None,
    ) -> None:
        self._make = make
        self._stars = stars
        self.axes: dict[str, list[Any]] = {}
        self.cells: list[Cell] = []
        self._at: dict[tuple[int, ...], Cell] = {}
        self._of: dict[str, Cell] = {}
        _check(axes)
        self.axes = {name: list(values) for name, values in axes.items()}
        self._fill()

    def __len__(self) -> int:
        return len(self.cells)

    def extend(self, axis: str, values: Iterable[Any]) -> list[Cell]:
        """Add values to an axis, and return the cells that they bring. Those that are there stay as they are.

        Raises
        ------
        UsageError
            For an axis that is not there, or too many cells. Then nothing is changed.
        """
        self._known(axis)
        fresh = [value for value in values if value not in self.axes[axis]]
        longer = {**self.axes, axis: [*self.axes[axis], *fresh]}
        _check(longer)
        before, old = len(self.cells), self.axes
        self.axes = longer
        try:
            self._fill()
        except RunwareError:
            self.axes = old
            raise
        return self.cells[before:]

    def _fill(self) -> None:
        """Make the cells of all points that have none. If one is refused, none is added."""
        points = [p for p in product(*(range(len(v)) for v in self.axes.values())) if p not in self._at]
        fresh = [Cell(len(self.cells) + n, p, self._make(self.named(p))) for n, p in enumerate(points)]
        for cell in fresh:
            self.cells.append(cell)
            self._at[cell.point] = cell
            self._of[cell.task.task_uuid] = cell

    def named(self, point: Sequence[int]) -> dict[str, Any]:
        """Return the values at a point, by axis."""
        return {name: values[index] for (name, values), index in zip(self.axes.items(), point, strict=True)}

    def place(self, cell: Cell) -> dict[str, Any]:
        """Return where a cell is: its value on each axis."""
        return self.named(cell.point)

    def cell_of(self, task_uuid: str) -> Cell | None:
        """Return the cell of a task."""
        return self._of.get(task_uuid)

    def again(self, cell: Cell) -> Task:
        """Give a cell a task of its own anew, for a further try, and return it. A UUID is used once."""
        del self._of[cell.task.task_uuid]
        fields = {k: v for k, v in cell.task.to_wire().items() if k != "taskUUID"}
        cell.task, cell.error, cell.percent = Task.of(fields), None, None
        self._of[cell.task.task_uuid] = cell
        return cell.task

    def count(self, state: State) -> int:
        """Return how many cells are in a state."""
        return sum(cell.state == state for cell in self.cells)

    @property
    def spent(self) -> float:
        """USD that what was made and not here already was priced at; play money in the sandbox."""
        return sum(r.cost or 0 for cell in self.cells for r in cell.results)

    def start(self) -> Pivot:
        """Return the pivot to begin with: the last axis across, the one before it down, the others as pages."""
        names = list(self.axes)
        cols = names[-1] if names else None
        rows = names[-2] if len(names) > 1 else None
        if rows is None and cols is not None and len(self.axes[cols]) > _WIDE:
            rows, cols = cols, None
        return self.settled(Pivot(rows, cols))

    def settled(self, pivot: Pivot) -> Pivot:
        """Return a pivot as it can be shown: each axis in one place, pages within their axes.

        Raises
        ------
        UnknownName
            For an axis, a filter or an order that is not there.
        """
        for name in (pivot.rows, pivot.cols):
            if name is not None:
                self._known(name)
        for what, given, known in (("filter", pivot.filter, Filter), ("order", pivot.sort, Sort)):
            if given not in get_args(known):
                raise UnknownName(what, str(given)[:40], get_args(known))
        cols = None if pivot.cols == pivot.rows else pivot.cols
        rest = [name for name in self.axes if name not in {pivot.rows, cols}]
        pages = {name: min(max(0, int(pivot.pages.get(name, 0))), len(self.axes[name]) - 1) for name in rest}
        return replace(pivot, cols=cols, pages=pages, size=min(max(64, int(pivot.size)), 384))

    def page(self, pivot: Pivot) -> Page:
        """Lay a page out."""
        pivot = self.settled(pivot)
        across, down = self._indices(pivot.cols), self._indices(pivot.rows)
        lines = [Line(r, tuple(self._at[self._point(pivot, r, c)] for c in across)) for r in down]
        rows = sorted((line for line in lines if self._passes(line, pivot.filter)), key=self._order(pivot.sort))
        cols = [Line(c, tuple(row.cells[n] for row in rows)) for n, c in enumerate(across)]
        return Page(tuple(rows), tuple(cols), len(lines) - len(rows))

    def line(self, cell: Cell, axis: str) -> list[Cell]:
        """Return the cells that differ from one on one axis alone, itself among them."""
        number = list(self.axes).index(axis)
        before, after = cell.point[:number], cell.point[number + 1 :]
        return [self._at[(*before, n, *after)] for n in range(len(self.axes[axis]))]

    def twin(self, cell: Cell) -> Cell | None:
        """Return a cell before this one that differs from it on one axis and looks, or reads, the same."""
        if cell.result is None:
            return None
        others = (other for axis in self.axes for other in self.line(cell, axis) if other.id < cell.id)
        return next((other for other in others if alike(cell, other)), None)

    def _known(self, axis: str) -> None:
        if axis not in self.axes:
            raise UnknownName("axis", str(axis)[:40], self.axes, f"Axes: {', '.join(self.axes) or 'none'}.")

    def _indices(self, axis: str | None) -> range:
        return range(1 if axis is None else len(self.axes[axis]))

    def _point(self, pivot: Pivot, row: int, col: int) -> tuple[int, ...]:
        on_axis = {pivot.rows: row, pivot.cols: col}
        return tuple(on_axis.get(name, pivot.pages.get(name, 0)) for name in self.axes)

    def _passes(self, line: Line, wanted: Filter) -> bool:
        match wanted:
            case "failed":
                return any(cell.state == "failed" for cell in line.cells)
            case "rated":
                return any(self._stars(cell) for cell in line.cells)
            case "unrated":
                return any(cell.state == "done" and not self._stars(cell) for cell in line.cells)
            case "different":
                made = [cell for cell in line.cells if cell.result]
                return any(not alike(made[0], other) for other in made[1:])
            case _:
                return True

    def _order(self, wanted: Sort) -> Callable[[Line], Any]:
        match wanted:
            case "cost":
                return lambda line: _last_if_none(line.mean(lambda cell: cell.cost))
            case "time":
                return lambda line: _last_if_none(line.mean(lambda cell: cell.seconds))
            case "rating":
                return lambda line: -(line.mean(self._stars) or 0)
            case "failed":
                return lambda line: -sum(cell.state == "failed" for cell in line.cells)
            case _:
                return lambda line: line.index


_WIDE: Final = 12
"""Values of a lone axis above which it goes down the page, not across."""


def alike(one: Cell, other: Cell) -> bool:
    """Tell whether two cells made what looks, or reads, the same. It says nothing of quality."""
    if one.result is None or other.result is None:
        return False
    if one.looks is not None and other.looks is not None:
        return (one.looks ^ other.looks).bit_count() <= _ALIKE
    if one.result.text is not None and other.result.text is not None:
        return one.result.text.split() == other.result.text.split()
    paths = one.result.path, other.result.path
    return all(paths) and paths[0] == paths[1]  # files are named by their content


def _last_if_none(value: float | None) -> float:
    return math.inf if value is None else value


def _check(axes: Mapping[str, Sequence[Any]]) -> None:
    for name, values in axes.items():
        if not values:
            raise UsageError(f"{name} is an empty list: give it values, or leave it out.")
        if len(values) > len({_hashable(v) for v in values}):
            raise UsageError(f"{name} has a value twice: each value of an axis is asked for once.")
    size = math.prod(len(values) for values in axes.values())
    if size > LARGEST:
        raise UsageError(f"this makes {size:,} cells, but a grid has at most {LARGEST:,}: split it.")


def _hashable(value: Any) -> Any:
    """Return what tells equal values from different ones; what cannot be hashed is told by its place in memory."""
    try:
        hash(value)
    except TypeError:
        return repr(value) if isinstance(value, list | dict | set) else id(value)
    return value if not isinstance(value, bool) else (bool, value)
