"""Ledger: what was asked, what came of it and what it cost, in SQLite, across notebooks and kernels.

Every task is written here, and on the disk, before it is sent: its UUID finds the result again whatever happens to
the kernel. Prices are kept in millionths of a USD. The key is never here, nor media.

A task is `intended`, then `accepted`, then `done` or `failed`; `unknown` when no answer said which.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.errors import RunwareError, TaskTimeout, Unreachable

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tasks (
    uuid BLOB PRIMARY KEY, run BLOB NOT NULL, created TEXT NOT NULL, base_url TEXT NOT NULL, folder TEXT NOT NULL,
    task_type TEXT NOT NULL, model TEXT, request TEXT NOT NULL, estimate INTEGER,
    state TEXT NOT NULL DEFAULT 'intended', problem TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (
    uuid BLOB NOT NULL, number INTEGER NOT NULL, arrived TEXT NOT NULL, cost INTEGER, sandbox INTEGER NOT NULL,
    item TEXT NOT NULL, paths TEXT NOT NULL,
    PRIMARY KEY (uuid, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS open_tasks ON tasks (state, created) WHERE state IN ('intended', 'accepted', 'unknown');
CREATE INDEX IF NOT EXISTS costs ON results (sandbox, arrived, cost);
"""
_MILLION: Final = 1_000_000

T = TypeVar("T")


class Ledger:
    """The ledger file. Its work is done, in order, on a thread of its own, so that the kernel's loop never waits.

    Parameters
    ----------
    path
        The file; made if need be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="runware-ledger")
        self._connection: sqlite3.Connection | None = None

    async def intend(self, tasks: Sequence[tuple[Task, float | None]], base_url: str, folder: Path) -> None:
        """Write tasks down before they are sent. When this returns they are on the disk.

        Parameters
        ----------
        tasks
            Each with its estimated price in USD.
        base_url
            The API they go to.
        folder
            Where their media will be kept.
        """
        run, now = uuid.uuid4().bytes, _now()
        rows = [
            (
                _key(t.task_uuid),
                run,
                now,
                base_url,
                str(folder),
                t.task_type,
                t.model,
                json.dumps(t.to_wire(), default=str),
                _micro(price),
            )
            for t, price in tasks
        ]

        def write(connection: sqlite3.Connection) -> None:
            # A UUID sent again keeps its first row: the API will not run it twice.
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                connection.executemany(
                    "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, estimate)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    rows,
                )

        await asyncio.wrap_future(self._do(write))

    def accept(self, task_uuid: str) -> None:
        """Note that the API has a task."""
        self._note("UPDATE tasks SET state = 'accepted' WHERE uuid = ? AND state = 'intended'", (_key(task_uuid),))

    def keep(self, result: Result) -> None:
        """Note a result, its price and its files."""
        item = {k: v for k, v in result.wire.items() if not k.endswith(("Base64Data", "DataURI"))}
        self._note(
            "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                _key(result.task.task_uuid),
                result.index,
                _now(),
                _micro(result.cost),
                result.sandbox,
                json.dumps(item, default=str),
                json.dumps([str(a.path) if a.path else None for a in result.assets]),
            ),
        )

    def fail(self, task_uuid: str, error: RunwareError) -> None:
        """Note an error. One that leaves open whether the task ran makes the task's state `unknown`."""
        doubtful = isinstance(error, TaskTimeout) or (isinstance(error, Unreachable) and error.sent)
        state = "unknown" if doubtful else "failed"
        problem = f"{getattr(error, 'code', type(error).__name__)}: {error}"
        self._note("UPDATE tasks SET state = ?, problem = ? WHERE uuid = ?", (state, problem, _key(task_uuid)))

    def close_task(self, task_uuid: str) -> None:
        """Note that nothing more will come of a task that did not fail."""
        self._note("UPDATE tasks SET state = 'done' WHERE uuid = ? AND state = 'accepted'", (_key(task_uuid),))

    async def state_of(self, task_uuid: str) -> str | None:
        """Return the state of a task, or None if it was never written down."""
        return await asyncio.wrap_future(self._do(lambda c: _first(c, task_uuid)))

    async def settled(self) -> None:
        """Wait until all notes are written."""
        await asyncio.wrap_future(self._do(lambda _: None))

    def close(self) -> None:
        """Write what is to be written, and close the file."""
        self._do(lambda c: c.close()).result()
        self._worker.shutdown()

    def _note(self, statement: str, values: Sequence[Any]) -> None:
        self._do(lambda c: c.execute(statement, values))

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        return self._worker.submit(self._transaction, work)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection = self._connection or _open(self.path)
        return work(connection)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    return connection


def _first(connection: sqlite3.Connection, task_uuid: str) -> str | None:
    with closing(connection.execute("SELECT state FROM tasks WHERE uuid = ?", (_key(task_uuid),))) as rows:
        row = rows.fetchone()
    return str(row[0]) if row else None


def _key(task_uuid: str) -> bytes:
    """UUIDs as 16 bytes; whatever else someone sends as one, as its text."""
    try:
        return uuid.UUID(task_uuid).bytes
    except ValueError:
        return task_uuid.encode()


def _micro(usd: float | None) -> int | None:
    return None if usd is None else round(usd * _MILLION)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
