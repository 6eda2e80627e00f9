"""Models on a page: a list of them, and one with what it takes and costs."""

from __future__ import annotations

from typing import Any, Final

from runware_nb import reprs
from runware_nb.api import wire
from runware_nb.catalog import Model, Models
from runware_nb.catalog.finding import kind_of, taken
from runware_nb.display import figures
from runware_nb.display.tables import Listing, Table

SHOWN: Final = 40
"""Models that are listed; the rest are counted."""
_HIDDEN: Final = frozenset({"taskType", "taskUUID", "includeCost", "deliveryMethod", "webhookURL", "uploadEndpoint"})
_BOUNDS: Final = {"minimum": "from", "maximum": "to", "multipleOf": "in steps of", "default": "else"}


@reprs.mimebundle.register
def models_bundle(models: Models) -> reprs.type_of_bundle:
    """Draw a list of models."""
    rows = [(m.slug, m.air, kind_of(m), m.creator, ", ".join(taken(m)), price(m)) for m in models[:SHOWN]]
    columns = ("slug", "AIR", "kind", "by", "takes", "price")
    return reprs.mimebundle(Listing(Table(tuple(rows), columns, max(0, len(models) - SHOWN))))


@reprs.mimebundle.register
def model_bundle(model: Model) -> reprs.type_of_bundle:
    """Draw a model: what it is, what it costs, and each parameter with what is allowed."""
    about = [
        ("model", f"{model.slug} · {model.air} · by {model.creator}", ""),
        ("makes", kind_of(model), ", ".join(taken(model))),
        ("documentation", model.documentation, ""),
    ]
    prices = [("price", f"{figures.money(row['usd'])} a {row['unit']}", row["configuration"]) for row in model.prices]
    takes = [_parameter(name, spec, model) for name, spec in model.schema["properties"].items() if name not in _HIDDEN]
    return reprs.mimebundle(Listing(Table((*about, *prices, *takes), ("name", "type or value", "allowed"))))


def price(model: Model) -> str:
    """Write the span of a model's known prices."""
    prices = sorted(row["usd"] for row in model.prices)
    if not prices:
        return "unknown"
    unit = model.prices[0]["unit"]
    span = figures.money(prices[0]) + (f" to {figures.money(prices[-1])}" if prices[0] < prices[-1] else "")
    return f"{span} a {unit}"


def _parameter(name: str, spec: dict[str, Any], model: Model) -> tuple[str, str, str]:
    kind = spec.get("type", "any")
    bounds = [f"{words} {spec[key]}" for key, words in _BOUNDS.items() if key in spec]
    choices = [", ".join(map(str, spec["enum"]))] if "enum" in spec else []
    told = figures.shortened("; ".join([*choices, *bounds]), 160)
    words = kind if isinstance(kind, str) else " or ".join(kind)
    return wire.from_wire(name), f"{words}, required" if model.requires(name) else words, told
