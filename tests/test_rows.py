"""A task a row: joined to the table, bounded in memory and money, and run again for what is missing alone."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from pathlib import Path

import pandas as pd
import pytest

import runware_nb as rw
from runware_nb.compare import records
from runware_nb.compare.records import Records
from runware_nb.display.tallies import words
from runware_nb.errors import BudgetExceeded, UsageError
from runware_nb.rows import Rows, Tally
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

ROWS = int(os.environ.get("RUNWARE_ROWS", "300"))  # read before a test: none of it sees variables from outside
SMALL = {"model": "runware:101@1", "width": 128, "height": 128}
CUPS = pd.DataFrame({"title": ["red cup", "blue cup", "red cup"], "seed": [1, 2, 1]}, index=["a", "b", "c"])


@pytest.fixture
async def connected(own_sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("RUNWARE_API_KEY", own_sandbox.api_key)
    monkeypatch.setenv("RUNWARE_BASE_URL", own_sandbox.http_url)
    monkeypatch.setenv("RUNWARE_WS_URL", own_sandbox.ws_url)
    monkeypatch.chdir(tmp_path)
    yield own_sandbox
    from runware_nb import door

    await door.reset()


async def test_each_row_has_its_picture_under_the_tables_own_index(connected):
    made = await rw.map(CUPS, "{{ title }}, studio photo", seed="{{ seed }}", **SMALL)

    assert list(made.index) == ["a", "b", "c"]
    assert list(made.status) == ["done"] * 3
    assert list(made.seed_asked) == [1, 2, 1]
    assert all(Path(path).is_file() for path in made.path)


async def test_equal_rows_are_made_once(connected):
    made = await rw.map(CUPS, "{{ title }}, studio photo", seed="{{ seed }}", **SMALL)

    assert len(connected.billed()) == 2
    assert made.path["a"] == made.path["c"]
    assert list(made.cached) == [False, False, True]


async def test_run_again_it_costs_nothing(connected):
    for _ in range(2):
        made = await rw.map(CUPS, "{{ title }}", **SMALL)

    assert len(connected.billed()) == 2
    assert made.cached.all()


async def test_a_row_with_several_results_comes_several_times(connected):
    made = await rw.map(CUPS.iloc[:2], "{{ title }}", number_results=3, **SMALL)

    assert list(made.index) == ["a"] * 3 + ["b"] * 3
    assert list(made.result_index) == [0, 1, 2] * 2


async def test_texts_are_asked_for_whole(connected):
    made = await rw.map(CUPS.iloc[:2], "Say {{ title }}", kind="text")

    assert made.text.notna().all()


async def test_a_wrong_row_is_named_and_nothing_is_sent(connected):
    sizes = pd.DataFrame({"width": [128] * 120 + [1]})

    with pytest.raises(UsageError, match=r"row 120: .*width"):
        await rw.map(sizes, "x", model="runware:101@1", width="{{ width }}", height=128)
    assert connected.billed() == {}


async def test_a_column_nobody_has_is_told(connected):
    with pytest.raises(UsageError, match="tilte"):
        await rw.map(CUPS, "{{ tilte }}", **SMALL)


async def test_the_whole_is_held_to_the_cap_before_anything_is_sent(connected):
    with pytest.raises(BudgetExceeded, match="Nothing was sent"):
        await rw.map(CUPS, "{{ title }}", max_cost=0.000001, **SMALL)

    assert connected.billed() == {}


async def test_a_row_that_fails_leaves_the_others(connected):
    connected.inject("provider-timeout")
    made = await rw.map(CUPS, "{{ title }}", seed="{{ seed }}", **SMALL)

    assert sorted(made.status) in (["done", "failed", "failed"], ["done", "done", "failed"])
    assert made.error.notna().sum() == (made.status == "failed").sum()


def test_a_tally_tells_rows_money_and_time():
    told = words(Tally(10_000, done=3_200, failed=41, usd=1.23, estimate=5.0, left=125.0))

    assert told == "3,200 of 10,000 rows · 41 failed · $1.23 of about $5.00 · about 2 min 5 s left"


def test_nothing_made_is_an_empty_table_with_the_same_columns():
    joined = Records.of(CUPS).beside(records.whole([]))

    assert len(joined) == 0
    assert set(records.KEPT) <= set(joined.columns)


def _session(box_urls, place: Path) -> Session:
    http_url, ws_url, key = box_urls
    return Session(Endpoint(http_url, ws_url, Secret(key)), folder=place / "out", ledger=place / "ledger.sqlite")


def _ask(row):
    return {"taskType": "imageInference", "positivePrompt": f"cup {row['n']}", "seed": 1, **SMALL}


async def _mapped(box_urls, place: Path, count: int, watch=lambda _: None):
    async with _session(box_urls, place) as session:
        return await Rows(Records.of({"n": range(count)}), _ask, session, watch=watch).run()


def _map_and_die(box_urls, place: Path, count: int, done: int) -> None:
    """Run in a process of its own, and kill it once some rows are done."""

    def watch(tally: Tally) -> None:
        if tally.done >= done:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(_mapped(box_urls, place, count, watch))


@pytest.mark.timeout(300)
async def test_killed_and_run_again_nothing_is_paid_twice(tmp_path):
    count = ROWS
    with Sandbox(latency=(0.05, 0.4), balance=1e6) as box:
        urls = box.http_url, box.ws_url, box.api_key
        process = multiprocessing.get_context("spawn").Process(
            target=_map_and_die, args=(urls, tmp_path, count, count // 3)
        )
        process.start()
        await asyncio.to_thread(process.join)
        before = len(box.billed())
        made = await _mapped(urls, tmp_path, count)
        billed = box.billed()

    assert process.exitcode == -signal.SIGKILL
    assert count // 3 <= before
    assert len(made) == count
    assert (made.status == "done").all()
    assert len(billed) == count
    assert {bill.runs for bill in billed.values()} == {1}
