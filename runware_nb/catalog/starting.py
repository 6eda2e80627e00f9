"""Starting: the least that a model must be given, as a task to begin with. What a form shows when a model is picked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.catalog import asking
from runware_nb.catalog.models import Catalog, Model

WORDS: Final = "a red fox in the snow, morning light"
_EDGE: Final = 64
"""Pixels that an outpainted side gains."""
_KNOWN: Final[Mapping[str, Any]] = {
    "outpaint": {"top": _EDGE, "bottom": _EDGE, "left": _EDGE, "right": _EDGE},
    "importModel": {"air": "me:1@1", "name": "Mine", "version": "v1"},
    "duration": 5,
    "width": 1280,
    "height": 720,
}
"""Objects and numbers that a schema requires and says little about."""
_MEDIA: Final[Mapping[str, str]] = {
    "image": "image", "images": "image", "seedImage": "image", "maskImage": "image", "mask": "image",
    "referenceImages": "image", "frameImages": "image", "elements": "image", "avatar": "image", "background": "image",
    "video": "video", "videos": "video", "referenceVideos": "video",
    "audio": "audio", "audios": "audio", "referenceAudios": "audio", "referenceVoices": "audio",
    "meshFile": "3d", "dataset": "dataset",
}  # fmt: skip
"""Inputs, and the medium that goes there."""

Give = Callable[[str], Any]
"""Gives something of a medium: an image, a video, an audio, a 3D mesh, a dataset."""


def start(model: Model, catalog: Catalog, give: Give) -> dict[str, Any]:
    """Return a task for a model with all that its schema requires, and nothing else but a prompt.

    Parameters
    ----------
    model
        The model.
    catalog
        The catalogue it is of.
    give
        Gives the media that it works on.
    """
    kind, properties = wire.BY_NAME[model.task_type], model.schema["properties"]
    given: dict[str, Any] = {"model": model.air}
    for name in model.schema["required"]:
        if name == "inputs":
            given["inputs"] = _inputs(properties["inputs"], kind, give)
        elif name == "positivePrompt":
            given[name] = _prompt(properties)
        elif (
            name not in _SAID
            and name not in dict(kind.defaults)
            and (value := _value(name, properties[name])) is not None
        ):
            given[name] = value
    needs_media = kind.source is not None and not kind.body and "inputs" not in given
    is_said = any(place in given for place in kind.body) or not any(model.takes(place) for place in kind.body)
    words: Any = give(_medium(kind)) if needs_media else None if is_said else _prompt(properties)
    return asking.ask(kind.kind, words, given, catalog)


_SAID: Final = frozenset({"taskType", "model", "prompt", "messages"})
"""What `asking` says of itself."""


def _inputs(spec: Mapping[str, Any], kind: wire.TaskType, give: Give) -> dict[str, Any]:
    """Return the media that must be there: those the schema names, else those the kind works on, else a picture."""
    named = list(spec.get("required", []))
    if not named and kind.source:
        named = [kind.source.partition(".")[2]]
    if not named:
        known = [name for name in spec.get("properties", {}) if name in _MEDIA]
        named = known[:1] or [kind.kind if kind.kind in {"video", "audio"} else "image"]
    return {name: _as_wanted(name, give(_MEDIA.get(name, "image"))) for name in named}


def _as_wanted(name: str, media: Any) -> Any:
    return [media] if name.endswith("s") else media


def _medium(kind: wire.TaskType) -> str:
    return "dataset" if kind.kind == "train" else "image"


def _prompt(properties: Mapping[str, Any]) -> str:
    """Return words within the bounds of the prompt."""
    spec = properties.get("positivePrompt", {})
    words = WORDS if len(WORDS) >= spec.get("minLength", 0) else WORDS * spec["minLength"]
    return words[: spec.get("maxLength", len(words))]


def _value(name: str, spec: Mapping[str, Any]) -> Any:
    """Return a value that a schema allows: its default, its first choice, its bound, or what is known to do."""
    if "default" in spec:
        return spec["default"]
    if spec.get("enum"):
        return spec["enum"][0]
    if spec.get("type") == "object" and name not in _KNOWN:
        inner = {n: _value(n, spec.get("properties", {}).get(n, {})) for n in spec.get("required", [])}
        return {n: value for n, value in inner.items() if value is not None}
    if spec.get("type") in {"integer", "number"}:
        return max(_KNOWN.get(name, 0), spec.get("minimum", 0))
    if spec.get("type") == "string":
        return WORDS if name == "text" else "alloy" if name == "voice" else ""
    return _KNOWN.get(name)
