"""What was paid for and never seen comes back."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from runware_nb import errors
from runware_nb.sandbox import Sandbox
from runware_nb.sandbox.faults import Fault
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 128, "height": 128}


@pytest.fixture
def box():
    with Sandbox(latency=(0.2, 0.4)) as box:
        yield box


def opened(box, tmp_path):
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    return Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite")


def states(tmp_path):
    connection = sqlite3.connect(tmp_path / "ledger.sqlite")
    try:
        return sorted(state for (state,) in connection.execute("SELECT state FROM tasks"))
    finally:
        connection.close()


async def interrupted(session, tasks):
    """Send tasks, and stop waiting once all are accepted."""
    accepted = asyncio.Event()

    def watch(run):
        if all(run.stages[t.task_uuid] != "queued" for t in run.tasks):
            accepted.set()

    work = asyncio.create_task(session.run(tasks, watch=watch))
    await accepted.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_an_interrupted_run_comes_back(box, tmp_path):
    async with opened(box, tmp_path) as session:
        await interrupted(session, [{**IMAGE, "seed": n} for n in (1, 2, 3)])
        run = await session.resume()

    assert sorted(r.seed for r in run) == [1, 2, 3]
    assert all(r.path.exists() for r in run)
    assert [bill.runs for bill in box.billed().values()] == [1, 1, 1]
    assert states(tmp_path) == ["done"] * 3


async def test_what_came_back_is_in_the_cache(box, tmp_path):
    async with opened(box, tmp_path) as session:
        await interrupted(session, [IMAGE])
        await session.resume()
        again = await session.run([IMAGE])

    assert again[0].cached
    assert len(box.billed()) == 1


async def test_resuming_twice_brings_nothing_more(box, tmp_path):
    async with opened(box, tmp_path) as session:
        await interrupted(session, [IMAGE])
        await session.resume()

        assert len(await session.resume()) == 0


async def test_a_task_that_never_reached_the_api_is_told_so(box, tmp_path):
    async with opened(box, tmp_path) as session:

        async def dies(*_, **__):
            raise asyncio.CancelledError

        real, session.client.perform = session.client.perform, dies
        with pytest.raises(asyncio.CancelledError):
            await session.run([IMAGE])
        session.client.perform = real
        run = await session.resume()

    ((_, error),) = run.problems
    assert "never reached the API" in str(error)
    assert states(tmp_path) == ["failed"]


async def test_a_task_of_unknown_outcome_comes_back(box, tmp_path):
    async with opened(box, tmp_path) as session:
        with pytest.raises(errors.TaskTimeout):
            await session.run([IMAGE], timeout=0.05)
        assert states(tmp_path) == ["unknown"]
        run = await session.resume()

    assert len(run) == 1
    assert states(tmp_path) == ["done"]


async def test_a_file_that_could_not_be_kept_is_fetched_again(box, tmp_path):
    box.inject(Fault("gone", times=2))
    async with opened(box, tmp_path) as session:
        lost = await session.run([IMAGE])
        assert lost[0].path is None
        run = await session.resume()

    assert [r.path.exists() for r in run] == [True]


async def test_what_the_api_no_longer_has_is_named_with_its_price(box, tmp_path):
    async with opened(box, tmp_path) as session:
        await interrupted(session, [IMAGE])
        with Sandbox(key=box.api_key) as other:
            session.client._rest._endpoint = Endpoint(other.http_url, other.ws_url, Secret(other.api_key))
            run = await session.resume()

    ((uuid, error),) = run.problems
    assert uuid in str(error)
    assert "about $0.0038" in str(error)
