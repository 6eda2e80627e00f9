"""The catalogue and its schemas: models found, flaws named, the nearest value given."""

from __future__ import annotations

import pytest

from runware_nb.api.tasks import Task
from runware_nb.catalog import bundled, prices, schemas
from runware_nb.errors import UnknownName

FLUX = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x", "width": 512, "height": 512}


def words(task):
    return "; ".join(f.message for f in schemas.flaws(bundled().get(task["model"]).schema, task))


def test_a_good_task_has_no_flaw():
    assert words(FLUX) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"height": 100}, "height is 100, but must be at least 128"),
        ({"width": 500}, "width is 500, but must be a multiple of 64: try 512"),
        ({"steps": "many"}, "steps is 'many', but must be of type integer"),
        ({"outputFormat": "GIF"}, "outputFormat is 'GIF', but must be one of JPG, PNG, WEBP"),
        ({"scheduler": "DPM++ 2M Karas"}, "did you mean DPM++ 2M Karras?"),
        ({"hight": 5}, "hight is not a parameter of this model: did you mean height?"),
        ({"deliveryMethod": "stream"}, "deliveryMethod is 'stream', but must be one of sync, async"),
        ({"taskType": "upscale"}, "taskType is 'upscale', but this model serves imageInference"),
        ({"numberResults": 21}, "numberResults is 21, but must be at most 20"),
    ],
)
def test_a_flaw_is_named_with_the_way_out(change, said):
    assert said in words({**FLUX, **change})


def test_what_is_missing_is_named():
    assert words({k: v for k, v in FLUX.items() if k != "positivePrompt"}) == "positivePrompt is missing"


def test_a_size_that_is_not_listed_comes_with_the_nearest():
    task = {"taskType": "videoInference", "model": "google:3@2", "positivePrompt": "x", "width": 1000, "height": 562}

    assert words(task).endswith("try 1280x720")


@pytest.mark.parametrize("model", bundled(), ids=lambda m: m.air)
def test_every_models_schema_is_a_schema(model):
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(model.schema)


@pytest.mark.parametrize(
    ("name", "air"),
    [("bfl-flux-1-dev", "runware:101@1"), ("runware:101@1", "runware:101@1"), ("me:99@9", "me:99@9")],
)
def test_slugs_and_airs_resolve(name, air):
    assert bundled().resolve(name) == air


def test_an_ambiguous_name_lists_what_it_may_mean():
    with pytest.raises(UnknownName, match="models have that in their name"):
        bundled().resolve("flux")


@pytest.mark.parametrize(
    ("task", "usd"),
    [
        ({"model": "runware:100@1", "width": 512, "height": 512, "numberResults": 4}, 0.0024),
        ({"model": "klingai:kling-video@3-4k", "width": 3840, "height": 2160, "duration": 8}, 3.36),
        ({"model": "minimax:speech@2.8", "speech": {"text": "x" * 100}}, 0.01),
        ({"model": "runware:102@1"}, None),
    ],
)
def test_prices_are_estimated_from_the_catalogue(task, usd):
    model = bundled().get(task["model"])

    assert prices.estimate(Task.of({"taskType": model.task_type, **task}), model.prices) == pytest.approx(usd)
