"""Costs are added up by SQLite, and must be what they would be if each row was looked at."""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from runware_nb.api.tasks import Task
from runware_nb.compare.costs import BY, Item, costs, is_kept
from runware_nb.compare.history import History
from runware_nb.compare.opinions import Opinion, Opinions
from runware_nb.memory import queries
from runware_nb.memory.ledger import Intent, Ledger, unkey
from runware_nb.memory.queries import Part
from runware_nb.memory.schema import MIGRATIONS

TYPES = {"imageInference": "image", "textInference": "text", "newerThanThis": "newerThanThis"}
KEYS = [f"{n:064x}" for n in range(12)]
PARTS = [
    Part(),
    Part(since=date(2026, 1, 2), until=date(2026, 1, 3)),
    Part(since=date(2026, 1, 3)),
    Part(model="MAKER:1", kind="image"),
    Part(status="done", notebook="a"),
    Part(status="failed", until=date(2026, 1, 2)),
    Part(status="unfinished"),
    Part(words="fox 1"),
    Part(keys=frozenset(KEYS[:4])),
    Part(most=17),
    Part(status="done", most=5, since=date(2026, 1, 2)),
]


def moment(dice: random.Random) -> str:
    """Return a time, often within seconds of midnight UTC."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=dice.randrange(5))
    return (start + timedelta(seconds=dice.choice([-1, 0, 1, 40_000]))).isoformat(timespec="milliseconds")


def fill(ledger: Ledger, folder, dice: random.Random) -> None:
    """Write tasks of all fates and times into a ledger."""
    connection = sqlite3.connect(ledger.path)
    connection.execute("INSERT INTO folders VALUES (?)", (str(folder),))
    for n in range(300):
        name, sandbox = dice.randbytes(16), dice.random() < 0.3
        state = dice.choice(["intended", "accepted", "unknown", "failed", "done", "done", "done", "done"])
        key = bytes.fromhex(dice.choice(KEYS))
        connection.execute(
            "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, model, request, fingerprint, owner,"
            " state, estimate, notebook, cell) VALUES (?, x'00', ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?)",
            (
                name, moment(dice), "sandbox" if sandbox else "api", str(folder), dice.choice(list(TYPES)),
                dice.choice(["maker:1@1", "maker:2@1", None]), json.dumps({"positivePrompt": f"a fox {n}"}), key, state,
                dice.choice([None, 2_001]), dice.choice(["a.ipynb", "b.ipynb", None]), dice.choice(["c1", None]),
            ),
        )  # fmt: skip
        for number in range(dice.randrange(1, 4) if state == "done" else dice.choice([0, 0, 1])):
            told = (dice.choice([None, 0, 1_300, 7_777_777]), sandbox, dice.choice([None, dice.random() * 100, 1.5]))
            connection.execute(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, '{}', '[]', ?)",
                (name, number, moment(dice), *told, key),
            )
    connection.commit()
    connection.close()


def items(connection: sqlite3.Connection, part: Part, given: dict[str, Opinion]) -> list[Item]:
    """Look at each row of a part."""
    tasks = {
        unkey(row[0]): row[1:]
        for row in connection.execute(
            "SELECT uuid, model, task_type, created, base_url, estimate, notebook, cell FROM tasks"
        )
    }
    arrived = {(unkey(name), n): at for name, n, at in connection.execute("SELECT uuid, number, arrived FROM results")}
    found = []
    for row in queries.entries(part)(connection):
        model, task_type, created, api, estimate, notebook, cell = tasks[row.uuid]
        done, opinion = row.status == "done", given.get(row.key, Opinion())
        day = (arrived[row.uuid, row.number] if done else created)[:10]
        place = {"model": model, "kind": TYPES[task_type], "day": day, "notebook": notebook, "cell": cell}
        found.append(
            Item(
                {**place, "tag": opinion.tags},
                row.status,
                row.cost,
                bool(row.sandbox) if done else api == "sandbox",
                row.doubtful,
                () if row.latency is None else (row.latency,),
                None if done else estimate,
                kept=done and is_kept(opinion),
            )
        )
    return found


@pytest.fixture(params=[1, 2])
async def past(request, tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    await ledger.totals()
    fill(ledger, tmp_path, random.Random(request.param))
    yield History(ledger)
    ledger.close()


@pytest.mark.parametrize("liked", [False, True])
@pytest.mark.parametrize("part", PARTS, ids=repr)
async def test_costs_are_those_of_each_row_added_up(past, tmp_path, part, liked):
    if liked:
        Opinions(tmp_path).rate(KEYS[1], stars=5, tags=("cover", "keep"))
        Opinions(tmp_path).rate(KEYS[2], stars=2, tags=("cover",))
    given = past.opinions()
    rows = await past.ledger.read(lambda connection: items(connection, part, given))

    for by in [(), *((name,) for name in BY), ("model", "day", "notebook"), ("cell", "tag")]:
        told, must = History(past.ledger, part).costs(by), costs(rows, by)
        for name in ("groups", "days", "models"):
            mine, theirs = getattr(told, name), getattr(must, name)
            assert [s.of for s in mine] == [s.of for s in theirs]
            assert [astuple(s)[1:-2] for s in mine] == [astuple(s)[1:-2] for s in theirs]
            assert [(s.p50, s.p95) for s in mine] == [pytest.approx((s.p50, s.p95)) for s in theirs]
        assert astuple(told.whole)[:-2] == astuple(must.whole)[:-2]


ROW = (
    "INSERT INTO tasks (uuid, run, created, base_url, folder, task_type, request, fingerprint, owner)"
    " VALUES (?, x'00', '2026-01-01', 'api', ?, 'imageInference', '{}', x'00', '')"
)


def of_schema(path: Path, version: int) -> sqlite3.Connection:
    """Begin a ledger as an earlier version of the package would have."""
    old = sqlite3.connect(path)
    for statement in [statement for step in MIGRATIONS[:version] for statement in step]:
        old.execute(statement)
    old.execute(f"PRAGMA user_version = {version}")
    old.executemany(ROW, [(b"1", "/a"), (b"2", "/b"), (b"3", "/a")])
    old.commit()
    return old


async def test_a_ledger_of_the_fourth_schema_and_a_kernel_that_goes_on_with_it_are_counted(tmp_path):
    kept = "INSERT INTO results VALUES (?, ?, '2026-01-02', ?, 0, 1.5, '{}', '[]', x'00')"
    old = of_schema(tmp_path / "old.sqlite", 4)
    old.executemany(kept, [(b"1", 0, 1_300), (b"1", 1, None), (b"2", 0, None)])
    old.commit()
    ledger = Ledger(tmp_path / "old.sqlite")
    month = History(ledger, Part(since=date(2026, 1, 1), until=date(2026, 1, 31)))

    def told():
        whole = month.costs().whole
        return whole.results, whole.unknown, round(whole.spent * 1_000_000)

    assert told() == (3, 2, 1_300)
    old.execute(kept, (b"3", 0, 500))
    old.execute("UPDATE results SET cost = 700 WHERE uuid = ? AND number = 1", (b"1",))
    old.commit()
    assert told() == (4, 1, 2_500)
    old.execute("DELETE FROM results WHERE uuid = ?", (b"1",))
    old.commit()
    old.close()
    assert told() == (2, 1, 500)
    ledger.close()


async def test_a_ledger_of_the_third_schema_knows_its_folders_and_new_ones(tmp_path):
    of_schema(tmp_path / "old.sqlite", 3).close()
    ledger = Ledger(tmp_path / "old.sqlite")

    assert await ledger.read(queries.folders) == ["/a", "/b"]
    tasks = [Task.of({"taskType": "imageInference"}) for _ in range(2)]
    await ledger.intend([Intent(task, "00" * 32, None) for task in tasks], base_url="api", folder=Path("/c"))
    assert await ledger.read(queries.folders) == ["/a", "/b", "/c"]
    assert History(ledger).costs().whole.flights == 5
    ledger.close()
