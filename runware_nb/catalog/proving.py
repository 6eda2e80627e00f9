"""Proving: a JSON Schema from outside becomes one that cannot hang, grow, fetch or break what reads it.

References are written out, patterns and choices beyond counting are left out: what a schema no longer says, the API
judges. So the validator, the forms and the sandbox need know of none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from runware_nb.api import wire

MOST_NODES: Final = 20_000
"""Parts of a schema with its references written out. Real ones have some hundred."""
MOST_CHOICES: Final = 2_000
"""Choices of one parameter. The longest real list, of schedulers, has 75."""
_DEPTH: Final = 60
_NAMED: Final = frozenset({"properties"})
"""Keywords that hold schemas by name."""
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE: Final = frozenset({"items", "not", "if", "then", "else", "contains", "additionalProperties", "propertyNames"})
_PLAIN: Final = frozenset(
    {
        "type", "enum", "const", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "required", "title",
        "description", "format", "uniqueItems", "examples", "dependentRequired", "minContains", "maxContains",
    }
)  # fmt: skip
"""Keywords that are taken as they are. `pattern` is none: an expression from outside may take for ever."""


class _Unproven(ValueError):
    """A schema that is none, or one to keep away from."""


def proven(schema: Any, task_type: str) -> dict[str, Any] | None:
    """Return a schema of tasks without its dangers; None when it is none of this task type.

    Parameters
    ----------
    schema
        What the schema service calls `requestSchema`.
    task_type
        Wire name of the task type it must be for.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        written = _Writer(schema).write(schema, ())
        properties = written.get("properties")
        if not isinstance(properties, dict) or not all(isinstance(spec, dict) for spec in properties.values()):
            return None
        if properties.get("taskType", {}).get("const") != task_type or task_type not in wire.BY_NAME:
            return None
        required = written.get("required", [])
        if not isinstance(required, list):
            return None
        written["required"] = [name for name in required if name != "taskUUID"]
        written |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
        Draft202012Validator.check_schema(written)
    except (_Unproven, SchemaError, TypeError, RecursionError):
        return None
    return written


class _Writer:
    """Writes a schema anew, part by part.

    Parameters
    ----------
    root
        The whole, which references point into.
    """

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = MOST_NODES

    def write(self, spec: Any, trail: tuple[str, ...]) -> dict[str, Any]:
        """Write one part. `trail` holds the references that led here: one that leads back to itself says nothing."""
        self._left -= 1
        if self._left < 0 or len(trail) > _DEPTH:
            raise _Unproven("it is too large")
        if spec is True:
            return {}
        if spec is False:
            return {"not": {}}
        if not isinstance(spec, Mapping):
            raise _Unproven("a part of it is no schema")
        if (reference := spec.get("$ref")) is not None:
            rest = {name: value for name, value in spec.items() if name != "$ref"}
            if reference in trail:
                return self.write(rest, trail) if rest else {}
            pointed = self.write(self._find(reference), (*trail, reference))
            return {**pointed, **self.write(rest, trail)}
        told = dict(self._parts(spec, trail))
        if "patternProperties" in spec:
            told.pop("additionalProperties", None)
        return _with_choices(told)

    def _parts(self, spec: Mapping[str, Any], trail: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for key, value in spec.items():
            if key in _PLAIN:
                if key == "enum" and not (isinstance(value, list) and len(value) <= MOST_CHOICES):
                    continue
                yield key, value
            elif key in _NAMED and isinstance(value, Mapping):
                yield key, {str(name): self.write(inner, (*trail, "")) for name, inner in value.items()}
            elif key in _LISTED and isinstance(value, list):
                if len(value) <= MOST_CHOICES:
                    yield key, [self.write(inner, (*trail, "")) for inner in value]
            elif key == "additionalProperties" and isinstance(value, bool):
                yield key, value
            elif key in _SINGLE:
                yield key, self.write(value, (*trail, ""))
            elif key.startswith("x-") and isinstance(value, str | int | float | bool):
                yield key, value

    def _find(self, reference: Any) -> Any:
        """Follow a reference within the schema. One that leads out of it says nothing, and nothing is fetched."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return True
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return True
        return found


def _with_choices(spec: dict[str, Any]) -> dict[str, Any]:
    """Write choices told as `oneOf` or `anyOf` of constants as the plain list they are."""
    for key in ("oneOf", "anyOf"):
        several = spec.get(key)
        if several and all(isinstance(one, dict) and "const" in one for one in several) and "enum" not in spec:
            rest = {name: value for name, value in spec.items() if name != key}
            return {**rest, "enum": [one["const"] for one in several]}
    return spec
