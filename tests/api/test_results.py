"""Reading answers: whatever form they come in."""

from __future__ import annotations

import math

import pytest

from runware_nb.api.results import Frame, Result, identity, is_finished
from runware_nb.api.tasks import Task
from runware_nb.errors import ContentRefused, InvalidTask

TASK = Task.of({"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox"})


def test_a_result_reads_like_the_wire():
    result = Result.of(TASK, 0, {"imageURL": "https://im.example/a.jpg", "newField": {"a": 1}})

    assert (result["imageURL"], result["newField"]) == ("https://im.example/a.jpg", {"a": 1})


@pytest.mark.parametrize(
    ("item", "medium"),
    [
        ({"imageURL": "u"}, "image"),
        ({"maskImageBase64Data": "eA=="}, "image"),
        ({"guideImageDataURI": "data:,x"}, "image"),
        ({"videoURL": "u"}, "video"),
        ({"audioURL": "u"}, "audio"),
        ({"outputs": {"files": [{"uuid": "x", "url": "https://h/m.glb?sig=1"}]}}, "3d"),
        ({"outputs": {"files": [{"fileURL": "https://h/m.mp4"}]}}, "video"),
    ],
)
def test_assets_are_found_by_field(item, medium):
    assert Result.of(TASK, 0, item).medium == medium


def test_a_vectorised_image_is_a_vector():
    task = Task.of({"taskType": "vectorize", "model": "recraft:1@1"})

    assert Result.of(task, 0, {"imageURL": "https://h/a.svg"}).medium == "vector"


@pytest.mark.parametrize("cost", [None, math.nan, -1, "0.1", True, math.inf])
def test_a_price_that_makes_no_sense_is_unknown(cost):
    assert Result.of(TASK, 0, {"imageURL": "u", "cost": cost}).cost is None


@pytest.mark.parametrize(
    ("item", "finished"),
    [
        ({"taskUUID": "u"}, False),
        ({"taskUUID": "u", "imageUUID": "i"}, False),
        ({"taskUUID": "u", "status": "processing", "imageURL": "x"}, False),
        ({"taskUUID": "u", "status": "success"}, True),
        ({"taskUUID": "u", "imageURL": "x"}, True),
        ({"taskUUID": "u", "imageURL": None}, False),
        ({"taskUUID": "u", "text": ""}, True),
        ({"taskUUID": "u", "structuredData": {}}, True),
    ],
)
def test_an_acknowledgement_is_told_from_a_result(item, finished):
    assert is_finished(item) is finished


def test_items_are_known_again_by_index_then_media_then_position():
    told = [identity(item, 3) for item in ({"resultIndex": 1, "imageUUID": "i"}, {"imageUUID": "i"}, {"text": "x"})]

    assert told == ["#1", "i", "#3"]


@pytest.mark.parametrize(
    "payload",
    [
        {"errors": [{"code": "invalidModel", "message": "no", "taskUUID": "u"}]},
        {"error": {"code": "invalidModel", "message": "no"}, "taskUUID": "u"},
        {"error": [{"code": "invalidModel", "message": "no", "taskUUID": "u"}]},
        {"data": [{"taskUUID": "u", "status": "error", "error": {"code": "invalidModel", "message": "no"}}]},
    ],
)
def test_every_form_of_an_error_is_read(payload):
    (problem,) = Frame.read(payload).problems

    assert (type(problem), problem.task_uuids) == (InvalidTask, ("u",))


def test_data_and_errors_of_one_answer_are_both_read():
    frame = Frame.read({"data": [{"taskUUID": "a", "imageURL": "x"}], "errors": [{"code": "promptBlocked"}]})

    assert (len(frame.items), type(frame.problems[0])) == (1, ContentRefused)


@pytest.mark.parametrize("payload", [None, [], {}, "oops", 5, {"errors": []}, {"data": None, "errors": None}])
def test_an_answer_without_content_is_empty_not_broken(payload):
    assert Frame.read(payload) == Frame((), ())


def test_data_may_be_one_object():
    assert len(Frame.read({"data": {"imageUUID": "x"}}).items) == 1


@pytest.mark.parametrize("status", [{}, [], 1.5, None, {"a": []}])
def test_a_status_of_any_kind_is_read(status):
    assert is_finished({"status": status, "imageURL": "u"}) is True


def test_an_address_that_is_none_is_still_an_asset():
    assert Result.of(TASK, 0, {"outputs": {"files": [{"url": "https://[x"}]}}).medium == "image"


def test_a_price_beyond_all_measure_is_unknown():
    assert Result.of(TASK, 0, {"cost": 10**400}).cost is None
