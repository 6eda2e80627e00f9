"""Coercing: values that mean what a schema wants and are merely written otherwise: `"512"`, `"true"`, `jpg`, a tuple.

Forms, CSV files and DataFrames give numbers as text or as NumPy's own. What is not clearly meant so stays as it is,
and is named as a flaw.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from runware_nb.api import inputs

STAND_IN: Final = "https://runware.ai/media"
"""What stands for a file or a picture where a schema is asked: in time it is an address or a UUID, which are texts."""
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_FLAGS: Final = {"true": True, "false": False}


def coerced(schema: Mapping[str, Any], value: Any) -> Any:
    """Return a value as its schema would have it written."""
    if inputs.is_media(value):
        return value
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        return {name: coerced(known.get(name, {}), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        items = schema.get("items", {})
        return [coerced(items if isinstance(items, Mapping) else {}, inner) for inner in value]
    if hasattr(value, "item") and hasattr(value, "dtype"):
        value = value.item()  # one of NumPy's numbers
    return _plain(schema, value)


def _plain(schema: Mapping[str, Any], value: Any) -> Any:
    wanted = _types(schema)
    if isinstance(value, str):
        return _of_text(wanted, schema.get("enum", ()), value)
    if isinstance(value, float) and "integer" in wanted and "number" not in wanted and value.is_integer():
        return int(value)
    return value


def _of_text(wanted: frozenset[str], choices: Sequence[Any], text: str) -> Any:
    """Read a text that should have been a number or a flag, or is a choice but for its letters' case."""
    if "string" not in wanted:
        bare = text.strip()
        if wanted & {"integer", "number"} and _WHOLE.fullmatch(bare):
            return int(bare)
        if "number" in wanted and _NUMBER.fullmatch(bare) and math.isfinite(number := float(bare)):
            return number
        if "boolean" in wanted and bare.lower() in _FLAGS:
            return _FLAGS[bare.lower()]
    if choices and text not in choices:
        same = [c for c in choices if isinstance(c, str) and c.lower() == text.strip().lower()]
        return same[0] if len(same) == 1 else text
    return text


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the types that a schema names; those of its choices, where it names none."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset({kind})
    if isinstance(kind, list):
        return frozenset(kind)
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return frozenset(names[type(c)] for c in schema.get("enum", ()) if type(c) in names)


def stood_in(value: Any) -> Any:
    """Return a task as a schema may see it: with a text in place of each file or picture."""
    if inputs.is_media(value):
        return STAND_IN
    if isinstance(value, Mapping):
        return {name: stood_in(inner) for name, inner in value.items()}
    return [stood_in(inner) for inner in value] if isinstance(value, list | tuple) else value
