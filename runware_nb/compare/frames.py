"""Frames: runs as a pandas DataFrame. The only importer of pandas.

A new column is one row in `COLUMNS`; the docstring of `frame` and every empty frame follow from it.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

from runware_nb.api.runs import Run
from runware_nb.catalog import Model
from runware_nb.catalog.community import Entry
from runware_nb.catalog.finding import kind_of, taken
from runware_nb.compare import facts
from runware_nb.compare.alike import alike, each
from runware_nb.compare.facts import Facts
from runware_nb.compare.opinions import Opinion
from runware_nb.memory import queries

if TYPE_CHECKING:
    import pandas as pd

_INT64: Final = 2**63
_BATCH: Final = 5_000
"""Rows of the ledger that are objects at a time: a hundred thousand would be half a gigabyte, and slow to collect."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its pandas dtype, what it means, and where its values come from, before they are checked.

    What a value must be follows from the dtype (see `_CHECKS`): a number that makes no sense is missing.
    """

    name: str
    dtype: str
    meaning: str
    of: Callable[[Facts], list[Any]]


COLUMNS: Final[tuple[Column, ...]] = (
    Column("run", "string", "name of the run, if it has one", lambda f: f.names),
    Column("task_uuid", "string", "UUID of the task; the ledger and the API know it", lambda f: f.uuids),
    Column(
        "result_index",
        "Int64",
        "place among the results of its task, from 0",
        lambda f: [None if r is None else r.index for r in f.results],
    ),
    Column("status", "string", "done, failed or unfinished", lambda f: f.statuses),
    Column("kind", "string", "what is typed after %%runware", lambda f: f.kinds),
    Column("medium", "string", "image, vector, video, audio, 3d or text", lambda f: f.media),
    Column("task_type", "string", "wire name of the task type", lambda f: f.task_types),
    Column("model", "string", "AIR of the model asked", lambda f: [task and task.model for task in f.tasks]),
    Column("prompt", "string", "the words it was asked with", lambda f: f.prompts),
    Column("seed", "Int64", "seed the API used, else the one asked for", lambda f: f.seeds),
    Column(
        "cost_usd",
        "Float64",
        "USD billed; 0 for failures, NA where unknown and for sandbox rows",
        lambda f: f.real(f.usd),
    ),
    Column(
        "sandbox_usd",
        "Float64",
        "USD a sandbox row pretends to cost; NA for real rows",
        lambda f: f.pretended(f.usd),
    ),
    Column("sandbox", "boolean", "made by the sandbox: a sample, never billed", lambda f: f.sandbox),
    Column(
        "cached",
        "boolean",
        "shown again from the cache, at no cost; NA for what made nothing",
        lambda f: f.cached,
    ),
    Column(
        "saved_usd",
        "Float64",
        "USD the cache saved; NA where unknown and for sandbox rows",
        lambda f: f.real(f.saved),
    ),
    Column(
        "latency_s",
        "Float64",
        "seconds from sending to arrival",
        lambda f: [None if r is None else r.latency for r in f.results],
    ),
    Column("width", "Int64", "pixels of the kept file", lambda f: [file and file.width for file in f.files]),
    Column("height", "Int64", "pixels of the kept file", lambda f: [file and file.height for file in f.files]),
    Column("duration_s", "Float64", "seconds of the kept file", lambda f: [file and file.duration for file in f.files]),
    Column("bytes", "Int64", "bytes of the kept file", lambda f: [file and file.bytes for file in f.files]),
    Column(
        "path",
        "string",
        "where the first file is kept",
        lambda f: [file and file.path and str(file.path) for file in f.files],
    ),
    Column(
        "stored",
        "string",
        "where it is copied to, if out_dir is an address",
        lambda f: [file and file.stored for file in f.files],
    ),
    Column(
        "url",
        "string",
        "where the API serves the first file, for 7 days",
        lambda f: [file and file.url for file in f.files],
    ),
    Column(
        "media_uuid",
        "string",
        "UUID of the first file, usable as an input",
        lambda f: [file and file.uuid for file in f.files],
    ),
    Column("nsfw", "boolean", "flagged as not safe for work; NA where not checked", lambda f: f.told("NSFWContent")),
    Column("text", "string", "what was written, for text", lambda f: f.texts),
    Column("finish_reason", "string", "why a text ended", lambda f: f.told("finishReason")),
    Column("error_code", "string", "the API's code, else the class of the error", lambda f: f.codes),
    Column("error", "string", "what went wrong", lambda f: f.errors),
    Column("created", "datetime64[us, UTC]", "when the run was sent", lambda f: f.created),
    Column("parameters", "string", "JSON of the other wire parameters", lambda f: f.parameters),
    Column("notebook", "string", "notebook that asked, where its server or editor tells", lambda f: f.notebooks),
    Column("cell", "string", "id of the cell that asked, where the front end tells", lambda f: f.cells),
    Column(
        "stars",
        "Int64",
        "1 to 5, as people gave; in grids and the history",
        lambda f: each(lambda opinion: opinion.stars or None, f.opinions),
    ),
    Column(
        "note",
        "string",
        "what people noted; in grids and the history",
        lambda f: each(lambda opinion: opinion.note or None, f.opinions),
    ),
    Column(
        "tags",
        "string",
        "words joined by commas; likewise",
        lambda f: each(lambda opinion: ", ".join(opinion.tags) or None, f.opinions),
    ),
)
"""Every column of a frame, in order. Dtypes are nullable: what is missing is NA, never 0 or empty text."""


def frame(runs: Iterable[Run]) -> pd.DataFrame:
    """Lay runs out as a DataFrame: a row an output, a failure, or an unfinished task, in order of the runs.

    The axes of sweeps follow as further columns under their names, except those that have a column already, and the
    steps of chains as `step`. No runs give an empty frame with the same columns and dtypes. A failure costs 0, unless
    its outcome is unknown (no answer came, or it timed out): then, as wherever a price is unknown, the cost is NA.
    """
    return table([facts.of_runs(runs)])


def history_frame(
    entries: Iterable[queries.Entry], opinion: Callable[[str], Opinion] = lambda _: Opinion()
) -> pd.DataFrame:
    """Lay rows of the ledger out as `frame` does: the same columns, and one column for each axis.

    Parameters
    ----------
    entries
        The rows.
    opinion
        Gives what is thought of what lies under a key.
    """
    rest = iter(entries)
    with _uncollected():
        first, others = list(islice(rest, _BATCH)), iter(lambda: list(islice(rest, _BATCH)), [])
        return table(facts.of_entries(batch, opinion) for batch in chain([first], others))


def table(parts: Iterable[Facts]) -> pd.DataFrame:
    """Lay rows out as a DataFrame, a part after the other: what a part was read from may go when it is laid out."""
    import pandas as pd

    from runware_nb.compare import accessors

    accessors.register()
    arrays: dict[str, list[Any]] = {column.name: [] for column in COLUMNS}
    points: list[Mapping[str, Any]] = []
    for rows in parts:
        for column in COLUMNS:
            arrays[column.name].append(_array(column.of(rows), column.dtype))
        points += rows.points
    columns = {name: _joined(pieces) for name, pieces in arrays.items()}
    axes = dict.fromkeys(name for point in filter(None, points) for name in point if name not in columns)
    varied = {name: pd.Series([_plain(point.get(name)) for point in points]).convert_dtypes().array for name in axes}
    return pd.DataFrame({**columns, **varied}, copy=False)


def beside(table: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Join the rows of a run to the rows of the table that it was made from, by the table's index.

    A row with several results comes several times, and one with none keeps its place. Columns of the table whose
    name the run's frame has as well get the ending `_asked`.
    """
    index = str(table.index.name or "row")
    made = frame([run]).set_index(index)
    return table.merge(made, how="left", left_index=True, right_index=True, suffixes=("_asked", ""))


def models_frame(models: Iterable[Model]) -> pd.DataFrame:
    """Lay models out, a row each.

    Columns: slug, air, name, kind, creator, status, takes, capabilities, price_usd (the lowest known, of `unit`), docs.
    """
    import pandas as pd

    rows = [
        {
            "slug": m.slug, "air": m.air, "name": m.name, "kind": kind_of(m), "creator": m.creator, "status": m.status,
            "takes": ", ".join(taken(m)), "capabilities": ", ".join(m.capabilities), "price_usd": m.lowest_price,
            "unit": m.prices[0]["unit"] if m.prices else None, "docs": m.documentation,
        }
        for m in models
    ]  # fmt: skip
    columns = ["slug", "air", "name", "kind", "creator", "status", "takes", "capabilities", "price_usd", "unit", "docs"]
    dtypes = {name: "Float64" if name == "price_usd" else "string" for name in columns}
    return pd.DataFrame(rows, columns=columns).astype(dtypes)


def community_frame(entries: Iterable[Entry]) -> pd.DataFrame:
    """Lay out what a search found: air, name, category, architecture, source, provider, triggers, about, private."""
    import pandas as pd

    columns = ["air", "name", "category", "architecture", "source", "provider", "triggers", "about", "private"]
    rows = [[getattr(entry, name) for name in columns] for entry in entries]
    dtypes = {name: "boolean" if name == "private" else "string" for name in columns}
    return pd.DataFrame(rows, columns=columns).astype(dtypes)


def described() -> str:
    """Return the columns as a text table: name, dtype, meaning."""
    return "\n".join(f"{c.name:<13} {c.dtype:<20} {c.meaning}" for c in COLUMNS)


frame.__doc__ = f"{frame.__doc__}\n    Columns::\n\n        " + described().replace("\n", "\n        ") + "\n"


def _plain(value: Any) -> Any:
    """Return what a column holds of a value on an axis: numbers and text as they are, media as their name."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return _text(getattr(value, "path", None) or value)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Have nobody look for cycles meanwhile: rows make none, and each look goes through all that a kernel holds."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _joined(pieces: list[Any]) -> Any:
    """Join the pieces of a column."""
    import pandas as pd

    return pieces[0] if len(pieces) == 1 else pd.concat(list(map(pd.Series, pieces)), ignore_index=True).array


def _array(values: list[Any], dtype: str) -> Any:
    """Make one column. One that says the same everywhere, as most do in most frames, is made of that one value."""
    import pandas as pd

    some = values[:1] if alike(values) else values
    made: Any
    if dtype.startswith("datetime64"):  # times go through UTC, since pandas refuses to guess a zone
        made = pd.DatetimeIndex(pd.to_datetime(pd.Series(some, dtype="object"), utc=True)).as_unit("us").array
    else:
        kind: Any = pd.api.types.pandas_dtype(dtype)
        try:
            return kind.__from_arrow__(_arrow(some, dtype, len(values)))
        except (ImportError, TypeError, ValueError, OverflowError):  # no Arrow here, or a value that it refuses
            check = _CHECKS[dtype]
            made = pd.array([None if value is None else check(value) for value in some], dtype=kind)
    return made if some is values else made.repeat(len(values))


def _arrow(values: list[Any], dtype: str, count: int) -> Any:
    """Make a column of `count` values, or of one for all, by Arrow: several times as quick as pandas with a list.

    Memory is the system's, since that of Arrow's own pool costs more than the column where it grows.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    pool = pa.system_memory_pool()
    types = {"string": pa.large_string(), "boolean": pa.bool_(), "Int64": pa.int64(), "Float64": pa.float64()}
    strict = {"Int64": {int, type(None)}, "Float64": {float, type(None)}}  # Arrow makes 1 of 1.5
    if dtype in strict and not set(map(type, values)) <= strict[dtype]:
        raise TypeError
    array = pa.array(values, types[dtype], memory_pool=pool)
    if dtype == "Float64":
        array = pc.if_else(pc.and_(pc.is_finite(array), pc.greater_equal(array, 0)), array, None)
    return array if len(values) == count else pa.repeat(array[0], count, memory_pool=pool)


def _text(value: Any) -> str:
    """Return text that can be written as UTF-8: Parquet refuses the lone surrogates that JSON may carry."""
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _number(value: Any) -> float | None:
    """Return a finite number of 0 or more, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return None
    return float(value)


def _whole(value: Any) -> int | None:
    """Return an integer that an Int64 holds, or None."""
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT64 <= value < _INT64:
        return None
    return value


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_CHECKS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _text, "Int64": _whole, "Float64": _number, "boolean": _flag,
}  # fmt: skip
