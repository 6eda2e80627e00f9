"""Forms: how a task of a model is asked for on a page. Data only: a schema with hints, and its fields in groups.

A model's schema says what is allowed. Where it says only that an object or a list is there, the shapes that the API's
docs give such objects are added here, for the page alone: what is checked is the schema itself. `x-medium` names the
medium of a place that takes a file.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.catalog.models import Catalog, Model

HIDDEN: Final = frozenset({"taskType", "taskUUID", "model", "includeCost"})
"""What the form does not ask for: it follows from the model, or is always so."""
_FIRST: Final = (
    "messages", "speech.text", "positivePrompt", "prompt", "speech.voice", "inputs", "width", "resolution", "duration",
    "upscaleFactor", "seed", "numberResults", "promptVersions", "promptMaxLength",
)  # fmt: skip
"""Essentials, in this order: what to make, of what, how large, how many."""
_FEW: Final = 2
"""Media that stand among the essentials of a model that can do without."""
_DRAWN: Final[Mapping[str, str]] = {
    "messages": "messages",
    "speech.text": "prompt",
    "positivePrompt": "prompt",
    "prompt": "prompt",
    "negativePrompt": "prompt",
    "settings.systemPrompt": "prompt",
    "settings.lyrics": "prompt",
    "inputs.frameImages": "frames",
    "width": "size",
    "seed": "seed",
}
"""Fields that are drawn in a way of their own."""
_ADDED: Final = (
    "lora", "embeddings", "controlNet", "ipAdapters", "refiner", "vae", "hiresFix", "pulid", "photoMaker",
    "acePlusPlus", "ultralytics", "outpaint", "acceleratorOptions", "advancedFeatures", "promptWeighting",
)  # fmt: skip
_DELIVERED: Final = (
    "outputFormat", "outputQuality", "outputType", "deliveryMethod", "ttl", "uploadEndpoint", "webhookURL", "routing",
    "safety", "includeUsage",
)  # fmt: skip
_MEDIA: Final[Mapping[str, str]] = {
    "frameImages": "image", "image": "image", "images": "image", "seedImage": "image",
    "maskImage": "image", "mask": "image",
    "referenceImages": "image", "elements": "image", "avatar": "image", "background": "image",
    "superResolutionReferences": "image", "guideImage": "image", "guideImages": "image", "video": "video",
    "videos": "video", "referenceVideos": "video", "audio": "audio", "audios": "audio", "referenceAudios": "audio",
    "referenceVoices": "audio", "meshFile": "3d", "dataset": "dataset", "documents": "document", "fonts": "font",
}  # fmt: skip
_RANK: Final = {name: n for n, name in enumerate(_MEDIA) if name not in {"maskImage", "mask"}}
"""Masks come after what they mask."""
_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "imageInference": ("seedImage", "maskImage", "referenceImages"),
    "videoInference": ("frameImages", "referenceImages", "video", "audio"),
    "audioInference": ("audio", "video"),
    "3dInference": ("image",),
    "textInference": ("images", "videos", "audios", "documents"),
    "caption": ("image", "video"),
    "upscale": ("image", "video"),
    "removeBackground": ("image", "video"),
    "imageMasking": ("image",),
    "controlNetPreprocess": ("image",),
    "vectorize": ("image",),
    "training": ("dataset",),
    "tools": ("video", "audio", "image"),
}
"""Inputs of a task type whose model does not say which it takes."""


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


_TEXT: Final = {"type": "string"}
_LONG: Final = {"type": "string", "x-long": True}
_NUMBER: Final = {"type": "number"}
_WEIGHT: Final = {"type": "number", "minimum": -4, "maximum": 4, "multipleOf": 0.05}
_SIDE: Final = {"type": "integer", "minimum": 0, "multipleOf": 64}
_SHAPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "messages": _object("role", "content", role={"enum": ["user", "assistant"]}, content=_LONG),
    "lora": _object("model", model=_TEXT, weight=_WEIGHT),
    "embeddings": _object("model", model=_TEXT, weight=_WEIGHT),
    "controlNet": _object(
        "model", "guideImage",
        model=_TEXT, guideImage={"x-medium": "image"}, weight=_WEIGHT,
        controlMode={"enum": ["balanced", "prompt", "controlnet"]},
    ),
    "ipAdapters": _object(
        "model", "guideImages",
        model=_TEXT, guideImages={"type": "array", "items": {"x-medium": "image"}}, weight=_NUMBER,
    ),
    "outpaint": _object(
        top=_SIDE, right=_SIDE, bottom=_SIDE, left=_SIDE, blur={"type": "integer", "minimum": 0, "maximum": 32}
    ),
    "safety": _object(checkContent={"type": "boolean"}),
    "tools": _object("name", "schema", name=_TEXT, description=_TEXT, schema={"type": "object"}),
    "toolChoice": _object(type={"enum": ["auto", "any", "tool", "none"]}, name=_TEXT),
    "importModel": _object("air", "name", "version", air=_TEXT, name=_TEXT, version=_TEXT),
}  # fmt: skip
"""What the docs say of objects, and of the items of lists, that schemas leave open."""
_CHAT: Final = _object(
    systemPrompt=_LONG,
    maxTokens={"type": "integer", "minimum": 1},
    temperature={"type": "number", "minimum": 0, "maximum": 2, "multipleOf": 0.05},
    topP={"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.01},
    topK={"type": "integer", "minimum": 1},
)
"""Settings of a language model that does not list its own."""


def form(model: Model) -> dict[str, Any]:
    """Describe the form of a model's tasks, as JSON: `schema`, and `groups` of fields by dotted wire path."""
    schema = hinted(model)
    return {"schema": schema, "groups": [g for g in _groups(schema, model) if g["fields"]]}


def newer(air: str, like: Model) -> Model:
    """Return what stands for a model nobody knows: it may take all that a known one takes, and anything else."""
    schema = {**like.schema, "required": ["taskType", "model"], "additionalProperties": True}
    schema.pop("x-size-pairs", None)
    return Model(air, air, "", like.task_type, schema, ())


def known(name: str, kind: str, catalog: Catalog) -> Model:
    """Find a model by any of its names; one that only the API knows is taken to be like the usual one of a kind.

    Raises
    ------
    UnknownName
        For a name that is neither known nor an AIR.
    """
    air = catalog.resolve(name)
    model = catalog.get(air)
    if model is None:
        usual = catalog.get(wire.BY_KIND[kind].default_model) or catalog[0]
        model = newer(air, usual)
    return model


def hinted(model: Model) -> dict[str, Any]:
    """Return a model's schema with the shapes and media that it leaves open."""
    schema: dict[str, Any] = copy.deepcopy({**model.schema})
    properties = schema["properties"]
    for name, shape in _SHAPES.items():
        spec = properties.get(name)
        if spec is None:
            continue
        place = spec.setdefault("items", {}) if spec.get("type") == "array" else spec
        if not place.get("properties"):
            place.update(copy.deepcopy({**shape}))
    settings = properties.get("settings")
    if settings is not None and not settings.get("properties") and model.task_type == "textInference":
        settings.update(copy.deepcopy(_CHAT))
    if "inputs" in properties:
        _name_media(properties["inputs"], model)
    return schema


def _name_media(spec: dict[str, Any], model: Model) -> None:
    """Say of each input which medium it takes, and whether several."""
    named = spec.setdefault("properties", {})
    if not named:
        named.update({name: {} for name in _usual(model)})
    for name, inner in named.items():
        medium = _MEDIA.get(name)
        if medium is None or inner.get("properties"):
            continue
        if name.endswith("s"):
            inner["type"] = "array"
            inner.setdefault("items", {"x-medium": medium} if name != "frameImages" else {})
        else:
            inner["x-medium"] = medium


def _usual(model: Model) -> tuple[str, ...]:
    """Return the inputs that a model which names none likely takes: of films, if films are what it gives."""
    usual = _USUAL.get(model.task_type, ())
    formats = model.schema["properties"].get("outputFormat", {}).get("enum", ())
    if model.task_type in {"upscale", "removeBackground"} and formats:
        return ("video",) if "MP4" in formats else ("image",)
    return usual


def _groups(schema: Mapping[str, Any], model: Model) -> Iterator[dict[str, Any]]:
    properties = schema["properties"]
    first = [path for name in _FIRST for path in _spread(name, properties)]
    drawn = HIDDEN | ({"height"} if "width" in first else set())  # the height is drawn with the width
    left = [name for name in properties if name not in drawn]
    needed = [n for n in left if n in schema.get("required", ()) and n not in {p.partition(".")[0] for p in first}]
    media = [path for path in first if path.startswith("inputs.")]
    kept = 0 if model.task_type == "textInference" else _FEW
    folded = media[kept:] if len(media) > kept and not model.requires("inputs") else []
    yield _group("", [path for path in (*first, *needed) if path not in folded], is_open=True)
    yield _group("More media" if kept else "Attachments", folded)
    told = {*first, *needed, "inputs"}
    rest = [n for n in left if n not in told]
    if model.task_type == "textInference":
        yield _group("Tools and format", _those(rest, ("tools", "toolChoice", "outputFormat", "jsonSchema")))
        rest = [n for n in rest if n not in {"tools", "toolChoice", "outputFormat", "jsonSchema"}]
    nested = ("speech", "settings", "audioSettings", "providerSettings")
    own = [n for n in rest if n not in {*_ADDED, *_DELIVERED, *nested}]
    yield _group("Generation", own)
    yield _group("Speech", [n for n in rest if n == "speech"])
    yield _group("Settings", [n for n in rest if n in {"settings", "audioSettings"}])
    yield _group("Add-ons", _those(rest, _ADDED))
    yield _group("Provider", [n for n in rest if n == "providerSettings"])
    yield _group("Output and delivery", _those(rest, _DELIVERED))


def _spread(name: str, properties: Mapping[str, Any]) -> list[str]:
    """Return the paths of an essential that a model has: of `inputs` each medium."""
    if name == "inputs" and name in properties:
        ordered = sorted(properties[name]["properties"], key=lambda inner: _RANK.get(inner, len(_RANK)))
        return [f"inputs.{inner}" for inner in ordered] or ["inputs"]
    head, _, inner = name.partition(".")
    spec = properties.get(head)
    if spec is None or (inner and inner not in spec.get("properties", {})):
        return []
    return [name]


def _those(names: list[str], chosen: tuple[str, ...]) -> list[str]:
    return [name for name in chosen if name in names]


def _group(title: str, paths: list[str], *, is_open: bool = False) -> dict[str, Any]:
    fields = [{"path": path, "as": _DRAWN.get(path, "")} for path in paths]
    return {"title": title, "open": is_open, "fields": fields}
