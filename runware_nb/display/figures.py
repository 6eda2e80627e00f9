"""Figures in words: money, times, sizes. Stable, so that a notebook's output can be compared with the last."""

from __future__ import annotations

import math
from typing import Final

_CENTS: Final = 2
_MINUTE: Final = 60


def money(usd: float) -> str:
    """Write USD so that small prices keep two significant digits: `$0.0013`, `$0.18`, `$12.50`, `$0.0000035`."""
    if usd == 0 or usd >= 1:
        return f"${usd:,.{_CENTS}f}"
    digits = max(4, 1 - math.floor(math.log10(usd)))
    whole, _, part = f"{usd:.{digits}f}".partition(".")
    return f"${whole}.{part.rstrip('0').ljust(_CENTS, '0')}"


def cost(usd: float | None) -> str:
    """Write a price, or say that nobody knows it. Unknown is never 0."""
    return "cost unknown" if usd is None else money(usd)


def seconds(value: float) -> str:
    """Write a duration: `1.8 s`, `41 s`, `2 min 5 s`; `? s` for what is no number."""
    if not math.isfinite(value):
        return "? s"
    if value < 10:  # noqa: PLR2004 - below ten seconds a tenth matters
        return f"{value:.1f} s"
    if round(value) < _MINUTE:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), _MINUTE)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def size(count: int) -> str:
    """Write a number of bytes in decimal units: `712 bytes`, `84 KB`, `3.1 MB`."""
    if count < 1_000:  # noqa: PLR2004
        return f"{count} bytes"
    if count < 999_500:  # noqa: PLR2004 - what would round to 1000 KB is 1.0 MB
        return f"{count / 1e3:.0f} KB"
    return f"{count / 1e6:.1f} MB"


def shortened(text: str, limit: int) -> str:
    """Return text on one line, cut with an ellipsis beyond a number of characters."""
    line = " ".join(text[: 4 * limit].split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def printable(text: str) -> str:
    """Return text without control characters: a terminal would obey them."""
    return encodable("".join(c for c in text if c in "\n\t" or not _controls(c)))


def encodable(text: str) -> str:
    """Return text that UTF-8 can hold: the lone surrogates that JSON may carry would stop a kernel's message."""
    return text.encode("utf-8", "replace").decode()


def _controls(character: str) -> bool:
    return ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0  # noqa: PLR2004 - the C0 and C1 sets


def clock(value: float) -> str:
    """Write how long a clip is, as players do: `0:05`, `1:02:30`."""
    minutes, rest = divmod(round(value), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
