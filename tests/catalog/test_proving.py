"""Schemas from outside: whatever they hold, what is left of them is finite, quick, and asks nobody."""

from __future__ import annotations

import time

import pytest

from runware_nb.catalog import bundled, news
from runware_nb.catalog.flaws import flaws
from runware_nb.catalog.proving import proven

KIND = {"taskType": {"const": "imageInference"}}


def of(properties, **more):
    return proven({"type": "object", "properties": {**KIND, **properties}, **more}, "imageInference")


def words(schema, task):
    return "; ".join(flaw.message for flaw in flaws(schema, {"taskType": "imageInference", **task}))


def test_references_are_written_out():
    schema = of({"width": {"$ref": "#/$defs/side"}}, **{"$defs": {"side": {"type": "integer", "maximum": 9}}})

    assert schema["properties"]["width"] == {"type": "integer", "maximum": 9}


@pytest.mark.parametrize(
    "loop",
    [
        {"a": {"$ref": "#/$defs/a"}},
        {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
        {"a": {"properties": {"next": {"$ref": "#/$defs/a"}}}},
        {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "string"}]}},
        {"a": {"$ref": "#"}},
    ],
    ids=["itself", "each other", "a list", "a choice", "the whole"],
)
def test_references_that_lead_back_end(loop):
    before = time.thread_time()
    schema = of({"width": {"$ref": "#/$defs/a"}}, **{"$defs": loop})

    assert "$ref" not in str(schema)
    assert isinstance(words(schema, {"width": {"next": {"next": 5}}}), str)
    assert time.thread_time() - before < 1


def test_references_that_lead_out_are_followed_by_nobody(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", pytest.fail)
    schema = of({"width": {"$ref": "https://example.com/schema.json"}, "height": {"$ref": "file:///etc/passwd"}})

    assert schema["properties"] | KIND == {**KIND, "width": {}, "height": {}}
    assert words(schema, {"width": 5, "height": "x"}) == ""


def test_what_grows_beyond_bounds_is_no_schema():
    doubling = {f"a{n}": {"anyOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)} | {"a40": {}}
    before = time.thread_time()

    assert of({"width": {"$ref": "#/$defs/a0"}}, **{"$defs": doubling}) is None
    assert time.thread_time() - before < 2


def test_patterns_that_take_for_ever_are_left_out():
    schema = of({"seed": {"type": "string", "pattern": "(a+)+$"}}, patternProperties={"(x+x+)+y": {}})
    before = time.thread_time()

    assert words(schema, {"seed": "a" * 40 + "!", "x" * 40: 1}) == ""
    assert time.thread_time() - before < 1


def test_choices_beyond_counting_are_left_to_the_api():
    schema = of({"voice": {"type": "string", "enum": [f"voice {n}" for n in range(200_000)]}})

    assert schema["properties"]["voice"] == {"type": "string"}


def test_choices_told_as_constants_become_a_list():
    schema = of({"deliveryMethod": {"default": "sync", "oneOf": [{"const": "sync"}, {"const": "async"}]}})

    assert schema["properties"]["deliveryMethod"] == {"default": "sync", "enum": ["sync", "async"]}


@pytest.mark.parametrize(
    "schema",
    [
        None, [], "x", {}, {"type": "object"}, {"properties": []}, {"properties": KIND, "required": "taskType"},
        {"properties": {"taskType": {"const": "upscale"}}}, {"properties": {**KIND, "width": 5}},
        {"properties": {**KIND, "width": {"type": "nonsense"}}}, {"properties": {**KIND, "a": {"minimum": "low"}}},
        {"properties": {**KIND, "a": {"multipleOf": 0}}}, {"properties": {**KIND, "a": {"enum": "abc"}}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_schema_of_the_task_is_none(schema):
    found = proven(schema, "imageInference")

    assert found is None or found["properties"]["a"] == {}


@pytest.mark.parametrize("model", [*bundled()][::7], ids=lambda model: model.slug)
def test_the_schemas_of_the_package_pass_as_they_are(model):
    found = proven(model.schema, model.task_type)

    assert set(found["properties"]) == set(model.schema["properties"])
    assert found["required"] == model.schema["required"]


@pytest.mark.parametrize(
    "payload",
    [None, 5, [], {}, {"items": 5}, [5, None, {"air": 5}, {"air": "no"}, {"air": "a:b@c", "name": ["x"]}]],
    ids=str,
)
def test_lists_of_models_that_are_none_tell_nothing(payload):
    told = news.facts(payload)

    assert all(facts == news.UNTOLD for facts in told.values())


@pytest.mark.parametrize(
    ("told", "usd"),
    [("$1.60", 1.6), ("0.0013", 0.0013), (0.02, 0.02), ("1e-05", 1e-05), ("free", None), (-1, None), (True, None),
     (float("nan"), None), ("$1,000,000", None), (10**9, None), ({}, None)],
)  # fmt: skip
def test_prices_are_read_only_where_they_are_prices(told, usd):
    rows = news.prices({"pricingMeasured": [{"configuration": "1K", "price": told}]})

    assert (rows[0]["usd"] if rows else None) == usd
