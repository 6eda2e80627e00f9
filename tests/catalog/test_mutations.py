"""Wrong tasks: ten ways to get each of some fifty models wrong, of all task types, are refused here, by the right name.

And the sandbox, which stands for the API, refuses the same by the same name.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

import pytest

from runware_nb.api import wire
from runware_nb.catalog import Model, asking, bundled
from runware_nb.catalog.community import Entry
from runware_nb.catalog.flaws import flaws
from runware_nb.catalog.starting import start
from runware_nb.errors import UsageError
from runware_nb.sandbox import rules
from runware_nb.sandbox.refusals import Refused

CATALOG = bundled()
PER_TYPE, EACH = 4, 10
OF_TYPE = {"integer": "often", "number": "much", "boolean": "maybe", "object": "text", "array": "text"}
UNKNOWN = {"zeppelin": 1, "image_of_fox": "x", "taskuuid": "x", "apiKey": "x"}

Mutation = tuple[str, dict[str, Any], str]
"""What is done to a task, the task, and the parameter that is wrong then."""


def chosen() -> list[Model]:
    """Return four models of each task type, or all there are, those of which most is known first."""
    known = [model for model in CATALOG if model.schema["additionalProperties"] is False]
    several = sorted(known, key=lambda m: (m.task_type, -len(str(m.schema)), m.air))
    return [model for _, same in groupby(several, lambda m: m.task_type) for model in islice(same, PER_TYPE)]


def mutations(model: Model) -> Iterator[Mutation]:
    """Give ways to get a task of a model wrong, as its schema has them."""
    task = start(model, CATALOG, lambda medium: f"https://example.com/a.{medium}")
    specs = model.schema["properties"]

    def but(what: str, **changes: Any) -> Mutation:
        return what, {**task, **changes}, next(iter(changes))

    for name in model.schema["required"]:
        if name not in {"taskType", "model"}:
            yield f"without {name}", {k: v for k, v in task.items() if k != name}, name
    for name, spec in specs.items():
        if name not in {"taskType", "taskUUID", "model"}:
            for what, value in wrong_values(spec):
                yield but(f"{name} {what}", **{name: value})
    for name, value in UNKNOWN.items():
        yield but(f"with {name}", **{name: value})
    other = "upscale" if model.task_type != "upscale" else "caption"
    yield but("of another task type", taskType=other)


def wrong_values(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give values that a parameter's schema refuses."""
    step = spec.get("multipleOf", 1)
    if "enum" in spec:
        yield "not listed", "Nonsense"
    if "minimum" in spec:
        yield "below its minimum", spec["minimum"] - step
    if "maximum" in spec:
        yield "above its maximum", spec["maximum"] + step
    if step > 1:
        yield "between steps", spec.get("minimum", 0) + step + 1
    if "maxLength" in spec:
        yield "too long", "x" * (spec["maxLength"] + 1)
    if str(spec.get("type")) in OF_TYPE:
        yield "of another type", OF_TYPE[spec["type"]]


def spread(several: list[Mutation]) -> list[Mutation]:
    """Take ten from all over a list."""
    return [several[n * len(several) // EACH] for n in range(EACH)] if len(several) >= EACH else several


CASES = [(model, *mutation) for model in chosen() for mutation in spread(list(mutations(model)))]
IDS = [f"{model.slug}: {what}" for model, what, _, _ in CASES]


def test_there_are_ten_ways_for_at_least_forty_models_of_all_task_types():
    assert len(CASES) == EACH * len(chosen()) >= 400
    assert {model.task_type for model, *_ in CASES} == set(wire.BY_NAME)


@pytest.mark.parametrize(("model", "what", "task", "parameter"), CASES, ids=IDS)
def test_it_is_refused_before_it_is_sent_by_its_name(model, what, task, parameter):
    with pytest.raises(UsageError) as refused:
        asking.check(task, CATALOG)

    assert f"{parameter} " in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("model", "what", "task", "parameter"), CASES, ids=IDS)
def test_the_sandbox_refuses_the_same(model, what, task, parameter):
    with pytest.raises(Refused) as refused:
        rules.check({**task, "taskUUID": str(uuid.uuid4())}, CATALOG)

    named = [p for problem in refused.value.errors for p in _names(problem["parameter"])]
    assert parameter in named


def _names(parameter: Any) -> list[str]:
    return parameter if isinstance(parameter, list) else [parameter]


@pytest.mark.parametrize("model", chosen(), ids=lambda model: model.slug)
def test_a_right_task_passes_both(model):
    task = start(model, CATALOG, lambda medium: f"https://example.com/a.{medium}")

    rules.check({**asking.check(task, CATALOG), "taskUUID": str(uuid.uuid4())}, CATALOG)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"resolution": "720p", "duration": 4}, "resolution and width cannot be given together: keep one"),
        ({"height": None}, "one of these is missing: width and height; or resolution; or inputs"),
        ({"width": 1000, "height": 560}, "width and height are 1000x560, but this model takes 1280x720"),
        ({"duration": 5}, "duration is 5, but must be one of 4, 6, 7, 8: did you mean 4?"),
        ({"numberResults": 21}, "numberResults is 21, but must be at most 20: try 20"),
        (
            {"inputs": {"frameImages": ["https://a/b.png"] * 3}},
            "inputs.frameImages has 3 items, but must have at most 2",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_does_not_go_together_is_told_with_the_way_out(change, told):
    task = {"taskType": "videoInference", "model": "google:3@2", "positivePrompt": "x", "width": 1280, "height": 720}
    task = {name: value for name, value in {**task, **change}.items() if value is not None}

    with pytest.raises(UsageError) as refused:
        asking.check(task, CATALOG)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("model", "given", "told"),
    [
        ("google:4@2", {}, "one of these is missing: width and height; or inputs.referenceImages"),
        ("google:4@3", {"resolution": "2K", "width": 1024, "height": 1024}, "inputs.referenceImages is missing"),
        ("google:3@2", {"duration": 4}, "one of these is missing: width and height; or resolution; or inputs"),
        ("google:4@2", {"resolution": "2K", "inputs": {"referenceImages": ["https://a/b.png"]}}, None),
        ("google:4@2", {"width": 1024, "height": 1024}, None),
    ],
    ids=str,
)
def test_what_one_of_several_ways_must_say_is_asked_for_by_both(model, given, told):
    model = CATALOG.get(model)
    task = {"taskType": model.task_type, "model": model.air, "positivePrompt": "a fox", **given}
    found = "; ".join(flaw.message for flaw in flaws(model.schema, task))

    assert told in found if told else found == ""
    if told:
        with pytest.raises(Refused):
            rules.check({**task, "taskUUID": str(uuid.uuid4())}, CATALOG)


def test_a_width_wants_a_height_beside_it_and_the_other_way_round():
    optional = [m for m in CATALOG if m.takes("width") and not m.requires("width") and "x-wants" not in m.schema]
    model = next(m for m in optional if m.task_type == "videoInference")
    task = {"taskType": model.task_type, "model": model.air, "positivePrompt": "x"}

    assert [f.message for f in flaws(model.schema, {**task, "width": 1280})] == [
        "height is missing: width wants it beside it"
    ]
    assert [f.parameter for f in flaws(model.schema, {**task, "height": 720})] == ["width"]


def test_all_that_is_wrong_is_told_at_once_and_each_number_once():
    wrong = {"steps": 1000, "width": 100, "height": 130, "outputFormat": "gif", "stepz": 1, "CFGScale": "high"}
    task = {"taskType": "imageInference", "model": "runware:101@1", **wrong}

    with pytest.raises(UsageError) as refused:
        asking.check(task, CATALOG)
    told = str(refused.value)
    assert all(f"{name} " in told for name in [*wrong, "positivePrompt"])
    assert "width is 100, but must be at least 128: try 128" in told
    assert told.count("width") == 1
    assert told.endswith("See https://runware.ai/docs/models/bfl-flux-1-dev")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"width": "512"}, {"width": 512}),
        ({"steps": 20.0}, {"steps": 20}),
        ({"CFGScale": " 3.5 "}, {"CFGScale": 3.5}),
        ({"includeCost": "true"}, {"includeCost": True}),
        ({"outputFormat": "png"}, {"outputFormat": "PNG"}),
        ({"scheduler": "euler A"}, {"scheduler": "Euler a"}),
        ({"lora": ({"model": "a:b@1", "weight": 1},)}, {"lora": [{"model": "a:b@1", "weight": 1}]}),
        ({"positivePrompt": "512"}, {"positivePrompt": "512"}),
        ({"x-newer": "512"}, {"newer": "512"}),
    ],
    ids=str,
)
def test_what_is_merely_written_otherwise_is_taken_as_meant(given, sent):
    task = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x", "width": 512, "height": 512}

    checked = asking.check({**task, **given}, CATALOG)

    assert {name: checked[name] for name in sent} == sent
    assert all(type(checked[name]) is type(value) for name, value in sent.items())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lora": [{"weight": 1}]}, "lora.0.model is missing"),
        ({"lora": [{"model": "a:b@1"}, {"model": "a:b@2", "weight": "strong"}]}, "lora.1.weight is 'strong'"),
        ({"lora": ["a:b@1"]}, "lora.0 is 'a:b@1', but must be of type object"),
        ({"controlNet": [{"model": "runware:25@1", "guideImage": "x", "controlMode": "balance"}]}, "mean balanced?"),
        (
            {"controlNet": [{"model": "a:b@1", "guideImage": "x", "weight": 9}]},
            "controlNet.0.weight is 9, but must be at",
        ),
        ({"hiresFix": {"steps": 5}}, "hiresFix.model is missing"),
    ],
    ids=str,
)
def test_what_lies_within_a_parameter_is_checked_too(change, told):
    task = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x", "width": 512, "height": 512}

    with pytest.raises(UsageError) as refused:
        asking.check({**task, **change}, CATALOG)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("messages", "is_right"),
    [
        ([{"role": "user", "content": "hi"}], True),
        (
            [{"role": "assistant", "tools": [{"id": "1", "name": "f", "input": {}}]}, {"role": "user", "content": "4"}],
            True,
        ),
        ([{"role": "system", "content": "hi"}], False),
        ([{"content": "hi"}], False),
        ("hi", False),
    ],
    ids=str,
)
def test_turns_of_a_talk_are_of_the_user_or_the_assistant(messages, is_right):
    task = {"taskType": "textInference", "model": "minimax:m3@0", "messages": messages}

    assert (flaws(CATALOG.get("minimax:m3@0").schema, task) == []) is is_right


def test_what_a_search_found_does_as_a_lora_and_as_a_model():
    found = Entry("civitai:634213@709034", "Soft Anime Light")
    task = {"taskType": "imageInference", "model": found, "positivePrompt": "x", "lora": [{"model": found}]}

    assert asking.check(task, CATALOG) == {**task, "model": found.air, "lora": [{"model": found.air}]}


def test_numbers_of_numpy_are_numbers():
    numpy = pytest.importorskip("numpy")
    task = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x", "height": 512}

    checked = asking.check({**task, "width": numpy.int64(512), "CFGScale": numpy.float32(3.5)}, CATALOG)

    assert (type(checked["width"]), type(checked["CFGScale"])) == (int, float)


def test_without_validation_the_api_is_the_judge():
    task = {"taskType": "imageInference", "model": "bfl-flux-1-dev", "invented": 1}

    assert asking.check(task, CATALOG, strict=False) == {**task, "model": "runware:101@1"}
