"""What the sandbox refuses, and how it words it."""

import pytest

from .asking import Api, other, task

EXAMPLES = [
    ({"width": 260}, "invalidCustomWidth", "width"),
    ({"height": 100}, "invalidCustomHeight", "height"),
    ({"positivePrompt": None}, "missingPositivePrompt", "positivePrompt"),
    ({"colour": "red"}, "unsupportedParameter", "colour"),
    ({"outputFormat": "BMP"}, "invalidOutputFormat", "outputFormat"),
    ({"steps": "many"}, "invalidSteps", "steps"),
    ({"model": "runware:no-such@1"}, "invalidModel", "model"),
    ({"model": None}, "missingModel", "model"),
    ({"model": "bfl-flux-1-schnell"}, "invalidModel", "model"),
    ({"model": "runware:504@1"}, "invalidModel", "taskType"),
    ({"taskUUID": None}, "missingTaskUUID", "taskUUID"),
    ({"taskUUID": "1"}, "invalidTaskUUID", "taskUUID"),
    ({"taskType": "modelList"}, "invalidTaskType", "taskType"),
    ({"model": "civitai:1@2", "width": 100}, "invalidCustomWidth", "width"),
]


@pytest.mark.parametrize(("changes", "code", "parameter"), EXAMPLES)
def test_a_broken_rule_is_named_with_its_parameter(api: Api, changes, code, parameter):
    answer = api.post(task(**changes))

    assert answer.status_code == 400
    assert [(e["code"], e["parameter"]) for e in answer.json()["errors"]] == [(code, parameter)]


def test_a_range_is_told_with_its_bounds_and_its_docs_page(api: Api):
    error = api.error(task(model="runware:101@1", width=1024, height=100))

    assert (error["min"], error["max"], error["multiplier"], error["type"]) == (128, 2048, 64, "integer")
    assert error["documentation"] == "https://runware.ai/docs/models/bfl-flux-1-dev#request-height"


def test_a_choice_is_told_with_the_values_it_has(api: Api):
    error = api.error(other("videoInference", "minimax:1@1", positivePrompt="x", duration=4))

    assert (error["code"], error["allowedValues"]) == ("unsupportedDuration", [6])


def test_a_listed_size_is_asked_for_as_a_pair(api: Api):
    error = api.error(task(model="google:4@3", width=1000, height=1000))

    assert error["parameter"] == ["width", "height"]
    assert [1200, 896] in error["allowedValues"]


def test_video_is_never_delivered_sync(api: Api):
    sync = other("videoInference", "google:3@2", positivePrompt="x", width=1280, height=720, deliveryMethod="sync")

    assert api.error(sync)["code"] == "invalidDeliveryMethod"


def test_speech_and_audio_do_not_go_together(api: Api):
    both = other("videoInference", "civitai:9@9", speech={"text": "hi"}, inputs={"audio": "https://example.com/a.mp3"})

    assert api.error(both)["parameter"] == ["speech", "inputs.audio"]


def test_community_models_are_taken_at_their_word(api: Api):
    [item] = api.items(task(model="civitai:305149@392545", scheduler="DPM++ 2M Karras", anything="goes"))

    assert item["imageURL"]


def test_a_refused_task_costs_nothing_and_may_be_sent_again(api: Api):
    wrong = task(width=1)
    api.error(wrong)

    assert api.items({**wrong, "width": 256})
    assert len(api.box.billed()) == 1


def test_a_bare_object_is_no_payload(api: Api):
    answer = api.http.post(api.box.http_url, json={"taskType": "ping"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "invalidPayloadFormat")


def test_good_tasks_run_beside_bad_ones(api: Api):
    good, bad = task(), task(width=1)
    answer = api.post(good, bad)

    assert answer.status_code == 200
    assert [i["taskUUID"] for i in answer.json()["data"]] == [good["taskUUID"]]
    assert [e["taskUUID"] for e in answer.json()["errors"]] == [bad["taskUUID"]]


@pytest.mark.parametrize("name", ["imageInference", "upscale", "caption", "removeBackground", "promptEnhance"])
def test_each_kind_says_which_inputs_it_misses(api: Api, name):
    assert api.answer({"taskType": name, "taskUUID": task()["taskUUID"]})["errors"]


def test_an_empty_errors_key_is_never_sent(api: Api):
    assert "errors" not in api.answer(task())
    assert "data" not in api.answer(task(width=1))
