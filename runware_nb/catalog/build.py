"""Make the bundled snapshot from the folder of gathered facts: `make catalog FACTS=path/to/catalog`.

The folder has `models.json` (types of the official SDK), `constraints.json` (ranges, defaults and size pairs of
the docs' model pages) and `pricing.json` (prices of the docs, the content service and measured calls).
Only what the package reads is carried over.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from runware_nb.catalog.models import SNAPSHOT

_SHARED = (
    "acceleratorOptions", "audioSettings", "controlNet", "embeddings", "hiresFix", "ipAdapters", "lora", "messages",
    "photoMaker", "pulid", "refiner", "ultralytics",
)  # fmt: skip
"""Parameters whose parts are the same wherever they are taken."""
_NOTES = re.compile(r",? latency \d+ ms| \((pricingExamples|slug [^)]*|seed example|one real call)\)")
"""Notes of whoever gathered the prices, which say nothing of what is bought."""
_LOOSE = {("messages", "content")}
"""Fields that are not always there, other than the facts have it: a turn that calls tools has no words."""


def build(facts: Path) -> dict[str, Any]:
    """Return the snapshot of a folder of facts."""
    models, constraints, pricing = (
        json.loads((facts / f"{name}.json").read_text()) for name in ("models", "constraints", "pricing")
    )
    return {
        "version": models["schemasVersion"],
        "schedulers": models["enums"]["scheduler"],
        "models": [{key: m[key] for key in ("air", "slug", "creator", "taskType", "params")} for m in models["models"]],
        "base": models["baseParams"],
        "params": models["paramSets"],
        "shapes": _shapes(models["nestedShapes"]),
        "architectures": models["architectureTaskTypes"],
        "constraints": _resolved(constraints["models"], constraints),
        "prices": [
            {
                "model": p["model"],
                "configuration": _NOTES.sub("", p["configuration"]).strip(),
                "usd": p["price_usd"],
                "unit": p["unit"],
            }
            for p in pricing
            if "@" in p["model"]
        ],
    }


def _shapes(nested: dict[str, Any]) -> dict[str, Any]:
    """Write, as JSON Schema, what lies within the parameters that many models share.

    The facts have a shape an architecture; which models are of which they do not say. So a field is there if any
    architecture has it, required if all do, and bound to choices only where they agree.
    """
    return {
        name: _shape(name, [shape for key, shape in sorted(nested.items()) if key.partition("-")[0] == name])
        for name in _SHARED
    }


def _shape(parameter: str, several: list[dict[str, Any]]) -> dict[str, Any]:
    """Merge the shapes of one parameter: of a list, those of its items; of a choice, that of the object."""
    objects = [
        next((s for s in one["anyOf"] if s["type"] == "object"), one) if "anyOf" in one else one for one in several
    ]
    fields = [one.get("items") or one.get("fields") or {} for one in objects]
    names = dict.fromkeys(name for own in fields for name in own)
    properties = {name: _field([own[name] for own in fields if name in own]) for name in names}
    must = [name for name in names if all(own.get(name, {}).get("required") for own in fields)]
    required = [name for name in must if (parameter, name) not in _LOOSE]
    merged = {"properties": properties, **({"required": required} if required else {})}
    return {"items": {"type": "object", **merged}} if objects[0]["type"] == "array" else merged


def _field(several: list[dict[str, Any]]) -> dict[str, Any]:
    """Merge one field."""
    kind, choices = several[0]["type"], several[0].get("enum")
    told = {"type": "string"} if kind == "const" and choices and isinstance(choices[0], str) else {}
    told = {"type": kind} if kind in {"string", "number", "integer", "boolean", "array", "object"} else told
    agree = choices and all(one.get("enum") == choices for one in several)
    return {**told, **({"enum": choices} if agree else {})}


def _resolved(value: Any, lists: dict[str, Any]) -> Any:
    """Put the lists that `"@name"` stands for in its place."""
    if isinstance(value, dict):
        return {key: _resolved(inner, lists) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith("@"):
        return lists[value.removeprefix("@")]
    return value


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(build(Path(sys.argv[1])), separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{SNAPSHOT.name}: {SNAPSHOT.stat().st_size:,} bytes")  # noqa: T201
