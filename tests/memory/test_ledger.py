"""The ledger: on the disk before anything is sent, never twice, and whole whatever happens to the file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import time

import pytest

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.errors import BudgetExceeded, ContentRefused, TaskTimeout, Unreachable, UsageError
from runware_nb.memory import owners
from runware_nb.memory.ledger import Intent, Ledger

API = "https://api.example/v1"
KEY = "ab" * 32


def new_task(**fields):
    return Task.of({"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", **fields})


def picture(task, number=0, **item):
    return Result.of(task, number, {"imageURL": "u", "cost": 0.0013, **item})


@pytest.fixture
def said():
    return []


@pytest.fixture
def ledger(tmp_path, said):
    ledger = Ledger(tmp_path / "deep" / "ledger.sqlite", said.append)
    yield ledger
    ledger.close()


async def intend(ledger, *tasks, price=0.0038, key=KEY, budget=None):
    await ledger.intend([Intent(t, key, price) for t in tasks], base_url=API, folder=ledger.path.parent, budget=budget)


def read(ledger, query):
    connection = sqlite3.connect(ledger.path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def test_what_is_intended_is_on_the_disk_when_it_returns(ledger):
    await intend(ledger, new_task())

    assert read(ledger, "SELECT state, model, estimate FROM tasks") == [("intended", "runware:101@1", 3800)]


async def test_a_task_goes_from_intended_to_done(ledger):
    task = new_task()
    await intend(ledger, task)
    states = [await ledger.state_of(task.task_uuid)]
    for step in (ledger.accept, ledger.finish):
        step(task.task_uuid)
        states.append(await ledger.state_of(task.task_uuid))

    assert states == ["intended", "accepted", "done"]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ContentRefused("no"), "failed"),
        (Unreachable("lost", sent=True), "unknown"),
        (Unreachable("never sent", sent=False), "failed"),
        (TaskTimeout("late"), "unknown"),
    ],
)
async def test_what_may_have_run_is_not_called_failed(ledger, error, state):
    task = new_task()
    await intend(ledger, task)
    ledger.fail(task.task_uuid, error)

    assert await ledger.state_of(task.task_uuid) == state


async def test_tasks_marked_by_several_threads_are_all_marked(ledger):
    tasks = [new_task() for _ in range(400)]
    await intend(ledger, *tasks)

    def mark(several):
        for task in several:
            ledger.accept(task.task_uuid)
            ledger.finish(task.task_uuid)

    await asyncio.gather(*(asyncio.to_thread(mark, tasks[n::4]) for n in range(4)))
    await ledger.settled()

    assert read(ledger, "SELECT state, count(*) FROM tasks GROUP BY state") == [("done", 400)]


async def test_a_result_told_twice_is_one_row_and_one_price(ledger):
    task = new_task()
    await intend(ledger, task)
    for _ in range(2):
        ledger.keep(picture(task, imageBase64Data="x"))
    await ledger.settled()

    ((cost, item),) = read(ledger, "SELECT cost, item FROM results")
    assert (cost, "Base64" in item) == (1300, False)
    assert (await ledger.totals()).spent == pytest.approx(0.0013)


async def test_a_price_that_comes_later_moves_from_unknown_to_spent(ledger):
    task = new_task()
    await intend(ledger, task)
    ledger.keep(picture(task, cost=None))
    before = await ledger.totals()
    ledger.keep(picture(task))
    after = await ledger.totals()

    assert [(t.unknown, t.spent) for t in (before, after)] == [(1, 0), (0, pytest.approx(0.0013))]


async def test_sandbox_prices_are_in_no_other_sum(ledger):
    task = new_task()
    await intend(ledger, task)
    ledger.keep(Result.of(task, 0, {"imageURL": "u", "cost": 0.5}, sandbox=True))
    totals = await ledger.totals()

    assert (totals.spent, totals.sandbox) == (0, 0.5)


async def test_samples_of_one_key_stand_in_the_order_they_were_asked_for(ledger):
    first, second = new_task(), new_task()
    await intend(ledger, first)
    await asyncio.sleep(0.002)  # the clock of the ledger counts milliseconds
    await intend(ledger, second)
    for result in (picture(second, 0), picture(first, 1), picture(first, 0)):
        ledger.keep(result)

    told = [(json.loads(request)["taskUUID"], number) for request, _, number, *_ in (await ledger.samples([KEY]))[KEY]]
    assert told == [(first.task_uuid, 0), (first.task_uuid, 1), (second.task_uuid, 0)]


async def test_a_uuid_written_down_again_keeps_its_first_row(ledger):
    task = new_task()
    await intend(ledger, task, price=1.0)
    await intend(ledger, task, price=2.0)

    assert read(ledger, "SELECT estimate FROM tasks") == [(1_000_000,)]


async def test_what_is_no_uuid_is_written_down_all_the_same(ledger):
    await intend(ledger, new_task(taskUUID="mine"))

    assert await ledger.state_of("mine") == "intended"


async def test_open_tasks_of_a_dead_process_are_found_and_those_of_a_live_one_left(ledger):
    dead, live, mine = new_task(), new_task(), new_task()
    await intend(ledger, dead, live, mine)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        ticks = owners._started(other.pid)
        host = owners.this().partition("|")[0]
        connection = sqlite3.connect(ledger.path)
        for task, owner in ((dead, f"{host}|999999|1"), (live, f"{host}|{other.pid}|{ticks}")):
            connection.execute("UPDATE tasks SET owner = ? WHERE request LIKE ?", (owner, f"%{task.task_uuid}%"))
        connection.commit()
        connection.close()
        found = {o.task.task_uuid for o in await ledger.open_tasks(API)}
        other.communicate(b"\n")

    assert found == {dead.task_uuid, mine.task_uuid}


async def test_a_budget_is_held_by_estimates_and_then_by_prices(ledger):
    cheap = new_task()
    await intend(ledger, cheap, price=0.6, budget=("team", 1.0))
    with pytest.raises(BudgetExceeded, match=r"\$0\.4000 is left"):
        await intend(ledger, new_task(), price=0.5, budget=("team", 1.0))
    ledger.keep(picture(cheap, cost=0.1))
    ledger.finish(cheap.task_uuid)
    await intend(ledger, new_task(), price=0.5, budget=("team", 1.0))

    assert len(read(ledger, "SELECT 1 FROM tasks")) == 2


async def test_what_a_budget_refuses_is_not_written_down(ledger):
    with pytest.raises(BudgetExceeded):
        await intend(ledger, new_task(), new_task(), price=0.6, budget=("team", 1.0))

    assert read(ledger, "SELECT count(*) FROM tasks") == [(0,)]


@pytest.mark.parametrize("damage", [b"not a database at all, but long enough to look like one" * 40, b"\0" * 4096])
async def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path, said, damage):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(damage)
    ledger = Ledger(path, said.append)
    await intend(ledger, new_task())
    ledger.close()

    (aside,) = tmp_path.glob("ledger.damaged-*.sqlite")
    assert aside.read_bytes() == damage
    assert str(aside) in said[0]
    assert read(ledger, "SELECT count(*) FROM tasks") == [(1,)]


async def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "ledger.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    ledger = Ledger(path)
    with pytest.raises(UsageError, match="newer runware_nb"):
        await intend(ledger, new_task())
    ledger.close()

    assert not list(tmp_path.glob("*damaged*"))


async def test_a_ledger_that_cannot_be_written_fails_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    ledger = Ledger(tmp_path / "file" / "ledger.sqlite")
    with pytest.raises(UsageError, match="cannot be used"):
        await intend(ledger, new_task())
    ledger.close()


WRITER = """
import asyncio, sys, uuid
from pathlib import Path
from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.errors import BudgetExceeded
from runware_nb.memory.ledger import Intent, Ledger

async def main():
    ledger = Ledger(Path(sys.argv[1]))
    written = 0
    for _ in range(70):
        tasks = [Task.of({"taskType": "imageInference", "model": "m"}) for _ in range(20)]
        try:
            await ledger.intend(
                [Intent(t, uuid.uuid4().hex * 2, 0.001) for t in tasks],
                base_url="u", folder=Path("nowhere"), budget=("all", 3.5),
            )
        except BudgetExceeded:
            continue
        for t in tasks:
            ledger.accept(t.task_uuid)
            ledger.keep(Result.of(t, 0, {"imageURL": "u", "cost": 0.001}))
            ledger.finish(t.task_uuid)
        written += len(tasks)
    await ledger.settled()
    ledger.close()
    print(written)

asyncio.run(main())
"""


async def test_three_processes_share_one_ledger_and_one_budget(ledger):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(ledger.path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    told = [await asyncio.to_thread(w.communicate) for w in writers]

    assert [errors for _, errors in told] == [b"", b"", b""]
    written = sum(int(out) for out, _ in told)
    assert written == 3500
    assert read(ledger, "SELECT count(*), sum(cost) FROM results") == [(3500, 3_500_000)]
    assert (await ledger.totals()).spent == pytest.approx(3.5)


async def test_the_loop_never_waits_for_the_disk(ledger):
    await intend(ledger, new_task())
    connection = sqlite3.connect(ledger.path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    ledger.accept("x")
    waiting = asyncio.ensure_future(ledger.settled())
    await asyncio.sleep(0)
    taken = time.monotonic() - started
    connection.execute("COMMIT")
    connection.close()
    await waiting

    assert taken < 0.1


async def test_what_nobody_waits_for_any_more_is_written_all_the_same(ledger):
    task = new_task()
    waiting = asyncio.ensure_future(intend(ledger, task))
    await asyncio.sleep(0)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting

    assert await ledger.state_of(task.task_uuid) == "intended"
