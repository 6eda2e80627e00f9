"""Plans: cells to wire tasks."""

from __future__ import annotations

import pytest

from runware_nb.catalog import bundled
from runware_nb.errors import UsageError
from runware_nb.magics.grammar import parse
from runware_nb.magics.plans import plan


def tasks(line, body=None, **names):
    return plan(parse(line, body), names, bundled()).tasks


def test_an_image_cell_becomes_an_image_task():
    (task,) = tasks("image --size 768x512", "#| seed: 7\n#| negative: fog\na {{ what }}", what="fox")

    assert task == {
        "taskType": "imageInference",
        "model": "runware:101@1",
        "positivePrompt": "a fox",
        "negativePrompt": "fog",
        "seed": 7,
        "width": 768,
        "height": 512,
    }


def test_each_prompt_is_a_task():
    assert [t["positivePrompt"] for t in tasks("image", "a fox\n===\na hare")] == ["a fox", "a hare"]


def test_a_text_prompt_is_a_message_and_its_system_a_setting():
    (task,) = tasks("text", "#| system: Be terse.\n#| max_tokens: 20\nhello")

    assert (task["messages"], task["settings"]) == (
        [{"role": "user", "content": "hello"}],
        {"systemPrompt": "Be terse.", "maxTokens": 20},
    )


def test_speech_goes_where_a_speech_model_takes_it():
    (task,) = tasks("audio -m inworld:tts@2", "#| voice: Hank\nhello")

    assert task["speech"] == {"voice": "Hank", "text": "hello"}


def test_media_at_the_top_move_under_inputs():
    (task,) = tasks("image", "#| seed_image: 5788104a-1ca7-4b7e-8a16-b27b57e86f87\n#| strength: 0.5\na fox")

    assert task["inputs"] == {"seedImage": "5788104a-1ca7-4b7e-8a16-b27b57e86f87"}


def test_first_and_last_frames_make_a_list():
    (task,) = tasks("video -m klingai:kling-video@3-standard", "#| first_frame: a\n#| last_frame: b\nopening")

    assert task["inputs"]["frameImages"] == [{"image": "a", "frame": "first"}, {"image": "b", "frame": "last"}]


def test_the_body_of_an_upscale_is_what_to_work_on():
    (task,) = tasks("upscale", "#| upscale_factor: 2\na8bd1a7a-6f98-4a77-a633-fad8a0d91e9d")

    assert task["inputs"] == {"image": "a8bd1a7a-6f98-4a77-a633-fad8a0d91e9d"}


def test_raw_tasks_are_filled_in_leaf_by_leaf():
    evil = '", "model": "other'
    (task,) = tasks("task", '{"taskType": "imageInference", "positivePrompt": "{{ evil }}"}', evil=evil)

    assert task == {"taskType": "imageInference", "positivePrompt": evil}


def test_a_list_where_one_value_belongs_is_refused():
    with pytest.raises(UsageError, match="seed is a list"):
        tasks("image", "#| seed: [1, 2]\na fox")


def test_a_list_that_the_model_takes_is_passed():
    (task,) = tasks("image", "#| lora: [{model: 'civitai:1@1', weight: 0.8}]\na fox")

    assert task["lora"] == [{"model": "civitai:1@1", "weight": 0.8}]


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(UsageError, match="first line and in the block"):
        tasks("image --seed 1", "#| seed: 2\na fox")


def test_a_missing_prompt_is_refused():
    with pytest.raises(UsageError, match="needs a prompt"):
        tasks("image", "#| seed: 2\n")


def test_a_model_of_another_kind_is_refused_with_the_right_kind():
    with pytest.raises(UsageError, match="use %%runware video"):
        tasks("image -m google:3@2", "a fox")


def test_an_unknown_model_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="Did you mean bfl-flux-1-dev"):
        tasks("image -m bfl-flux-1-dv", "a fox")


def test_a_model_that_takes_only_listed_sizes_gets_one():
    (task,) = tasks("video -m google:3@2", "waves")

    assert (task["width"], task["height"]) == (1280, 720)
