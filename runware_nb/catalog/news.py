"""News: what the public services told beyond the snapshot, read strictly. What is not of the known form is left out.

The forms are those of https://schemas.runware.ai/registry.json, https://content.runware.ai/models and
https://content.runware.ai/models/ID/pricing, as the official SDK 1.8 reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runware_nb.api import wire

MOST_MODELS: Final = 20_000
LIVE: Final = "live"
UNLISTED: Final = "unlisted"
"""Status of a model that the snapshot has and the registry no longer."""
_AIR: Final = re.compile(r"[A-Za-z0-9][\w.-]*:[\w./-]+@[\w.-]+", re.ASCII)
_SLUG: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,120}", re.ASCII)
_DOLLARS: Final = re.compile(r"\$?\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)")
_VERSION: Final = re.compile(r"\d{8,20}")
_LONG: Final = 600

Price = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the content service tells of one model, besides its schema."""

    name: str = ""
    creator: str = ""
    status: str = LIVE
    capabilities: tuple[str, ...] = ()
    headline: str = ""
    cover: str | None = None
    released: str = ""
    prices: tuple[Price, ...] = ()


UNTOLD: Final = Facts()
"""Facts of a model that the content service told nothing of."""


@dataclass(frozen=True, slots=True)
class News:
    """What was told, and when.

    Parameters
    ----------
    version
        Version of the registry.
    when
        When it was last known to be current, in seconds since 1970.
    listed
        AIR to task type and slug.
    facts
        AIR to what the content service tells.
    page
        Gives what was told of one model alone: its schema, and its prices; None for what was not.
    """

    version: str
    when: float
    listed: Mapping[str, tuple[str, str]]
    facts: Mapping[str, Facts] = field(default_factory=dict)
    page: Callable[[str, str, str], tuple[dict[str, Any] | None, tuple[Price, ...] | None]] = lambda *_: (None, None)


def registry(payload: Any) -> tuple[str, dict[str, tuple[str, str]]] | None:
    """Read the registry: its version, and AIR to task type and slug. None when it is no registry."""
    models = payload.get("models") if isinstance(payload, dict) else None
    version = payload.get("version") if isinstance(payload, dict) else None
    if not isinstance(models, dict) or not isinstance(version, str) or not _VERSION.fullmatch(version):
        return None
    listed = {
        air: (row["taskType"], row["id"])
        for air, row in list(models.items())[:MOST_MODELS]
        if _AIR.fullmatch(air)
        and isinstance(row, dict)
        and row.get("taskType") in wire.BY_NAME
        and isinstance(row.get("id"), str)
        and _SLUG.fullmatch(row["id"])
    }
    return (version, listed) if listed else None


def facts(payload: Any) -> dict[str, Facts]:
    """Read the list of models of the content service, whole or a page of it."""
    rows = payload.get("items") if isinstance(payload, dict) else payload
    if not isinstance(rows, list):
        return {}
    return {
        row["air"]: _facts(row)
        for row in rows[:MOST_MODELS]
        if isinstance(row, dict) and isinstance(row.get("air"), str) and _AIR.fullmatch(row["air"])
    }


def _facts(row: Mapping[str, Any]) -> Facts:
    able = row.get("capabilities")
    cover = _text(row, "coverImage")
    return Facts(
        name=_text(row, "name"),
        creator=_text(row, "creator"),
        status=_text(row, "status") or LIVE,
        capabilities=tuple(c[:80] for c in able if isinstance(c, str))[:40] if isinstance(able, list) else (),
        headline=_text(row, "headline"),
        cover=cover if cover.startswith("https://") else None,
        released=_text(row, "releasedAt")[:10],
        prices=_examples(row.get("pricingExamples")),
    )


def prices(payload: Any) -> tuple[Price, ...] | None:
    """Read the prices of one model: rates, then what was measured, then examples. None when they are of no use."""
    if not isinstance(payload, dict):
        return None
    rows: list[Price] = []
    for rate in _objects(payload.get("pricingRates")):
        usd, unit = _dollars(rate.get("amount")), _text(rate, "unit")
        if usd is not None and unit:
            rows.append({"configuration": _text(rate, "label"), "usd": usd, "unit": unit})
    rows += [*_examples(payload.get("pricingMeasured")), *_examples(payload.get("pricingExamples"))]
    return tuple(rows) or None


def _examples(told: Any) -> tuple[Price, ...]:
    """Read prices of whole results: `{configuration, price}`, with the price as a number or as `"$0.0013"`."""
    read = ((_text(row, "configuration"), _dollars(row.get("price"))) for row in _objects(told))
    return tuple({"configuration": words, "usd": usd, "unit": "run"} for words, usd in read if usd is not None)


def _objects(told: Any) -> Sequence[Mapping[str, Any]]:
    return [row for row in told[:200] if isinstance(row, dict)] if isinstance(told, list) else []


def _dollars(told: Any) -> float | None:
    """Read USD; None for what is no price, or none that could be."""
    if isinstance(told, str) and (match := _DOLLARS.fullmatch(told.strip())):
        told = float(match[1])
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told < 10_000:  # noqa: PLR2004
        return None
    return float(told)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value[:_LONG] if isinstance(value, str) else ""
