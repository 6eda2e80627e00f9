"""Alike: columns of one value throughout, as most columns of most frames are. What follows from it is made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from operator import is_
from typing import Any


def alike(values: Sequence[Any]) -> bool:
    """Tell whether there is one value throughout. Of what is no text, equal is not enough: 1, 1.0 and True are."""
    if not values:
        return False
    first = values[0]
    if first is None or isinstance(first, str):
        return values[-1] == first and values.count(first) == len(values)
    return values[-1] is first and all(map(is_, values, repeat(first)))


def each(make: Callable[[Any], Any], values: list[Any]) -> list[Any]:
    """Make something of each value, once where they are alike."""
    if alike(values):
        return [make(values[0])] * len(values)
    return list(map(make, values))
