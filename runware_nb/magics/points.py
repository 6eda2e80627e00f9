"""Points: what a cell varies. A `sweep:` of named axes, `for_each:` row of a table, and several prompts.

Each point is a name-to-value mapping. What `{{ }}` in the cell mentions is a variable there; any other axis is a
parameter of the model. So `sweep: {style: [noir, ukiyo-e], seed: [1, 2]}` over `{{ topic }}, {{ style }}` varies the
words by style and the parameter by seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from runware_nb.compare.sweeps import LARGEST, LARGEST_AGREED, Sweep
from runware_nb.errors import UnknownName, UsageError
from runware_nb.magics import templates
from runware_nb.magics.grammar import RESERVED, Command

PROMPT: Final = "prompt"
ROW: Final = "row"


@dataclass(frozen=True, slots=True)
class Point:
    """One task of a cell: its place on the axes, and what `{{ }}` and the parameters are there.

    Parameters
    ----------
    axes
        Name to value, as the run and its frame tell it.
    variables
        What `{{ }}` sees besides the notebook's variables.
    parameters
        Parameters of the model that vary.
    prompt
        The prompt, not yet filled in; None where the cell has none.
    """

    axes: Mapping[str, Any]
    variables: Mapping[str, Any]
    parameters: Mapping[str, Any]
    prompt: str | None


def points(command: Command, names: Mapping[str, Any]) -> list[Point]:
    """Return the points of a cell, prompts varying slowest, then rows, then the axes of the sweep.

    Raises
    ------
    UsageError
        For an axis that is no list, too many points, or a `--grid` on an axis that is not there.
    """
    axes = _axes(command.block.get("sweep"), names)
    rows = _rows(command.block.get("for_each"), names)
    agreed = "max_cost" in command.options
    sweep = Sweep(axes, paired=bool(command.block.get("zip")), most=LARGEST_AGREED if agreed else LARGEST)
    prompts = command.prompts or (None,)
    Sweep({PROMPT: prompts, ROW: rows, "": list(sweep)}, most=sweep.most)  # the limit is on all together
    mentioned = set() if command.is_literal else templates.mentioned([*command.prompts, _parameters(command)])
    order = _order(command, [*([PROMPT] if len(prompts) > 1 else []), *([rows[0][0]] if rows[0][0] else []), *axes])
    found = []
    for prompt, (index, key, row), varied in product(prompts, rows, sweep):
        told = {**({PROMPT: prompt} if len(prompts) > 1 else {}), **({index: key} if index else {}), **varied}
        parameters = {k: v for k, v in varied.items() if k not in mentioned}
        found.append(Point({k: told[k] for k in order}, {**row, **varied}, parameters, prompt))
    return found


def _parameters(command: Command) -> dict[str, Any]:
    return {k: v for k, v in command.block.items() if k not in RESERVED}


def _axes(sweep: Any, names: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    if sweep is None:
        return {}
    filled = templates.fill(sweep, names)
    if not isinstance(filled, Mapping) or not filled:
        raise UsageError("sweep wants names with a list of values each, such as sweep: {style: [noir, ukiyo-e]}.")
    axes: dict[str, Sequence[Any]] = {}
    for name, values in filled.items():
        if not str(name).isidentifier() or str(name) in RESERVED:
            raise UsageError(f"{str(name)[:40]!r} cannot be the name of an axis: use letters, digits and _.")
        axes[str(name)] = _values(str(name), values)
    return axes


def _values(name: str, values: Any) -> list[Any]:
    """Take lists, tuples, ranges, sets of a frame's column, and one-dimensional arrays for lists."""
    if hasattr(values, "tolist") and getattr(values, "ndim", None) == 1:
        values = values.tolist()
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Sequence):
        raise UsageError(f"the axis {name} has no list of values: write {name}: [one, two].")
    return list(values)


def _rows(data: Any, names: Mapping[str, Any]) -> list[tuple[str | None, Any, Mapping[str, Any]]]:
    """Return name and value of the index, and the columns, for each row of a DataFrame or a list of mappings."""
    if data is None:
        return [(None, None, {})]
    table = templates.fill(data, names)
    if hasattr(table, "iterrows"):
        index = str(table.index.name or ROW)
        return [(index, key, {str(k): v for k, v in row.items()}) for key, row in table.iterrows()] or _no_rows()
    if isinstance(table, Sequence) and table and all(isinstance(row, Mapping) for row in table):
        return [(ROW, number, {str(k): v for k, v in row.items()}) for number, row in enumerate(table)]
    raise UsageError("for_each wants a DataFrame or a list of mappings: for_each: {{ df }}.")


def _no_rows() -> Any:
    raise UsageError("for_each has no rows, so there is nothing to make.")


def _order(command: Command, axes: list[str]) -> list[str]:
    """Put the axis of the rows of `--grid` first and that of its columns last: so a run is laid out."""
    grid = command.options.get("grid", ())
    for name in grid:
        if name not in axes:
            raise UnknownName("axis", name[:40], axes, f"This cell varies {', '.join(axes) or 'nothing'}.")
    if len(grid) > 2 or len(set(grid)) < len(grid):  # noqa: PLR2004  (rows and columns)
        raise UsageError("--grid takes one axis, or two: rows,columns.")
    rows, columns = (grid[:1], grid[1:]) if len(grid) == 2 else ((), grid)  # noqa: PLR2004
    return [*rows, *(name for name in axes if name not in grid), *columns]
