"""JSON Schemas of the models' tasks, made from the snapshot.

A schema holds what is known: absent bounds are unknown, not unlimited, and then the API is the judge.
What is wrong with a task by them is told by `flaws`.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.catalog.flaws import TOGETHER, Flaw, flaws

__all__ = ["TOGETHER", "Flaw", "build", "choices", "flaws"]

_TYPES: Final[Mapping[str, dict[str, Any]]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "array<object>": {"type": "array", "items": {"type": "object"}},
    "array<string>": {"type": "array", "items": {"type": "string"}},
    "boolean(true) | object": {"type": ["boolean", "object"]},
    "integer | string": {"type": ["integer", "string"]},
    "object | string": {"type": ["object", "string"]},
}
_COMMON: Final[dict[str, Any]] = {
    "taskType": {"type": "string"},
    "taskUUID": {"type": "string"},
    "model": {"type": "string"},
}
_BOUNDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "numberResults": {"minimum": 1, "maximum": 20},
    "outputQuality": {"minimum": 20, "maximum": 99},
    "ttl": {"minimum": 60},
}
_PARTS: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "audioSettings": {"sampleRate": {"minimum": 8000, "maximum": 48000}, "bitrate": {"minimum": 32, "maximum": 320}},
    "controlNet": {"weight": {"minimum": -4, "maximum": 4}},
}
"""Bounds of parts of parameters, of the docs."""


_SIZE_OR_PICTURES: Final[Mapping[str, Any]] = {
    "x-wants": [["width", "height"], ["inputs.referenceImages"]],
    "x-needs": {"resolution": "inputs.referenceImages"},
}
_RULES: Final[Mapping[str, Mapping[str, Any]]] = {
    "width+height required for text-to-video": {"x-wants": [["width", "height"], ["resolution"], ["inputs"]]},
    "give inputs.referenceImages or width+height": _SIZE_OR_PICTURES,
    "same rules as google:4@2, resolution 0.5K|1K|2K|4K": _SIZE_OR_PICTURES,
}
"""Rules of the facts that are told in words, and what `flaws` reads of them: `x-wants` lists groups of parameters of
which one must be whole, `x-needs` names what a parameter wants beside it."""


def build(row: Mapping[str, Any], snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of one model's tasks. A model without parameter facts takes anything."""
    kind = wire.BY_NAME[row["taskType"]]
    base = snapshot["base"].get(kind.name, {})
    own = snapshot["params"].get(row["params"]) if row["params"] else None
    specs = {**base, **(own or {})}
    properties: dict[str, Any] = {k: {**v} for k, v in _COMMON.items()}
    properties["taskType"]["const"] = kind.name
    for name, spec in specs.items():
        properties[name] = {**_TYPES.get(spec["type"], {}), **_BOUNDS.get(name, {})}
        if enum := spec.get("enum"):
            properties[name]["enum"] = snapshot["schedulers"] if enum == "@scheduler" else enum
        properties[name] |= _shape(name, snapshot)
    if "deliveryMethod" in properties:
        ways = properties["deliveryMethod"].get("enum", ("sync", "async", "stream"))
        properties["deliveryMethod"]["enum"] = [d for d in ways if d in kind.deliveries]
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": ["taskType", *(["model"] if kind.default_model else [])]
        + [name for name, spec in specs.items() if spec.get("required")],
        "additionalProperties": row["params"] is None,
    }
    _constrain(schema, snapshot["constraints"].get(row["air"], {}))
    return schema


def _shape(name: str, snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of the parts of a parameter; nothing, of most."""
    shape: dict[str, Any] = deepcopy(snapshot["shapes"].get(name, {}))
    within = shape.get("items", shape).get("properties", {})
    for part, bounds in _PARTS.get(name, {}).items():
        within[part] |= bounds
    return shape


def choices(schema: Mapping[str, Any], path: str) -> list[str]:
    """Return the values that a (dotted) wire parameter may have, where the schema lists them."""
    spec: Any = {"properties": schema.get("properties", {})}
    for name in path.split("."):
        spec = spec.get("properties", {}).get(name, {})
    if spec.get("type") == "boolean":
        return ["true", "false"]
    return [str(choice) for choice in spec.get("enum", [])]


def _constrain(schema: dict[str, Any], facts: Mapping[str, Any]) -> None:
    """Add ranges, choices, size rules and the number of inputs to a schema."""
    for path, spec in facts.get("fields", {}).items():
        _narrow(schema, path, spec)
    for name, count in facts.get("inputs", {}).items():
        _narrow(schema, f"inputs.{name}", {"items": None, **count} if count else {})
    dims = facts.get("dims") or {}
    if "min" in dims:
        for side in ("width", "height"):
            _narrow(schema, side, {"type": "integer", **dims})
    pairs = dims.get("pairs")
    if isinstance(pairs, dict):
        pairs = [pair for ratios in pairs.values() for pair in ratios.values()]
    if pairs:
        schema["x-size-pairs"] = pairs
    for rule in facts.get("rules", ()):
        schema |= _RULES.get(rule, {})


def _narrow(schema: dict[str, Any], path: str, spec: Mapping[str, Any]) -> None:
    """Put the facts of one (dotted) parameter into a schema, unless the model takes no such parameter."""
    *heads, last = path.split(".")
    if schema.get("additionalProperties") is False and [*heads, last][0] not in schema["properties"]:
        return
    for head in heads:
        schema = schema.setdefault("properties", {}).setdefault(head, {"type": "object"})
    known = schema.setdefault("properties", {}).setdefault(last, {})
    kind = spec.get("type")
    if kind in {"string", "integer", "number", "boolean", "array"} and "type" not in known:
        known["type"] = kind
    low, high = {
        "string": ("minLength", "maxLength"),
        "array": ("minItems", "maxItems"),
    }.get(str(kind or ("array" if "items" in spec else "")), ("minimum", "maximum"))
    if isinstance(spec.get("min"), int | float):
        known[low] = spec["min"]
    if isinstance(spec.get("max"), int | float):
        known[high] = spec["max"]
    if spec.get("step") and kind == "integer" and spec["step"] != 1:
        known["multipleOf"] = spec["step"]
    if spec.get("enum") and not spec.get("enumIsSubset"):
        known["enum"] = spec["enum"]
    if "default" in spec:
        known["default"] = spec["default"]
    if spec.get("required") and heads:
        schema.setdefault("required", []).append(last)
