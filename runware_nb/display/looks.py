"""Looks: what tells that two pictures look the same. A measure of pictures, never of how good they are.

The difference hash: whether brightness rises or falls between neighbours of a reduction to 9 x 8 pixels, 64 bits in
all. Pictures that differ in a few bits look alike (N. Krawetz, "Kind of like that", 2013).
"""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Final

from runware_nb.api.results import Result
from runware_nb.display import previews

_ACROSS: Final = 8
"""Bits of a row, and rows."""


def looks_of(result: Result) -> int | None:
    """Return the difference hash of a picture, 64 bits; None for what is none, or cannot be read."""
    if result.medium != "image" or result.path is None:
        return None
    small = previews.preview(result.path, previews.LIVE_EDGE)
    if small is None:
        return None
    from PIL import Image

    with Image.open(io.BytesIO(small.data), formats=["WEBP"]) as picture:
        grey = picture.convert("L").resize((_ACROSS + 1, _ACROSS))
    rows = [grey.crop((0, y, _ACROSS + 1, y + 1)).tobytes() for y in range(_ACROSS)]
    bits = "".join("1" if left < right else "0" for row in rows for left, right in pairwise(row))
    return int(bits, 2)
