"""Spelling: a task, written as the cell, the Python or the JSON that asks for the same.

What is short is tried first, and read back by the same `asking` that reads cells and calls: only what gives the very
same task is taken. Whatever has no short form is written as the API's docs would.
"""

from __future__ import annotations

import json
import pprint
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from runware_nb import preferences
from runware_nb.api import inputs, wire
from runware_nb.catalog import Catalog, asking
from runware_nb.compare.sweeps import listed
from runware_nb.errors import UsageError

_ON_LINE_1: Final = ("size", "seed", "count")
_VERBS: Final[Mapping[str, str]] = {"image": "image", "video": "video", "audio": "audio", "3d": "mesh", "text": "text"}
_SHORTEST: Final = {name: short for short, name in wire.SHORT_NAMES.items() if "." not in name and short != "prompt"}
_OWN: Final = frozenset({"name", "watch", "cache", "max_cost", "prompt"})
"""Parameters of the verbs themselves."""
_WORD: Final = re.compile(r"[^\s\"']+")
_LONGEST_NUMBER: Final = 1 << 63
_WIDTH: Final = 100


def cell(task: Mapping[str, Any], catalog: Catalog) -> str:
    """Write a task as a `%%runware` cell.

    Raises
    ------
    UsageError
        When it holds media that have no file.
    """
    asked = bare(task)
    for kind, words, given in _short(asked, catalog):
        if _reads_as_cell(words, given) and not listed(kind, given, catalog):
            return written(f"%%runware {kind}", given, words or "")
    raw = _is_braced(asked)
    if raw and any(True for _ in inputs.media_in(asked)):
        raise UsageError("this task has both files and {{ }}, which no cell can tell apart: take it as Python.")
    body = json.dumps(_named_files(asked), indent=2, ensure_ascii=False)
    return f"%%runware task{' --raw' if raw else ''}\n{body}"


def python(task: Mapping[str, Any], catalog: Catalog) -> str:
    """Write a task as a call of this package."""
    asked = bare(task)
    for kind, words, given in _short(asked, catalog):
        if not listed(kind, given, catalog) and _OWN.isdisjoint(given) and all(map(str.isidentifier, given)):
            verb = f"rw.{_VERBS[kind]}(" if kind in _VERBS else f"rw.ask({kind!r}, "
            called = [*([_value(words)] if words else []), *(f"{k}={_value(v)}" for k, v in given.items())]
            return _headed(f"run = await {_call(verb, called)}\nrun", asked)
    return _headed(f"run = await rw.run(\n{_indented(_value(asked))}\n)\nrun", asked)


def as_json(task: Mapping[str, Any]) -> str:
    """Write a task as the API takes it; a file is written as its path."""
    return json.dumps(bare(task), indent=2, ensure_ascii=False, default=lambda value: str(_path_of(value)))


def grid(task: Mapping[str, Any], catalog: Catalog) -> str:
    """Write a task as a comparison grid, over three seeds where the model takes one, else over its words.

    Raises
    ------
    UsageError
        For a task that can be asked for only in the API's own words.
    """
    asked = bare(task)
    for kind, words, given in _short(asked, catalog):
        if not all(map(str.isidentifier, given)):
            continue
        model = catalog.get(asked.get("model"))
        seed = asked.get("seed")
        varied = {"seed": [seed + n if isinstance(seed, int) else n + 1 for n in range(3)]}
        axes = varied if model is None or model.takes("seed") else {"prompt": [words or ""]}
        parts = {**({"prompt": words} if words else {}), **given, **axes}
        called = [repr(kind), *(f"{k}={_value(v)}" for k, v in parts.items())]
        return _headed(f"g = {_call('rw.grid(', called)}\ng", asked)
    raise UsageError("this task has no short form that a grid could vary: take it as Python.")


def bare(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task without what every sending has of its own."""
    return {k: v for k, v in task.items() if k not in {"taskUUID", "includeCost"}}


def written(head: str, given: Mapping[str, Any], words: str, options: str = "") -> str:
    """Write a cell: a few parameters and options on line 1, the other parameters in its block, then the prompt."""
    line = head
    if model := given.get("model"):
        line += f" --model {model if _WORD.fullmatch(str(model)) else json.dumps(model)}"
    simple = {n: given[n] for n in _ON_LINE_1 if n in given and isinstance(given[n], int | str) and _is_plain(given[n])}
    line += "".join(f" --{name} {value}" for name, value in simple.items())
    block = {k: v for k, v in given.items() if k != "model" and k not in simple}
    return "\n".join([line + options, *_block(block), *([words] if words else [])])


def parameters(asked: Mapping[str, Any], row: wire.TaskType, catalog: Catalog) -> tuple[str | None, dict[str, Any]]:
    """Return the words of a task, and its parameters as cells and calls name them."""
    left = {k: v for k, v in asked.items() if k not in {"taskType", "model"}}
    given: dict[str, Any] = {}
    if name := asked.get("model"):
        model = catalog.get(name)
        given["model"] = model.slug if model else name
    words = _take_words(left, row)
    if isinstance(left.get("width"), int) and isinstance(left.get("height"), int):
        given["size"] = f"{left.pop('width')}x{left.pop('height')}"
    for name, value in left.items():
        if name == "inputs" and isinstance(value, Mapping):
            given |= dict(_inputs(value))
        elif name == row.count:
            given["count"] = value
        else:
            given[_SHORTEST.get(name) or wire.from_wire(name)] = value
    return words, given


def _take_words(left: dict[str, Any], row: wire.TaskType) -> str | None:
    """Take the prompt out of a task."""
    for place in row.body:
        head, _, inner = place.partition(".")
        found = left.get(head)
        if place == "messages" and isinstance(found, list) and found and _is_last_said(found[-1]):
            left.pop("messages")
            if found[:-1]:
                left["messages"] = found[:-1]
            return str(found[-1]["content"])
        if inner and isinstance(found, Mapping) and isinstance(found.get(inner), str):
            rest = {k: v for k, v in found.items() if k != inner}
            left[head] = rest
            if not rest:
                left.pop(head)
            return str(found[inner])
        if not inner and isinstance(found, str):
            return str(left.pop(head))
    return None


def _is_last_said(message: Any) -> bool:
    return (
        isinstance(message, Mapping)
        and set(message) == {"role", "content"}
        and message["role"] == "user"
        and isinstance(message["content"], str)
    )


def _inputs(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        frames = {"first": "first_frame", "last": "last_frame"}
        if name == "frameImages" and isinstance(value, list) and all(_is_frame(f, frames) for f in value):
            yield from ((frames[f["frame"]], f["image"]) for f in value)
        elif name in wire.MEDIA_INPUTS:
            yield wire.from_wire(name), value
        else:
            yield f"inputs.{name}", value


def _is_frame(frame: Any, known: Mapping[str, str]) -> bool:
    return isinstance(frame, Mapping) and set(frame) == {"image", "frame"} and frame["frame"] in known


def _short(asked: Mapping[str, Any], catalog: Catalog) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Give the short ways to ask for a task, the shortest first: kind, words, parameters."""
    row = wire.BY_NAME.get(str(asked.get("taskType")))
    if row is None:
        return
    words, given = parameters(asked, row, catalog)
    without = {k: v for k, v in given.items() if k != "size"}
    for tried in (without, given) if "size" in given else (given,):
        try:
            read = asking.ask(row.kind, words, preferences.with_defaults(row.kind, tried), catalog)
        except (UsageError, AttributeError, TypeError):
            continue
        if _same(read, asked):
            yield row.kind, words, tried


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return json.dumps(one, sort_keys=True, default=repr) == json.dumps(other, sort_keys=True, default=repr)


def _reads_as_cell(words: str | None, given: Mapping[str, Any]) -> bool:
    """Tell whether a cell with these words and parameters is read as they are meant."""
    if words is not None:
        lines = words.splitlines()
        is_plain = words == words.strip() and not any(line.rstrip() == "===" for line in lines)
        if not words or not is_plain or "\r" in words or "\x0b" in words or "\x0c" in words:
            return False
        if lines[0].startswith("#|") or lines[0].rstrip() == "---":
            return False
    return not _is_braced([words, dict(given)]) and _is_small(given)


def _is_braced(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_is_braced(v) or _is_braced(k) for k, v in value.items())
    if isinstance(value, list | tuple):
        return any(map(_is_braced, value))
    return isinstance(value, str) and "{{" in value


def _is_small(value: Any) -> bool:
    """Tell whether every number is one that a cell's block may hold."""
    if isinstance(value, Mapping):
        return all(map(_is_small, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_small, value))
    return not isinstance(value, int) or abs(value) < _LONGEST_NUMBER


def _is_plain(value: int | str) -> bool:
    return bool(re.fullmatch(r"[\w.×-]+", str(value)))  # noqa: RUF001


def _block(block: Mapping[str, Any]) -> list[str]:
    if not block:
        return []
    text = yaml.safe_dump(_named_files(block), sort_keys=False, allow_unicode=True, width=1_000_000)
    return [f"#| {line}".rstrip() for line in text.rstrip("\n").split("\n")]


def _named_files(value: Any) -> Any:
    """Write media as the `{{ file("…") }}` of cells."""
    if inputs.is_media(value):
        return f"{{{{ file({json.dumps(str(_path_of(value)), ensure_ascii=False)}) }}}}"
    if isinstance(value, Mapping):
        return {k: _named_files(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_named_files(v) for v in value]
    return value


def _path_of(value: Any) -> Path:
    path = value if isinstance(value, Path) else getattr(value, "path", None)
    if not isinstance(path, Path):
        raise UsageError("this task holds a picture that is in no file: save it, and give the file.")
    return path


def _value(value: Any) -> str:
    if inputs.is_media(value):
        return f"Path({str(_path_of(value))!r})"
    return pprint.pformat(_written(value), width=_WIDTH - 4, sort_dicts=False)


class _Code:
    """An expression that is printed as it stands."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __repr__(self) -> str:
        return self._code


def _written(value: Any) -> Any:
    if inputs.is_media(value):
        return _Code(_value(value))
    if isinstance(value, Mapping):
        return {k: _written(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_written(v) for v in value]
    return value


def _call(head: str, parts: list[str]) -> str:
    line = f"{head}{', '.join(parts)})"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    # pprint breaks long strings into several, which only brackets hold together.
    return "\n".join([head.rstrip(" "), *(_indented(_held(p)) + "," for p in parts), ")"])


def _held(part: str) -> str:
    name, _, value = part.partition("=") if re.match(r"\w+=", part) else ("", "", part)
    whole = f"(\n{_indented(value)}\n)" if "\n" in value and value[0] in "'\"" else value
    return f"{name}={whole}" if name else whole


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _headed(code: str, asked: Mapping[str, Any]) -> str:
    path = "from pathlib import Path\n" if any(True for _ in inputs.media_in(asked)) else ""
    return f"{path}import runware_nb as rw\n\n{code}"
