"""Parameters: what tasks say that has no column of its own, as JSON with sorted keys, written a name at a time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from operator import eq
from typing import Any, Final

from runware_nb.compare.alike import alike

_LONG: Final = 1_000
"""Characters from which a string among the parameters is cut: it is a file in base64, not a setting."""
_TOLD_ELSEWHERE: Final = frozenset(
    {
        "taskType",
        "taskUUID",
        "model",
        "deliveryMethod",
        "includeCost",
        "includeUsage",
        "uploadEndpoint",
        "webhookURL",
    }
)
_JSON: Final = json.JSONEncoder(default=str, ensure_ascii=False, sort_keys=True)
_LINES: Final = json.JSONEncoder(ensure_ascii=False, separators=("\n", ": "))
_NUMBERS: Final = frozenset({int, float, bool})
_SCALARS: Final = frozenset({*_NUMBERS, str, type(None)})


def settings(asked: list[Mapping[str, Any]], numbers: list[int | None], words: list[str | None]) -> list[str]:
    """Write what tasks say as JSON objects, but for what has a column of its own, as the prompt has.

    Tasks that say the same names are written together, a name at a time.
    """
    columns = _columns(asked)
    if columns is not None and (all(numbers) or not any(numbers)):
        if any(numbers):
            columns["numberResults"] = numbers
        return _objects({name: columns[name] for name in sorted(columns) if name not in _TOLD_ELSEWHERE}, words)
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row, (one, number) in enumerate(zip(asked, numbers, strict=True)):
        groups[number is None, *one].append(row)
    texts = [""] * len(asked)
    for rows in groups.values():
        written = settings([asked[row] for row in rows], [numbers[row] for row in rows], [words[row] for row in rows])
        for row, text in zip(rows, written, strict=True):
            texts[row] = text
    return texts


def _columns(asked: list[Mapping[str, Any]]) -> dict[str, list[Any]] | None:
    """Lay out what tasks say in columns, if all say the same names."""
    if len(set(map(len, asked))) > 1:
        return None
    try:
        return {name: [one[name] for one in asked] for name in next(iter(asked), ())}
    except KeyError:
        return None


def _objects(columns: Mapping[str, list[Any]], words: list[str | None]) -> list[str]:
    """Write rows of columns as JSON objects, without what is the prompt, which has a column of its own."""
    pieces: list[list[str]] = []
    text, comma = "{", ""
    for name, values in columns.items():
        some = values[:1] if alike(values) else values
        if not set(map(type, some)) <= _NUMBERS and any(map(eq, values, words)):
            if values == words:
                continue
            return _row_by_row(columns, words)
        text, comma = f"{text}{comma}{_JSON.encode(name)}: ", ", "
        if some is not values:
            text += _JSON.encode(_shortened(values[0]))
        else:
            pieces += [[text] * len(values), _encoded(values)]
            text = ""
    pieces.append([text + "}"] * len(words))
    return list(map("".join, zip(*pieces, strict=True)))


def _row_by_row(columns: Mapping[str, list[Any]], words: list[str | None]) -> list[str]:
    """Write what `_objects` does where a setting is the prompt in some rows and not in others."""
    return [
        _JSON.encode({name: _shortened(value) for name, value in zip(columns, row, strict=True) if value != said})
        for said, *row in zip(words, *columns.values(), strict=True)
    ]


def _encoded(values: list[Any]) -> list[str]:
    """Encode values as JSON: numbers and text all at once, a line each, since JSON has no line breaks within them."""
    types = set(map(type, values))
    if types == {int}:
        return list(map(str, values))
    if types <= _SCALARS:
        short = values if types <= _NUMBERS else list(map(_shortened, values))
        return _LINES.encode(short)[1:-1].split("\n")
    return [_JSON.encode(_shortened(value)) for value in values]


def _shortened(value: Any) -> Any:
    """Cut long strings, at any depth: a frame is no place for files in base64."""
    if isinstance(value, str) and len(value) > _LONG:
        return f"{value[:40]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {k: _shortened(v) for k, v in value.items()}
    return [_shortened(v) for v in value] if isinstance(value, list) else value
