"""The frame of runs and of the ledger made the plain way, a row at a time: what the quick way is held against."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd

from runware_nb import errors
from runware_nb.api import wire
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.api.tasks import Task
from runware_nb.compare.opinions import Opinion
from runware_nb.memory import queries
from runware_nb.memory.revival import revived

_INT64: Final = 2**63
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


@dataclass(frozen=True, slots=True)
class Row:
    """One row before it is split into columns: an output, a failure, or a task that has not ended.

    Parameters
    ----------
    task, uuid
        What was asked; None if nobody knows any more.
    status
        How it ended.
    result, error
        What came of it.
    run
        Name of its run.
    created
        When it was asked.
    sandbox
        Whether the sandbox answered; None when nothing tells.
    doubtful
        Whether a failure may have been billed.
    point
        Its place on the axes of a sweep.
    notebook, cell
        Where it was asked.
    opinion
        What people think of it.
    """

    task: Task | None
    uuid: str
    status: Literal["done", "failed", "unfinished"]
    result: Result | None = None
    error: errors.RunwareError | None = None
    run: str | None = None
    created: datetime | None = None
    sandbox: bool | None = None
    doubtful: bool = False
    point: Mapping[str, Any] = field(default_factory=dict)
    notebook: str | None = None
    cell: str | None = None
    opinion: Opinion = field(default_factory=Opinion)
    asked: Mapping[str, Any] = field(init=False, default_factory=dict)
    """The task on the wire, which several columns are read from."""
    file: Asset | None = field(init=False, default=None)
    """The first file of the result, likewise."""

    def __post_init__(self) -> None:
        if self.task:
            object.__setattr__(self, "asked", self.task.to_wire())
        if self.result is not None:
            object.__setattr__(self, "file", self.result.asset)

    @property
    def prompt(self) -> str | None:
        """The words it was asked with."""
        return wire.prompt_of(self.asked) if self.task else None

    @property
    def usd(self) -> float | None:
        """Price in USD: that of the result, 0 for a failure that is not billed, None when nobody knows."""
        if self.result:
            return _number(self.result.cost)
        return 0.0 if self.error and not (self.doubtful or _may_be_billed(self.error)) else None

    def fact(self, name: str) -> Any:
        """Return a fact of the result's first file, or None."""
        return getattr(self.file, name) if self.file else None

    def told(self, key: str) -> Any:
        """Return a field of the result as the API sent it, or None."""
        return self.result.wire.get(key) if self.result else None


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its pandas dtype, what it means, and how a row fills it."""

    name: str
    dtype: str
    meaning: str
    of: Callable[[Row], Any]


COLUMNS: Final[tuple[Column, ...]] = (
    Column("run", "string", "name of the run, if it has one", lambda r: _text(r.run)),
    Column("task_uuid", "string", "UUID of the task; the ledger and the API know it", lambda r: _text(r.uuid)),
    Column(
        "result_index",
        "Int64",
        "place among the results of its task, from 0",
        lambda r: _whole(r.result.index) if r.result else None,
    ),
    Column("status", "string", "done, failed or unfinished", lambda r: r.status),
    Column("kind", "string", "what is typed after %%runware", lambda r: _text(_kind(r.task))),
    Column("medium", "string", "image, vector, video, audio, 3d or text", lambda r: _text(_medium(r))),
    Column("task_type", "string", "wire name of the task type", lambda r: _text(r.task and r.task.task_type)),
    Column("model", "string", "AIR of the model asked", lambda r: _text(r.task and r.task.model)),
    Column("prompt", "string", "the words it was asked with", lambda r: _text(r.prompt)),
    Column("seed", "Int64", "seed the API used, else the one asked for", lambda r: _whole(_seed(r))),
    Column(
        "cost_usd",
        "Float64",
        "USD billed; 0 for failures, NA where unknown and for sandbox rows",
        lambda r: None if r.sandbox else r.usd,
    ),
    Column(
        "sandbox_usd",
        "Float64",
        "USD a sandbox row pretends to cost; NA for real rows",
        lambda r: r.usd if r.sandbox else None,
    ),
    Column("sandbox", "boolean", "made by the sandbox: a sample, never billed", lambda r: r.sandbox),
    Column(
        "cached",
        "boolean",
        "shown again from the cache, at no cost; NA for what made nothing",
        lambda r: r.result.cached if r.result else None,
    ),
    Column(
        "saved_usd",
        "Float64",
        "USD the cache saved; NA where unknown and for sandbox rows",
        lambda r: _number(r.result.saved) if r.result and not r.sandbox else None,
    ),
    Column(
        "latency_s",
        "Float64",
        "seconds from sending to arrival",
        lambda r: _number(r.result.latency) if r.result else None,
    ),
    Column("width", "Int64", "pixels of the kept file", lambda r: _whole(r.fact("width"))),
    Column("height", "Int64", "pixels of the kept file", lambda r: _whole(r.fact("height"))),
    Column("duration_s", "Float64", "seconds of the kept file", lambda r: _number(r.fact("duration"))),
    Column("bytes", "Int64", "bytes of the kept file", lambda r: _whole(r.fact("bytes"))),
    Column("path", "string", "where the first file is kept", lambda r: _text(r.fact("path"))),
    Column("stored", "string", "where it is copied to, if out_dir is an address", lambda r: _text(r.fact("stored"))),
    Column("url", "string", "where the API serves the first file, for 7 days", lambda r: _text(r.fact("url"))),
    Column("media_uuid", "string", "UUID of the first file, usable as an input", lambda r: _text(r.fact("uuid"))),
    Column(
        "nsfw",
        "boolean",
        "flagged as not safe for work; NA where not checked",
        lambda r: _flag(r.told("NSFWContent")),
    ),
    Column("text", "string", "what was written, for text", lambda r: _text(r.result.text) if r.result else None),
    Column("finish_reason", "string", "why a text ended", lambda r: _text(r.told("finishReason"))),
    Column("error_code", "string", "the API's code, else the class of the error", lambda r: _text(_code(r.error))),
    Column("error", "string", "what went wrong", lambda r: _text(r.error)),
    Column("created", "datetime64[us, UTC]", "when the run was sent", lambda r: r.created),
    Column("parameters", "string", "JSON of the other wire parameters", lambda r: _text(_parameters(r))),
    Column("notebook", "string", "notebook that asked, where its server or editor tells", lambda r: _text(r.notebook)),
    Column("cell", "string", "id of the cell that asked, where the front end tells", lambda r: _text(r.cell)),
    Column("stars", "Int64", "1 to 5, as people gave; in grids and the history", lambda r: r.opinion.stars or None),
    Column("note", "string", "what people noted; in grids and the history", lambda r: _text(r.opinion.note or None)),
    Column("tags", "string", "words joined by commas; likewise", lambda r: _text(", ".join(r.opinion.tags) or None)),
)


def reference(rows: Iterable[Row]) -> pd.DataFrame:
    """Lay rows out as a DataFrame, a row and a value at a time."""
    several = list(rows)
    columns = {c.name: _array([c.of(row) for row in several], c.dtype) for c in COLUMNS}
    axes = dict.fromkeys(name for row in several for name in row.point if name not in columns)
    varied = {name: pd.Series([_plain(row.point.get(name)) for row in several]).convert_dtypes().array for name in axes}
    return pd.DataFrame({**columns, **varied})


def _plain(value: Any) -> Any:
    """Return what a column holds of a value on an axis: numbers and text as they are, media as their name."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return _text(getattr(value, "path", None) or value)


def _array(values: list[Any], dtype: str) -> Any:
    """Make one column. Times go through UTC, since pandas refuses to guess a zone."""
    if dtype.startswith("datetime64"):
        return pd.DatetimeIndex(pd.to_datetime(pd.Series(values, dtype="object"), utc=True)).as_unit("us").array
    return pd.array(values, dtype=dtype)  # type: ignore[call-overload,unused-ignore]


def rows_of(run: Run) -> Iterator[Row]:
    """Split a run into rows: results by task and index, then failures, then what has not ended."""
    tasks = {t.task_uuid: t for t in run.tasks}
    answered = run.sandbox if run.results else None
    whole = {"run": run.name, "created": run.started, "notebook": run.notebook, "cell": run.cell}

    def row(uuid: str, status: Literal["done", "failed", "unfinished"], task: Task | None, **facts: Any) -> Row:
        return Row(task, uuid, status, point=run.axes.get(uuid, {}), **{"sandbox": answered, **whole, **facts})

    for result in run.results:
        yield row(result.task.task_uuid, "done", result.task, result=result, sandbox=result.sandbox)
    for uuid, error in run.problems:
        yield row(uuid, "failed", tasks.get(uuid), error=error)
    for task in run.unfinished:
        yield row(task.task_uuid, "unfinished", task)


def row_of(entry: queries.Entry, opinion: Opinion) -> Row:
    """Make a row of one of the ledger."""
    told = revived(entry)
    sandbox = told.result.sandbox if told.result else True if entry.api == "sandbox" else None
    return Row(
        told.task, entry.uuid, entry.status, told.result, told.error, entry.name,
        datetime.fromisoformat(entry.created), sandbox, entry.doubtful, told.point, entry.notebook, entry.cell,
        opinion if told.result else Opinion(),
    )  # fmt: skip


def _may_be_billed(error: errors.RunwareError) -> bool:
    """Tell whether what failed may still run, or has run: then nobody knows its price.

    An error status of the server (502 and its like) says that no answer came, not that the task failed.
    """
    if isinstance(error, errors.Unreachable):
        return error.sent
    if isinstance(error, errors.ServerFailed):
        return error.status is not None
    return isinstance(error, errors.TaskTimeout | errors.Interrupted | errors.BadAsset)


def _kind(task: Task | None) -> str | None:
    return task.type.kind if task and task.type else None


def _medium(row: Row) -> str | None:
    if row.result:
        return row.result.medium
    return row.task.type.medium if row.task and row.task.type else None


def _seed(row: Row) -> Any:
    """Return the seed the API told, else the asked one where a task makes one result: it can only be that."""
    told = row.result.seed if row.result else None
    if told is None and row.task and row.task.count == 1:
        return row.asked.get("seed")
    return told


def _code(error: errors.RunwareError | None) -> str | None:
    if error is None:
        return None
    return error.code if isinstance(error, errors.ApiError) else type(error).__name__


def _parameters(row: Row) -> str | None:
    """Return what has no column of its own, as JSON with sorted keys: equal settings group together."""
    if row.task is None:
        return None
    words = row.prompt
    rest = {k: _shortened(v) for k, v in row.asked.items() if k not in _TOLD_ELSEWHERE and v != words}
    return json.dumps(rest, sort_keys=True, default=str, ensure_ascii=False)


def _shortened(value: Any) -> Any:
    """Cut long strings, at any depth: a frame is no place for files in base64."""
    if isinstance(value, str) and len(value) > _LONG:
        return f"{value[:40]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {k: _shortened(v) for k, v in value.items()}
    return [_shortened(v) for v in value] if isinstance(value, list) else value


def _text(value: Any) -> str | None:
    """Return text that can be written as UTF-8: Parquet refuses the lone surrogates that JSON may carry."""
    if value is None:
        return None
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
