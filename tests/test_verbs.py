"""Verbs of a result: the next thing is made of it, and its task can be run again, changed."""

from __future__ import annotations

import pytest

import runware_nb as rw
from runware_nb import door, errors
from runware_nb.api.results import Result
from runware_nb.api.tasks import Task


@pytest.fixture
async def connected(own_sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("RUNWARE_BASE_URL", own_sandbox.http_url)
    monkeypatch.setenv("RUNWARE_WS_URL", own_sandbox.ws_url)
    monkeypatch.setenv("RUNWARE_API_KEY", own_sandbox.api_key)
    monkeypatch.chdir(tmp_path)
    yield
    await door.reset()


@pytest.mark.parametrize(
    ("verb", "given", "medium"),
    [
        ("upscale", {}, "image"),
        ("remove_background", {}, "image"),
        ("caption", {}, "text"),
        ("vary", {}, "image"),
        ("animate", {"prompt": "it walks", "duration": 1}, "video"),
        ("to_mesh", {}, "3d"),
    ],
)
async def test_each_verb_makes_its_medium_of_a_picture(connected, verb, given, medium):
    (fox,) = await rw.image("a fox", size="512x512", seed=7)

    (made,) = await getattr(fox, verb)(**given)

    assert (made.medium, made.path.exists() if made.path else bool(made.text)) == (medium, True)


async def test_a_result_is_made_again_changed(connected):
    (fox,) = await rw.image("a fox", size="256x256", seed=7)

    (hare,) = await fox.again(prompt="a hare", seed=None, steps=20)

    asked = hare.task.to_wire()
    assert (asked["positivePrompt"], asked["steps"], asked["width"], "seed" in asked) == ("a hare", 20, 256, False)


async def test_a_result_made_again_unchanged_is_a_new_sample(connected):
    (fox,) = await rw.image("a fox", size="256x256")

    (other,) = await fox.again()

    assert (other.cached, other.path != fox.path) == (False, True)


async def test_a_text_asked_again_gets_the_new_question_in_place_of_the_old(connected):
    (answer,) = await rw.text("What is a fox?", system="Be terse.")

    (other,) = await answer.again(prompt="What is a hare?")

    assert [m["content"] for m in other.task.to_wire()["messages"]] == ["What is a hare?"]


@pytest.mark.parametrize("text", ['{"a": [1]}', 'Here it is:\n```json\n{"a": [1]}\n```\nBye.', '```\n{"a": [1]}\n```'])
def test_a_text_is_read_as_json(text):
    assert Result(Task(task_type="textInference"), 0, {"text": text}).json() == {"a": [1]}


def test_a_text_that_is_no_json_is_refused_in_one_line():
    with pytest.raises(errors.UsageError, match="not JSON: Expecting value"):
        Result(Task(task_type="textInference"), 0, {"text": "hello"}).json()


def test_a_verb_of_another_medium_is_refused():
    with pytest.raises(errors.UsageError, match="this is text, but it must be image"):
        Result(Task(task_type="textInference"), 0, {"text": "hello"}).animate("it walks")
