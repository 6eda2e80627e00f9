"""Rows sent by the workers of a dask cluster: the same table, one cap, and nothing paid for twice when one is lost."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from pathlib import Path
from time import sleep

import pandas as pd
import pytest

import runware_nb
from runware_nb import door
from runware_nb.api.tasks import Task
from runware_nb.clusters import Cluster
from runware_nb.compare.records import KEPT
from runware_nb.errands import Errand, Orders
from runware_nb.errors import BudgetExceeded, UsageError
from runware_nb.places import NOWHERE
from runware_nb.rows import WAVE, WAVES
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.timeout(300), pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")]
ROWS = int(os.environ.get("RUNWARE_ROWS", "300"))  # read before a test: none of it sees variables from outside
SMALL = {"model": "runware:101@1", "width": 128, "height": 128}


def _cups(count: int) -> pd.DataFrame:
    return pd.DataFrame({"n": range(count)}, index=[f"cup {n}" for n in range(count)])


@pytest.fixture(scope="module")
def box():
    with Sandbox(latency=(0.5, 1.0), balance=1e6) as box:
        yield box


def _variables(box):
    return {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}


@pytest.fixture(scope="module")
def client(box):
    """Two workers, which take their key from the environment that they start in."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _variables(box).items():
            patch.setenv(name, value)
        with (
            distributed.LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", memory_limit=0
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client


@pytest.fixture
async def rw(box, client, monkeypatch, tmp_path):
    for name, value in _variables(box).items():  # a worker that is started anew takes them from here
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    client.wait_for_workers(2, timeout=120)
    await door.reset()
    yield runware_nb
    await door.reset()


async def _until(holds):
    while not holds():  # noqa: ASYNC110  (it is the sandbox that is waited for)
        await asyncio.sleep(0.02)


def _idle(client):
    while any(map(len, client.processing().values())):
        sleep(0.05)


def _billed(box, frame):
    """Return the bills of the tasks of a table."""
    bills = box.billed()
    return [bills[uuid] for uuid in frame.task_uuid if uuid in bills]


async def test_the_table_is_the_one_that_the_kernel_would_make(rw, client, box):
    there = await rw.map(_cups(110), "cup {{ n }}", seed=1, engine=client, **SMALL)
    here = await rw.map(_cups(110), "cup {{ n }}", seed=2, **SMALL)

    same = [name for name in ["n", *KEPT] if name not in {"path", "seed", "latency_s", "task_uuid"}]
    pd.testing.assert_frame_equal(there[same], here[same])
    assert list(there.dtypes) == list(here.dtypes)
    assert all(Path(path).is_file() for path in there.path)
    assert {bill.runs for bill in _billed(box, there)} == {1}


async def test_made_again_by_either_it_costs_nothing(rw, client, box):
    await rw.map(_cups(3), "tea {{ n }}", engine=client, **SMALL)
    before = len(box.billed())
    there = await rw.map(_cups(3), "tea {{ n }}", engine=client, **SMALL)
    here = await rw.map(_cups(3), "tea {{ n }}", **SMALL)

    assert len(box.billed()) == before
    assert there.cached.all()
    assert here.cached.all()


async def test_the_ledger_of_the_kernel_has_it_all_and_no_mark_is_left(rw, client, home, tmp_path):
    made = await rw.map(_cups(3), "pot {{ n }}", name="pots", engine=client, **SMALL)

    assert set(rw.history("pot").df.task_uuid) == set(made.task_uuid)
    assert not [path for folder in (home, tmp_path) for path in folder.rglob("*.part")]


async def test_a_killed_workers_rows_are_done_by_the_other_and_paid_for_once(rw, client, box):
    before = set(box.billed())
    frame = _cups(ROWS)
    pids = await asyncio.to_thread(client.run, os.getpid)
    work = asyncio.ensure_future(rw.map(frame, "bowl {{ n }}", engine=client, max_cost=100, **SMALL))
    await _until(lambda: len(set(box.billed()) - before) > 100 or work.done())  # both have sent some
    busy = await asyncio.to_thread(client.processing)
    worker = max(busy, key=lambda address: len(busy[address]))
    os.kill(pids[worker], signal.SIGKILL)
    made = await work
    billed = {uuid: bill for uuid, bill in box.billed().items() if uuid not in before}

    assert busy[worker]  # it had rows under way
    assert list(made.index) == list(frame.index)
    assert (made.status == "done").all()
    assert set(billed) == set(made.task_uuid)
    assert {bill.runs for bill in billed.values()} == {1}
    assert made.sandbox_usd.sum() == pytest.approx(sum(bill.usd for bill in billed.values()))


async def test_a_cap_that_is_too_low_stops_it_before_anything_is_sent(rw, client, box):
    before = sum(bill.usd for bill in box.billed().values())
    with pytest.raises(BudgetExceeded, match="Nothing was sent"):
        await rw.map(_cups(300), "jug {{ n }}", engine=client, max_cost=0.01, **SMALL)

    assert sum(bill.usd for bill in box.billed().values()) == before


@pytest.mark.parametrize("where", ["here", "there"])
async def test_a_cap_stops_it_midway_where_the_api_charges_more_than_was_known(rw, client, box, monkeypatch, where):
    one = (await rw.estimate({"taskType": "imageInference", "positivePrompt": "x", **SMALL})).usd
    real, before = box._world.desk.price, sum(bill.usd for bill in box.billed().values())
    monkeypatch.setattr(box._world.desk, "price", lambda *asked: 2 * real(*asked))
    engine = {"engine": client} if where == "there" else {}
    made = await rw.map(_cups(1200), f"can {where} {{{{ n }}}}", max_cost=1200 * one, **engine, **SMALL)
    spent = sum(bill.usd for bill in box.billed().values()) - before

    assert 600 * one <= spent <= (1200 + WAVE * WAVES) * one  # what was under way cost more than was held for it
    assert set(made.error_code.dropna()) == {"BudgetExceeded"}
    assert made.sandbox_usd.sum() == pytest.approx(spent)


async def test_a_budget_of_the_kernel_holds_on_workers(rw, client, box, monkeypatch):
    one = (await rw.estimate({"taskType": "imageInference", "positivePrompt": "x", **SMALL})).usd
    monkeypatch.setenv("RUNWARE_BUDGET", str(150.5 * one))
    before = sum(bill.usd for bill in box.billed().values())
    made = await rw.map(_cups(300), "mug {{ n }}", engine=client, **SMALL)

    assert sum(bill.usd for bill in box.billed().values()) - before <= 150.5 * one
    assert sorted(made.status.unique()) == ["done", "failed"]
    assert set(made.error_code.dropna()) == {"BudgetExceeded"}


async def test_an_interrupted_table_stops_the_waves_not_the_workers_and_loses_nothing_paid(rw, client, box):
    before = set(box.billed())
    pids = await asyncio.to_thread(client.run, os.getpid)
    work = asyncio.ensure_future(rw.map(_cups(250), "urn {{ n }}", engine=client, **SMALL))
    await _until(lambda: len(set(box.billed()) - before) >= 50 or work.done())
    for pid in pids.values():
        os.kill(pid, signal.SIGINT)  # as Jupyter does to all processes of a kernel
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    await asyncio.to_thread(_idle, client)
    alive = await asyncio.to_thread(client.run, os.getpid)
    made = await rw.map(_cups(250), "urn {{ n }}", **SMALL)
    billed = {uuid: bill for uuid, bill in box.billed().items() if uuid not in before}

    assert (made.status == "done").all()
    assert len(billed) == 250
    assert alive == pids
    assert {bill.runs for bill in billed.values()} == {1}


async def test_the_key_is_in_nothing_that_the_scheduler_sees(rw, client, box):
    work = asyncio.ensure_future(rw.map(_cups(100), "cruet {{ n }}", engine=client, **SMALL))
    seen = []
    while not work.done():
        seen.append(await asyncio.to_thread(client.run_on_scheduler, _seen))
        await asyncio.sleep(0.1)
    await work
    logs = [await asyncio.to_thread(ask) for ask in (client.get_scheduler_logs, client.get_worker_logs)]
    told = "\n".join([*seen, str(logs), str(await asyncio.to_thread(client.get_events))])

    assert "cruet 99" in told  # what was looked at is what holds the rows
    assert box.api_key not in told


def _seen(dask_scheduler):
    """Tell all that the scheduler holds: tasks as they came, as bytes and as text; and its events."""
    tasks = [pickle.dumps(state.run_spec).decode("latin-1") + repr(state) for state in dask_scheduler.tasks.values()]
    return "\n".join([*tasks, str(dask_scheduler.get_events()), str(list(dask_scheduler.transition_log))])


async def test_a_worker_without_a_key_is_told_of_with_the_way_out(rw, client):
    def away():
        os.environ["KEPT_FOR_TEST"] = os.environ.pop("RUNWARE_API_KEY")

    def back():
        os.environ["RUNWARE_API_KEY"] = os.environ.pop("KEPT_FOR_TEST")

    await asyncio.to_thread(client.run, away)
    try:
        with pytest.raises(UsageError, match="no API key: set RUNWARE_API_KEY in the environment it starts in"):
            await rw.map(_cups(2), "vat {{ n }}", engine=client, **SMALL)
    finally:
        await asyncio.to_thread(client.run, back)


async def test_workers_that_see_another_disk_or_address_are_refused(rw, client):
    here = Session(rw.session().endpoint, folder=Path("else"), ledger=Path("else/ledger.sqlite"))
    async with Cluster(client, here) as crew:
        gone = crew._orders.marks
        told = await asyncio.to_thread(client.run, _look, crew._orders, ("/nowhere/mark", gone[1]))
    other = Session(
        Endpoint("http://127.0.0.1:9/v1", "ws://127.0.0.1:9/v1", Secret("key of another")), folder=Path("x")
    )

    assert all("one shared folder" in problem for problem in told.values())
    with pytest.raises(UsageError, match="set RUNWARE_BASE_URL and RUNWARE_WS_URL alike"):
        async with Cluster(client, other):
            pass
    await here.close()
    await other.close()


def _look(orders, marks):
    from dataclasses import replace

    from runware_nb.errands import look

    return look(replace(orders, marks=marks, owner="somebody else"))


async def test_without_a_key_workers_send_to_the_kernels_own_sandbox(rw, client, box, monkeypatch):
    for name in _variables(box):
        monkeypatch.delenv(name)
    before = len(box.billed())
    made = await rw.map(_cups(3), "keg {{ n }}", engine=client, **SMALL)

    assert list(made.status) == ["done"] * 3
    assert made.sandbox_usd.notna().all()
    assert len(box.billed()) == before


async def test_what_is_no_client_is_refused(rw):
    with pytest.raises(UsageError, match="must be a dask"):
        await rw.map(_cups(1), "x", engine="dask", **SMALL)


async def test_it_can_be_written_as_parquet(rw, client, tmp_path):
    path = await rw.map(_cups(2), "ewer {{ n }}", engine=client, to="made.parquet", **SMALL)

    made = pd.read_parquet(path)
    assert path == tmp_path / "made.parquet"
    assert list(made.index) == ["cup 0", "cup 1"]
    assert list(made.status) == ["done", "done"]


async def test_a_file_that_could_not_be_written_is_refused_before_anything_is_sent(rw, box):
    before = len(box.billed())
    with pytest.raises(UsageError, match=r"a \.parquet file in a folder that is there"):
        await rw.map(_cups(2), "x", to="nowhere/made.parquet", **SMALL)

    assert len(box.billed()) == before


def test_orders_have_no_place_for_a_key():
    orders = Orders("https://a/v1", "wss://a/v1", False, "f", "l", "o", None, "auto", 1.0, None, ())

    assert "key" not in repr(Errand(orders, "t", [0], [], None, {}, NOWHERE)).lower()


def _asked(count: int) -> list[Task]:
    several = [{"taskType": "imageInference", "positivePrompt": f"dish {n}", "seed": n, **SMALL} for n in range(count)]
    return [Task.of(task) for task in several]


@pytest.mark.parametrize("transport", ["rest", "websocket"])
async def test_two_processes_that_send_the_same_tasks_at_once_pay_once(box, tmp_path, transport):
    tasks = _asked(30)
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    before = set(box.billed())
    one, other = (
        Session(place, folder=tmp_path, ledger=tmp_path / f"{ledger}.sqlite", transport=transport)
        for ledger in ("shared", "another")
    )
    async with one, other:
        runs = await asyncio.gather(one.run(tasks, shared=True), other.run(tasks, shared=True))
    billed = {uuid: bill for uuid, bill in box.billed().items() if uuid not in before}

    assert [len(run) for run in runs] == [30, 30]
    assert not [run.problems for run in runs if run.problems]
    assert {bill.runs for bill in billed.values()} == {1}
    assert len(billed) == 30


async def test_what_a_lost_process_sent_is_taken_over_with_its_price(box, tmp_path):
    tasks = [task.but(numberResults=3) for task in _asked(10)]
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    before = set(box.billed())
    async with (
        Session(place, folder=tmp_path, ledger=tmp_path / "ledger.sqlite", owner="there|1|gone") as lost,
        Session(place, folder=tmp_path, ledger=tmp_path / "ledger.sqlite", budget=1.0, budget_name="all") as other,
    ):
        work = asyncio.ensure_future(lost.run(tasks, shared=True))
        await _until(lambda: set(box.billed()) - before)
        work.cancel()
        await asyncio.wait([work])
        run = await other.run(tasks, shared=True)
        again = await other.run(tasks, shared=True)
    billed = {uuid: bill for uuid, bill in box.billed().items() if uuid not in before}

    assert [(r.task.task_uuid, r.index) for r in run] == [(t.task_uuid, n) for t in tasks for n in range(3)]
    assert [r.price for r in run] == [r.cost for r in run] == [r.cost for r in again]
    assert {bill.runs for bill in billed.values()} == {1}
    assert sum(r.price for r in run) == pytest.approx(sum(bill.usd for bill in billed.values()))
