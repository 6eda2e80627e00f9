"""Worker: the thread that reads and writes the ledger file, in order, so that no event loop ever waits for a disk.

What has queued up while it was busy goes into one transaction: a batch costs one flush to the disk. Notes that nobody
waits for gather for a moment, unless somebody asks meanwhile. A file that is damaged is set aside under another name
and a new one begun; work goes on.
"""

from __future__ import annotations

import atexit
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from runware_nb.errors import UsageError
from runware_nb.memory.schema import MIGRATIONS

BATCH: Final = 500
GATHER: Final = 0.25
"""Seconds that notes wait for more of them. What is lost with them in a crash is asked after again, by its UUID."""
FULL: Final = 128
"""Notes that wait for no more: so that they do not pile up for who waits for the end."""
CACHE: Final = 16_384
"""KiB of the file held in memory at most. UUIDs come in any order, so that ten thousand rows touch all pages of it."""
BUSY: Final = 30.0
"""Seconds to wait for another kernel that is writing."""
_DAMAGE: Final = ("malformed", "not a database", "disk image", "file is encrypted")
# File systems whose locks or shared memory SQLite's write-ahead log cannot rely on: https://sqlite.org/wal.html.
_REMOTE: Final = ("nfs", "cifs", "smb", "9p", "afs", "lustre", "gpfs", "fuse.sshfs", "ceph", "beegfs", "virtiofs")

T = TypeVar("T")
_Work = Callable[[sqlite3.Connection], Any]
_Entry = tuple[_Work, Future[Any] | None]
"""Some work, and who waits for it."""
_Outcome = tuple[Future[Any] | None, Any, Exception | None]


class Worker:
    """One thread, one connection.

    Parameters
    ----------
    path
        The file; made, with its folder, at the first work.
    tell
        Takes one line for the user.
    before_commit
        Called on the thread when all work of a batch is done, and not yet on the disk.
    """

    def __init__(
        self, path: Path, tell: Callable[[str], object], before_commit: Callable[[], object] = lambda: None
    ) -> None:
        self._path = path
        self._tell = tell
        self._before_commit = before_commit
        self._queue: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._awaited = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._thread = threading.Thread(target=self._serve, name="runware-ledger", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def do(self, work: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Queue some work. Its future is done once it is on the disk."""
        future: Future[T] = Future()
        self._put((partial(_whole, work), future))
        return future

    def note(self, work: _Work) -> None:
        """Queue some work that nobody waits for.

        It is on the disk soon: with what is asked next, with `FULL` notes, or after `GATHER`.

        It should be one statement that writes, which SQLite does whole or not at all.
        """
        self._queue.put((work, None))
        if self._queue.qsize() >= FULL:
            self._awaited.set()

    def close(self) -> None:
        """Do what is queued, and end the thread."""
        if self._thread.is_alive():
            self._put(None)
            self._thread.join()
        atexit.unregister(self.close)

    def _put(self, entry: _Entry | None) -> None:
        self._queue.put(entry)
        self._awaited.set()

    def _serve(self) -> None:
        going = True
        while going:
            batch = self._gathered()
            going = None not in batch
            self._perform([_taken(*entry) for entry in batch if entry is not None])
        if self._connection is not None:
            self._connection.close()

    def _gathered(self) -> list[_Entry | None]:
        """Take what is queued, once somebody waits for it, or notes have gathered for a moment."""
        batch = [self._queue.get()]
        self._awaited.wait(GATHER)
        self._awaited.clear()
        with suppress(queue.Empty):
            while len(batch) < BATCH:
                batch.append(self._queue.get_nowait())
            self._awaited.set()  # of what is left in the queue, some may be waited for
        return batch

    def _perform(self, batch: list[_Entry]) -> None:
        if not batch:
            return
        try:
            done = self._commit_or_start_anew(batch)
        except Exception as failure:  # noqa: BLE001  (each waiting future gets it)
            done = [(future, None, failure) for _, future in batch]
        for future, value, error in done:
            if future is None:
                continue
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)

    def _commit_or_start_anew(self, batch: list[_Entry]) -> list[_Outcome]:
        try:
            return self._commit(batch)
        except sqlite3.DatabaseError as error:
            if not (_is_damage(error) and self._set_aside()):
                raise
        return self._commit(batch)

    def _commit(self, batch: list[_Entry]) -> list[_Outcome]:
        """Do all work of a batch in one transaction. One that fails by itself takes back only its own part."""
        connection = self._open()
        done: list[_Outcome] = []
        connection.execute("BEGIN IMMEDIATE")
        try:
            for work, future in batch:
                value = failure = None
                try:
                    value = work(connection)
                except Exception as error:
                    if _is_damage(error) or not connection.in_transaction:  # a full disk takes back all of it
                        raise
                    failure = error
                done.append((future, value, failure))
            self._before_commit()
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return done

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=BUSY, isolation_level=None)
            try:
                connection.execute(f"PRAGMA journal_mode = {'DELETE' if _is_remote(self._path) else 'WAL'}")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(f"PRAGMA cache_size = -{CACHE}")
                _migrate(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _set_aside(self) -> bool:
        """Rename a damaged file. False if that cannot be done."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        aside = self._path.with_name(
            f"{self._path.stem}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{self._path.suffix}"
        )
        try:
            self._path.rename(aside)
        except OSError:
            return False
        for ending in ("-wal", "-shm", "-journal"):
            with suppress(OSError):
                self._path.with_name(self._path.name + ending).rename(aside.with_name(aside.name + ending))
        self._tell(f"The ledger was damaged: it is kept as {aside}, and a new one is begun.")
        return True


def _whole(work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
    """Do some work, or nothing of it."""
    connection.execute("SAVEPOINT work")
    try:
        done = work(connection)
    except Exception:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
        raise
    connection.execute("RELEASE work")
    return done


def _taken(work: _Work, future: Future[Any] | None) -> _Entry:
    """Begin an entry. What somebody no longer waits for is written down all the same, and told to nobody."""
    return work, future if future is not None and future.set_running_or_notify_cancel() else None


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, a step at a time, each whole or not at all."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise UsageError(
            "the ledger was written by a newer runware_nb: update it, or set RUNWARE_NB_HOME to another folder."
        )
    if version == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for step, statements in enumerate(MIGRATIONS[version:], version + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {step}")
    connection.execute("COMMIT")


def _is_damage(error: Exception) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and any(word in str(error) for word in _DAMAGE)


def _is_remote(path: Path) -> bool:
    """Tell a network file system, where the kernel of the machine says (Linux)."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    except (OSError, IndexError):
        return False
    where = path.parent.resolve()
    over = [(point, kind) for point, kind in mounts if where.is_relative_to(point.replace("\\040", " "))]
    _, kind = max(over, key=lambda mount: len(mount[0]), default=("", ""))
    return kind.startswith(_REMOTE)
