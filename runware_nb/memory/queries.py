"""Queries: what can be looked up in the ledger, as SQL. Nothing here writes.

A `Part` says which tasks are meant; all its conditions are pushed down to SQLite. A new condition is a field of `Part`
and a line in `_where`. Days are UTC.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, get_args

from runware_nb import errors
from runware_nb.api import wire
from runware_nb.errors import UnknownName, UsageError
from runware_nb.memory.ledger import key, literal, unkey, want

Status = Literal["done", "failed", "unfinished"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the ledger.

    Parameters
    ----------
    words
        All of them are in the request, in any order and letter case.
    model
        Part of the model's AIR.
    kind
        What is typed after `%%runware`.
    status
        `done`, `failed` or `unfinished`.
    since, until
        First and last day, both included.
    notebook
        Part of the notebook's path.
    keys
        Keys in the cache, as hex; None for all. Tags are looked up under them.
    most
        How many rows at most, the newest; None for all.
    """

    words: str = ""
    model: str | None = None
    kind: str | None = None
    status: Status | None = None
    since: date | None = None
    until: date | None = None
    notebook: str | None = None
    keys: frozenset[str] | None = None
    most: int | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in wire.BY_KIND:
            raise UnknownName("kind", self.kind[:40], wire.BY_KIND, f"Kinds: {', '.join(wire.BY_KIND)}.")
        if self.status is not None and self.status not in get_args(Status):
            raise UnknownName("status", self.status[:40], get_args(Status), f"One of {', '.join(get_args(Status))}.")
        if self.most is not None and (isinstance(self.most, bool) or self.most < 1):
            raise UsageError(f"at most {self.most} rows are none: give a number from 1, or leave it out.")


class Entry(NamedTuple):
    """One row of the history: a result, a failure, or a task whose end nobody has seen. In millionths of a USD."""

    status: Status
    uuid: str
    created: str
    api: str
    request: str
    problem: str | None
    doubtful: bool
    name: str | None
    axes: str | None
    notebook: str | None
    cell: str | None
    folder: str
    key: str
    number: int | None
    item: str | None
    files: str | None
    cost: int | None
    sandbox: bool | None
    latency: float | None


class Heap(NamedTuple):
    """Rows that are alike, added up by SQLite: what costs are counted from. In millionths of a USD.

    `cost` is None where no price is known, and `latencies` has those of all rows, joined by commas.
    """

    status: Status
    doubtful: bool
    model: str | None
    task_type: str
    notebook: str | None
    cell: str | None
    key: str
    day: str
    sandbox: bool
    rows: int
    cost: int | None
    estimate: int | None
    latencies: str | None


_OF_TASK: Final = (
    "uuid, created, base_url, request, problem, state = 'unknown', name, axes, notebook, cell, folder,"
    " lower(hex(fingerprint))"
)
_OF_RESULT: Final = "r.number, r.item, r.files, r.cost, r.sandbox, r.latency"
_STATES: Final = {
    "failed": "state IN ('failed', 'unknown')",
    "unfinished": "state IN ('intended', 'accepted')",
}
_HAS_RESULTS: Final = "EXISTS (SELECT 1 FROM results r WHERE r.uuid = tasks.uuid)"
_MARKS: Final = 10_000
"""Keys that a query names one by one: SQLite takes 32,766 marks."""
_SORTED: Final = 3
"""Columns in front by which rows are put in order: when asked, UUID, number of the result."""


Raw = tuple[Any, ...]
"""A row as SQLite gives it. Python's collector forgets a tuple of text and numbers, and goes through each `Entry`."""


def entries(part: Part) -> Callable[[sqlite3.Connection], list[Entry]]:
    """Return what reads the rows of a part, the newest first."""
    read = raw(part)
    return lambda connection: list(map(entry, read(connection)))


def raw(part: Part) -> Callable[[sqlite3.Connection], list[Raw]]:
    """Return what reads the rows of a part, of which `entry` makes entries: a few at a time, where there are many."""

    def look(connection: sqlite3.Connection) -> list[Raw]:
        where, values = _where(part)
        return connection.execute(_union(part, _OF_TASK, where, _OF_RESULT), values).fetchall()

    return look


def entry(row: Raw) -> Entry:
    """Make an entry of a row."""
    status, uuid, created, api, request, problem, doubtful, *rest = row[_SORTED:]
    return Entry(status, unkey(uuid), created, api, request, problem, bool(doubtful), *rest)


def named(uuids: Sequence[str]) -> Callable[[sqlite3.Connection], list[Entry]]:
    """Return what reads the rows of some tasks."""

    def look(connection: sqlite3.Connection) -> list[Entry]:
        want(connection, [key(uuid) for uuid in uuids])
        statement = _union(Part(), _OF_TASK, "uuid IN (SELECT uuid FROM wanted)", _OF_RESULT)
        return list(map(entry, connection.execute(statement)))

    return look


def count(part: Part) -> Callable[[sqlite3.Connection], int]:
    """Return what counts the rows of a part."""

    def look(connection: sqlite3.Connection) -> int:
        where, values = _where(part)
        statement = f"SELECT count(*) FROM ({_union(part, 'uuid', where, 'r.number')})"  # noqa: S608
        return int(connection.execute(statement, values).fetchone()[0])

    return look


def chosen(connection: sqlite3.Connection, part: Part) -> set[bytes]:
    """Return the keys of the tasks that a part may have rows of, in no order. Its `most` is left to the caller."""
    where, values = _where(replace(part, most=None))
    found = connection.execute(f"SELECT uuid FROM tasks WHERE {where}", values)  # noqa: S608
    return set(map(itemgetter(0), found))


def heaps(
    part: Part, by: Collection[str] = (), keys: Collection[str] = ()
) -> Callable[[sqlite3.Connection], list[Heap]]:
    """Return what adds rows up. A result counts on its day of arrival, the rest when asked.

    Parameters
    ----------
    part
        Which rows.
    by
        `notebook` and `cell` are told only if they are here.
    keys
        Keys in the cache that are told apart, as hex.
    """
    places = [name if name in by else "NULL" for name in ("notebook", "cell")]
    opinion = "CASE WHEN lower(hex(fingerprint)) IN marked THEN lower(hex(fingerprint)) ELSE '' END" if keys else "''"
    of_task = ["model", "task_type", *places, opinion]

    def look(connection: sqlite3.Connection) -> list[Heap]:
        where, values = _where(part if part.most else replace(part, status=None))
        selects = [_limited(part, of_task, where)] if part.most else _apart(part, of_task, where)
        marked = "WITH marked AS (SELECT value FROM json_each(?))"
        found = connection.execute(
            f"{marked} {' UNION ALL '.join(selects)}", [json.dumps(sorted(keys)), *values * len(selects)]
        )
        return [
            Heap(status, bool(doubtful), model, task, notebook, cell, key, day, bool(sandbox), *sums)
            for status, doubtful, model, task, notebook, cell, key, day, sandbox, _, *sums in found
        ]

    return look


def _limited(part: Part, of_task: Sequence[str], where: str) -> str:
    """Write the query of heaps of the newest rows."""
    of_result = "substr(r.arrived, 1, 10), r.sandbox, r.cost, NULL, r.latency"
    otherwise = "substr(created, 1, 10), base_url = 'sandbox', NULL, estimate, NULL"
    every = _union(part, ", ".join(["state = 'unknown'", *of_task]), where, of_result, otherwise)
    alike = ["status", "doubtful", "model", "task_type", "notebook", "cell", "key", "day", "sandbox"]
    names = ", ".join(["created", "uuid", "number", *alike, "cost", "estimate", "latency"])
    found = f"(WITH found ({names}) AS ({every}) SELECT * FROM found)"  # noqa: S608
    return _heaped(alike, "cost", "estimate", "latency", f"FROM {found}")


def _apart(part: Part, of_task: Sequence[str], where: str) -> list[str]:
    """Write the queries of heaps of all rows, each sort of them by the index that finds it.

    Results that `made` does not tell enough of are looked up in the order of their UUIDs, in which they lie: that is a
    third quicker. The limit of -1 is none, and keeps SQLite from undoing it.
    """
    selects = []
    if part.status in {None, "done"} and _is_of_time(part, of_task):
        alike = ["'done'", "false", *of_task, "day", "sandbox"]
        selects.append(_heaped(alike, "cost", "NULL", "latency", f"FROM made WHERE {where}"))
    elif part.status in {None, "done"}:
        wanted = [name for name in of_task if name in {"model", "task_type", "notebook", "cell"}]
        wanted += ["fingerprint"] if "fingerprint" in of_task[-1] else []
        chosen = f"SELECT uuid, {', '.join(wanted)} FROM tasks WHERE {where} ORDER BY uuid LIMIT -1"  # noqa: S608
        of_joined = [name.replace("fingerprint", "c.fingerprint") for name in of_task]  # a result has one as well
        alike = ["'done'", "false", *of_joined, "substr(r.arrived, 1, 10)", "r.sandbox"]
        joined = f"FROM ({chosen}) c CROSS JOIN results r USING (uuid)"
        selects.append(_heaped(alike, "r.cost", "NULL", "r.latency", joined))
    for status, condition in _STATES.items():
        if part.status in {None, status}:
            alike = [f"'{status}'", "state = 'unknown'", *of_task, "substr(created, 1, 10)", "base_url = 'sandbox'"]
            chosen = f"FROM tasks INDEXED BY flying WHERE {condition} AND {where}"
            selects.append(_heaped(alike, "NULL", "estimate", "NULL", chosen))
    return selects


def _is_of_time(part: Part, of_task: Sequence[str]) -> bool:
    """Tell whether `made` knows all that is asked: the time, the model and what was made."""
    is_told = {"notebook", "cell"}.isdisjoint(of_task) and "fingerprint" not in of_task[-1]
    return is_told and not part.words and part.notebook is None and part.keys is None


def _heaped(alike: Sequence[str], cost: str, estimate: str, latency: str, source: str) -> str:
    """Write the query of heaps. Constants are not sorted by, which takes time."""
    told = [*alike, f"{cost} IS NULL"]
    numbers = [str(n) for n, name in enumerate(told, 1) if name[0] != "'" and name not in {"NULL", "false"}]
    sums = f"count(*), sum({cost}), sum({estimate}), group_concat({latency})"
    return f"SELECT {', '.join(told)}, {sums} {source} GROUP BY {', '.join(numbers)}"


def savings(connection: sqlite3.Connection) -> list[tuple[str, str, str, str, bool, int, int]]:
    """Return what the cache saved, a row each day, model, task type, notebook and sandbox: then hits and millionths."""
    return connection.execute(
        "SELECT day, model, task_type, notebook, sandbox, hits, saved FROM savings ORDER BY day"
    ).fetchall()


def folders(connection: sqlite3.Connection) -> list[str]:
    """Return the folders that media were kept in."""
    return [str(folder) for (folder,) in connection.execute("SELECT folder FROM folders ORDER BY folder")]


def error_of(problem: str, *, doubtful: bool = False) -> errors.RunwareError:
    """Make the error that the ledger wrote down as `code: message`."""
    code, _, message = problem.partition(": ")
    if doubtful:
        return errors.Unreachable(message) if code == "Unreachable" else errors.TaskTimeout(message, code=code)
    if code == "Unreachable":
        return errors.Unreachable(message, sent=False)
    kind = getattr(errors, code, None) if code in errors.__all__ else None
    if kind is None or issubclass(kind, errors.ApiError):
        return (kind or errors.classify(code))(message, code=code)
    return kind(message) if kind is not errors.UnknownName else errors.UsageError(message)


def _union(part: Part, of_task: str, where: str, of_result: str, otherwise: str | None = None) -> str:
    """Write the query: the chosen tasks, newest first, and of each its results, its failure, its being open."""
    nothing = otherwise or ", ".join("NULL" for _ in of_result.split(","))
    limit = "" if part.most is None else f"LIMIT {int(part.most)}"
    newest = f"ORDER BY created DESC, uuid {limit}" if limit else ""
    of_joined = of_task.replace("fingerprint", "c.fingerprint")  # a result has one as well
    selects = [
        f"SELECT created, uuid, -1, '{status}', {of_task}, {nothing} FROM chosen WHERE {condition}"  # noqa: S608
        for status, condition in _STATES.items()
        if part.status in {None, status}
    ]
    if part.status in {None, "done"}:
        of_all = f"{of_joined}, {of_result}"
        selects.append(f"SELECT created, uuid, r.number, 'done', {of_all} FROM chosen c JOIN results r USING (uuid)")  # noqa: S608
    every = " UNION ALL ".join(selects)
    return f"WITH chosen AS (SELECT * FROM tasks WHERE {where} {newest}) {every} ORDER BY 1 DESC, 2, 3 {limit}"  # noqa: S608


def _where(part: Part) -> tuple[str, list[Any]]:
    conditions = list(_conditions(part))
    return " AND ".join(["true", *(c for c, _ in conditions)]), [v for _, values in conditions for v in values]


def _conditions(part: Part) -> Iterator[tuple[str, Sequence[Any]]]:
    for word in part.words.split():
        yield "request LIKE ? ESCAPE '\\'", [f"%{literal(json.dumps(word)[1:-1])}%"]
    for column, told in (("model", part.model), ("notebook", part.notebook)):
        if told is not None:
            yield f"{column} LIKE ? ESCAPE '\\'", [f"%{literal(told)}%"]
    if part.kind is not None:
        yield "task_type = ?", [wire.BY_KIND[part.kind].name]
    yield from _days(part)
    if part.keys is not None:
        if len(part.keys) > _MARKS:
            yield "lower(hex(fingerprint)) IN (SELECT value FROM json_each(?))", [json.dumps(sorted(part.keys))]
        else:
            marks = ", ".join("?" for _ in part.keys)
            yield f"fingerprint IN ({marks})", [bytes.fromhex(key) for key in sorted(part.keys)]
    if part.status == "done":
        yield _HAS_RESULTS, []
    elif part.status is not None:
        yield _STATES[part.status], []
    elif part.most is not None:
        yield f"(state <> 'done' OR {_HAS_RESULTS})", []


def _days(part: Part) -> Iterator[tuple[str, Sequence[Any]]]:
    if part.since is not None:
        yield "created >= ?", [part.since.isoformat()]
    if part.until is not None:
        yield "created < ?", [(part.until + timedelta(days=1)).isoformat()]
