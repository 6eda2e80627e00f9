"""Make the bundled snapshot from the folder of gathered facts: `make catalog FACTS=path/to/catalog`.

The folder has `models.json` (types of the official SDK), `constraints.json` (ranges, defaults and size pairs of
the docs' model pages) and `pricing.json` (prices of the docs, the content service and measured calls).
Only what the package reads is carried over.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from runware_nb.catalog.models import SNAPSHOT


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
        "architectures": models["architectureTaskTypes"],
        "constraints": _resolved(constraints["models"], constraints),
        "prices": [
            {
                "model": p["model"],
                "configuration": p["configuration"],
                "usd": p["price_usd"],
                "unit": p["unit"],
            }
            for p in pricing
            if "@" in p["model"]
        ],
    }


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
