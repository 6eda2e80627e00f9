"""Models on a page: a list of them, what a search found, and one with what it can do, takes and costs."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from runware_nb import reprs
from runware_nb.api import wire
from runware_nb.catalog import Model, Models
from runware_nb.catalog.community import Community
from runware_nb.catalog.finding import kind_of, taken
from runware_nb.display import figures, previews
from runware_nb.display.markup import html
from runware_nb.display.tables import Table

SHOWN: Final = 40
"""Models that are listed; the rest are counted."""
_PRICES: Final = 8
_CHOICES: Final = 200
_HIDDEN: Final = frozenset({"taskType", "taskUUID", "includeCost", "deliveryMethod", "webhookURL", "uploadEndpoint"})
_DEEP: Final = frozenset({"inputs", "settings", "speech", "providerSettings", "audioSettings", "importModel"})
"""Parameters whose parts are told one by one."""


@dataclass(frozen=True, slots=True)
class Card(reprs.Drawn):
    """One model, with its cover.

    Parameters
    ----------
    model
        The model.
    cover
        A picture as it came from outside; None for none.
    """

    model: Model
    cover: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sides(reprs.Drawn):
    """The curated models that fit, and what the API's search found, beside each other."""

    curated: Models
    found: Community


@reprs.mimebundle.register
def models_bundle(models: Models) -> reprs.type_of_bundle:
    """Draw a list of models, and which catalogue it is of."""
    return _bundle([("", _listed(models))], models.told)


@reprs.mimebundle.register
def community_bundle(found: Community) -> reprs.type_of_bundle:
    """Draw what a search found."""
    return _bundle([("", _found(found))], _counted(found))


@reprs.mimebundle.register
def sides_bundle(sides: Sides) -> reprs.type_of_bundle:
    """Draw both lists, the curated one first."""
    lists = [("Curated", _listed(sides.curated)), ("Found by the API", _found(sides.found))]
    return _bundle([(title, table) for title, table in lists if table.rows], _counted(sides.found))


@reprs.mimebundle.register
def model_bundle(model: Model) -> reprs.type_of_bundle:
    """Draw a model without its cover."""
    return reprs.mimebundle(Card(model))


@reprs.mimebundle.register
def card_bundle(card: Card) -> reprs.type_of_bundle:
    """Draw a model: what it is, what it costs, and each parameter with what is allowed."""
    model = card.model
    facts = [
        ("makes", kind_of(model)),
        ("can", ", ".join(model.capabilities)),
        ("takes", ", ".join(taken(model))),
        ("released", model.facts.released),
        ("schema", "asked of the schema service" if model.fresh else "of the snapshot"),
    ]
    told = Table(tuple((name, words) for name, words in facts if words))
    prices = Table(tuple(_prices(model)), ("price", "for"), max(0, len(model.prices) - _PRICES))
    takes = Table(tuple(_parameters(model)), ("parameter", "type", "allowed"))
    heading = f"{model.air} · by {model.creator}{'' if model.status == 'live' else f' · {model.status}'}"
    lines = [f"{model.name}  {heading}", model.facts.headline, model.documentation]
    plain = [line for line in lines if line] + [
        line
        for title, table in (("", told), ("Prices", prices), ("Parameters", takes))
        for line in _plain(title, table)
    ]
    page = html("model", model=model, heading=heading, cover=_cover(card.cover), told=told, prices=prices, takes=takes)
    return {"text/plain": figures.printable("\n".join(plain)), "text/html": page}, {}


def price(model: Model) -> str:
    """Write the span of a model's known prices."""
    prices = sorted(row["usd"] for row in model.prices)
    if not prices:
        return "unknown"
    unit = model.prices[0]["unit"]
    span = figures.money(prices[0]) + (f" to {figures.money(prices[-1])}" if prices[0] < prices[-1] else "")
    return f"{span} per {_unit(unit)}"


def _bundle(tables: list[tuple[str, Table]], note: str) -> reprs.type_of_bundle:
    lines = [line for title, table in tables for line in _plain(title, table)]
    page = html("models", tables=tables, note=note)
    return {"text/plain": figures.printable("\n".join([*lines, note])), "text/html": page}, {}


def _listed(models: Models) -> Table:
    """Lay models out. A status stands beside the name where it is not that of most."""
    rows = [
        (
            m.slug if m.status == "live" else f"{m.slug} ({m.status})",
            m.air, kind_of(m), m.creator, ", ".join(taken(m)), price(m),
        )
        for m in models[:SHOWN]
    ]  # fmt: skip
    return Table(tuple(rows), ("slug", "AIR", "kind", "by", "takes", "price"), max(0, len(models) - SHOWN))


def _found(found: Community) -> Table:
    rows = [
        (
            e.air, figures.shortened(e.name, 60), e.category, e.architecture,
            " · ".join(part for part in (e.source, e.provider, "your own" if e.private else "") if part),
            figures.shortened(e.triggers or e.about, 80),
        )
        for e in found[:SHOWN]
    ]  # fmt: skip
    columns = ("AIR", "name", "category", "architecture", "from", "trigger words, or about it")
    return Table(tuple(rows), columns, max(0, len(found) - SHOWN))


def _counted(found: Community) -> str:
    if not found:
        return f"The API found nothing{f' for {found.asked!r}' if found.asked else ''}."
    return f"{len(found)} of {found.total:,} that the API found. Use an AIR as model, or in lora: [{{model: AIR}}]."


def _prices(model: Model) -> Iterator[tuple[str, str]]:
    if not model.prices:
        yield "unknown", "a dry run asks the API: await rw.estimate(task, dry_run=True)"
    for row in model.prices[:_PRICES]:
        yield f"{figures.money(row['usd'])} per {_unit(row['unit'])}", figures.shortened(row["configuration"], 120)


def _unit(unit: str) -> str:
    return {"durationSecond": "second", "inputToken": "token read", "outputToken": "token written"}.get(unit, unit)


def _parameters(model: Model) -> Iterator[tuple[str, str, str]]:
    """Tell each parameter, the required ones first, and the parts of those that are only a shell."""
    specs = model.schema["properties"]
    names = sorted((n for n in specs if n not in _HIDDEN), key=lambda n: (not model.requires(n), n.lower()))
    for name in names:
        spec, required = specs[name], model.requires(name)
        yield _parameter(wire.from_wire(name), spec, required=required)
        if name in _DEEP:
            yield from _parts(wire.from_wire(name), spec)


def _parts(path: str, spec: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, inner in spec.get("properties", {}).items():
        dotted = f"{path}.{wire.from_wire(name)}"
        if inner.get("type") == "object" and inner.get("properties"):
            yield from _parts(dotted, inner)
        else:
            yield _parameter(dotted, inner, required=name in spec.get("required", ()))


def _parameter(name: str, spec: Mapping[str, Any], *, required: bool) -> tuple[str, str, str]:
    kind = spec.get("type", "any")
    words = kind if isinstance(kind, str) else " or ".join(kind)
    choices = [", ".join(map(str, spec["enum"]))] if "enum" in spec else []
    allowed = figures.shortened("; ".join([*choices, *_bounds(spec)]), _CHOICES)
    return name, f"{words}, required" if required else words, allowed


def _bounds(spec: Mapping[str, Any]) -> Iterator[str]:
    """Write ranges, steps and the default."""
    for low, high, what in (
        ("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"),
    ):  # fmt: skip
        if low in spec and high in spec:
            yield f"{spec[low]} to {spec[high]}{what}"
        elif low in spec:
            yield f"from {spec[low]}{what}"
        elif high in spec:
            yield f"to {spec[high]}{what}"
    if "multipleOf" in spec:
        yield f"in steps of {spec['multipleOf']}"
    if "default" in spec:
        yield f"default {str(spec['default']).lower() if isinstance(spec['default'], bool) else spec['default']}"


def _plain(title: str, table: Table) -> list[str]:
    """Lay a table out as lines whose columns stand under each other."""
    rows = [table.columns, *table.rows] if table.columns else list(table.rows)
    if not table.rows:
        return []
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*(["", title] if title else [""]), *lines, *([f"and {table.more} more"] if table.more else [])]


def _cover(data: bytes | None) -> str | None:
    """Shrink a cover to a data URI; None for what is no picture."""
    found = previews.opened(data, previews.TILE_EDGE) if data else None
    if found is None:
        return None
    return f"data:image/webp;base64,{base64.b64encode(previews.webp(found[0], 32_000)).decode()}"
