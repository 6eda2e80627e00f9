"""Tables: settings, detections and other JSON, as rows of text short enough to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from runware_nb import reprs
from runware_nb.api.inputs import is_media
from runware_nb.api.results import Asset, Result
from runware_nb.api.runs import Run
from runware_nb.display.figures import printable, shortened
from runware_nb.display.links import origin
from runware_nb.display.markup import html

_ROWS, _COLUMNS, _DEEP = 40, 8, 5
_CELL: Final = 300
_BASE64: Final = 400
"""Characters of a string without blanks beyond which it is a file, not words."""
_SECRET: Final = frozenset({"webhookURL", "uploadEndpoint"})
"""Addresses that let anyone who has them write: only their host is shown."""
_JSON_LIMIT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Table:
    """Text in rows. Without `columns`, the first cell of a row is its name."""

    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Listing(reprs.Drawn):
    """A table that a line answers with."""

    table: Table


@reprs.mimebundle.register
def listing_bundle(listing: Listing) -> reprs.type_of_bundle:
    """Draw a listing: as a table, and as lines whose columns stand under each other."""
    table = listing.table
    rows = [table.columns, *table.rows] if table.columns else list(table.rows)
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    more = [f"and {table.more} more"] if table.more else []
    return {"text/plain": printable("\n".join([*lines, *more])), "text/html": html("totals", table=table)}, {}


def settings(values: Mapping[str, Any]) -> Table:
    """Lay nested settings out as dotted names and values."""
    rows = [(name, shortened(_word(value), _CELL)) for name, value in _flat(presentable(values))]
    return Table(tuple(rows[:_ROWS]), more=max(0, len(rows) - _ROWS))


def table(value: Any) -> Table:
    """Lay out what the API told: a list of objects as columns, an object as names and values."""
    if isinstance(value, Sequence) and value and all(isinstance(v, Mapping) for v in value):
        columns = tuple(dict.fromkeys(str(k) for v in value[:_ROWS] for k in v))[:_COLUMNS]
        rows = [tuple(shortened(_word(v.get(c)), _CELL) for c in columns) for v in value[:_ROWS]]
        return Table(tuple(rows), columns, max(0, len(value) - _ROWS))
    return settings(value if isinstance(value, Mapping) else {"value": value})


def as_json(value: Any) -> str:
    """Write JSON to read: files in base64 cut, secret addresses masked, at most 20,000 characters."""
    text = json.dumps(presentable(value), indent=2, ensure_ascii=False, default=str)
    return text if len(text) <= _JSON_LIMIT else f"{text[:_JSON_LIMIT]}\n…"


def presentable(value: Any, name: str = "") -> Any:
    """Cut files in base64 out of JSON, name media in a word, and mask addresses that are secrets, at any depth."""
    if is_media(value):
        return _named(value)
    if isinstance(value, Mapping):
        return {str(k): presentable(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [presentable(v, name) for v in value]
    return _legible(value, name) if isinstance(value, str) else value


def _legible(value: str, name: str) -> str:
    if name in _SECRET:
        return origin(value)
    if value.startswith("data:") or (len(value) > _BASE64 and not any(c.isspace() for c in value)):
        return f"{value[:40]}… ({len(value):,} characters)" if len(value) > 2 * 40 else value
    return value


def _named(value: Any) -> str:
    """Name media as they are sent, by their UUID; a file by its name, without the folders of this machine."""
    if isinstance(value, Run) and len(value):
        value = value[0]
    known = value.asset if isinstance(value, Result) else value
    if isinstance(known, Asset) and known.uuid:
        return known.uuid
    path = known.path if isinstance(known, Asset) else known
    return path.name if isinstance(path, PurePath) else "a picture"


def _flat(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value and depth < _DEEP:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key), depth + 1)
    else:
        yield name, value


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)
