"""The ledger: on the disk before anything is sent, and never twice."""

from __future__ import annotations

import sqlite3

import pytest

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.errors import ContentRefused, TaskTimeout, Unreachable
from runware_nb.memory.ledger import Ledger

TASK = Task.of({"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox"})


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "deep" / "ledger.sqlite")
    yield ledger
    ledger.close()


def read(ledger, query):
    connection = sqlite3.connect(ledger.path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def test_what_is_intended_is_on_the_disk_when_it_returns(ledger, tmp_path):
    await ledger.intend([(TASK, 0.0038)], "https://api.example/v1", tmp_path)

    assert read(ledger, "SELECT state, model, estimate FROM tasks") == [("intended", "runware:101@1", 3800)]


async def test_a_task_goes_from_intended_to_done(ledger, tmp_path):
    await ledger.intend([(TASK, None)], "u", tmp_path)
    states = [await ledger.state_of(TASK.task_uuid)]
    ledger.accept(TASK.task_uuid)
    states.append(await ledger.state_of(TASK.task_uuid))
    ledger.close_task(TASK.task_uuid)
    states.append(await ledger.state_of(TASK.task_uuid))

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
async def test_what_may_have_run_is_not_called_failed(ledger, tmp_path, error, state):
    await ledger.intend([(TASK, None)], "u", tmp_path)
    ledger.fail(TASK.task_uuid, error)

    assert await ledger.state_of(TASK.task_uuid) == state


async def test_a_result_told_twice_is_one_row(ledger, tmp_path):
    await ledger.intend([(TASK, None)], "u", tmp_path)
    for _ in range(2):
        ledger.keep(Result.of(TASK, 0, {"imageURL": "u", "cost": 0.0013, "imageBase64Data": "x"}))
    await ledger.settled()

    ((cost, item),) = read(ledger, "SELECT cost, item FROM results")
    assert (cost, "Base64" in item) == (1300, False)


async def test_a_uuid_written_down_again_keeps_its_first_row(ledger, tmp_path):
    await ledger.intend([(TASK, 1.0)], "u", tmp_path)
    await ledger.intend([(TASK, 2.0)], "u", tmp_path)

    assert read(ledger, "SELECT estimate FROM tasks") == [(1_000_000,)]


async def test_what_is_no_uuid_is_written_down_all_the_same(ledger, tmp_path):
    task = Task.of({"taskType": "imageInference", "taskUUID": "mine"})
    await ledger.intend([(task, None)], "u", tmp_path)

    assert await ledger.state_of("mine") == "intended"
