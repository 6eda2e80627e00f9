"""Charts: marks alone, as SVG pictures in data URIs. Words and figures stand beside them as HTML.

So they take the colour of the page's text in light and dark, are read out by screen readers, survive an untrusted
notebook, which strips `<svg>`, and print. All take numbers alone: nothing of the user's is ever in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from runware_nb.display.links import data_uri

INK: Final = "#6d74d6"
"""Reads on white (4.2 : 1) and on near black (4.4 : 1), as the waveforms do."""
LOUD: Final = "#d93a3a"
_FAINT: Final = "#808080"


def bar(share: float) -> str:
    """Draw a bar that fills a share, 0 to 1, of a faint track."""
    width = 1000 * _clamped(share)
    return _picture(1000, 10, _box(0, 0, 1000, 10, _FAINT, 0.18), _box(0, 0, width, 10, INK))


def meter(share: float) -> str:
    """Draw a bar of what is used of a limit; red from 90 of 100."""
    colour = LOUD if share >= 0.9 else INK  # noqa: PLR2004
    width = 1000 * _clamped(share)
    return _picture(1000, 10, _box(0, 0, 1000, 10, _FAINT, 0.18), _box(0, 0, width, 10, colour))


def columns(values: Sequence[float]) -> str:
    """Draw upright bars side by side, the largest as high as the picture."""
    most = max(values, default=0.0) or 1.0
    step = 1000 / max(1, len(values))
    bars = [
        _box(n * step + step * 0.12, 100 - 98 * value / most, step * 0.76, 98 * value / most, INK)
        for n, value in enumerate(values)
        if value > 0
    ]
    return _picture(1000, 100, *bars, _box(0, 99, 1000, 1, _FAINT, 0.6))


def interval(low: float, middle: float, high: float) -> str:
    """Draw an interval with its middle; all are shares, 0 to 1, of the picture's width."""
    left, centre, right = (1000 * _clamped(value) for value in (low, middle, high))
    return _picture(
        1000, 100,
        _box(0, 47, 1000, 6, _FAINT, 0.18),
        _box(left, 42, max(6.0, right - left), 16, INK, 0.55),
        _box(centre - 7, 14, 14, 72, INK),
    )  # fmt: skip


def scatter(points: Sequence[tuple[float, float, float]]) -> str:
    """Draw numbered dots, each with a line up: x, y, and how far the line goes, all as shares, 0 to 1.

    The numbers count from 1, as the rows of the table beside it do.
    """
    width, height, edge = 420, 170, 16
    marks = [
        f'<path d="M{edge} 4V{height - edge}H{width - 4}" fill="none" stroke="{_FAINT}" stroke-opacity=".7"/>',
    ]
    dots = []
    for number, (x, y, top) in enumerate(points, 1):
        across = edge + 14 + _clamped(x) * (width - edge - 34)
        up, end = (height - edge - 12 - _clamped(v) * (height - edge - 26) for v in (y, max(y, top)))
        marks.append(
            f'<path d="M{across:.1f} {up:.1f}V{end:.1f}m-4 0h8" fill="none" stroke="{INK}" stroke-width="2"'
            ' stroke-opacity=".6"/>'
        )
        dots.append(
            f'<circle cx="{across:.1f}" cy="{up:.1f}" r="9" fill="#5159c4"/><text x="{across:.1f}" y="{up + 3.6:.1f}"'
            f' font-size="10" font-family="sans-serif" text-anchor="middle" fill="#fff">{number}</text>'
        )
    return _picture(width, height, *marks, *dots, stretched=False)


def heat(share: float) -> str:
    """Return the background of a table's cell for a share, 0 to 1: translucent, so that it fits light and dark."""
    return f"background:rgba(109,116,214,{0.06 + 0.5 * _clamped(share):.2f})"


def _box(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> str:  # noqa: PLR0917  (as SVG has them)
    faint = f' fill-opacity="{opacity}"' if opacity < 1 else ""
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{colour}"{faint}/>'


def _picture(width: int, height: int, *marks: str, stretched: bool = True) -> str:
    ratio = ' preserveAspectRatio="none"' if stretched else ""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"{ratio}'
    return data_uri(f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(marks)}</svg>'.encode(), "image/svg+xml")


def _clamped(share: float) -> float:
    return min(1.0, max(0.0, share))
