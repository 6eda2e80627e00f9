"""Listing: which rows the ledger has, in order, and no more of them: what a browser of 100,000 rows scrolls over.

Joining tasks and results takes 8 µs a row, since both are found by random UUIDs. So the order, the numbers and the
prices are read once, each by one scan, and a search is one more scan, which returns UUIDs. What a row says is read when
it is on screen (`told`). Columns are arrays: 100,000 tuples would keep the garbage collector busy. Of 100,000 rows the
listing takes 0.3 to 0.5 s and 15 MB, and a search 0.04 s where it finds nothing to 0.15 s where half of them fit.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runware_nb.memory.ledger import unkey
from runware_nb.memory.queries import Entry, Part, Status, chosen, named

MOST: Final = 250_000
"""Rows that are listed, the newest: browsers cannot make a box much taller."""
FAILED: Final = -1
UNFINISHED: Final = -2
_STATUS: Final[dict[int, Status]] = {FAILED: "failed", UNFINISHED: "unfinished"}
_CACHE: Final = "PRAGMA cache_size = -131072"
"""128 MiB at most, in which 100,000 tasks have room: a search is then a third quicker than from the file."""
_ENDS: Final = "('failed', 'unknown', 'intended', 'accepted')"


@dataclass(frozen=True, slots=True)
class Sums:
    """What rows cost, in millionths of a USD: money, the sandbox's play money, and how many have no known price."""

    rows: int = 0
    spent: int = 0
    pretended: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of the ledger, the newest first, a column each. A row is a result, a failure, or an open task.

    Parameters
    ----------
    stamp
        Changes when rows are added or tasks end.
    uuids
        Keys of the tasks.
    numbers
        Of the results; `FAILED` or `UNFINISHED` where there is none.
    money, play
        What each cost in millionths of a USD: as money, as play money.
    unknown
        1 for a result whose price the API did not give.
    sandbox
        1 for what the sandbox made.
    """

    stamp: tuple[Any, ...] = ()
    uuids: list[bytes] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("l"))
    money: array[int] = field(default_factory=lambda: array("q"))
    play: array[int] = field(default_factory=lambda: array("q"))
    unknown: bytearray = field(default_factory=bytearray)
    sandbox: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.uuids)

    def status(self, row: int) -> Status:
        """Return what became of a row."""
        return _STATUS.get(self.numbers[row], "done")

    def sums(self, rows: Sequence[int]) -> Sums:
        """Add rows up."""
        return Sums(
            len(rows),
            sum(map(self.money.__getitem__, rows)),
            sum(map(self.play.__getitem__, rows)),
            sum(map(self.unknown.__getitem__, rows)),
        )

    def _add(self, uuid: bytes, number: int, cost: int | None, sandbox: int) -> None:
        self.uuids.append(uuid)
        self.numbers.append(number)
        self.money.append(0 if sandbox else cost or 0)
        self.play.append(cost or 0 if sandbox else 0)
        self.unknown.append(cost is None and number >= 0 and not sandbox)
        self.sandbox.append(bool(sandbox))


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen from: the models and notebooks that there are."""

    models: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()


def listing(before: Listing | None = None) -> Callable[[sqlite3.Connection], Listing]:
    """Return what reads the listing; it gives the one from before, if nothing was added since."""

    def look(connection: sqlite3.Connection) -> Listing:
        stamp = _stamp(connection)
        if before is not None and before.stamp == stamp:
            return before
        connection.execute(_CACHE)
        return _read(connection, stamp)

    return look


def _read(connection: sqlite3.Connection, stamp: tuple[Any, ...]) -> Listing:
    made = Listing(stamp)
    first: dict[bytes, tuple[int, int | None, int]] = {}
    later: dict[bytes, list[tuple[int, int | None, int]]] = {}
    for uuid, *told in connection.execute("SELECT uuid, number, cost, sandbox FROM results ORDER BY uuid, number"):
        if uuid in first:
            later.setdefault(uuid, []).append((told[0], told[1], told[2]))
        else:
            first[uuid] = told[0], told[1], told[2]
    ends = {
        uuid: (FAILED if state in {"failed", "unknown"} else UNFINISHED, None, sandbox)
        for uuid, state, sandbox in connection.execute(
            f"SELECT uuid, state, base_url = 'sandbox' FROM tasks WHERE state IN {_ENDS}"  # noqa: S608
        )
    }
    for (uuid,) in connection.execute("SELECT uuid FROM tasks ORDER BY created DESC, uuid"):
        for one in (ends.get(uuid), first.get(uuid), *later.get(uuid, ())):
            if one is not None:
                made._add(uuid, *one)  # noqa: SLF001  (it is being made)
        if len(made) >= MOST:
            break
    return made


def sift(
    part: Part, of: Listing, *, sandbox: bool | None = None
) -> Callable[[sqlite3.Connection], tuple[Sequence[int], Sums]]:
    """Return what finds the rows of a part, by their numbers in the listing, and adds them up.

    Parameters
    ----------
    part
        Which rows. Its conditions are SQLite's work.
    of
        The listing.
    sandbox
        Play money alone, or money alone; None for both.
    """

    def look(connection: sqlite3.Connection) -> tuple[Sequence[int], Sums]:
        rows: Sequence[int] = range(len(of))
        if part != Part(status=part.status, most=part.most):
            found = chosen(connection, part)
            rows = [n for n, uuid in enumerate(of.uuids) if uuid in found] if found else ()
        if part.status is not None:
            rows = [n for n in rows if of.status(n) == part.status]
        if sandbox is not None:
            rows = [n for n in rows if of.sandbox[n] == sandbox]
        rows = rows[: part.most]
        kept = rows if isinstance(rows, range) else array("l", rows)
        return kept, of.sums(kept)

    return look


def told(of: Listing, rows: Iterable[int]) -> Callable[[sqlite3.Connection], list[Entry | None]]:
    """Return what reads rows whole, in their order; None for one that is no longer as it was listed."""
    wanted = [(unkey(of.uuids[n]), of.status(n), max(of.numbers[n], 0)) for n in rows]
    read = named([uuid for uuid, _, _ in wanted])

    def look(connection: sqlite3.Connection) -> list[Entry | None]:
        found = {(entry.uuid, entry.status, entry.number or 0): entry for entry in read(connection)}
        return [found.get(row) for row in wanted]

    return look


def choices(connection: sqlite3.Connection) -> Choices:
    """Return what can be chosen from."""
    models = connection.execute("SELECT model FROM tasks WHERE model IS NOT NULL GROUP BY model ORDER BY model")
    notebooks = connection.execute("SELECT DISTINCT notebook FROM tasks WHERE notebook IS NOT NULL ORDER BY notebook")
    return Choices(tuple(str(m) for (m,) in models), tuple(str(n) for (n,) in notebooks))


def _stamp(connection: sqlite3.Connection) -> tuple[Any, ...]:
    """Tell in little time whether something was added: sums are kept by the ledger, states are in an index."""
    newest = connection.execute("SELECT max(created) FROM tasks").fetchone()
    sums = connection.execute("SELECT sum(results), sum(unknown), sum(cost) FROM totals").fetchone()
    ends = connection.execute(f"SELECT state, count(*) FROM tasks WHERE state IN {_ENDS} GROUP BY state")  # noqa: S608
    return (newest, sums, tuple(ends))
