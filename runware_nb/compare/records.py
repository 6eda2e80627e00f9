"""Records: what a task for each row of a table is made from, and what is made of it, joined to it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runware_nb.api.runs import Run
from runware_nb.compare import frames
from runware_nb.errors import ApiError, RunwareError, UsageError

if TYPE_CHECKING:
    import pandas as pd

ROW: Final = "row"
"""Column of `made` with the number of the row, from 0."""
KEPT: Final = (
    "status", "path", "stored", "text", "cost_usd", "sandbox_usd", "cached", "seed", "latency_s", "model",
    "result_index", "task_uuid", "error_code", "error",
)  # fmt: skip
"""Columns of a run's frame that are kept for each row. The rest is what was asked."""


@dataclass(frozen=True)
class Records(Sequence[Mapping[str, Any]]):
    """The rows of a table as mappings of column to value, each made when it is asked for."""

    table: Any

    @classmethod
    def of(cls, table: Any) -> Records:
        """Take a DataFrame, or what pandas makes one of: a list of dicts, a dict of lists, a Series.

        Raises
        ------
        UsageError
            When pandas makes none of it, or two columns have one name.
        """
        import pandas as pd

        try:
            frame = table if isinstance(table, pd.DataFrame) else pd.DataFrame(table)
        except (ValueError, TypeError) as error:
            raise UsageError(f"this is no table: {error}.") from None
        if not frame.columns.is_unique:
            raise UsageError("two columns of the table have the same name.")
        return cls(frame)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return Records(self.table.iloc[number])
        columns = ((str(name), self.table[name].iloc[number]) for name in self.table.columns)
        return {name: value.item() if hasattr(value, "item") else value for name, value in columns}

    def target(self, path: str | Path) -> Path:
        """Return the Parquet file to write to, or refuse what could not be written in the end.

        Raises
        ------
        UsageError
            For another ending, a folder that is not there, or columns that Parquet does not take.
        """
        file = Path(path).expanduser().absolute()
        if file.suffix != ".parquet" or not file.parent.is_dir():
            raise UsageError(f"to is {str(path)[:80]!r}, but must be a .parquet file in a folder that is there.")
        try:
            import pyarrow as pa

            pa.Schema.from_pandas(self.table)
        except ImportError:
            raise UsageError("to= wants pyarrow: pip install pyarrow.") from None
        except ValueError as error:  # pyarrow's errors are ValueErrors
            raise UsageError(f"the table cannot be written as Parquet: {' '.join(str(error).split())[:200]}.") from None
        return file

    def write(self, file: Path) -> Path:
        """Write the table as Parquet, whole or not at all, and return where it is."""
        partial = file.with_name(f".{file.name}.part")
        self.table.to_parquet(partial)
        return partial.replace(file)

    def beside(self, made: pd.DataFrame) -> pd.DataFrame:
        """Join what was made to the table, under its index. A row with several results comes several times.

        Columns of the table that have the name of one of what was made get the ending `_asked`.
        """
        import pandas as pd

        asked = self.table.iloc[made[ROW].to_numpy()]
        told = made.drop(columns=ROW).set_axis(asked.index)
        clash = {name: f"{name}_asked" for name in asked.columns if name in told.columns}
        joined: pd.DataFrame = pd.concat([asked.rename(columns=clash), told], axis=1)
        return joined


def made(run: Run, numbers: Mapping[str, int]) -> pd.DataFrame:
    """Lay a run out, a row an output or failure, with the number of the row that each is of, by task UUID."""
    table = frames.frame([run])
    kept = table[list(KEPT)].copy()
    kept[ROW] = [numbers[uuid] for uuid in table["task_uuid"]]
    return kept


def failed(numbers: Sequence[int], error: RunwareError) -> pd.DataFrame:
    """Lay rows out that were not sent."""
    table = made(Run(), {}).reindex(range(len(numbers)))
    table["status"] = "failed"
    table["error"] = str(error)
    table["error_code"] = error.code if isinstance(error, ApiError) else type(error).__name__
    table[ROW] = list(numbers)
    return table


def whole(several: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put what waves have made together, in the order of the rows."""
    import pandas as pd

    tables = list(several) or [made(Run(), {})]
    return pd.concat(tables).sort_values([ROW, "result_index"], kind="stable", ignore_index=True)
