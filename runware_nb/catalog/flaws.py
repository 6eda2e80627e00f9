"""Flaws: all that is wrong with a task at once, in the user's words, each with what is allowed and the nearest to it.

By the `jsonschema` library, compiled once a schema; a rule it names gets its words in `_words`. What a schema cannot
say, such as that a width wants a height, is in `together`. The sandbox refuses by the same.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from runware_nb.api import wire

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

TOGETHER: Final = "together"
"""Rule of parameters that exclude, or want, each other."""
_SIDES: Final = ("width", "height")
_BOTH_SIDES: Final = frozenset({"imageInference", "videoInference"})
_NUMERIC: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_LISTED: Final = 12
_LONG: Final = 60
_SIZES_LISTED: Final = 8


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a task.

    Parameters
    ----------
    parameter
        Dotted wire name; several, joined by `", "`, where it is about them together.
    keyword
        The rule of JSON Schema it breaks, such as `"maximum"`, or `"size"`, or `"together"`.
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
    """Return all that is wrong with a task; nothing is sent for it. One flaw a parameter and kind of rule."""
    found = [flaw for error in _validator(_Key(schema)).iter_errors(task) for flaw in _flaws_of(error)]
    pairs = schema.get("x-size-pairs")
    size = (task.get("width"), task.get("height"))
    if pairs and all(isinstance(side, int) for side in size) and list(size) not in pairs:
        found.append(Flaw("width, height", "size", pairs, _size_words(cast("tuple[int, int]", size), pairs)))
    found += _wanted(schema, task)
    found += together(task, schema.get("properties", {}), {flaw.parameter for flaw in found})
    # A number that is too small is often no multiple either: its nearest value is told once.
    unique = {(f.parameter, "number" if f.keyword in _NUMERIC else f.keyword): f for f in reversed(found)}
    return list(reversed(unique.values()))


class _Key:
    """A schema as a cache key: by identity, since the catalogue makes each once."""

    __slots__ = ("schema",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.schema is other.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=512)
def _validator(key: _Key) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(key.schema)


def _wanted(schema: Mapping[str, Any], task: Mapping[str, Any]) -> Iterator[Flaw]:
    """Find what a schema wants of several ways, or beside another."""
    ways = schema.get("x-wants", ())
    if ways and not any(all(wire.get(task, name) is not None for name in way) for way in ways):
        words = "; or ".join(" and ".join(way) for way in ways)
        missing = next(name for name in ways[0] if task.get(name) is None)
        yield Flaw(missing, "required", None, f"one of these is missing: {words}")
    for name, other in schema.get("x-needs", {}).items():
        if task.get(name) is not None and wire.get(task, other) is None:
            yield Flaw(other, "required", None, f"{other} is missing: {name} wants it beside it")


def together(task: Mapping[str, Any], known: Container[str] = (), told: Container[str] = ()) -> Iterator[Flaw]:
    """Find what does not go together, or not alone.

    Parameters
    ----------
    task
        The task.
    known
        Wire names that its model takes.
    told
        Parameters whose flaws are told already.
    """
    kind = task.get("taskType")
    for one, other in (("resolution", "width"), ("resolution", "height")):
        if task.get(one) is not None and task.get(other) is not None:
            yield Flaw(f"{one}, {other}", TOGETHER, None, f"{one} and {other} cannot be given together: keep one")
            break
    given = [side for side in _SIDES if task.get(side) is not None]
    if kind in _BOTH_SIDES and len(given) == 1 and all(side in known for side in _SIDES):
        missing = _SIDES[given[0] == _SIDES[0]]
        if missing not in told and task.get("resolution") is None:
            yield Flaw(missing, "required", None, f"{missing} is missing: {given[0]} wants it beside it")
    if kind == "videoInference" and task.get("speech") is not None and wire.get(task, "inputs.audio") is not None:
        words = "speech and inputs.audio cannot be given together: keep one"
        yield Flaw("speech, inputs.audio", TOGETHER, None, words)
    row = wire.BY_NAME.get(str(kind))
    if wire.get(task, "inputs.video") and task.get("deliveryMethod") == wire.SYNC and row and row.medium != "video":
        words = "deliveryMethod is 'sync', but of a video it must be async"
        yield Flaw("deliveryMethod", "enum", [wire.ASYNC], words)
    count = task.get("numberResults", 1)
    if task.get("deliveryMethod") == wire.STREAM and count != 1:
        words = "deliveryMethod stream gives one result: leave numberResults out, or deliver async"
        yield Flaw("deliveryMethod, numberResults", TOGETHER, None, words)
    if "ttl" in task and task.get("outputType", "URL") != "URL":
        yield Flaw("ttl, outputType", TOGETHER, None, "ttl is for outputType URL alone: leave one out")


def _flaws_of(error: ValidationError) -> Iterator[Flaw]:
    path = ".".join(str(p) for p in error.absolute_path)
    rule, limit, value = str(error.validator), cast("Any", error.validator_value), cast("Any", error.instance)
    spec = cast("Mapping[str, Any]", error.schema if isinstance(error.schema, Mapping) else {})
    if rule == "additionalProperties" and limit is False:
        known = sorted(spec.get("properties", {}))
        for name in (n for n in value if n not in known):
            dotted = f"{path}.{name}".lstrip(".")
            yield Flaw(dotted, rule, known, f"{dotted} is not a parameter of this model: {_meant(name, known)}")
    elif rule == "required":
        # jsonschema reports each missing name by itself, and names it only in its message.
        name = next(n for n in limit if n not in value and error.message.startswith(repr(n)))
        dotted = f"{path}.{name}".lstrip(".")
        yield Flaw(dotted, rule, None, f"{dotted} is missing")
    elif rule == "dependentRequired":
        for name, wanted in limit.items():
            for other in (w for w in wanted if name in value and w not in value):
                yield Flaw(other, "required", None, f"{other} is missing: {name} wants it beside it")
    elif rule in {"anyOf", "oneOf"}:
        yield from _of_branches(error, path, limit, value)
    elif rule == "not":
        excluded = [n for n in limit.get("required", ()) if isinstance(value, Mapping) and n in value]
        names = ", ".join(f"{path}.{n}".lstrip(".") for n in excluded) or path
        both = f"{' and '.join(excluded)} cannot be given together: keep one" if len(excluded) > 1 else ""
        yield Flaw(names, TOGETHER, None, both or f"{names or 'this'} cannot be given so")
    else:
        yield Flaw(path, rule, limit, f"{path or 'the task'} {_words(rule, limit, value, spec)}")


def _of_branches(error: ValidationError, path: str, limit: Any, value: Any) -> Iterator[Flaw]:
    """Tell of several ways that a value may be, none of which it is: what the nearest way lacks."""
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    if not branches:
        yield Flaw(path, TOGETHER, None, f"{path or 'the task'} mixes several ways to say it: keep one")
        return
    if all(inner.validator == "required" for several in branches.values() for inner in several):
        ways = [" and ".join(str(n) for n in one.get("required", ())) for one in limit if isinstance(one, Mapping)]
        prefix = f"in {path}, " if path else ""
        missing = next((n for one in limit for n in one.get("required", ()) if n not in value), path)
        words = f"{prefix}one of these is missing: {'; or '.join(dict.fromkeys(w for w in ways if w))}"
        yield Flaw(f"{path}.{missing}".lstrip("."), "required", None, words)
        return
    nearest = min(branches.values(), key=lambda several: (_strangeness(several), len(several)))
    for inner in nearest:
        yield from _flaws_of(inner)


def _strangeness(errors: Sequence[ValidationError]) -> int:
    """Rank a way by how far the value is from being meant so: of another type or constant, it is not."""
    return sum(3 if e.validator in {"type", "const"} else 2 if e.validator == "enum" else 1 for e in errors)


def _words(rule: str, limit: Any, value: Any, spec: Mapping[str, Any]) -> str:
    words = _SAYS.get(rule)
    return words(limit, value, spec) if words else f"is {_shown(value)}, which breaks the rule {rule}"


def _number(must: str) -> Callable[[Any, Any, Mapping[str, Any]], str]:
    return lambda limit, value, spec: f"is {_shown(value)}, but must be {must} {limit}: try {_nearest(value, spec)}"


def _length(bound: str, what: str) -> Callable[[Any, Any, Mapping[str, Any]], str]:
    return lambda limit, value, _: f"has {len(value):,} {what}, but must have {bound} {limit:,}"


def _one_of(limit: Sequence[Any], value: Any, _: Mapping[str, Any]) -> str:
    listed = ", ".join(map(str, limit[:_LISTED])) + (", …" if len(limit) > _LISTED else "")
    near = nearest_choice(value, limit)
    return f"is {_shown(value)}, but must be one of {listed}" + ("" if near is None else f": did you mean {near}?")


def _type(limit: Any, value: Any, _: Mapping[str, Any]) -> str:
    return f"is {_shown(value)}, but must be of type {' or '.join(limit) if isinstance(limit, list) else limit}"


_SAYS: Final[Mapping[str, Callable[[Any, Any, Mapping[str, Any]], str]]] = {
    "minimum": _number("at least"),
    "maximum": _number("at most"),
    "exclusiveMinimum": lambda limit, value, _: f"is {_shown(value)}, but must be above {limit}",
    "exclusiveMaximum": lambda limit, value, _: f"is {_shown(value)}, but must be below {limit}",
    "multipleOf": _number("a multiple of"),
    "enum": _one_of,
    "const": lambda limit, value, _: f"is {_shown(value)}, but this model serves {limit}",
    "type": _type,
    "minLength": _length("at least", "characters"),
    "maxLength": _length("at most", "characters"),
    "minItems": _length("at least", "items"),
    "maxItems": _length("at most", "items"),
    "minProperties": lambda limit, _, __: f"says too little: it must have at least {limit} of its parts",
    "uniqueItems": lambda _, value, __: f"is {_shown(value)}, which has the same twice",
}
"""Rule of JSON Schema to what is said of a value that breaks it: after the limit, the value and the whole schema."""


def _shown(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= _LONG else f"{words[: _LONG - 3]}…"


def _nearest(value: Any, spec: Mapping[str, Any]) -> Any:
    """Return the nearest number that all rules of a parameter allow."""
    low, high = spec.get("minimum", float("-inf")), spec.get("maximum", float("inf"))
    near = min(max(value, low), high)
    if step := spec.get("multipleOf"):
        near = round(near / step) * step
        near += step if near < low else -step if near > high else 0
        near = near or step
    return int(near) if isinstance(near, float) and near.is_integer() and spec.get("type") == "integer" else near


def nearest_choice(value: Any, choices: Sequence[Any]) -> Any:
    """Return the choice that is likely meant; None where nothing is near."""
    numbers = [c for c in choices if isinstance(c, int | float) and not isinstance(c, bool)]
    if isinstance(value, int | float) and not isinstance(value, bool) and numbers:
        return min(numbers, key=lambda choice: (abs(choice - value), choice))
    lowered = {str(choice).lower(): choice for choice in choices}
    near = difflib.get_close_matches(str(value)[:200].lower(), list(lowered), n=1, cutoff=0.4)
    return lowered[near[0]] if near else None


def _meant(name: str, known: Sequence[str]) -> str:
    lowered = {one.lower(): one for one in known}
    near = difflib.get_close_matches(str(name)[:80].lower(), list(lowered), n=2, cutoff=0.6)
    return f"did you mean {' or '.join(lowered[n] for n in near)}?" if near else f"it takes {', '.join(known)}"


def _size_words(size: tuple[int, int], pairs: Sequence[Sequence[int]]) -> str:
    w, h = size
    near = min(pairs, key=lambda p: (abs(p[0] / p[1] - w / max(h, 1)), abs(p[0] * p[1] - w * h)))
    listed = ", ".join(f"{p[0]}x{p[1]}" for p in pairs[:_SIZES_LISTED])
    more = ", …" if len(pairs) > _SIZES_LISTED else ""
    return f"width and height are {w}x{h}, but this model takes {listed}{more}: try {near[0]}x{near[1]}"
