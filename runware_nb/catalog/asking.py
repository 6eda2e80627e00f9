"""Asking: from a kind, some words and parameters to a task on the wire, and whether it may be sent.

Python and cells write `snake_case`, short names (`negative`, `size`), media at the top; the wire wants `camelCase`,
full names, media under `inputs`. Which place a name means is decided by what the model takes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from runware_nb.api import inputs, wire
from runware_nb.api.tasks import Task
from runware_nb.catalog.coercing import coerced, stood_in
from runware_nb.catalog.community import Entry
from runware_nb.catalog.flaws import flaws
from runware_nb.catalog.models import Catalog, Model
from runware_nb.errors import UnknownName, UsageError

NEWER: Final = "x-"
"""Before a parameter that is newer than its schema: it is sent as it stands, unchecked."""
_SIZE: Final = re.compile(r"\s*(\d+)\s*[x×*]\s*(\d+)\s*", re.IGNORECASE)  # noqa: RUF001


def ask(kind: str, words: Any, parameters: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Write a task on the wire.

    Parameters
    ----------
    kind
        A kind such as `"image"`.
    words
        The prompt; for tasks that work on media, the media itself. None where all is said in `parameters`.
    parameters
        Anything the model takes, in either spelling, and `model`, `size` (`"1024x768"`), `count`.

    Raises
    ------
    UnknownName
        For a kind or model nobody knows.
    UsageError
        When the model is of another kind, or there is no prompt.
    """
    row = wire.BY_KIND.get(kind)
    if row is None:
        raise UnknownName("kind", kind, wire.BY_KIND, f"Kinds: {', '.join(wire.BY_KIND)}.")
    given = {k: v for k, v in parameters.items() if v is not None}
    name = given.pop("model", None) or row.default_model
    model = catalog.get(air := catalog.resolve(str(name))) if name else None
    if model and model.task_type != row.name:
        other = wire.BY_NAME[model.task_type].kind
        raise UsageError(f"{air} is not a model of kind {kind}, but of {other}: use %%runware {other}.")
    task: dict[str, Any] = {"taskType": row.name} | ({"model": air} if name else {})
    for key, value in given.items():
        _place(task, key, value, row, model)
    _say(task, words, row, model)
    _fill(task, row, model)
    return task


def changed(task: Task, parameters: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return a task like another, with some parameters changed; None takes one away.

    Raises
    ------
    UsageError
        For a task type that is newer than this package.
    """
    row = task.type
    if row is None:
        raise UsageError(f"{task.task_type} is no kind of task that could be changed here: use run() with the task.")
    given = dict(parameters)
    asked = {k: v for k, v in task.to_wire().items() if k != "taskUUID"}
    if name := given.pop("model", None):
        asked["model"] = catalog.resolve(str(name))
    model = catalog.get(asked.get("model"))
    words = given.pop("prompt", None)
    if "messages" in asked and words is not None:
        asked["messages"] = list(asked["messages"])[:-1]
    for key, value in given.items():
        if value is None:
            asked.pop(_path(key, model), None)
        else:
            _place(asked, key, value, row, model)
    if words is not None:
        _say(asked, words, row, model)
    return asked


def check(task: Mapping[str, Any], catalog: Catalog, *, strict: bool = True) -> dict[str, Any]:
    """Return a task with its model as an AIR and its values as the schema has them, or refuse it with all its flaws.

    Parameters
    ----------
    task
        The task. Parameters that begin with `x-` are sent without it, unchecked.
    catalog
        The models known. For others, and for a model whose schema could not be had, the API is the judge.
    strict
        Whether the schema is held to.

    Raises
    ------
    UnknownName
        For a model nobody knows.
    UsageError
        For parameters its schema refuses, or files that cannot be read. Nothing was sent.
    """
    newer = {k.removeprefix(NEWER): v for k, v in task.items() if k.startswith(NEWER)}
    checked = {k: v for k, v in task.items() if not k.startswith(NEWER)}
    checked = _named(checked)
    if isinstance(name := checked.get("model"), str) and task.get("taskType") in wire.BY_NAME:
        checked["model"] = catalog.resolve(name)
    model = catalog.get(air) if isinstance(air := checked.get("model"), str) else None
    if model and strict:
        checked = coerced(model.schema, checked)
        if found := flaws(model.schema, stood_in(checked)):
            wrong = "; ".join(dict.fromkeys(flaw.message for flaw in found))
            raise UsageError(f"{model.air}: {wrong}. See {model.documentation}")
    for path, media in inputs.media_in(checked):
        inputs.check(path, media)
    return {**checked, **newer}


def _named(value: Any) -> Any:
    """Put the AIRs of models in their place, at any depth: a LoRA may be what a search found."""
    if isinstance(value, Model | Entry):
        return value.air
    if isinstance(value, dict):
        return {name: _named(inner) for name, inner in value.items()}
    return [_named(inner) for inner in value] if type(value) in {list, tuple} else value


def _place(task: dict[str, Any], key: str, value: Any, row: wire.TaskType, model: Model | None) -> None:
    """Put one parameter where the wire wants it."""
    if key.startswith(NEWER):
        task[key] = value
        return
    if key == "size":
        if not (match := _SIZE.fullmatch(str(value))):
            raise UsageError(f"size is {value!r}, but must look like 1024x768.")
        task["width"], task["height"] = int(match[1]), int(match[2])
        return
    if key == "count":
        if row.count is None:
            raise UsageError(f"{row.kind} makes one result at a time: leave count out.")
        task[row.count] = value
        return
    path = _path(key, model)
    if path.startswith("inputs.frameImages."):
        frames = list(wire.get(task, "inputs.frameImages") or [])
        wire.put(task, "inputs.frameImages", [*frames, {"image": value, "frame": path.rpartition(".")[2]}])
        return
    if path.startswith("inputs.") and model and _takes_only_several(model, path):
        path, value = f"{path}s", [value]
    spelt = value if path in wire.VERBATIM else wire.keys_to_wire(value)
    wire.put(task, path, _merged(wire.get(task, path), spelt))


def _takes_only_several(model: Model, path: str) -> bool:
    """Tell whether a model has media of this name as a list alone: `inputs.images`, not `inputs.image`."""
    name = path.removeprefix("inputs.")
    taken = model.schema["properties"].get("inputs", {}).get("properties", {})
    return name not in taken and f"{name}s" in taken


def _merged(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, Mapping) and isinstance(new, Mapping) else new


def _path(key: str, model: Model | None) -> str:
    """Find where a name belongs, by what the model takes."""
    name = ".".join(wire.to_wire(part) for part in key.split("."))
    if "." in name or (model and model.takes(name)):
        return name
    short = wire.SHORT_NAMES.get(key)
    if short and (model is None or model.takes(short)):
        return short
    if name in wire.MEDIA_INPUTS and (model is None or model.takes("inputs")):
        return f"inputs.{name}"
    for group in ("settings", "speech"):
        if model and name in model.schema["properties"].get(group, {}).get("properties", {}):
            return f"{group}.{name}"
    return name


def _say(task: dict[str, Any], words: Any, row: wire.TaskType, model: Model | None) -> None:
    """Put the prompt, or the media in its place, where the model takes it."""
    if words is None or words == "":
        _require_words(task, row, model)
        return
    if row.source and (inputs.is_media(words) or not row.body):
        place = row.source
        medium = getattr(words, "medium", None)
        if place == "inputs.image" and medium in {"video", "audio"}:
            place = f"inputs.{medium}"
        wire.put(task, place, words)
        return
    if inputs.is_media(words):
        raise UsageError(f"the prompt of {row.kind} is text; give media as a parameter, such as image=…")
    place = next((p for p in row.body if model is None or model.takes(p)), row.body[-1])
    if place == "messages":
        task["messages"] = [*task.get("messages", []), {"role": "user", "content": str(words)}]
    else:
        wire.put(task, place, str(words))


def _require_words(task: Mapping[str, Any], row: wire.TaskType, model: Model | None) -> None:
    places = [*row.body, *([row.source] if row.source else [])]
    if any(wire.get(task, place) for place in places) or not places or task.get("inputs"):
        return
    if model and not any(model.requires(place) for place in places):
        return
    what = "a prompt" if row.body else "a picture or file to work on"
    raise UsageError(f"{row.kind} needs {what}.")


def _fill(task: dict[str, Any], row: wire.TaskType, model: Model | None) -> None:
    """Add what a cell need not write: a size, a duration."""
    defaults = dict(row.defaults)
    if model and (pairs := model.schema.get("x-size-pairs")):
        w, h = defaults.get("width", 1024), defaults.get("height", 1024)
        nearest = min(pairs, key=lambda p: abs(p[0] * p[1] - w * h) + abs(p[0] / p[1] - w / h) * 1e6)
        defaults |= {"width": nearest[0], "height": nearest[1]}
    sized = any(key in task for key in ("width", "height", "resolution"))
    for key, value in defaults.items():
        if key in task:
            continue
        if key in {"width", "height"} and not (model and model.requires(key)) and (sized or task.get("inputs")):
            continue
        if model is None or model.takes(key):
            task[key] = _allowed(value, model.schema["properties"][key]) if model else value


def _allowed(value: Any, spec: Mapping[str, Any]) -> Any:
    """Return what is nearest to a value of ours among those a model allows: nobody asked for what it refuses."""
    if choices := [c for c in spec.get("enum", []) if isinstance(c, int | float)]:
        return min(choices, key=lambda choice: (abs(choice - value), choice))
    return min(max(value, spec.get("minimum", value)), spec.get("maximum", value))
