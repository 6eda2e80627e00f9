"""Drawings: an SVG scene with the prompt on it, and a picture traced into flat shapes. Sizes are pixels."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from runware_nb.sandbox.samples import lettering, palette
from runware_nb.sandbox.samples.palette import Brief, Colour, code

if TYPE_CHECKING:
    from PIL import Image

_TRACED: Final = 128
"""Longest side a picture is traced at, in cells."""
_COLOURS: Final = 12
_FACE: Final = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"


def drawing(brief: Brief, width: int, height: int) -> bytes:
    """Draw hills under a sun as paths and gradients, with the prompt as text."""
    chance = brief.dice("vector")
    shades = palette.colours(brief.prompt, chance)
    body = [_sky(shades, width, height), *_sun(chance, shades, width, height), *_hills(chance, shades, width, height)]
    label = _label(brief.prompt, brief.note, shades[3], (width, height))
    return _svg(width, height, brief.prompt, [*body, *label])


def _svg(width: int, height: int, title: str, body: list[str]) -> bytes:
    clean = escape("".join(c for c in title if c.isprintable() or c == " "))
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    return "\n".join([head, f"<title>{clean}</title>", *body, "</svg>\n"]).encode("utf-8", "replace")


def _sky(shades: list[Colour], width: int, height: int) -> str:
    stops = "".join(f'<stop offset="{n / 3:.2f}" stop-color="{code(c)}"/>' for n, c in enumerate(shades[1:]))
    sky = f'<linearGradient id="sky" x2="0" y2="0.8">{stops}</linearGradient>'
    return f'<defs>{sky}</defs><rect width="{width}" height="{height}" fill="url(#sky)"/>'


def _sun(chance: random.Random, shades: list[Colour], width: int, height: int) -> Iterator[str]:
    x, y, size = chance.uniform(0.25, 0.75) * width, chance.uniform(0.26, 0.44) * height, 0.11 * min(width, height)
    for ring, opacity in ((2.2, 0.14), (1.55, 0.24), (1.0, 1.0)):
        paint = f'fill="{code(shades[4])}" fill-opacity="{opacity}"'
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size * ring:.1f}" {paint}/>'
    for _ in range(3):
        cx, cy = chance.random() * width, chance.uniform(0.1, 0.4) * height
        wide = chance.uniform(0.1, 0.22) * width
        box = f'x="{cx - wide / 2:.1f}" y="{cy:.1f}" width="{wide:.1f}" height="{wide / 7:.1f}" rx="{wide / 14:.1f}"'
        yield f'<rect {box} fill="{code(shades[4])}" fill-opacity="0.28"/>'


def _hills(chance: random.Random, shades: list[Colour], width: int, height: int) -> Iterator[str]:
    """Yield five layers of smooth hills, darker in front."""
    for layer in range(5):
        near = layer / 4
        level, tall = 0.5 + 0.11 * layer, 0.09 - 0.01 * layer
        phase, fast = chance.uniform(0, 6.3), chance.uniform(1.0, 1.8) + 0.5 * layer
        points = [
            (
                width * n / 24,
                height * (level + tall * (math.sin(phase + fast * n / 4) + 0.4 * math.sin(2.7 * phase + n * 0.9))),
            )
            for n in range(25)
        ]
        tone = palette.mixed(palette.mixed(shades[3], shades[2], near), shades[0], near**0.8)
        yield f'<path d="{_smooth(points)} L{width} {height} L0 {height} Z" fill="{code(tone)}"/>'


def _smooth(points: list[tuple[float, float]]) -> str:
    """Draw a line through the middles of points, bent by the points themselves."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (x2, y2) in itertools.pairwise(points[1:]):
        path += f" Q{x:.1f} {y:.1f} {(x + x2) / 2:.1f} {(y + y2) / 2:.1f}"
    return f"{path} L{points[-1][0]:.1f} {points[-1][1]:.1f}"


def _label(prompt: str, note: str, accent: Colour, size: tuple[int, int]) -> Iterator[str]:
    width, height = size
    unit = max(9.0, min(width * 0.03, height * 0.04))
    lines = lettering.wrapped(" ".join(prompt.split()), int((width - 4 * unit) / (unit * 0.58)))
    tall = (len(lines) * 1.3 + 2.3) * unit
    left, top = unit, height - unit - tall
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width - 2 * unit:.1f}" height="{tall:.1f}" rx="{unit * 0.55:.1f}" '
        'fill="#0a0b14" fill-opacity="0.66"/>'
    )
    for place, line in enumerate(lines):
        y = top + unit * (1.5 + 1.3 * place)
        yield _text(line, left + unit * 0.7, y, unit, "#ffffff")
    yield _text(note, left + unit * 0.7, top + tall - unit * 0.65, unit * 0.62, "#ffffffbf")
    yield from _badge(accent, unit)


def _badge(accent: Colour, unit: float) -> Iterator[str]:
    wide, tall = unit * 5.4, unit * 1.6
    box = f'x="{unit:.1f}" y="{unit:.1f}" width="{wide:.1f}" height="{tall:.1f}" rx="{tall / 2:.1f}"'
    yield f'<rect {box} fill="{code(accent)}"/>'
    middle = f'x="{unit + wide / 2:.1f}" y="{unit + tall * 0.68:.1f}" text-anchor="middle"'
    style = f'font-family="{_FACE}" font-size="{unit * 0.8:.1f}" font-weight="700" letter-spacing="1"'
    yield f'<text {middle} {style} fill="#10101c">SANDBOX</text>'


def _text(words: str, x: float, y: float, size: float, fill: str) -> str:
    clean = escape("".join(c for c in words if c.isprintable()))
    return f'<text x="{x:.1f}" y="{y:.1f}" font-family="{_FACE}" font-size="{size:.1f}" fill="{fill}">{clean}</text>'


def traced(picture: Image.Image) -> bytes:
    """Trace a picture: a dozen colours, each one path of horizontal runs."""
    small = picture.convert("RGB")
    small.thumbnail((_TRACED, _TRACED))
    reduced = small.quantize(_COLOURS)
    table = reduced.getpalette() or []
    width, height = picture.size
    step = width / small.width
    rows = [list(reduced.crop((0, y, small.width, y + 1)).tobytes()) for y in range(small.height)]
    body = [f'<g transform="scale({step:.4f})" shape-rendering="crispEdges">']
    for place in sorted({cell for row in rows for cell in row}):
        red, green, blue = table[place * 3 : place * 3 + 3]
        body.append(f'<path fill="{code((red, green, blue))}" d="{_runs(rows, place)}"/>')
    body.append("</g>")
    unit = max(9.0, min(width * 0.03, height * 0.04))
    return _svg(width, height, "Traced by the SANDBOX", [*body, *_badge(palette.rgb("ffd166"), unit)])


def _runs(rows: list[list[int]], place: int) -> str:
    """Write the cells of one colour as runs; each is a little taller, so that no gap shows between rows."""
    path = []
    for y, row in enumerate(rows):
        start: int | None = None
        for x, cell in enumerate([*row, -1]):
            if cell == place and start is None:
                start = x
            elif cell != place and start is not None:
                path.append(f"M{start} {y}h{x - start}v1.05h{start - x}z")
                start = None
    return "".join(path)
