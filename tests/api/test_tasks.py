"""Tasks: data that passes through unchanged."""

from __future__ import annotations

import json

import pytest

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task, array_of
from runware_nb.errors import UsageError

ASKED = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "somethingNew": [None, 1]}


def test_unknown_fields_pass_through_both_ways():
    assert Task.of({**ASKED, "taskUUID": "u"}).to_wire() == {**ASKED, "taskUUID": "u"}


def test_values_are_handed_on_as_they_are():
    result = Result.of(Task.of(ASKED), 0, {"imageURL": "u"})

    assert Task.of({**ASKED, "inputs": {"image": result}}).to_wire()["inputs"]["image"] is result


def test_what_is_not_given_is_not_sent():
    assert set(Task.of(ASKED).to_wire()) == {*ASKED, "taskUUID"}


def test_each_task_gets_its_own_uuid():
    assert Task.of(ASKED).task_uuid != Task.of(ASKED).task_uuid


@pytest.mark.parametrize("wrong", [{}, {"taskType": 3}, {"taskType": "x", "numberResults": 0}, "image", None])
def test_what_is_no_task_is_refused_in_one_line(wrong):
    with pytest.raises(UsageError) as caught:
        Task.of(wrong)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("task", "count"),
    [
        ({"taskType": "imageInference", "numberResults": 4}, 4),
        ({"taskType": "promptEnhance", "promptVersions": 3}, 3),
        ({"taskType": "upscale"}, 1),
    ],
)
def test_how_many_results_are_asked_for(task, count):
    assert Task.of(task).count == count


def test_a_task_whose_delivery_is_stated_is_else_the_same():
    task = Task.of({**ASKED, "numberResults": 3})

    assert json.loads(task.as_json) == task.to_wire()
    assert task.delivered("sync").to_wire() == {**task.to_wire(), "deliveryMethod": "sync"}
    assert json.loads(task.delivered("sync").as_json)["deliveryMethod"] == "sync"
    assert (task.delivery_method, task.delivered("sync").count) == (None, 3)


def test_tasks_that_go_together_are_an_array():
    tasks = [Task.of(ASKED), Task.of({**ASKED, "positivePrompt": "\ud83e \"'é"})]

    assert json.loads(array_of(tasks)) == [task.to_wire() for task in tasks]
