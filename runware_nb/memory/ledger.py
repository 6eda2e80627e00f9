"""Ledger: what was asked, what came of it and what it cost, in SQLite, across notebooks and kernels.

Every task is written here, and on the disk, before it is sent: its UUID finds the result again whatever happens to
the kernel. Prices are whole millionths of a USD. The key is never here, nor media.

A task is `intended`, then `accepted`, then `done` or `failed`; `unknown` when no answer said which.
Several kernels may use one file at once. The schema is in `schema`, the thread that does the work in `worker`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from pathlib import Path
from time import time
from types import MappingProxyType
from typing import Any, Final, TypeVar

from runware_nb.api.results import Asset, Result
from runware_nb.api.tasks import Task
from runware_nb.errors import BudgetExceeded, RunwareError, TaskTimeout, Unreachable, UsageError
from runware_nb.memory import manifest, owners
from runware_nb.memory.worker import Worker
from runware_nb.places import NOWHERE, Place

MILLION: Final = 1_000_000
_UUID: Final = 16
"""Bytes of a UUID."""
_LONG_REQUEST: Final = 20_000
"""Characters of a request with files in it, which is not worth reading to learn of a price."""
# What is sent again under its UUID is under way again; whether it ran before stays open until the API tells.
_INTEND: Final = (
    "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, fingerprint, estimate, owner,"
    " budget, name, axes, notebook, cell) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (uuid) DO UPDATE SET owner = excluded.owner, problem = NULL,"
    " state = CASE state WHEN 'failed' THEN 'intended' WHEN 'unknown' THEN 'accepted' ELSE state END"
)
_PLACE: Final = "INSERT INTO folders VALUES (?) ON CONFLICT DO NOTHING"
_KEEP: Final = (
    "INSERT INTO results (uuid, number, arrived, cost, sandbox, latency, item, files, fingerprint)"
    " SELECT uuid, ?2, ?3, ?4, ?5, ?6, ?7, ?8, fingerprint FROM tasks WHERE uuid = ?1"
    " ON CONFLICT (uuid, number) DO UPDATE SET files = excluded.files, cost = coalesce(cost, excluded.cost)"
)
_KEPT: Final = (
    "SELECT t.folder, t.base_url, t.created, t.task_type, t.model, lower(hex(t.fingerprint)), r.arrived, r.cost,"
    " r.sandbox, r.latency, t.request, r.item FROM results r JOIN tasks t USING (uuid) WHERE uuid = ? AND number = ?"
)
_RESTORE_TASK: Final = (
    "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, fingerprint, owner, state)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', 'done') ON CONFLICT DO NOTHING"
)
_RESTORE_RESULT: Final = (
    "INSERT INTO results (uuid, number, arrived, cost, sandbox, latency, item, files, fingerprint)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_SAMPLES: Final = (
    "SELECT t.request, r.item, r.number, r.files, r.sandbox, r.latency FROM results r"
    " JOIN tasks t USING (uuid) WHERE r.fingerprint = ? ORDER BY t.created, uuid, r.number"
)

_json: Final = json.JSONEncoder(default=str).encode

Row = tuple[str, str, int, str, bool, float | None]
"""A result as it is kept: request, item, number, files, sandbox, latency."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Intent:
    """A task about to be sent.

    Parameters
    ----------
    task
        As it is sent.
    fingerprint
        What decides its result, as hex: the key of the cache.
    price
        Likely price in USD, all results together; None if unknown.
    """

    task: Task
    fingerprint: str
    price: float | None


@dataclass(frozen=True, slots=True)
class Open:
    """A task whose outcome nobody has seen.

    Parameters
    ----------
    task
        As it was sent.
    state
        `intended`, `accepted` or `unknown`.
    created
        When it was written down, UTC.
    price
        Likely price in USD; None if unknown.
    have
        Numbers of the results that are here already.
    fingerprint
        Its key in the cache.
    owner
        The process that waits for it.
    """

    task: Task
    state: str
    created: datetime
    price: float | None
    have: frozenset[int]
    fingerprint: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """What was spent, in USD, and how sure that is.

    Parameters
    ----------
    spent
        Sum of the prices that the API gave.
    unknown
        Results whose price it did not give. They are in no sum.
    in_flight
        Likely price of the tasks under way, and how many there are.
    doubtful
        Tasks of which no answer said whether they ran.
    saved
        Sum of the prices of results that were shown again from the cache.
    sandbox
        What the sandbox pretended to bill. It is in no other sum.
    """

    spent: float
    unknown: int
    in_flight: tuple[float, int]
    doubtful: int
    saved: float
    sandbox: float


class Ledger:
    """The ledger file.

    Parameters
    ----------
    path
        The file; made if need be.
    tell
        Takes one line for the user, such as that a damaged file was set aside.
    """

    def __init__(self, path: Path, tell: Callable[[str], object] = lambda _: None) -> None:
        self.path = path
        self._tell = tell
        self._worker = Worker(path, tell, self._tell_manifests)
        self._untold: dict[str, list[str]] = {}
        """Lines for the manifests of folders, gathered by the worker's thread."""

    async def intend(
        self,
        intents: Sequence[Intent],
        *,
        base_url: str,
        folder: Path,
        budget: tuple[str, float] | None = None,
        name: str | None = None,
        place: Place = NOWHERE,
        axes: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        owner: str | None = None,
    ) -> None:
        """Write tasks down before they are sent. When this returns they are on the disk, or none is.

        One that is written down already, by a process that is gone, keeps its row: the API will not run it twice.

        Parameters
        ----------
        intents
            The tasks.
        base_url
            The API they go to.
        folder
            Where their media will be kept.
        budget
            Name and limit in USD of a budget to hold, shared by all who use that name. An unknown price is not
            counted here: the caller has decided about it.
        name
            What the user calls the run.
        place
            The notebook and cell that ask.
        axes
            Task UUID to what it is on the axes of a sweep.
        owner
            The process that waits for them; this one, if not given.

        Raises
        ------
        BudgetExceeded
            When the tasks do not fit: then nothing is written down.
        """
        run, created, owner, where = uuid.uuid4().bytes, now(), owner or owners.this(), str(folder)
        limit, called = budget[0] if budget else None, _storable(name)
        notebook, cell = _storable(place.notebook), _storable(place.cell)
        rows = [
            (
                key(i.task.task_uuid), run, created, base_url, where, _storable(i.task.task_type),
                _storable(i.task.model), _request(i.task), bytes.fromhex(i.fingerprint), micro(i.price), owner, limit,
                called, _point(axes.get(i.task.task_uuid)), notebook, cell,
            )
            for i in intents
        ]  # fmt: skip

        def write(connection: sqlite3.Connection) -> None:
            if budget:
                _reserve(connection, *budget, sum(i.price or 0 for i in intents if not _counts(connection, i, budget)))
            connection.execute(_PLACE, (str(folder),))
            connection.executemany(_INTEND, sorted(rows, key=itemgetter(0)))  # in the order of the file's pages

        await self._ask(write)

    def accept(self, task_uuid: str) -> None:
        """Note that the API has a task."""
        self._note("UPDATE tasks SET state = 'accepted' WHERE uuid = ? AND state = 'intended'", (key(task_uuid),))

    def keep(self, result: Result) -> None:
        """Note a result, its price and its files. One told again only has its files brought up to date."""
        files = [file_of(asset) for asset in result.assets]  # now, while relative paths mean what they say
        self._worker.note(partial(self._keep, result, files, time()))

    def _keep(
        self, result: Result, files: Sequence[Mapping[str, Any]], arrived: float, connection: sqlite3.Connection
    ) -> None:
        """Write a result down. What that takes is done here, on the worker's thread, for many at once."""
        name = key(result.task.task_uuid)
        item = {k: v for k, v in result.wire.items() if not k.endswith(("Base64Data", "DataURI"))}
        moment = written(datetime.fromtimestamp(arrived, UTC))
        values = (
            name, result.index, moment, micro(result.cost), result.sandbox, result.latency, _json(item), _json(files),
        )  # fmt: skip
        connection.execute(_KEEP, values)
        if row := connection.execute(_KEPT, (name, result.index)).fetchone():
            self._untold.setdefault(row[0], []).append(_line(result.task.task_uuid, result.index, row, files))

    def _tell_manifests(self) -> None:
        """Add to each folder's manifest what a batch has brought."""
        for folder, lines in self._untold.items():
            manifest.write(Path(folder), lines)
        self._untold.clear()

    async def rebuild(self, folder: Path) -> int:
        """Add the results that the manifest of a folder tells of and the ledger lacks, and return how many.

        Their files are those that are in the folder now. What they cost counts in the totals again.
        """
        return await self.restore(await asyncio.to_thread(lambda: list(manifest.read(folder))), folder)

    async def restore(self, entries: Sequence[Mapping[str, Any]], folder: Path) -> int:
        """Add the results that are told of, as in the manifest, and are not here; and return how many."""
        there = {path.name for path in await asyncio.to_thread(lambda: list(folder.iterdir()))} if entries else set()

        def write(connection: sqlite3.Connection) -> int:
            added = 0
            connection.execute(_PLACE, (str(folder.absolute()),))
            for entry in entries:
                with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
                    task, result = _rows(entry, folder, there)
                    connection.execute(_RESTORE_TASK, task)
                    added += connection.execute(_RESTORE_RESULT, result).rowcount
            return added

        return await self._ask(write)

    def fail(self, task_uuid: str, error: RunwareError, *, doubtful: bool = False) -> None:
        """Note an error. One that leaves open whether the task ran makes the task's state `unknown`."""
        doubtful = doubtful or isinstance(error, TaskTimeout) or (isinstance(error, Unreachable) and error.sent)
        problem = f"{getattr(error, 'code', type(error).__name__)}: {error}"
        self._note(
            "UPDATE tasks SET state = ?, problem = ? WHERE uuid = ?",
            ("unknown" if doubtful else "failed", _storable(problem), key(task_uuid)),
        )

    def finish(self, task_uuid: str) -> None:
        """Note that nothing more will come of a task that did not fail."""
        self._note(
            "UPDATE tasks SET state = 'done' WHERE uuid = ? AND state IN ('intended', 'accepted')", (key(task_uuid),)
        )

    def recover(self, task_uuid: str) -> None:
        """Note that a task of unknown outcome, or a failed one, has come back with all its results."""
        self._note("UPDATE tasks SET state = 'done', problem = NULL WHERE uuid = ?", (key(task_uuid),))

    def save(self, result: Result, notebook: str | None = None) -> None:
        """Note that a result was shown again at no cost, in a notebook."""
        self._note(
            "INSERT INTO savings VALUES (date('now'), ?, ?, ?, ?, 1, ?)"
            " ON CONFLICT (day, model, task_type, notebook, sandbox)"
            " DO UPDATE SET hits = hits + 1, saved = saved + excluded.saved",
            (
                _storable(result.model) or "", _storable(result.task.task_type), _storable(notebook) or "",
                result.sandbox, micro(result.saved) or 0,
            ),
        )  # fmt: skip

    async def read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Look something up that `queries` knows how to ask."""
        return await self._ask(look)

    async def samples(self, fingerprints: Collection[str]) -> dict[str, list[Row]]:
        """Return the results kept under each of some fingerprints, oldest first. About 10 µs a fingerprint."""

        def look(connection: sqlite3.Connection) -> dict[str, list[Row]]:
            return {key: connection.execute(_SAMPLES, (bytes.fromhex(key),)).fetchall() for key in fingerprints}

        return await self._ask(look)

    async def costs(
        self, base_url: str, task_type: str, model: str | None, most: int
    ) -> list[tuple[dict[str, Any], float]]:
        """Return the newest results of a model at an API whose price is known: request, and USD a result."""
        rows = await self._ask(
            lambda c: c.execute(
                "SELECT t.request, r.cost FROM tasks t JOIN results r USING (uuid) WHERE t.model IS ?"
                " AND t.task_type = ? AND t.base_url = ? AND r.cost IS NOT NULL AND length(t.request) < ?"
                " ORDER BY t.created DESC LIMIT ?",
                (_storable(model), _storable(task_type), base_url, _LONG_REQUEST, most),
            ).fetchall()
        )
        return [(json.loads(request), cost / MILLION) for request, cost in rows]

    async def latencies(self, base_url: str, most: int = 1000) -> list[tuple[str, str | None, float]]:
        """Return how long some results of an API took: task type, model, seconds.

        They are the first by UUID, which is random: a fair sample of all, found at once.
        """
        rows: list[tuple[str, str | None, float]] = await self._ask(
            lambda c: c.execute(
                "SELECT task_type, model, latency FROM tasks JOIN results USING (uuid)"
                " WHERE latency IS NOT NULL AND base_url = ? ORDER BY uuid LIMIT ?",
                (base_url, most),
            ).fetchall()
        )
        return rows

    async def open_tasks(self, base_url: str, *, named: Collection[str] | None = None) -> list[Open]:
        """Return the tasks sent to an API by kernels that are gone, or by this one, whose outcome nobody has seen.

        Parameters
        ----------
        base_url
            The API.
        named
            UUIDs: only those tasks are returned, whoever waits for them.
        """
        if named is not None:
            return await self._open("uuid IN (SELECT uuid FROM wanted)", (), [key(uuid) for uuid in named])
        found = await self._open("base_url = ?", (base_url,))
        return [one for one in found if one.owner == owners.this() or not owners.is_alive(one.owner)]

    async def _open(self, where: str, values: Sequence[Any], wanted: Sequence[bytes] = ()) -> list[Open]:
        statement = (
            "SELECT request, state, created, estimate, owner, lower(hex(fingerprint)),"  # noqa: S608
            " (SELECT group_concat(number) FROM results r WHERE r.uuid = t.uuid)"
            f" FROM tasks t WHERE state IN ('intended', 'accepted', 'unknown') AND {where} ORDER BY created"
        )

        def look(connection: sqlite3.Connection) -> list[Any]:
            want(connection, wanted)
            return connection.execute(statement, values).fetchall()

        return [
            Open(
                Task.of(json.loads(request)), state, datetime.fromisoformat(created), usd(estimate),
                frozenset(int(n) for n in (have or "").split(",") if n), fingerprint, owner,
            )
            for request, state, created, estimate, owner, fingerprint, have in await self._ask(look)
        ]  # fmt: skip

    async def missing_files(self, base_url: str, since: str) -> list[tuple[str, str, int, str, str, bool]]:
        """Return results of an API whose files were not kept: request, item, number, files, folder, sandbox."""
        rows: list[tuple[str, str, int, str, str, bool]] = await self._ask(
            lambda c: c.execute(
                "SELECT t.request, r.item, r.number, r.files, t.folder, r.sandbox FROM results r JOIN tasks t"
                " USING (uuid) WHERE r.files LIKE '%\"path\": null%' AND t.base_url = ? AND r.arrived > ?",
                (base_url, since),
            ).fetchall()
        )
        return rows

    async def kept_in(self, folder: Path) -> list[dict[str, Any]]:
        """Return what is known of the results whose files are in a folder, newest first.

        Of each: `request`, `item`, paths of its `files`, when it `arrived`, `cost_usd`, and whether of a `sandbox`.
        """
        rows = await self._ask(
            lambda c: c.execute(
                "SELECT t.request, r.item, r.files, r.arrived, r.cost, r.sandbox FROM results r"
                " JOIN tasks t USING (uuid) WHERE instr(r.files, ?) ORDER BY r.arrived DESC",
                (json.dumps(f"{folder.absolute()}/").strip('"'),),
            ).fetchall()
        )
        return [
            {
                "request": json.loads(request),
                "item": json.loads(item),
                "files": [file["path"] for file in json.loads(files) if file["path"]],
                "arrived": arrived,
                "cost_usd": usd(cost),
                "sandbox": bool(sandbox),
            }
            for request, item, files, arrived, cost, sandbox in rows
        ]

    async def recall(self, beginning: str) -> list[Row]:
        """Return the results of the tasks whose UUID begins so."""
        rows: list[Row] = await self._ask(
            lambda c: c.execute(
                "SELECT t.request, r.item, r.number, r.files, r.sandbox, r.latency FROM results r JOIN tasks t"
                " USING (uuid) WHERE lower(hex(uuid)) LIKE ? ESCAPE '\\' ORDER BY t.created, uuid, r.number LIMIT 100",
                (f"{literal(beginning.replace('-', '').lower())}%",),
            ).fetchall()
        )
        return rows

    async def state_of(self, task_uuid: str) -> str | None:
        """Return the state of a task, or None if it was never written down."""
        row = await self._ask(
            lambda c: c.execute("SELECT state FROM tasks WHERE uuid = ?", (key(task_uuid),)).fetchone()
        )
        return str(row[0]) if row else None

    async def totals(self) -> Totals:
        """Add up. A million results take a few milliseconds, since sums are kept by day and model."""
        return await self._ask(_totals)

    async def settled(self) -> None:
        """Wait until all notes are written. If they cannot be, say so: what they tell of can be resumed."""
        try:
            await self._ask(lambda _: None)
        except UsageError as error:
            self._tell(f"{error} Then %runware resume brings back what was not written down.")

    def close(self) -> None:
        """Write what is to be written, and close the file."""
        self._worker.close()

    def _note(self, statement: str, values: Sequence[Any]) -> None:
        self._worker.note(lambda c: c.execute(statement, values))

    async def _ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        future: Future[T] = self._worker.do(work)
        try:
            return await asyncio.wrap_future(future)
        except (sqlite3.Error, OSError) as error:
            raise UsageError(
                f"the ledger {self.path} cannot be used: {error}. Make room or mend it, or set RUNWARE_NB_HOME to"
                " another folder."
            ) from None


def _reserve(connection: sqlite3.Connection, name: str, limit: float, amount: float) -> None:
    """Hold a budget: what is spent under its name, or may yet be, and the new amount stay within it.

    A task counts with what its results cost, or, until they are all here, with its estimate if that is more.
    """
    used = used_of(connection, name)
    if used + round(amount * MILLION) > round(limit * MILLION):
        raise BudgetExceeded(
            f"this would cost about ${amount:.4f}, but of the budget of ${limit:.2f} only"
            f" ${max(0.0, limit - used / MILLION):.4f} is left. Nothing was sent."
        )


def _counts(connection: sqlite3.Connection, intent: Intent, budget: tuple[str, float]) -> bool:
    """Tell whether a task counts under a budget already, as one does that is sent again."""
    row = connection.execute(
        "SELECT 1 FROM tasks WHERE uuid = ? AND budget = ? AND state != 'failed'",
        (key(intent.task.task_uuid), budget[0]),
    ).fetchone()
    return row is not None


def want(connection: sqlite3.Connection, names: Sequence[bytes]) -> None:
    """Put keys of tasks into the table `wanted`, which a query can look in."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (uuid BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM wanted")
    connection.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", [(name,) for name in names])


def used_of(connection: sqlite3.Connection, name: str) -> int:
    """Return what is spent under the name of a budget, or may yet be, in millionths of a USD."""
    (used,) = connection.execute(
        "SELECT coalesce(sum(CASE WHEN state = 'failed' THEN paid"
        " WHEN state = 'done' AND unpriced = 0 THEN paid ELSE max(paid, coalesce(estimate, 0)) END), 0)"
        " FROM (SELECT state, estimate,"
        "  (SELECT coalesce(sum(cost), 0) FROM results r WHERE r.uuid = t.uuid) AS paid,"
        "  (SELECT count(*) FROM results r WHERE r.uuid = t.uuid AND cost IS NULL) AS unpriced"
        "  FROM tasks t WHERE budget = ?)",
        (name,),
    ).fetchone()
    return int(used)


def _totals(connection: sqlite3.Connection) -> Totals:
    sums = {
        bool(sandbox): (cost or 0, unknown or 0)
        for sandbox, cost, unknown in connection.execute(
            "SELECT sandbox, sum(cost), sum(unknown) FROM totals GROUP BY sandbox"
        )
    }
    flying, count = connection.execute(
        "SELECT coalesce(sum(estimate), 0), count(*) FROM tasks WHERE state IN ('intended', 'accepted')"
    ).fetchone()
    (doubtful,) = connection.execute("SELECT count(*) FROM tasks WHERE state = 'unknown'").fetchone()
    (saved,) = connection.execute("SELECT coalesce(sum(saved), 0) FROM savings WHERE NOT sandbox").fetchone()
    spent, unknown = sums.get(False, (0, 0))
    pretended, _ = sums.get(True, (0, 0))
    return Totals(spent / MILLION, unknown, (flying / MILLION, count), doubtful, saved / MILLION, pretended / MILLION)


def _line(task_uuid: str, number: int, row: Sequence[Any], files: Sequence[Mapping[str, Any]]) -> str:
    """Tell the manifest of a result. Files go by their names, so that the folder can be moved."""
    _, base_url, created, task_type, model, fingerprint, arrived, cost, sandbox, latency, request, item = row
    entry = {
        "uuid": task_uuid, "number": number, "base_url": base_url, "created": created, "task_type": task_type,
        "model": model, "fingerprint": fingerprint, "arrived": arrived, "cost": cost, "sandbox": bool(sandbox),
        "latency": latency, "files": [{**f, "path": Path(f["path"]).name if f["path"] else None} for f in files],
    }  # fmt: skip
    return manifest.line(entry, request=request, item=item)


def _request(task: Task) -> str:
    """Write a task down as it is sent. What is no JSON is never sent, and is written as text."""
    try:
        return task.as_json
    except TypeError:
        return _json(task.to_wire())


def _rows(entry: Mapping[str, Any], folder: Path, there: Collection[str]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Make the rows of a task and a result of a line of the manifest."""
    name, fingerprint, place = key(str(entry["uuid"])), bytes.fromhex(entry["fingerprint"]), folder.absolute()
    files = [file_of(Asset(**{**f, "path": place / f["path"] if f["path"] in there else None})) for f in entry["files"]]
    task = (
        name, uuid.uuid4().bytes, str(entry["created"]), str(entry["base_url"]), str(place), str(entry["task_type"]),
        entry["model"], json.dumps(dict(entry["request"])), fingerprint,
    )  # fmt: skip
    result = (
        name, int(entry["number"]), str(entry["arrived"]), entry["cost"], bool(entry["sandbox"]), entry["latency"],
        json.dumps(dict(entry["item"])), json.dumps(files), fingerprint,
    )  # fmt: skip
    return task, result


def _point(place: Mapping[str, Any] | None) -> str | None:
    """Write a place on axes: numbers and text as they are, media by the name of their file."""

    def named(value: Any) -> str:
        path = getattr(value, "path", None)
        return str(getattr(path, "name", None) or getattr(value, "name", None) or value)

    return _storable(json.dumps(dict(place), default=named)) if place else None


def _storable(text: str | None) -> str | None:
    """Return text that SQLite takes: JSON may carry lone surrogates, UTF-8 may not."""
    return text if text is None or text.isascii() else text.encode("utf-8", "replace").decode()


def file_of(asset: Asset) -> dict[str, Any]:
    """Tell of a file as rows do."""
    return {
        "medium": asset.medium,
        "field": asset.field,
        "uuid": asset.uuid,
        "url": asset.url,
        "path": str(asset.path.absolute()) if asset.path else None,
        "bytes": asset.bytes,
        "width": asset.width,
        "height": asset.height,
        "duration": asset.duration,
        "stored": asset.stored,
    }


def key(task_uuid: str) -> bytes:
    """UUIDs as 16 bytes; whatever else someone sends as one, as its text."""
    try:
        name = bytes.fromhex(task_uuid.replace("-", ""))
    except ValueError:
        return task_uuid.encode()
    return name if len(name) == _UUID else task_uuid.encode()


def unkey(name: bytes) -> str:
    """Return the UUID of a key."""
    if len(name) != _UUID:
        return bytes(name).decode(errors="replace")
    text = bytes(name).hex()  # as `uuid.UUID` writes it, which takes four times as long
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def literal(words: str) -> str:
    """Take the wildcards of LIKE as they are."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def micro(dollars: float | None) -> int | None:
    """Millionths of a USD."""
    return None if dollars is None else round(dollars * MILLION)


def usd(millionths: int | None) -> float | None:
    """USD of millionths."""
    return None if millionths is None else millionths / MILLION


def now() -> str:
    """Return the time as rows have it: UTC, ISO 8601, to the millisecond."""
    return written(datetime.now(UTC))


def written(moment: datetime) -> str:
    """Return a time as rows have it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
