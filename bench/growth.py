"""How costs grow with the number of tasks: 1, 10, 100, 1,000 and 10,000 of them, over REST and the WebSocket.

`python bench/growth.py` measures (three rounds, two minutes), and writes `docs/static/growth.json` and the plot made of
it, `growth.svg`; `--draw` draws what was measured before. Both axes are logarithmic: what grows as the tasks do runs
along the dotted lines, and what does not grow runs level.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import wire

COUNTS = (1, 10, 100, 1000, 10_000)
WAYS = {"runware_nb REST": "REST", "runware_nb WebSocket": "WebSocket"}
COSTS = {
    "cpu": ("CPU of the client, ms", "#6d74d6"),
    "beyond": ("time beyond the server's own, ms", "#d9534f"),
    "memory": ("memory that is held at most, MB", "#3a9a5b"),
    "requests": ("requests", "#b8860b"),
}
"""What is drawn: its words and its colour, which is readable on light and dark pages."""
PLACE = Path("docs/static")
_LEFT, _TOP, _WIDTH, _HEIGHT = 64, 16, 520, 360
_DECADES = (-1, 5)
"""Powers of ten at the bottom and the top."""

Curve = Sequence[tuple[int, float]]


def measured(rounds: int) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Measure, and return for each way and cost how it grows: pairs of tasks and medians."""
    curves: dict[str, dict[str, list[tuple[int, float]]]] = {way: {cost: [] for cost in COSTS} for way in WAYS}
    for count in COUNTS:
        for way, told in wire.compared(count, rounds, WAYS).items():
            figures = {
                "cpu": median(told["cpu_ms"]) * count,
                "beyond": median(told["beyond_ms"]),
                "memory": median(told["memory_mb"]),
                "requests": median(told["requests"]) * count,
            }
            for cost, value in figures.items():
                curves[way][cost].append((count, round(value, 3)))
    return curves


def drawn(curves: Mapping[str, Mapping[str, Curve]]) -> str:
    """Draw the curves: REST with whole lines, the WebSocket with broken ones."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 290} {_TOP + _HEIGHT + 46}"'
        ' font-family="system-ui, sans-serif" font-size="12" fill="#888" role="img"'
        ' aria-label="Costs against the number of tasks, both logarithmic">',
        *_grid(),
        *_lines(curves),
        *_legend(),
        "</svg>\n",
    ])  # fmt: skip


def _x(count: float) -> float:
    return _LEFT + _WIDTH * math.log10(count) / math.log10(COUNTS[-1])


def _y(value: float) -> float:
    low, high = _DECADES
    power = math.log10(max(value, 10**low))
    return _TOP + _HEIGHT * (1 - (power - low) / (high - low))


def _grid() -> Iterator[str]:
    """Draw axes, and dotted lines along which what is linear runs."""
    low, high = _DECADES
    for power in range(low, high + 1):
        y = _y(10**power)
        yield f'<path d="M{_LEFT} {y:.1f}h{_WIDTH}" stroke="#888" stroke-opacity=".25"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10**power:,g}</text>'
    for count in COUNTS:
        x = _x(count)
        yield f'<path d="M{x:.1f} {_TOP}v{_HEIGHT}" stroke="#888" stroke-opacity=".25"/>'
        yield f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 18}" text-anchor="middle">{count:,}</text>'
    for start in (0.1, 1, 10):
        ends = f"M{_x(1):.1f} {_y(start):.1f}L{_x(COUNTS[-1]):.1f} {_y(start * COUNTS[-1]):.1f}"
        yield f'<path d="{ends}" stroke="#888" stroke-dasharray="1 5"/>'
    yield f'<text x="{_LEFT + _WIDTH / 2}" y="{_TOP + _HEIGHT + 38}" text-anchor="middle">tasks</text>'


def _lines(curves: Mapping[str, Mapping[str, Curve]]) -> Iterator[str]:
    for way, name in WAYS.items():
        dashes = "" if name == "REST" else ' stroke-dasharray="6 4"'
        for cost, (words, colour) in COSTS.items():
            points = [(_x(count), _y(value)) for count, value in curves[way][cost]]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            title = f"<title>{words}, {name}</title>"
            yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}>{title}</path>'
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)


def _legend() -> Iterator[str]:
    x = _LEFT + _WIDTH + 24
    told = [(words, colour, "") for words, colour in COSTS.values()]
    told += [("over REST", "#888", ""), ("over the WebSocket", "#888", ' stroke-dasharray="6 4"')]
    told.append(("grows as the tasks do", "#888", ' stroke-dasharray="1 5"'))
    for place, (words, colour, dashes) in enumerate(told):
        y = _TOP + 12 + 24 * place + (12 if place >= len(COSTS) else 0)
        yield f'<path d="M{x} {y}h26" stroke="{colour}" stroke-width="2"{dashes}/>'
        yield f'<text x="{x + 34}" y="{y + 4}">{words}</text>'


def main() -> None:
    """Measure if asked to, and draw."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--draw", action="store_true", help="draw what was measured before")
    asked.add_argument("--rounds", type=int, default=3)
    options = asked.parse_args()
    kept = PLACE / "growth.json"
    if not options.draw:
        told = {"rounds": options.rounds, "cores": os.cpu_count(), "load": os.getloadavg()[0]}
        kept.write_text(json.dumps({**told, "curves": measured(options.rounds)}, indent=1) + "\n")
    (PLACE / "growth.svg").write_text(drawn(json.loads(kept.read_text())["curves"]))


if __name__ == "__main__":
    main()
