"""JSON Schemas of the models' tasks, made from the snapshot, and what is wrong with a task by them.

Checked with the `jsonschema` library; its errors are put into the user's words by `WORDS`.
A schema holds what is known: absent bounds are unknown, not unlimited, and then the API is the judge.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from runware_nb.api import wire

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

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
    if "deliveryMethod" in properties:
        properties["deliveryMethod"]["enum"] = [d for d in ("sync", "async", "stream") if d in kind.deliveries]
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


def _narrow(schema: dict[str, Any], path: str, spec: Mapping[str, Any]) -> None:
    """Put the facts of one (dotted) parameter into a schema."""
    *heads, last = path.split(".")
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


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a task.

    Parameters
    ----------
    parameter
        Dotted wire name.
    keyword
        The rule of JSON Schema it breaks, such as `"maximum"`, or `"size"`.
    limit
        What the rule says.
    message
        The same in words, with the nearest value that is allowed.
    """

    parameter: str
    keyword: str
    limit: Any
    message: str


def flaws(schema: Mapping[str, Any], task: Mapping[str, Any]) -> list[Flaw]:
    """Return all that is wrong with a task at once; nothing is sent for it."""
    found = [flaw for error in _validator(_Key(schema)).iter_errors(task) for flaw in _flaws_of(error)]
    pairs = schema.get("x-size-pairs")
    size = (task.get("width"), task.get("height"))
    if pairs and all(isinstance(side, int) for side in size) and list(size) not in pairs:
        found.append(Flaw("width, height", "size", pairs, _size_words(size, pairs)))  # type: ignore[arg-type]
    return found


class _Key:
    """A schema as a cache key: by identity, since the catalogue makes each once."""

    __slots__ = ("schema",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.schema is other.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=64)
def _validator(key: _Key) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(key.schema)


def _flaws_of(error: ValidationError) -> Iterator[Flaw]:
    path = ".".join(str(p) for p in error.absolute_path)
    rule, limit, value = str(error.validator), cast("Any", error.validator_value), cast("Any", error.instance)
    if rule == "additionalProperties":
        known = sorted(cast("Any", error.schema)["properties"])
        for name in (n for n in value if n not in known):
            near = difflib.get_close_matches(name, known, n=2, cutoff=0.6)
            meant = f"did you mean {' or '.join(near)}?" if near else f"it takes {', '.join(known)}"
            yield Flaw(name, rule, known, f"{name} is not a parameter of this model: {meant}")
    elif rule == "required":
        # jsonschema reports each missing name by itself, and names it only in its message.
        name = next(n for n in limit if n not in value and error.message.startswith(f"'{n}'"))
        dotted = f"{path}.{name}".lstrip(".")
        yield Flaw(dotted, rule, None, f"{dotted} is missing")
    else:
        yield Flaw(path, rule, limit, f"{path} {_words(rule, limit, value)}")


def _words(rule: str, limit: Any, value: Any) -> str:  # noqa: PLR0911  (a table of words)
    shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}…"  # noqa: PLR2004
    match rule:
        case "minimum":
            return f"is {shown}, but must be at least {limit}"
        case "maximum":
            return f"is {shown}, but must be at most {limit}"
        case "multipleOf":
            return f"is {shown}, but must be a multiple of {limit}: try {max(1, round(value / limit)) * limit}"
        case "enum":
            near = difflib.get_close_matches(str(value), [str(v) for v in limit], n=1, cutoff=0.4)
            shown_limit = ", ".join(map(str, limit[:12])) + (", …" if len(limit) > 12 else "")  # noqa: PLR2004
            return f"is {shown}, but must be one of {shown_limit}" + (f": did you mean {near[0]}?" if near else "")
        case "const":
            return f"is {shown}, but this model serves {limit}"
        case "type":
            wanted = " or ".join(limit) if isinstance(limit, list) else limit
            return f"is {shown}, but must be of type {wanted}"
        case "minLength" | "maxLength":
            bound = "at least" if rule == "minLength" else "at most"
            return f"has {len(value):,} characters, but must have {bound} {limit:,}"
        case "minItems" | "maxItems":
            return f"has {len(value)} items, but must have {'at least' if rule == 'minItems' else 'at most'} {limit}"
        case _:
            return f"is {shown}, which breaks the rule {rule} {limit}"


def _size_words(size: tuple[int, int], pairs: Sequence[Sequence[int]]) -> str:
    w, h = size
    near = min(pairs, key=lambda p: (abs(p[0] / p[1] - w / h), abs(p[0] * p[1] - w * h)))
    listed = ", ".join(f"{p[0]}x{p[1]}" for p in pairs[:8])
    more = ", …" if len(pairs) > 8 else ""  # noqa: PLR2004
    return f"width and height are {w}x{h}, but this model takes {listed}{more}: try {near[0]}x{near[1]}"
