"""The wire's spelling and its table."""

from __future__ import annotations

import pytest

from runware_nb.api import wire
from runware_nb.catalog import bundled
from runware_nb.media import MEDIA


@pytest.mark.parametrize(
    ("python", "spelt"),
    [
        ("positive_prompt", "positivePrompt"),
        ("cfg_scale", "CFGScale"),
        ("true_cfg_scale", "trueCFGScale"),
        ("webhook_url", "webhookURL"),
        ("task_uuid", "taskUUID"),
        ("lora", "lora"),
    ],
)
def test_names_are_spelt_both_ways(python, spelt):
    assert (wire.to_wire(python), wire.from_wire(spelt)) == (spelt, python)


def test_every_parameter_of_the_catalogue_survives_both_spellings():
    names = {name for model in bundled() for name in model.schema["properties"]}

    assert {wire.to_wire(wire.from_wire(name)) for name in names} == names


def test_the_users_own_schema_keeps_its_spelling():
    given = {"json_schema": {"properties": {"first_name": {}}}, "settings": {"max_tokens": 5}}

    assert wire.keys_to_wire(given) == {
        "jsonSchema": {"properties": {"first_name": {}}},
        "settings": {"maxTokens": 5},
    }


@pytest.mark.parametrize("row", wire.TASK_TYPES, ids=lambda row: row.name)
def test_every_row_names_a_known_medium_and_a_model_of_its_type(row):
    model = bundled().get(row.default_model)

    assert row.medium in MEDIA
    assert row.default_model is None or (model is not None and model.task_type == row.name)
