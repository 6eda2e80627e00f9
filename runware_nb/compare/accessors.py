"""Accessor: `df.rw` on a DataFrame whose rows are ours: shown, laid out, added up, compared, brought back.

It finds rows by `task_uuid` and `result_index`, so any part of a frame of ours will do: sorted, filtered, joined,
read from Parquet. It is registered once pandas is there, never before.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runware_nb.api.runs import Run
from runware_nb.compare.comparing import Comparison, compare
from runware_nb.compare.costs import Costs, of_frame
from runware_nb.compare.costs import costs as added_up
from runware_nb.compare.exporting import RECORD
from runware_nb.errors import UnknownName, UsageError
from runware_nb.memory import records
from runware_nb.memory.queries import Entry
from runware_nb.memory.revival import run_of
from runware_nb.settings import OUTPUTS

if TYPE_CHECKING:
    import pandas as pd

NAME = "rw"


class Rows:
    """What `df.rw` is.

    Parameters
    ----------
    table
        A frame with the columns `task_uuid` and `result_index`.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        if "task_uuid" not in table.columns:
            raise AttributeError("`.rw` wants rows of runware_nb: this frame has no column task_uuid.")
        self._table = table

    def restore(self) -> Run:
        """Return its rows as one run, in their order: results with their files, failures, and what is unfinished.

        Raises
        ------
        UsageError
            When the ledger does not know all of them. `runware_nb.load` reads what was exported from elsewhere.
        """
        return self._run({})

    def gallery(self) -> Run:
        """Show its results, a card each. Returns them as a run, which a cell shows."""
        return self.restore()

    def grid(self, rows: str, cols: str) -> Run:
        """Show its results laid out by two of its columns. Returns them as a run, which a cell shows as a table.

        Raises
        ------
        UsageError
            For a column that is not there.
        """
        return self._run(self._points([rows, cols]))

    def cost(self, by: str | Sequence[str] = ()) -> Costs:
        """Add up what its rows cost, by any of its columns, `day` or `tag`: see `runware_nb.costs`.

        Raises
        ------
        UnknownName
            For a column that is not there.
        """
        names = [part.strip() for part in by.split(",") if part.strip()] if isinstance(by, str) else list(by)
        known = [*map(str, self._table.columns), "day", "tag"]
        for name in names:
            if name not in known:
                raise UnknownName("column", name[:40], known, f"Columns: {', '.join(known)}.")
        return added_up(of_frame(self._table), names)

    def compare(self, *axes: str, reference: Path | None = None) -> Comparison:
        """Compare its results by some of its columns: see `runware_nb.effects`.

        Without columns, by the axes of the sweep; else by what varies of model, prompt and seed.

        Raises
        ------
        UsageError
            For a column that is not there, or when nothing varies.
        """
        run = self._run(self._points(list(axes)) if axes else {})
        stars = self._table.get("stars")
        given = dict(zip(self._table["task_uuid"], _plain(stars, 0), strict=False)) if stars is not None else {}
        return compare(run, stars=lambda result: given.get(result.task.task_uuid), reference=reference)

    def to_parquet(self, path: str | Path) -> Path:
        """Write it as Parquet, which polars and DuckDB read as well, and return where it is."""
        target = Path(path).expanduser()
        self._table.to_parquet(target)
        return target

    def _points(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return some columns as the places of tasks on axes."""
        for name in names:
            if name not in self._table.columns:
                raise UsageError(f"there is no column {name!r}; columns: {', '.join(map(str, self._table.columns))}.")
        chosen = self._table[list(names)]
        told = chosen.astype("object").where(chosen.notna(), None).to_dict("records")
        uuids = map(str, self._table["task_uuid"])
        return {uuid: {str(k): v for k, v in point.items()} for uuid, point in zip(uuids, told, strict=True)}

    def _run(self, axes: Mapping[str, Mapping[str, Any]]) -> Run:
        session = import_module("runware_nb.door").session()
        if RECORD in self._table.columns:  # read from an export: it says all itself
            told = [json.loads(line) for line in self._table[RECORD]]
            run = records.run_of(told, [session.folder, Path.cwd() / OUTPUTS])
            return replace(run, axes=axes) if axes else run
        numbers = self._table.get("result_index")
        uuids = [str(uuid) for uuid in self._table["task_uuid"]]
        wanted = list(zip(uuids, _plain(numbers, len(uuids)), strict=True))
        here: dict[tuple[str, int | None], Entry] = {(e.uuid, e.number): e for e in session.past().rows(uuids)}
        missing = [name for name in wanted if name not in here]
        if missing:
            raise UsageError(
                f"the ledger does not know {len(missing)} of these {len(wanted)} rows, such as {missing[0][0][:8]}:"
                " they were made elsewhere. runware_nb.load brings them back from what was exported there."
            )
        run = run_of(here[name] for name in wanted)
        return replace(run, axes=axes) if axes else run


def _plain(numbers: Any, count: int) -> list[int | None]:
    """Return numbers without pandas' own words for none."""
    if numbers is None:
        return [0] * count
    return [None if missing else int(n) for n, missing in zip(numbers, numbers.isna(), strict=True)]


def register() -> bool:
    """Give DataFrames `.rw`, if pandas is there and has it not yet. Returns whether it has it now."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return False
    if NAME not in getattr(pandas.DataFrame, "_accessors", ()):
        pandas.api.extensions.register_dataframe_accessor(NAME)(Rows)
    return True
