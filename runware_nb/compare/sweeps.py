"""Sweep: one thing asked many ways."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, Self

from runware_nb.api import wire
from runware_nb.catalog import Catalog
from runware_nb.errors import UsageError

LARGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Sweep:
    """Words and parameters, and the axes to vary.

    Parameters
    ----------
    words
        The prompt. Ignored where the prompt itself is an axis.
    parameters
        What stays the same.
    axes
        Name to values; `""` is the prompt. The first axis varies slowest, so axes of 3 and 4 values give 12 tasks.

    Raises
    ------
    UsageError
        Above 64 tasks, or for an axis without values. Raised before anything is sent, so nothing is billed.
    """

    words: Any
    parameters: Mapping[str, Any]
    axes: Mapping[str, Sequence[Any]]

    def __post_init__(self) -> None:
        if empty := [name for name, values in self.axes.items() if not values]:
            raise UsageError(f"{empty[0] or 'prompt'} is an empty list: give it values, or leave it out.")
        if len(self) > LARGEST:
            raise UsageError(f"this makes {len(self)} tasks, but at most {LARGEST} go into one run: split it.")

    @classmethod
    def of(cls, kind: str, words: Any, parameters: Mapping[str, Any], catalog: Catalog) -> Self:
        """Take lists as axes, except where the model itself takes a list."""
        listed = {k: v for k, v in {"": words, **parameters}.items() if isinstance(v, list | tuple | range)}
        axes = {k: v for k, v in listed.items() if not (k and _takes_lists(kind, k, parameters, catalog))}
        rest = {k: v for k, v in parameters.items() if k not in axes}
        return cls(words, rest, axes)

    def __len__(self) -> int:
        return math.prod(len(values) for values in self.axes.values())

    def __iter__(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        for values in product(*self.axes.values()):
            varied = dict(zip(self.axes, values, strict=True))
            words = varied.pop("", self.words)
            yield words, {**self.parameters, **varied}


def _takes_lists(kind: str, name: str, parameters: Mapping[str, Any], catalog: Catalog) -> bool:
    spelt = wire.to_wire(name)
    if spelt in wire.MEDIA_INPUTS:
        return spelt.endswith("s")
    row = wire.BY_KIND.get(kind)
    chosen = parameters.get("model") or (row.default_model if row else None)
    model = catalog.get(catalog.names.get(str(chosen))) if isinstance(chosen, str) else None
    spec = model.schema["properties"].get(spelt, {}) if model else {}
    return spec.get("type") == "array" or (model is None and spelt in {"lora", "controlNet", "messages", "tools"})
