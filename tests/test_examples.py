"""Every request of the docs' examples goes through `rw.run`, and comes back as a result or as the documented refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runware_nb.api import wire
from runware_nb.errors import DuplicateTask, NotFound, RunwareError, UsageError
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

EXAMPLES = json.loads((Path(__file__).parent / "data" / "examples.json").read_text())
NATIVE = [e for e in EXAMPLES if "chat/completions" not in e["title"]]
# Answers that only some state of the service gives: a frame of a poll, a task of another day.
STATEFUL = {"getResponse", "getTaskDetails"}
UNKNOWN_THERE = {"Media delete"}


@pytest.fixture(scope="module")
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


@pytest.fixture
async def session(box, tmp_path):
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        yield session


def requests(example):
    asked = example["request"]
    several = asked if isinstance(asked, list) else [asked]
    return [{**task, **({"apiKey": "KEY"} if "apiKey" in task else {})} for task in several]


@pytest.mark.parametrize("example", NATIVE, ids=lambda e: e["title"])
async def test_an_example_comes_back(session, example, box):
    tasks = requests(example)
    # Each test asks under UUIDs of its own: the examples share some.
    tasks = [{k: v for k, v in t.items() if k != "taskUUID" or t["taskType"] in STATEFUL} for t in tasks]
    if tasks[0]["taskType"] == "authentication":
        tasks[0]["apiKey"] = box.api_key
        tasks[0].pop("connectionSessionUUID", None)

    run, error = await came_back(session, tasks)

    if error:
        assert is_documented(example, error), error
    else:
        assert len(run) >= len([t for t in tasks if t["taskType"] not in STATEFUL])
        assert all(r.asset is None or r.asset.problem is None for r in run)
        assert not run.problems or tasks[0]["taskType"] in STATEFUL


async def came_back(session, tasks):
    try:
        return await session.run(tasks), None
    except RunwareError as error:
        return None, error


def is_documented(example, error):
    """Tell whether the docs too show a refusal here, of the same parameter; or a task or file no one has made."""
    if {t.get("taskType") for t in requests(example)} <= STATEFUL or example["title"] in UNKNOWN_THERE:
        return isinstance(error, NotFound)
    if "httpStatus" not in example:
        return False
    told = example["response"]["errors"][0]
    return told.get("parameter", "") in str(error) or told["code"] in str(error)


async def test_a_task_uuid_used_twice_is_refused_as_documented(session):
    (example,) = [e for e in EXAMPLES if "used before" in e["title"]]
    await session.run(requests(example))

    with pytest.raises(DuplicateTask):
        await session.run(requests(example), mode="off")


async def test_a_height_out_of_range_is_refused_before_it_is_sent(session, box):
    (example,) = [e for e in EXAMPLES if "height out of range" in e["title"]]
    before = box.billed()

    with pytest.raises(UsageError, match="height is 100, but must be at least 128"):
        await session.run(requests(example))
    assert box.billed() == before


def test_the_examples_cover_every_task_type():
    seen = {task["taskType"] for e in NATIVE for task in requests(e)}

    assert set(wire.BY_NAME) - {"tools"} <= seen
