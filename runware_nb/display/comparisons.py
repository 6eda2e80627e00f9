"""Comparisons as a notebook shows them: what each axis does, in words and in a table for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runware_nb import reprs
from runware_nb.compare.comparing import Comparison, Effect, Spread
from runware_nb.compare.measures import FIGURES
from runware_nb.display.figures import money, printable, seconds, shortened
from runware_nb.display.markup import html
from runware_nb.display.tables import Listing, Table, listing_bundle

_NAMES: Final = {
    "cost_usd": "cost", "latency_s": "time", "stars": "stars", "sharpness": "sharpness", "ssim": "SSIM",
    "psnr_db": "PSNR", "loudness_dbfs": "loudness", "duration_s": "duration", "words": "words", "tokens": "tokens",
}  # fmt: skip
_FORMATS: Final = {"psnr_db": "{:.1f} dB", "loudness_dbfs": "{:.1f} dBFS", "ssim": "{:.3f}", "stars": "{:.1f}"}
_VALUES: Final = 60


@reprs.mimebundle.register
def comparison_bundle(comparison: Comparison) -> reprs.type_of_bundle:
    """Draw a comparison."""
    notes = list(notes_of(comparison))
    tables = [(axis, table_of(comparison, axis)) for axis in comparison.axes]
    plain = [*notes]
    for _, table in tables:
        plain += ["", listing_bundle(Listing(table))[0]["text/plain"]]
    units = "; ".join(f"{_NAMES[name]}: {FIGURES[name]}" for name in comparison.figures)
    page = html("comparison", notes=notes, tables=tables, units=units)
    return {"text/plain": printable("\n".join(plain)), "text/html": page}, {}


def table_of(comparison: Comparison, axis: str) -> Table:
    """Lay out one axis: a row a value, its failures, and each figure's mean with its 95 % interval."""
    told = {(s.value, s.figure): s for s in comparison.spreads if s.axis == axis}
    figures = [f for f in comparison.figures if any((v, f) in told for v in comparison.axes[axis])]
    rows = []
    for value in comparison.axes[axis][:_VALUES]:
        failed, asked = comparison.failed[axis, value]
        count = max((told[value, f].count for f in figures if (value, f) in told), default=0)
        cells = [_cell(told.get((value, figure))) for figure in figures]
        rows.append((shortened(value, 80), str(count), f"{failed} of {asked}" if failed else "0", *cells))
    columns = (axis, "results", "failed", *(_NAMES[f] for f in figures))
    return Table(tuple(rows), columns, max(0, len(comparison.axes[axis]) - _VALUES))


def notes_of(comparison: Comparison) -> Iterator[str]:
    """Say what each axis does, strongest first; what fails; and what looks the same."""
    strong = sorted((e for e in comparison.effects if e.share > e.chance), key=lambda e: -e.share)
    yield from (_effect(e) for e in strong[:8])
    if comparison.effects and not strong:
        yield "No axis changes a figure by more than chance would."
    for told in comparison.alike:
        if told.alike:
            ignored = " It may be ignored." if told.alike == told.pairs else ""
            yield f"{told.alike} of {told.pairs} pairs that differ in {told.axis} alone look or read the same.{ignored}"
    if comparison.failures:
        causes = ", ".join(f"{cause} {count}" for cause, count in sorted(comparison.failures.items()))
        yield f"Failures: {causes}."


def _effect(effect: Effect) -> str:
    low, high = figure(effect.figure, effect.least_mean), figure(effect.figure, effect.most_mean)
    return (
        f"{effect.axis} explains {effect.share:.0%} of the variance of {_NAMES[effect.figure]}"
        f" (by chance up to {effect.chance:.0%}): from {low}"
        f" ({shortened(effect.least, 40)}) to {high} ({shortened(effect.most, 40)}) on average."
    )


def _cell(spread: Spread | None) -> str:
    if spread is None:
        return "–"  # noqa: RUF001
    mean = figure(spread.figure, spread.mean)
    if spread.low is None or spread.high is None or not spread.deviation:
        return mean
    return f"{mean} ± {figure(spread.figure, spread.high - spread.mean)}"


def figure(name: str, value: float) -> str:
    """Write a figure with its unit."""
    if name == "cost_usd":
        return money(value)
    return seconds(value) if name in {"latency_s", "duration_s"} else _FORMATS.get(name, "{:,.0f}").format(value)
