"""Completion: what may come next in a `%%runware` cell or line. Offline, from the tables and the bundled catalogue.

`candidates` is pure: the text of the cell, the place of the cursor and the notebook's variables in, words out.
IPython's matcher asks it; where it knows nothing, as in every other cell, IPython goes on as ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.catalog import Model, schemas
from runware_nb.catalog.community import CHOICES
from runware_nb.catalog.fetching import current
from runware_nb.magics import grammar, saved
from runware_nb.settings import CACHE_MODES

MOST: Final = 200
"""Words that are offered at once."""
_HEAD: Final = re.compile(r"(?P<magic>%%?)runware(?:[ \t]|$)")
_OPEN: Final = re.compile(r"\{\{(?:(?!\}\}).)*?([A-Za-z_]\w*|)$", re.DOTALL)
_ENTRY: Final = re.compile(r"^(?:#\|)?[ \t]*(?P<key>[\w.-]+):[ \t]+(?P<value>\S*)$")
_KEY: Final = re.compile(r"^(?:#\|)?[ \t]*(?P<key>[\w.-]*)$")
_VALUES: Final[Mapping[str, Iterable[str]]] = {
    "cache": tuple(CACHE_MODES),
    "on_error": ("keep", "raise"),
    "seed": (),
    "size": ("1024x1024", "1344x768", "768x1344", "1152x896", "896x1152", "512x512"),
}


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may come next.

    Parameters
    ----------
    fragment
        What is typed of it, and is replaced.
    words
        Whole words that begin with it, or hold it.
    """

    fragment: str
    words: tuple[str, ...]


def candidates(text: str, cursor: int, names: Mapping[str, Any]) -> Candidates | None:
    """Say what may come next; None in cells that are not ours, and where anything may.

    Parameters
    ----------
    text
        The cell.
    cursor
        Characters before the cursor.
    names
        The notebook's variables.
    """
    before = text[:cursor]
    start = _start(before)
    if start is None:
        return None
    is_cell, head = start
    first, newline, body = head.partition("\n")
    if opened := _OPEN.search(before):
        return _fitting(opened[1], _variables(names), whole=False)
    if not newline:
        return _on_the_first_line(first, is_cell=is_cell)
    return _in_the_body(first, body) if is_cell else None


def _start(before: str) -> tuple[bool, str] | None:
    """Return whether it is a cell, and the text after `%%runware` or `%runware`."""
    stripped = before.lstrip()
    if (match := _HEAD.match(stripped)) and match["magic"] == "%%":
        return True, stripped[match.end() :]
    line = before.rpartition("\n")[2]
    if (match := re.search(r"(?:^|[=\s(])%runware(?:[ \t]|$)", line)) is None:
        return None
    return False, line[match.end() :]


def _on_the_first_line(line: str, *, is_cell: bool) -> Candidates | None:
    *words, last = line.split(" ")
    words = [word for word in words if word]
    if words and not is_cell and words[0] in {"models", "model"}:
        return _of_models(words, last)
    lines = {"help": grammar.KINDS, "cache": grammar.CACHE}
    if not words or words[0] not in grammar.KINDS:
        known = lines.get(words[0]) if words else [*grammar.KINDS, *([] if is_cell else grammar.COMMANDS)]
        return None if known is None or (words and is_cell) else _fitting(last, known, whole=False)
    return _of_a_kind(words, last, is_cell=is_cell)


def _of_models(words: list[str], last: str) -> Candidates | None:
    """Complete the lines that look models up: names, options, and the values that can be listed."""
    if words[0] == "model":
        return _fitting(last, [slug for slug, _ in current().named()], whole=True) if len(words) == 1 else None
    options = {option.flags[0]: option for option in (*grammar.MODELS, *grammar.SEARCH)}
    flag, equals, typed = last.partition("=")
    previous, typed = (flag, typed) if equals else (words[-1], last)
    if previous in options and options[previous].takes:
        listed: Mapping[str, Iterable[str]] = {**CHOICES, "kind": wire.BY_KIND, "creator": current().makers}
        return _fitting(typed, listed.get(options[previous].name, ()), whole=True)
    return _fitting(last, options, whole=False) if last.startswith("-") else None


def _of_a_kind(words: list[str], last: str, *, is_cell: bool) -> Candidates | None:
    """Complete options and their values."""
    flag, equals, typed = last.partition("=")
    if equals and flag.startswith("--"):
        return _fitting(typed, _values_of(flag.lstrip("-").replace("-", "_"), words[0]), whole=True)
    previous = grammar.option(words[-1])
    if previous and previous.takes:
        return _fitting(last, _values_of(previous.name, words[0]), whole=True)
    if last.startswith("-") or is_cell:
        return _fitting(last, [flag for o in grammar.OPTIONS for flag in o.flags if len(flag) > 2], whole=False)  # noqa: PLR2004
    return None


def _in_the_body(first: str, body: str) -> Candidates | None:
    """Complete the parameters of the block; the prompt is the user's."""
    lines = body.split("\n")
    in_matter = lines[0].rstrip() == "---" and not any(line.rstrip() == "---" for line in lines[1:-1])
    line = lines[-1]
    if not (line.startswith("#|") or (in_matter and len(lines) > 1)):
        return None
    kind, model = _asked(first, body)
    if entry := _ENTRY.match(line):
        return _fitting(entry["value"], _values_of(entry["key"], kind, model), whole=True)
    if key := _KEY.match(line):
        words = [f"{name}:" for name in (*_parameters(kind, model), *grammar.RESERVED)]
        return _fitting(key["key"], words, whole=False)
    return None


def _asked(first: str, body: str) -> tuple[str, Model | None]:
    """Tell the kind and model of a half-typed cell."""
    words = first.split()
    kind = words[0] if words else ""
    row = wire.BY_KIND.get(kind)
    flag = re.search(r"(?:--model|-m)[ =](\S+)", first)
    entry = re.search(r"^(?:#\|)?[ \t]*model:[ \t]+(\S+)", body, re.MULTILINE)
    name = (flag or entry or {1: row.default_model if row else None})[1]
    return kind, current().get(name)


def _parameters(kind: str, model: Model | None) -> list[str]:
    """Name the parameters that a model takes, as a cell writes them."""
    if model is None:
        return ["model", "seed", "count"] if kind in wire.BY_KIND else []
    hidden = {"taskType", "taskUUID", "includeCost", "deliveryMethod", "webhookURL", "uploadEndpoint"}
    taken = model.schema["properties"]
    names = [wire.from_wire(name) for name in taken if name not in hidden]
    short = [name for name, path in wire.SHORT_NAMES.items() if path.partition(".")[0] in taken]
    media = [wire.from_wire(name) for name in taken.get("inputs", {}).get("properties", {})]
    return sorted({*names, *short, *media, "size"})


def _values_of(name: str, kind: str, model: Model | None = None) -> Iterable[str]:
    """List the values that a name may have, where they can be listed."""
    if name == "model":
        row = wire.BY_KIND.get(kind)
        return [word for names in current().named(row.name if row else None) for word in names]
    if name == "with":
        return list(saved.SAVED)
    if name in _VALUES:
        return _VALUES[name]
    return schemas.choices(model.schema, wire.SHORT_NAMES.get(name, wire.to_wire(name))) if model else ()


def _variables(names: Mapping[str, Any]) -> Iterator[str]:
    hidden = {"In", "Out", "exit", "quit", "get_ipython", "open"}
    return (name for name in names if not name.startswith("_") and name not in hidden)


def _fitting(fragment: str, words: Iterable[str], *, whole: bool) -> Candidates:
    """Keep the words that begin with what is typed; or, for long names, that hold it."""
    typed = fragment.lower()
    begin = [word for word in dict.fromkeys(words) if word.lower().startswith(typed)]
    hold = [word for word in dict.fromkeys(words) if whole and typed in word.lower() and word not in begin]
    return Candidates(fragment, tuple([*begin, *hold][:MOST]))
