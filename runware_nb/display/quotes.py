"""Quotes: what a cell would send and what it would cost, as a table to read before a cent is spent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runware_nb import reprs
from runware_nb.display import figures, layouts
from runware_nb.display.markup import html
from runware_nb.display.tables import Table, presentable
from runware_nb.sessions import Line, Quote

SHOWN: Final = 50
"""Tasks that get a row; the rest are in the sums."""
_PROMPT, _SETTINGS, _WORD = 100, 160, 60
_UUID: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_NOT_SETTINGS: Final = frozenset({"taskType", "taskUUID", "model", "includeCost", "deliveryMethod"})


@dataclass(frozen=True, slots=True)
class QuoteView(reprs.Drawn):
    """A quote, as a notebook shows it.

    Parameters
    ----------
    quote
        What would be sent.
    axes
        For each task, its place on the axes of the sweep.
    sandbox
        Whether the prices are play money.
    """

    quote: Quote
    axes: Sequence[Mapping[str, Any]] = ()
    sandbox: bool = False

    @property
    def summary(self) -> str:
        """The plan, and that nothing was sent."""
        return f"{self.plan}. Nothing was sent."

    @property
    def plan(self) -> str:
        """All of it in a line: how many results, at what price, within what bounds, what is here already."""
        quote = self.quote
        low, high = quote.bounds
        parts = [f"{quote.make} result{'s' * (quote.make != 1)} to make"]
        if quote.here:
            parts.append(f"{quote.here} here already")
        if quote.make and quote.unpriced < sum(line.make > 0 for line in quote.lines):
            span = f" (between {figures.money(low)} and {figures.money(high)})" if low < high else ""
            parts.append(f"about {'play ' * self.sandbox}{figures.money(quote.usd)}{span}")
        if quote.unpriced:
            parts.append(f"{quote.unpriced} of unknown price")
        return ", ".join(parts)

    @property
    def table(self) -> Table:
        """One row a task: its place, its model, its words, its settings, its price. Rows that read alike are one."""
        names = list(dict.fromkeys(name for told in self.axes for name in told))
        places = [*self.axes, *[{}] * (len(self.quote.lines) - len(self.axes))]
        alike = Counter(
            ((*(layouts.label(told[n]) if n in told else "" for n in names),), _row(line))
            for line, told in zip(self.quote.lines[:SHOWN], places, strict=False)
        )
        rows = [
            (*place, f"{count} × {task}" if count > 1 else task, *rest)  # noqa: RUF001
            for (place, (task, *rest)), count in alike.items()
        ]
        columns = (*names, "task", "prompt", "settings", "price")
        return Table(tuple(rows), columns, max(0, len(self.quote.lines) - SHOWN))


@reprs.mimebundle.register
def quote_bundle(quote: Quote) -> reprs.type_of_bundle:
    """Draw a quote that stands by itself."""
    return reprs.mimebundle(QuoteView(quote, sandbox=quote.sandbox))


def _row(line: Line) -> tuple[str, str, str, str]:
    task = line.task
    asked = {k: v for k, v in task.to_wire().items() if k not in _NOT_SETTINGS and v != task.prompt and k != "messages"}
    settings = ", ".join(f"{k} {_word(v)}" for k, v in presentable(asked).items())
    model = f"{task.kind} · {task.model}" if task.model else task.kind
    return model, figures.shortened(task.prompt or "", _PROMPT), figures.shortened(settings, _SETTINGS), _price(line)


def _word(value: Any) -> str:
    """Tell a setting. A row has no room for schemas, and nobody reads UUIDs of media."""
    word = layouts.label(value) if not isinstance(value, str) else value
    return figures.shortened(_UUID.sub("…", word), _WORD)


def _price(line: Line) -> str:
    if not line.make:
        return "here already" if line.here else "made by another"
    price = "unknown" if line.usd is None else figures.money(line.usd)
    if line.bounds and line.bounds[0] < line.bounds[1]:
        price += f" ({figures.money(line.bounds[0])} to {figures.money(line.bounds[1])})"
    if line.usd is not None:
        price += f" by {line.basis}"
    return f"{price}, {len(line.here)} here already" if line.here else price


@reprs.mimebundle.register
def view_bundle(view: QuoteView) -> reprs.type_of_bundle:
    """Draw a quote."""
    table = view.table
    lines = [" · ".join(cell for cell in row if cell) for row in table.rows]
    more = [f"and {table.more} more"] if table.more else []
    plain = figures.printable("\n".join([*lines, *more, view.summary]))
    return {"text/plain": plain, "text/html": html("quote", table=table, summary=view.summary)}, {}
