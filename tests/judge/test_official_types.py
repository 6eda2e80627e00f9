"""The official SDK's own types as the judge: each model takes the parameters they name, and must have those they require."""

from __future__ import annotations

import re
from typing import Any

import pytest

task_map = pytest.importorskip("runware.types.task_map")

from runware_nb.catalog import bundled  # noqa: E402

pytestmark = pytest.mark.judge
_ABOUT = re.compile(r"Inference params for curated model `([^`]+)` \(slug: ([^)]+)\)")
UNION = "vidu:4@2"
"""A union in the SDK, of no usable detail: our schema takes anything there."""
OMITTED = {("promptEnhance", "model")}
"""Required by the types, and refused by the API when it is sent, as was reported of it."""


def told_types() -> dict[str, Any]:
    """Return AIR to the class of its parameters."""
    found = ((_ABOUT.match(told.__doc__ or ""), told) for told in vars(task_map).values() if isinstance(told, type))
    return {match[1]: told for match, told in found if match}


TYPES = told_types()


def annotations(told: Any) -> dict[str, str]:
    """Return each parameter with its annotation as it is written."""
    return {name: kind.__forward_arg__ for name, kind in told.__annotations__.items()}


def test_there_are_types_for_every_model_and_a_model_for_every_type():
    assert set(TYPES) == {model.air for model in bundled()} - {UNION}


@pytest.mark.parametrize("model", [m for m in bundled() if m.air != UNION], ids=lambda model: model.slug)
def test_parameters_and_what_is_required_are_the_same(model):
    told = annotations(TYPES[model.air])
    required = {name for name, kind in told.items() if not kind.startswith("NotRequired[")}
    required -= {name for kind, name in OMITTED if kind == model.task_type}

    assert set(model.schema["properties"]) == set(told)
    assert {*model.schema["required"], "taskUUID"} == required
    assert model.schema["additionalProperties"] is False


@pytest.mark.parametrize("model", [m for m in bundled() if m.air != UNION], ids=lambda model: model.slug)
def test_choices_are_among_those_of_the_types(model):
    for name, kind in annotations(TYPES[model.air]).items():
        literal = re.search(r"Literal\[(.*)\]", kind)
        choices = model.schema["properties"][name].get("enum")
        if literal and choices:
            assert set(map(repr, choices)) <= set(re.findall(r"'[^']*'|\"[^\"]*\"|-?\d+(?:\.\d+)?", literal[1]))


def test_the_registry_is_the_same():
    assert {air: (row.task_type, row.id) for air, row in task_map.models.items()} == {
        model.air: (model.task_type, model.slug) for model in bundled()
    }
