"""Sweep: one thing asked many ways, along named axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from runware_nb.api import inputs, wire
from runware_nb.catalog import Catalog
from runware_nb.errors import UsageError

LARGEST: Final = 64
"""Tasks that a sweep makes without more ado."""
LARGEST_AGREED: Final = 1_000
"""Tasks that a sweep makes under a cap on its cost."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Named axes, and the points they span.

    Parameters
    ----------
    axes
        Name to values. The first axis varies slowest, so axes of 3 and 4 values give 12 points, 3 rows of 4.
        No axes give one point.
    paired
        Take the axes side by side, the first values together, then the second, in place of all pairs.
    most
        How many points there may be.

    Raises
    ------
    UsageError
        For too many points, an axis without values, or axes of different lengths side by side. Raised before
        anything is sent, so nothing is billed.
    """

    axes: Mapping[str, Sequence[Any]]
    paired: bool = False
    most: int = LARGEST

    def __post_init__(self) -> None:
        if empty := [name for name, values in self.axes.items() if not len(values)]:
            raise UsageError(f"{empty[0]} is an empty list: give it values, or leave it out.")
        lengths = {name: len(values) for name, values in self.axes.items()}
        if self.paired and len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise UsageError(f"axes taken side by side must be of one length, but {told} values.")
        if len(self) > self.most:
            more = "" if self.most > LARGEST else f", or give --max-cost (max_cost=) for up to {LARGEST_AGREED:,}"
            limit = f"at most {self.most:,} go into one run"
            raise UsageError(f"this makes {len(self):,} tasks, but {limit}: split it{more}.")

    def __len__(self) -> int:
        lengths = [len(values) for values in self.axes.values()]
        return (lengths[0] if lengths else 1) if self.paired else math.prod(lengths)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        points = zip(*self.axes.values(), strict=True) if self.paired and self.axes else product(*self.axes.values())
        return (dict(zip(self.axes, values, strict=True)) for values in points)


def listed(kind: str, parameters: Mapping[str, Any], catalog: Catalog) -> dict[str, Sequence[Any]]:
    """Return the parameters whose value is a list, except where the model itself takes a list."""
    several = {k: v for k, v in parameters.items() if isinstance(v, list | tuple | range) and not inputs.is_media(v)}
    return {k: v for k, v in several.items() if not _takes_lists(kind, k, parameters, catalog)}


def _takes_lists(kind: str, name: str, parameters: Mapping[str, Any], catalog: Catalog) -> bool:
    spelt = wire.to_wire(name)
    if spelt in wire.MEDIA_INPUTS:
        return spelt.endswith("s")
    row = wire.BY_KIND.get(kind)
    chosen = parameters.get("model") or (row.default_model if row else None)
    model = catalog.get(catalog.names.get(str(chosen))) if isinstance(chosen, str) else None
    spec = model.schema["properties"].get(spelt, {}) if model else {}
    return spec.get("type") == "array" or (model is None and spelt in {"lora", "controlNet", "messages", "tools"})
